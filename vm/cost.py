"""What NUT's usbhid-ups and ours cost: processor time, memory, and the delay of a report.

Both run at the same time in one guest, each on its own of two devices that are alike, so whatever
disturbs one disturbs the other. Prints a table with ratios and judges nothing. Processor time is
what the kernel accounts to the driver's process, in the guest's emulated processor, in steps of 10
ms; delays are taken on the host, from the virtual UPS's report to a line on the guest's serial port.
"""
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass

import cases
from stack import Stack

HOUR, TICKS = 3600, 100                                       # USER_HZ
OPTIONS = ["pollinterval = 2", "pollfreq = 30"]               # both sides' defaults
EVENTS, ROUNDS = 8, 3                                         # the sides take turns
PAUSE = 2.0                                                   # an event falls anywhere in a round of polling
NODES = "[ $(ls /dev/hidraw* | wc -l) = 2 ]"
PROCESS = "/proc/$(cat %(home)s/usbhid-ups-ups.pid)/"
CPU = "set -- $(sed 's/.*) //' " + PROCESS + "stat); echo $((${12} + ${13}))"
MEMORY = "sed -n 's/^RssAnon:[^0-9]*\\([0-9]*\\) kB/\\1/p' " + PROCESS + "status"
SERIAL = "/dev/ttyS1"                                         # the agent's: idle while no command runs
ON_SOCKET = "vm-probe %(home)s/usbhid-ups-ups > " + SERIAL + " 2>/dev/null & echo $! > /run/watch"
ON_UPSC = """( last=; while :; do
    now=$(%(client)s/upsc %(ups)s ups.status 2>/dev/null) && [ "$now" != "$last" ] && echo "status $now" > """ + SERIAL + """; last=$now
done ) > /dev/null 2>&1 & echo $! > /run/watch"""


@dataclass
class Side:
    """One side while it runs, and what its polling cost: memory in kB, seconds an hour."""
    guest: object
    ups: object
    places: dict
    memory: int = 0
    cpu: float = 0.0

    def sh(self, script):
        return self.guest.sh(script % self.places)

    def delays(self, watch):
        """Milliseconds from each report of a power failure or return until the watcher's line shows it."""
        self.sh(watch)
        time.sleep(PAUSE)
        try:
            return [self.delay(n) for n in range(EVENTS)]
        finally:
            self.guest.run("kill $(cat /run/watch)")

    def delay(self, n):
        """The delay of the n-th event; the mains fail at even ones."""
        fields, word = (cases.ON_LINE, "OL") if n % 2 else (cases.ON_BATTERY, "OB")
        time.sleep(PAUSE + PAUSE * n / EVENTS)
        start = time.monotonic()
        self.ups.call("set", fields=fields)
        self.guest.line(lambda line: line.startswith("status ") and word in line.split())
        return (time.monotonic() - start) * 1000


def start(bed, path, stacks):
    """Both sides, running: (NUT's, ours)."""
    sides = dict(zip(("stock", "ours"), bed.upses))
    for side, ups in sides.items():
        ups.call("load", device=path, override={"serial": side})
    bed.guest.until(NODES)
    running = [stacks.enter_context(Stack(bed.guest, side, OPTIONS + ["serial = " + side])) for side in sides]
    for s in running:
        if s.failed:
            raise RuntimeError("%(driver)s/usbhid-ups does not start: " % s.places + s.failed)
    return [Side(bed.guest, ups, s.places) for ups, s in zip(bed.upses, running)]


def delays(sides, watch):
    """The delays of each side."""
    out = [[] for _ in sides]
    for _ in range(ROUNDS):
        for side, of in zip(sides, out):
            of += side.delays(watch)
    return out


def polling(sides, seconds):
    """Each side's processor time scaled to an hour, from so many seconds of polling, and its memory then."""
    before, began = [int(side.sh(CPU)) for side in sides], time.monotonic()
    time.sleep(seconds)
    for side, was in zip(sides, before):
        side.cpu = (int(side.sh(CPU)) - was) / TICKS * HOUR / (time.monotonic() - began)
        side.memory = int(side.sh(MEMORY))


def row(what, unit, stock, ours):
    print("%-44s %9.1f %9.1f %-3s %12.3f" % (what, stock, ours, unit, ours / stock if stock else float("nan")), flush=True)


def run(bed, path, seconds):
    """Measure both sides on a recording and print the table; the exit status, which is always 0."""
    with ExitStack() as stacks:
        stock, ours = sides = start(bed, path, stacks)
        print("\n%s; %d events each, %d s of polling" % (", ".join(OPTIONS), EVENTS * ROUNDS, seconds))
        print("%-44s %9s %9s %-3s %12s" % ("", "NUT 2.8.5", "ours", "", "ours / NUT"))
        for what, watch in (("socket", ON_SOCKET), ("upsc", ON_UPSC)):
            a, b = delays(sides, watch)
            for how, of in (("median", statistics.median), ("largest", max)):
                row("report to %s, %s" % (what, how), "ms", of(a), of(b))
        polling(sides, seconds)
        row("processor time of an hour of polling", "s", stock.cpu, ours.cpu)
        row("memory of its own, resident", "kB", stock.memory, ours.memory)
    return 0
