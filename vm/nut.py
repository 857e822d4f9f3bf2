"""The programs under test, as they go into the guest: this project's, or NUT's own from Debian.

Both are laid out as Debian does it, so the cases need not know which they run.
"""
import glob
import os

import archive
from initramfs import LOADER

PLACES = {  # program: its folder in Debian's packages
    "usbhid-ups": "/usr/libexec/nut", "upsdrvctl": "/usr/sbin", "upsd": "/usr/sbin", "upsc": "/usr/bin",
    "upscmd": "/usr/bin", "upsrw": "/usr/bin",
}
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
FORKY = "deb [signed-by=%s] http://deb.debian.org/debian forky main" % KEYRING      # carries NUT 2.8.5


class Ours:
    """The binaries that cargo built into a folder."""

    stock, rights = False, " nut 660"

    def __init__(self, folder, rules, probe):
        self.folder, self.rules, self.probe = folder, rules, probe

    def add(self, cpio):
        for name, place in PLACES.items():
            cpio.program(os.path.join(self.folder, name), os.path.join(place, name))
        if self.probe:
            cpio.program(self.probe, "/usr/bin/vm-probe")

    def udev_rules(self):
        """The text of the rule file that lets user nut at the device."""
        with open(self.rules) as f:
            return f.read()


class Stock:
    """NUT 2.8.5 from Debian's testing suite with that suite's libraries, unpacked below the cache
    and never installed; the guest gets the libraries too."""

    stock, rights = True, " nut 664"

    def __init__(self, cache):
        self.root = os.path.join(cache, "stock")
        if not os.path.isdir(self.root):
            apt = archive.Apt(os.path.join(cache, "forky"), [FORKY])
            apt.update()
            print("vm: fetching NUT 2.8.5 from the archive", flush=True)
            needed = apt.needed(["nut-server", "nut-client"])
            apt.unpack([n for n in needed if n.startswith(("lib", "nut-"))], self.root + ".part")
            os.rename(self.root + ".part", self.root)

    def add(self, cpio):
        lib = os.path.join(self.root, "usr/lib/x86_64-linux-gnu")
        loader = os.path.join(lib, "ld-linux-x86-64.so.2")
        for name, place in PLACES.items():
            cpio.program(os.path.join(self.root + place, name), os.path.join(place, name),
                         ldd=(loader, "--library-path", lib, "--list"))
        cpio.file(LOADER, loader, 0o755)

    def udev_rules(self):
        with open(glob.glob(self.root + "/usr/lib/udev/rules.d/*-nut-usbups.rules")[0]) as f:
            return f.read()
