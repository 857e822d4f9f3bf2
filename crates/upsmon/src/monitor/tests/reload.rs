//! New settings while watching.

use super::*;

#[test]
fn reload_keeps_what_is_known_and_gives_defaults_back() {
    let lines = [ups("a", 1, Role::Primary), ups("b", 1, Role::Secondary)];
    let mut night = Night::new(Settings { final_delay: seconds(1), ..settings(&lines) });
    night.shows[0] = "OB LB";
    night.until(6);
    night.log.clear();
    let lines = [ups("c", 1, Role::Secondary), ups("a", 2, Role::Primary)];
    night.monitor.on_reload(night.now, settings(&lines));
    assert_eq!(night.monitor.settings().final_delay, seconds(5));
    night.perform();
    assert_eq!(night.log, ["6 watch 2", "6 forget 1"]);
    let verdicts: Vec<_> = night
        .monitor
        .verdicts()
        .map(|(id, name, v)| (id.0, name.to_owned(), v.is_critical()))
        .collect();
    assert_eq!(verdicts, [(2, "c".to_owned(), false), (0, "a".to_owned(), true)]);
    night.log.clear();
    let lines = [ups("a", 2, Role::Secondary)];
    night.monitor.on_reload(night.now, settings(&lines));
    night.perform();
    assert!(night.log.contains(&"6 watch 3".to_owned()), "a new role, a new connection");
    assert!(night.log.contains(&"6 forget 0".to_owned()));
}

#[test]
fn a_reload_that_is_refused_changes_nothing_and_goes_on_record() {
    let mut night = Night::new(primary());
    let before = night.monitor.clone();
    night.monitor.on_reload_refused("upsmon.conf:3:1: a word");
    let record = Record {
        ups: String::new(),
        step: Step::Refused,
        what: "a reload is refused: the old configuration stays in force".to_owned(),
        why: "upsmon.conf:3:1: a word".to_owned(),
    };
    assert_eq!(night.monitor.take_actions(), [Action::Record(record)]);
    assert_eq!(night.monitor, before);
}

#[test]
fn no_supply_is_missed_at_a_reload_by_a_rule_that_is_gone() {
    let lines = [ups("a", 1, Role::Primary), ups("b", 1, Role::Primary)];
    let condition = Condition::OnBattery;
    let threshold = Threshold { ups: "b".to_owned(), condition, lasting: seconds(1), line: 1 };
    let mut night = Night::new(Settings { thresholds: vec![threshold], ..settings(&lines) });
    night.shows[1] = "OB";
    night.until(10);
    let critical = |night: &Night| night.monitor.verdicts().filter(|v| v.2.is_critical()).count();
    assert_eq!(critical(&night), 1);
    night.monitor.on_reload(night.now, Settings { min_supplies: 2, ..settings(&lines) });
    assert_eq!(critical(&night), 0);
    assert!(!night.monitor.is_leaving());
}
