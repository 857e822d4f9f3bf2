"""NUT's usbhid-ups beside ours on the same virtual devices: what upsc, upscmd and upsrw say.

Prints a line for each device and each difference with its reason out of reasons.tsv. A difference
without a reason fails the run; so does, when all devices took part, a reason without a difference.
"""
import csv
import fnmatch
import json
import os
import tempfile
import time
from dataclasses import dataclass

import devices
from stack import Stack

HERE = os.path.dirname(os.path.abspath(__file__))
OPTIONS = ["pollinterval = 1", "pollfreq = 1"]                # every round asks for everything
SETTLED = 2                                                   # seconds: another round or two
ABSENT = "-"
NODE = "for i in $(seq 25); do ls /dev/hidraw* 2>/dev/null && exit 0; usleep 100000; done; exit 1"


@dataclass(frozen=True)
class Difference:
    """One name that both sides do not show alike; what a side does not have is ABSENT."""
    kind: str
    name: str
    stock: str
    ours: str


@dataclass(frozen=True)
class Reason:
    """A row of reasons.tsv: four patterns as a shell has them, and why such a difference is there."""
    device: str
    name: str
    stock: str
    ours: str
    reason: str

    def explains(self, device, d):
        pairs = ((device, self.device), (d.name, self.name), (d.stock, self.stock), (d.ours, self.ours))
        return all(fnmatch.fnmatchcase(text, pattern) for text, pattern in pairs)


def reasons():
    with open(os.path.join(HERE, "reasons.tsv"), newline="") as f:
        rows = csv.reader((line for line in f if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Reason(*row) for row in rows]


def differences(stock, ours):
    """({kind: names compared}, what differs) between two Readings."""
    if stock.failed or ours.failed:
        return {}, [Difference("start", "(start)", stock.failed or "runs", ours.failed or "runs")]
    kinds = (("variable", stock.variables, ours.variables),
             ("command", dict.fromkeys(stock.commands, "offered"), dict.fromkeys(ours.commands, "offered")),
             ("setting", stock.writable, ours.writable))
    counts, out = {}, []
    for kind, a, b in kinds:
        both = sorted(a.keys() | b.keys())
        counts[kind] = len(both)
        out += [Difference(kind, n, a.get(n, ABSENT), b.get(n, ABSENT)) for n in both if a.get(n) != b.get(n)]
    return counts, out


def plug(bed, recording):
    """Put a device in the place of the one before; NUT needs no hidraw node, so none is no error."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump(recording, f)
        f.flush()
        bed.ups.call("load", device=f.name)
    bed.guest.run(NODE)


def readings(bed, device):
    """(NUT's, ours). Ours goes first: NUT's driver takes the hidraw node away until the next device."""
    got = {}
    plug(bed, device.recording)
    for side in ("ours", "stock"):
        with Stack(bed.guest, side, OPTIONS + device.options) as s:
            got[side] = s.read(SETTLED)
    return got["stock"], got["ours"]


class Comparison:
    """The differences found so far, and which reasons were of use."""

    def __init__(self):
        self.reasons, self.used, self.unexplained = reasons(), set(), 0

    def why(self, device, d):
        """The reason of a difference; None when there is none."""
        for r in self.reasons:
            if r.explains(device, d):
                self.used.add(r)
                return r.reason
        self.unexplained += 1
        return None

    def report(self, device, counts, found, took):
        compared = ", ".join("%d %ss" % (n, kind) for kind, n in counts.items()) or "nothing to compare"
        print("%-26s %s; %d differ (%.1f s)" % (device, compared, len(found), took), flush=True)
        for d in found:
            reason = self.why(device, d)
            print("  %-4s %s %s: NUT %s, ours %s%s" % (
                "" if reason else "FAIL", d.kind, d.name, d.stock, d.ours, " (%s)" % reason if reason else ""), flush=True)

    def unused(self):
        return [r for r in self.reasons if r not in self.used]


def run(bed, names):
    """Compare on the devices named; the exit status."""
    start, compared, chosen = time.monotonic(), Comparison(), devices.chosen(names)
    for device in chosen:
        began = time.monotonic()
        counts, found = differences(*readings(bed, device))
        compared.report(device.name, counts, found, time.monotonic() - began)
    stale = [] if names else compared.unused()
    for r in stale:
        print("  FAIL no such difference any more: %s %s (%s)" % (r.device, r.name, r.reason))
    print("vm: %d devices compared, %d differences without a reason, %.0f s" % (
        len(chosen), compared.unexplained, time.monotonic() - start))
    return 1 if compared.unexplained or stale or not chosen else 0
