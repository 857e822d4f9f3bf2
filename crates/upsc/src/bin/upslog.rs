//! upslog: writes what UPSes say into files, round by round.
//!
//! Only the command line is dealt with here; the rest is in [`upsc::log`].

use nut_daemon::output::{complain, print};
use nut_daemon::{args, banner, logging};
use std::env;
use std::ops::ControlFlow;
use std::process::ExitCode;
use upsc::cli::{Program, patience, with_common};
use upsc::complaint::{Complaint, conclude};
use upsc::log::options::{Refusal, Settings, command};
use upsc::log::run::run;

const PROGRAM: Program = Program { name: "upslog", help: HELP };

const HELP: &str = "Writes what UPSes say into files, a line a round.

usage: upslog [OPTIONS]
       upslog <ups> <logfile> <interval> [<format words>]

  -s <ups>      - log this UPS: <upsname>[@<hostname>[:<port>]]
  -l <file>     - into this file; - is standard output
  -m <ups,file> - both in one; may be repeated. An <upsname> of * stands for all UPSes of
                  a server: -m '*,-' shows all of this machine
  -i <secs>     - time between rounds (default 30)
  -d <rounds>   - end after so many rounds
  -f <format>   - what a line looks like, see below
  -N            - put \"%UPSHOST%%t\" before the format
  -u <user>     - become this user if started by root
  -p <pidbase>  - name of the pid file without .pid (default upslog), or its whole path
  -F            - stay in the foreground (the default with -D or a file called -)
  -B            - go to the background

In a format these have a meaning:
  %%                a percent sign
  %t                a tab
  %TIME format%     the time; the format is strftime's, with @ for %
  %ETIME%           seconds since 1970
  %HOST%            the name of this machine
  %UPSHOST%         the UPS, as it was given
  %PID%             the number of this process
  %VAR name%        the value of a variable, or NA
The default format is
%TIME @Y@m@d @H@M@S% %VAR battery.charge% %VAR input.voltage% %VAR ups.load% [%VAR ups.status%] \
%VAR ups.temperature% %VAR input.frequency%
";

fn main() -> ExitCode {
    let args = match args::parse(with_common(command()), env::args_os()) {
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
