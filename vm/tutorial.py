"""NUT's tutorial as a newcomer walks it, from the packages to a power failure that the machine survives.

Each step does what the tutorial says, with the commands that a person would type, and looks at what a
person would see. Leaves the machine to box.py.
"""
import box as beds
import walk
from cases import DENIED
from walk import expect

STEPS = walk.Steps()
RULE = "90-nut-ups.rules"
UPS_CONF = "[eaton]\n\tdriver = usbhid-ups\n\tport = auto\n\toffdelay = 10\n\tondelay = 15\n"
UPSD_CONF = "LISTEN 127.0.0.1 3493\nLISTEN ::1 3493\n"
UPSD_USERS = "[upsmon]\n\tpassword = secret\n\tupsmon primary\n"
UPSMON_CONF = """MONITOR eaton@localhost 1 upsmon secret primary
MINSUPPLIES 1
SHUTDOWNCMD "/sbin/shutdown -h +0"
POLLFREQ 2
POLLFREQALERT 2
FINALDELAY 2
POWERDOWNFLAG /etc/killpower
"""
CONF_FILES = ("nut.conf", "ups.conf", "upsd.conf", "upsd.users", "upsmon.conf")
ACCESS = ["/etc/nut root:nut 750"] + ["/etc/nut/%s root:nut 640" % f for f in CONF_FILES] + ["/var/lib/nut root:nut 770"]
HOOK = "/lib/systemd/system-shutdown/nutshutdown"
STATUS = "upsc eaton ups.status 2>/dev/null"
ON_LINE = STATUS + " | grep -w OL"
UNITS = "nut-driver@eaton.service nut-server.service nut-monitor.service"
ALL_UP = "systemctl is-active " + UNITS
DPKG = "DEBIAN_FRONTEND=noninteractive dpkg --force-confold "


def write(box, name, text):
    """A file of the configuration, as an editor writes it: owner and mode stay."""
    box.sh("cat > /etc/nut/%s <<'TEXT'\n%sTEXT\n" % (name, text))


def is_up(box):
    """The services run and upsc answers."""
    box.until(ON_LINE, 240)
    box.until(ALL_UP, 120)
    return "ups.status: " + box.sh(STATUS).strip()


def failed_units(box):
    """Units that have failed; none should have."""
    return box.sh("systemctl --failed --plain --no-legend --no-pager list-units 'nut*'").strip()


def power_fails(box):
    """Mains fails with a battery near its end; the machine is to switch itself off and have the load cut."""
    since = box.ups.seq()
    box.ups.call("mains", present=False, charge=26, rate=2)
    return since


def armed(box, since):
    """The countdowns that were written to the UPS since then, in order: {name: seconds}."""
    events = box.ups.call("log", since=since)["events"]
    return {e["what"]: e["value"] for e in events if e["ev"] == "armed"}


@STEPS("the machine boots")
def boots(box):
    box.boot()
    box.unpack()
    return box.sh("uname -sr; . /etc/os-release; echo $PRETTY_NAME").replace("\n", " ")


@STEPS("the packages are installed, for now without their udev rule")
def install(box):
    box.sh("mkdir -p /etc/udev/rules.d; ln -s /dev/null /etc/udev/rules.d/" + RULE)
    box.sh(DPKG + "-i %s/*.deb" % beds.PACKAGES, 600)
    return box.sh("dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\n' 'walnut*'").replace("\n", "; ")


@STEPS("nothing runs while MODE is none")
def nothing_runs(box):
    expect(box.run("pgrep -x 'upsd|upsmon|usbhid-ups'")[0], "something runs: " + box.run("ps -e -o args")[1])
    expect(not failed_units(box), failed_units(box))


@STEPS("ups.conf is written; the driver says what it may not do and what to do about it")
def denied(box):
    write(box, "ups.conf", UPS_CONF)
    status, out = box.run("upsdrvctl start", 180)
    expect(status == 1, "exit status %d: %s" % (status, out))
    expect(DENIED in out.splitlines(), out)
    return DENIED


@STEPS("the rule is installed, the UPS is plugged in anew: the driver starts")
def rule(box):
    box.sh("cp --remove-destination /lib/udev/rules.d/%s /etc/udev/rules.d/ && udevadm control --reload" % RULE)
    box.replug()
    box.sh("upsdrvctl start", 180)
    owner = box.sh("stat -c %U /proc/$(cat /run/nut/usbhid-ups-eaton.pid)").strip()
    expect(owner == "nut", "the driver runs as " + owner)
    box.sh("upsdrvctl stop")
    return box.sh("stat -c '%n %U:%G %a' /dev/hidraw0").strip()


@STEPS("nut.conf, upsd.conf, upsd.users and upsmon.conf are written")
def configure(box):
    write(box, "upsd.conf", UPSD_CONF)
    write(box, "upsd.users", UPSD_USERS)
    write(box, "upsmon.conf", UPSMON_CONF)
    write(box, "nut.conf", "MODE=standalone\n")


@STEPS("owners and modes are as they should be")
def access(box):
    paths = [line.split()[0] for line in ACCESS]
    found = box.sh("stat -c '%n %U:%G %a' " + " ".join(paths)).splitlines()
    expect(found == ACCESS, "\n".join(sorted(set(found) - set(ACCESS))))
    run = box.sh("stat -c '%G %a' /run/nut").strip()       # its owner is root or nut: whoever starts first makes it
    expect(run == "nut 770", "/run/nut: " + run)
    return "%d files and folders" % (len(found) + 1)


@STEPS("the services are started and upsc answers, over IPv4 and IPv6")
def services(box):
    box.sh("systemctl restart nut-driver-enumerator nut-driver.target nut-server nut-monitor", 300)
    said = is_up(box)
    for host in ("127.0.0.1", "[::1]"):
        got = box.sh("upsc eaton@%s ups.mfr 2>/dev/null" % host).strip()
        expect(got == "EATON", "%s says %s" % (host, got))
    return said + "; " + box.sh("ps -e -o user=,args= | grep -E '[u]sbhid-ups|[/]upsd|[/]upsmon'").replace("\n", "; ")


@STEPS("after a reboot the services are up and upsc answers")
def reboot(box):
    box.reboot()
    said = is_up(box)
    expect(not failed_units(box), failed_units(box))
    return said


@STEPS("power fails; upsmon shuts the machine down")
def power_failure(box):
    box.since = power_fails(box)
    box.until(STATUS + " | grep -w OB", 60)
    box.off(300)


@STEPS("the shutdown hook has asked the UPS to cut the power")
def cut(box):
    got = armed(box, box.since)
    expect(got == {"DelayBeforeStartup": 15, "DelayBeforeShutdown": 10}, "the UPS was told: %s" % got)
    expect(box.ups.wait(since=box.since, timeout=60, ev="output_off"), "the UPS has not cut the power")
    return got


@STEPS("power returns; the UPS switches its load on")
def power_returns(box):
    since = box.ups.seq()
    box.ups.call("mains", present=True, charge=20, rate=5)
    expect(box.ups.wait(since=since, timeout=60, ev="output_on"), "the UPS has not switched on")


@STEPS("the machine boots again and upsc answers")
def boots_again(box):
    box.boot()
    said = is_up(box)
    expect(box.run("test -e /etc/killpower")[0], "the flag that cuts the power is still there")
    return said


def hook(box, mode):
    """The countdowns that the shutdown hook writes to the UPS in this MODE, with upsmon's flag set."""
    write(box, "nut.conf", "MODE=%s\n" % mode)
    box.sh("printf upsmon-shutdown-file > /etc/killpower && upsmon -K")
    since = box.ups.seq()
    box.run(HOOK + " poweroff", 180)
    return armed(box, since)


@STEPS("with MODE=none nothing runs after a reboot, and nothing has failed")
def none(box):
    write(box, "nut.conf", "MODE=none\n")
    box.reboot()
    box.until("systemctl is-system-running | grep -v starting", 240)
    nothing_runs(box)
    return box.run("systemctl is-active " + UNITS)[1].replace("\n", " ")


@STEPS("with the flag set the hook cuts power, but never with MODE=none or MODE=netclient")
def modes(box):
    got = {mode: hook(box, mode) for mode in ("none", "netclient", "standalone")}
    box.sh("rm -f /etc/killpower")
    expect(not got["none"] and not got["netclient"] and got["standalone"], got)
    return got


@STEPS("switched off by hand, the machine asks the UPS for nothing")
def by_hand(box):
    since = box.ups.seq()
    box.guest.tell("systemctl poweroff")
    box.off(240)
    expect(not armed(box, since), "the UPS was told: %s" % armed(box, since))
