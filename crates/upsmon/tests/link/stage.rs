//! One link, an invented clock, and scripts of two columns: what happens, what it must do.
//!
//! Left: `poll [variables]`, `fsd`, `logins`, `ask-anew`, `reconnect`, `secret`, `close`, `resolved <addresses>`,
//! `resolved no such host`, `resolved not: <why>`, `connected`, `closed: <why>`, `wait <seconds>`
//! `< <line of the server>` and `<< <bytes with \\n>`. Right, each on a line: what comes out, all of it, in order; lines of
//! debugging are left out.

use nut_proto::spec::UpsSpec;
use std::time::Duration;
use upsmon::action::{Level, Report, Sample};
use upsmon::link::{Link, LookupFailure, Output, Patience, Throttle};
use upsmon::settings::{Role, UpsSettings};

pub struct Stage {
    pub link: Link,
    pub now: Duration,
}

/// `MONITOR u@srv 1 mon secret <role>`.
pub fn settings(name: &str, role: Role) -> UpsSettings {
    UpsSettings {
        name: name.to_owned(),
        spec: UpsSpec::parse(name).ok(),
        power_value: 1,
        user: "mon".to_owned(),
        password: "secret".to_owned(),
        role,
    }
}

/// How a secondary begins.
pub const HELLO: &str = "
    poll                        | resolve srv 3493
    resolved 10.0.0.1           | connect 10.0.0.1:3493
    connected                   | > USERNAME mon
    < OK                        | > PASSWORD secret
    < OK                        | > LOGIN u
    < OK                        | logged in
                                | > GET VAR u ups.status";

/// The answers to a poll after that.
pub const ONLINE: &str = "
    < VAR u ups.status \"OL\"   | > GET VAR u ups.mode.buzzwords
    < ERR VAR-NOT-SUPPORTED     | > GET VAR u experimental.ups.mode.buzzwords
    < ERR VAR-NOT-SUPPORTED     | sample OL";

impl Stage {
    pub fn new(role: Role) -> Stage {
        Stage::with(settings("u@srv", role), None)
    }

    pub fn with(settings: UpsSettings, throttle: Option<u32>) -> Stage {
        let throttle = Throttle::new(throttle, Duration::from_secs(5));
        let link = Link::new(settings, Patience::default(), throttle);
        Stage { link, now: Duration::from_secs(1000) }
    }

    /// A secondary that is logged in, after its first poll.
    pub fn usual() -> Stage {
        let mut stage = Stage::new(Role::Secondary);
        stage.plays(HELLO);
        stage.plays(ONLINE);
        stage
    }

    /// Plays a script.
    pub fn plays(&mut self, script: &str) {
        let mut expected: Vec<String> = Vec::new();
        let mut cause = "the beginning".to_owned();
        let mut seen = self.take();
        for line in script.lines().filter(|line| !line.trim().is_empty()) {
            let (left, right) = line.split_once(" | ").unwrap_or((line, ""));
            let (left, right) = (left.trim(), right.trim());
            if !left.is_empty() {
                assert_eq!(seen, expected, "after {cause:?}");
                expected.clear();
                cause = left.to_owned();
                self.happens(left);
                seen = self.take();
            }
            if !right.is_empty() {
                expected.push(right.to_owned());
            }
        }
        assert_eq!(seen, expected, "after {cause:?}");
    }

    pub fn happens(&mut self, event: &str) {
        let (word, rest) = event.split_once(' ').unwrap_or((event, ""));
        let now = self.now;
        match word {
            "poll" => self.link.poll(now, rest.split_whitespace().map(str::to_owned).collect()),
            "fsd" => self.link.set_fsd(now),
            "logins" => self.link.ask_logins(now),
            "ask-anew" => self.link.ask_anew(now),
            "reconnect" => self.link.reconnect(now),
            "secret" => self.link.set_secret(true),
            "close" => self.link.close(),
            "resolved" => self.link.on_resolved(now, found(rest)),
            "connected" => self.link.on_connected(now),
            "closed:" => self.link.on_closed(now, rest),
            "wait" => self.wait(Duration::from_secs_f64(rest.parse().unwrap())),
            "<<" => self.link.on_data(now, rest.replace("\\n", "\n").as_bytes()),
            "<" => self.link.on_data(now, format!("{rest}\n").as_bytes()),
            _ => panic!("what does {event:?} mean?"),
        }
    }

    /// Lets time pass, with a tick whenever one is due.
    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(deadline) = self.link.next_deadline().filter(|deadline| *deadline <= end) {
            self.now = deadline;
            self.link.on_tick(deadline);
            let next = self.link.next_deadline();
            assert!(next.is_none_or(|next| next > deadline), "a tick leaves nothing due");
        }
        self.now = end;
        self.link.on_tick(end);
    }

    /// What came out, as words.
    pub fn take(&mut self) -> Vec<String> {
        self.link.take_outputs().into_iter().filter_map(words).collect()
    }
}

fn found(text: &str) -> Result<Vec<std::net::SocketAddr>, LookupFailure> {
    match text.strip_prefix("not: ") {
        Some(why) => Err(LookupFailure::Other(why.to_owned())),
        None if text == "no such host" => Err(LookupFailure::NotFound),
        None => Ok(text.split_whitespace().map(|a| format!("{a}:3493").parse().unwrap()).collect()),
    }
}

fn words(output: Output) -> Option<String> {
    Some(match output {
        Output::Resolve { host, port } => format!("resolve {host} {port}"),
        Output::Connect(address) => format!("connect {address}"),
        Output::Send(bytes) => {
            let line = String::from_utf8(bytes).unwrap();
            format!("> {}", line.strip_suffix('\n').expect("a whole line"))
        }
        Output::Disconnect => "disconnect".to_owned(),
        Output::Log(Level::Debug(_), _) => return None,
        Output::Log(level, text) => format!("{} {text}", format!("{level:?}").to_lowercase()),
        Output::Report(report) => report_words(report),
    })
}

fn report_words(report: Report) -> String {
    match report {
        Report::Sample(sample) => sample_words(&sample),
        Report::Failed(failure) => format!("failed {failure:?}"),
        Report::LoggedIn => "logged in".to_owned(),
        Report::LoginRefused(line) => format!("login refused: {line}"),
        Report::LoggedOut => "logged out".to_owned(),
        Report::FsdSet(Ok(())) => "fsd set".to_owned(),
        Report::FsdSet(Err(why)) => format!("fsd not set: {why}"),
        Report::Logins(Ok(number)) => format!("logins {number}"),
        Report::Logins(Err(why)) => format!("no logins: {why}"),
    }
}

fn sample_words(sample: &Sample) -> String {
    let mut text = format!("sample {}", sample.status);
    if !sample.buzzwords.is_empty() {
        text.push_str(&format!(" buzzwords=[{}]", sample.buzzwords));
    }
    if let Some(alarm) = &sample.alarm {
        text.push_str(&format!(" alarm=[{alarm}]"));
    }
    sample.variables.iter().for_each(|(name, value)| text.push_str(&format!(" {name}=[{value}]")));
    text
}
