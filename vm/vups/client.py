"""Starts a vups server and talks to its control channel, one call at a time."""
import ctypes
import json
import os
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Client:
    """The control channel; the commands are listed in control.py."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.settimeout(120)
        self.file = self.socket.makefile("rwb")

    def call(self, cmd, **members):
        self.file.write(json.dumps({"cmd": cmd, **members}).encode() + b"\n")
        self.file.flush()
        out = json.loads(self.file.readline())
        if not out.pop("ok"):
            raise RuntimeError(out["error"])
        return out

    def seq(self):
        """The number of the last event, to wait for later ones."""
        return self.call("state")["seq"]

    def wait(self, since=0, timeout=30, **match):
        """The first event after `since` with these members, or None."""
        return self.call("wait", match=match, since=since, timeout=timeout)["event"]


def die_with_parent():
    """preexec_fn: the kernel kills this child when the process that started it ends."""
    pr_set_pdeathsig, sigkill = 1, 9
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, sigkill)


class Server:
    """A vups server process on free ports: .ports, .ctl; close() ends it."""

    def __init__(self, device):
        cmd = [sys.executable, "-m", "vups", "--device", device]
        env = dict(os.environ, PYTHONPATH=HERE, PYTHONDONTWRITEBYTECODE="1")
        self.process = subprocess.Popen(cmd, stdout=subprocess.PIPE, env=env, text=True, preexec_fn=die_with_parent)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the virtual UPS did not start")
        self.ports = json.loads(line)
        self.ctl = Client(self.ports["control"])

    def close(self):
        self.process.kill()
        self.process.wait()
