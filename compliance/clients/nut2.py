"""The client `nut2` (PyPI), as older Home Assistant used it, on a house with the usual device.
Arguments: host. Prints what it got; the case compares it with what stock NUT gives."""
import sys

from nut2 import PyNUTClient, PyNUTError

client = PyNUTClient(host=sys.argv[1], login="admin", password="secret")
table = lambda rows: [f"{k}={v}" for k, v in sorted(rows.items())]
print("upses", table(client.list_ups()))
print("vars", table(client.list_vars("u")))
print("rw", table(client.list_rw_vars("u")))
print("commands", table(client.list_commands("u")))
print("enum", client.list_enum("u", "input.sensitivity"))
print("range", client.list_range("u", "battery.charge.low"))
print("type", client.var_type("u", "ups.id"))
print("get", client.get("u", "battery.charge"), client.description("u"))
print("about", client.var_description("u", "ups.status"), client.command_description("u", "load.off"))
print("set", client.set_var("u", "ups.id", "new"))
print("run", client.run_command("u", "load.off"))
for ups in ("u", "nobody"):
    try:
        client.run_command(ups, "no.such")
    except PyNUTError as error:
        print("refused", error)
print("logins", client.num_logins("u"))
print("version", client.ver().strip())
