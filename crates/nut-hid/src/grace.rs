//! Grace times: holding back LB and RB while a device tests itself, and when to say again that a
//! device is on line and discharging.
//!
//! Knows the timers of NUT 2.8.5's `lbrb_log_delay_sec` and `onlinedischarge_log_throttle_*` options.
//! Time is an argument, counted from any fixed moment; texts are returned, not logged.

use std::time::Duration;

/// Settings of the LB and RB delay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LowBatteryDelay {
    /// How long LB is held back (`lbrb_log_delay_sec`); zero: not at all.
    pub delay: Duration,
    /// Also when the device does not calibrate (`lbrb_log_delay_without_calibrating`).
    pub always: bool,
}

impl LowBatteryDelay {
    fn is_active(self, calibrating: bool, online: bool) -> bool {
        self.delay >= Duration::from_secs(1) && (calibrating || self.always) && online
    }
}

/// Models of APC that report a low battery whenever they test themselves, by vendor and product
/// string: there LB and RB are held back unless the user decides otherwise.
pub fn tests_look_low(vendor: &str, product: &str) -> bool {
    let named =
        |series: &str| product.starts_with(series) || product.contains(&format!(" {series}"));
    let ends =
        |end: &str, longer_than: usize| product.len() > longer_than && product.ends_with(end);
    matches!(vendor, "APC" | "American Power Conversion")
        && (named("BX") && ends("MI", 6)
            || named("BVK") && ends("M2", 7)
            || named("BK") && (ends("M2-CH", 9) || ends("M2_CH", 9)))
}

/// The running timers of LB and RB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LowBatteryTimers {
    low: Option<Duration>,
    replace: Option<Duration>,
}

impl LowBatteryTimers {
    /// Whether LB is shown. `wanted` is what the device says.
    pub fn low_battery(
        &mut self,
        wanted: bool,
        settings: LowBatteryDelay,
        (calibrating, online): (bool, bool),
        now: Duration,
    ) -> bool {
        if !wanted {
            self.low = None;
            return false;
        }
        !settings.is_active(calibrating, online) || passed(&mut self.low, settings.delay, now)
    }

    /// Whether RB is shown. It waits only while LB does: call this after [`Self::low_battery`].
    pub fn replace_battery(
        &mut self,
        wanted: bool,
        settings: LowBatteryDelay,
        (calibrating, online): (bool, bool),
        now: Duration,
    ) -> bool {
        if !wanted {
            self.replace = None;
            return false;
        }
        let active = settings.is_active(calibrating, online) && self.low.is_some();
        !active || passed(&mut self.replace, settings.delay, now)
    }
}

/// Starts the timer at first sight; true when more than `delay` went by since.
fn passed(timer: &mut Option<Duration>, delay: Duration, now: Duration) -> bool {
    let since = *timer.get_or_insert(now);
    now.saturating_sub(since) > delay
}

/// When an on-line discharge is worth a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Seconds between repeats; -1: no repeats by time, -2: no repeats by time unless the charge is
    /// unknown, then 30.
    pub seconds: i64,
    /// Changes of charge at or above this level are not worth a line.
    pub hover_charge: i64,
}

impl Default for Throttle {
    fn default() -> Throttle {
        Throttle { seconds: -2, hover_charge: 100 }
    }
}

/// What was last said about an on-line discharge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DischargeReports {
    charge: Option<i64>,
    at: Option<Duration>,
}

impl DischargeReports {
    /// The discharge is over.
    pub fn reset(&mut self) {
        *self = DischargeReports::default();
    }

    /// The line for the log, if one is due. `charge` is `battery.charge` as a whole number.
    pub fn report(
        &mut self,
        ups: &str,
        charge: Option<i64>,
        throttle: Throttle,
        now: Duration,
    ) -> Option<String> {
        let known = charge.filter(|&c| c > 0);
        let changed = known.is_some_and(|c| self.charge != Some(c) && c < throttle.hover_charge);
        if !changed && !self.is_due(charge, throttle, now) {
            return None;
        }
        let text = format!(
            "ups_status_set: seems that UPS [{ups}] is in OL+DISCHRG state now. {}Is it calibrating \
             (perhaps you want to set 'onlinedischarge_calibration' option)? Note that some UPS \
             models (e.g. CyberPower UT series) emit OL+DISCHRG when in fact offline/on-battery \
             (perhaps you want to set 'onlinedischarge_onbattery' option).",
            self.charge_text(known)
        );
        self.charge = known.or(self.charge);
        self.at = Some(now);
        Some(text)
    }

    fn is_due(&self, charge: Option<i64>, throttle: Throttle, now: Duration) -> bool {
        let seconds = match (throttle.seconds, charge) {
            (-2, None) => 30,
            (seconds, _) => seconds,
        };
        let wait = u64::try_from(seconds).ok().map(Duration::from_secs);
        self.at.zip(wait).is_some_and(|(at, wait)| now.saturating_sub(at) >= wait)
    }

    fn charge_text(&self, charge: Option<i64>) -> String {
        match (self.charge, charge) {
            (_, None) => String::new(),
            (Some(then), Some(now)) if then != now => {
                let trend = if now > then { "charging" } else { "draining" };
                format!(
                    "Battery charge changed from {then} to {now} since last such report ({trend}). "
                )
            }
            (None, Some(now)) => format!("Battery charge is currently {now}. "),
            (Some(_), Some(_)) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn low_battery_waits_while_calibrating() {
        let settings = LowBatteryDelay { delay: s(3), always: false };
        let mut timers = LowBatteryTimers::default();
        let mut low = |wanted, calibrating, at| {
            timers.low_battery(wanted, settings, (calibrating, true), s(at))
        };
        assert!(low(true, false, 0), "not calibrating: at once");
        assert!(!low(true, true, 10));
        assert!(!low(true, true, 13));
        assert!(low(true, true, 14));
        assert!(!low(false, true, 15));
        assert!(!low(true, true, 16), "the timer starts anew");
    }

    #[test]
    fn some_models_need_a_delay() {
        for (product, needs) in [
            ("Back-UPS BX1600MI", true),
            ("BVK650M2", true),
            ("Back-UPS BK650M2_CH", true),
            ("Back-UPS BX1600MI FW:1", false),
            ("BXMI", false),
            ("Back-UPS XBX1600MI", false),
        ] {
            assert_eq!(tests_look_low("APC", product), needs, "{product}");
        }
        assert!(!tests_look_low("EATON", "BX1600MI"));
    }

    #[test]
    fn replace_battery_waits_only_with_low_battery() {
        let settings = LowBatteryDelay { delay: s(3), always: true };
        let mut timers = LowBatteryTimers::default();
        assert!(timers.replace_battery(true, settings, (false, true), s(0)));
        assert!(!timers.low_battery(true, settings, (false, true), s(1)));
        assert!(!timers.replace_battery(true, settings, (false, true), s(1)));
        assert!(timers.replace_battery(true, settings, (false, true), s(5)));
        assert!(timers.low_battery(true, settings, (false, false), s(1)), "on battery: at once");
    }

    #[test]
    fn a_discharge_is_told_when_the_charge_changes() {
        let mut reports = DischargeReports::default();
        let mut tell = |charge, at| reports.report("t", charge, Throttle::default(), s(at));
        let first = tell(Some(62), 0).unwrap();
        assert!(first.contains("state now. Battery charge is currently 62. Is it calibrating"));
        assert_eq!(tell(Some(62), 100), None);
        let second = tell(Some(60), 101).unwrap();
        assert!(
            second.contains(
                "Battery charge changed from 62 to 60 since last such report (draining). "
            )
        );
        assert_eq!(tell(Some(100), 102), None, "hovering");
    }

    #[test]
    fn a_throttle_repeats_and_a_reset_forgets() {
        let throttle = Throttle { seconds: 30, hover_charge: 100 };
        let mut reports = DischargeReports::default();
        assert!(reports.report("t", None, throttle, s(0)).is_none(), "nothing was said yet");
        assert!(reports.report("t", Some(50), throttle, s(0)).is_some());
        assert!(reports.report("t", Some(50), throttle, s(29)).is_none());
        let again = reports.report("t", Some(50), throttle, s(30)).unwrap();
        assert!(again.contains("state now. Is it calibrating"), "the charge is the same");
        reports.reset();
        assert_eq!(reports, DischargeReports::default());
    }
}
