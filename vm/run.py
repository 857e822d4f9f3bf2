"""The acceptance cases in a real kernel; `cargo xtask vm` calls this with what cargo built.

Exit status 0 when every check passed, 1 when one failed, 2 when the bed cannot be had."""
import argparse
import os
import platform
import sys
import time

import archive
import bed
import cases
import compare
import cost
import kernel
import nut
import usbcases  # noqa: F401  its cases stand behind the others

HERE = os.path.dirname(os.path.abspath(__file__))
DEVICES = os.path.join(os.path.dirname(HERE), "crates/upsdrv-usbhid/tests/devices")


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--cache", required=True, help="folder for the kernel and what else is downloaded")
    p.add_argument("--nut", choices=("ours", "stock"), default="ours")
    p.add_argument("--bins", help="folder with our programs")
    p.add_argument("--probe", help="the program that times reports inside the guest")
    p.add_argument("--xtask", help="the xtask program, for its verbs")
    p.add_argument("--device", default=os.path.join(DEVICES, "eaton_3s_850.json"), help="the recording to plug in")
    p.add_argument("--case", default="", help="only the cases with this in their name")
    p.add_argument("--compare", nargs="*", metavar="NAME", help="NUT's programs beside ours, on these devices")
    p.add_argument("--cost", type=int, metavar="SECONDS", help="what polling for so long costs, beside NUT's")
    return p.parse_args()


def provide(a):
    """(tools, vmlinux, module folder, programs under test), fetched where they are missing."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise archive.Missing("the guest runs this machine's programs, which must be Linux x86_64")
    os.makedirs(a.cache, exist_ok=True)
    tools = archive.Tools(os.path.abspath(a.cache))
    tools.provide()
    vmlinux, moddir = kernel.provide(tools.cache, tools)
    return tools, vmlinux, moddir, under_test(a, tools.cache)


def under_test(a, cache):
    """The programs that go into the guest."""
    if a.nut == "stock":
        return nut.Stock(cache)
    ours = nut.Ours(a.bins, a.probe, a.xtask)
    return ours if a.compare is None and not a.cost else nut.Both(ours, nut.Stock(cache))


def main():
    a, start = options(), time.monotonic()
    try:
        tools, vmlinux, moddir, tested = provide(a)
    except archive.Missing as why:
        print("vm: %s" % why, file=sys.stderr)
        return 2
    plugged = 2 if a.cost else 1
    with bed.Bed(tools, vmlinux, moddir, tested, a.device, plugged, 2 - plugged) as b:
        print("vm: %s is up after %.1f s" % (b.guest.sh("uname -sr").strip(), time.monotonic() - start), flush=True)
        if a.compare is not None:
            return compare.run(b, a.compare)
        if a.cost:
            return cost.run(b, a.device, a.cost)
        t = cases.run(b, tested, a.device, a.case)
    print("vm: %d checks passed, %d failed, %.0f s%s" % (
        t.passed, len(t.failed), time.monotonic() - start, "".join("\n  FAIL " + f for f in t.failed)))
    return 1 if t.failed else 0


if __name__ == "__main__":
    sys.exit(main())
