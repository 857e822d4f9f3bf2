"""NUT's usbhid-ups beside ours on the same virtual devices: what upsc, upscmd and upsrw say.

Prints a row for each device and below it each difference with its reason out of reasons.tsv. A
difference without a reason fails the run; so does, when all devices took part, a reason without a
difference.
"""
import csv
import fnmatch
import json
import os
import tempfile
import time
from collections import Counter
from dataclasses import dataclass

import devices
from stack import Stack

HERE = os.path.dirname(os.path.abspath(__file__))
OPTIONS = ["pollinterval = 1", "pollfreq = -1"]               # every round asks for everything
SETTLED = 2                                                   # seconds: another round or two
ABSENT = "-"
KINDS = ("reading", "command", "setting")
ROW = "%-26s %-24s %9s %9s %9s"                               # name, subdriver, of each kind 'equal/compared'
NODE = "for i in $(seq 25); do ls /dev/hidraw* 2>/dev/null && exit 0; usleep 100000; done; exit 1"
STALE = "%(client)s/upsc %(ups)s ups.status 2>&1 | grep -x 'Error: Data stale'"
BACK = 30                                                     # seconds for a device that was plugged in again
FRESH = """end=$(($(date +%%s) + %(back)d))
while [ $(date +%%s) -lt $end ]; do %(client)s/upsc %(ups)s ups.status 2>/dev/null && exit 0; usleep 200000; done; exit 1"""


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
    kinds = zip(KINDS, (stock.variables, stock.commands, stock.writable), (ours.variables, ours.commands, ours.writable))
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


def replug(bed, stack):
    """Pull the plug, wait until clients are told, put it back in, and wait until there are readings."""
    bed.ups.call("unplug")
    bed.guest.until(STALE % stack.places)
    bed.ups.call("plug")
    bed.guest.run(NODE)
    status, _ = bed.guest.run(FRESH % {**stack.places, "back": BACK}, 2 * BACK)
    if status:
        stack.failed = "no readings within %d s of the return of the device" % BACK


def readings(bed, device):
    """(NUT's, ours). Ours goes first: NUT's driver takes the hidraw node away until the next device."""
    got = {}
    plug(bed, device.recording)
    for side in ("ours", "stock"):
        with Stack(bed.guest, side, OPTIONS + device.options, device.foreground) as s:
            if device.replug and not s.failed:
                replug(bed, s)
            got[side] = s.read(SETTLED)
    return got["stock"], got["ours"]


class Comparison:
    """The differences found so far, and which reasons were of use."""

    def __init__(self, known):
        self.reasons, self.used = known, set()
        self.explained = self.unexplained = 0
        self.equal, self.compared = Counter(), Counter()

    def why(self, device, d):
        """The reason of a difference; None when there is none."""
        for r in self.reasons:
            if r.explains(device, d):
                self.used.add(r)
                self.explained += 1
                return r.reason
        self.unexplained += 1
        return None

    def report(self, device, subdriver, counts, found):
        """The rows of one device."""
        equal = Counter(counts)
        equal.subtract(d.kind for d in found if d.kind in counts)
        self.equal.update(equal)
        self.compared.update(counts)
        print(ROW % (device, subdriver, *("%d/%d" % (equal[k], counts.get(k, 0)) for k in KINDS)), flush=True)
        for d in found:
            reason = self.why(device, d)
            print("  %-4s %s %s: NUT %s, ours %s%s" % (
                "" if reason else "FAIL", d.kind, d.name, d.stock, d.ours, " (%s)" % reason if reason else ""), flush=True)

    def unused(self):
        return [r for r in self.reasons if r not in self.used]

    def summary(self):
        """What was equal, and what was not: with a reason and without."""
        counts = ", ".join("%d of %d %ss" % (self.equal[k], self.compared[k], k) for k in KINDS)
        return "%s equal; %d differences with a reason, %d without" % (counts, self.explained, self.unexplained)


def run(bed, names):
    """Compare on the devices named; the exit status."""
    start, compared, chosen = time.monotonic(), Comparison(reasons()), devices.chosen(names)
    print(ROW % ("device", "subdriver", *(k + "s" for k in KINDS)))
    for device in chosen:
        stock, ours = readings(bed, device)
        compared.report(device.name, stock.variables.get("driver.version.data", ABSENT), *differences(stock, ours))
    stale = [] if names else compared.unused()
    for r in stale:
        print("  FAIL no such difference any more: %s %s (%s)" % (r.device, r.name, r.reason))
    print("vm: %d devices compared: %s; %.0f s" % (len(chosen), compared.summary(), time.monotonic() - start))
    return 1 if compared.unexplained or stale or not chosen else 0
