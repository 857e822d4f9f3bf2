//! The linter of device maps.
//!
//! Knows what makes a map a good one beyond being usable: names NUT defines, words that mean
//! something, a note of where the facts come from, no USB id claimed twice. What makes a map usable at
//! all is checked when it is read.

use crate::map::{Conversion, Map, MapText, Problem, Role, Row};
use crate::names::Names;
use crate::status;

/// Looks through a map. `text` is the file it was built from; rows taken over from an extended map
/// are not looked at again.
pub fn map(text: &MapText, map: &Map, names: &Names) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut tell = |line: usize, message: String| {
        problems.push(Problem { file: map.file.clone(), line, message });
    };
    let vouched = text.lines_with_origin();
    for row in map.rows.iter().filter(|row| row.line > 1) {
        row_faults(row, names).into_iter().for_each(|message| tell(row.line, message));
        // A row that says where it is from may be there for the record.
        let meaningless = meaningless(row).filter(|_| !vouched.contains(&row.line));
        meaningless.into_iter().for_each(|message| tell(row.line, message));
    }
    for line in text.lines_without_origin() {
        tell(line, "neither the row nor the file has an `origin`".into());
    }
    for name in text.unused_lookups(map) {
        tell(0, format!("no row uses the lookup `{name}`"));
    }
    problems
}

fn row_faults(row: &Row, names: &Names) -> Vec<String> {
    let mut faults = Vec::new();
    match &row.role {
        Role::Reading { name, .. } | Role::Parameter { name, .. } if !names.is_variable(name) => {
            faults.push(format!("`{name}` is no variable that NUT defines"));
        }
        Role::Command { name, .. } if !names.is_command(name) => {
            faults.push(format!("`{name}` is no command that NUT defines"));
        }
        _ => {}
    }
    if row.max_len != 0 && !row.access.string {
        faults.push("`max_len` goes with the flag STRING".into());
    }
    faults
}

/// A status table none of whose words says anything about the status.
fn meaningless(row: &Row) -> Option<String> {
    let table = |c: &&Conversion| row.role == Role::Status && c.function.is_none();
    let conversion = row.conversion.as_ref().filter(table)?;
    let says_something = conversion.table.iter().any(|(_, word)| status::is_word(word));
    (!says_something).then(|| format!("no word of `{}` is a status word", conversion.name))
}

/// USB ids that more than one map claims for the same device strings.
pub fn ids<'a>(maps: impl IntoIterator<Item = &'a Map>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen: Vec<(&Map, &crate::map::Device)> = Vec::new();
    for map in maps {
        for device in &map.devices {
            let unconditional = device.if_named.is_none() && device.if_vendor.is_none();
            let same = |(_, d): &&(&Map, &crate::map::Device)| {
                (d.vid, d.pid) == (device.vid, device.pid)
                    && (&d.if_named, &d.if_vendor) == (&device.if_named, &device.if_vendor)
            };
            if let Some((other, first)) = seen.iter().find(same) {
                let (vid, pid) = (device.vid, device.pid);
                let place = format!("{}:{}", other.file, first.line);
                let rule = if unconditional { "" } else { " under the same condition" };
                let message = format!("USB id {vid:04x}:{pid:04x} is claimed{rule} in {place} too");
                problems.push(Problem { file: map.file.clone(), line: device.line, message });
            }
            seen.push((map, device));
        }
    }
    problems
}
