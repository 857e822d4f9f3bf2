"""The bed: a running guest with the virtual UPS plugged in and the programs under test on board.

Joins the parts (initramfs, qemu, vups); what is then done with them is cases.py's.
"""
import os
import tempfile

import initramfs
import qemu
from vups.client import Server

NODE = "ls /dev/hidraw* 2>/dev/null | grep ."
ETC = {
    "ups.conf": "driverpath = /usr/libexec/nut\n"
                "[ups]\n\tdriver = usbhid-ups\n\tport = auto\n\tpollinterval = 1\n\tpollfreq = 4\n",
    "upsd.conf": "LISTEN 127.0.0.1 3493\n",
    "upsd.users": "[admin]\n\tpassword = secret\n\tactions = SET\n\tinstcmds = ALL\n",
}


class Bed:
    """with Bed(tools, vmlinux, moddir, nut, device) as b: b.guest runs commands, b.ups is the control channel.

    So many alike are plugged in, so many more lie beside; b.upses has the control channel of each."""

    def __init__(self, tools, vmlinux, moddir, nut, device, plugged=1, spare=0):
        self.tmp = tempfile.TemporaryDirectory(prefix="walnut-bed-")
        cpio = initramfs.Cpio()
        nut.add(cpio)
        initramfs.add_base(cpio, tools, moddir)
        for name, text in ETC.items():
            cpio.data("etc/nut/" + name, text, 0o640)
        initrd = os.path.join(self.tmp.name, "initrd")
        cpio.write(initrd)
        self.servers = [Server(device) for _ in range(plugged + spare)]
        self.upses = [server.ctl for server in self.servers]
        for ups in self.upses[plugged:]:
            ups.call("unplug")
        self.ups = self.upses[0]
        self.guest = qemu.Guest(tools, vmlinux, initrd, [server.ports["usbredir"] for server in self.servers])

    def __enter__(self):
        self.guest.__enter__()
        self.guest.ready()
        self.guest.until(NODE)
        self.guest.sh("mkdir -p /run/nut && chown -R nut:nut /run/nut && chmod 770 /run/nut && chgrp -R nut /etc/nut")
        return self

    def __exit__(self, *exc):
        self.guest.__exit__(*exc)
        for server in self.servers:
            server.close()
        self.tmp.cleanup()

    def node(self):
        """The hidraw node of the UPS, waited for."""
        return self.guest.until(NODE).split()[0]
