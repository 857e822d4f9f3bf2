//! Banner, help and option list of a driver.
//!
//! Knows NUT's shapes; printing them, or not, is for the caller. Pure.

use crate::args;
use crate::driver::{Metadata, OptionKind};
use nut_daemon::usage;
use nut_proto::NUT_VERSION;
use std::fmt::Write;

/// The banner: program line and one line for each part below the driver.
pub fn banner(metadata: &Metadata) -> String {
    let suffix = if metadata.full_name.contains("river") { "" } else { " driver" };
    let mut text = format!(
        "Network UPS Tools {NUT_VERSION} release - {}{suffix} {}",
        metadata.full_name, metadata.version
    );
    for line in metadata.subdrivers {
        text.push('\n');
        text.push_str(line);
    }
    text
}

/// The answer to `-L`, one option a line.
pub fn option_list(metadata: &Metadata) -> String {
    let lines = metadata.options.iter().map(|option| {
        let kind = match option.kind {
            OptionKind::Value => "VALUE",
            OptionKind::Flag => "FLAG",
            OptionKind::Secret => "UNKNOWN",
        };
        format!("{kind} {} \"{}\"\n", option.name, option.help)
    });
    lines.collect()
}

/// The answer to `-h`.
pub fn help(metadata: &Metadata, program: &str) -> String {
    let usage = format!("\nusage: {program} (-a <id>|-s <id>) [OPTIONS]");
    let mut text = usage::text(&args::command().before_help(usage));
    if !metadata.options.is_empty() {
        text.push_str("\nAcceptable values for -x or ups.conf in this driver:\n\n");
    }
    for option in metadata.options {
        let value = if option.kind == OptionKind::Flag { "        " } else { "=<value>" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:>40}{value}\t{}", option.name, option.help);
    }
    text.push_str(
        "\nFor more information please see\n\thttps://www.networkupstools.org/\n\
         Also check documentation and samples of ups.conf",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::OptionSpec;

    static METADATA: Metadata = Metadata {
        name: "usbhid-ups",
        aliases: &[],
        full_name: "Generic HID",
        version: "0.71",
        subdrivers: &["USB communication driver 0.53"],
        options: &[
            OptionSpec::value("vendorid", "Vendor id"),
            OptionSpec::flag("explore", "Explore"),
            OptionSpec::secret("password", "Password"),
        ],
    };

    #[test]
    fn banner_has_nuts_shape() {
        assert_eq!(
            banner(&METADATA),
            "Network UPS Tools 2.8.5 release - Generic HID driver 0.71\n\
             USB communication driver 0.53"
        );
    }

    #[test]
    fn options_are_listed_by_kind() {
        assert_eq!(
            option_list(&METADATA),
            "VALUE vendorid \"Vendor id\"\nFLAG explore \"Explore\"\nUNKNOWN password \"Password\"\n"
        );
    }

    #[test]
    fn help_ends_as_nuts() {
        let text = help(&METADATA, "usbhid-ups");
        assert!(text.contains("\nusage: usbhid-ups (-a <id>|-s <id>) [OPTIONS]\n"));
        assert!(text.contains(" vendorid=<value>\tVendor id\n"));
        assert!(text.contains(" explore        \tExplore\n"));
        assert!(text.ends_with("Also check documentation and samples of ups.conf"));
    }
}
