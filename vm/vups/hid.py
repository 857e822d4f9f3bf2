"""HID report descriptors: where each field lies in which report.

Paths are written 'UPS.PowerSummary.RemainingCapacity'; a usage that has no name here is its eight
hex digits, an indexed collection (type 0x80 + n, as Eaton units have them) adds '[n]'. Only the
usages that tests speak of are named (HID Power Device class 1.1, pages 0x84 and 0x85).
"""
from dataclasses import dataclass, field

NAMES = {
    0x840004: "UPS", 0x840024: "PowerSummary", 0x840002: "PresentStatus", 0x84001a: "Input", 0x84001c: "Output",
    0x840030: "Voltage", 0x840035: "PercentLoad", 0x840055: "DelayBeforeReboot", 0x840056: "DelayBeforeStartup",
    0x840057: "DelayBeforeShutdown", 0x84005a: "AudibleAlarmControl", 0x840069: "ShutdownImminent",
    0x850042: "BelowRemainingCapacityLimit", 0x850044: "Charging", 0x850045: "Discharging",
    0x850066: "RemainingCapacity", 0x850068: "RunTimeToEmpty", 0x8500d0: "ACPresent",
}
KINDS = {0x8: "input", 0x9: "output", 0xb: "feature"}          # main item tag: report type
GLOBALS = {0x0: "page", 0x1: "lmin", 0x7: "size", 0x8: "rid", 0x9: "count"}


@dataclass
class Field:
    """One value in one report; offset and size in bits, the report id byte not counted."""
    path: str
    kind: str
    report_id: int
    offset: int
    size: int
    lmin: int
    constant: bool

    def read(self, payload):
        v = int.from_bytes(payload, "little") >> self.offset & ((1 << self.size) - 1)
        return v - (1 << self.size) if self.lmin < 0 and v >> (self.size - 1) else v

    def write(self, payload, value):
        mask = (1 << self.size) - 1
        n = int.from_bytes(payload, "little") & ~(mask << self.offset)
        return (n | (value & mask) << self.offset).to_bytes(len(payload), "little")


@dataclass
class Descriptor:
    """A parsed descriptor; bits: {(kind, report id): payload bits}; numbered: report ids are in use."""
    fields: list = field(default_factory=list)
    bits: dict = field(default_factory=dict)
    numbered: bool = False

    def find(self, path, kind=None):
        return [f for f in self.fields if f.path == path and kind in (None, f.kind)]


def items(raw):
    """(tag, type, size, unsigned value, signed value) of each short item; long items are skipped."""
    i = 0
    while i < len(raw):
        prefix = raw[i]
        if prefix == 0xfe:
            i += 3 + (raw[i + 1] if i + 1 < len(raw) else 0)
            continue
        n = (0, 1, 2, 4)[prefix & 3]
        data = raw[i + 1:i + 1 + n]
        i += 1 + n
        yield (prefix >> 4, prefix >> 2 & 3, n, int.from_bytes(data, "little"),
               int.from_bytes(data, "little", signed=True))


def name(usages, k=0):
    """The name of the k-th usage (the last one serves all that follow); '' when there is none."""
    if not usages:
        return ""
    usage = usages[min(k, len(usages) - 1)]
    return NAMES.get(usage) or "%08x" % usage


class Parser:
    """The state of a walk over the items (HID 1.11, section 6.2.2)."""

    def __init__(self):
        self.out = Descriptor()
        self.g = dict(page=0, lmin=0, size=0, count=0, rid=0)
        self.saved, self.collections, self.usages, self.first = [], [], [], None

    def global_item(self, tag, u, s):
        if tag in GLOBALS:
            self.g[GLOBALS[tag]] = s if tag == 0x1 else u
        elif tag == 0xa:
            self.saved.append(dict(self.g))
        elif tag == 0xb and self.saved:
            self.g = self.saved.pop()
        self.out.numbered |= tag == 0x8

    def local_item(self, tag, n, u):
        usage = u if n == 4 else self.g["page"] << 16 | u
        if tag == 0x0:
            self.usages.append(usage)
        elif tag == 0x1:
            self.first = usage
        elif tag == 0x2 and self.first is not None:
            self.usages.extend(range(self.first, min(usage, self.first + 1023) + 1))

    def main_item(self, tag, u):
        if tag == 0xa:
            index = [] if u < 0x80 else ["[%d]" % (u & 0x7f)]
            self.collections.append([name(self.usages) or "00000000"] + index)
        elif tag == 0xc and self.collections:
            self.collections.pop()
        elif tag in KINDS:
            self.fields(KINDS[tag], bool(u & 1))
        self.usages, self.first = [], None

    def fields(self, kind, constant):
        """One field for each report count. Constant ones are kept: Eaton calls its readings constant."""
        key = kind, self.g["rid"]
        above = [part for c in self.collections for part in c]
        for k in range(self.g["count"]):
            offset = self.out.bits.get(key, 0)
            self.out.bits[key] = offset + self.g["size"]
            if self.usages:
                path = ".".join(above + [name(self.usages, k)])
                self.out.fields.append(Field(path, kind, key[1], offset, self.g["size"], self.g["lmin"], constant))


def parse(raw):
    """A Descriptor from the bytes of a report descriptor."""
    p = Parser()
    for tag, kind, n, u, s in items(raw):
        if kind == 0:
            p.main_item(tag, u)
        elif kind == 1:
            p.global_item(tag, u, s)
        elif kind == 2:
            p.local_item(tag, n, u)
    return p.out
