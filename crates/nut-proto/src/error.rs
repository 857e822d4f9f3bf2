//! The words behind `ERR` in the network protocol, and what NUT's clients print for them.
//!
//! Which error answers what is for upsd. Pure. Source of the facts: NUT 2.8.5, protocol 1.3.

use std::fmt;

/// The error behind `ERR`. All tokens that clients know; upsd sends not all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are the tokens
pub enum ErrorToken {
    AccessDenied,
    AlreadyLoggedIn,
    AlreadySetPassword,
    AlreadySetUsername,
    AlreadySslMode,
    CmdNotSupported,
    DataStale,
    DriverNotConnected,
    /// A tracked command failed in the driver.
    Failed,
    FeatureNotConfigured,
    FeatureNotSupported,
    InstCmdFailed,
    InvalidArgument,
    InvalidPassword,
    InvalidUsername,
    InvalidValue,
    MissingArgument,
    PasswordIncorrect,
    PasswordRequired,
    ReadOnly,
    SetFailed,
    TooLong,
    /// A tracking id nobody knows, or a command the driver did not know.
    Unknown,
    UnknownCommand,
    UnknownInstCmd,
    UnknownType,
    UnknownUps,
    UnknownVar,
    UsernameRequired,
    VarNotSupported,
    VarUnknown,
}

/// NUT's text for a token its client library does not know.
pub const UNKNOWN_ERROR: &str = "Unknown error";

impl ErrorToken {
    /// Every token: its wire form and what NUT's clients print for it.
    const TABLE: [(ErrorToken, &'static str, &'static str); 31] = [
        (ErrorToken::AccessDenied, "ACCESS-DENIED", "Access denied"),
        (ErrorToken::AlreadyLoggedIn, "ALREADY-LOGGED-IN", "Already logged in"),
        (ErrorToken::AlreadySetPassword, "ALREADY-SET-PASSWORD", "Already set password"),
        (ErrorToken::AlreadySetUsername, "ALREADY-SET-USERNAME", "Already set username"),
        (ErrorToken::AlreadySslMode, "ALREADY-SSL-MODE", UNKNOWN_ERROR),
        (ErrorToken::CmdNotSupported, "CMD-NOT-SUPPORTED", "Instant command not supported"),
        (ErrorToken::DataStale, "DATA-STALE", "Data stale"),
        (ErrorToken::DriverNotConnected, "DRIVER-NOT-CONNECTED", "Driver not connected"),
        (ErrorToken::Failed, "FAILED", UNKNOWN_ERROR),
        (ErrorToken::FeatureNotConfigured, "FEATURE-NOT-CONFIGURED", UNKNOWN_ERROR),
        (ErrorToken::FeatureNotSupported, "FEATURE-NOT-SUPPORTED", UNKNOWN_ERROR),
        (ErrorToken::InstCmdFailed, "INSTCMD-FAILED", "Instant command failed"),
        (ErrorToken::InvalidArgument, "INVALID-ARGUMENT", UNKNOWN_ERROR),
        (ErrorToken::InvalidPassword, "INVALID-PASSWORD", "Invalid password"),
        (ErrorToken::InvalidUsername, "INVALID-USERNAME", "Invalid username"),
        (ErrorToken::InvalidValue, "INVALID-VALUE", "Invalid value for variable"),
        (ErrorToken::MissingArgument, "MISSING-ARGUMENT", "Missing argument"),
        (ErrorToken::PasswordIncorrect, "PASSWORD-INCORRECT", "Password incorrect"),
        (ErrorToken::PasswordRequired, "PASSWORD-REQUIRED", "Password required"),
        (ErrorToken::ReadOnly, "READONLY", "Read-only variable"),
        (ErrorToken::SetFailed, "SET-FAILED", "Set command failed"),
        (ErrorToken::TooLong, "TOO-LONG", "New value is too long"),
        (ErrorToken::Unknown, "UNKNOWN", UNKNOWN_ERROR),
        (ErrorToken::UnknownCommand, "UNKNOWN-COMMAND", "Unknown command"),
        (ErrorToken::UnknownInstCmd, "UNKNOWN-INSTCMD", "Unknown instant command"),
        (ErrorToken::UnknownType, "UNKNOWN-TYPE", "Unknown variable type"),
        (ErrorToken::UnknownUps, "UNKNOWN-UPS", "Unknown UPS"),
        (ErrorToken::UnknownVar, "UNKNOWN-VAR", "Unknown variable"),
        (ErrorToken::UsernameRequired, "USERNAME-REQUIRED", "Username required"),
        (ErrorToken::VarNotSupported, "VAR-NOT-SUPPORTED", "Variable not supported by UPS"),
        (ErrorToken::VarUnknown, "VAR-UNKNOWN", "Variable unknown"),
    ];

    fn row(self) -> (&'static str, &'static str) {
        let found = ErrorToken::TABLE.iter().find(|(token, ..)| *token == self);
        found.map_or(("UNKNOWN", UNKNOWN_ERROR), |&(_, text, description)| (text, description))
    }

    /// The token on the wire.
    pub fn text(self) -> &'static str {
        self.row().0
    }

    /// What NUT 2.8.5's clients print for it. Tokens that they do not know give
    /// [`UNKNOWN_ERROR`], INVALID-ARGUMENT and FEATURE-NOT-CONFIGURED among them.
    pub fn description(self) -> &'static str {
        self.row().1
    }

    /// The token with exactly this text.
    pub fn from_text(text: &str) -> Option<ErrorToken> {
        ErrorToken::TABLE.iter().find(|(_, t, _)| *t == text).map(|&(token, ..)| token)
    }
}

impl fmt::Display for ErrorToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_token_is_found_by_its_text() {
        for (token, text, description) in ErrorToken::TABLE {
            assert_eq!(ErrorToken::from_text(text), Some(token));
            assert_eq!((token.text(), token.description()), (text, description));
        }
        assert_eq!(ErrorToken::from_text("access-denied"), None);
    }
}
