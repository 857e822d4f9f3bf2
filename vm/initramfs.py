"""The guest's files, as one uncompressed newc cpio built without root: busybox, udev, modules.

Knows the archive format and what the smallest Debian-like system needs; leaves the kernel to
kernel.py and what is put on top (programs, configuration) to its caller.
"""
import os
import re
import stat
import subprocess
import tempfile

import kernel
from archive import Missing

HERE = os.path.dirname(os.path.abspath(__file__))
LIBS = "/usr/lib/x86_64-linux-gnu"
LOADER = "/usr/lib64/ld-linux-x86-64.so.2"
MODULES = ("xhci_pci", "usbhid", "hid_generic")
RULES = ("50-udev-default.rules", "80-drivers.rules", "99-systemd.rules")
FOLDERS = ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "proc", "sys", "dev", "run", "tmp", "root", "etc/nut",
           "etc/udev/rules.d", "var/lib/nut")
PASSWD = """root:x:0:0:root:/root:/bin/sh
nut:x:300:300::/var/lib/nut:/bin/false
nobody:x:65534:65534::/:/bin/false
"""
GROUPS = ("root:0 tty:5 disk:6 lp:7 kmem:15 dialout:20 cdrom:24 tape:26 audio:29 video:44 plugdev:46 input:104 "
          "sgx:105 kvm:106 render:107 nut:300 nogroup:65534")


class Cpio:
    """Entries gathered for one archive; the first of a name wins."""

    def __init__(self):
        self.seen, self.blobs, self.ino = set(), [], 0

    def _add(self, path, mode, data=b"", rdev=(0, 0)):
        path = path.strip("/")
        if path.split("/")[0] in ("bin", "sbin", "lib", "lib64") and not stat.S_ISLNK(mode):
            path = "usr/" + path                       # the guest is merged-usr
        if not path or path in self.seen:
            return
        if os.path.dirname(path):
            self._add(os.path.dirname(path), stat.S_IFDIR | 0o755)
        self.seen.add(path)
        self.ino += 1
        name = path.encode() + b"\0"
        head = b"070701" + b"".join(b"%08X" % v for v in (
            self.ino, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1], len(name), 0))
        record = head + name
        record += b"\0" * (-len(record) % 4) + data
        self.blobs.append(record + b"\0" * (-len(record) % 4))

    def dir(self, path, mode=0o755):
        self._add(path, stat.S_IFDIR | mode)

    def link(self, path, target):
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def data(self, path, data, mode=0o644):
        self._add(path, stat.S_IFREG | mode, data.encode() if isinstance(data, str) else data)

    def node(self, path, major, minor, mode):
        self._add(path, stat.S_IFCHR | mode, rdev=(major, minor))

    def file(self, path, src, mode=None):
        with open(src, "rb") as f:
            self.data(path, f.read(), os.stat(src).st_mode & 0o7777 if mode is None else mode)

    def program(self, src, dst, ldd=("ldd",), env=None, lib=LIBS):
        """A program, without debug information, and in `lib` the shared libraries that ldd says it loads."""
        with tempfile.TemporaryDirectory() as folder:
            slim = os.path.join(folder, "slim")
            try:
                subprocess.run(["strip", "-o", slim, src], stderr=subprocess.DEVNULL)
            except FileNotFoundError:
                pass                                   # no binutils: it goes in as it is
            self.file(dst, slim if os.path.exists(slim) else src, 0o755)
        out = subprocess.run([*ldd, src], capture_output=True, text=True, env=env).stdout
        if "not found" in out:
            raise Missing("%s lacks libraries: %s" % (src, out))
        for name, path in re.findall(r"(?:(\S+) => )?(/\S+) \(0x", out):
            if name.startswith("lib"):
                self.file(os.path.join(lib, name), path, 0o755)
            elif lib == LIBS:
                self.file(LOADER, path, 0o755)

    def write(self, out):
        self._add("TRAILER!!!", 0)
        with open(out, "wb") as f:
            for blob in self.blobs:
                f.write(blob)


def add_base(c, tools, moddir):
    """The bare guest: it boots, runs udev and answers on its agent port."""
    for d in FOLDERS:
        c.dir(d)
    for n in ("bin", "sbin", "lib", "lib64"):
        c.link(n, "usr/" + n)
    c.link("var/run", "/run")
    c.node("dev/console", 5, 1, 0o600)
    c.node("dev/null", 1, 3, 0o666)
    add_busybox(c, tools["busybox"])
    add_udev(c, tools)
    c.data("etc/passwd", PASSWD)
    c.data("etc/group", "".join("%s:x:%s:\n" % tuple(g.split(":")) for g in GROUPS.split()))
    c.data("etc/hosts", "127.0.0.1 localhost\n")
    c.data("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
    c.file("init", os.path.join(HERE, "guest/init"), 0o755)
    c.file("usr/lib/vm/agent", os.path.join(HERE, "guest/agent"), 0o755)
    found = kernel.modules(moddir, MODULES, tools)
    for name, data in found:
        c.data("usr/lib/modules/" + name, data)
    c.data("etc/modules", "".join("/lib/modules/%s\n" % name for name, _ in found))


def add_busybox(c, busybox):
    c.file("usr/bin/busybox", busybox, 0o755)
    for app in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if app != "busybox":
            c.link("usr/bin/" + app, "busybox")


def add_udev(c, tools):
    """Debian's udev with the few rules that matter to a USB device; the daemon is udevadm by its other name."""
    c.program(os.path.realpath(tools["udevadm"]), "/usr/bin/udevadm", env=tools.env())
    c.link("usr/lib/systemd/systemd-udevd", "/usr/bin/udevadm")
    for rule in RULES:
        path = tools.path("/usr/lib/udev/rules.d/" + rule)
        if path:
            c.file("usr/lib/udev/rules.d/" + rule, path)
    c.data("etc/udev/udev.conf", "")
