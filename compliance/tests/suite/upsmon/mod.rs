//! upsmon: what it says to servers, what it tells people, and when it takes the machine down.

mod configuration;
mod critical;
mod delivery;
mod flag;
mod going_down;
mod notices;
mod orders;
mod reload;
mod sites;
mod start;
mod trouble;
mod wire;

use nut_compliance::maker::Maker;
use nut_compliance::program::{Outcome, wait_until};
use nut_compliance::script::lines_of;
use nut_compliance::scripted_upsd::ScriptedUpsd;
use nut_compliance::watch::{BETWEEN_POLLS, Watch, Watching};

/// How a primary that is alone goes, before its command.
const PRIMARY_LEAVES: &str = "
    wire FSD u
    wire GET NUMLOGINS u
    ";

/// What the story says when the machine went down in good order.
const DOWN: &str = "down flag=upsmon-shutdown-file";

/// What is done about the machine: requests to servers that are no readings, and the command.
const DEEDS: [&str; 2] = ["wire", "down"];

const LOGIN: &str = "
    ~ no TLS yet
    stock| wire STARTTLS
    wire USERNAME monitor
    wire PASSWORD watch
    wire LOGIN u
    wire PRIMARY u
    ";

/// Starts over a scripted server and waits for the first poll of `u`, which is on line.
fn known(watch: Watch) -> (ScriptedUpsd, Watching) {
    let server = watch.scripted();
    let mut watching = watch.start();
    watching.log_has("running as one big root process");
    polled(&server);
    (server, watching)
}

/// Waits until the first connection's last reading is answered.
fn polled(server: &ScriptedUpsd) {
    let answered = || server.record(0).last().filter(|line| line.starts_with("< ERR VAR")).cloned();
    wait_until("reading", answered).expect("a first poll");
    // Whatever signal a case sends now, it shall not find NUT's upsmon within its poll.
    std::thread::sleep(BETWEEN_POLLS);
}

/// Compares an outcome by the lines of either maker; indentation and blank lines do not count.
fn ended(outcome: &Outcome, text: &str) {
    let lines = outcome.lines();
    let got: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|l| !l.is_empty()).collect();
    let expected: Vec<&str> =
        lines_of(text, Maker::under_test()).into_iter().map(str::trim).collect();
    assert!(got == expected, "expected:\n{}\n\ngot:\n{}", expected.join("\n"), got.join("\n"));
}

/// The same for `Watch::run` and `Watching::also`, whose first line is the banner.
fn ended_after_banner(outcome: &Outcome, text: &str) {
    ended(outcome, &format!("Network UPS Tools upsmon 2.8.5 release\n{text}"));
}
