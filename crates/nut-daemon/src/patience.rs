//! How long a client gives a connection to be made: the command line's wish (`-W`), the environment's
//! (NUT_DEFAULT_CONNECT_TIMEOUT), or NUT's default. Complaints are NUT 2.8.5's.

use std::env;
use std::time::Duration;

/// How long a connection may take where nobody says otherwise (NUT 2.8.5).
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// The variable that says otherwise.
const VARIABLE: &str = "NUT_DEFAULT_CONNECT_TIMEOUT";

/// The time to connect, zero for no limit, and what is to be told of wishes that are no times; those
/// are passed over.
pub fn connect(wish: Option<&str>) -> (Duration, Vec<String>) {
    choose(wish, env::var(VARIABLE).ok().as_deref())
}

fn choose(wish: Option<&str>, variable: Option<&str>) -> (Duration, Vec<String>) {
    let wishes = [("cli_secs", wish), (VARIABLE, variable)];
    let mut chosen = None;
    let mut complaints = Vec::new();
    for (source, text) in wishes.into_iter().filter_map(|(s, t)| Some((s, t?))) {
        match seconds(text) {
            Some(time) => chosen = chosen.or(Some(time)),
            None => complaints.push(format!(
                "upscli_init_default_connect_timeout: {source}='{text}' value was not recognized, \
                 ignored"
            )),
        }
    }
    (chosen.unwrap_or(CONNECT_TIME), complaints)
}

fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().and_then(|n| Duration::try_from_secs_f64(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_beats_the_environment_beats_the_default() {
        let secs = |wish, variable| choose(wish, variable).0.as_secs_f64();
        assert_eq!(secs(None, None), 10.0);
        assert_eq!(secs(None, Some("2.5")), 2.5);
        assert_eq!(secs(Some("0"), Some("2.5")), 0.0);
    }

    #[test]
    fn unusable_wishes_are_told_and_passed_over() {
        let (time, complaints) = choose(Some("abc"), Some("-1"));
        assert_eq!(time, CONNECT_TIME);
        assert_eq!(
            complaints,
            [
                "upscli_init_default_connect_timeout: cli_secs='abc' value was not recognized, ignored",
                "upscli_init_default_connect_timeout: NUT_DEFAULT_CONNECT_TIMEOUT='-1' value was not \
                 recognized, ignored",
            ]
        );
        for text in ["", "inf", "NaN", "1e300"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
