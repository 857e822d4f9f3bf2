//! One UPS that upslog writes about: its name, its connection, its values.

use super::options::{Sink, Wish};
use crate::complaint::Complaint;
use nut_daemon::output::{complain, print};
use nut_daemon::server::{self, Error, Server};
use nut_proto::request::{Get, List, Request};
use nut_proto::spec::UpsSpec;
use std::time::Duration;

/// A UPS and where its lines go.
#[derive(Debug)]
pub struct Target {
    /// The name to print, as the command line gives it.
    pub name: String,
    /// Where its lines go.
    pub sink: Sink,
    spec: UpsSpec,
    patience: Option<Duration>,
    server: Option<Server>,
}

impl Target {
    /// The UPSes a wish stands for: one, or all that its server has now, the last first as NUT lists
    /// them. A server that cannot be asked has none; that is told on standard error.
    pub fn of(wish: &Wish, patience: Option<Duration>) -> Result<Vec<Target>, Complaint> {
        let spec = UpsSpec::parse(&wish.ups).map_err(|e| Complaint::about_ups(&e))?;
        if spec.ups != "*" {
            return Ok(vec![Target::new(wish.ups.clone(), wish.sink.clone(), spec, patience)]);
        }
        // Without a reader for this line the rest can still be logged.
        let _ = print(&format!("Querying {} for currently served devices\n", spec.server));
        let names = served(&spec, patience).unwrap_or_else(|e| {
            Complaint::from(e).lines().iter().for_each(|line| complain(line));
            Vec::new()
        });
        let target = |ups: String| {
            let spec = UpsSpec { ups, server: spec.server.clone() };
            Target::new(spec.to_string(), wish.sink.clone(), spec, patience)
        };
        Ok(names.into_iter().rev().map(target).collect())
    }

    fn new(name: String, sink: Sink, spec: UpsSpec, patience: Option<Duration>) -> Target {
        Target { name, sink, spec, patience, server: None }
    }

    /// Connects, unless connected. True when it is a new connection.
    pub fn connect(&mut self) -> Result<bool, Error> {
        if self.server.is_some() {
            return Ok(false);
        }
        self.server = Some(Server::connect(&self.spec.server, self.patience)?);
        Ok(true)
    }

    /// Ends the connection.
    pub fn disconnect(&mut self) {
        self.server = None;
    }

    /// The values of these variables, none for what cannot be had. A connection that turns out to be
    /// dead is made anew, once.
    pub fn values(&mut self, names: &[&str]) -> Vec<Option<String>> {
        match self.connect() {
            Ok(true) => self.ask(names).unwrap_or_default(),
            Ok(false) => self.ask(names).unwrap_or_else(|| match self.connect() {
                Ok(_) => self.ask(names).unwrap_or_default(),
                Err(e) => tell(&e),
            }),
            Err(e) => tell(&e),
        }
    }

    /// The values; none at all if the connection is lost, which is then ended.
    fn ask(&mut self, names: &[&str]) -> Option<Vec<Option<String>>> {
        let ups = self.spec.ups.as_str();
        let questions: Vec<Request<'_>> =
            names.iter().map(|&var| Request::Get(Get::Var { ups, var })).collect();
        let server = self.server.as_mut()?;
        let answers = server.ask_all(&questions);
        if !server.is_usable() {
            self.server = None;
            return None;
        }
        Some(answers.into_iter().map(|answer| answer.and_then(server::value).ok()).collect())
    }
}

fn served(spec: &UpsSpec, patience: Option<Duration>) -> Result<Vec<String>, Error> {
    let rows = Server::connect(&spec.server, patience)?.list(List::Ups)?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next()).collect())
}

fn tell(error: &Error) -> Vec<Option<String>> {
    if let Some(detail) = error.detail() {
        log::warn!("{detail}");
    }
    Vec::new()
}
