//! What of upsdrvctl is worth knowing elsewhere: its command line, for man pages and completions.

pub mod options;
