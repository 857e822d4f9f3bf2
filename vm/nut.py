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
SUITE = "forky"                                                                    # carries NUT 2.8.5


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


class Stock:
    """NUT 2.8.5 from Debian's testing suite with that suite's libraries, unpacked below the cache
    and never installed; the guest gets the libraries too."""

    stock, rights = True, " nut 664"

    def __init__(self, cache):
        self.root = os.path.join(cache, "stock")
        if not os.path.isdir(self.root):
            source = "deb [signed-by=%s] %s %s main" % (KEYRING, archive.mirror(), SUITE)
            apt = archive.Apt(os.path.join(cache, SUITE), [source])
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

    def install_rules(self, guest):
        with open(glob.glob(self.root + "/usr/lib/udev/rules.d/*-nut-usbups.rules")[0]) as f:
            rules = f.read()
        guest.sh("cat > /etc/udev/rules.d/62-nut-usbups.rules <<'RULES'\n%s\nRULES\n" % rules)
        guest.sh("udevadm control --reload && udevadm trigger && udevadm settle")
