//! The configuration grammar: bytes of a file in, logical lines and diagnostics out.
//!
//! Knows positions, what a line may look like, sections and the value words every file shares. Which
//! settings exist is for the reader of each file: [`ups_conf`] here, the others beside their program.
//! Pure: whoever opens the file hands over its name, for messages, and its bytes.

mod diagnostic;
mod lines;
mod sections;
pub mod ups_conf;
pub mod value;

pub use diagnostic::{Diagnostic, Position, Severity};
pub use lines::{ConfLine, Form, Word, parse};
pub use sections::{Block, sections};
