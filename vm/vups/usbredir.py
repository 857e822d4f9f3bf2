"""The usbredir server: QEMU's `-device usb-redir` connects here, and the guest sees the device on
QEMU's emulated USB controller.

Knows the protocol's packets (usbredir 0.7); what a request means is device.py's."""
import asyncio
import struct

from . import device as D

(HELLO, CONNECT, DISCONNECT, RESET, INTERFACES, ENDPOINTS, SET_CONFIG, GET_CONFIG, CONFIG_STATUS, SET_ALT, GET_ALT,
 ALT_STATUS) = range(12)
START_INTERRUPT, STOP_INTERRUPT, INTERRUPT_STATUS, CANCEL = 15, 16, 17, 21
CONTROL, INTERRUPT = 100, 103
# device version, disconnect ack, endpoint packet size, 64-bit ids, 32-bit bulk length: xHCI wants the last three
CAPABILITIES = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6
CAP_64BIT_IDS = 5
LOW_SPEED, NO_ENDPOINT, INTERRUPT_ENDPOINT = 0, 255, 3
STATUS = {D.OK: 0, D.STALL: 4}
CANCELLED = 1


def padded(values, size=32):
    return bytes(values + [0] * (size - len(values)))


class Session:
    """One connection of QEMU."""

    def __init__(self, dev, reader, writer):
        self.dev, self.reader, self.writer = dev, reader, writer
        self.pending, self.pump = {}, None
        self.head = struct.Struct("<III")                     # type, length, id; 64-bit ids once both sides said so

    def send(self, kind, ident, body):
        self.writer.write(self.head.pack(kind, len(body), ident) + body)

    def announce(self):
        """Describe the device as plugged in."""
        dev = self.dev
        count = dev.interface + 1
        classes = [0xff] * dev.interface + [3]
        self.send(INTERFACES, 0, struct.pack("<I", count) + padded(list(range(count))) + padded(classes)
                  + padded([]) + padded([]))
        kinds, intervals, interfaces, sizes = [NO_ENDPOINT] * 32, [0] * 32, [0] * 32, [0] * 32
        kinds[0] = kinds[16] = 0
        sizes[0] = sizes[16] = D.EP0_SIZE
        n = 16 + dev.endpoint
        kinds[n], intervals[n], sizes[n] = INTERRUPT_ENDPOINT, D.EP_INTERVAL_MS, D.EP_IN_SIZE
        interfaces[n] = dev.interface
        self.send(ENDPOINTS, 0, bytes(kinds + intervals + interfaces) + struct.pack("<32H", *sizes))
        self.send(CONNECT, 0, struct.pack("<BBBBHHH", LOW_SPEED, 0, 0, 0, dev.vid, dev.pid, dev.release))
        dev.event("attached")

    async def plug_loop(self):
        while True:
            await self.dev.plugged.wait()
            self.announce()
            await self.dev.unplugged.wait()
            self.drop()
            self.send(DISCONNECT, 0, b"")
            self.dev.event("detached")

    def drop(self):
        """Forget what is under way."""
        for task in self.pending.values():
            task.cancel()
        self.pending.clear()
        self.stop_pump()

    def stop_pump(self):
        if self.pump:
            self.pump.cancel()
            self.pump = None

    async def pump_interrupts(self, endpoint):
        ident = 0
        while True:
            status, body = await self.dev.interrupt_in()
            for i in range(0, max(1, len(body)), D.EP_IN_SIZE):
                part = body[i:i + D.EP_IN_SIZE]
                self.send(INTERRUPT, ident, struct.pack("<BBH", endpoint, STATUS[status], len(part)) + part)
                ident += 1

    async def control(self, ident, body):
        endpoint, request, kind, _, value, index, length = struct.unpack_from("<BBBBHHH", body)
        status, reply = await self.dev.control(kind, request, value, index, length, body[10:])
        if status != D.OK:
            length, reply = 0, b""
        elif kind & 0x80:
            length = len(reply)
        if self.pending.pop(ident, None):
            self.send(CONTROL, ident, struct.pack("<BBBBHHH", endpoint, request, kind, STATUS[status], value, index,
                                                  length) + (reply if kind & 0x80 else b""))

    def cancel(self, ident):
        """The host gave up on a request."""
        task = self.pending.pop(ident, None)
        if task and not task.done():
            task.cancel()
            self.dev.event("cancelled")
            self.send(CONTROL, ident, struct.pack("<BBBBHHH", 0x80, 0, 0x80, CANCELLED, 0, 0, 0))

    def packet(self, kind, ident, body):
        if kind == RESET:
            self.stop_pump()
        elif kind in (SET_CONFIG, GET_CONFIG):
            if kind == SET_CONFIG:
                self.dev.configuration = body[0]
            self.send(CONFIG_STATUS, ident, bytes([0, self.dev.configuration]))
        elif kind in (SET_ALT, GET_ALT):
            self.send(ALT_STATUS, ident, bytes([0, body[0], body[1] if kind == SET_ALT else 0]))
        elif kind in (START_INTERRUPT, STOP_INTERRUPT):
            self.stop_pump()
            if kind == START_INTERRUPT:
                self.pump = asyncio.create_task(self.pump_interrupts(body[0]))
            self.send(INTERRUPT_STATUS, ident, bytes([0, body[0]]))
        elif kind == CANCEL:
            self.cancel(ident)
        elif kind == CONTROL:
            self.pending[ident] = asyncio.create_task(self.control(ident, body))

    async def read(self):
        kind, length, ident = self.head.unpack(await self.reader.readexactly(self.head.size))
        return kind, ident, await self.reader.readexactly(length)

    async def run(self):
        plugging = None
        try:
            self.send(HELLO, 0, b"vups".ljust(64, b"\0") + struct.pack("<I", CAPABILITIES))
            kind, _, body = await self.read()
            if kind == HELLO and int.from_bytes(body[64:68], "little") >> CAP_64BIT_IDS & 1:
                self.head = struct.Struct("<IIQ")
            plugging = asyncio.create_task(self.plug_loop())
            while True:
                self.packet(*await self.read())
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            if plugging:
                plugging.cancel()
            self.drop()
            self.writer.close()


async def serve(dev, port):
    return await asyncio.start_server(lambda r, w: Session(dev, r, w).run(), "127.0.0.1", port)
