"""The comparison without a guest: what clients print, what differs, which reason explains it."""
import unittest

import devices
from compare import ABSENT, Comparison, Difference, Reason, differences
from stack import Readings, names, pairs, settings

UPSRW = """[battery.charge.low]
Remaining battery level when UPS switches to LB (percent)
Type: NUMBER
Value: 20

[ups.start.auto]
UPS starts when mains is (re)applied
Type: ENUM
Option: "yes" SELECTED
Option: "no"
"""


class Clients(unittest.TestCase):
    def test_what_they_print_is_read(self):
        self.assertEqual(pairs("ups.status: OL\nups.id: \nups.test.result:\n"),
                         {"ups.status": "OL", "ups.id": "", "ups.test.result": ""})
        self.assertEqual(names("Instant commands supported on UPS [ups]:\n\nload.off - Turn off the load\n"),
                         {"load.off": "offered"})
        self.assertEqual(settings(UPSRW), {
            "battery.charge.low": "Type: NUMBER; Value: 20",
            "ups.start.auto": 'Type: ENUM; Option: "yes" SELECTED; Option: "no"'})


class Differences(unittest.TestCase):
    def test_each_name_that_is_not_alike_is_told(self):
        counts, found = differences(Readings({"a": "1", "b": "2"}, {"x": "offered"}, {}),
                                    Readings({"a": "1", "b": "3", "c": "4"}, {}, {"a": "Type: NUMBER"}))
        self.assertEqual(counts, {"reading": 3, "command": 1, "setting": 1})
        self.assertEqual(found, [
            Difference("reading", "b", "2", "3"), Difference("reading", "c", ABSENT, "4"),
            Difference("command", "x", "offered", ABSENT), Difference("setting", "a", ABSENT, "Type: NUMBER")])

    def test_a_side_that_does_not_run_is_a_difference(self):
        counts, found = differences(Readings(failed="no device"), Readings({"a": "1"}))
        self.assertEqual((counts, found), ({}, [Difference("start", "(start)", "no device", "runs")]))

    def test_a_reason_holds_for_its_device_name_and_values_only(self):
        reason = Reason("mge", "ups.a*", "1", ABSENT, "why")
        self.assertTrue(reason.explains("mge", Difference("reading", "ups.alarm", "1", ABSENT)))
        for device, d in (("mge-all", ("ups.alarm", "1", ABSENT)), ("mge", ("ups.beeper", "1", ABSENT)),
                          ("mge", ("ups.alarm", "2", ABSENT)), ("mge", ("ups.alarm", "1", "0"))):
            self.assertFalse(reason.explains(device, Difference("reading", *d)))

    def test_reasons_without_use_are_known(self):
        used, unused = Reason("*", "a", "*", "*", "one"), Reason("*", "b", "*", "*", "two")
        compared = Comparison([used, unused])
        self.assertEqual(compared.why("any", Difference("reading", "a", "1", "2")), "one")
        self.assertIsNone(compared.why("any", Difference("reading", "c", "1", "2")))
        self.assertEqual(compared.unused(), [unused])
        self.assertEqual((compared.explained, compared.unexplained), (1, 1))


class Devices(unittest.TestCase):
    def test_each_subdriver_takes_part(self):
        named = [d.name for d in devices.chosen([])]
        self.assertEqual(len(named), len(set(named)))
        self.assertEqual(sum(name.startswith("vector-") and name.endswith("-all") for name in named), 16)
        self.assertIn("special-explore", named)
