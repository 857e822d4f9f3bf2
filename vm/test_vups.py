"""The virtual UPS by itself: what it makes of a recording, how it answers, how faults show."""
import asyncio
import json
import os
import unittest

import initramfs
from run import DEVICES
from vups import battery, control, device, hid

EATON = os.path.join(DEVICES, "eaton_3s_850.json")
AC = "UPS.PowerSummary.PresentStatus.ACPresent"
GET_REPORT, SET_REPORT, GET_DESCRIPTOR = (0xa1, 0x01), (0x21, 0x09), (0x80, 0x06)


def ask(dev, kind, value, data=b"", length=255):
    return asyncio.run(dev.control(*kind, value, 0, length, data))


class Descriptor(unittest.TestCase):
    def test_fields_lie_where_the_standard_says(self):
        # UPS { PowerSummary { report 6: RemainingCapacity 8 bits, RunTimeToEmpty 32 bits } }
        d = hid.parse(bytes.fromhex("05840904a1010924a10285060585096675089501150026ff00b102"
                                    "0968752027ffffff7fb102c0c0"))
        charge, runtime = d.fields
        self.assertEqual((charge.path, charge.offset, charge.size), ("UPS.PowerSummary.RemainingCapacity", 0, 8))
        self.assertEqual((runtime.path, runtime.offset, runtime.size), ("UPS.PowerSummary.RunTimeToEmpty", 8, 32))
        self.assertEqual(d.bits, {("feature", 6): 40})
        self.assertEqual(runtime.read(bytes.fromhex("64000f0000")), 3840)

    def test_what_is_written_is_read(self):
        f = hid.Field("x", "feature", 1, 3, 5, -16, False)
        self.assertEqual(f.read(f.write(b"\xff\xff", -7)), -7)
        self.assertEqual(f.write(b"\xff\xff", 0), b"\x07\xff")

    def test_broken_items_end_the_walk(self):
        for raw in ("", "85", "fe", "fe05", "a4", "b4", "c0", "26ff"):
            self.assertEqual(hid.parse(bytes.fromhex(raw)).fields, [])


class Device(unittest.TestCase):
    def setUp(self):
        self.dev = device.Device(EATON)

    def test_reports_are_as_recorded(self):
        with open(EATON) as f:
            recorded = json.load(f)["reports"]["feature"]
        for rid, text in recorded.items():
            self.assertEqual(ask(self.dev, GET_REPORT, 0x300 | int(rid, 0)), (device.OK, bytes.fromhex(text)))

    def test_an_unrecorded_report_stalls(self):
        self.assertEqual(ask(self.dev, GET_REPORT, 0x3ee), (device.STALL, b""))

    def test_a_written_report_is_kept_and_logged(self):
        self.assertEqual(ask(self.dev, SET_REPORT, 0x322, b"\x22\x23"), (device.OK, b""))
        self.assertEqual(ask(self.dev, GET_REPORT, 0x322), (device.OK, b"\x22\x23"))
        self.assertIn({"seq": 1, "ev": "set_report", "kind": "feature", "id": 0x22, "status": "ok", "hex": "2223"},
                      self.dev.log)

    def test_a_change_is_sent_with_everything_else_as_it_was(self):
        self.dev.set({AC: 0})
        self.assertEqual(asyncio.run(self.dev.interrupt_in()), (device.OK, bytes.fromhex("01240000")))
        self.assertEqual(ask(self.dev, GET_REPORT, 0x301), (device.OK, bytes.fromhex("01240000")))

    def test_strings(self):
        self.assertEqual(ask(self.dev, GET_DESCRIPTOR, 0x30c), (device.OK, b"\x08\x038\x005\x000\x00"))
        self.assertEqual(ask(self.dev, GET_DESCRIPTOR, 0x305), (device.STALL, b""))

    def test_faults_strike_as_often_as_told(self):
        good = ask(self.dev, GET_REPORT, 0x306)
        for mode, bad in (("stall", (device.STALL, b"")), ("short", (device.OK, good[1][:-1])),
                          ("empty", (device.OK, b"")), ("wrong_id", (device.OK, b"\x86" + good[1][1:]))):
            self.dev.faults = [device.Fault("feature", 6, mode, count=1)]
            self.assertEqual(ask(self.dev, GET_REPORT, 0x306), bad, mode)
            self.assertEqual(ask(self.dev, GET_REPORT, 0x306), good, mode)


class BatteryOfADevice(unittest.TestCase):
    """An outage of a unit whose clock is turned by hand."""

    def setUp(self):
        self.dev = device.Device(EATON)
        self.battery = battery.Battery(self.dev)
        self.battery.start = lambda: None

    def seconds(self, n):
        for _ in range(n):
            self.battery.second()

    def value(self, path):
        f = self.dev.desc.find(path, "feature")[0]
        return f.read(self.dev.reports["feature"][f.report_id])

    def events(self):
        return [e["ev"] for e in self.dev.log if e["ev"].startswith("output")]

    def test_it_empties_and_says_when_it_is_low(self):
        self.battery.mains(False, charge=22, rate=1)
        self.assertEqual((self.value(AC), self.value(battery.STATUS + "BelowRemainingCapacityLimit")), (0, 0))
        self.seconds(2)
        self.assertEqual(self.value(battery.STATUS + "BelowRemainingCapacityLimit"), 1)
        self.assertEqual(self.value(battery.SUMMARY + "RemainingCapacity"), 20)

    def test_countdowns_switch_off_and_after_the_outage_on(self):
        self.battery.mains(False, charge=50)
        ask(self.dev, SET_REPORT, 0x30a, bytes.fromhex("0a02000000"))
        ask(self.dev, SET_REPORT, 0x309, bytes.fromhex("0903000000"))
        self.seconds(2)
        self.assertEqual(self.events(), [])
        self.seconds(5)
        self.assertEqual(self.events(), ["output_off"])
        self.battery.mains(True)
        self.seconds(2)
        self.assertEqual(self.events(), ["output_off", "output_on"])
        self.assertEqual(self.value(battery.STARTUP), -1)

    def test_a_countdown_can_be_called_off(self):
        ask(self.dev, SET_REPORT, 0x309, bytes.fromhex("0903000000"))
        ask(self.dev, SET_REPORT, 0x309, bytes.fromhex("09ffffffff"))
        self.seconds(5)
        self.assertEqual(self.events(), [])

    def test_another_unit_has_no_countdown_of_the_first_ones(self):
        channel = control.Control(self.dev)
        channel.battery.start = lambda: None
        ask(self.dev, SET_REPORT, 0x309, bytes.fromhex("0903000000"))
        self.assertEqual(list(channel.battery.left.values()), [3])
        asyncio.run(channel.do_load(EATON))
        self.assertEqual(channel.battery.left, {})


class Archive(unittest.TestCase):
    def test_entries_are_aligned_and_parents_come_first(self):
        c = initramfs.Cpio()
        c.data("lib/x/y", "abc")
        c.data("lib/x/y", "again")
        self.assertEqual(c.seen, {"usr", "usr/lib", "usr/lib/x", "usr/lib/x/y"})
        self.assertTrue(all(len(b) % 4 == 0 and b.startswith(b"070701") for b in c.blobs))
        self.assertTrue(c.blobs[-1].endswith(b"abc\0"))


if __name__ == "__main__":
    unittest.main()
