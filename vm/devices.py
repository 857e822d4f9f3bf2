"""The devices of a comparison: recordings of real units, and the vectors as synthetic ones.

Knows where they lie and makes of each a recording as the virtual UPS plays it, with the driver
options that go with it; what drivers then say of it is compare.py's.
"""
import glob
import json
import os
from dataclasses import dataclass, field

# Where the HID interface of some makers' units lies, by vendor id; NUT knows that by heart.
INTERFACES = {"2341": {"interface": 2, "endpoint": 4}, "4234": {"interface": 1}}
TESTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "crates/upsdrv-usbhid/tests")


@dataclass
class Device:
    """One device: recording is what the virtual UPS loads, options are lines of its section in ups.conf.

    With replug it is pulled out and put back in while the driver runs, which may be in the foreground."""
    name: str
    recording: dict
    options: list = field(default_factory=list)
    replug: bool = False
    foreground: bool = False


def recordings():
    """Every recording with a report descriptor, by file name."""
    for path in sorted(glob.glob(TESTS + "/devices/*.json")):
        device = None if path.endswith(".expect.json") else load(path)
        if device and device.recording.get("report_descriptor_hex"):
            yield device


def load(path):
    """The device of one recording."""
    with open(path) as f:
        return played(os.path.basename(path)[:-5], json.load(f), [])


def played(name, recording, options):
    """The device of what was recorded, with what a recording does not tell."""
    return Device(name, {**recording, **INTERFACES.get(recording["vid"], {})}, options)


def vectors():
    """Every vector: a synthetic device of one subdriver, here 'vector-' and the name of its file."""
    for path in sorted(glob.glob(TESTS + "/vectors/*.json")):
        with open(path) as f:
            yield of_vector("vector-" + os.path.basename(path)[:-5], json.load(f))


def of_vector(name, v):
    """A vector's device: report ids there are hex digits, a recording's carry their 0x."""
    feature = {"0x" + rid: data for rid, data in v["reports"].items()}
    recording = {"vid": v["vid"], "pid": v["pid"], "mfr": v.get("vendor"), "product": v.get("product"),
                 "serial": v.get("serial"), "report_descriptor_hex": v["descriptor"],
                 "reports": {"feature": feature}, "strings": v.get("strings", {})}
    return played(name, recording, v.get("options") or [])


def specials():
    """A unit that no map claims, by the explore mode, and one that loses its plug meanwhile."""
    eaton = load(TESTS + "/devices/eaton_3s_850.json").recording
    yield Device("special-explore", {**eaton, "vid": "1209"}, ["explore", "vendorid = 1209", "productid = %(pid)s" % eaton])
    yield Device("special-replug", eaton, replug=True)
    yield Device("special-foreground-replug", eaton, replug=True, foreground=True)


def chosen(names):
    """The devices whose names have one of these in them; without names every recording, of each
    subdriver the vector that has all its paths, and the special ones."""
    if names:
        return [d for d in (*recordings(), *vectors(), *specials()) if any(n in d.name for n in names)]
    return [*recordings(), *(d for d in vectors() if d.name.endswith("-all")), *specials()]
