//! The server's clients: connecting, talking, falling silent, leaving.

use super::Server;
use crate::action::{Action, ConnId, Level, Time};
use crate::client::Session;
use crate::commands::answer;
use crate::state::State;
use crate::throttle::more;
use nut_proto::error::ErrorToken;
use nut_proto::line::Unbalanced;
use nut_proto::reply::Reply;

/// Answers written for one client in one go, in bytes, before it has to read them. Of each client that
/// does not, so much waits in memory.
const ANSWERS_MAX: usize = 256 * 1024;
/// Clients sent away at once when descriptors run out.
const SHED: usize = 16;
/// Descriptors kept back for files, pipes and signals.
const RESERVE: usize = 16;

impl Server {
    /// A client came. None: there are too many; the loop closes it at once.
    pub fn on_client_opened(&mut self, now: Time, address: &str) -> Option<ConnId> {
        self.state.now = now;
        if self.full() {
            self.refuse_connection(now, address);
            return None;
        }
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        self.sessions.insert(conn, Session::new(conn, address.to_owned(), now));
        if let Some(limit) = self.state.settings.idle_timeout {
            self.idle.insert((now + limit, conn));
        }
        self.state.debug(2, || format!("Connect from {address}"));
        Some(conn)
    }

    fn full(&self) -> bool {
        let limit = self.state.settings.max_conn.unwrap_or(self.system_limit);
        let limit = limit.min(self.system_limit.saturating_sub(RESERVE));
        self.sessions.len() + self.state.devices.len() + self.listeners >= limit
    }

    fn refuse_connection(&mut self, now: Time, address: &str) {
        let Some(held_back) = self.refused.pass(now) else { return };
        let text = format!(
            "refused a connection from {address}: {} clients are connected already (see upsd.conf \
             MAXCONN setting to adjust){}",
            self.sessions.len(),
            more(held_back)
        );
        self.log(Level::Err, text);
    }

    /// Accepting failed. When descriptors ran out, clients that have been silent longest and are
    /// not logged in make room.
    pub fn on_accept_failed(&mut self, now: Time, reason: &str, exhausted: bool) {
        self.state.now = now;
        if let Some(held_back) = self.accept_failed.pass(now) {
            let text = format!("accepting a connection failed: {reason}{}", more(held_back));
            self.log(Level::Err, text);
        }
        if exhausted {
            let silent = |(_, conn): &(Time, ConnId)| {
                self.sessions.get(conn).is_some_and(|session| session.client.login.is_none())
            };
            let shed = self.idle.iter().filter(|entry| silent(entry)).take(SHED);
            for conn in shed.map(|&(_, conn)| conn).collect::<Vec<_>>() {
                self.close(conn);
            }
        }
    }

    /// Bytes came from a client.
    pub fn on_client_data(&mut self, now: Time, conn: ConnId, bytes: &[u8]) {
        self.state.now = now;
        if let Some(session) = self.sessions.get_mut(&conn) {
            session.push(bytes);
            if !session.held {
                self.serve(conn);
            }
        }
    }

    /// A client that was held has read all its answers.
    pub fn on_client_drained(&mut self, now: Time, conn: ConnId) {
        self.state.now = now;
        if let Some(session) = self.sessions.get_mut(&conn) {
            session.held = false;
            self.serve(conn);
            self.resume(conn);
        }
    }

    /// A client's connection is gone; its login ends.
    pub fn on_client_closed(&mut self, now: Time, conn: ConnId) {
        self.state.now = now;
        self.forget(conn);
    }

    /// Answers the complete lines of a client, as many as it may be owed at once.
    fn serve(&mut self, conn: ConnId) {
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        let mut out = Vec::with_capacity(session.last_answers);
        while !session.held && answer_line(&mut self.state, session, &mut out) {
            session.active = self.state.now;
            session.held = out.len() > ANSWERS_MAX;
        }
        session.last_answers = out.len();
        let (held, leaving) = (session.held, session.client.leaving);
        if !out.is_empty() {
            self.state.actions.push(Action::Send { conn, bytes: out });
        }
        if held {
            self.state.actions.push(Action::Hold(conn));
        } else if leaving {
            self.close(conn);
        }
    }

    /// Reads on from a client that was held, unless it is held again.
    fn resume(&mut self, conn: ConnId) {
        if self.sessions.get(&conn).is_some_and(|session| !session.held) {
            self.state.actions.push(Action::Resume(conn));
        }
    }

    /// Ends the connections on which no line was finished for too long. Costs no more than what
    /// falls due: a client that was active meanwhile is looked at again later.
    pub(super) fn close_idle(&mut self) {
        let now = self.state.now;
        let Some(limit) = self.state.settings.idle_timeout else { return };
        while let Some(&(due, conn)) = self.idle.first().filter(|(due, _)| *due < now) {
            self.idle.remove(&(due, conn));
            let Some(session) = self.sessions.get(&conn) else { continue };
            let again = session.active + limit;
            if again >= now {
                self.idle.insert((again, conn));
            } else {
                let name = session.client.name();
                self.state.debug(2, || format!("Disconnecting {name}: no request for too long"));
                self.close(conn);
            }
        }
    }

    /// Closes a client's connection and forgets it.
    pub(super) fn close(&mut self, conn: ConnId) {
        self.state.actions.push(Action::Close(conn));
        self.forget(conn);
    }

    fn forget(&mut self, conn: ConnId) {
        let Some(session) = self.sessions.remove(&conn) else { return };
        if let Some(mirror) = session.client.login.and_then(|ups| self.state.devices.get_mut(ups)) {
            mirror.log_out(conn);
        }
        self.state.debug(2, || format!("Disconnect from {}", session.client.address));
    }

    /// Starts the idle clock of every client anew; the limit has changed.
    pub(super) fn requeue_idle(&mut self) {
        self.idle.clear();
        let Some(limit) = self.state.settings.idle_timeout else { return };
        let due = |(&conn, session): (&ConnId, &Session)| (session.active + limit, conn);
        self.idle = self.sessions.iter().map(due).collect();
    }
}

/// Answers the next complete line of a client; false if there is none.
fn answer_line(state: &mut State, session: &mut Session, out: &mut Vec<u8>) -> bool {
    if let Some(line) = session.framer.next_plain() {
        answer(state, &mut session.client, line.words(), out);
        return true;
    }
    match session.framer.next_line() {
        Some(Ok(line)) => answer(state, &mut session.client, &line.texts(), out),
        Some(Err(Unbalanced)) => {
            state.bad_line(&session.client);
            Reply::Err(ErrorToken::InvalidArgument).write_to(out);
        }
        None => return false,
    }
    true
}
