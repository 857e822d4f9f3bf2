//! Applying a row of a map: from a value to a text, and from a text to a value.
//!
//! Knows in which order functions, tables and print formats are asked (NUT 2.8.5: functions win for
//! readings; for settings a function with a way back wins, else the table). What is done with the
//! result is the caller's business.

use crate::convert::Context;
use crate::format::{Format, fixed};
use crate::map::{Conversion, Role, Row};
use nut_proto::number::leading_int;

/// The text a value has: of a variable, a status word or an alarm sentence. `None` leaves things as
/// they were.
pub fn reading(row: &Row, value: f64, context: &mut Context<'_>) -> Option<String> {
    match (&row.conversion, &row.role) {
        (Some(conversion), _) => convert(conversion, value, context),
        (None, Role::Reading { format: Format::Fixed(decimals), .. }) => fixed(value, *decimals),
        (None, _) => None,
    }
}

fn convert(conversion: &Conversion, value: f64, context: &mut Context<'_>) -> Option<String> {
    if value.is_nan() {
        return None;
    }
    match conversion.function {
        Some(function) => function.read.and_then(|read| read(value, context)),
        None => table_text(&conversion.table, value).map(str::to_owned),
    }
}

/// Tables compare with the whole part of a value.
fn table_text(table: &[(i64, String)], value: f64) -> Option<&str> {
    table.iter().find(|(code, _)| *code == value as i64).map(|(_, text)| text.as_str())
}

/// The value to write for a text; `None` if the text is not acceptable. Without a conversion it is
/// the whole number the text begins with.
pub fn setting(row: &Row, text: &str, context: &mut Context<'_>) -> Option<f64> {
    let Some(conversion) = &row.conversion else { return Some(leading_int(text) as f64) };
    match conversion.function.and_then(|function| function.write) {
        Some(write) => write(text, context),
        None => {
            let hit = conversion.table.iter().find(|(_, known)| known == text);
            hit.map(|(code, _)| *code as f64)
        }
    }
}

/// The value to write for a command: its parameter, else the row's own value, else an empty text,
/// which is 0 without a conversion.
pub fn command(row: &Row, parameter: Option<&str>, context: &mut Context<'_>) -> Option<f64> {
    let own = match &row.role {
        Role::Command { value, .. } => value.as_deref(),
        _ => None,
    };
    setting(row, parameter.or(own).unwrap_or_default(), context)
}

/// The texts to offer as allowed values: those of the table that the function, if there is one,
/// accepts.
pub fn choices(row: &Row, context: &mut Context<'_>) -> Vec<String> {
    let Some(conversion) = row.conversion.as_ref().filter(|_| row.choices) else {
        return Vec::new();
    };
    let mut accepted = |code: i64| convert(conversion, code as f64, context).is_some();
    let offered = conversion.table.iter().filter(|(code, _)| accepted(*code));
    offered.map(|(_, text)| text.clone()).collect()
}
