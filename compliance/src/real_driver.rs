//! A driver program of either maker, running in a case's folder.
//!
//! Knows how drivers are started and where their sockets are; what they publish is theirs.

use std::path::PathBuf;

use crate::house::current_user;
use crate::maker::Maker;
use crate::place::Place;
use crate::program::Daemon;
use crate::talk::Talk;

/// A running driver; it ends with the value.
pub struct RealDriver {
    maker: Maker,
    socket: PathBuf,
    /// The process and what it prints.
    pub daemon: Daemon,
}

impl RealDriver {
    /// Starts `program` in the foreground for the section `ups` of this place's ups.conf.
    ///
    /// # Panics
    /// When its socket does not appear.
    pub fn start(place: &Place, maker: Maker, program: &str, ups: &str) -> RealDriver {
        let mut command = place.command(maker, program);
        command.args(["-F", "-a", ups, "-u", &current_user()]);
        let daemon = Daemon::start(&mut command, place.file(&format!("{ups}.log")));
        let socket = place.run().join(format!("{program}-{ups}"));
        daemon.wait_for("Listening on socket");
        RealDriver { maker, socket, daemon }
    }

    /// A connection that gets direct replies only, no broadcasts.
    pub fn talk(&self) -> Talk<'static> {
        let mut talk = self.listen();
        talk.says("> NOBROADCAST\n> PING\n< PONG");
        talk
    }

    /// A connection that gets broadcasts from the start.
    pub fn listen(&self) -> Talk<'static> {
        Talk::unix(&self.socket, self.maker)
    }
}
