//! What the administrator set for the driver part.
//!
//! Knows names and values as given; later ones win. Reading them from ups.conf and the command line,
//! and telling a known name from an unknown one, is for `config`. Pure.

/// The driver's options, as given by ups.conf and `-x`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The key `port`: device path, name or address.
    pub port: String,
    given: Vec<(String, Option<String>)>,
}

impl Options {
    /// Options with this port and nothing else.
    pub fn with_port(port: &str) -> Options {
        Options { port: port.to_owned(), given: Vec::new() }
    }

    /// Gives an option, with a value or as a flag, in place of what was given under that name.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.given.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
        self.given.push((name.to_owned(), value.map(str::to_owned)));
    }

    /// Takes an option back.
    pub fn clear(&mut self, name: &str) {
        self.given.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
    }

    /// Whether the option was given, with a value or without; how a flag is asked for.
    pub fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// The value of an option; nothing when it was not given or has none.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.entry(name)?.as_deref()
    }

    /// An option as given: not at all, without a value, or with one.
    pub fn given(&self, name: &str) -> Option<Option<&str>> {
        self.entry(name).map(Option::as_deref)
    }

    fn entry(&self, name: &str) -> Option<&Option<String>> {
        let mut given = self.given.iter();
        given.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_ones_win_in_any_letter_case() {
        let mut options = Options::with_port("auto");
        options.set("PollFreq", Some("30"));
        options.set("pollfreq", Some("12"));
        options.set("pollonly", None);
        assert_eq!(options.value("POLLFREQ"), Some("12"));
        assert!(options.has("PollOnly"));
        assert_eq!(options.value("pollonly"), None);
        options.clear("POLLONLY");
        assert!(!options.has("pollonly"));
    }
}
