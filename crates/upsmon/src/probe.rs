//! Asks servers about UPSes, without any effect on them: for checks and rehearsals.
//!
//! Blocking, each UPS on a thread of its own, all of them bounded in time. Not for the loop.

use crate::action::Sample;
use crate::settings::UpsSettings;
use nut_daemon::resolver::{Family, wanted};
use nut_daemon::server::{Error, Server};
use nut_proto::request::List;
use nut_proto::spec::{HostSpec, UpsSpec};
use nut_proto::status;
use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// How long everything behind the connection may take together.
const TALK_TIME: Duration = Duration::from_secs(20);
/// How long everything may take where connecting has no limit of its own.
const ENDLESS_TIME: Duration = Duration::from_secs(60);

/// How to reach servers.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// The only family of addresses to use, if there is one.
    pub family: Option<Family>,
    /// How long each address may take to connect; zero for no limit.
    pub connect_time: Duration,
}

impl Way {
    /// The addresses of a host.
    pub fn resolve(self, host: &HostSpec) -> Result<Vec<SocketAddr>, Error> {
        let found = (host.host.as_str(), host.port).to_socket_addrs();
        let found = found.into_iter().flatten();
        let found: Vec<SocketAddr> =
            found.filter(|address| wanted(self.family, address.ip())).collect();
        if found.is_empty() { Err(Error::NoSuchHost(host.host.clone())) } else { Ok(found) }
    }

    /// Connects to one of these addresses, of which there is one at least.
    pub fn connect(self, addresses: &[SocketAddr]) -> Result<Server, Error> {
        let patience = Some(self.connect_time).filter(|time| !time.is_zero());
        let found = Server::connect_to(addresses.iter().copied(), patience)?;
        found.ok_or_else(|| Error::NoSuchHost(String::new()))
    }

    /// How long one UPS may take.
    fn limit(self) -> Duration {
        match self.connect_time.is_zero() {
            true => ENDLESS_TIME,
            false => self.connect_time + TALK_TIME,
        }
    }

    /// Does something for every UPS, all at once, each on its own thread; the answers in order. None
    /// where a thread had nothing to say in time: a look-up, for one, may hang as long as it likes.
    pub fn each<T: Send + 'static>(
        self,
        list: &[UpsSettings],
        ask: impl Fn(&UpsSettings) -> T + Clone + Send + 'static,
    ) -> Vec<Option<T>> {
        let until = Instant::now() + self.limit();
        let begin = |ups: &UpsSettings| {
            let (ask, ups) = (ask.clone(), ups.clone());
            let (answer, answers) = channel();
            let ask = move || answer.send(ask(&ups));
            // Without a thread there is no answer.
            let _ = thread::Builder::new().spawn(ask);
            answers
        };
        let running: Vec<_> = list.iter().map(begin).collect();
        let left = || until.saturating_duration_since(Instant::now());
        running.into_iter().map(|answers| answers.recv_timeout(left()).ok()).collect()
    }

    /// What is said where [`Way::each`] has no answer.
    pub fn no_answer(self) -> String {
        format!("no answer within {} s", self.limit().as_secs())
    }
}

/// What a server knows of a UPS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// All variables.
    pub variables: BTreeMap<String, String>,
}

impl Known {
    /// Asks for all variables.
    pub fn ask(server: &mut Server, ups: &str) -> Result<Known, Error> {
        let rows = server.list(List::Var { ups })?;
        let pair = |row: Vec<String>| {
            let mut words = row.into_iter();
            Some((words.next()?, words.next()?))
        };
        Ok(Known { variables: rows.into_iter().filter_map(pair).collect() })
    }

    /// A variable that is not empty.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// What a poll would have found; none where there is no status.
    pub fn sample(&self) -> Option<Sample> {
        let text = |name| self.value(name).unwrap_or_default();
        let buzzwords = ["ups.mode.buzzwords", "experimental.ups.mode.buzzwords"].map(text);
        Some(Sample {
            status: self.value(status::VARIABLE)?.to_owned(),
            alarm: self.value("ups.alarm").map(str::to_owned),
            buzzwords: buzzwords.join(" ").trim().to_owned(),
            variables: self.variables.clone(),
        })
    }
}

/// Who is logged in at a server for a UPS: an address for each.
pub fn clients(server: &mut Server, ups: &str) -> Result<Vec<String>, Error> {
    let rows = server.list(List::Client { ups })?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next()).collect())
}

/// The UPS and its server; the error is what is wrong with the identifier.
pub fn spec(ups: &UpsSettings) -> Result<UpsSpec, String> {
    ups.spec.clone().ok_or_else(|| match UpsSpec::parse(&ups.name) {
        Err(e) => e.to_string(),
        Ok(_) => "no such UPS".to_owned(),
    })
}
