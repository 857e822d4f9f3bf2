"""The virtual USB device: descriptors, control requests, the interrupt pipe, faults.

Plays a recording of a UPS: report bytes begin with the report id, and a feature report that was
not recorded stalls. Knows USB 1.1 and HID 1.11; leaves the transport to usbredir.py.
"""
import asyncio
import json
import struct

from . import hid

OK, STALL, TIMEOUT = "ok", "stall", "timeout"
KIND = {1: "input", 2: "output", 3: "feature"}                # report type in GET_REPORT and SET_REPORT
EP0_SIZE, EP_IN_SIZE, EP_INTERVAL_MS = 8, 8, 10              # a low-speed device, as most UPSes are


class Fault:
    """One injected fault.

    what: feature, input, set, string, interrupt, any; id: report id or string index, None for all;
    mode: stall, timeout (no answer), delay (ms only), short (to `length`), empty, wrong_id, garbage
    (`hex`, or the bytes scrambled); count: how many times, None for ever; ms: wait before it."""

    def __init__(self, what="any", id=None, mode="stall", count=None, ms=0, length=None, hex=None):
        self.what, self.id, self.mode, self.count, self.ms = what, id, mode, count, ms
        self.length, self.hex = length, hex

    def hits(self, what, id):
        if self.count == 0 or self.what not in ("any", what) or self.id not in (None, id):
            return False
        if self.count is not None:
            self.count -= 1
        return True

    def apply(self, data):
        """(status, bytes) instead of those bytes."""
        if self.mode in (STALL, TIMEOUT):
            return self.mode, b""
        if self.mode == "short":
            return OK, data[:max(0, len(data) - 1) if self.length is None else self.length]
        if self.mode == "empty":
            return OK, b""
        if self.mode == "wrong_id":
            return OK, bytes([data[0] ^ 0x80]) + data[1:]
        if self.mode == "garbage":
            return OK, bytes.fromhex(self.hex) if self.hex else bytes(b ^ 0x5a for b in data)
        return OK, data


class Device:
    """The device and what the host did to it: log holds events {"seq", "ev", ...}, oldest first."""

    def __init__(self, recording):
        self.log, self.seq, self.listeners, self.faults = [], 0, set(), []
        self.plugged, self.unplugged, self.waiting = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.unplugged.set()
        self.load(recording)

    def event(self, name, **members):
        self.seq += 1
        event = dict(seq=self.seq, ev=name, **members)
        self.log.append(event)
        del self.log[:-20000]
        for listener in list(self.listeners):
            listener(event)

    # --- the recording -------------------------------------------------------
    def load(self, path, override=None):
        """Become the unit of a recording, a file; override: members to replace in it."""
        with open(path) as f:
            rec = {**json.load(f), **(override or {})}
        self.vid, self.pid = int(rec["vid"], 16), int(rec["pid"], 16)
        self.interface = rec.get("interface", 0)              # those before it are empty
        self.endpoint = rec.get("endpoint", 1)                # of its interrupt reports
        self.release = int(rec.get("release", "0100"), 16)
        self.rdesc = bytes.fromhex(rec["report_descriptor_hex"])
        # with a reduced descriptor that one is the first, and the whole one the second
        reduced = rec.get("reduced_descriptor_hex")
        self.rdescs = [bytes.fromhex(reduced), self.rdesc] if reduced else [self.rdesc]
        self.desc = hid.parse(self.rdesc)
        self.idle, self.protocol, self.configuration = 0, 1, 0
        self.load_strings(rec)
        self.load_reports(rec["reports"])
        self.queue = []                                       # input reports waiting for an IN token

    def load_strings(self, rec):
        """The three names of a device take string indices that no report of a recording names."""
        self.strings = {int(k): v for k, v in rec.get("strings", {}).items()}
        free = (i for i in range(0xf0, 0x100) if i not in self.strings)
        self.names = {}
        for key in ("mfr", "product", "serial"):
            self.names[key] = next(free) if rec.get(key) is not None else 0
            if self.names[key]:
                self.strings[self.names[key]] = rec[key]

    def load_reports(self, recorded):
        """Input reports are sent, never asked for, so few were recorded: they begin as the features are."""
        self.reports = {kind: {} for kind in KIND.values()}
        for kind, reports in recorded.items():
            for rid, text in reports.items():
                self.reports[kind][int(rid, 0)] = self.payload(int(rid, 0), bytes.fromhex(text))
        for (kind, rid), bits in self.desc.bits.items():
            if kind != "feature":
                self.reports[kind].setdefault(rid, bytes((bits + 7) // 8))
        for f in self.desc.fields:
            same = [g for g in self.desc.find(f.path, "feature") if g.report_id in self.reports["feature"]]
            if f.kind == "input" and same and f.report_id not in (int(r, 0) for r in recorded.get("input", {})):
                value = same[0].read(self.reports["feature"][same[0].report_id])
                self.reports["input"][f.report_id] = f.write(self.reports["input"][f.report_id], value)

    def payload(self, rid, data):
        """Bytes on the wire without the report id, which is there when the descriptor uses ids."""
        return data[1:] if self.desc.numbered and data[:1] == bytes([rid]) else data

    def wire(self, kind, rid):
        """The bytes of a report on the wire, or None."""
        payload = self.reports[kind].get(rid)
        return None if payload is None else (bytes([rid]) if self.desc.numbered else b"") + payload

    # --- what a test does ----------------------------------------------------
    def set(self, fields):
        """Write values by path into every report that has them; send the input reports that changed."""
        changed = []
        for path, value in fields.items():
            found = self.desc.find(path)
            if not found:
                raise KeyError(path)
            for f in found:
                reports = self.reports[f.kind]
                old = reports.get(f.report_id)
                if old is not None and f.write(old, value) != old:
                    reports[f.report_id] = f.write(old, value)
                    if f.kind == "input" and f.report_id not in changed:
                        changed.append(f.report_id)
        for rid in changed:
            self.notify(rid)

    def notify(self, rid, data=None):
        """Queue an input report; of one id only the newest waits."""
        body = self.wire("input", rid) if data is None else data
        self.queue = [q for q in self.queue if q[0] != rid] + [(rid, body)]
        self.waiting.set()

    def plug(self):
        if not self.plugged.is_set():
            self.configuration = 0
            self.queue.clear()
            self.unplugged.clear()
            self.plugged.set()
            self.event("plug")

    def unplug(self):
        if self.plugged.is_set():
            self.plugged.clear()
            self.unplugged.set()
            self.event("unplug")

    # --- descriptors ---------------------------------------------------------
    def device_descriptor(self):
        return struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0110, 0, 0, 0, EP0_SIZE, self.vid, self.pid, self.release,
                           self.names["mfr"], self.names["product"], self.names["serial"], 1)

    def hid_descriptor(self, index=0):
        return struct.pack("<BBHBBBH", 9, 0x21, 0x0110, 0, 1, 0x22, len(self.rdescs[index]))

    def config_descriptor(self):
        body = b"".join(struct.pack("<9B", 9, 4, n, 0, 0, 0xff, 0, 0, 0) for n in range(self.interface))
        body += struct.pack("<9B", 9, 4, self.interface, 0, 1, 3, 0, 0, 0) + self.hid_descriptor()
        body += struct.pack("<BBBBHB", 7, 5, 0x80 | self.endpoint, 3, EP_IN_SIZE, EP_INTERVAL_MS)
        return struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), self.interface + 1, 1, 0, 0xa0, 25) + body

    def string_descriptor(self, index):
        if index == 0:
            return struct.pack("<BBH", 4, 3, 0x0409)          # one language: US English
        if index not in self.strings:
            return None
        text = self.strings[index].encode("utf-16-le")[:252]
        return bytes([2 + len(text), 3]) + text

    # --- transfers -----------------------------------------------------------
    async def faulty(self, what, id, data):
        """(status, bytes) after the first fault that matches."""
        for fault in self.faults:
            if fault.hits(what, id):
                self.event("fault", what=what, id=id, mode=fault.mode)
                await asyncio.sleep(fault.ms / 1000)
                return fault.apply(data)
        return OK, data

    async def control(self, request_type, request, value, index, length, data=b""):
        """(status, bytes) of a control request; one that times out waits until it is cancelled."""
        kind, high, low = request_type & 0x60, value >> 8, value & 0xff
        if kind == 0x00:
            status, reply = await self.standard(request_type, request, high, low, index)
        elif kind == 0x20 and request_type & 0x1f == 1 and index == self.interface:
            status, reply = await self.hid_class(request, high, low, length, data)
        else:
            status, reply = STALL, b""
        if status == TIMEOUT:
            await asyncio.Event().wait()
        return status, reply[:length] if request_type & 0x80 else reply

    async def standard(self, request_type, request, high, low, index):
        """Requests of USB 1.1, chapter 9."""
        if request == 6:
            return await self.get_descriptor(request_type & 0x1f == 1, high, low, index)
        if request == 9:
            self.configuration = low
        replies = {0: b"\0\0", 1: b"", 3: b"", 5: b"", 8: bytes([self.configuration]), 9: b"", 10: b"\0", 11: b""}
        return (OK, replies[request]) if request in replies else (STALL, b"")

    async def get_descriptor(self, of_interface, kind, number, index):
        if kind == 1:
            return OK, self.device_descriptor()
        if kind == 2 and number == 0:
            return OK, self.config_descriptor()
        if kind == 3:
            text = self.string_descriptor(number)
            self.event("get_string", id=number, found=text is not None)
            return (STALL, b"") if text is None else await self.faulty("string", number, text)
        if of_interface and index == self.interface and kind in (0x21, 0x22) and number < len(self.rdescs):
            return OK, self.hid_descriptor(number) if kind == 0x21 else self.rdescs[number]
        return STALL, b""

    async def hid_class(self, request, high, low, length, data):
        """Requests of HID 1.11, section 7.2."""
        if request == 0x01:
            return await self.get_report(KIND.get(high), low, length)
        if request == 0x09:
            return await self.put_report(KIND.get(high), low, data)
        if request == 0x0a:
            self.idle = high
        elif request == 0x0b:
            self.protocol = low
        replies = {0x02: bytes([self.idle]), 0x03: bytes([self.protocol]), 0x0a: b"", 0x0b: b""}
        return (OK, replies[request]) if request in replies else (STALL, b"")

    async def get_report(self, kind, rid, length):
        body = self.wire(kind, rid) if kind else None
        status, body = (STALL, b"") if body is None else await self.faulty(kind, rid, body)
        self.event("get_report", kind=kind, id=rid, status=status, len=length, hex=body.hex())
        return status, body

    async def put_report(self, kind, rid, data):
        known = kind is not None and rid in self.reports[kind]
        status, _ = await self.faulty("set", rid, b"") if known else (STALL, b"")
        if status == OK:
            body, old = self.payload(rid, data), self.reports[kind][rid]
            self.reports[kind][rid] = body[:len(old)] + old[len(body):]
        self.event("set_report", kind=kind, id=rid, status=status, hex=data.hex())
        return status, b""

    async def interrupt_in(self):
        """The next input report, waited for: (status, bytes). One that times out is lost."""
        while True:
            while not self.queue:
                self.waiting.clear()
                await self.waiting.wait()
            rid, body = self.queue.pop(0)
            status, body = await self.faulty("interrupt", rid, body)
            if status != TIMEOUT:
                self.event("interrupt", id=rid, status=status, hex=body.hex())
                return status, body
