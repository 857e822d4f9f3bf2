"""Driver, server and clients of one side, ours or NUT's own, started and ended in one guest.

Knows where both lie (nut.Both put them there) and how a client's words become readings.
"""
import time
from dataclasses import dataclass, field

SIDES = {  # side: where its programs lie, its own folder for configuration and state, and the port of its upsd
    "stock": {"driver": "/stock", "upsd": "/stock", "client": "/stock", "home": "/run/stock", "port": 3494},
    "ours": {"driver": "/usr/libexec/nut", "upsd": "/usr/sbin", "client": "/usr/bin", "home": "/run/ours", "port": 3495},
}
# Both run as root: rights are the subject of the acceptance cases.
CONF = "[ups]\n\tdriver = usbhid-ups\n\tport = auto\n\tuser = root\n"
CONFIGURE = """rm -rf %(home)s; mkdir -p %(home)s; cp /etc/nut/* %(home)s; echo LISTEN 127.0.0.1 %(port)d > %(home)s/upsd.conf
cat > %(home)s/ups.conf <<'CONF'
%(conf)s
CONF
for v in CONFPATH STATEPATH PIDPATH ALTPIDPATH; do export NUT_$v=%(home)s; done
"""
BACKGROUND = """timeout 90 %(driver)s/usbhid-ups -a ups -u root > %(home)s/driver.log 2>&1 ||
    { tail -5 %(home)s/driver.log; exit 1; }
"""
FOREGROUND = """%(driver)s/usbhid-ups -FF -a ups -u root > %(home)s/driver.log 2>&1 &
"""
SERVE = """for i in $(seq 300); do [ -S %(home)s/usbhid-ups-ups ] && break; usleep 100000; done
%(upsd)s/upsd -u root > %(home)s/upsd.log 2>&1 || { tail -5 %(home)s/upsd.log; exit 1; }
for i in $(seq 100); do s=$(%(client)s/upsc %(ups)s ups.status 2>/dev/null) && [ "$s" != WAIT ] && exit 0; usleep 100000; done
echo "upsc shows no status"; exit 1"""
# NUT's driver may hang on its way out, where libusb waits for itself.
STOP = """all=$(cat %(home)s/*.pid); kill $all
for i in $(seq 10); do kill -0 $all 2>/dev/null || exit 0; usleep 100000; done
kill -9 $all"""
READ = """%(client)s/upsc %(ups)s 2> /run/why || { cat /run/why; exit 1; }; echo '####'
%(client)s/upscmd -l %(ups)s 2>/dev/null; echo '####'
%(client)s/upsrw %(ups)s 2>/dev/null"""


@dataclass
class Readings:
    """What clients say: variables {name: value}, commands {name: "offered"}, writable {name: its limits}.

    `failed` is why there is nothing to say."""
    variables: dict = field(default_factory=dict)
    commands: dict = field(default_factory=dict)
    writable: dict = field(default_factory=dict)
    failed: str = ""


class Stack:
    """with Stack(guest, side, options) as s: the side's driver and upsd run; s.failed tells why not."""

    def __init__(self, guest, side, options, foreground=False):
        self.guest, self.places = guest, {**SIDES[side], "ups": "ups@localhost:%d" % SIDES[side]["port"]}
        self.start = CONFIGURE + (FOREGROUND if foreground else BACKGROUND) + SERVE
        self.conf = CONF + "".join("\t%s\n" % o for o in options)

    def __enter__(self):
        status, out = self.guest.run(self.start % {**self.places, "conf": self.conf}, 240)
        self.failed = " ".join(out.split()) or "exit status %d" % status if status else ""
        return self

    def __exit__(self, *exc):
        self.guest.run(STOP % self.places, 60)

    def read(self, rounds):
        """The readings after so many further seconds of polling."""
        if self.failed:
            return Readings(failed=self.failed)
        time.sleep(rounds)
        status, out = self.guest.run(READ % self.places, 90)
        if status:
            return Readings(failed=out.strip())
        variables, commands, writable = out.split("####\n")
        return Readings(pairs(variables), names(commands), settings(writable))


def pairs(text):
    """upsc's lines; one that ends with the colon has an empty value."""
    lines = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in lines}


def names(text):
    """The command names in what upscmd -l prints."""
    return {line.split(" - ")[0]: "offered" for line in text.splitlines() if " - " in line}


def settings(text):
    """What upsrw prints: of each variable the lines after its description."""
    blocks = (block.strip().splitlines() for block in text.split("\n\n") if block.strip())
    return {lines[0].strip("[]"): "; ".join(line.strip() for line in lines[2:]) for lines in blocks}
