"""NUT's own Python client (PyPI: PyNUTClient) on a house with the usual device.
Arguments: host. Prints what it got; the case compares it with what stock NUT gives."""
import sys

try:
    from PyNUTClient import PyNUT
except ImportError:
    import PyNUT

client = PyNUT.PyNUTClient(host=sys.argv[1], login="admin", password="secret")
text = lambda value: value.decode("ascii")
table = lambda rows: [f"{text(k)}={text(v)}" for k, v in sorted(rows.items())]
print("upses", table(client.GetUPSList()))
print("vars", table(client.GetUPSVars("u")))
print("rw", table(client.GetRWVars("u")))
print("commands", table(client.GetUPSCommands("u")))
print("available", client.CheckUPSAvailable("u"), client.CheckUPSAvailable("nobody"))
print("set", client.SetRWVar("u", "ups.id", "new"))
print("run", client.RunUPSCommand("u", "load.off"))
try:
    client.RunUPSCommand("u", "no.such")
except PyNUT.PyNUTError as error:
    print("refused", error)
print("login", client.DeviceLogin("u"))
print("clients", client.ListClients("u"))
print("version", text(client.ver()).strip())
print("fsd", client.FSD("u"))
