"""What NUT's usbhid-ups and ours cost on the same virtual device: processor time and delay.

Knows how both are measured; prints a table with ratios and judges nothing. Processor time is what
the kernel accounts to the driver's process, in the guest's emulated processor, in steps of 10 ms;
delays are taken on the host, from the virtual UPS's report to the line on the guest's serial port.
"""
import statistics
import time
from dataclasses import dataclass, field

import cases
from compare import plug
from devices import Device, load
from stack import Stack

HOUR, TICKS = 3600, 100                                       # USER_HZ
OPTIONS = ["pollinterval = 2", "pollfreq = 30"]               # both sides' defaults
EVENTS = 30
PAUSE = 2.0                                                   # an event falls anywhere in a round of polling
CPU = "set -- $(sed 's/.*) //' /proc/$(cat /run/nut/usbhid-ups-ups.pid)/stat); echo $((${12} + ${13}))"
SERIAL = "/dev/ttyS1"                                         # the agent's: idle while no command runs
ON_SOCKET = "vm-probe /run/nut/usbhid-ups-ups > %s 2>/dev/null & echo $! > /run/watch" % SERIAL
ON_UPSC = """( last=; while :; do
    now=$(%%(client)s/upsc ups ups.status 2>/dev/null) && [ "$now" != "$last" ] && echo "status $now" > %s; last=$now
done ) > /dev/null 2>&1 & echo $! > /run/watch""" % SERIAL


@dataclass
class Cost:
    """One side's figures: seconds of processor time in an hour of polling, delays in milliseconds."""
    cpu: float = 0.0
    socket: list = field(default_factory=list)
    upsc: list = field(default_factory=list)


def processor(guest, seconds):
    """The driver's processor time scaled to an hour, from so many seconds of polling."""
    before, start = int(guest.sh(CPU)), time.monotonic()
    time.sleep(seconds)
    return (int(guest.sh(CPU)) - before) / TICKS * HOUR / (time.monotonic() - start)


def delays(bed, watch):
    """Milliseconds from each report of a power failure or return until the watcher's line shows it."""
    bed.guest.sh(watch)
    time.sleep(PAUSE)
    try:
        return [delay(bed, n) for n in range(EVENTS)]
    finally:
        bed.guest.run("kill $(cat /run/watch)")


def delay(bed, n):
    """The delay of the n-th event; the mains fail at even ones."""
    fields, word = (cases.ON_LINE, "OL") if n % 2 else (cases.ON_BATTERY, "OB")
    time.sleep(PAUSE + PAUSE * n / EVENTS)
    start = time.monotonic()
    bed.ups.call("set", fields=fields)
    bed.guest.line(lambda line: line.startswith("status ") and word in line.split())
    return (time.monotonic() - start) * 1000


def measure(bed, side, recording, seconds):
    """The Cost of one side."""
    plug(bed, recording)
    with Stack(bed.guest, side, OPTIONS) as s:
        if s.failed:
            raise RuntimeError("%s does not start: %s" % (side, s.failed))
        return Cost(processor(bed.guest, seconds), delays(bed, ON_SOCKET), delays(bed, ON_UPSC % s.places))


def row(what, unit, stock, ours):
    print("%-44s %9.1f %9.1f %-3s %12.3f" % (what, stock, ours, unit, ours / stock if stock else float("nan")))


def table(stock, ours, name, seconds):
    print("\n%s, %s; %d s of polling scaled to an hour; %d events each" % (name, ", ".join(OPTIONS), seconds, EVENTS))
    print("%-44s %9s %9s %-3s %12s" % ("", "NUT 2.8.5", "ours", "", "ours / NUT"))
    row("processor time of an hour of polling", "s", stock.cpu, ours.cpu)
    for what, a, b in (("report to driver socket", stock.socket, ours.socket), ("report to upsc", stock.upsc, ours.upsc)):
        for how, of in (("median", statistics.median), ("largest", max)):
            row("%s, %s" % (what, how), "ms", of(a), of(b))


def run(bed, path, seconds):
    """Measure both sides on a recording and print the table; the exit status, which is always 0."""
    device: Device = load(path)
    costs = {side: measure(bed, side, device.recording, seconds) for side in ("ours", "stock")}
    table(costs["stock"], costs["ours"], device.name, seconds)
    return 0
