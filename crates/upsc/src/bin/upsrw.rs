//! upsrw: lists the variables of a UPS that can be set, or sets one.
//!
//! Only puts the pieces together; the listing is in [`upsc::writable`], how orders are given in
//! [`upsc::order`].

use clap::ArgMatches;
use nut_daemon::output::complain;
use nut_daemon::server::{Error, Server, value};
use nut_proto::client::Failure;
use nut_proto::request::{Get, List, Request};
use std::ops::ControlFlow;
use std::process::ExitCode;
use upsc::cli::{Program, patience, ups_spec};
use upsc::commands;
use upsc::complaint::{Complaint, conclude};
use upsc::order::{Options, Wording, ask_person};
use upsc::writable::{Choice, NO_DESCRIPTION, TypeWords, Writable, show};

const PROGRAM: Program = Program { name: "upsrw", command: commands::upsrw };

const WORDING: Wording =
    Wording { tracking: "set variable", sending: "set variable", doing: "Set variable" };

fn main() -> ExitCode {
    let args = match PROGRAM.begin() {
        ControlFlow::Continue(args) => args,
        ControlFlow::Break(code) => return code,
    };
    let Some(ups) = args.operands.first() else { return PROGRAM.help() };
    match setting(&args.matches) {
        Some(setting) => conclude(set(&args.matches, ups, setting)),
        None => conclude(list(&args.matches, ups)),
    }
}

/// What is to be set. A later `-l` takes it back.
fn setting(matches: &ArgMatches) -> Option<&str> {
    let setting = matches.get_one::<String>("set")?;
    let listed = matches.get_flag("list").then(|| matches.index_of("list")).flatten();
    if listed > matches.index_of("set") {
        complain("Listing mode requested, overriding setvar specified earlier!");
        return None;
    }
    Some(setting)
}

fn set(matches: &ArgMatches, ups: &str, setting: &str) -> Result<String, Complaint> {
    let options = Options::from_matches(matches)?;
    let spec = ups_spec(ups)?;
    let mut server = Server::connect(&spec.server, patience(matches))?;
    options.log_in(&mut server)?;
    let (var, value) = match setting.split_once('=') {
        Some((var, value)) => (var, value.to_owned()),
        None => (setting, ask_person(&format!("Enter new value for {setting}: "))?),
    };
    if !var.contains('.') {
        return Err(Complaint::new("Error: old variable names are not supported"));
    }
    let order = Request::SetVar { ups: &spec.ups, var, value: &value };
    options.carry_out(&mut server, order, &WORDING)?;
    Ok(String::new())
}

fn list(matches: &ArgMatches, ups: &str) -> Result<String, Complaint> {
    let spec = ups_spec(ups)?;
    let mut server = Server::connect(&spec.server, patience(matches))?;
    Ok(show(&writables(&mut server, &spec.ups)?))
}

fn writables(server: &mut Server, ups: &str) -> Result<Vec<Writable>, Error> {
    let rows = server.list(List::Rw { ups })?;
    let names: Vec<&str> = rows.iter().filter_map(|row| row.first()).map(String::as_str).collect();
    let questions: Vec<Request<'_>> = names
        .iter()
        .flat_map(|&var| [Get::Desc { ups, var }, Get::Type { ups, var }])
        .map(Request::Get)
        .collect();
    let mut answers = server.ask_all(&questions).into_iter();
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let [name, value, ..] = row.as_slice() else { continue };
        let description = known(server, next(&mut answers))?;
        let words = known(server, next(&mut answers))?;
        let description = description.unwrap_or_else(|| NO_DESCRIPTION.to_owned());
        let choice = match words {
            Some(words) => choice(server, ups, name, TypeWords::parse(&words))?,
            None => Choice::Unknown,
        };
        found.push(Writable { name: name.clone(), value: value.clone(), description, choice });
    }
    Ok(found)
}

type Outcome = Result<nut_proto::client::Answer, Error>;

fn next(answers: &mut impl Iterator<Item = Outcome>) -> Result<String, Error> {
    answers.next().unwrap_or_else(|| Err(Failure::Disconnected.into())).and_then(value)
}

/// A text, or none where the server has none; an error where the server is lost.
fn known(server: &Server, outcome: Result<String, Error>) -> Result<Option<String>, Error> {
    match outcome {
        Ok(text) => Ok(Some(text)),
        Err(Error::Server(_)) if server.is_usable() => Ok(None),
        Err(e) => Err(e),
    }
}

fn choice(server: &mut Server, ups: &str, var: &str, words: TypeWords) -> Result<Choice, Error> {
    Ok(match words {
        TypeWords { ranged: true, .. } => {
            let rows = server.list(List::Range { ups, var })?;
            Choice::Ranges(rows.into_iter().filter_map(range).collect())
        }
        TypeWords { enumerated: true, text, .. } => {
            let rows = server.list(List::Enum { ups, var })?;
            Choice::Values(
                text,
                rows.into_iter().filter_map(|row| row.into_iter().next()).collect(),
            )
        }
        TypeWords { text: Some(most), .. } => Choice::Text(most),
        TypeWords { number: true, .. } => Choice::Number,
        _ => Choice::Unknown,
    })
}

fn range(row: Vec<String>) -> Option<(String, String)> {
    let mut words = row.into_iter();
    Some((words.next()?, words.next()?))
}
