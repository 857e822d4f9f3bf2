//! The kinds of notices, their texts, and where each is to go.
//!
//! Knows NUT 2.8.5's NOTIFYTYPEs with their default texts, and how a text takes its names in. When a
//! notice is due is for `observed` and `monitor`, carrying it for `carrier`. Pure.

use std::collections::BTreeMap;
use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $text:literal;)*) => {
        /// A kind of notice (NOTIFYTYPE).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant,)*];

            /// The word in upsmon.conf and NOTIFYTYPE.
            pub const fn word(self) -> &'static str {
                match self { $(Kind::$variant => $word,)* }
            }

            /// The text where NOTIFYMSG sets none.
            pub const fn default_text(self) -> &'static str {
                match self { $(Kind::$variant => $text,)* }
            }
        }
    };
}

kinds! {
    /// Mains power is back.
    Online = "ONLINE", "UPS %s on line power";
    /// Mains power is gone.
    OnBattery = "ONBATT", "UPS %s on battery";
    /// The battery is low.
    LowBattery = "LOWBATT", "UPS %s battery is low";
    /// FSD is set.
    ForcedShutdown = "FSD", "UPS %s: forced shutdown in progress";
    /// The server answers again.
    CommOk = "COMMOK", "Communications with UPS %s established";
    /// The server, or its driver, does not answer.
    CommBad = "COMMBAD", "Communications with UPS %s lost";
    /// This host goes down.
    Shutdown = "SHUTDOWN", "Auto logout and shutdown proceeding";
    /// The primary waits for its secondaries.
    ShutdownHostSync = "SHUTDOWN_HOSTSYNC",
        "Shutdown initiated; primary system is waiting for secondaries to log out or time out";
    /// The battery needs replacing.
    ReplaceBattery = "REPLBATT", "UPS %s battery needs to be replaced";
    /// No contact for long.
    NoComm = "NOCOMM", "UPS %s is unavailable";
    /// The root process is gone.
    NoParent = "NOPARENT", "upsmon parent process died - shutdown impossible";
    /// Calibration began.
    Calibrating = "CAL", "UPS %s: calibration in progress";
    /// Calibration ended.
    NotCalibrating = "NOTCAL", "UPS %s: calibration finished";
    /// The outlets are off.
    Off = "OFF", "UPS %s: administratively OFF or asleep";
    /// The outlets are on again.
    NotOff = "NOTOFF", "UPS %s: no longer administratively OFF or asleep";
    /// Bypass began.
    Bypass = "BYPASS", "UPS %s: on bypass (powered, not protecting)";
    /// Bypass ended.
    NotBypass = "NOTBYPASS", "UPS %s: no longer on bypass";
    /// Economy mode began.
    Eco = "ECO", "UPS %s: in ECO mode (as defined by vendor)";
    /// Economy mode ended.
    NotEco = "NOTECO", "UPS %s: no longer in ECO mode";
    /// Alarms are active, or changed.
    Alarm = "ALARM", "UPS %s: one or more active alarms: [%s]";
    /// No alarm any more.
    NotAlarm = "NOTALARM", "UPS %s is no longer in an alarm state (no active alarms)";
    /// Overload.
    Overload = "OVER", "UPS %s: overloaded";
    /// No overload any more.
    NotOverload = "NOTOVER", "UPS %s: no longer overloaded";
    /// The input voltage is lowered.
    Trim = "TRIM", "UPS %s: trimming incoming voltage";
    /// No more.
    NotTrim = "NOTTRIM", "UPS %s: no longer trimming incoming voltage";
    /// The input voltage is raised.
    Boost = "BOOST", "UPS %s: boosting incoming voltage";
    /// No more.
    NotBoost = "NOTBOOST", "UPS %s: no longer boosting incoming voltage";
    /// Status words nobody knows appeared or changed.
    Other = "OTHER", "UPS %s: has at least one unclassified status token: [%s]";
    /// They are gone.
    NotOther = "NOTOTHER", "UPS %s has no unclassified status tokens anymore";
    /// The machine goes to sleep.
    SuspendStarting = "SUSPEND_STARTING", "OS is entering sleep/suspend/hibernate mode";
    /// The machine woke up.
    SuspendFinished = "SUSPEND_FINISHED",
        "OS just finished sleep/suspend/hibernate mode, de-activating obsolete UPS readings to avoid an unfortunate shutdown";
    /// The server does not count this host: it refused name, password or login (not in NUT).
    NoLogin = "NOLOGIN", "UPS %s: the server refused the login, this host is not counted: %s";
}

impl Kind {
    /// The kind of this word, in any letter case.
    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.word().eq_ignore_ascii_case(word))
    }

    /// Whether it is about one UPS; the others are about this host.
    pub fn is_about_a_ups(self) -> bool {
        self.default_text().contains("%s")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Where a kind of notice goes (NOTIFYFLAG).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flags {
    /// SYSLOG: the log.
    pub syslog: bool,
    /// WALL: all terminals.
    pub wall: bool,
    /// EXEC: NOTIFYCMD.
    pub exec: bool,
}

impl Flags {
    /// Nowhere (IGNORE).
    pub const NONE: Flags = Flags { syslog: false, wall: false, exec: false };
}

impl Default for Flags {
    fn default() -> Flags {
        Flags { syslog: true, wall: true, exec: false }
    }
}

/// NOTIFYMSG and NOTIFYFLAG, where they differ from the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct NoticeSettings {
    /// Texts set by NOTIFYMSG.
    pub texts: BTreeMap<Kind, String>,
    /// Ways set by NOTIFYFLAG.
    pub flags: BTreeMap<Kind, Flags>,
}

/// A notice ready to be carried.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Notice {
    /// NOTIFYTYPE
    pub kind: Kind,
    /// UPSNAME: the identifier, empty where the notice is about no UPS.
    pub ups: String,
    /// The message.
    pub text: String,
    /// Where to.
    pub flags: Flags,
}

impl NoticeSettings {
    /// The notice of this kind about `ups` (empty for none). `extra` is what the second `%s` of a text
    /// stands for: alarms, unknown words.
    pub fn notice(&self, kind: Kind, ups: &str, extra: &str) -> Notice {
        let text = self.texts.get(&kind).map_or(kind.default_text(), String::as_str);
        Notice {
            kind,
            ups: ups.to_owned(),
            text: fill(text, ups, extra),
            flags: self.flags.get(&kind).copied().unwrap_or_default(),
        }
    }
}

/// Puts the name in the place of the first `%s` and the extra text in that of the second. Everything
/// else, other `%` signs too, stays: in NUT 2.8.5 they empty the message or fill it with an old one.
fn fill(text: &str, ups: &str, extra: &str) -> String {
    let mut parts = text.splitn(3, "%s");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for (part, word) in parts.zip([ups, extra]) {
        filled.push_str(word);
        filled.push_str(part);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_take_name_and_extra_and_nothing_else() {
        for (text, filled) in [
            ("plain 100%", "plain 100%"),
            ("100% sure %s", "100% sure u@h"),
            ("%s: [%s] %d", "u@h: [x] %d"),
            ("%s %s %s", "u@h x %s"),
        ] {
            assert_eq!(fill(text, "u@h", "x"), filled);
        }
        assert_eq!(fill("%s|%s", "%s", "y"), "%s|y", "names are not read for more");
    }

    #[test]
    fn a_notice_is_made_of_settings_and_defaults() {
        let mut settings = NoticeSettings::default();
        settings.texts.insert(Kind::OnBattery, "dark at %s".to_owned());
        settings.flags.insert(Kind::OnBattery, Flags::NONE);
        let notice = settings.notice(Kind::OnBattery, "u", "");
        assert_eq!((notice.text.as_str(), notice.flags), ("dark at u", Flags::NONE));
        let notice = settings.notice(Kind::Alarm, "u", "hot");
        assert_eq!(notice.text, "UPS u: one or more active alarms: [hot]");
        assert_eq!(notice.flags, Flags { syslog: true, wall: true, exec: false });
    }

    #[test]
    fn kinds_have_words_of_their_own() {
        for &kind in Kind::ALL {
            assert_eq!(Kind::from_word(&kind.word().to_ascii_lowercase()), Some(kind));
        }
        assert!(!Kind::NoParent.is_about_a_ups() && Kind::Alarm.is_about_a_ups());
    }
}
