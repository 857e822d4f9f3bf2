"""The cases over the USB node, beside hidraw: the same device the other way, and devices that have no
other way.

They stand behind those of cases.py and leave driver and server running as they found them."""
import json

import cases
from cases import OB, OL, ON_BATTERY, ON_LINE, STALE, UPSC, case

CONF = "/etc/nut/ups.conf"
WAY = UPSC + "driver.version.usb 2>/dev/null"
BY_USB = WAY + " | grep -x 'nusb (usbfs)'"
BY_HIDRAW = WAY + " | grep -x 'hidapi (hidraw)'"
BUSY = "Can't claim USB device [0463:ffff]@0/0/0: Resource busy. Another program has claimed it"
TWO = "[two]\n\tdriver = usbhid-ups\n\tport = auto\n\ttransport = usb\n\tallow_duplicates\n"
OPEN_COLLECTION = "a101"                                      # the kernel wants its end
# A charge in per cent and nothing else: what the first of an Eaton's two descriptors is like.
REDUCED = "05840904a10185060585096675089501150026ff00b102c0"


def options(t, *lines):
    """Write these lines into ups.conf in place of those written before."""
    t.guest.sh("sed -i '/transport/d; /usb_/d' %s" % CONF)
    for line in lines:
        t.guest.sh("printf '\\t%%s\\n' '%s' >> %s" % (line, CONF))


def readings(t):
    """All that upsc says of the UPS, the driver's own variables left out."""
    return sorted(line for line in t.guest.sh(UPSC + "2>/dev/null").splitlines() if not line.startswith("driver."))


@case
def usb_node(t):
    """The same device over its USB node: readings, writes, events, faults, unplugging, another driver."""
    if t.nut.stock:
        return
    t.ups.call("load", device=t.device)
    t.restart()
    t.becomes("hidraw is the way by itself", BY_HIDRAW)
    by_hidraw = readings(t)
    options(t, "transport = usb")
    t.restart()
    t.becomes("transport=usb takes the other way", BY_USB)
    t.check("the kernel's driver is detached", t.guest.run("ls /dev/hidraw*")[0] != 0)
    differing = sorted(set(by_hidraw) ^ set(readings(t)))
    t.check("both ways give the same readings", not differing, "; ".join(differing) or "%d variables" % len(by_hidraw))
    cases.compare(t, t.device)
    seq = t.ups.seq()
    status, out = t.guest.run("upsrw -u admin -p secret -w -s battery.charge.low=35 ups 2>&1")
    event = t.ups.wait(since=seq, timeout=20, ev="set_report")
    t.check("a setting arrives byte for byte", event and event["hex"] == "2223" and status == 0, out.strip())
    events(t)
    seq = t.ups.seq()
    for mode in ("stall", "timeout"):
        t.ups.call("fault", what="feature", id=cases.CHARGE_REPORT, mode=mode, count=1)
    met = t.ups.wait(since=seq, timeout=40, ev="fault", mode="timeout")
    t.becomes("readings are good after a stall and a timeout", OL if met else "false")
    status, out = t.guest.run("/usr/libexec/nut/usbhid-ups -s two -x port=auto -x transport=usb 2>&1", 60)
    t.check("a second driver is told who has the device", status == 1 and BUSY in out, "" if BUSY in out else out)
    t.ups.call("unplug")
    t.becomes("unplugged: upsc says 'Error: Data stale'", STALE, 40)
    t.ups.call("plug")
    t.becomes("plugged in: readings are back", OL, 40)
    events(t)
    t.guest.run("upsdrvctl stop", 60)
    t.becomes("the kernel's driver is back when ours has ended", "ls /dev/hidraw*", 5)


def events(t):
    """The mains fail and return."""
    for fields, status, what in ((ON_BATTERY, OB, "lost"), (ON_LINE, OL, "back")):
        seq = t.ups.seq()
        t.ups.call("set", fields=fields)
        t.check("the report about the mains was taken", t.ups.wait(since=seq, timeout=20, ev="interrupt"))
        t.becomes("mains %s reaches upsc over the USB node" % what, status)


@case
def no_hidraw(t):
    """What the kernel offers no hidraw node for, or not the whole descriptor, is reached by itself."""
    if t.nut.stock:
        return
    options(t)
    t.guest.run("upsdrvctl stop", 60)
    t.bed.node()
    t.guest.sh("cd /sys/bus/usb/drivers/usbhid; for i in [0-9]*:*; do echo $i > unbind; done")
    t.guest.sh("upsdrvctl start", 90)
    t.becomes("without a hidraw node: readings are there", OL)
    t.becomes("without a hidraw node: the USB node is the way", BY_USB)
    t.guest.run("upsdrvctl stop", 60)
    with open(t.device) as f:
        descriptor = json.load(f)["report_descriptor_hex"]
    t.ups.call("load", device=t.device, override={"report_descriptor_hex": descriptor + OPEN_COLLECTION})
    t.guest.until("dmesg | tail -n 20 | grep -i unbalanced")
    t.guest.sh("udevadm settle && upsdrvctl start", 90)
    t.becomes("a descriptor that the kernel refuses: the USB node is the way", BY_USB)
    t.check("a descriptor that the kernel refuses: there is no other", t.guest.run("ls /dev/hidraw*")[0] != 0)
    cases.compare(t, t.device)
    # An Eaton whose whole descriptor is the second, on another interface than most have.
    options(t, "usb_hid_rep_index = 1", "usb_set_altinterface", "usb_hid_ep_in = 0x1")
    t.ups.call("load", device=t.device, override={
        "release": "0202", "reduced_descriptor_hex": REDUCED, "interface": 1})
    t.restart()
    t.becomes("an Eaton 0202 is reached over the USB node, interface 1", BY_USB)
    cases.compare(t, t.device)
    events(t)
    options(t)
    t.ups.call("load", device=t.device)
    t.restart()
    t.becomes("hidraw is the way again", BY_HIDRAW)


@case
def duplicates(t):
    """Two UPSes that nothing tells apart have a driver each, the second by allow_duplicates."""
    if t.nut.stock:
        return
    other = t.bed.upses[1]
    options(t, "transport = usb")
    t.restart(BY_USB)
    other.call("plug")
    other.call("set", fields={cases.CHARGE: 55})
    t.guest.until("[ $(ls /dev/hidraw* | wc -l) = 1 ]")
    t.guest.sh("cp -p %s /run/one.conf; cat >> %s <<'TEXT'\n%sTEXT\n" % (CONF, CONF, TWO))
    t.guest.sh("upsdrvctl start two && upsd -c reload", 90)
    t.becomes("allow_duplicates passes over the UPS that is taken", "upsc two battery.charge 2>/dev/null | grep -x 55")
    charge = t.value("battery.charge")
    t.check("the first driver keeps its own", charge != "55" and t.guest.run(OL)[0] == 0, charge)
    t.guest.sh("upsdrvctl stop two; cp -p /run/one.conf %s; upsd -c reload" % CONF, 60)
    other.call("unplug")
    options(t)
    t.restart(BY_HIDRAW)
