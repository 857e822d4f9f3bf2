//! The server's side of the driver socket: connections, requests, answers and broadcasts.
//!
//! Knows who is connected, who wants broadcasts and whose SET or INSTCMD is under way; says what is
//! to be sent, closed or run. Running a SET or a command is for the main loop, moving bytes for the
//! reactor. Pure.
//!
//! One line is taken at a time, so that a DUMPALL behind a SET shows what the SET did. While a SET
//! or command waits, its connection waits too; everything else is answered.

use crate::state::DriverState;
use nut_proto::driver::{BadRequest, Message, Outcome, Request};
use nut_proto::line::{Framer, Line, UNBALANCED};
use std::collections::{BTreeMap, VecDeque};

/// Bytes answered to one connection before it has to read them: the others come first then.
const ANSWERS_MAX: usize = 64 * 1024;
/// Bytes a connection may send ahead while its SET or command is under way.
const BACKLOG_MAX: usize = 1024 * 1024;

/// A SET or an INSTCMD to run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are the words of the request
pub enum Order {
    Set { name: String, value: String },
    Command { name: String, param: Option<String> },
}

/// What the main loop must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<C> {
    /// Send these bytes.
    Send(C, Vec<u8>),
    /// Send these last bytes and close.
    Close(C, Vec<u8>),
    /// Read no more from it, and say [`Server::on_drained`] when all it was sent is written.
    Hold(C),
    /// Run this, then say [`Server::finish`]. None other is given out before.
    Run(Order),
}

#[derive(Debug)]
struct Conn {
    framer: Framer,
    broadcasts: bool,
    /// A SET or command that waits for its turn or its answer, and the id for TRACKING.
    order: Option<(Order, Option<String>)>,
    /// Bytes that came while it waited.
    backlog: usize,
    /// Bytes of answers since it was known to have read them all.
    owed: usize,
    /// It has to read first.
    held: bool,
}

impl Conn {
    fn new() -> Conn {
        let framer = Framer::default();
        Conn { framer, broadcasts: true, order: None, backlog: 0, owed: 0, held: false }
    }

    fn waits(&self) -> bool {
        self.order.is_some() || self.held
    }
}

/// All connections; `C` names one.
#[derive(Debug)]
pub struct Server<C> {
    pid: u32,
    conns: BTreeMap<C, Conn>,
    /// Connections with lines to look at, longest waiting first.
    ready: VecDeque<C>,
    /// Connections whose order waits for its turn, longest waiting first.
    queue: VecDeque<C>,
    /// An order is under way; the connection may be gone by now.
    running: Option<C>,
    busy: bool,
}

impl<C: Copy + Ord> Server<C> {
    /// A server without connections, in the process with this number.
    pub fn new(pid: u32) -> Server<C> {
        let (ready, queue) = (VecDeque::new(), VecDeque::new());
        Server { pid, conns: BTreeMap::new(), ready, queue, running: None, busy: false }
    }

    /// A connection came in. It hears broadcasts until it says otherwise.
    pub fn on_open(&mut self, conn: C) {
        self.conns.insert(conn, Conn::new());
    }

    /// A connection is gone. What it ordered goes on, without an answer.
    pub fn on_close(&mut self, conn: C) {
        self.conns.remove(&conn);
        self.queue.retain(|c| *c != conn);
        if self.running == Some(conn) {
            self.running = None;
        }
    }

    /// Bytes came. True when the connection is to be dropped, for sending too far ahead.
    #[must_use]
    pub fn on_data(&mut self, conn: C, bytes: &[u8]) -> bool {
        let Some(state) = self.conns.get_mut(&conn) else { return false };
        state.framer.push(bytes);
        if state.waits() {
            state.backlog += bytes.len();
        } else {
            self.ready.push_back(conn);
        }
        state.backlog > BACKLOG_MAX
    }

    /// A connection that was held has been written all its answers.
    pub fn on_drained(&mut self, conn: C) {
        let Some(state) = self.conns.get_mut(&conn) else { return };
        (state.owed, state.backlog, state.held) = (0, 0, false);
        self.ready.push_back(conn);
    }

    /// The next thing to do, until there is none.
    pub fn next(&mut self, state: &DriverState) -> Option<Action<C>> {
        if let Some(order) = self.next_order() {
            return Some(Action::Run(order));
        }
        while let Some(&conn) = self.ready.front() {
            if self.must_read(conn) {
                return Some(Action::Hold(conn));
            }
            match self.next_line(conn) {
                Some(line) => {
                    if let Some(action) = self.on_line(conn, line, state) {
                        return Some(action);
                    }
                }
                None => {
                    self.ready.pop_front();
                }
            }
        }
        None
    }

    /// The order that was given out is done.
    pub fn finish(&mut self, outcome: Outcome) -> Option<Action<C>> {
        self.busy = false;
        let conn = self.running.take()?;
        let state = self.conns.get_mut(&conn)?;
        let (_, tracking) = state.order.take()?;
        state.backlog = 0;
        self.ready.push_back(conn);
        let code = outcome.code().to_string();
        self.send(conn, [Message::Tracking { id: tracking?, code }])
    }

    /// Tells all who want to hear.
    pub fn broadcast(&self, messages: &[Message]) -> Vec<Action<C>> {
        if messages.is_empty() {
            return Vec::new();
        }
        let bytes = encode(messages.iter().cloned());
        let listening = self.conns.iter().filter(|(_, conn)| conn.broadcasts);
        listening.map(|(&conn, _)| Action::Send(conn, bytes.clone())).collect()
    }

    fn next_order(&mut self) -> Option<Order> {
        if self.busy {
            return None;
        }
        let conn = self.queue.pop_front()?;
        let order = self.conns.get(&conn)?.order.as_ref()?.0.clone();
        (self.running, self.busy) = (Some(conn), true);
        Some(order)
    }

    fn next_line(&mut self, conn: C) -> Option<Line> {
        let state = self.conns.get_mut(&conn).filter(|state| !state.waits())?;
        loop {
            match state.framer.next_line()? {
                Ok(line) => return Some(line),
                Err(_) => log::info!("Parse error on sock: {UNBALANCED}"),
            }
        }
    }

    fn on_line(&mut self, conn: C, line: Line, state: &DriverState) -> Option<Action<C>> {
        match Request::parse(&line.texts()) {
            Ok(request) => self.on_request(conn, request, state),
            Err(bad) => {
                complain(&bad, &line);
                None
            }
        }
    }

    fn on_request(&mut self, conn: C, request: Request, state: &DriverState) -> Option<Action<C>> {
        match request {
            Request::Ping => self.send(conn, [Message::Pong]),
            Request::GetPid => self.send(conn, [Message::Pid(self.pid.into())]),
            Request::DumpAll => self.send(conn, state.dump()),
            Request::DumpValue { name } => self.send(conn, state.dump_value(&name)),
            Request::DumpStatus => self.send(conn, state.dump_value("ups.status")),
            Request::NoBroadcast => self.set_broadcasts(conn, false),
            Request::Broadcast { on } => self.set_broadcasts(conn, on),
            Request::Logout => self.logout(conn),
            Request::InstCmd { name, param, tracking } => {
                self.enqueue(conn, Order::Command { name, param }, tracking)
            }
            Request::Set { name, value, tracking } => {
                self.enqueue(conn, Order::Set { name, value }, tracking)
            }
        }
    }

    fn send(&mut self, conn: C, messages: impl IntoIterator<Item = Message>) -> Option<Action<C>> {
        let bytes = encode(messages);
        self.conns.get_mut(&conn)?.owed += bytes.len();
        Some(Action::Send(conn, bytes))
    }

    /// True once when a connection has to read first.
    fn must_read(&mut self, conn: C) -> bool {
        let Some(state) = self.conns.get_mut(&conn) else { return false };
        let behind = state.owed > ANSWERS_MAX && !state.held;
        state.held |= behind;
        behind
    }

    fn set_broadcasts(&mut self, conn: C, on: bool) -> Option<Action<C>> {
        self.conns.get_mut(&conn)?.broadcasts = on;
        None
    }

    fn logout(&mut self, conn: C) -> Option<Action<C>> {
        self.on_close(conn);
        Some(Action::Close(conn, encode([Message::Goodbye])))
    }

    fn enqueue(&mut self, conn: C, order: Order, tracking: Option<String>) -> Option<Action<C>> {
        self.conns.get_mut(&conn)?.order = Some((order, tracking));
        self.queue.push_back(conn);
        self.next_order().map(Action::Run)
    }
}

fn encode(messages: impl IntoIterator<Item = Message>) -> Vec<u8> {
    messages.into_iter().flat_map(|message| format!("{message}\n").into_bytes()).collect()
}

/// NUT's log lines about what is no request.
fn complain(bad: &BadRequest, line: &Line) {
    match bad {
        BadRequest::Unknown => {
            log::info!("Unknown command on socket: ");
            for (n, word) in line.texts().iter().enumerate() {
                log::info!("arg {n}: {word}");
            }
        }
        BadRequest::MalformedInstCmd => log::info!("Malformed INSTCMD request"),
        BadRequest::SetParameters { words: [a, b], .. } => {
            // NUT prints `<var>` as it stands.
            log::info!("Got SET <var> with unsupported parameters ({a}/{b})");
        }
        BadRequest::Ignored => {}
    }
}

#[cfg(test)]
mod tests;
