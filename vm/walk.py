"""A walk: steps done one after another on a Debian machine, each a line with its time.

A step is a function of the box. What it returns is shown; when it fails the walk ends there, as what
follows stands on it. Knows how steps are told and counted; leaves the steps to the modules that have them.
"""
import time

import qemu

PASSED, FAILED = "ok  ", "FAIL"


class Fault(Exception):
    """Something is not as it should be; the text says what was seen."""


def expect(ok, seen):
    """Fault unless ok."""
    if not ok:
        raise Fault(seen)


class Steps(list):
    """The steps of one walk, in the order in which they are written."""

    def __call__(self, what):
        """Decorator: the function is a step of this walk."""
        def add(f):
            self.append((what, f))
            return f
        return add


def go(steps, box):
    """Walk; whether every step passed."""
    start = last = time.monotonic()
    for what, f in steps:
        try:
            verdict, seen = PASSED, f(box)
        except (Fault, qemu.GuestError) as why:
            verdict, seen = FAILED, why
        now = time.monotonic()
        print("%s %6.1f s (+%5.1f) %s%s" % (verdict, now - start, now - last, what, told(seen)), flush=True)
        if verdict is FAILED:
            return False
        last = now
    return True


def told(seen):
    """What was seen, behind the step or in lines of its own."""
    text = str(seen or "").strip()
    if "\n" not in text:
        return ": " + text if text else ""
    return "\n" + "\n".join("       | " + line for line in text.splitlines())
