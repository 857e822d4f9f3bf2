//! One step of the story that `upsmon --why` tells, and its form as a line of text.
//!
//! A line is NUT's grammar of words: time, kind of step, UPS, what happened, why. Text from servers
//! and files is in it, so whatever is not plain is taken out on the way in and on the way out. Pure.

use crate::notices::Kind;
use nut_daemon::clock::WallTime;
use nut_proto::line::{Parsed, WORD_MAX, parse, quote};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    /// The identifier; empty where it is about this host.
    pub ups: String,
    /// What kind of step.
    pub step: Step,
    /// What happened, in words for people.
    pub what: String,
    /// The cause: rule, directive with its line, samples. Empty where there is nothing to say.
    pub why: String,
}

/// A kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// upsmon began to watch.
    Start,
    /// upsmon ended.
    Stop,
    /// New settings were taken over.
    Reload,
    /// New settings were refused, the old ones stay.
    Refused,
    /// A UPS is not watched any more.
    Forgotten,
    /// A notice was given.
    Notice(Kind),
    /// The verdict on a UPS: no reason to go down.
    Fine,
    /// The verdict on a UPS: critical at a later time, unless something changes.
    Waiting,
    /// The verdict on a UPS: it does not count any more.
    Critical,
    /// Too few supplies are left: a shutdown begins.
    Supplies,
    /// Somebody wants this host to go down.
    Asked,
    /// FSD is set, or could not be.
    SetFsd,
    /// A wait of a shutdown begins or ends.
    Wait,
    /// An order to the root process.
    Order,
    /// What became of an order.
    Outcome,
    /// A shutdown is called off.
    Cancel,
}

/// Steps that are no notices, with their words. Notices have their NOTIFYTYPE, in capitals.
const WORDS: [(Step, &str); 15] = [
    (Step::Start, "start"),
    (Step::Stop, "stop"),
    (Step::Reload, "reload"),
    (Step::Refused, "refused"),
    (Step::Forgotten, "forgotten"),
    (Step::Fine, "fine"),
    (Step::Waiting, "waiting"),
    (Step::Critical, "critical"),
    (Step::Supplies, "supplies"),
    (Step::Asked, "asked"),
    (Step::SetFsd, "set-fsd"),
    (Step::Wait, "wait"),
    (Step::Order, "order"),
    (Step::Outcome, "outcome"),
    (Step::Cancel, "cancel"),
];

impl Step {
    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Step::Notice(kind) => kind.word(),
            _ => WORDS.iter().find(|(step, _)| *step == self).map_or("", |(_, word)| word),
        }
    }

    /// The step of this word.
    pub fn from_word(word: &str) -> Option<Step> {
        let own = WORDS.iter().find(|(_, known)| *known == word).map(|(step, _)| *step);
        let notice = || Kind::ALL.iter().find(|kind| kind.word() == word);
        own.or_else(|| notice().map(|kind| Step::Notice(*kind)))
    }
}

/// A step and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: WallTime,
    /// What.
    pub record: Record,
}

impl Entry {
    /// The line of the file, with its line feed. Long texts are cut.
    pub fn line(&self) -> String {
        let Record { ups, step, what, why } = &self.record;
        let texts = [ups, what, why].map(|text| quote(&plain(text)));
        let [ups, what, why] = texts;
        format!("{} {} {ups} {what} {why}\n", self.at.0, step.word())
    }

    /// Reads one line, with or without its line feed. None for anything that is not one: a line that
    /// was cut off, or the step of a later version.
    pub fn parse(line: &[u8]) -> Option<Entry> {
        let mut bytes = line.strip_suffix(b"\n").unwrap_or(line).to_vec();
        bytes.push(b'\n');
        let Parsed::Line(line, _) = parse(&bytes) else { return None };
        let [at, step, ups, what, why] = line.texts()[..] else { return None };
        let (at, step) = (WallTime(at.parse().ok()?), Step::from_word(step)?);
        let [ups, what, why] = [ups, what, why].map(plain);
        Some(Entry { at, record: Record { ups, step, what, why } })
    }
}

/// Printable ASCII and no more of it than a word holds: nothing here may steer a terminal.
fn plain(text: &str) -> String {
    let mark = |c| if matches!(c, ' '..='~') { c } else { '?' };
    text.chars().take(WORD_MAX).map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(step: Step, what: &str, why: &str) -> Entry {
        let (ups, what, why) = ("u@h".to_owned(), what.to_owned(), why.to_owned());
        Entry { at: WallTime(1_795_557_353_123), record: Record { ups, step, what, why } }
    }

    #[test]
    fn lines_read_back() {
        let steps = WORDS.iter().map(|(step, _)| *step);
        for step in steps.chain(Kind::ALL.iter().map(|kind| Step::Notice(*kind))) {
            let entry = entry(step, r#"run "x" \ #1 = 2"#, "");
            assert_eq!(Entry::parse(entry.line().as_bytes()), Some(entry));
        }
        let line = entry(Step::Notice(Kind::OnBattery), "UPS u@h on battery", "[OB]").line();
        assert_eq!(line, "1795557353123 ONBATT \"u@h\" \"UPS u@h on battery\" \"[OB]\"\n");
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_in_or_out() {
        let line = entry(Step::Start, "a\nb\u{1b}[2Jc\u{e9}\u{7f}", &"x".repeat(600)).line();
        assert_eq!(line.matches('\n').count(), 1);
        let back = Entry::parse(line.as_bytes()).unwrap().record;
        assert_eq!((back.what.as_str(), back.why.len()), ("a?b?[2Jc??", WORD_MAX));
        let back = Entry::parse(b"1 start \"\" \"a\x1b[2J\x7f\" \"\"").unwrap().record;
        assert_eq!(back.what, "a[2J?");
    }

    #[test]
    fn broken_lines_are_none() {
        for line in [
            "",
            "\n",
            "1 start \"\" \"a\"\n",
            "1 start \"\" \"a\" \"b\" c\n",
            "1 start \"\" \"a\" \"b",
            "x start \"\" \"a\" \"b\"\n",
            "1 Onbatt \"\" \"a\" \"b\"\n",
            "1 start \"\" \"a\" \"b # c\"\n",
            "99999999999999999999 start \"\" \"a\" \"b\"\n",
        ] {
            assert_eq!(Entry::parse(line.as_bytes()), None, "{line:?}");
        }
        assert_eq!(Entry::parse(b"\xff\xfe\0"), None);
    }
}
