//! Status bits: what a device reports about itself, and what `ups.status`, `ups.alarm` and the
//! transfer reason become of it.
//!
//! Knows the words that conversions say, the order of the tokens and the doubtful combinations (on
//! line and discharging). Suppression of LB and RB in time is in `grace`. What the driver core adds
//! (ALARM, `ignorelb`, the charge trend) is not for here.

use std::fmt;

macro_rules! bits {
    ($($(#[$doc:meta])* $bit:ident = $word:literal $(, alarm $alarm:literal)?;)*) => {
        /// One thing a device can report about itself.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bit { $($(#[$doc])* $bit,)* }

        impl Bit {
            /// Every bit, in the order of this enum.
            pub const ALL: &'static [Bit] = &[$(Bit::$bit,)*];

            /// The word that sets it (with `!` in front: that clears it).
            pub const fn word(self) -> &'static str {
                match self { $(Bit::$bit => $word,)* }
            }

            /// Its sentence in `ups.alarm`.
            pub const fn alarm(self) -> Option<&'static str> {
                match self { $(Bit::$bit => bits!(@alarm $($alarm)?),)* }
            }
        }
    };
    (@alarm) => { None };
    (@alarm $alarm:literal) => { Some($alarm) };
}

bits! {
    /// Mains power is present.
    Online = "online";
    /// Mains power is absent.
    Offline = "offline";
    /// The battery feeds something.
    Discharging = "dischrg";
    /// The battery is being charged.
    Charging = "chrg";
    /// The battery is low.
    LowBattery = "lowbatt";
    /// Overload.
    Overload = "overload";
    /// The battery needs replacing.
    ReplaceBattery = "replacebatt", alarm "Replace battery!";
    /// The device is about to switch off.
    ShutdownImminent = "shutdownimm", alarm "Shutdown imminent!";
    /// The input voltage is being lowered.
    Trim = "trim";
    /// The input voltage is being raised.
    Boost = "boost";
    /// Bypass, by itself.
    BypassAuto = "bypassauto", alarm "Automatic bypass mode!";
    /// Bypass, by hand.
    BypassManual = "bypassman", alarm "Manual bypass mode!";
    /// Economy mode.
    EcoMode = "ecomode";
    /// Energy saver system mode.
    EssMode = "essmode";
    /// The load is not fed.
    Off = "off";
    /// A calibration is under way.
    Calibrating = "cal";
    /// Too warm.
    Overheat = "overheat", alarm "Temperature too high!";
    /// An internal fault.
    CommFault = "commfault", alarm "Internal UPS fault!";
    /// The battery is empty.
    Depleted = "depleted";
    /// Less runtime is left than the limit.
    TimeLimitExpired = "timelimitexp";
    /// The battery is full.
    FullyCharged = "fullycharged";
    /// The battery is not full.
    NotFullyCharged = "notfullycharged";
    /// Waits for mains power.
    AwaitingPower = "awaitingpower", alarm "Awaiting power!";
    /// A fan failed.
    FanFailure = "fanfail", alarm "Fan failure!";
    /// There is no battery.
    NoBattery = "nobattery", alarm "No battery installed!";
    /// Battery voltage too low.
    BatteryVoltageLow = "battvoltlo", alarm "Battery voltage too low!";
    /// Battery voltage too high.
    BatteryVoltageHigh = "battvolthi", alarm "Battery voltage too high!";
    /// The charger failed.
    ChargerFailure = "chargerfail", alarm "Battery charger fail!";
    /// The input voltage is out of range.
    VoltageRange = "vrange";
    /// The input frequency is out of range.
    FrequencyRange = "frange";
}

/// The order of the sentences in `ups.alarm` (NUT 2.8.5).
const ALARM_ORDER: [Bit; 12] = [
    Bit::ReplaceBattery,
    Bit::ShutdownImminent,
    Bit::FanFailure,
    Bit::NoBattery,
    Bit::BatteryVoltageLow,
    Bit::BatteryVoltageHigh,
    Bit::ChargerFailure,
    Bit::Overheat,
    Bit::CommFault,
    Bit::AwaitingPower,
    Bit::BypassAuto,
    Bit::BypassManual,
];

impl Bit {
    fn mask(self) -> u32 {
        1 << self as u32
    }

    /// The bit that cannot be true together with this one.
    fn opposite(self) -> Option<Bit> {
        match self {
            Bit::Online => Some(Bit::Offline),
            Bit::Offline => Some(Bit::Online),
            Bit::FullyCharged => Some(Bit::NotFullyCharged),
            Bit::NotFullyCharged => Some(Bit::FullyCharged),
            _ => None,
        }
    }
}

/// Whether `word` is one that conversions may say about the status.
pub fn is_word(word: &str) -> bool {
    let word = word.strip_prefix('!').unwrap_or(word);
    Bit::ALL.iter().any(|bit| bit.word() == word)
}

/// The set of bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bits(u32);

impl Bits {
    /// Whether a bit is set.
    pub fn has(self, bit: Bit) -> bool {
        self.0 & bit.mask() != 0
    }

    /// Whether one of the bits is set.
    pub fn any(self, bits: &[Bit]) -> bool {
        bits.iter().any(|&bit| self.has(bit))
    }

    /// Whether nothing at all is set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Sets a bit, and clears its opposite.
    pub fn set(&mut self, bit: Bit) {
        self.0 |= bit.mask();
        if let Some(opposite) = bit.opposite() {
            self.clear(opposite);
        }
    }

    /// Clears a bit.
    pub fn clear(&mut self, bit: Bit) {
        self.0 &= !bit.mask();
    }

    /// Does what a conversion's word says; false if the word says nothing about the status.
    pub fn apply(&mut self, word: &str) -> bool {
        let (name, set) = match word.strip_prefix('!') {
            Some(name) => (name, false),
            None => (word, true),
        };
        let Some(&bit) = Bit::ALL.iter().find(|bit| bit.word() == name) else { return false };
        if set {
            self.set(bit);
        } else {
            self.clear(bit);
        }
        true
    }

    /// The sentences of the set bits, in order.
    pub fn alarms(self) -> impl Iterator<Item = &'static str> {
        ALARM_ORDER.into_iter().filter(move |&bit| self.has(bit)).filter_map(Bit::alarm)
    }

    /// The value of `input.transfer.reason`, if there is one.
    pub fn transfer_reason(self) -> Option<&'static str> {
        match (self.has(Bit::VoltageRange), self.has(Bit::FrequencyRange)) {
            (true, _) => Some("input voltage out of range"),
            (false, true) => Some("input frequency out of range"),
            (false, false) => None,
        }
    }

    /// Words for `experimental.ups.mode.buzzwords`.
    pub fn buzzwords(self) -> impl Iterator<Item = &'static str> {
        [(Bit::EcoMode, "vendor:default:ECO"), (Bit::EssMode, "vendor:default:ESS")]
            .into_iter()
            .filter_map(move |(bit, word)| self.has(bit).then_some(word))
    }
}

impl fmt::Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set: Vec<_> = Bit::ALL.iter().filter(|&&bit| self.has(bit)).map(|b| b.word()).collect();
        f.write_str(&set.join(" "))
    }
}

/// How a device that says "on line" and "discharging" at once is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OnlineDischarge {
    /// As OB (option `onlinedischarge_onbattery`).
    pub on_battery: bool,
    /// As CAL (option `onlinedischarge_calibration`).
    pub calibration: bool,
}

/// `ups.status` in the making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens {
    /// CAL is set.
    pub calibrating: bool,
    /// Power and battery tokens in front of LB.
    pub before: Vec<&'static str>,
    /// The device counts as low on battery.
    pub low_battery: bool,
    /// The device is on line and discharging, and no option says what that means.
    pub doubtful: bool,
}

/// The tokens in front of LB. `charge` is `battery.charge` as a whole number, 0 if there is none.
pub fn compose(bits: Bits, charge: i64, doubt: OnlineDischarge) -> Tokens {
    let mut tokens = Tokens {
        calibrating: bits.has(Bit::Calibrating),
        low_battery: bits.any(&[Bit::LowBattery, Bit::TimeLimitExpired, Bit::ShutdownImminent]),
        ..Tokens::default()
    };
    let power = power(bits, doubt, &mut tokens);
    if tokens.calibrating {
        tokens.before.push("CAL");
    }
    tokens.before.extend(power);
    if bits.has(Bit::Discharging) && !bits.has(Bit::Depleted) {
        tokens.before.push("DISCHRG");
    }
    if is_charging(bits, charge) {
        tokens.before.push("CHRG");
    }
    tokens
}

/// OL, OB or nothing.
fn power(bits: Bits, doubt: OnlineDischarge, tokens: &mut Tokens) -> Option<&'static str> {
    let discharging = bits.has(Bit::Discharging);
    if !bits.has(Bit::Online) {
        return (bits.has(Bit::Offline) || discharging).then_some("OB");
    }
    if !discharging {
        return Some("OL");
    }
    tokens.calibrating |= doubt.calibration;
    match doubt {
        OnlineDischarge { on_battery: true, .. } => Some("OB"),
        OnlineDischarge { calibration: true, .. } => None,
        _ => {
            tokens.doubtful = !tokens.calibrating;
            Some("OL")
        }
    }
}

/// A full battery on trickle charge does not count as charging.
fn is_charging(bits: Bits, charge: i64) -> bool {
    let unknown = !bits.any(&[Bit::FullyCharged, Bit::NotFullyCharged]);
    bits.has(Bit::Charging)
        && (bits.has(Bit::NotFullyCharged) || unknown && (1..100).contains(&charge))
}

/// The tokens after RB.
pub fn after(bits: Bits) -> impl Iterator<Item = &'static str> {
    let bypass = bits.any(&[Bit::BypassAuto, Bit::BypassManual]);
    [
        (bits.has(Bit::Trim), "TRIM"),
        (bits.has(Bit::Boost), "BOOST"),
        (bypass, "BYPASS"),
        (bits.has(Bit::Off), "OFF"),
    ]
    .into_iter()
    .filter_map(|(set, token)| set.then_some(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(words: &str) -> Bits {
        let mut bits = Bits::default();
        for word in words.split_whitespace() {
            assert!(bits.apply(word), "{word}");
        }
        bits
    }

    fn status(words: &str, charge: i64, doubt: OnlineDischarge) -> String {
        compose(bits(words), charge, doubt).before.join(" ")
    }

    #[test]
    fn opposites_clear_each_other() {
        assert_eq!(bits("online offline").to_string(), "offline");
        assert_eq!(bits("offline !online").to_string(), "offline");
        assert_eq!(bits("fullycharged notfullycharged").to_string(), "notfullycharged");
        assert!(!Bits::default().apply("normal"));
        assert!(!is_word("yes") && is_word("!off"));
    }

    #[test]
    fn power_and_battery_tokens() {
        let none = OnlineDischarge::default();
        for (words, charge, text) in [
            ("", 0, ""),
            ("online", 0, "OL"),
            ("offline", 0, "OB"),
            ("dischrg", 0, "OB DISCHRG"),
            ("dischrg depleted", 0, "OB"),
            ("online chrg", 50, "OL CHRG"),
            ("online chrg", 100, "OL"),
            ("online chrg", 0, "OL"),
            ("online chrg notfullycharged", 100, "OL CHRG"),
            ("online chrg fullycharged", 50, "OL"),
            ("cal online", 0, "CAL OL"),
        ] {
            assert_eq!(status(words, charge, none), text, "{words}");
        }
    }

    #[test]
    fn on_line_and_discharging_is_what_the_options_say() {
        let shown = |on_battery, calibration| {
            status("online dischrg", 0, OnlineDischarge { on_battery, calibration })
        };
        assert_eq!(shown(false, false), "OL DISCHRG");
        assert_eq!(shown(true, false), "OB DISCHRG");
        assert_eq!(shown(false, true), "CAL DISCHRG");
        assert_eq!(shown(true, true), "CAL OB DISCHRG");
        let doubtful = |words| compose(bits(words), 0, OnlineDischarge::default()).doubtful;
        assert!(doubtful("online dischrg"));
        assert!(!doubtful("online dischrg cal"));
    }

    #[test]
    fn low_battery_has_three_causes() {
        for (words, low) in
            [("lowbatt", true), ("timelimitexp", true), ("shutdownimm", true), ("online", false)]
        {
            assert_eq!(compose(bits(words), 0, OnlineDischarge::default()).low_battery, low);
        }
    }

    #[test]
    fn the_rest_in_order() {
        let all =
            bits("off bypassman boost trim nobattery replacebatt frange vrange essmode ecomode");
        assert_eq!(after(all).collect::<Vec<_>>(), ["TRIM", "BOOST", "BYPASS", "OFF"]);
        let alarms: Vec<_> = all.alarms().collect();
        assert_eq!(alarms, ["Replace battery!", "No battery installed!", "Manual bypass mode!"]);
        assert_eq!(all.transfer_reason(), Some("input voltage out of range"));
        assert_eq!(bits("frange").transfer_reason(), Some("input frequency out of range"));
        assert_eq!(
            all.buzzwords().collect::<Vec<_>>(),
            ["vendor:default:ECO", "vendor:default:ESS"]
        );
    }
}
