"""The acceptance cases: what a person with a UPS on a Linux machine can count on.

Each case is a function of Run and makes one or more named checks. They follow each other in one
guest: the first ends with driver and server running, and every later one leaves them so.
"""
import json
import os
import statistics
import time

DENIED = ("Can't open USB device [0463:ffff] (/dev/hidraw0): Permission denied. The driver runs as user nut; "
          "install udev/90-nut-ups.rules (cargo xtask udev) and replug the UPS.")
STATUS = "UPS.PowerSummary.PresentStatus."
CHARGE = "UPS.PowerSummary.RemainingCapacity"
CHARGE_REPORT = 0x06
ON_BATTERY = {STATUS + "ACPresent": 0, STATUS + "Discharging": 1, STATUS + "Charging": 0}
ON_LINE = {STATUS + "ACPresent": 1, STATUS + "Discharging": 0, STATUS + "Charging": 1}
UPSC = "upsc ups "
OL = UPSC + "ups.status 2>/dev/null | grep -w OL"
OB = UPSC + "ups.status 2>/dev/null | grep -w OB"
STALE = UPSC + "ups.status 2>&1 | grep -x 'Error: Data stale'"
ADMIN = "-u admin -p secret "
CASES = []


def case(f):
    CASES.append(f)
    return f


class Run:
    """The bed, the programs under test, and the checks made so far."""

    def __init__(self, bed, nut, device):
        self.bed, self.nut, self.device = bed, nut, device
        self.guest, self.ups = bed.guest, bed.ups
        self.passed, self.failed, self.last = 0, [], time.monotonic()

    def check(self, what, ok, said=""):
        """Report one check; `said` is what was seen."""
        now = time.monotonic()
        print("%-4s %s (%.1f s)%s" % ("ok" if ok else "FAIL", what, now - self.last, "  " + str(said) if said else ""),
              flush=True)
        self.last = now
        if ok:
            self.passed += 1
        else:
            self.failed.append(what)
        return ok

    def becomes(self, what, script, timeout=30):
        """A check that a script succeeds before long."""
        end = time.monotonic() + timeout
        status, out = self.guest.run(script)
        while status and time.monotonic() < end:
            time.sleep(0.2)
            status, out = self.guest.run(script)
        if status:
            out = "not within %d s; upsc says: %s" % (timeout, self.guest.run(UPSC + "ups.status 2>&1")[1].strip())
        return self.check(what, status == 0, " ".join(out.split()))

    def value(self, variable):
        """What upsc says a variable is."""
        return self.guest.run(UPSC + variable + " 2>/dev/null")[1].strip()

    def restart(self, ready=OL):
        """Driver and server anew, as after a reboot with the present device, until a script succeeds."""
        self.guest.run("""upsdrvctl stop; kill $(cat /run/nut/upsd.pid)
            for i in $(seq 50); do [ -e /run/nut/upsd.pid ] || break; usleep 100000; done; rm -f /run/nut/*""", 60)
        self.bed.node()
        self.guest.sh("udevadm settle && upsdrvctl start && upsd", 90)
        self.guest.until(ready)


@case
def permissions(t):
    """The driver runs as user nut and may use the device only when the rule is installed."""
    status, out = t.guest.run("/usr/libexec/nut/usbhid-ups -a ups", 60)
    t.check("driver refused without the udev rule: exit status 1", status == 1, "status %d" % status)
    if not t.nut.stock:
        t.check("driver names device, node, user and remedy", DENIED in out.splitlines(), "" if DENIED in out else out)
    status, out = t.guest.run("upsdrvctl start", 90)
    t.check("upsdrvctl start says 'Driver failed to start (exit status=1)'",
            "Driver failed to start (exit status=1)" in out.splitlines() and status == 1, "status %d" % status)
    t.nut.install_rules(t.guest)
    nodes = t.guest.sh("stat -c '%n %G %a' /dev/hidraw* $(ls /dev/bus/usb/*/* | grep -v '/001$')").split("\n")[:-1]
    ours = nodes[1:] if t.nut.stock else nodes               # stock NUT has no use for the hidraw node
    t.check("the rule gives the nodes to group nut", all(n.endswith(t.nut.rights) for n in ours), ", ".join(nodes))
    status, out = t.guest.run("upsdrvctl start", 90)
    t.check("upsdrvctl start works with the rule", status == 0, out if status else "")
    owner = t.guest.run("stat -c %U /proc/$(cat /run/nut/usbhid-ups-ups.pid)")[1].strip()
    t.check("the driver runs as user nut", owner == "nut", owner)
    status, out = t.guest.run("upsd", 30)
    t.check("upsd starts", status == 0, out if status else "")
    t.becomes("upsc says OL", OL)


@case
def readings(t):
    """What upsc says is what was recorded from the real unit."""
    compare(t, t.device)
    want = expected(t.device)["commands"]
    out = t.guest.sh("upscmd -l ups 2>/dev/null")
    got = sorted(line.split(" - ")[0] for line in out.splitlines() if " - " in line)
    got = [name for name in got if not name.startswith("driver.")]
    t.check("commands equal the recording's", got == want, "%d commands" % len(got) if got == want else got)


def expected(device):
    """What NUT 2.8.5 publishes for exactly the bytes of a recording."""
    with open(device.replace(".json", ".expect.json")) as f:
        return json.load(f)


def compare(t, device):
    """A check that every variable of the plugged-in recording is as expected, and none is there besides."""
    out = t.guest.sh(UPSC + "2>/dev/null")
    got = dict(line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in out.splitlines())
    got = {k: v for k, v in got.items() if not k.startswith("driver.")}
    want = {k: v["value"] for k, v in expected(device)["variables"].items()}
    wrong = ["%s: expected %r, got %r" % (k, want.get(k), got.get(k))
             for k in sorted(want.keys() | got.keys()) if want.get(k) != got.get(k)]
    t.check("readings equal the recording's: " + os.path.basename(device)[:-5], not wrong,
            "; ".join(wrong) or "%d variables" % len(got))


@case
def strings(t):
    """Indexed strings, which hidraw does not offer, come through the USB node."""
    t.ups.call("load", device=t.device, override={"strings": {"5": "PbAc", "6": "02.08.0010", "12": "850"}})
    t.restart()
    for variable, want in (("battery.type", "PbAc"), ("ups.firmware", "02.08.0010")):
        got = t.value(variable)
        t.check("indexed string in %s" % variable, got == want, got)
    if t.nut.stock:                                          # it asks before it knows what it wants
        return
    t.ups.call("fault", what="string", mode="timeout")
    t.restart()
    t.becomes("a UPS whose strings hang is up", OL, 20)
    rounds = "for i in 1 2 3 4 5 6 7 8; do %s || exit 1; sleep 1; done" % OL
    t.check("its readings stay fresh", t.guest.run(rounds, 40)[0] == 0, t.value("ups.status"))
    t.ups.call("clear_faults")
    t.restart()


@case
def interrupts(t):
    """The mains fail: the UPS sends a report by itself and upsc shows it."""
    probe = not t.nut.stock                                  # stock NUT takes the hidraw node away
    if probe:
        t.guest.sh("vm-probe %s /run/nut/usbhid-ups-ups > /run/probe.out 2>&1 &" % t.bed.node())
        t.guest.until("grep -q ready /run/probe.out", 20)
    seq = t.ups.seq()
    t.ups.call("set", fields=ON_BATTERY)
    t.check("the UPS's report was taken", t.ups.wait(since=seq, timeout=20, ev="interrupt"))
    t.becomes("mains lost reaches upsc as OB", OB)
    t.ups.call("set", fields=ON_LINE)
    t.becomes("mains back reaches upsc as OL", OL)
    if probe:
        for fields in (ON_BATTERY, ON_LINE) * 4:
            time.sleep(0.7)
            t.ups.call("set", fields=fields)
        time.sleep(1)
        latency(t)


def latency(t):
    """How long it took from a report to the driver socket's line, measured inside the guest."""
    out = t.guest.run("kill $(pidof vm-probe); cat /run/probe.out")[1]
    ms = [int(line.split()[1]) / 1000 for line in out.splitlines() if line.startswith("latency_us ")]
    said = ms and "from report to driver socket: median %.1f ms, largest %.1f ms of %d" % (
        statistics.median(ms), max(ms), len(ms))
    t.check("each report makes a line on the driver socket", len(ms) >= 8, said or out)


@case
def faults(t):
    """Bad answers to a polled report pass; readings go on afterwards."""
    charge = 90
    for mode in ("stall", "timeout", "short", "empty", "wrong_id", "garbage"):
        seq = t.ups.seq()
        t.ups.call("fault", what="feature", id=CHARGE_REPORT, mode=mode, count=1 if mode == "timeout" else 2)
        met = t.ups.wait(since=seq, timeout=40, ev="fault")
        t.ups.call("clear_faults")
        charge -= 1
        t.ups.call("set", fields={CHARGE: charge})
        fresh = "%s && %sbattery.charge 2>/dev/null | grep -x %d" % (OL, UPSC, charge)
        t.becomes("fresh readings after %s" % mode, fresh if met else "false", 40)
    for data in ("", "01", "06ff", "ee0102030405", "ffffffffffffffff"):
        t.ups.call("notify", id=0xee, hex=data)
        time.sleep(0.2)
    t.ups.call("set", fields={CHARGE: 77})
    t.becomes("fresh readings after junk on the interrupt pipe",
              "%s && %sbattery.charge 2>/dev/null | grep -x 77" % (OL, UPSC), 40)


@case
def mute(t):
    """A device that opens but answers nothing must not show its last status for ever."""
    if t.nut.stock:
        return                                               # it does just that
    for mode in ("stall", "timeout"):
        t.ups.call("fault", what="feature", mode=mode)
        t.becomes("a mute device goes stale (%s)" % mode, STALE, 90)
        t.ups.call("clear_faults")
        t.becomes("it answers again: readings are back (%s)" % mode, OL, 40)


@case
def unplug(t):
    """Unplugged is stale, plugged in again is well, without a hand on the machine."""
    t.ups.call("unplug")
    t.becomes("unplugged: upsc says 'Error: Data stale'", STALE, 40)
    if t.nut.stock:                                          # gone to the background it does not come back
        t.ups.call("plug")
        return t.restart()
    t.guest.sh("""{ until ls /dev/hidraw*; do usleep 20000; done; read -r a _ < /proc/uptime
        until %s; do usleep 50000; done; read -r b _ < /proc/uptime
        echo "$a $b" > /run/replug; } > /dev/null 2>&1 &""" % OL)
    t.ups.call("plug")
    took = None
    if t.becomes("plugged in: readings are back", "cat /run/replug", 60):
        a, b = (float(x) for x in t.guest.sh("cat /run/replug; rm /run/replug").split())
        took = b - a
    t.check("within 5 s of the node's return", took is not None and took <= 5, took is not None and "%.1f s" % took)
    for _ in range(3):
        t.ups.call("unplug")
        time.sleep(0.15)
        t.ups.call("plug")
        time.sleep(0.15)
    t.becomes("a loose plug, in and out three times: readings are back", OL)
    t.ups.call("set", fields=ON_BATTERY)
    t.becomes("the UPS's reports arrive on the new connection", OB)
    t.ups.call("set", fields=ON_LINE)
    t.guest.until(OL)


@case
def writes(t):
    """A setting and a command arrive at the device byte for byte."""
    for what, script, sent in (
            ("SET battery.charge.low=35", "upsrw %s-s battery.charge.low=35 ups" % ADMIN, "2223"),
            ("SET input.transfer.low=160", "upsrw %s-s input.transfer.low=160 ups" % ADMIN, "14a0"),
            ("INSTCMD beeper.disable", "upscmd %sups beeper.disable" % ADMIN, "2001"),
            ("INSTCMD load.off.delay 90", "upscmd %sups load.off.delay 90" % ADMIN, "095a000000")):
        seq = t.ups.seq()
        status, out = t.guest.run(script + " 2>&1")
        event = t.ups.wait(since=seq, timeout=20, ev="set_report")
        t.check("%s arrives as %s" % (what, sent), event and event["hex"] == sent and status == 0,
                event["hex"] if event else out)
    t.ups.call("fault", what="set", mode="stall", count=1)
    out = t.guest.run("upsrw %s-w -s battery.charge.low=36 ups 2>&1" % ADMIN)[1]
    want = "ERR UNKNOWN" if t.nut.stock else "ERR FAILED"    # NUT says less than it knows
    t.check("a setting that the device refuses is told to the user", want in out.splitlines(), out.strip())
    t.becomes("the setting before it stands", UPSC + "battery.charge.low 2>/dev/null | grep -x 35")


@case
def recording(t):
    """The driver's own recording of the unit holds what the unit was made from."""
    if t.nut.stock:
        return
    t.ups.call("load", device=t.device)
    t.bed.node()
    t.guest.run("upsdrvctl stop", 60)
    t.guest.sh("udevadm settle && /usr/libexec/nut/usbhid-ups -a ups -x record=/run/nut/recording.json", 90)
    with open(t.device) as f:
        want = json.load(f)
    got = json.loads(t.guest.until("cat /run/nut/recording.json", 20))
    for what, of in (("descriptor", lambda r: bytes.fromhex(r["report_descriptor_hex"])),
                     ("feature reports", lambda r: {int(k, 0): bytes.fromhex(v)
                                                    for k, v in r["reports"]["feature"].items()}),
                     ("strings", lambda r: {k: v for k, v in r["strings"].items() if k in want["strings"]})):
        t.check("recorded %s equal the original's" % what, of(got) == of(want),
                "" if of(got) == of(want) else of(got))


@case
def others(t):
    """The other recorded units, one after the other on the same port."""
    folder = os.path.dirname(t.device)
    for name in sorted(os.listdir(folder)):
        device = os.path.join(folder, name)
        if name.endswith(".expect.json") or device == t.device:
            continue
        t.ups.call("load", device=device)
        t.restart(UPSC + "ups.status 2>/dev/null | grep -v WAIT")
        compare(t, device)


def run(bed, nut, device, only=""):
    """Run the cases whose name has `only` in it, the first one always; the finished Run."""
    t = Run(bed, nut, device)
    for f in CASES:
        if only not in f.__name__ and f is not permissions:
            continue
        print("-- %s: %s" % (f.__name__, f.__doc__), flush=True)
        try:
            f(t)
        except Exception as why:
            t.check("%s goes through" % f.__name__, False, "%s: %s" % (type(why).__name__, why))
        if f is permissions and t.guest.run(OL)[0]:
            print("-- driver and server do not run: the other cases are left out", flush=True)
            break
    if t.failed:
        print("-- the kernel's last words:\n" + t.guest.run("dmesg | tail -20")[1], flush=True)
    return t
