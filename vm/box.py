"""A Debian machine with a UPS: a disk of its own that outlives its boots, and the virtual UPS on its USB.

Packages come in as a tar archive on a second disk. Joins rootfs.py's image, qemu.py and the package vups;
what is done with the machine is for the walks.
"""
import os
import subprocess
import tarfile
import tempfile

import qemu
from vups.client import Server

PACKAGES = "/opt/debs"                                        # where the packages under test lie in the guest
MEMORY_MIB = 768
BOOT_S = 400


class Box:
    """with Box(tools, vmlinux, disk, initrd, files, device) as box: box.boot(); box.sh("ls")

    files: {folder in the guest: paths of files to put there}. The guest of the present boot is box.guest."""

    def __init__(self, tools, vmlinux, disk, initrd, files, device):
        self.tmp = tempfile.TemporaryDirectory(prefix="box-", dir=os.path.dirname(disk))
        self.tools, self.vmlinux, self.initrd, self.guest = tools, vmlinux, initrd, None
        self.disk, self.tar = self.tmp.name + "/disk.img", self.tmp.name + "/files.tar"
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", disk, self.disk], check=True)
        with tarfile.open(self.tar, "w") as tar:
            for folder, paths in files.items():
                for path in paths:
                    tar.add(path, os.path.join(folder, os.path.basename(path)))
        self.server = Server(device)
        self.ups = self.server.ctl

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.leave()
        self.server.close()
        self.tmp.cleanup()

    def boot(self):
        """Power on, until the agent answers."""
        drives = (("d0", self.disk), ("d1", self.tar))
        extra = []
        for n, path in drives:
            extra += ["-drive", "if=none,id=%s,file=%s,format=raw,cache=unsafe" % (n, path)]
            extra += ["-device", "virtio-blk-pci,drive=" + n]
        extra += ["-smp", str(min(2, os.cpu_count() or 1)), "-device", "virtio-rng-pci"]
        self.guest = qemu.Guest(self.tools, self.vmlinux, self.initrd, [self.server.ports["usbredir"]],
                                MEMORY_MIB, True, extra)
        self.guest.__enter__()
        self.guest.ready(BOOT_S)

    def unpack(self):
        """The files that came along get to their folders."""
        self.sh("tar --no-same-owner -xf /dev/vdb -C /", 120)

    def reboot(self):
        self.guest.tell("systemctl reboot")
        self.guest.ready(BOOT_S)

    def off(self, timeout):
        """Wait until the machine has switched itself off."""
        self.guest.off(timeout)
        self.leave()

    def leave(self):
        """End the present boot, whatever it is at."""
        if self.guest:
            self.guest.__exit__()
            self.guest = None

    def run(self, script, timeout=60):
        return self.guest.run(script, timeout)

    def sh(self, script, timeout=60):
        return self.guest.sh(script, timeout)

    def until(self, script, timeout=60):
        return self.guest.until(script, timeout, 0.5)

    def replug(self):
        """Pull the USB cable and put it in again, with no driver that takes the hidraw node away."""
        self.ups.call("unplug")
        self.until("! ls /dev/hidraw* 2>/dev/null | grep .")
        self.ups.call("plug")
        self.until("ls /dev/hidraw* 2>/dev/null | grep .")
        self.sh("udevadm settle")
