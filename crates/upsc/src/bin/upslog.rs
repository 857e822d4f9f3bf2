//! upslog: writes what UPSes say into files, round by round.
//!
//! Only the command line is dealt with here; the rest is in [`upsc::log`].

use nut_daemon::output::{complain, print};
use nut_daemon::{args, banner, logging};
use std::env;
use std::ops::ControlFlow;
use std::process::ExitCode;
use upsc::cli::{Program, patience};
use upsc::complaint::{Complaint, conclude};
use upsc::log::options::{Refusal, Settings, command};
use upsc::log::run::run;

const PROGRAM: Program = Program { name: "upslog", command };

fn main() -> ExitCode {
    let args = match args::parse(command(), env::args_os()) {
        Ok(args) => args,
        Err(e) => {
            greet();
            complain(&e.message);
            complain("Error: unknown option -?. Try -h for help.");
            return ExitCode::FAILURE;
        }
    };
    if let ControlFlow::Break(code) = PROGRAM.greet(&args.matches) {
        return code;
    }
    match Settings::read(&args, logging::debug() > 0) {
        Ok(settings) => {
            greet();
            conclude(run(&settings, patience(&args.matches)).map(|()| String::new()))
        }
        Err(Refusal::Help) => PROGRAM.help(),
        Err(Refusal::Line(line)) => {
            greet();
            conclude(Err(Complaint::new(line)))
        }
    }
}

fn greet() {
    if !banner::quiet() {
        // Without a reader for the banner the files can still be written.
        let _ = print(&format!("{}\n", banner::text(PROGRAM.name)));
    }
}
