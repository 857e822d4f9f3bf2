//! Orders and power-offs of a driver that writes down what it is asked: a line names the call, the
//! next one what must come of it.

use super::*;
use crate::args::{Wish, parse};
use crate::options::Options;
use std::ffi::OsString;
use std::time::Duration;

static METADATA: Metadata = Metadata {
    name: "test-ups",
    aliases: &[],
    full_name: "Test",
    version: "1",
    subdrivers: &[],
    options: &[],
};

const SHORT: Duration = Duration::from_millis(125);

/// Commands with `slow` in their name need two pauses; `good` is handled, all else fails.
#[derive(Default)]
struct Recorder {
    calls: Vec<String>,
    pauses: u32,
    handled: bool,
}

impl Recorder {
    fn answer(&mut self, name: &str) -> Answer {
        self.calls.push(name.to_owned());
        self.handled = name.contains("good");
        self.pauses = if name.contains("slow") { 2 } else { 0 };
        self.step()
    }

    fn step(&mut self) -> Answer {
        if self.pauses > 0 {
            self.pauses -= 1;
            return Answer::Wait(SHORT);
        }
        Answer::Done(if self.handled { Outcome::Handled } else { Outcome::Failed })
    }
}

impl Driver for Recorder {
    fn open(&mut self, _ctx: &mut Context) -> Result<(), Fatal> {
        Ok(())
    }

    fn init_info(&mut self, _ctx: &mut Context) -> Result<(), Fatal> {
        Ok(())
    }

    fn update(&mut self, _ctx: &mut Context) {}

    fn command(&mut self, _ctx: &mut Context, name: &str, _param: Option<&str>) -> Answer {
        self.answer(name)
    }

    fn resume(&mut self, _ctx: &mut Context) -> Answer {
        self.step()
    }

    fn shutdown(&mut self, _ctx: &mut Context) -> Answer {
        self.answer("shutdown good")
    }
}

fn host(sd_commands: &[&str]) -> Host<Recorder> {
    let argv = ["test-ups", "-s", "u"].map(OsString::from);
    let Ok(Wish::Run(line)) = parse(argv) else { panic!("a good command line") };
    let sd_commands = sd_commands.iter().map(|&name| name.to_owned()).collect();
    let config = Config { sd_commands, ..Config::default() };
    let ctx = Context::new("test-ups", "u", Options::default(), Instant::now());
    let mut host = Host::new(&METADATA, Recorder::default(), ctx, config, *line);
    host.publish_settings();
    host
}

fn command(host: &mut Host<Recorder>, name: &str) -> Option<Outcome> {
    host.begin(Order::Command { name: name.to_owned(), param: None })
}

fn set(host: &mut Host<Recorder>, name: &str, value: &str) -> Option<Outcome> {
    host.begin(Order::Set { name: name.to_owned(), value: value.to_owned() })
}

#[test]
fn a_slow_command_is_resumed_until_it_is_done() {
    let mut host = host(&[]);
    assert_eq!(command(&mut host, "slow good"), None);
    assert_eq!(host.resume_at, Some(host.ctx.now + SHORT));
    assert_eq!(host.resume(), None);
    assert_eq!(host.resume(), Some(Outcome::Handled));
    assert_eq!((host.resume_at, host.end), (None, None));
}

#[test]
fn powering_off_needs_permission() {
    let mut host = host(&[]);
    assert_eq!(command(&mut host, "driver.killpower"), Some(Outcome::Invalid));
    assert_eq!((host.end.clone(), host.driver.calls.len()), (None, 0));
    assert_eq!(set(&mut host, ALLOW_KILL_POWER, "yes"), Some(Outcome::Handled));
    assert_eq!(command(&mut host, "driver.killpower"), Some(Outcome::Handled));
    assert_eq!(host.driver.calls, ["shutdown good"]);
    assert_eq!(host.end, Some(End::Done));
    assert_eq!(host.ctx.state.value("driver.state"), Some("fsd.killpower"));
}

#[test]
fn commands_are_tried_until_one_is_handled() {
    let mut host = host(&["bad", "slow bad", "driver.killpower", "slow good", "never"]);
    assert_eq!(host.power_off(), None);
    let mut outcome = None;
    for _ in 0..4 {
        assert_eq!(outcome, None);
        outcome = host.resume();
    }
    assert_eq!(outcome, Some(Outcome::Handled));
    assert_eq!(host.driver.calls, ["bad", "slow bad", "slow good"]);
}

#[test]
fn nothing_handled_is_a_failure() {
    let mut host = host(&["bad", "worse"]);
    assert_eq!(host.power_off(), Some(Outcome::Failed));
    let end = host.end.unwrap();
    assert_eq!((end.code(), end.text().as_str()), (1, "Signal -1: exiting"));
}

#[test]
fn a_shutdown_by_command_does_not_end_the_driver() {
    let mut host = host(&["bad"]);
    assert_eq!(command(&mut host, "shutdown.default"), Some(Outcome::Handled));
    assert_eq!(
        (host.driver.calls.as_slice(), host.end),
        (["shutdown good".to_owned()].as_slice(), None)
    );
}

#[test]
fn what_has_no_handler_is_answered() {
    let mut host = host(&[]);
    assert_eq!(set(&mut host, "ups.id", "x"), Some(Outcome::Unknown));
    assert_eq!(set(&mut host, DEBUG, "x"), Some(Outcome::Invalid));
    assert_eq!(command(&mut host, "driver.exit"), Some(Outcome::Handled));
    assert_eq!(host.end.map(|end| end.code()), Some(0));
}
