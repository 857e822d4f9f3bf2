//! Orders to a UPS, as upscmd and upsrw give them: who gives them, and what became of them.
//!
//! Knows the questions to a person, the log-in, tracking and the texts of NUT 2.8.5. What is ordered
//! is for the programs.

use crate::complaint::Complaint;
use clap::{Arg, ArgMatches};
use nut_daemon::args::{flag, value};
use nut_daemon::output::{complain, print};
use nut_daemon::server::{Error, Server};
use nut_daemon::{privileges, terminal};
use nut_proto::client::{Answer, Failure};
use nut_proto::reply::TrackingState;
use nut_proto::request::{Get, Request};
use std::env;
use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a tracked order may take where nobody says otherwise (NUT 2.8.5).
const OUTCOME_TIME: Duration = Duration::from_secs(10);
/// Longest pause between two questions about an outcome.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// First pause; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(25);

/// The line that follows a bare OK.
const NOT_TRACKED: &str = "WARNING: 'OK' only means the NUT data server accepted
the request as valid, but as we did not wait for result,
we do not know if it was handled in fact.
You can export NUT_QUIET_OK_NOTRACKING=true to hide this message,
or use -w [-t SEC] option(s) to track the actual outcome.";

/// How NUT names a kind of order in its texts.
#[derive(Debug, Clone, Copy)]
pub struct Wording {
    /// `Enabling <tracking> status tracking failed. ...`
    pub tracking: &'static str,
    /// `Can't <sending>: ...`
    pub sending: &'static str,
    /// `<Doing> failed: ...`
    pub doing: &'static str,
}

/// The options `-u`, `-p`, `-w`, `-t`.
#[derive(Debug, Clone)]
pub struct Options {
    user: Option<String>,
    password: Option<String>,
    /// How long to wait for the outcome; none means not to wait.
    outcome_time: Option<Duration>,
}

impl Options {
    /// The options for clap.
    pub fn args() -> [Arg; 4] {
        [
            value("user", 'u', "user", "name to log in with (asked for if missing)"),
            value("password", 'p', "pass", "password to log in with (asked for if missing)"),
            flag("wait", 'w', "wait until the driver has done it and end with its verdict"),
            value("timeout", 't', "secs", "wait no longer than this (default 10)"),
        ]
    }

    /// Reads them back.
    pub fn from_matches(matches: &ArgMatches) -> Result<Options, Complaint> {
        let text = |name| matches.get_one::<String>(name).cloned();
        let time = match text("timeout") {
            Some(text) => outcome_time(&text)?,
            None => OUTCOME_TIME,
        };
        Ok(Options {
            user: text("user"),
            password: text("password"),
            outcome_time: matches.get_flag("wait").then_some(time),
        })
    }

    /// Asks a person for what the command line did not say, and logs in. A refusal is told at once;
    /// NUT 2.8.5 passes over it.
    pub fn log_in(&self, server: &mut Server) -> Result<(), Complaint> {
        let user = self.user.clone().map_or_else(ask_user, Ok)?;
        let password = self.password.clone().map_or_else(ask_password, Ok)?;
        let answer = server.ask(Request::Username(&user));
        answer.map_err(|e| Complaint::about(&e, format!("Set username failed: {e}")))?;
        let answer = server.ask(Request::Password(&password));
        answer.map_err(|e| Complaint::about(&e, format!("Set password failed: {e}")))?;
        Ok(())
    }

    /// Gives an order and says what became of it, on standard error as NUT does. Unlike NUT 2.8.5's,
    /// an outcome other than SUCCESS is a failure.
    pub fn carry_out(
        &self,
        server: &mut Server,
        order: Request<'_>,
        wording: &Wording,
    ) -> Result<(), Complaint> {
        if self.outcome_time.is_some() {
            let answer = server.ask(Request::SetTracking { on: true });
            answer.map_err(|e| tracking_refused(&e, wording))?;
        }
        let answer = server.ask(order).map_err(|e| not_accepted(&e, wording))?;
        match (self.outcome_time, answer.tracking_id()) {
            (Some(time), Some(id)) => tell(await_outcome(server, id, time)?),
            _ => {
                complain("OK");
                if env::var("NUT_QUIET_OK_NOTRACKING").as_deref() != Ok("true") {
                    complain(NOT_TRACKED);
                }
                Ok(())
            }
        }
    }
}

fn outcome_time(text: &str) -> Result<Duration, Complaint> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let why = if digits { "Numerical result out of range" } else { "Invalid argument" };
    let seconds = text.parse::<u32>().ok().filter(|_| digits);
    seconds.map(|n| Duration::from_secs(n.into())).ok_or_else(|| {
        Complaint::new(format!(
            "Could not convert the provided value for timeout ('-t' option) to unsigned int: {why}"
        ))
    })
}

/// Asks on standard output for a line of standard input.
pub fn ask_person(question: &str) -> Result<String, Complaint> {
    let answer = print(question).and_then(|()| terminal::read_line(io::stdin().lock()));
    answer.map_err(|_| no_answer())
}

fn no_answer() -> Complaint {
    Complaint::new("Error reading from stdin!")
}

fn ask_user() -> Result<String, Complaint> {
    let own = privileges::current().map(|account| account.name);
    let own = own.ok_or_else(|| Complaint::new("Unable to determine your login name"))?;
    let given = ask_person(&format!("Username ({own}): "))?;
    Ok(if given.is_empty() { own } else { given })
}

fn ask_password() -> Result<String, Complaint> {
    terminal::read_password("Password: ").map_err(|_| no_answer())
}

fn tracking_refused(error: &Error, wording: &Wording) -> Complaint {
    let answer = error.line().map_or_else(|| error.to_string(), str::to_owned);
    let tracking = wording.tracking;
    let line = format!("Enabling {tracking} status tracking failed. upsd answered: {answer}");
    Complaint::about(error, line)
}

fn not_accepted(error: &Error, wording: &Wording) -> Complaint {
    let line = match (error.line(), error) {
        (Some(line), _) => format!("Unexpected response from upsd: {line}"),
        (None, Error::Write(_)) => format!("Can't {}: {error}", wording.sending),
        (None, _) => format!("{} failed: {error}", wording.doing),
    };
    Complaint::about(error, line)
}

fn tell(outcome: TrackingState) -> Result<(), Complaint> {
    match outcome {
        TrackingState::Success => {
            complain(&outcome.to_string());
            Ok(())
        }
        _ => Err(Complaint::new(outcome.to_string())),
    }
}

fn await_outcome(
    server: &mut Server,
    id: &str,
    time: Duration,
) -> Result<TrackingState, Complaint> {
    let deadline = Instant::now() + time;
    let mut pause = FIRST_PAUSE;
    loop {
        match server.ask(Request::Get(Get::Tracking { id: Some(id) })) {
            Ok(Answer::Tracking(TrackingState::Pending)) => {}
            Ok(Answer::Tracking(outcome)) => return Ok(outcome),
            Ok(_) => return Err(no_outcome(&Failure::Protocol.into())),
            Err(e) => return Err(no_outcome(&e)),
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let line = "Can't receive status tracking information: timeout";
            return Err(Complaint::new(line));
        }
        sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn no_outcome(error: &Error) -> Complaint {
    Complaint::about(error, format!("Can't receive status tracking information: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_seconds() {
        assert_eq!(outcome_time("3"), Ok(Duration::from_secs(3)));
        for (text, why) in [
            ("1x", "Invalid argument"),
            ("", "Invalid argument"),
            ("-1", "Invalid argument"),
            ("+1", "Invalid argument"),
            ("99999999999", "Numerical result out of range"),
        ] {
            let complaint = outcome_time(text).unwrap_err();
            assert!(complaint.lines()[0].ends_with(why), "{text}: {complaint:?}");
        }
    }
}
