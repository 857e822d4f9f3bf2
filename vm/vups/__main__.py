"""python3 -m vups --device RECORDING.json [--usbredir PORT] [--control PORT]

Serves the UPS until killed; the ports (by default any free ones) are printed as one line of JSON."""
import argparse
import asyncio
import json

from . import control, device, usbredir


async def serve(a):
    dev = device.Device(a.device)
    dev.plug()
    servers = {"usbredir": await usbredir.serve(dev, a.usbredir), "control": await control.serve(dev, a.control)}
    print(json.dumps({k: s.sockets[0].getsockname()[1] for k, s in servers.items()}), flush=True)
    await asyncio.Event().wait()


def main():
    p = argparse.ArgumentParser(prog="vups", description=__doc__)
    p.add_argument("--device", required=True)
    p.add_argument("--usbredir", type=int, default=0)
    p.add_argument("--control", type=int, default=0)
    try:
        asyncio.run(serve(p.parse_args()))
    except KeyboardInterrupt:
        pass


main()
