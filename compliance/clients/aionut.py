"""The asynchronous client of Home Assistant (PyPI: aionut) on a house with the usual device.
Arguments: host. Prints what it got; the case compares it with what stock NUT gives."""
import asyncio
import sys

sys.path = [p for p in sys.path if not p.endswith("compliance/clients")]
from aionut import AIONUTClient, NUTError  # noqa: E402


async def main():
    client = AIONUTClient(sys.argv[1], 3493, "admin", "secret")
    table = lambda rows: [f"{k}={v}" for k, v in sorted(rows.items())]
    print("upses", table(await client.list_ups()))
    print("vars", table(await client.list_vars("u")))
    print("commands", sorted(await client.list_commands("u")))
    print("description", await client.description("u"))
    print("run", await client.run_command("u", "load.off"))
    for ups, command in (("u", "no.such"), ("nobody", "load.off")):
        try:
            await client.run_command(ups, command)
        except NUTError as error:
            print("refused", error)
    client.shutdown()


asyncio.run(main())
