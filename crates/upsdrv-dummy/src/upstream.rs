//! The conversation with the server whose UPS is repeated.
//!
//! Knows when to connect, when to ask and when to give up; hands out what was learned. What becomes
//! of it, and resolving names, is for `repeater`. Pure: connections are wishes in the context.

use nut_proto::client::{Answer, Failure, Session};
use nut_proto::request::{List, Request};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use upsdrv::{Context, Link, LinkEvent};

/// The one connection.
const LINK: Link = Link(0);
/// How long name, connection or answer may take, each.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the conversation brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// All variables, name and value.
    Readings(Vec<(String, String)>),
    /// A connection that worked broke: worth one more try before anybody is alarmed, since a server
    /// that is restarted is back at once.
    Interrupted,
    /// No readings to be had now, and why, in the words of NUT's clients.
    Failed(String),
}

/// Where the conversation stands.
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Idle,
    Resolving,
    Connecting,
    Talking,
}

/// One server and one UPS there.
#[derive(Debug)]
pub(crate) struct Upstream {
    ups: String,
    stage: Stage,
    /// Addresses still to try.
    addresses: VecDeque<SocketAddr>,
    session: Session,
    /// When the present stage, or the open question, runs out of patience.
    deadline: Option<Instant>,
    /// This connection has brought readings.
    proven: bool,
}

impl Upstream {
    pub(crate) fn new(ups: &str) -> Upstream {
        Upstream {
            ups: ups.to_owned(),
            stage: Stage::Idle,
            addresses: VecDeque::new(),
            session: Session::default(),
            deadline: None,
            proven: false,
        }
    }

    /// A round has come: asks for the readings. True when the server's name is to be resolved first.
    #[must_use]
    pub(crate) fn on_round(&mut self, ctx: &mut Context) -> bool {
        match self.stage {
            Stage::Idle => {
                self.stage = Stage::Resolving;
                self.be_patient(ctx);
                return true;
            }
            Stage::Talking if self.session.waiting() == 0 => self.ask(ctx),
            _ => {}
        }
        false
    }

    /// The server's name is resolved, or not.
    pub(crate) fn on_addresses(
        &mut self,
        ctx: &mut Context,
        found: Result<Vec<SocketAddr>, String>,
    ) -> Option<News> {
        if self.stage != Stage::Resolving {
            return None;
        }
        match found {
            Ok(addresses) => {
                self.addresses = addresses.into();
                self.connect(ctx, "No such host".to_owned())
            }
            Err(why) => Some(self.give_up(ctx, why)),
        }
    }

    /// Something happened on the connection.
    pub(crate) fn on_link(&mut self, ctx: &mut Context, event: LinkEvent) -> Option<News> {
        match event {
            LinkEvent::Connected => {
                self.stage = Stage::Talking;
                self.session = Session::default();
                self.ask(ctx);
                None
            }
            LinkEvent::Data(bytes) => {
                self.session.receive(&bytes);
                self.answer(ctx)
            }
            LinkEvent::Closed(why) => self.on_closed(ctx, why),
        }
    }

    /// A deadline may have passed.
    pub(crate) fn on_timer(&mut self, ctx: &mut Context) -> Option<News> {
        self.deadline.filter(|deadline| *deadline <= ctx.now)?;
        let timed_out = "Connection failure: Connection timed out".to_owned();
        match self.stage {
            Stage::Connecting => self.connect(ctx, timed_out),
            Stage::Idle => None,
            Stage::Resolving | Stage::Talking => Some(self.give_up(ctx, timed_out)),
        }
    }

    fn on_closed(&mut self, ctx: &mut Context, why: String) -> Option<News> {
        match self.stage {
            Stage::Connecting => self.connect(ctx, format!("Connection failure: {why}")),
            Stage::Talking if std::mem::take(&mut self.proven) => {
                self.stage = Stage::Idle;
                Some(News::Interrupted)
            }
            _ => Some(self.give_up(ctx, why)),
        }
    }

    /// Tries the next address; gives up, for this reason, when there is none.
    fn connect(&mut self, ctx: &mut Context, why: String) -> Option<News> {
        let Some(address) = self.addresses.pop_front() else { return Some(self.give_up(ctx, why)) };
        self.stage = Stage::Connecting;
        ctx.connect(LINK, address);
        self.be_patient(ctx);
        None
    }

    fn ask(&mut self, ctx: &mut Context) {
        let bytes = self.session.ask(Request::List(List::Var { ups: &self.ups }));
        ctx.send(LINK, bytes);
        self.be_patient(ctx);
    }

    fn answer(&mut self, ctx: &mut Context) -> Option<News> {
        match self.session.answer()? {
            Ok(Answer::Rows(rows)) => {
                self.proven = true;
                self.deadline = None;
                Some(News::Readings(rows.into_iter().filter_map(pair).collect()))
            }
            Err(refused @ Failure::Refused { .. }) => {
                self.deadline = None;
                Some(News::Failed(refused.to_string()))
            }
            Ok(_) => Some(self.give_up(ctx, Failure::Protocol.to_string())),
            Err(failure) => Some(self.give_up(ctx, failure.to_string())),
        }
    }

    fn be_patient(&mut self, ctx: &mut Context) {
        let deadline = ctx.now + PATIENCE;
        self.deadline = Some(deadline);
        ctx.call_at(deadline);
    }

    fn give_up(&mut self, ctx: &mut Context, why: String) -> News {
        if self.stage != Stage::Idle {
            ctx.disconnect(LINK);
        }
        self.stage = Stage::Idle;
        (self.deadline, self.proven) = (None, false);
        News::Failed(why)
    }
}

fn pair(row: Vec<String>) -> Option<(String, String)> {
    let mut words = row.into_iter();
    Some((words.next()?, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use upsdrv::context::Effect;
    use upsdrv::options::Options;

    fn stage() -> (Upstream, Context) {
        let ctx = Context::new("dummy-ups", "r", Options::default(), Instant::now());
        (Upstream::new("u"), ctx)
    }

    fn address(n: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], n))
    }

    /// The wishes other than timers.
    fn wishes(ctx: &mut Context) -> Vec<Effect> {
        let no_timer = |effect: &Effect| !matches!(effect, Effect::Timer(_));
        ctx.take_effects().into_iter().filter(no_timer).collect()
    }

    fn talking(upstream: &mut Upstream, ctx: &mut Context) {
        assert!(upstream.on_round(ctx));
        assert_eq!(upstream.on_addresses(ctx, Ok(vec![address(1)])), None);
        assert_eq!(upstream.on_link(ctx, LinkEvent::Connected), None);
        ctx.take_effects();
    }

    fn data(text: &str) -> LinkEvent {
        LinkEvent::Data(text.as_bytes().to_vec())
    }

    const LISTING: &str = "BEGIN LIST VAR u\nVAR u ups.status \"OL\"\nEND LIST VAR u\n";

    #[test]
    fn connects_asks_and_asks_again() {
        let (mut upstream, mut ctx) = stage();
        assert!(upstream.on_round(&mut ctx));
        assert!(!upstream.on_round(&mut ctx));
        assert_eq!(upstream.on_addresses(&mut ctx, Ok(vec![address(1), address(2)])), None);
        assert_eq!(wishes(&mut ctx), [Effect::Connect(LINK, address(1))]);
        assert_eq!(upstream.on_link(&mut ctx, LinkEvent::Closed("x".into())), None);
        assert_eq!(wishes(&mut ctx), [Effect::Connect(LINK, address(2))]);
        assert_eq!(upstream.on_link(&mut ctx, LinkEvent::Connected), None);
        let question = || Effect::Send(LINK, b"LIST VAR u\n".to_vec());
        assert_eq!(wishes(&mut ctx), [question()]);
        let readings = News::Readings(vec![("ups.status".into(), "OL".into())]);
        assert_eq!(upstream.on_link(&mut ctx, data(LISTING)), Some(readings));
        assert!(!upstream.on_round(&mut ctx));
        assert_eq!(wishes(&mut ctx), [question()]);
    }

    #[test]
    fn a_refusal_keeps_the_connection() {
        let (mut upstream, mut ctx) = stage();
        talking(&mut upstream, &mut ctx);
        let failed = News::Failed("Data stale".into());
        assert_eq!(upstream.on_link(&mut ctx, data("ERR DATA-STALE\n")), Some(failed));
        assert!(!upstream.on_round(&mut ctx));
        assert_eq!(wishes(&mut ctx).len(), 1);
    }

    #[test]
    fn nobody_there_is_told_in_the_words_of_clients() {
        let (mut upstream, mut ctx) = stage();
        assert!(upstream.on_round(&mut ctx));
        assert_eq!(upstream.on_addresses(&mut ctx, Ok(vec![address(1)])), None);
        let news = upstream.on_link(&mut ctx, LinkEvent::Closed("Connection refused".into()));
        let text = "Connection failure: Connection refused".to_owned();
        assert_eq!(news, Some(News::Failed(text)));
        assert!(upstream.on_round(&mut ctx));
    }

    #[test]
    fn a_connection_that_worked_is_made_again_at_once() {
        let (mut upstream, mut ctx) = stage();
        talking(&mut upstream, &mut ctx);
        assert!(matches!(upstream.on_link(&mut ctx, data(LISTING)), Some(News::Readings(_))));
        let closed = || LinkEvent::Closed("Server disconnected".into());
        assert_eq!(upstream.on_link(&mut ctx, closed()), Some(News::Interrupted));
        talking(&mut upstream, &mut ctx);
        let failed = News::Failed("Server disconnected".into());
        assert_eq!(upstream.on_link(&mut ctx, closed()), Some(failed));
    }

    #[test]
    fn a_silent_server_is_given_up() {
        let (mut upstream, mut ctx) = stage();
        talking(&mut upstream, &mut ctx);
        assert_eq!(upstream.on_timer(&mut ctx), None);
        ctx.now += PATIENCE;
        let text = "Connection failure: Connection timed out".to_owned();
        assert_eq!(upstream.on_timer(&mut ctx), Some(News::Failed(text)));
        assert_eq!(wishes(&mut ctx), [Effect::Disconnect(LINK)]);
    }
}
