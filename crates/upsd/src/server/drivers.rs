//! The server's drivers: finding them, hearing them, judging their silence.

use super::Server;
use crate::action::{Action, Level, Time, UpsId};
use crate::mirror::{Heard, Turn};
use nut_proto::conf::value::int;
use nut_proto::driver::Request;
use nut_proto::line::{UNBALANCED, Unbalanced};
use nut_proto::reply::TrackingState;

impl Server {
    /// Asks the loop to connect to every driver that is due.
    pub(super) fn seek_drivers(&mut self) {
        let now = self.state.now;
        // NUT connects in the reverse order of the file.
        for ups in self.state.devices.ids().into_iter().rev() {
            let Some(mirror) = self.state.devices.get_mut(ups) else { continue };
            if mirror.wants_connection(now) {
                let socket = mirror.device.socket();
                self.state.actions.push(Action::ConnectDriver { ups, socket });
            }
        }
    }

    /// Pings silent drivers and tells the log of data that has become stale or fresh.
    pub(super) fn watch_drivers(&mut self) {
        let (now, max_age) = (self.state.now, self.state.settings.max_age);
        for ups in self.state.devices.ids() {
            let Some(mirror) = self.state.devices.get_mut(ups) else { continue };
            if mirror.wants_ping(now, max_age) {
                // A driver that hangs loses its connection here; there is nothing more to do.
                let _ = self.state.send_driver(ups, &Request::Ping);
            }
            self.judge(ups);
        }
    }

    fn judge(&mut self, ups: UpsId) {
        let (now, max_age) = (self.state.now, self.state.settings.max_age);
        let Some(mirror) = self.state.devices.get_mut(ups) else { return };
        let Some(turn) = mirror.judge(now, max_age) else { return };
        let name = mirror.device.name.clone();
        let text = match turn {
            Turn::Stale => format!("Data for UPS [{name}] is stale - check driver"),
            Turn::Fresh => format!("UPS [{name}] data is no longer stale"),
        };
        self.log(Level::Notice, text);
    }

    /// The connection to a driver stands: asks it for everything.
    pub fn on_driver_connected(&mut self, now: Time, ups: UpsId) {
        self.state.now = now;
        let Some(mirror) = self.state.devices.get_mut(ups) else { return };
        mirror.connected(now);
        let text = format!("Connected to UPS [{}]: {}", mirror.device.name, mirror.device.socket());
        self.log(Level::Info, text);
        let _ = self.state.send_driver(ups, &Request::DumpAll);
    }

    /// A driver cannot be reached; `path` and `reason` are for the log.
    pub fn on_driver_unreachable(&mut self, now: Time, ups: UpsId, path: &str, reason: &str) {
        self.state.now = now;
        let Some(mirror) = self.state.devices.get_mut(ups) else { return };
        let name = mirror.device.name.clone();
        if mirror.unreachable(now) {
            self.log(Level::Err, format!("Can't connect to UPS [{name}] ({path}): {reason}"));
        }
    }

    /// A driver's connection is gone.
    pub fn on_driver_closed(&mut self, now: Time, ups: UpsId, reason: &str) {
        self.state.now = now;
        let Some(mirror) = self.state.devices.get_mut(ups) else { return };
        mirror.lost(now);
        let text = format!("Lost connection to UPS [{}]: {reason}", mirror.device.name);
        self.log(Level::Notice, text);
        self.seek_drivers();
    }

    /// Bytes came from a driver.
    pub fn on_driver_data(&mut self, now: Time, ups: UpsId, bytes: &[u8]) {
        self.state.now = now;
        if let Some(mirror) = self.state.devices.get_mut(ups) {
            mirror.framer.push(bytes);
        }
        while self.hear_line(ups) {}
        self.judge(ups);
    }

    /// False when there is no complete line left.
    fn hear_line(&mut self, ups: UpsId) -> bool {
        let now = self.state.now;
        let Some(mirror) = self.state.devices.get_mut(ups) else { return false };
        let Some(line) = mirror.framer.next_line() else { return false };
        match line.map(|line| mirror.hear(now, &line.texts())) {
            Ok(Heard::Nothing) => {}
            Ok(Heard::Tracking { id, code }) => self.outcome(&id, &code),
            Ok(Heard::Refused(text)) => self.log(Level::Err, text),
            Err(Unbalanced) => {
                if mirror.bad_lines.pass(now).is_some() {
                    let name = &mirror.device.name;
                    let text = format!("Parse error on sock: {UNBALANCED} (UPS [{name}])");
                    self.log(Level::Notice, text);
                }
            }
        }
        true
    }

    /// A code that is no number is no success: NUT 2.8.5 takes it for 0.
    fn outcome(&mut self, id: &str, code: &str) {
        let state = int(code).map_or(TrackingState::Unknown, TrackingState::from_code);
        if self.state.tracking.set(id, state) && state != TrackingState::Pending {
            self.log(Level::Info, format!("tracking ID: {id}\tresult: {state}"));
        }
    }
}
