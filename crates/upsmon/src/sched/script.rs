//! CMDSCRIPT: how it is called, and what is said of its end.
//!
//! It is a text for the shell, as in NUT, and its argument one word behind it, whatever that holds.
//! When it is called is for `handle` and for the timers.

use super::timers::Call;
use nut_daemon::errno::errno_text;
use nut_daemon::processes::{Job, Output};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

/// What upsmon told of one event; a script that runs for others is not to see it.
const EVENT_VARIABLES: [&str; 3] = ["NOTIFYTYPE", "UPSNAME", "NOTIFYMSG"];

/// Calls the script for the event at hand, whose variables are in the environment, and waits for its
/// end.
pub fn execute(script: &str, argument: &str, message: &str) {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(with_argument(script)).args(["sh", argument]);
    if !message.is_empty() {
        command.env("NOTIFYMSG", message);
    }
    tell(&shown(script, argument), &command.status());
}

/// The script as the daemon calls it.
pub fn job(script: &str, call: &Call) -> Job {
    let job = Job::shell(with_argument(script)).arg(&call.argument).output(Output::Inherited);
    let job = EVENT_VARIABLES.iter().fold(job, Job::without);
    let texts = [&call.kinds, &call.ups, &call.messages];
    let set = EVENT_VARIABLES.iter().zip(texts).filter(|(_, text)| !text.is_empty());
    set.fold(job, |job, (name, text)| job.variable(name, text))
}

fn with_argument(script: &str) -> String {
    format!("{script} \"$1\"")
}

/// The call as messages name it.
pub fn shown(script: &str, argument: &str) -> String {
    format!("{script} {argument}")
}

/// Logs how a call ended, unless it ended well.
pub fn tell(shown: &str, ended: &io::Result<ExitStatus>) {
    match ended {
        Err(e) => log::error!("Execute command failure: {shown}: {}", errno_text(e)),
        Ok(status) => match (status.code(), status.signal()) {
            (Some(0), _) => {}
            (Some(code), _) => log::info!("exec_cmd({shown}) returned {code}"),
            (None, Some(signal)) => {
                log::warn!("exec_cmd({shown}) terminated with signal {signal}");
            }
            (None, None) => log::error!("Execute command failure: {shown}"),
        },
    }
}
