//! The two machines of the demo: a primary and a secondary, with all that is theirs.
//!
//! Their notices and their shutdown commands write lines in a common book, `host TAB kind TAB text`; no
//! machine goes down. Pure.

use super::plot::DOWN;
use std::path::Path;

/// The common book, in the stage's folder.
pub(super) const BOOK: &str = "events";

/// Their users, for upsd.users.
pub(super) const USERS: &str = "\
[primary]\n  password = demo\n  upsmon primary\n[secondary]\n  password = demo\n  upsmon secondary\n";

/// One of the machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Host {
    /// Its name, its user's, and its type in MONITOR.
    pub(super) name: &'static str,
    /// FINALDELAY, in seconds.
    final_delay: u32,
}

impl Host {
    /// The machine with the cable.
    pub(super) const PRIMARY: Host = Host { name: "primary", final_delay: 2 };
    /// Both, in the order they are started.
    pub(super) const ALL: [Host; 2] = [Host::PRIMARY, Host { name: "secondary", final_delay: 1 }];

    /// Its upsmon.conf.
    pub(super) fn configuration(self, ups: &str, folder: &Path) -> String {
        let Host { name, final_delay } = self;
        let folder = folder.display();
        let flags: String = ["ONLINE", "ONBATT", "LOWBATT", "FSD", "SHUTDOWN", "SHUTDOWN_HOSTSYNC"]
            .map(|kind| format!("NOTIFYFLAG {kind} SYSLOG+EXEC\n"))
            .concat();
        format!(
            "MONITOR {ups} 1 {name} demo {name}\n\
             SHUTDOWNCMD \"{folder}/bin/tell {name} 'here the machine would go down (SHUTDOWNCMD)'\"\n\
             POWERDOWNFLAG {folder}/{name}/killpower\n\
             NOTIFYCMD \"{folder}/bin/tell {name}\"\n\
             {flags}\
             POLLFREQ 1\nPOLLFREQALERT 1\nFINALDELAY {final_delay}\n"
        )
    }
}

/// The script that writes in the book.
pub(super) fn tell(book: &Path) -> String {
    let book = book.display();
    format!(
        "#!/bin/sh\nprintf '%s\\t%s\\t%s\\n' \"$1\" \"${{NOTIFYTYPE:-{DOWN}}}\" \"$2\" >>{book}\n"
    )
}
