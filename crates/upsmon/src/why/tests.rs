//! Nights as they are recorded, and the stories told of them.

use super::*;
use crate::notices::Kind;
use crate::record::{Entry, Record, Step};

/// A moment in an evening, in seconds.
fn entry(second: i64, ups: &str, step: Step, what: &str, why: &str) -> Entry {
    let (ups, what, why) = (ups.to_owned(), what.to_owned(), why.to_owned());
    let at = WallTime(1_795_557_000_000 + second * 1000);
    Entry { at, record: Record { ups, step, what, why } }
}

fn notice(second: i64, kind: Kind) -> Entry {
    entry(second, "u@h", Step::Notice(kind), kind.word(), "")
}

fn host(second: i64, step: Step) -> Entry {
    entry(second, "", step, step.word(), "")
}

fn tell(entries: &[Entry], wish: Wish) -> String {
    let file: String = entries.iter().map(Entry::line).collect();
    let times = Times { text: &WallTime::utc, zone: "UTC" };
    Story::read(&[file.into_bytes()]).tell(wish, times)
}

/// What happened, without the rest.
fn steps(entries: &[Entry], wish: Wish) -> Vec<String> {
    let text = tell(entries, wish);
    let lines = text.lines().filter(|line| line.starts_with("2026-"));
    lines.filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect()
}

/// Mains fail, the battery gets low, the host goes.
fn shutdown(second: i64) -> Vec<Entry> {
    vec![
        notice(second, Kind::OnBattery),
        entry(second + 60, "u@h", Step::Critical, "critical", ""),
        host(second + 60, Step::Supplies),
        host(second + 65, Step::Order),
        host(second + 66, Step::Outcome),
        host(second + 66, Step::Stop),
    ]
}

fn flicker(second: i64) -> Vec<Entry> {
    vec![notice(second, Kind::OnBattery), notice(second + 3, Kind::Online)]
}

fn silence(second: i64) -> Vec<Entry> {
    vec![notice(second, Kind::CommBad), notice(second + 3, Kind::CommOk)]
}

#[test]
fn a_story_is_a_table_with_times_and_causes() {
    let why = "by SHUTDOWNIF u@h onbattery FOR 60 (upsmon.conf line 9); last ups.status [OB]";
    let mut entries = shutdown(100);
    entries[0] = entry(100, "u@h", Step::Notice(Kind::OnBattery), "UPS u@h on battery", "[OB]");
    entries[1] = entry(160, "u@h", Step::Critical, "critical: on battery", why);
    let text = tell(&entries, Wish::Outage);
    let expected = "\
The last outage. Times are UTC; seconds count from its beginning.

time                    seconds  UPS     what, and why
2026-11-24T21:51:40Z       +0.0  u@h     UPS u@h on battery
                                           [OB]
2026-11-24T21:52:40Z      +60.0  u@h     critical: on battery
                                           by SHUTDOWNIF u@h onbattery FOR 60 (upsmon.conf line 9); last ups.status [OB]
2026-11-24T21:52:40Z      +60.0  (host)  supplies
2026-11-24T21:52:45Z      +65.0  (host)  order
2026-11-24T21:52:46Z      +66.0  (host)  outcome
2026-11-24T21:52:46Z      +66.0  (host)  stop

This host was told to go down.
";
    assert_eq!(text, expected);
}

#[test]
fn the_last_outage_goes_from_its_beginning_to_its_end() {
    let calm = || entry(20, "u@h", Step::Notice(Kind::ReplaceBattery), "REPLBATT", "");
    let entries = [flicker(0), vec![calm()], flicker(100), vec![calm()]].concat();
    assert_eq!(steps(&entries, Wish::Outage), ["ONBATT", "ONLINE"]);
    assert!(tell(&entries, Wish::Outage).contains("+3.0  u@h  ONLINE\n\nIt ended without"));
    // What is still wrong holds it open: the verdict, and another UPS.
    let other = entry(101, "v@h", Step::Waiting, "waiting", "");
    let fine = entry(130, "v@h", Step::Fine, "fine", "");
    let entries = [flicker(100), vec![other, calm(), fine, calm()]].concat();
    let expected = ["ONBATT", "ONLINE", "waiting", "REPLBATT", "fine"];
    assert_eq!(steps(&entries[..1], Wish::Outage), expected[..1]);
    let mut entries = entries;
    entries.swap(1, 2);
    assert_eq!(steps(&entries, Wish::Outage), ["ONBATT", "waiting", "ONLINE", "REPLBATT", "fine"]);
}

#[test]
fn lost_contact_alone_hides_no_outage() {
    let entries = [flicker(0), silence(50), vec![host(60, Step::Start)], silence(70)].concat();
    assert_eq!(steps(&entries, Wish::Outage), ["ONBATT", "ONLINE"]);
    // In an outage it belongs to it.
    let lost = notice(1, Kind::CommBad);
    let entries = [flicker(0)[..1].to_vec(), vec![lost], flicker(0)[1..].to_vec()].concat();
    let text = tell(&entries, Wish::Outage);
    assert!(text.ends_with("This is where the record ends: it may still go on.\n"), "{text}");
}

#[test]
fn a_shutdown_ends_with_the_next_start_and_is_found_behind_later_outages() {
    let back = vec![host(300, Step::Start)];
    let entries = [flicker(0), shutdown(100), back, silence(301), flicker(400)].concat();
    assert_eq!(steps(&entries, Wish::Outage), ["ONBATT", "ONLINE"]);
    let text = tell(&entries, Wish::Outage);
    assert!(text.contains("outage of 2026-11-24T21:51:40Z; upsmon --why shutdown"), "{text}");
    let story = ["ONBATT", "critical", "supplies", "order", "outcome", "stop", "start"];
    assert_eq!(steps(&entries, Wish::Shutdown), story);
    assert!(!tell(&shutdown(0), Wish::Outage).contains("--why shutdown"));
    assert_eq!(steps(&entries, Wish::All).len(), entries.len());
}

#[test]
fn forced_shutdowns_called_off_ones_and_forgotten_upses_end_too() {
    for (first, last) in [
        (host(1, Step::Asked), host(9, Step::Stop)),
        (host(1, Step::Supplies), host(9, Step::Cancel)),
        (notice(1, Kind::ForcedShutdown), entry(9, "u@h", Step::Fine, "fine", "")),
        (notice(1, Kind::OnBattery), entry(9, "u@h", Step::Forgotten, "forgotten", "")),
        (notice(1, Kind::OnBattery), notice(9, Kind::SuspendFinished)),
        (notice(1, Kind::OnBattery), host(9, Step::Start)),
    ] {
        let entries = [host(0, Step::Reload), first, last.clone(), host(10, Step::Reload)];
        let told = steps(&entries, Wish::Outage);
        assert_eq!((told.len(), told[1].as_str()), (2, last.record.what.as_str()));
    }
}

#[test]
fn nothing_to_tell_is_told() {
    let told = |entries: &[Entry], wish| tell(entries, wish);
    let nothing = "There is no outage on record: nothing was recorded yet.\n";
    assert_eq!(told(&[], Wish::Outage), nothing);
    let calm = [host(0, Step::Start), host(1, Step::Stop)];
    let since = "on record, which begins 2026-11-24T21:50:00Z (UTC).\n";
    assert_eq!(told(&calm, Wish::Outage), format!("There is no outage {since}"));
    assert_eq!(told(&calm, Wish::Shutdown), format!("There is no shutdown of this host {since}"));
    assert!(told(&calm, Wish::All).contains("(host)  stop\n"));
}

#[test]
fn broken_lines_are_counted_and_nothing_else_suffers() {
    let line = |entry: &Entry| entry.line().into_bytes();
    let [first, last] = [&flicker(0)[0], &flicker(0)[1]].map(line);
    let older = [&first[..], b"179555 ONBATT \"torn"].concat();
    let newer = [b"\xff\n\n", &last[..], b"1 2 3\n"].concat();
    let times = Times { text: &WallTime::utc, zone: "UTC" };
    let story = Story::read(&[older, newer]);
    let text = story.tell(Wish::Outage, times);
    assert!(text.contains("ONLINE\n\nIt ended"), "{text}");
    assert!(text.ends_with("3 line(s) of the record cannot be read.\n"), "{text}");
    assert!(!story.is_empty() && Story::read(&[vec![0; 10]]).is_empty());
}

#[test]
fn words_behind_why_are_few() {
    let wish = |words: &[&str]| {
        Wish::from_words(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(wish(&[]), Some(Wish::Outage));
    assert_eq!(wish(&["all"]), Some(Wish::All));
    assert_eq!(wish(&["shutdown"]), Some(Wish::Shutdown));
    assert_eq!((wish(&["al"]), wish(&["all", "all"])), (None, None));
}
