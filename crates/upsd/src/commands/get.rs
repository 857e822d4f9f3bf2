//! GET: one fact.

use super::{Answered, reply, version_text};
use crate::client::Client;
use crate::state::State;
use nut_proto::NUT_VERSION;
use nut_proto::error::ErrorToken;
use nut_proto::reply::Reply;
use nut_proto::request::Get;

impl State {
    /// Answers GET; the order of checks is NUT 2.8.5's.
    pub(super) fn get(&self, client: &Client, get: Get<'_>, out: &mut Vec<u8>) -> Answered {
        match get {
            Get::Var { ups, var } => self.get_var(ups, var, out),
            Get::Type { ups, var } => {
                let variable = self.devices.available(ups)?.variable(var)?;
                reply(out, Reply::Type { ups, var, variable })
            }
            Get::Desc { ups, var } => {
                self.devices.available(ups)?;
                reply(out, Reply::Desc { ups, var, text: self.descriptions.variable(var) })
            }
            Get::CmdDesc { ups, cmd } => {
                self.devices.available(ups)?;
                reply(out, Reply::CmdDesc { ups, cmd, text: self.descriptions.command(cmd) })
            }
            Get::NumLogins { ups } => {
                let count = self.devices.available(ups)?.logins().len();
                reply(out, Reply::NumLogins { ups, count })
            }
            Get::UpsDesc { ups } => {
                let desc = self.devices.find(ups)?.device.desc.as_deref();
                reply(out, Reply::UpsDesc { ups, text: desc.unwrap_or("Unavailable") })
            }
            Get::Tracking { id } => self.get_tracking(client, id, out),
        }
    }

    fn get_tracking(&self, client: &Client, id: Option<&str>, out: &mut Vec<u8>) -> Answered {
        match id {
            None => reply(out, Reply::TrackingSwitch { on: client.tracking }),
            Some(_) if !client.tracking => Err(ErrorToken::FeatureNotConfigured),
            Some(id) => reply(out, Reply::TrackingState(self.tracking.state(id))),
        }
    }

    fn get_var(&self, ups: &str, var: &str, out: &mut Vec<u8>) -> Answered {
        if is_servers(var) {
            return server_var(ups, var, out);
        }
        let value = self.devices.available(ups)?.value(var)?;
        reply(out, Reply::Var { ups, var, value: &value })
    }
}

/// `server.` in any letter case: upsd answers for itself, whatever UPS was named.
fn is_servers(var: &str) -> bool {
    var.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case("server."))
}

/// The two names are echoed in lower case (NUT 2.8.5).
fn server_var(ups: &str, var: &str, out: &mut Vec<u8>) -> Answered {
    match var.to_ascii_lowercase().as_str() {
        name @ "server.info" => reply(out, Reply::Var { ups, var: name, value: &version_text() }),
        name @ "server.version" => reply(out, Reply::Var { ups, var: name, value: NUT_VERSION }),
        _ => Err(ErrorToken::VarNotSupported),
    }
}
