//! The mode repeater: a UPS of another server, served again.
//!
//! Knows how readings become variables and what a failure means. Talking to the server is for
//! `upstream`; names are resolved in a thread of their own, since that can take its time.
//!
//! Data are stale while the server has none, and what vanished there vanishes here; NUT 2.8.5 serves
//! the last values as fresh for ever. Repeated variables are read-only, since nothing is passed on
//! to the server.

use crate::upstream::{News, Upstream};
use nut_proto::spec::{HostSpec, UPS_FORM, UpsSpec};
use std::collections::BTreeSet;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use upsdrv::context::Wake;
use upsdrv::{Context, Driver, Fatal, Link, LinkEvent};

type Addresses = Result<Vec<SocketAddr>, String>;

/// A UPS of another server.
pub(crate) struct Repeater {
    server: HostSpec,
    upstream: Upstream,
    resolved: Option<Receiver<Addresses>>,
    /// A failure at the start ends the driver.
    strict: bool,
    /// There was an answer, or a failure that is no reason to end.
    ready: bool,
    /// The last failure logged, so that it is logged once.
    told: Option<String>,
    /// Lower-case names of the variables that came from the server.
    mirrored: BTreeSet<String>,
}

impl Repeater {
    /// Reads the port as `ups@host:port`.
    pub(crate) fn new(ctx: &Context) -> Result<Repeater, Fatal> {
        let spec = UpsSpec::parse(&ctx.options.port)
            .map_err(|e| Fatal::new(format!("{e}\nError: invalid UPS definition.\n{UPS_FORM}")))?;
        Ok(Repeater {
            upstream: Upstream::new(&spec.ups),
            server: spec.server,
            resolved: None,
            strict: !ctx.options.has("repeater_disable_strict_start"),
            ready: false,
            told: None,
            mirrored: BTreeSet::new(),
        })
    }

    fn round(&mut self, ctx: &mut Context) {
        if self.upstream.on_round(ctx) {
            self.resolved = Some(resolve(&self.server, ctx.waker()));
        }
    }

    fn on_news(&mut self, ctx: &mut Context, news: Option<News>) {
        match news {
            Some(News::Readings(readings)) => self.on_readings(ctx, &readings),
            Some(News::Failed(why)) => self.on_failure(ctx, why),
            Some(News::Interrupted) => self.round(ctx),
            None => {}
        }
    }

    fn on_readings(&mut self, ctx: &mut Context, readings: &[(String, String)]) {
        if self.told.take().is_some() {
            log::info!("readings of {} are back", ctx.options.port);
        }
        ctx.status.init();
        ctx.alarms.init();
        let mut names = BTreeSet::new();
        for (name, value) in readings.iter().filter(|(name, _)| is_repeated(name)) {
            names.insert(name.to_ascii_lowercase());
            match name.as_str() {
                "ups.status" => ctx.status.set(value),
                "ups.alarm" => ctx.alarms.set(value),
                _ => ctx.state.set(name, value.as_str()),
            }
        }
        for gone in self.mirrored.difference(&names).filter(|name| *name != "ups.status") {
            ctx.state.delete(gone);
        }
        self.mirrored = names;
        ctx.commit_alarms();
        ctx.commit_status();
        ctx.state.data_ok();
        self.ready = true;
    }

    fn on_failure(&mut self, ctx: &mut Context, why: String) {
        ctx.state.data_stale();
        if self.strict && !self.ready {
            ctx.fail(Fatal::new(format!(
                "Error: {why}. Any errors encountered starting the repeater mode result in driver \
                 termination, perhaps you want to set the 'repeater_disable_strict_start' option?"
            )));
        } else if self.told.as_deref() != Some(why.as_str()) {
            log::warn!("Warning: {why}");
            self.told = Some(why);
        }
        self.ready = true;
    }
}

/// The kit of this driver and that of the server both have `driver.*` of their own.
fn is_repeated(name: &str) -> bool {
    !name.starts_with("driver.")
}

fn resolve(server: &HostSpec, wake: Wake) -> Receiver<Addresses> {
    let (sender, receiver) = channel();
    let (host, port) = (server.host.clone(), server.port);
    thread::spawn(move || {
        let found = (host.as_str(), port).to_socket_addrs();
        // Nobody waits for an answer that comes too late.
        let _ = sender.send(found.map(Iterator::collect).map_err(|_| "No such host".to_owned()));
        wake();
    });
    receiver
}

impl Driver for Repeater {
    fn open(&mut self, ctx: &mut Context) -> Result<(), Fatal> {
        self.round(ctx);
        Ok(())
    }

    fn init_info(&mut self, _ctx: &mut Context) -> Result<(), Fatal> {
        Ok(())
    }

    fn is_ready(&self) -> bool {
        self.ready
    }

    fn update(&mut self, ctx: &mut Context) {
        self.round(ctx);
    }

    fn on_wake(&mut self, ctx: &mut Context) {
        let found = self.resolved.as_ref().and_then(|receiver| receiver.try_recv().ok());
        if let Some(found) = found {
            self.resolved = None;
            let news = self.upstream.on_addresses(ctx, found);
            self.on_news(ctx, news);
        }
    }

    fn on_timer(&mut self, ctx: &mut Context) {
        let news = self.upstream.on_timer(ctx);
        self.on_news(ctx, news);
    }

    fn on_link(&mut self, ctx: &mut Context, _link: Link, event: LinkEvent) {
        let news = self.upstream.on_link(ctx, event);
        self.on_news(ctx, news);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;
    use upsdrv::context::Effect;
    use upsdrv::options::Options;

    fn stage(port: &str) -> (Result<Repeater, Fatal>, Context) {
        let ctx = Context::new("dummy-ups", "r", Options::with_port(port), Instant::now());
        (Repeater::new(&ctx), ctx)
    }

    fn readings(pairs: &[(&str, &str)]) -> Option<News> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Some(News::Readings(pairs.iter().map(owned).collect()))
    }

    #[test]
    fn readings_come_and_go_with_the_server() {
        let (repeater, mut ctx) = stage("u@h");
        let mut repeater = repeater.unwrap();
        let first = readings(&[
            ("ups.status", "ALARM OL"),
            ("ups.alarm", "[Hot]"),
            ("driver.name", "other"),
            ("ups.load", "5"),
        ]);
        repeater.on_news(&mut ctx, first);
        assert!(repeater.is_ready() && ctx.state.is_fresh());
        assert_eq!(ctx.state.value("ups.status"), Some("ALARM OL"));
        assert_eq!(ctx.state.value("ups.alarm"), Some("[Hot]"));
        assert_eq!(ctx.state.value("driver.name"), None);
        repeater.on_news(&mut ctx, readings(&[("ups.status", "OB LB")]));
        assert_eq!(ctx.state.value("ups.status"), Some("OB LB"));
        assert_eq!((ctx.state.value("ups.alarm"), ctx.state.value("ups.load")), (None, None));
        repeater.on_news(&mut ctx, Some(News::Failed("Data stale".into())));
        assert!(!ctx.state.is_fresh());
        assert_eq!(ctx.take_effects(), []);
    }

    #[test]
    fn a_failure_at_the_start_is_fatal_unless_told_otherwise() {
        let (repeater, mut ctx) = stage("u@h");
        repeater.unwrap().on_news(&mut ctx, Some(News::Failed("Unknown UPS".into())));
        let effects = ctx.take_effects();
        assert!(matches!(effects.as_slice(), [Effect::Fail(f)]
            if f.message.starts_with("Error: Unknown UPS. Any errors encountered")));
        ctx.options.set("repeater_disable_strict_start", None);
        let mut repeater = Repeater::new(&ctx).unwrap();
        repeater.on_news(&mut ctx, Some(News::Failed("Unknown UPS".into())));
        assert!(repeater.is_ready());
        assert_eq!(ctx.take_effects(), []);
    }

    #[test]
    fn a_bad_port_is_refused() {
        let message = stage("@h").0.err().map(|fatal| fatal.message).unwrap_or_default();
        assert!(message.ends_with(
            "Error: invalid UPS definition.\nRequired format: upsname[@hostname[:port]]"
        ));
    }
}
