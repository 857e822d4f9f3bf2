//! upscmd: lists the instant commands of a UPS, or runs one.
//!
//! Only puts the pieces together; how orders are given is in [`upsc::order`].

use clap::ArgMatches;
use nut_daemon::server::{Error, Server, value};
use nut_proto::request::{Get, List, Request};
use std::fmt::Write;
use std::ops::ControlFlow;
use std::process::ExitCode;
use upsc::cli::{Program, patience, ups_spec};
use upsc::commands;
use upsc::complaint::{Complaint, conclude};
use upsc::order::{Options, Wording};

const PROGRAM: Program = Program { name: "upscmd", command: commands::upscmd };

const WORDING: Wording =
    Wording { tracking: "command", sending: "send instant command", doing: "Instant command" };

fn main() -> ExitCode {
    let args = match PROGRAM.begin() {
        ControlFlow::Continue(args) => args,
        ControlFlow::Break(code) => return code,
    };
    let operands: Vec<&str> = args.operands.iter().map(String::as_str).collect();
    match (operands.as_slice(), args.matches.get_flag("list")) {
        ([ups, ..], true) => conclude(list(&args.matches, ups)),
        ([ups, cmd, rest @ ..], false) => {
            conclude(run(&args.matches, ups, cmd, rest.first().copied()))
        }
        _ => PROGRAM.help(),
    }
}

fn list(matches: &ArgMatches, ups: &str) -> Result<String, Complaint> {
    let spec = ups_spec(ups)?;
    let mut server = Server::connect(&spec.server, patience(matches))?;
    let ups = &spec.ups;
    let rows = server.list(List::Cmd { ups })?;
    let names: Vec<&String> = rows.iter().filter_map(|row| row.first()).collect();
    let questions: Vec<Request<'_>> =
        names.iter().map(|cmd| Request::Get(Get::CmdDesc { ups, cmd })).collect();
    let answers = server.ask_all(&questions);
    let described = names.iter().zip(answers);
    let mut text = format!("Instant commands supported on UPS [{ups}]:\n\n");
    for (name, description) in described {
        let line = match description.and_then(value) {
            Ok(description) => format!("{name} - {description}"),
            Err(Error::Server(_)) if server.is_usable() => (*name).clone(),
            Err(e) => return Err(e.into()),
        };
        // Writing into memory cannot fail.
        let _ = writeln!(text, "{line}");
    }
    Ok(text)
}

fn run(
    matches: &ArgMatches,
    ups: &str,
    cmd: &str,
    param: Option<&str>,
) -> Result<String, Complaint> {
    let options = Options::from_matches(matches)?;
    let spec = ups_spec(ups)?;
    let mut server = Server::connect(&spec.server, patience(matches))?;
    if !cmd.contains('.') {
        return Err(Complaint::new("Error: old command names are not supported"));
    }
    options.log_in(&mut server)?;
    let order = Request::InstCmd { ups: &spec.ups, cmd, param };
    options.carry_out(&mut server, order, &WORDING)?;
    Ok(String::new())
}
