"""What a UPS does by itself: its battery empties and fills, its countdowns switch the load off and on.

Idle until the first power failure or countdown. Knows the usages of HID's Power Device class that tell
of it, and skips those that the recording has not; leaves reports and their sending to device.py.
"""
import asyncio

SUMMARY = "UPS.PowerSummary."
STATUS = SUMMARY + "PresentStatus."
COUNTDOWNS = {SUMMARY + "DelayBeforeShutdown": "output_off", SUMMARY + "DelayBeforeStartup": "output_on"}
STARTUP = SUMMARY + "DelayBeforeStartup"
LOW, FULL_RUNTIME_S = 20, 3600


class Battery:
    """Events: "armed" (what, value) when the host writes a countdown in seconds, "output_off" and "output_on"
    at the end of one. The countdown to switch the load on waits for mains, as real units do."""

    def __init__(self, dev):
        self.dev, self.clock = dev, None
        self.renew()
        dev.listeners.add(self.notice)

    def renew(self):
        """The unit was replaced by another one, which knows nothing of outages and countdowns."""
        self.present, self.charge, self.rate, self.left = None, 100.0, 1.0, {}

    def mains(self, present, charge=None, rate=None):
        """Mains fails or returns; charge in %, rate in % a second."""
        self.present = present
        self.charge = self.charge if charge is None else float(charge)
        self.rate = self.rate if rate is None else float(rate)
        self.show()
        self.start()

    def start(self):
        if self.clock is None:
            self.clock = asyncio.ensure_future(self.tick())

    def notice(self, event):
        """A countdown that the host wrote begins, or ends when it is negative."""
        if event["ev"] != "set_report" or event["status"] != "ok":
            return
        for path in COUNTDOWNS:
            for f in self.dev.desc.find(path, event["kind"]):
                if f.report_id == event["id"]:
                    self.arm(path, f.read(self.dev.reports[f.kind][f.report_id]))

    def arm(self, path, seconds):
        self.left[path] = seconds
        self.dev.event("armed", what=path.rpartition(".")[2], value=seconds)
        self.start()

    async def tick(self):
        while True:
            await asyncio.sleep(1)
            self.second()

    def second(self):
        """What a second does to charge and countdowns."""
        if self.present is not None:
            step = self.rate if self.present else -self.rate
            self.charge = max(0.0, min(100.0, self.charge + step))
            self.show()
        for path in [p for p, left in self.left.items() if left >= 0]:
            self.count(path)

    def count(self, path):
        if path == STARTUP and self.present is False:
            return
        self.left[path] = self.left[path] - 1 if self.left[path] > 1 else -1
        self.put({path: self.left[path]})
        if self.left[path] < 0:
            self.dev.event(COUNTDOWNS[path])

    def show(self):
        """The reports say how it stands."""
        percent, low = round(self.charge), self.charge <= LOW and not self.present
        self.put({SUMMARY + "RemainingCapacity": percent, SUMMARY + "RunTimeToEmpty": FULL_RUNTIME_S * percent // 100,
                  STATUS + "ACPresent": int(self.present), STATUS + "Discharging": int(not self.present),
                  STATUS + "Charging": int(self.present and percent < 100),
                  STATUS + "BelowRemainingCapacityLimit": int(low)})

    def put(self, fields):
        self.dev.set({path: value for path, value in fields.items() if self.dev.desc.find(path)})
