//! USERNAME, PASSWORD, LOGIN, LOGOUT, PRIMARY, MASTER, FSD: who a client is and what upsmon needs.

use super::{Answered, reply};
use crate::action::Level;
use crate::client::Client;
use crate::state::State;
use crate::throttle::more;
use crate::users::Permission;
use nut_proto::error::ErrorToken;
use nut_proto::reply::Reply;

impl State {
    /// USERNAME: taken as it is; nothing is checked here (NUT 2.8.5).
    pub(super) fn username(
        &mut self,
        client: &mut Client,
        name: &str,
        out: &mut Vec<u8>,
    ) -> Answered {
        if client.username.is_some() {
            self.complain(client, "set a username twice");
            return Err(ErrorToken::AlreadySetUsername);
        }
        client.username = Some(name.to_owned());
        reply(out, Reply::Ok)
    }

    /// PASSWORD: a wrong one is taken too.
    pub(super) fn password(
        &mut self,
        client: &mut Client,
        password: &str,
        out: &mut Vec<u8>,
    ) -> Answered {
        if client.password.is_some() {
            self.complain(client, "set a password twice");
            return Err(ErrorToken::AlreadySetPassword);
        }
        client.password = Some(password.to_owned());
        reply(out, Reply::Ok)
    }

    /// Not more than once a second, as nobody has to prove anything for it.
    fn complain(&mut self, client: &Client, what: &str) {
        if let Some(held_back) = self.repetitions.pass(self.now) {
            let link = if client.username.is_some() { "" } else { "on " };
            let text = format!("Client {link}{} tried to {what}", client.name());
            self.log(Level::Info, text + &more(held_back));
        }
    }

    /// LOGOUT: what came with it is still answered, then the connection ends.
    pub(super) fn logout(&mut self, client: &mut Client, out: &mut Vec<u8>) -> Answered {
        let login = client.login.and_then(|ups| self.devices.get_mut(ups));
        if let Some(mirror) = login.filter(|_| !client.leaving) {
            let name = mirror.device.name.clone();
            let text = format!("User {} logged out from UPS [{name}]", client.name());
            self.log(Level::Info, text);
        }
        client.leaving = true;
        reply(out, Reply::Goodbye)
    }

    /// LOGIN: one per connection; the UPS may be stale or away.
    pub(super) fn login(&mut self, client: &mut Client, ups: &str, out: &mut Vec<u8>) -> Answered {
        if client.login.is_some() {
            self.complain(client, "login twice");
            return Err(ErrorToken::AlreadyLoggedIn);
        }
        self.devices.find(ups)?;
        self.permit(client, Permission::Login)?;
        let mirror = self.devices.find_mut(ups)?;
        mirror.log_in(client.conn, &client.address);
        client.login = Some(mirror.id);
        let text = format!("User {} logged into UPS [{}]", client.name(), mirror.device.name);
        self.log(Level::Info, text);
        reply(out, Reply::Ok)
    }

    /// PRIMARY and MASTER: the right to command a shutdown; changes nothing.
    pub(super) fn primary(
        &mut self,
        client: &Client,
        ups: &str,
        granted: Reply<'_>,
        out: &mut Vec<u8>,
    ) -> Answered {
        self.devices.find(ups)?;
        self.permit(client, Permission::Primary)?;
        reply(out, granted)
    }

    /// FSD and CLEARFSD: sets or clears the latch; the UPS may be stale or away.
    pub(super) fn fsd(
        &mut self,
        client: &Client,
        ups: &str,
        on: bool,
        out: &mut Vec<u8>,
    ) -> Answered {
        self.devices.find(ups)?;
        self.permit(client, Permission::Fsd)?;
        let mirror = self.devices.find_mut(ups)?;
        mirror.set_fsd(on);
        let did = if on { "set" } else { "cleared" };
        let text = format!("Client {} {did} FSD on UPS [{}]", client.name(), mirror.device.name);
        self.log(Level::Info, text);
        reply(out, if on { Reply::FsdSet } else { Reply::FsdCleared })
    }

    /// Whether the client's credentials permit this; a refusal is logged.
    pub(super) fn permit(&mut self, client: &Client, what: Permission) -> Answered {
        let (name, password) = client.credentials();
        let permitted = self.users.permit(name, password, what);
        permitted.map_err(|why| self.refuse(client, what.word(), why))
    }
}
