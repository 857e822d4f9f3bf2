//! What the user may decide about the engine, read from the driver's options.
//!
//! Knows defaults, limits and the complaints about bad values (NUT 2.8.5). Options about finding and
//! opening a device are not for here.

use crate::transport::Identity;
use nut_hid::grace::{LowBatteryDelay, Throttle, tests_look_low};
use nut_hid::map::{Device, Quirk};
use nut_hid::status::OnlineDischarge;
use nut_proto::number::leading_int;
use std::time::Duration;
use upsdrv::options::Options;

/// Seconds between full updates unless the user or the maker says otherwise.
const POLL_FREQUENCY: i64 = 30;
/// Seconds between full updates of CyberPower devices.
const POLL_FREQUENCY_CPS: i64 = 12;
/// The least number of bytes asked for with the `maxreport` workaround.
const MAX_REPORT: usize = 8;
/// Seconds of the LB and RB delay where one is needed and none, or a bad one, was given.
const LOW_BATTERY_DELAY: i64 = 3;

/// The names of one flag: its own, its old one, and the one that NUT's manual page gives, which NUT
/// 2.8.5 itself refuses.
const ON_BATTERY: [&str; 3] =
    ["onlinedischarge_onbattery", "onlinedischarge", "onlinedischarge_battery"];

/// The engine's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Nothing is ever asked for (`interruptonly`).
    pub interrupt_only: bool,
    /// Interrupt reports are not used (`pollonly`).
    pub poll_only: bool,
    /// Seconds that have to be exceeded between full updates; negative: every update is full.
    pub poll_frequency: Option<i64>,
    /// Reports are asked for with a fixed size.
    pub max_report: bool,
    /// Faulty descriptors are left as they are.
    pub no_fixup: bool,
    /// `lowbatt`, in per cent.
    pub low_battery: Option<i64>,
    /// `ondelay`, in seconds.
    pub on_delay: Option<i64>,
    /// `offdelay`, in seconds.
    pub off_delay: Option<i64>,
    /// What on line and discharging means.
    pub doubt: OnlineDischarge,
    /// When that is logged.
    pub throttle: Throttle,
    /// How long LB and RB are held back.
    pub delay: LowBatteryDelay,
    /// All options, for conversions that look at one.
    pub options: Options,
}

impl Settings {
    /// Reads the options. What is wrong is logged and replaced.
    pub fn read(options: &Options) -> Settings {
        let number = |name| options.value(name).map(leading_int);
        let doubt = OnlineDischarge {
            on_battery: ON_BATTERY.iter().any(|name| options.has(name)),
            calibration: options.has("onlinedischarge_calibration"),
        };
        Settings {
            interrupt_only: options.has("interruptonly"),
            poll_only: options.has("pollonly"),
            poll_frequency: number("pollfreq"),
            max_report: options.has("maxreport"),
            no_fixup: options.has("disable_fix_report_desc"),
            low_battery: number("lowbatt"),
            on_delay: number("ondelay"),
            off_delay: number("offdelay"),
            doubt,
            throttle: throttle(options),
            delay: low_battery_delay(options),
            options: options.clone(),
        }
    }

    /// Takes the peculiarities of a device into account, and says so.
    pub(super) fn adapt(&mut self, identity: &Identity, entry: &Device) {
        self.adapt_delay(identity);
        let fixed = |product: &str| entry.max_report_for.iter().any(|p| product.starts_with(p));
        match &identity.product {
            Some(product) => self.max_report |= fixed(product),
            None if !entry.max_report_for.is_empty() => log::warn!(
                "device->Product is NULL so it is not possible to determine whether to activate \
                 max_report_size workaround"
            ),
            None => {}
        }
        if entry.has(Quirk::NoInterrupts) {
            log::info!(
                "interrupt pipe disabled (add 'pollonly' flag to 'ups.conf' to get rid of this \
                 message)"
            );
        }
    }

    fn adapt_delay(&mut self, identity: &Identity) {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (vendor, product) = (text(&identity.vendor), text(&identity.product));
        if self.options.has("lbrb_log_delay_sec") || !tests_look_low(&vendor, &product) {
            return;
        }
        self.delay.delay = Duration::from_secs(LOW_BATTERY_DELAY as u64);
        log::info!(
            "Defaulting lbrb_log_delay_sec={LOW_BATTERY_DELAY} for {vendor} model {product}{}",
            self.delay_hints()
        );
    }

    /// The options that go well with the delay and are not set.
    fn delay_hints(&self) -> String {
        let names = [
            "lbrb_log_delay_without_calibrating",
            "onlinedischarge_calibration",
            "onlinedischarge_log_throttle_sec",
        ];
        let missing: Vec<_> = names.into_iter().filter(|name| !self.options.has(name)).collect();
        match missing.as_slice() {
            [] => String::new(),
            [one] => format!("; consider also setting the {one} flag in your configuration"),
            more => format!(
                "; consider also setting the {} flag(s) in your configuration",
                more.join(" and/or ")
            ),
        }
    }

    /// Whether interrupt reports of a device are used.
    pub(super) fn uses_interrupts(&self, entry: &Device) -> bool {
        !self.poll_only && !entry.has(Quirk::NoInterrupts)
    }

    /// How many bytes to ask for, if the descriptor says `length`.
    pub(super) fn report_length(&self, length: usize) -> usize {
        if self.max_report { length.max(MAX_REPORT) } else { length }
    }

    /// Seconds between full updates, with the defaults of a maker.
    pub(super) fn poll_frequency(&self, maker: &str) -> i64 {
        let default = if maker == "cps" { POLL_FREQUENCY_CPS } else { POLL_FREQUENCY };
        self.poll_frequency.unwrap_or(default)
    }
}

/// The whole number a text begins with, as NUT 2.8.5 takes it: `30s` is 30, a zero is one only alone.
fn whole(text: &str) -> Option<i64> {
    Some(leading_int(text)).filter(|&number| number != 0 || text == "0")
}

fn throttle(options: &Options) -> Throttle {
    let mut throttle = Throttle::default();
    if let Some(text) = options.value("onlinedischarge_log_throttle_sec") {
        throttle.seconds = whole(text).map_or(30, |seconds| seconds.max(-1));
        if whole(text).is_none() {
            complain("onlinedischarge_log_throttle_sec", text, 30);
        }
    }
    if let Some(text) = options.value("onlinedischarge_log_throttle_hovercharge") {
        match whole(text).filter(|charge| (1..=100).contains(charge)) {
            Some(charge) => throttle.hover_charge = charge,
            None => complain("onlinedischarge_log_throttle_hovercharge", text, 100),
        }
    }
    throttle
}

fn low_battery_delay(options: &Options) -> LowBatteryDelay {
    const NAME: &str = "lbrb_log_delay_sec";
    let seconds = options.value(NAME).map_or(0, |text| {
        whole(text).filter(|seconds| *seconds >= 0).unwrap_or_else(|| {
            complain(NAME, text, LOW_BATTERY_DELAY);
            LOW_BATTERY_DELAY
        })
    });
    LowBatteryDelay {
        delay: Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
        always: options.has("lbrb_log_delay_without_calibrating"),
    }
}

fn complain(name: &str, text: &str, default: i64) {
    log::warn!("Warning: invalid value for {name}: {text}, defaulting to {default}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, Option<&str>)]) -> Settings {
        let mut options = Options::with_port("auto");
        given.iter().for_each(|(name, value)| options.set(name, *value));
        Settings::read(&options)
    }

    #[test]
    fn bad_values_are_replaced() {
        let settings = read(&[
            ("onlinedischarge_log_throttle_sec", Some("often")),
            ("onlinedischarge_log_throttle_hovercharge", Some("101")),
            ("lbrb_log_delay_sec", Some("-1")),
        ]);
        assert_eq!(settings.throttle, Throttle { seconds: 30, hover_charge: 100 });
        assert_eq!(settings.delay.delay, Duration::from_secs(3));
        for (text, seconds) in [("-7", -1), ("45s", 45), ("0", 0), ("0s", 30)] {
            let settings = read(&[("onlinedischarge_log_throttle_sec", Some(text))]);
            assert_eq!(settings.throttle.seconds, seconds, "{text}");
        }
    }

    #[test]
    fn makers_have_their_own_pace() {
        assert_eq!(read(&[]).poll_frequency("mge"), 30);
        assert_eq!(read(&[]).poll_frequency("cps"), 12);
        assert_eq!(read(&[("pollfreq", Some("-10"))]).poll_frequency("cps"), -10);
    }

    #[test]
    fn some_models_get_a_delay_and_some_a_fixed_size() {
        let identity = Identity {
            vendor: Some("APC".into()),
            product: Some("Back-UPS BX1600MI".into()),
            ..Identity::default()
        };
        let entry = Device { max_report_for: vec!["Back-UPS BX".into()], ..Device::default() };
        let mut settings = read(&[("onlinedischarge_calibration", None)]);
        settings.adapt(&identity, &entry);
        assert_eq!(settings.delay.delay, Duration::from_secs(3));
        assert_eq!((settings.report_length(3), settings.report_length(9)), (8, 9));
        assert_eq!(
            settings.delay_hints(),
            "; consider also setting the lbrb_log_delay_without_calibrating and/or \
             onlinedischarge_log_throttle_sec flag(s) in your configuration"
        );
        let mut given = read(&[("lbrb_log_delay_sec", Some("0"))]);
        given.adapt(&identity, &entry);
        assert_eq!(given.delay.delay, Duration::ZERO);
    }
}
