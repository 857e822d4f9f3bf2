//! Taking the steps that upssched.conf has for an event, from top to bottom.
//!
//! Knows which line asks for what. Finding the daemon is for `reach`, calling CMDSCRIPT for `script`.

use super::config::{Command, Config, Step};
use super::event::Event;
use super::wire::{Cancel, Request, Start};
use super::{reach, script};

/// Takes all steps for the event; false where a timer could not be started or cancelled. Commands are
/// run all the same.
pub fn handle(config: &Config, event: &Event) -> bool {
    let mut reachable = true;
    for step in config.steps.iter().filter(|step| step.applies_to(event)) {
        nut_daemon::debug!(1, "processing {:?}\t{event:?}", step.command);
        match request(&step.command, event) {
            Some(request) if reachable => reachable = tell(step, &request),
            Some(request) => log::error!("Not done for want of the timer daemon: {request}"),
            None => execute(step, event),
        }
    }
    reachable
}

/// What the daemon is to be asked for; nothing for EXECUTE.
fn request(command: &Command, event: &Event) -> Option<Request> {
    let event = event.clone();
    match command {
        Command::Execute(_) => None,
        Command::Start { name, seconds, shared } => Some(Request::Start(Start {
            name: name.clone(),
            seconds: Some(*seconds),
            shared: *shared,
            event,
        })),
        Command::Cancel { name, late, matched } => Some(Request::Cancel(Cancel {
            name: name.clone(),
            late: late.clone(),
            matched: *matched,
            event: if *matched { of_same_ups(event) } else { event },
        })),
    }
}

/// A timer that one kind of event starts is cancelled by another kind: what they have in common is the
/// UPS. Where there is none, it is the kind.
fn of_same_ups(event: Event) -> Event {
    let kind = if event.ups.is_empty() { event.kind } else { String::new() };
    Event { kind, ..event }
}

fn tell(step: &Step, request: &Request) -> bool {
    match reach::deliver(&step.place, request) {
        Ok(()) => true,
        Err(complaint) => {
            log::error!("{complaint}");
            false
        }
    }
}

fn execute(step: &Step, event: &Event) {
    let Command::Execute(argument) = &step.command else { return };
    nut_daemon::debug!(1, "Executing command: {argument}");
    script::execute(&step.place.script, argument, &event.message);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, ups: &str) -> Event {
        Event { kind: kind.to_owned(), ups: ups.to_owned(), message: "text".to_owned() }
    }

    fn asked(command: &Command, event: &Event) -> Option<String> {
        request(command, event).map(|request| request.to_string())
    }

    #[test]
    fn timers_are_asked_for_with_the_whole_event() {
        let start = Command::Start { name: "t".to_owned(), seconds: 30, shared: true };
        let line = r#"START-SHARED "t" "30" "ONBATT" "u@h" "text""#;
        assert_eq!(asked(&start, &event("ONBATT", "u@h")).as_deref(), Some(line));
        let cancel = |matched| {
            let (name, late) = ("t".to_owned(), "late".to_owned());
            Command::Cancel { name, late, matched }
        };
        let line = r#"CANCEL "t" "late" "ONLINE" "u@h" "text""#;
        assert_eq!(asked(&cancel(false), &event("ONLINE", "u@h")).as_deref(), Some(line));
        assert_eq!(asked(&Command::Execute("x".to_owned()), &event("ONLINE", "u@h")), None);
    }

    #[test]
    fn a_matched_cancel_goes_by_the_ups_and_without_one_by_the_kind() {
        let (name, late) = ("t".to_owned(), String::new());
        let cancel = Command::Cancel { name, late, matched: true };
        let line = r#"CANCEL-MATCHED "t" "" "" "u@h" "text""#;
        assert_eq!(asked(&cancel, &event("ONLINE", "u@h")).as_deref(), Some(line));
        let line = r#"CANCEL-MATCHED "t" "" "NOPARENT" "" "text""#;
        assert_eq!(asked(&cancel, &event("NOPARENT", "")).as_deref(), Some(line));
    }
}
