//! Checks one UPS at its server, from the name of the host to the variables that thresholds want.
//!
//! Logs in as upsmon would, and leaves again at once: for that moment the server counts a login more.

use super::report::Finding;
use crate::action::{Report, Sample, Time, UpsId};
use crate::decimal::Decimal;
use crate::monitor::Monitor;
use crate::probe::{Known, Way, spec};
use crate::settings::{Condition, Role, Settings, Threshold, UpsSettings};
use crate::verdict::Verdict;
use nut_daemon::server::{Error, Server};
use nut_proto::client::Failure;
use nut_proto::error::ErrorToken;
use nut_proto::request::{List, Request};
use nut_proto::spec::HostSpec;
use std::net::SocketAddr;

/// Checks a UPS.
pub fn check(ups: &UpsSettings, settings: &Settings, way: Way) -> Vec<Finding> {
    let mut visit = Visit { ups, settings, way, findings: Vec::new() };
    if let Err(finding) = visit.go() {
        visit.findings.push(finding);
    }
    visit.findings
}

/// What is found when there was no answer in time.
pub fn silent(ups: &UpsSettings, way: Way) -> Finding {
    Finding::bad(&ups.name, way.no_answer(), "look at the network, and at the name server")
}

struct Visit<'a> {
    ups: &'a UpsSettings,
    settings: &'a Settings,
    way: Way,
    findings: Vec<Finding>,
}

/// Done so far; the error is a finding that leaves nothing to go on with.
type Gone = Result<(), Finding>;

impl Visit<'_> {
    fn go(&mut self) -> Gone {
        let spec = spec(self.ups).map_err(|why| self.bad(why, "expected ups@host[:port]"))?;
        let addresses = self.resolve(&spec.server)?;
        let mut server = self.connect(&addresses)?;
        let counted = self.log_in(&mut server, &spec.ups)?;
        if counted && self.ups.role == Role::Primary {
            self.role(&mut server, &spec.ups)?;
        }
        let known = self.status(&mut server, &spec.ups)?;
        let mine = self.settings.thresholds.iter().filter(|t| t.ups == self.ups.name);
        let findings: Vec<Finding> = mine.map(|t| self.threshold(t, &known)).collect();
        self.findings.extend(findings);
        Ok(())
    }

    fn good(&mut self, text: impl Into<String>) {
        self.findings.push(Finding::good(&self.ups.name, text));
    }

    fn bad(&self, text: impl Into<String>, cure: impl Into<String>) -> Finding {
        Finding::bad(&self.ups.name, text, cure)
    }

    fn resolve(&mut self, host: &HostSpec) -> Result<Vec<SocketAddr>, Finding> {
        let name = &host.host;
        let addresses = self.way.resolve(host).map_err(|_| {
            let text = format!("the name {name} has no address");
            self.bad(text, "look at the name, at /etc/hosts and at the name server")
        })?;
        let list: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
        self.good(format!("{name} has the address {}", list.join(", ")));
        Ok(addresses)
    }

    fn connect(&mut self, addresses: &[SocketAddr]) -> Result<Server, Finding> {
        let server = self.way.connect(addresses).map_err(|e| {
            let port = addresses.first().map_or(0, SocketAddr::port);
            let cure =
                format!("is upsd running there, with a LISTEN for this network and port {port}?");
            self.bad(e.to_string(), cure)
        })?;
        let peer = server.ends().map_or_else(|_| String::new(), |(_, peer)| peer.to_string());
        self.good(format!("{peer} takes connections"));
        Ok(server)
    }

    /// An answer that is a refusal is a finding, and the talk goes on; anything else ends it.
    fn ask(&self, server: &mut Server, request: Request<'_>) -> Result<Result<(), Error>, Finding> {
        match server.ask(request) {
            Ok(_) => Ok(Ok(())),
            Err(e @ Error::Server(Failure::Refused { .. })) => Ok(Err(e)),
            Err(e) => Err(self.bad(
                format!("no sensible answer: {}", said(&e)),
                "is this a server of NUT, and is it well?",
            )),
        }
    }

    /// Whether the server would count this host.
    fn log_in(&mut self, server: &mut Server, ups: &str) -> Result<bool, Finding> {
        let user = &self.ups.user;
        // As upsmon does: the answer to the name is not looked at, since only LOGIN tells.
        let _ = self.ask(server, Request::Username(user))?;
        let mut answer = self.ask(server, Request::Password(&self.ups.password))?;
        if answer.is_ok() {
            answer = self.ask(server, Request::Login { ups })?;
        }
        match answer {
            Ok(()) => {
                self.good(format!("login as {user} accepted (and left again)"));
                Ok(true)
            }
            Err(e) if e.is(ErrorToken::UnknownUps) => Err(self.unknown(server, ups)),
            Err(e) => {
                let text = format!("login as {user} refused: {}", said(&e));
                let cure = format!(
                    "compare user and password with [{user}] in the server's upsd.users, which needs \
                     upsmon {}",
                    self.ups.role
                );
                let finding = self.bad(text, cure);
                self.findings.push(finding);
                Ok(false)
            }
        }
    }

    fn unknown(&self, server: &mut Server, ups: &str) -> Finding {
        let rows = server.list(List::Ups).unwrap_or_default();
        let names: Vec<&str> =
            rows.iter().filter_map(|row| row.first()).map(String::as_str).collect();
        let cure = match names.is_empty() {
            true => "look at the server's ups.conf".to_owned(),
            false => format!("the server has: {}", names.join(", ")),
        };
        self.bad(format!("the server knows no UPS {ups}"), cure)
    }

    fn role(&mut self, server: &mut Server, ups: &str) -> Gone {
        let mut answer = self.ask(server, Request::Primary { ups })?;
        if answer.is_err() {
            answer = self.ask(server, Request::Master { ups })?;
        }
        match answer {
            Ok(()) => self.good("role of the primary granted"),
            Err(e) => {
                let text = format!("role of the primary refused: {}", said(&e));
                let cure = format!(
                    "give [{}] in the server's upsd.users the line: upsmon primary",
                    self.ups.user
                );
                let finding = self.bad(text, cure);
                self.findings.push(finding);
            }
        }
        Ok(())
    }

    fn status(&mut self, server: &mut Server, ups: &str) -> Result<Known, Finding> {
        let known = Known::ask(server, ups).map_err(|e| {
            if e.is(ErrorToken::UnknownUps) {
                return self.unknown(server, ups);
            }
            let cure = "look at the UPS's driver: upsdrvctl status there";
            self.bad(format!("no status: {e}"), cure)
        })?;
        let sample = known
            .sample()
            .ok_or_else(|| self.bad("the server has no ups.status", "look at the UPS's driver"))?;
        let finding = self.judged(sample);
        self.findings.push(finding);
        Ok(known)
    }

    /// What upsmon would make of the status, by upsmon's own rules.
    fn judged(&self, sample: Sample) -> Finding {
        let status = format!("ups.status is [{}]", sample.status);
        let settings = Settings { ups: vec![self.ups.clone()], ..self.settings.clone() };
        let mut monitor = Monitor::new(Time::ZERO, settings);
        monitor.on_report(Time::ZERO, UpsId(0), Report::Sample(sample));
        let verdict = monitor.verdicts().next().map_or(Verdict::Fine, |(.., verdict)| verdict);
        match verdict {
            Verdict::Fine => Finding::good(&self.ups.name, format!("{status}: {verdict}")),
            Verdict::Waiting { reason, .. } => {
                let text = format!("{status}: {verdict}, by {}", reason.rule(self.settings));
                Finding::doubtful(&self.ups.name, text, "")
            }
            Verdict::Critical(reason) => self.bad(
                format!("{status}: {verdict}, by {}", reason.rule(self.settings)),
                "upsmon would not count this UPS as a supply now",
            ),
        }
    }

    fn threshold(&self, threshold: &Threshold, known: &Known) -> Finding {
        let about = &self.ups.name;
        let Condition::Variable { name, op, value } = &threshold.condition else {
            return self.time(threshold, known);
        };
        match known.value(name).map(|text| (text, Decimal::parse(text))) {
            None => self.bad(
                format!("{threshold}: the UPS has no {name}, so it never counts"),
                format!("upsc {about} lists what it has; onbattery FOR needs no variable"),
            ),
            Some((text, None)) => self
                .bad(format!("{threshold}: {name} is no number: {text}"), "take another variable"),
            Some((text, Some(number))) if op.holds(number, *value) => Finding::doubtful(
                about,
                format!("{threshold}: holds already ({name} is {text})"),
                "this host would go down as soon as mains power fails",
            ),
            Some((text, _)) => Finding::good(about, format!("{threshold}: {name} is {text}")),
        }
    }

    /// Not all batteries last as long as somebody wants to wait.
    fn time(&self, threshold: &Threshold, known: &Known) -> Finding {
        let about = &self.ups.name;
        let seconds = Decimal::parse(&threshold.lasting.as_secs().to_string());
        let runtime = known.value("battery.runtime");
        match runtime.and_then(|text| Some((text, Decimal::parse(text)?))) {
            Some((text, runtime)) if Some(runtime) <= seconds => Finding::doubtful(
                about,
                format!("{threshold}: the battery lasts less long (battery.runtime is {text})"),
                "its low battery would come first",
            ),
            _ => Finding::good(about, threshold.to_string()),
        }
    }
}

/// A refusal, in the server's words where it has any.
fn said(error: &Error) -> String {
    error.line().map_or_else(|| error.to_string(), str::to_owned)
}
