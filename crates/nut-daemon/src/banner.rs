//! The first line a NUT program prints.

use crate::output::remark;
use nut_proto::NUT_VERSION;
use std::env;

/// `Network UPS Tools <program> 2.8.5 release`, as the server, the clients and upsdrvctl print it.
pub fn text(program: &str) -> String {
    format!("Network UPS Tools {program} {NUT_VERSION} release")
}

/// Whether NUT_QUIET_INIT_BANNER asks for silence. `true`, `yes`, `on`, `1` and the empty text do;
/// `false`, `no`, `off` and `0` do not. (NUT 2.8.5 takes `1` for no and `false` for yes.)
pub fn quiet() -> bool {
    env::var("NUT_QUIET_INIT_BANNER").is_ok_and(|value| asks_for_silence(&value))
}

fn asks_for_silence(value: &str) -> bool {
    !matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0")
}

/// Prints the banner lines on standard output unless the environment asks for silence.
pub fn print_unless_quiet(lines: &str) {
    if !quiet() {
        remark(lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_yes_and_false_is_no() {
        for (value, silent) in
            [("1", true), ("", true), ("TRUE", true), ("false", false), ("0", false)]
        {
            assert_eq!(asks_for_silence(value), silent, "{value}");
        }
    }
}
