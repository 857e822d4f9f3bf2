"""Debian's own tests of its NUT packages, run with ours installed.

Fetched from the source package as it lies in Debian's archive, every time anew, and run as autopkgtest
runs them, unchanged: as root, on a machine that has no UPS configured. Leaves the machine to box.py.
"""
import os
import re
import shutil
import tarfile

import archive
import box as beds
import nut
import tutorial
import walk
from walk import expect

STEPS = walk.Steps(tutorial.STEPS[:1])                       # the machine boots
TESTS = "/opt/peers"
LONG_S = 2400                                                 # the tests themselves sleep for 140 s each


def files(cache):
    """The source package's own part, debian/, as the guest is given it."""
    folder = os.path.join(cache, "peers")
    shutil.rmtree(folder, ignore_errors=True)
    source = "deb-src [signed-by=%s] %s %s main" % (nut.KEYRING, archive.mirror(), nut.SUITE)
    apt = archive.Apt(folder + "/apt", [source])
    apt.update()
    apt.run("source", "--download-only", "--diff-only", "nut", cwd=folder)
    found = [f for f in os.listdir(folder) if ".debian.tar." in f]
    with tarfile.open(os.path.join(folder, found[0])) as tar:
        tests = [m for m in tar.getmembers() if m.isfile() and m.name.startswith("debian/tests/")]
        for member in tests:
            tar.extract(member, folder)
    print("vm: the tests of " + found[0].partition(".debian.tar")[0], flush=True)
    return {TESTS: [os.path.join(folder, m.name) for m in tests]}


@STEPS("our packages are installed")
def install(box):
    box.sh(tutorial.DPKG + "-i %s/*.deb" % beds.PACKAGES, 600)


@STEPS("Debian's autopkgtest for nut passes")
def autopkgtest(box):
    scripts = re.findall(r"^Tests: *(.*)$", box.sh("cat %s/control" % TESTS), re.M)
    said = []
    for name in " ".join(scripts).replace(",", " ").split():
        status, out = box.run("cd /tmp && bash %s/%s" % (TESTS, name), LONG_S)
        said.append("%s\n%s: exit status %d" % (out, name, status))
        expect(status == 0, said[-1])
    expect(said, "the source package names no tests")
    return "\n".join(said)
