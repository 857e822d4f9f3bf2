"""Debian's own NUT, configured and running, then ours on top of it, and back.

The administrator's files stay as they are, byte for byte, and what ran before runs after. Uses the
tutorial's configuration and looks; leaves the machine to box.py.
"""
import box as beds
import rootfs
import tutorial
import walk
from tutorial import armed, is_up, write
from walk import expect

STEPS = walk.Steps(tutorial.STEPS[:1])                       # the machine boots
APT = "DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Dpkg::Options::=--force-confold install "
LONG_S = 900                                                  # for packages, in software emulation
MINE = tutorial.CONF_FILES + ("of-my-own.dev",)
NOTHING = "! pgrep -x 'upsd|upsmon|usbhid-ups'"


def fingerprint(box):
    """Content, owner and mode of what the administrator wrote, and of the folder. Samples that nobody changed
    are each package's own, and so are new ones beside changed files (.dpkg-dist)."""
    return box.sh("cd /etc/nut && sha256sum {0} && stat -c '%n %U:%G %a' . {0}".format(" ".join(MINE)))


def is_whole(box):
    """The configuration is as it was."""
    now = fingerprint(box)
    expect(now == box.before, "before:\n%s\nnow:\n%s" % (box.before, now))


def readings(box):
    """What upsc says of the device itself: {variable: value}."""
    lines = box.sh("upsc eaton 2>/dev/null").splitlines()
    pairs = (line.partition(": ")[::2] for line in lines)
    return {k: v for k, v in pairs if not k.startswith(("driver.", "ups.timer."))}


def installed(box):
    return box.sh("dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\\n' 'nut*' 'walnut*' 2>/dev/null | "
                  "grep -v ' un'").replace("\n", "; ")


@STEPS("Debian's NUT is installed")
def debians(box):
    box.sh("DEBIAN_FRONTEND=noninteractive dpkg -i %s/*.deb" % rootfs.NUT_DEBS, LONG_S)
    return installed(box)


@STEPS("it is configured and runs")
def configured(box):
    write(box, "ups.conf", tutorial.UPS_CONF)
    tutorial.configure(box)
    box.sh("echo 'mine: yes' > /etc/nut/of-my-own.dev")
    box.sh("systemctl restart nut-driver-enumerator nut-driver.target nut-server nut-monitor", 300)
    said = is_up(box)
    box.before, box.readings = fingerprint(box), readings(box)
    return said


@STEPS("our packages are installed over it")
def ours(box):
    box.sh(APT + beds.PACKAGES + "/*.deb", LONG_S)
    return installed(box)


@STEPS("the configuration is the same byte for byte")
def same(box):
    is_whole(box)


def without(box, packages):
    """Purge what is left of packages; the others miss nothing, after a reboot neither."""
    box.sh("dpkg --purge " + packages, LONG_S)
    is_whole(box)
    box.reboot()
    return is_up(box) + "; " + installed(box)


@STEPS("the services run without anybody's help, and upsc says what it said")
def answers(box):
    said = is_up(box)
    now = readings(box)
    gone = sorted(box.readings.keys() - now.keys())
    other = ["%s was %s, is %s" % (k, box.readings[k], now[k]) for k in sorted(now.keys() & box.readings.keys())
             if now[k] != box.readings[k]]
    expect(not gone and not other, "gone: %s; other: %s" % (gone, other))
    return "%s; %d variables as before, %d more" % (said, len(box.readings), len(now) - len(box.readings))


@STEPS("what is left of Debian's packages is purged; nothing is missed, after a reboot neither")
def purged(box):
    return without(box, "nut-server nut-client")


@STEPS("power fails; the machine shuts down and the UPS cuts its load")
def power_failure(box):
    since = tutorial.power_fails(box)
    box.off(300)
    expect(armed(box, since), "the UPS was told nothing")
    expect(box.ups.wait(since=since, timeout=60, ev="output_off"), "the UPS has not cut the power")
    return armed(box, since)


@STEPS("power returns; the machine boots and upsc answers")
def power_returns(box):
    since = box.ups.seq()
    box.ups.call("mains", present=True, charge=20, rate=5)
    expect(box.ups.wait(since=since, timeout=60, ev="output_on"), "the UPS has not switched on")
    box.boot()
    return is_up(box)


@STEPS("back to Debian's NUT; the configuration is whole, and what ran runs")
def back(box):
    box.sh(APT + rootfs.NUT_DEBS + "/*.deb", LONG_S)
    is_whole(box)
    return is_up(box) + "; " + installed(box)


@STEPS("what is left of ours is purged; the configuration is whole")
def purged_ours(box):
    return without(box, "walnut walnut-server walnut-client")


@STEPS("Debian's are purged too: no file of theirs is left, one of the administrator's own stays")
def nothing_left(box):
    box.sh("dpkg --purge nut-server nut-client", LONG_S)
    box.sh(NOTHING)
    left = box.sh("ls -A /etc/nut").split()
    expect(left == ["of-my-own.dev"], "left in /etc/nut: %s" % left)
