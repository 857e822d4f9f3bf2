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
SUITE, VERSION = "forky", "2.8.5"                                                  # the suite that carries this NUT


class Ours:
    """The binaries that cargo built: the programs in a folder, the probe, and xtask for its verbs."""

    stock, rights = False, " nut 660"

    def __init__(self, folder, probe, xtask):
        self.folder, self.also = folder, {"vm-probe": probe, "xtask": xtask}

    def add(self, cpio):
        for name, place in PLACES.items():
            cpio.program(os.path.join(self.folder, name), os.path.join(place, name))
        for name, path in self.also.items():
            cpio.program(path, "/usr/bin/" + name)

    def install_rules(self, guest):
        """The tutorial's step that lets user nut at the device."""
        guest.sh("xtask udev && udevadm settle")


class Both:
    """Our programs in their places and NUT's own below /stock: for a comparison in one guest."""

    def __init__(self, ours, stock):
        self.ours, self.stock_nut = ours, stock

    def add(self, cpio):
        self.ours.add(cpio)
        self.stock_nut.add_beside(cpio, "/stock")


class Stock:
    """NUT 2.8.5 from Debian's testing suite with that suite's libraries, unpacked below the cache
    and never installed; the guest gets the libraries too."""

    stock, rights = True, " nut 664"

    def __init__(self, cache):
        self.root = os.path.join(cache, "stock")
        compliance = os.path.join(os.path.dirname(cache), "stock-nut", VERSION)
        if os.path.isdir(os.path.join(compliance, "bin")):
            self.root = os.path.join(compliance, "root")         # what `cargo xtask compliance` unpacked
        elif not os.path.isdir(self.root):
            source = "deb [signed-by=%s] %s %s main" % (KEYRING, archive.mirror(), SUITE)
            apt = archive.Apt(os.path.join(cache, SUITE), [source])
            apt.update()
            print("vm: fetching NUT 2.8.5 from the archive", flush=True)
            needed = apt.needed(["nut-server", "nut-client"])
            apt.unpack([n for n in needed if n.startswith(("lib", "nut-"))], self.root + ".part")
            os.rename(self.root + ".part", self.root)

    def add(self, cpio):
        """In the places that programs have in Debian."""
        for name, place in PLACES.items():
            cpio.program(os.path.join(self.root + place, name), os.path.join(place, name), ldd=self.ldd())
        cpio.file(LOADER, self.ldd()[0], 0o755)

    def add_beside(self, cpio, folder):
        """In a folder with their own libraries and loader, so that other programs can have other ones."""
        loader = os.path.join(folder, "lib", os.path.basename(LOADER))
        for name, place in PLACES.items():
            inner = os.path.join(folder, "lib", name)
            cpio.program(os.path.join(self.root + place, name), inner, ldd=self.ldd(), lib=os.path.dirname(inner))
            cpio.data(os.path.join(folder, name), "#!/bin/sh\nexec %s --argv0 %s --library-path %s/lib %s \"$@\"\n" % (
                loader, name, folder, inner), 0o755)
        cpio.file(loader, self.ldd()[0], 0o755)

    def ldd(self):
        """The command that lists the libraries of a program: its own loader."""
        lib = os.path.join(self.root, "usr/lib/x86_64-linux-gnu")
        return os.path.join(lib, os.path.basename(LOADER)), "--library-path", lib, "--list"

    def install_rules(self, guest):
        with open(glob.glob(self.root + "/usr/lib/udev/rules.d/*-nut-usbups.rules")[0]) as f:
            rules = f.read()
        guest.sh("cat > /etc/udev/rules.d/62-nut-usbups.rules <<'RULES'\n%s\nRULES\n" % rules)
        guest.sh("udevadm control --reload && udevadm trigger && udevadm settle")
