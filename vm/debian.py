"""Packages in a Debian guest with a virtual USB UPS; `cargo xtask vm --tutorial` calls this.

One line a step, a line RESULT for each part. Exit status 0 when every step of every part passed, 1 when
one failed, 2 when the guest cannot be had."""
import argparse
import glob
import os
import sys
import time

import archive
import box
import kernel
import peers
import rootfs
import run
import tutorial
import upgrade
import walk

PARTS = {"tutorial": tutorial, "upgrade": upgrade, "autopkgtest": peers}


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--cache", required=True, help="folder for the guest's disk, the kernel and downloads")
    p.add_argument("--debs", required=True, help="folder with the packages under test")
    p.add_argument("--device", default=os.path.join(run.DEVICES, "eaton_3s_850.json"), help="the recording to plug in")
    p.add_argument("part", nargs="*", default=["tutorial"], help=" ".join(PARTS))
    a = p.parse_args()
    for part in a.part:
        if part not in PARTS:
            p.error("there is no part %s; there are: %s" % (part, " ".join(PARTS)))
    return a


def packages(folder):
    """The packages under test, without debugging symbols."""
    debs = [d for d in sorted(glob.glob(folder + "/*.deb")) if "-dbgsym_" not in d]
    if not debs:
        raise archive.Missing("no packages in " + folder)
    return debs


def provide(a):
    """What every box is made of, built or fetched where it is missing."""
    cache = os.path.abspath(a.cache)
    os.makedirs(cache, exist_ok=True)
    tools = archive.Tools(cache, {**archive.PACKAGES, **archive.DISK_PACKAGES})
    tools.provide()
    vmlinux, moddir = kernel.provide(cache, tools)
    disk, initrd = rootfs.provide(cache, tools, moddir)
    return tools, vmlinux, disk, initrd


def files_for(part, a):
    """{folder in the guest: files} that a part's machine is given."""
    more = getattr(PARTS[part], "files", lambda cache: {})
    return {box.PACKAGES: packages(a.debs), **more(os.path.abspath(a.cache))}


def one(part, machinery, a):
    """Walk one part on a machine of its own; whether it passed."""
    print("--- " + part, flush=True)
    start, files = time.monotonic(), files_for(part, a)
    with box.Box(*machinery, files, a.device) as machine:
        passed = walk.go(PARTS[part].STEPS, machine)
        if not passed and machine.guest:
            print("the console ends:\n" + machine.guest.text("console")[-2000:], flush=True)
    print("RESULT %s: %s, %.0f s" % (part, "pass" if passed else "FAIL", time.monotonic() - start), flush=True)
    return passed


def main():
    a, start = options(), time.monotonic()
    try:
        packages(a.debs)                                      # before anything is built
        made = provide(a)
        print("vm: the guest is at hand after %.0f s" % (time.monotonic() - start), flush=True)
        return 0 if all([one(part, made, a) for part in a.part]) else 1
    except archive.Missing as why:
        print("vm: %s" % why, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
