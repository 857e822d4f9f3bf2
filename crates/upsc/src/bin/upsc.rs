//! upsc: shows the variables of a UPS, and what a server has.
//!
//! Only asks and prints; the layouts are in [`upsc::show`].

use clap::ArgMatches;
use nut_daemon::output::{complain, finish, print};
use nut_daemon::server::{Error, Server};
use nut_proto::error::ErrorToken;
use nut_proto::request::{Get, List};
use nut_proto::spec::{DEFAULT_HOST, HOST_FORM, HostSpec, UPS_FORM, UpsSpec};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;
use upsc::cli::{Program, patience};
use upsc::commands;
use upsc::show::Layout;

const PROGRAM: Program = Program { name: "upsc", command: commands::upsc };

/// Why there is nothing to show.
struct Trouble {
    /// The line NUT's client library prints first, if any.
    detail: Option<String>,
    /// What follows `Error: `.
    text: String,
    /// The list of variables was refused, for which JSON has another layout.
    listing: bool,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble { detail: error.detail(), text: error.to_string(), listing: false }
    }
}

impl Trouble {
    /// A command line that cannot be meant.
    fn spec(line: Option<String>, what: &str, form: &str) -> Trouble {
        Trouble { detail: line, text: format!("invalid {what}.\n{form}"), listing: false }
    }

    /// The usual text, or a special one where the server does not know the question.
    fn old_server(text: &'static str) -> impl Fn(Error) -> Trouble {
        move |error| match error.is(ErrorToken::UnknownCommand) {
            true => Trouble { text: text.to_owned(), ..Trouble::from(error) },
            false => error.into(),
        }
    }

    /// Tells on standard error what is wrong and, with `-j`, on standard output too.
    fn report(&self, layout: Layout) -> ExitCode {
        self.detail.iter().for_each(|detail| complain(detail));
        complain(&format!("Error: {}", self.text));
        // The exit status says all if standard output is gone.
        let _ = print(&layout.failure(&self.text, self.listing));
        ExitCode::FAILURE
    }
}

fn main() -> ExitCode {
    let args = match PROGRAM.begin() {
        ControlFlow::Continue(args) => args,
        ControlFlow::Break(code) => return code,
    };
    let layout = if args.matches.get_flag("json") { Layout::Json } else { Layout::Text };
    let operands: Vec<&str> = args.operands.iter().map(String::as_str).collect();
    match run(&args.matches, &operands, layout) {
        Ok(text) => finish(&text),
        Err(trouble) => trouble.report(layout),
    }
}

fn run(matches: &ArgMatches, operands: &[&str], layout: Layout) -> Result<String, Trouble> {
    let patience = patience(matches);
    let described = matches.get_flag("described");
    if described || matches.get_flag("list") {
        let host = operands.first().copied().unwrap_or(DEFAULT_HOST);
        return list_upses(host, described, patience, layout);
    }
    let spec = ups_spec(operands.first().copied())?;
    let mut server = Server::connect(&spec.server, patience)?;
    match operands.get(1) {
        _ if matches.get_flag("clients") => list_clients(&mut server, &spec.ups, layout),
        Some(name) => show_variable(&mut server, &spec.ups, name, layout),
        None => list_variables(&mut server, &spec.ups, layout),
    }
}

fn ups_spec(text: Option<&str>) -> Result<UpsSpec, Trouble> {
    let bad = |line| Trouble::spec(line, "UPS definition", UPS_FORM);
    UpsSpec::parse(text.ok_or_else(|| bad(None))?).map_err(|e| bad(Some(e.to_string())))
}

const TOO_OLD: &str = "upsd is too old to support this query";

fn list_upses(
    host: &str,
    described: bool,
    patience: Option<Duration>,
    layout: Layout,
) -> Result<String, Trouble> {
    let host = HostSpec::parse(host);
    let host = host.map_err(|e| Trouble::spec(Some(e.to_string()), "hostname", HOST_FORM))?;
    let mut server = Server::connect(&host, patience)?;
    let rows = server.list(List::Ups).map_err(Trouble::old_server(TOO_OLD))?;
    Ok(if described { layout.pairs(pairs(&rows)) } else { layout.names(firsts(&rows)) })
}

fn list_clients(server: &mut Server, ups: &str, layout: Layout) -> Result<String, Trouble> {
    let rows = server.list(List::Client { ups }).map_err(Trouble::old_server(TOO_OLD))?;
    Ok(layout.names(firsts(&rows)))
}

fn list_variables(server: &mut Server, ups: &str, layout: Layout) -> Result<String, Trouble> {
    let rows = server.list(List::Var { ups });
    let rows = rows.map_err(|e| Trouble { listing: true, ..Trouble::old_server(TOO_OLD)(e) })?;
    Ok(layout.pairs(pairs(&rows)))
}

fn show_variable(
    server: &mut Server,
    ups: &str,
    var: &str,
    layout: Layout,
) -> Result<String, Trouble> {
    if !var.contains('.') {
        let text = "old-style variable names are not supported".to_owned();
        return Err(Trouble { detail: None, text, listing: false });
    }
    let value = server.get(Get::Var { ups, var });
    let value = value.map_err(Trouble::old_server("variable unknown (old upsd detected)"))?;
    Ok(layout.value(&value))
}

fn firsts(rows: &[Vec<String>]) -> impl Iterator<Item = &str> {
    rows.iter().filter_map(|row| row.first()).map(String::as_str)
}

fn pairs(rows: &[Vec<String>]) -> impl Iterator<Item = (&str, &str)> {
    rows.iter().filter_map(|row| match row.as_slice() {
        [name, text, ..] => Some((name.as_str(), text.as_str())),
        _ => None,
    })
}
