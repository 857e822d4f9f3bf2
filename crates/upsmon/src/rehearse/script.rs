//! What every UPS does in a rehearsal, and when: mains power fails, the battery gets low, a primary
//! elsewhere sets FSD. Pure.

use crate::action::{NoAnswer, Sample, Time};
use crate::settings::{Condition, Role, Settings, Threshold, UpsSettings};
use crate::timeline::Row;
use nut_proto::status::{Status, Token};
use std::time::Duration;

/// Longer a battery is not watched running empty.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after the last of the times in SHUTDOWNIF a battery of unknown runtime is low.
const MARGIN: Duration = Duration::from_secs(60);

/// What is known of a UPS beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// The sample of now; none where the server gave none.
    pub sample: Option<Sample>,
    /// `battery.runtime`, less `battery.runtime.low`: until the battery is low.
    pub runtime: Option<Duration>,
    /// Addresses of the logins besides this host's; none where the server does not tell.
    pub others: Option<Vec<String>>,
}

/// The part of one UPS.
#[derive(Debug, Clone)]
pub struct Part {
    name: String,
    present: Present,
    /// When the battery is low.
    low: Time,
    /// Why then.
    low_why: String,
    /// When FSD shows, if another host sets it.
    fsd: Option<Time>,
}

impl Part {
    /// The part of a UPS in an outage.
    pub fn new(ups: &UpsSettings, present: Present, settings: &Settings) -> Part {
        let (low, low_why) = low(ups, &present, settings);
        let is_set = present.sample.as_ref().is_some_and(|sample| says_fsd(&sample.status));
        // The primary sees the low battery one poll later at the latest.
        let primary = (ups.role == Role::Secondary).then(|| low + settings.poll_freq_alert);
        let fsd = if is_set { Some(Time::ZERO) } else { primary };
        Part { name: ups.name.clone(), present, low, low_why, fsd }
    }

    /// The identifier.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a poll finds. The first poll comes just before mains power fails.
    pub fn sample(&self, now: Time) -> Sample {
        let begun = now > Time::ZERO;
        let words = [
            ("FSD", self.fsd.is_some_and(|fsd| now >= fsd)),
            (if begun { "OB DISCHRG" } else { "OL" }, true),
            ("LB", begun && now >= self.low),
        ];
        let words: Vec<&str> = words.iter().filter(|(_, on)| *on).map(|(word, _)| *word).collect();
        Sample { status: words.join(" "), ..Sample::default() }
    }

    /// Logins at the server, this host's among them; an error where it does not tell.
    pub fn logins(&self) -> Result<u32, NoAnswer> {
        let others = self.present.others.as_ref().map(Vec::len);
        let others = others.and_then(|others| u32::try_from(others).ok());
        let unknown = || NoAnswer::Lost("not known".to_owned());
        others.map(|others| others.saturating_add(1)).ok_or_else(unknown)
    }

    /// The addresses of the others; none where there are no others, or none are known.
    pub fn others(&self) -> Option<String> {
        let others = self.present.others.as_deref().filter(|others| !others.is_empty())?;
        Some(others.join(", "))
    }

    /// When everything has happened.
    pub fn end(&self) -> Time {
        self.fsd.unwrap_or_default().max(self.low)
    }

    /// What happens to this UPS by itself, in order.
    pub fn events(&self, settings: &Settings) -> Vec<(Time, Row)> {
        let row = |at: Time, what: &str, why: &str| (at, self.row(what, why));
        let mut events = vec![row(Time::ZERO, "mains power fails", "assumed")];
        let mine = settings.thresholds.iter().filter(|threshold| threshold.ups == self.name);
        events.extend(mine.filter_map(|threshold| self.variable(threshold, settings)));
        events.push(row(self.low, "the battery is low", &self.low_why));
        match self.fsd {
            Some(Time::ZERO) => events.push(row(Time::ZERO, "FSD is set", "as it is now already")),
            Some(at) => events.push(row(at, "its primary sets FSD", "assumed")),
            None => {}
        }
        events.sort_by_key(|(at, _)| *at);
        events
    }

    /// Nobody knows when a value will be reached, only what follows.
    fn variable(&self, threshold: &Threshold, settings: &Settings) -> Option<(Time, Row)> {
        let Condition::Variable { name, .. } = &threshold.condition else { return None };
        let sample = self.present.sample.as_ref();
        let now = sample.and_then(|sample| sample.variables.get(name)).map(String::as_str);
        let lasting = match threshold.lasting.as_secs() {
            0 => String::new(),
            seconds => format!(" for {seconds} s"),
        };
        let condition = &threshold.condition;
        let what = format!("critical as soon as {condition}{lasting}, should that come first");
        let now = now.unwrap_or("not known");
        let (file, line) = (&settings.origins.file, threshold.line);
        let why = format!("by {threshold} ({file} line {line}); {name} is {now} now");
        Some((Time::ZERO, self.row(&what, &why)))
    }

    fn row(&self, what: &str, why: &str) -> Row {
        let (ups, what, why) = (self.name.clone(), what.to_owned(), why.to_owned());
        Row { ups, what, why, ..Row::default() }
    }
}

/// When the battery is low: by what the UPS says of itself, or else after everything else has come.
fn low(ups: &UpsSettings, present: &Present, settings: &Settings) -> (Time, String) {
    if let Some(runtime) = present.runtime.filter(|runtime| *runtime <= LONGEST) {
        return (
            runtime.max(Duration::from_secs(1)),
            "by the UPS's battery.runtime of now".to_owned(),
        );
    }
    let times = settings.thresholds.iter().filter(|threshold| {
        threshold.ups == ups.name && threshold.condition == Condition::OnBattery
    });
    let last = times.map(|threshold| threshold.lasting).max().unwrap_or_default();
    let why = "at some time: how long the battery lasts is not known".to_owned();
    (last.min(LONGEST) + MARGIN, why)
}

fn says_fsd(status: &str) -> bool {
    Status::parse(status).has(Token::ForcedShutdown)
}
