"""Control channel: one JSON object a line over TCP, one JSON line back.

  set         fields {path: value}            write values; input reports that changed are sent
  notify      id [hex]                        send an input report now
  fault       what, mode [id, count, ms, length, hex]     see device.Fault
  clear_faults
  plug, unplug
  load        device [override]               swap the unit: a path, and members to replace
  log         [since]                         what the host did, with bytes
  wait        match {member: value} [since, timeout]      an event: attached, get_report, set_report, ...
  state                                       plugged, number of the last event
  mains       present [charge, rate]          a power failure, or its end: see battery.py
"""
import asyncio
import json

from .battery import Battery
from .device import Fault


class Control:
    """Each command is a method; its members are the arguments, its dict the answer."""

    def __init__(self, dev):
        self.dev, self.battery = dev, Battery(dev)

    async def do_state(self):
        return {"plugged": self.dev.plugged.is_set(), "seq": self.dev.seq}

    async def do_set(self, fields):
        self.dev.set(fields)

    async def do_notify(self, id, hex=None):
        self.dev.notify(id, None if hex is None else bytes.fromhex(hex))

    async def do_mains(self, present, charge=None, rate=None):
        self.battery.mains(present, charge, rate)

    async def do_fault(self, **members):
        self.dev.faults.append(Fault(**members))

    async def do_clear_faults(self):
        self.dev.faults.clear()

    async def do_plug(self):
        self.dev.plug()

    async def do_unplug(self):
        self.dev.unplug()

    async def do_load(self, device, override=None):
        self.dev.unplug()
        await asyncio.sleep(0.5)                       # the host is to see it go
        self.dev.load(device, override)
        self.battery.renew()
        self.dev.faults.clear()
        self.dev.plug()

    async def do_log(self, since=0):
        return {"events": [e for e in self.dev.log if e["seq"] > since]}

    async def do_wait(self, match, since=0, timeout=30):
        hit = asyncio.get_running_loop().create_future()

        def look(event):
            if event["seq"] > since and match.items() <= event.items() and not hit.done():
                hit.set_result(event)

        self.dev.listeners.add(look)
        try:
            for event in self.dev.log:
                look(event)
            return {"event": await asyncio.wait_for(hit, timeout)}
        except asyncio.TimeoutError:
            return {"event": None}
        finally:
            self.dev.listeners.discard(look)

    async def answer(self, line):
        try:
            members = json.loads(line)
            result = await getattr(self, "do_" + members.pop("cmd"))(**members)
            return {"ok": True, **(result or {})}
        except Exception as e:                         # whatever it is, the caller is told
            return {"ok": False, "error": "%s: %s" % (type(e).__name__, e)}

    async def client(self, reader, writer):
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self.answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def serve(dev, port):
    return await asyncio.start_server(Control(dev).client, "127.0.0.1", port, limit=1 << 20)
