//! Whole nights with an invented clock: what happens and when on the left, what must be done on the
//! right.

mod reload;
mod restarts;

use super::*;
use crate::action::NoAnswer;
use crate::order::{Order, Outcome};
use crate::settings::{Condition, Op, ShutdownExit, Threshold, UpsSettings};
use std::collections::VecDeque;

/// A monitor, its clock, and servers that answer as they are told.
struct Night {
    monitor: Monitor,
    now: Time,
    /// What the UPS of each number shows; `-` fails the poll, `?` never answers.
    shows: Vec<&'static str>,
    variables: Vec<(&'static str, &'static str)>,
    /// Logins at every server, this host's own among them; none fails.
    logins: Option<u32>,
    fsd: Result<(), NoAnswer>,
    log: Vec<String>,
}

fn ups(name: &str, power_value: u32, role: Role) -> UpsSettings {
    let (user, password) = ("mon".to_owned(), "pw".to_owned());
    UpsSettings { name: name.to_owned(), spec: None, power_value, user, password, role }
}

fn settings(lines: &[UpsSettings]) -> Settings {
    Settings {
        ups: lines.to_vec(),
        shutdown_cmd: Some("halt".to_owned()),
        power_down_flag: Some("/killpower".to_owned()),
        ..Settings::default()
    }
}

fn primary() -> Settings {
    settings(&[ups("a", 1, Role::Primary)])
}

fn secondary() -> Settings {
    settings(&[ups("a", 1, Role::Secondary)])
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

impl Night {
    fn new(settings: Settings) -> Night {
        let shows = vec!["OL"; settings.ups.len()];
        let mut night = Night {
            monitor: Monitor::new(seconds(0), settings),
            now: seconds(0),
            shows,
            variables: Vec::new(),
            logins: Some(1),
            fsd: Ok(()),
            log: Vec::new(),
        };
        for ups in 0..night.shows.len() {
            night.monitor.on_report(seconds(0), UpsId(ups), Report::LoggedIn);
        }
        night.until(0);
        night
    }

    /// Lets time pass until this second; answers come at once.
    fn until(&mut self, second: u64) {
        let end = seconds(second);
        loop {
            self.perform();
            match self.monitor.next_deadline() {
                Some(due) if due <= end => self.now = self.now.max(due),
                _ => break,
            }
            self.monitor.on_tick(self.now);
        }
        self.now = end;
    }

    fn perform(&mut self) {
        let mut actions: VecDeque<Action> = self.monitor.take_actions().into();
        while let Some(action) = actions.pop_front() {
            self.act(action);
            actions.extend(self.monitor.take_actions());
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Poll { ups, variables } => self.poll(ups, &variables),
            Action::SetFsd(ups) => {
                self.note(format!("FSD {}", ups.0));
                self.report(ups, Report::FsdSet(self.fsd.clone()));
            }
            Action::AskLogins(ups) => {
                let logins =
                    self.logins.ok_or_else(|| NoAnswer::Lost("Driver not connected".to_owned()));
                self.report(ups, Report::Logins(logins));
            }
            Action::Notify(notice) => self.note(format!("{} {}", notice.kind, notice.ups)),
            Action::Order(order) => {
                self.note(format!("{order:?}"));
                if order == Order::Shutdown {
                    self.monitor.on_outcome(self.now, order, Outcome::Done);
                }
            }
            Action::Log(Level::Crit | Level::Alert, text) => self.note(text),
            Action::Exit(status) => self.note(format!("exit {status}")),
            Action::Disconnect => self.note("disconnect".to_owned()),
            Action::AskAnew(ups) => self.note(format!("ask anew {}", ups.0)),
            Action::Reconnect(ups) => self.note(format!("reconnect {}", ups.0)),
            Action::Watch { ups, .. } => self.note(format!("watch {}", ups.0)),
            Action::Forget(ups) => self.note(format!("forget {}", ups.0)),
            Action::Log(..) | Action::Wall(_) | Action::Record(_) => {}
        }
    }

    fn poll(&mut self, ups: UpsId, wanted: &[String]) {
        let known = |name: &String| self.variables.iter().find(|(known, _)| known == name);
        let report = match self.shows.get(ups.0).copied().unwrap_or("OL") {
            "?" => return,
            "-" => Report::Failed(PollFailure::DataStale),
            status => Report::Sample(Sample {
                status: status.to_owned(),
                variables: wanted
                    .iter()
                    .filter_map(known)
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
                ..Sample::default()
            }),
        };
        self.report(ups, report);
    }

    fn report(&mut self, ups: UpsId, report: Report) {
        self.monitor.on_report(self.now, ups, report);
    }

    fn note(&mut self, text: String) {
        self.log.push(format!("{} {}", self.now.as_secs_f64(), text.trim_end()));
    }

    /// What was done since the last time this was asked, without the verdicts.
    fn did(&mut self, expected: &[&str]) {
        self.log.retain(|line| !line.contains("UPS [") && !line.contains(" watch "));
        assert_eq!(self.log, expected);
        self.log.clear();
    }
}

#[test]
fn a_lone_primary_goes_down() {
    let mut night = Night::new(primary());
    night.until(12);
    night.shows[0] = "OB LB";
    night.until(60);
    night.did(&[
        "15 ONBATT a",
        "15 LOWBATT a",
        "15 Too few UPS(es) are healthy (0<1), initiating forced shutdown",
        "15 FSD 0",
        "15 FSD a",
        "15 Executing automatic power-fail shutdown",
        "15 SHUTDOWN",
        "20 Announce",
        "20 WriteFlag",
        "20 Shutdown",
        "20 disconnect",
        "20 exit 0",
    ]);
}

#[test]
fn a_primary_waits_for_its_secondaries() {
    let mut night = Night::new(primary());
    night.logins = Some(3);
    night.shows[0] = "FSD OL";
    night.until(8);
    night.logins = Some(1);
    night.until(60);
    night.did(&[
        "5 FSD a",
        "5 Too few UPS(es) are healthy (0<1), initiating forced shutdown",
        "5 FSD 0",
        "5 SHUTDOWN_HOSTSYNC",
        "8.25 Executing automatic power-fail shutdown",
        "8.25 SHUTDOWN",
        "13.25 Announce",
        "13.25 WriteFlag",
        "13.25 Shutdown",
        "13.25 disconnect",
        "13.25 exit 0",
    ]);
}

#[test]
fn hostsync_ends_the_wait_for_those_who_stay_and_for_no_answer() {
    for logins in [Some(2), None] {
        let mut night = Night::new(primary());
        night.logins = logins;
        night.monitor.on_user_fsd(seconds(0));
        night.until(15);
        let begin = night.log.len();
        night.until(60);
        let rest: Vec<&str> = night.log[begin..].iter().map(String::as_str).collect();
        assert_eq!(
            rest,
            [
                "15.001 Executing automatic power-fail shutdown",
                "15.001 SHUTDOWN",
                "20.001 Announce",
                "20.001 WriteFlag",
                "20.001 Shutdown",
                "20.001 disconnect",
                "20.001 exit 0",
            ]
        );
    }
}

#[test]
fn one_login_is_somebody_else_where_ours_was_refused() {
    let mut night = Night::new(primary());
    night.report(UpsId(0), Report::LoginRefused("ERR ACCESS-DENIED".to_owned()));
    night.perform();
    night.did(&["0 NOLOGIN a"]);
    night.monitor.on_user_fsd(seconds(0));
    night.until(10);
    assert!(night.log.iter().any(|line| line == "0 SHUTDOWN_HOSTSYNC"), "{:?}", night.log);
    night.logins = Some(0);
    night.until(11);
    assert!(night.log.iter().any(|line| line.ends_with("SHUTDOWN")), "{:?}", night.log);
}

#[test]
fn a_failed_fsd_is_tried_again_unless_refused() {
    let count = |why: NoAnswer, logins| {
        let mut night = Night::new(primary());
        (night.fsd, night.logins) = (Err(why), logins);
        night.monitor.on_user_fsd(seconds(0));
        night.until(60);
        night.log.iter().filter(|line| line.ends_with("FSD 0")).count()
    };
    let lost = NoAnswer::Lost("Driver not connected".to_owned());
    let refused = NoAnswer::Refused("ERR ACCESS-DENIED".to_owned());
    assert_eq!(count(lost, None), 16);
    assert_eq!(count(refused, Some(2)), 1);
}

#[test]
fn a_secondary_goes_on_fsd_at_once_and_sets_none() {
    let mut night = Night::new(secondary());
    night.shows[0] = "OB LB";
    night.until(12);
    night.shows[0] = "FSD OB LB";
    night.until(60);
    night.did(&[
        "5 ONBATT a",
        "5 LOWBATT a",
        "15 FSD a",
        "15 Too few UPS(es) are healthy (0<1), initiating forced shutdown",
        "15 Executing automatic power-fail shutdown",
        "15 SHUTDOWN",
        "20 Announce",
        "20 WriteFlag",
        "20 Shutdown",
        "20 disconnect",
        "20 exit 0",
    ]);
}

#[test]
fn one_of_two_supplies_may_fail() {
    let lines =
        [ups("a", 1, Role::Primary), ups("b", 1, Role::Primary), ups("c", 0, Role::Primary)];
    let mut night = Night::new(settings(&lines));
    night.shows[0] = "OB LB";
    night.shows[2] = "OB LB";
    night.until(100);
    night.did(&["5 ONBATT a", "5 LOWBATT a", "5 ONBATT c", "5 LOWBATT c"]);
    night.shows[1] = "OB LB";
    night.until(101);
    night.shows[0] = "OL";
    night.until(105);
    night.did(&["105 ONLINE a", "105 ONBATT b", "105 LOWBATT b"]);
}

#[test]
fn an_observer_never_goes_by_itself() {
    let mut night = Night::new(Settings { min_supplies: 0, ..primary() });
    night.shows[0] = "FSD OB LB";
    night.until(1000);
    night.did(&["5 FSD a", "5 ONBATT a", "5 LOWBATT a"]);
}

#[test]
fn silence_on_battery_is_believed_after_deadtime() {
    let mut night = Night::new(Settings { final_delay: seconds(0), ..primary() });
    night.shows[0] = "OB";
    night.until(7);
    night.shows[0] = "-";
    night.logins = None;
    night.until(20);
    night.did(&["5 ONBATT a", "10 COMMBAD a"]);
    night.until(21);
    assert_eq!(
        night.log[1],
        "20.001 Too few UPS(es) are healthy (0<1), initiating forced shutdown"
    );
}

#[test]
fn each_ups_has_its_own_pace() {
    let lines = [ups("a", 1, Role::Primary), ups("b", 1, Role::Primary)];
    let mut night = Night::new(Settings {
        poll_freq: seconds(30),
        poll_freq_alert: seconds(2),
        ..settings(&lines)
    });
    night.shows = vec!["OB", "?"];
    night.until(30);
    night.shows[0] = "OL";
    night.until(32);
    night.did(&["30 ONBATT a", "32 ONLINE a"]);
    night.shows[0] = "OB LB";
    night.until(62);
    night.did(&["62 ONBATT a", "62 LOWBATT a"]);
}

#[test]
fn the_first_threshold_to_hold_wins() {
    let condition = |name: &str, value| Condition::Variable {
        name: name.to_owned(),
        op: Op::Less,
        value: crate::decimal::Decimal::parse(value).unwrap(),
    };
    let threshold = |condition, lasting| Threshold {
        ups: "a".to_owned(),
        condition,
        lasting: seconds(lasting),
        line: 1,
    };
    let thresholds = vec![
        threshold(Condition::OnBattery, 600),
        threshold(condition("battery.charge", "40"), 20),
        threshold(condition("battery.runtime", "300"), 0),
    ];
    let settings = Settings { thresholds, ..secondary() };
    let down = |charge, runtime| {
        let mut night = Night::new(settings.clone());
        night.variables = vec![("battery.charge", charge), ("battery.runtime", runtime)];
        night.until(2000);
        assert!(
            night.log.iter().all(|line| line.contains("watch")),
            "on line power nothing counts"
        );
        night.log.clear();
        night.shows[0] = "OB";
        night.until(4000);
        let begin = night.log.iter().find(|line| line.contains("Too few"))?;
        begin.split('.').next()?.split(' ').next()?.parse::<u64>().ok().map(|at| at - 2005)
    };
    assert_eq!(down("90", "3000"), Some(600));
    assert_eq!(down("39", "3000"), Some(20));
    assert_eq!(down("39", "299"), Some(0));
    assert_eq!(down("", "nan"), Some(600));
}

#[test]
fn power_that_returns_in_time_calls_it_off() {
    let mut night = Night::new(Settings { shutdown_cancel: true, ..primary() });
    night.shows[0] = "OB LB";
    night.until(7);
    night.shows[0] = "OL";
    night.until(60);
    night.did(&[
        "5 ONBATT a",
        "5 LOWBATT a",
        "5 Too few UPS(es) are healthy (0<1), initiating forced shutdown",
        "5 Shutdown in 5 s unless power returns (SHUTDOWNCANCEL)",
        "10 ONLINE a",
        "10 Shutdown called off: 1 supplies are healthy again",
    ]);
    night.shows[0] = "OB LB";
    night.until(90);
    let kinds: Vec<&str> = night.log.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(kinds.last(), Some(&"exit"), "{kinds:?}");
    assert!(night.log.contains(&"70 FSD 0".to_owned()), "{:?}", night.log);
}

#[test]
fn a_secondary_calls_its_own_shutdown_off_but_not_fsd() {
    let mut settings = Settings { shutdown_cancel: true, final_delay: seconds(20), ..secondary() };
    settings.rules.host_sync = seconds(10);
    let mut night = Night::new(settings);
    night.shows[0] = "OB LB";
    night.until(12);
    night.shows[0] = "OL";
    night.until(100);
    assert!(!night.log.iter().any(|line| line.ends_with("Shutdown")), "{:?}", night.log);
    night.log.clear();
    night.shows[0] = "FSD OB";
    night.until(106);
    night.shows[0] = "OL";
    night.until(200);
    assert!(night.log.iter().any(|line| line.ends_with("Shutdown")), "{:?}", night.log);
}

#[test]
fn refused_logins_are_told_and_tried_again() {
    let mut night = Night::new(primary());
    night.report(UpsId(0), Report::LoginRefused("ERR ACCESS-DENIED".to_owned()));
    night.until(60);
    night.did(&["0 NOLOGIN a", "60 reconnect 0"]);
    night.report(UpsId(0), Report::LoginRefused("ERR ACCESS-DENIED".to_owned()));
    night.until(100);
    night.did(&[]);
    night.until(299);
    night.report(UpsId(0), Report::LoggedIn);
    night.until(500);
    let reconnects = night.log.iter().filter(|line| line.contains("reconnect")).count();
    assert_eq!(reconnects, 1, "{:?}", night.log);
}

#[test]
fn a_lost_parent_is_told_every_two_minutes() {
    let mut night = Night::new(primary());
    night.monitor.on_parent_lost(seconds(0));
    night.until(240);
    night.log.retain(|line| line.contains("NOPARENT"));
    night.did(&["0 NOPARENT", "120 NOPARENT", "240 NOPARENT"]);
}

#[test]
fn sleep_makes_everything_known_old() {
    let mut night = Night::new(primary());
    night.shows[0] = "OB";
    night.until(6);
    night.monitor.on_suspend();
    night.until(500);
    night.monitor.on_wake(night.now, seconds(400));
    night.shows[0] = "-";
    night.until(600);
    night.did(&[
        "5 ONBATT a",
        "6 SUSPEND_STARTING",
        "500 SUSPEND_FINISHED",
        "500 ask anew 0",
        "500 reconnect 0",
        "500 COMMBAD a",
    ]);
}

/// The process is stopped for so long, on a UPS that was last on battery and then silent.
fn held_up(settings: Settings, shows: &'static str) -> Vec<String> {
    let mut night = Night::new(settings);
    night.shows[0] = "OB";
    night.until(6);
    night.shows[0] = "-";
    night.until(11);
    night.shows[0] = shows;
    night.now = seconds(100);
    night.monitor.on_delay(seconds(85));
    night.until(200);
    night.log.split_off(1)
}

#[test]
fn time_in_which_nobody_looked_is_no_silence() {
    let expected = ["5 ONBATT a", "10 COMMBAD a", "100 ask anew 0", "100 COMMOK a", "100 ONLINE a"];
    assert_eq!(held_up(primary(), "OL"), expected);
    let log = held_up(primary(), "-");
    // DEADTIME after the last good poll, which was at 5, and the 85 s of the delay.
    let down = "105.001 Too few UPS(es) are healthy (0<1), initiating forced shutdown";
    assert!(log.iter().any(|line| line == down), "{log:?}");
}

#[test]
fn what_can_be_called_off_waits_for_a_look_after_a_delay() {
    let mut night = Night::new(Settings { shutdown_cancel: true, ..primary() });
    night.shows[0] = "OB LB";
    night.until(6);
    night.shows[0] = "OL";
    night.now = seconds(60);
    night.monitor.on_delay(seconds(54));
    night.until(80);
    let last = night.log.last().map(String::as_str);
    assert_eq!(last, Some("60 Shutdown called off: 1 supplies are healthy again"));
}

#[test]
fn a_lingering_host_stays_logged_in_until_its_time_is_over() {
    let exit = ShutdownExit::After(seconds(10));
    let mut night = Night::new(Settings { shutdown_exit: exit, ..secondary() });
    night.monitor.on_user_fsd(seconds(0));
    night.until(60);
    assert_eq!(night.log.last().map(String::as_str), Some("15 exit 0"));
    let mut night = Night::new(Settings { shutdown_exit: ShutdownExit::Never, ..secondary() });
    night.monitor.on_user_fsd(seconds(0));
    night.until(60);
    assert_eq!(night.log.last().map(String::as_str), Some("5 Shutdown"));
    night.monitor.on_stop(15);
    night.perform();
    assert_eq!(night.log.last().map(String::as_str), Some("60 exit 0"));
}

#[test]
fn nothing_stops_a_shutdown_half_way() {
    let mut night = Night::new(primary());
    night.logins = Some(2);
    night.monitor.on_user_fsd(seconds(0));
    night.until(3);
    night.log.clear();
    night.monitor.on_stop(15);
    night.monitor.on_user_fsd(seconds(3));
    night.monitor.on_reload(seconds(3), Settings::default());
    night.until(4);
    night.did(&[]);
}

#[test]
fn a_server_that_waits_for_its_driver_knows_nothing() {
    let mut night = Night::new(secondary());
    night.shows[0] = "WAIT";
    night.until(11);
    night.did(&["5 COMMBAD a"]);
    let mut fresh = Night { monitor: Monitor::new(seconds(0), secondary()), ..night };
    fresh.now = seconds(0);
    fresh.until(11);
    fresh.did(&[]);
}

#[test]
fn a_failed_shutdown_command_is_cried_out() {
    let mut monitor = Monitor::new(seconds(0), secondary());
    monitor.on_user_fsd(seconds(0));
    monitor.on_tick(seconds(5));
    monitor.take_actions();
    monitor.on_outcome(seconds(6), Order::Shutdown, Outcome::Failed);
    let actions = monitor.take_actions();
    assert!(actions.iter().any(|action| matches!(action, Action::Log(Level::Alert, _))));
    assert_eq!(actions.last(), Some(&Action::Exit(1)));
}

#[test]
fn a_server_that_is_slow_to_take_fsd_is_waited_for_in_peace() {
    let mut monitor = Monitor::new(seconds(0), primary());
    monitor.on_user_fsd(seconds(0));
    let broken = || NoAnswer::Lost("Driver not connected".to_owned());
    monitor.on_report(seconds(0), UpsId(0), Report::FsdSet(Err(broken())));
    monitor.on_report(seconds(0), UpsId(0), Report::Logins(Err(broken())));
    monitor.take_actions();
    monitor.on_tick(seconds(1));
    assert!(monitor.take_actions().contains(&Action::SetFsd(UpsId(0))), "tried again");
    assert!(monitor.next_deadline() > Some(seconds(1)), "{:?}", monitor.next_deadline());
}
