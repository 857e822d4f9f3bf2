//! One request in, the bytes of its answer out.
//!
//! Keeps NUT's order of checks: the command word, credentials where they are needed, the number of
//! words, then what the request itself asks. Each family of commands has its file. Pure.

mod access;
mod control;
mod get;
mod list;

use crate::client::Client;
use crate::state::State;
use nut_proto::NUT_VERSION;
use nut_proto::error::ErrorToken;
use nut_proto::reply::Reply;
use nut_proto::request::{Request, Verb};

/// Where NUT tells about its releases; part of the answer to VER.
const URL: &str = "https://www.networkupstools.org/historic/v2.8.5/index.html";

/// The end of every command: its answer is written, or the error that is the answer.
type Answered = Result<(), ErrorToken>;

/// The answer to VER and the value of `server.info`. Clients look for `upsd <version> -` in it.
pub fn version_text() -> String {
    format!("Network UPS Tools upsd {NUT_VERSION} - {URL}")
}

/// Answers one line of a client; appends whole lines to `out`.
pub fn answer(state: &mut State, client: &mut Client, words: &[&str], out: &mut Vec<u8>) {
    if let Err(token) = try_answer(state, client, words, out) {
        state.debug(2, || format!("{}: ERR {token}", client.name()));
        Reply::Err(token).write_to(out);
    }
}

fn try_answer(
    state: &mut State,
    client: &mut Client,
    words: &[&str],
    out: &mut Vec<u8>,
) -> Answered {
    let (word, args) = words.split_first().ok_or(ErrorToken::UnknownCommand)?;
    let verb = Verb::from_word(word).ok_or(ErrorToken::UnknownCommand)?;
    if verb.needs_credentials() {
        gate(client)?;
    }
    match Request::parse(verb, args)? {
        Request::Get(get) => state.get(client, get, out),
        Request::List(list) => state.list(list, out),
        Request::Ver => reply(out, Reply::Version(&version_text())),
        Request::NetVer | Request::ProtVer => reply(out, Reply::ProtocolVersion),
        Request::Help => reply(out, Reply::Help),
        Request::StartTls => Err(ErrorToken::FeatureNotConfigured),
        Request::Username(name) => state.username(client, name, out),
        Request::Password(password) => state.password(client, password, out),
        Request::Logout => state.logout(client, out),
        Request::Login { ups } => state.login(client, ups, out),
        Request::Primary { ups } => state.primary(client, ups, Reply::PrimaryGranted, out),
        Request::Master { ups } => state.primary(client, ups, Reply::MasterGranted, out),
        Request::Fsd { ups } => state.fsd(client, ups, true, out),
        Request::ClearFsd { ups } => state.fsd(client, ups, false, out),
        Request::SetTracking { on } => {
            client.tracking = on;
            reply(out, Reply::Ok)
        }
        Request::SetVar { ups, var, value } => state.set_var(client, ups, var, value, out),
        Request::InstCmd { ups, cmd, param } => state.inst_cmd(client, ups, cmd, param, out),
    }
}

/// Name and password must have been given; whether they are right is asked later, and answered by
/// ACCESS-DENIED only.
fn gate(client: &Client) -> Answered {
    match (&client.username, &client.password) {
        (None, _) => Err(ErrorToken::UsernameRequired),
        (_, None) => Err(ErrorToken::PasswordRequired),
        _ => Ok(()),
    }
}

fn reply(out: &mut Vec<u8>, reply: Reply<'_>) -> Answered {
    reply.write_to(out);
    Ok(())
}
