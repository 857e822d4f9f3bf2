"""A QEMU guest: start it, run commands in it over its second serial port, end it.

Knows QEMU's command line and the agent's line protocol (guest/agent); leaves the guest's files
to initramfs.py and the USB device, which QEMU reaches by usbredir, to the package vups.
"""
import base64
import os
import shutil
import socket
import subprocess
import tempfile
import time

from vups.client import die_with_parent

# In software emulation a plain CPU boots a third faster than 'max'. /dev/kvm may open and yet
# hang where machines are nested, so the hardware is used only on request.
ACCEL = os.environ.get("VM_ACCEL", "tcg")
CPU = os.environ.get("VM_CPU", "Nehalem" if ACCEL.startswith("tcg") else "host")
APPEND = "console=ttyS0 quiet panic=-1 mitigations=off nokaslr cryptomgr.notests random.trust_cpu=on tsc=unstable"


class GuestError(Exception):
    """The guest died, fell silent, or a command in it failed."""


class Guest:
    """One guest with a USB device of each usbredir port.

    with Guest(tools, vmlinux, initrd, ports) as g: g.ready(); g.sh("ls /dev")
    memory: in MiB; reboots: whether a reboot starts it anew or ends it; extra: more of QEMU's command line."""

    def __init__(self, tools, vmlinux, initrd, ports, memory=512, reboots=False, extra=()):
        self.dir = tempfile.mkdtemp(prefix="walnut-vm-")
        self.buf, self.agent, self.process = b"", None, None
        self.env = tools.env()
        self.cmd = [
            tools["qemu-system-x86_64"], "-nodefaults", "-no-user-config", "-display", "none",
            "-machine", "pc", "-accel", ACCEL, "-cpu", CPU, "-m", str(memory),
            "-kernel", vmlinux, "-initrd", initrd, "-append", APPEND,
            "-chardev", "file,id=con,path=%s/console" % self.dir, "-serial", "chardev:con",
            "-chardev", "socket,id=agent,path=%s/agent,server=on,wait=off" % self.dir, "-serial", "chardev:agent",
            "-device", "qemu-xhci,id=xhci", *extra]
        self.cmd += [] if reboots else ["-no-reboot"]
        for n, port in enumerate(ports):
            self.cmd += ["-chardev", "socket,id=ups%d,host=127.0.0.1,port=%d,reconnect=1" % (n, port),
                         "-device", "usb-redir,chardev=ups%d,bus=xhci.0" % n]
        for name in ("/usr/share/qemu", "/usr/share/seabios"):
            path = tools.path(name)
            self.cmd += ["-L", path] if path else []

    def __enter__(self):
        with open(self.dir + "/stderr", "wb") as err:
            self.process = subprocess.Popen(self.cmd, stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                                            env=self.env, preexec_fn=die_with_parent)
        self._connect()
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.agent:
            self.agent.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def _connect(self):
        for _ in range(400):
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(self.dir + "/agent")
                self.agent = s
                return
            except OSError:
                s.close()
            if self.process.poll() is not None:
                raise GuestError("QEMU ended: " + self.text("stderr"))
            time.sleep(0.05)
        raise GuestError("QEMU opened no agent port: " + self.text("stderr"))

    def text(self, name):
        """What QEMU ('stderr') or the guest's console ('console') said so far."""
        with open(os.path.join(self.dir, name), errors="replace") as f:
            return f.read()

    def _line(self, deadline):
        while b"\n" not in self.buf:
            left = deadline - time.monotonic()
            if left <= 0:
                raise GuestError("the guest is silent; its console ends:\n" + self.text("console")[-2000:])
            self.agent.settimeout(left)
            try:
                got = self.agent.recv(65536)
            except socket.timeout:
                continue
            if not got:
                raise GuestError("the guest is gone; its console ends:\n" + self.text("console")[-2000:])
            self.buf += got
        line, _, self.buf = self.buf.partition(b"\n")
        return line.strip(b"\r")

    def ready(self, timeout=120):
        """Wait until the agent listens."""
        end = time.monotonic() + timeout
        while not self._line(end).endswith(b"READY"):
            pass

    def run(self, script, timeout=60):
        """(exit status, output) of a shell script in the guest."""
        self.tell(script)
        end, got = time.monotonic() + timeout, None
        while True:
            line = self._line(end)
            if line == b"<<<":
                got = []
            elif line.startswith(b">>> ") and got is not None:
                return int(line[4:]), base64.b64decode(b"".join(got)).decode(errors="replace")
            elif got is not None:
                got.append(line)

    def line(self, wanted, timeout=60):
        """The next line on the agent's port, of a program left running there, that is wanted; outside run()."""
        end = time.monotonic() + timeout
        while True:
            line = self._line(end).decode(errors="replace")
            if wanted(line):
                return line

    def sh(self, script, timeout=60):
        """The output of a script that must succeed."""
        status, out = self.run(script, timeout)
        if status:
            raise GuestError("exit status %d from: %s\n%s" % (status, script, out))
        return out

    def tell(self, script):
        """Start a script whose end is not waited for, such as one that ends the guest."""
        self.agent.sendall(base64.b64encode(script.encode()) + b"\n")

    def off(self, timeout=120):
        """Wait until the guest has switched itself off."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise GuestError("not off after %d s; its console ends:\n%s" % (timeout, self.text("console")[-2000:]))

    def until(self, script, timeout=30, every=0.3):
        """Repeat a script until it succeeds; its output then."""
        end = time.monotonic() + timeout
        while True:
            status, out = self.run(script, timeout)
            if status == 0:
                return out
            if time.monotonic() > end:
                raise GuestError("still failing after %d s: %s\n%s" % (timeout, script, out))
            time.sleep(every)
