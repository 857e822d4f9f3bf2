//! Which addresses to listen on, and whether what came of it is good enough.
//!
//! Knows LISTEN, the defaults, the choice of address family and NUT's rules about failures.
//! Resolving names and opening sockets is for `listeners`. Pure. Source of the facts: NUT 2.8.5.

use crate::config::Listen;
use nut_daemon::resolver::Family;
use nut_proto::request::DEFAULT_PORT;

/// The addresses to listen on: those of the file, or `::1` and `127.0.0.1`.
pub fn plan(configured: &[Listen], family: Option<Family>) -> Vec<Listen> {
    if !configured.is_empty() {
        return configured.to_vec();
    }
    let defaults = [("::1", Family::V6), ("127.0.0.1", Family::V4)];
    let listen = |address: &str| Listen { address: address.into(), port: DEFAULT_PORT.to_string() };
    defaults
        .iter()
        .filter(|(_, its)| family.is_none_or(|asked| asked == *its))
        .map(|(address, _)| listen(address))
        .collect()
}

/// Why a start ends here. The text form is NUT's, one line or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fatal {
    /// Nothing listens.
    None,
    /// Something does not.
    NotAll,
}

impl std::fmt::Display for Fatal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Fatal::None => "no listening interface available",
            Fatal::NotAll => {
                "Reconcile available NUT server IP addresses and LISTEN configuration, or consider \
                 the ALLOW_NOT_ALL_LISTENERS setting!\n\
                 Fatal error: some listening interfaces were not available"
            }
        })
    }
}

/// How the start goes on although something does not listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All is well, or only the machine's own address is missing in one family.
    Good,
    /// ALLOW_NOT_ALL_LISTENERS saved it.
    Allowed,
}

/// Judges a start: `bound` sockets listen, `failed` lines do not.
pub fn judge(bound: usize, failed: &[Listen], allow: bool) -> Result<Verdict, Fatal> {
    let local = ["localhost", "localhost6", "127.0.0.1", "::1"];
    let minor = |listen: &Listen| local.contains(&listen.address.as_str());
    match (bound, failed.iter().all(minor), allow) {
        (0, ..) => Err(Fatal::None),
        (_, true, _) => Ok(Verdict::Good),
        (_, false, true) => Ok(Verdict::Allowed),
        (_, false, false) => Err(Fatal::NotAll),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(address: &str) -> Listen {
        Listen { address: address.into(), port: "3493".into() }
    }

    #[test]
    fn defaults_follow_the_family() {
        assert_eq!(plan(&[], None), [listen("::1"), listen("127.0.0.1")]);
        assert_eq!(plan(&[], Some(Family::V4)), [listen("127.0.0.1")]);
        assert_eq!(plan(&[], Some(Family::V6)), [listen("::1")]);
        assert_eq!(plan(&[listen("*")], Some(Family::V6)), [listen("*")]);
    }

    #[test]
    fn only_the_own_address_may_fail_unless_allowed() {
        let (own, other) = ([listen("::1")], [listen("::1"), listen("10.0.0.1")]);
        assert_eq!(judge(1, &[], false), Ok(Verdict::Good));
        assert_eq!(judge(1, &own, false), Ok(Verdict::Good));
        assert_eq!(judge(1, &other, false), Err(Fatal::NotAll));
        assert_eq!(judge(1, &other, true), Ok(Verdict::Allowed));
        assert_eq!(judge(0, &own, true), Err(Fatal::None));
    }
}
