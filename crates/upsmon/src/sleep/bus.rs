//! logind, asked over the system bus. `zbus` speaks D-Bus.
//!
//! Knows where the bus is and what logind calls its things. Waits, but never for longer than it is
//! told: a bus that does not answer in time is an error, and so is one that ends. What the answers
//! mean is for `login1`.

use futures_lite::{FutureExt, StreamExt};
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::str::FromStr;
use std::time::Duration;
use tokio::net::UnixStream;
use zbus::address::transport::{Transport, UnixSocket};
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::proxy::MethodFlags;
use zbus::zvariant::{self, DynamicDeserialize, DynamicType, OwnedValue};
use zbus::{Address, Connection, MatchRule, MessageStream, Proxy};

/// The system bus where nothing else is said.
pub const STANDARD: &str = "unix:path=/run/dbus/system_bus_socket";

const LOGIND: &str = "org.freedesktop.login1";
const OBJECT: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// What, who, why and how, as NUT 2.8.5 has it.
const INHIBIT: (&str, &str, &str, &str) = (
    "sleep",
    "upsmon",
    "Careful handling of OS sleep with regard to power device monitoring",
    "delay",
);

/// Logind's answer, or why there is none; the error's name where logind or the bus gave one.
pub type Answer<T> = Result<T, String>;

/// A connection to a bus where logind is, or may come to be.
#[derive(Debug)]
pub struct Bus {
    manager: Proxy<'static>,
    properties: Proxy<'static>,
    signals: Signals,
    patience: Duration,
}

impl Bus {
    /// Connects to the first of these addresses (as D-Bus writes them) where somebody listens. Errors:
    /// nobody listens, or what does is no bus for us, or does not answer within this time.
    pub async fn connect(addresses: &str, patience: Duration) -> io::Result<Bus> {
        let stream = reach(addresses).await?;
        let meet = async move { Bus::meet(stream, patience).await.map_err(io::Error::other) };
        within(patience, meet).await
    }

    async fn meet(stream: UnixStream, patience: Duration) -> zbus::Result<Bus> {
        let connection = Builder::unix_stream(stream).build().await?;
        let manager = Proxy::new(&connection, LOGIND, OBJECT, MANAGER).await?;
        let properties = Proxy::new(&connection, LOGIND, OBJECT, PROPERTIES).await?;
        let signals = Signals::of(&connection).await?;
        Ok(Bus { manager, properties, signals, patience })
    }

    /// Asks logind to let sleep wait until what it gives is closed.
    pub async fn inhibit(&mut self, may_start: bool) -> io::Result<Answer<OwnedFd>> {
        let call = call::<_, zvariant::OwnedFd>(&self.manager, "Inhibit", &INHIBIT, may_start);
        let answer = self.signals.meanwhile(self.patience, call).await?;
        Ok(answer.map(OwnedFd::from))
    }

    /// Asks logind whether the machine is about to sleep.
    pub async fn is_preparing(&mut self, may_start: bool) -> io::Result<Answer<bool>> {
        let what = (MANAGER, "PreparingForSleep");
        let call = call::<_, OwnedValue>(&self.properties, "Get", &what, may_start);
        let answer = self.signals.meanwhile(self.patience, call).await?;
        Ok(answer.and_then(|value| bool::try_from(value).map_err(|e| e.to_string())))
    }

    /// Waits until there is a reason to ask anew, or for this long.
    pub async fn wait_for_news(&mut self, longest: Duration) -> io::Result<()> {
        match tokio::time::timeout(longest, self.signals.one()).await {
            Ok(outcome) => outcome,
            Err(_) => Ok(()),
        }
    }
}

/// Signals that say of themselves that the machine goes to sleep or comes back. Anybody on the bus may
/// send one, so nothing is read from them.
#[derive(Debug)]
struct Signals {
    stream: MessageStream,
    /// Some came, and nobody has waited for them yet.
    came: bool,
}

impl Signals {
    async fn of(connection: &Connection) -> zbus::Result<Signals> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(LOGIND)?
            .path(OBJECT)?
            .interface(MANAGER)?
            .member("PrepareForSleep")?
            .build();
        let stream = MessageStream::for_match_rule(rule, connection, Some(1)).await?;
        Ok(Signals { stream, came: false })
    }

    /// Waits for one, unless some have come before.
    async fn one(&mut self) -> io::Result<()> {
        if !self.came {
            self.next().await?;
        }
        self.came = false;
        Ok(())
    }

    async fn next(&mut self) -> io::Result<()> {
        match self.stream.next().await {
            Some(message) => message.map(drop).map_err(io::Error::other),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The outcome of a call. Signals are taken in while it lasts: the answer is behind them, and
    /// zbus reads on only when they have been taken.
    async fn meanwhile<T>(
        &mut self,
        longest: Duration,
        call: impl Future<Output = io::Result<T>>,
    ) -> io::Result<T> {
        let take = async {
            loop {
                self.next().await?;
                self.came = true;
            }
        };
        within(longest, call.or(take)).await
    }
}

async fn within<T>(longest: Duration, doing: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let no_answer = |_| Err(io::Error::new(ErrorKind::TimedOut, "no answer"));
    tokio::time::timeout(longest, doing).await.unwrap_or_else(no_answer)
}

/// Errors: those that end the connection.
async fn call<B, T>(
    proxy: &Proxy<'_>,
    method: &'static str,
    body: &B,
    may_start: bool,
) -> io::Result<Answer<T>>
where
    B: zbus::export::serde::Serialize + DynamicType,
    T: for<'d> DynamicDeserialize<'d>,
{
    let flags = (!may_start).then_some(MethodFlags::NoAutoStart);
    match proxy.call_with_flags(method, flags.into_iter().collect(), body).await {
        Ok(answer) => Ok(answer.ok_or_else(|| "no answer".to_owned())),
        Err(zbus::Error::InputOutput(e)) => Err(io::Error::other(e)),
        Err(zbus::Error::MethodError(name, ..)) => Ok(Err(name.to_string())),
        Err(e) => Ok(Err(e.to_string())),
    }
}

/// The first socket among these addresses where somebody listens. Only Unix sockets are looked at: a
/// system bus has no other, and a monitor starts no program for the sake of one.
async fn reach(addresses: &str) -> io::Result<UnixStream> {
    let mut error = io::Error::new(ErrorKind::NotFound, "no address of a bus");
    for place in addresses.split(';').filter_map(place) {
        match UnixStream::connect(place).await {
            Ok(stream) => return Ok(stream),
            Err(e) => error = e,
        }
    }
    Err(error)
}

/// A socket's path; in Linux's abstract space it begins with a zero byte.
fn place(address: &str) -> Option<OsString> {
    let address = Address::from_str(address.trim()).ok()?;
    let Transport::Unix(unix) = address.transport() else { return None };
    match unix.path() {
        UnixSocket::File(path) => Some(path.into()),
        UnixSocket::Abstract(name) => Some([OsStr::new("\0"), name].into_iter().collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
