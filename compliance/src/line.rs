//! One line of a script as bytes: `{x0a}` stands for a byte, `{name}` for a tracking id.
//!
//! A name is bound by the first line that is received with it and stands for the same id from
//! then on. Everything else is literal. Pure: no sockets, no clock.

use std::collections::BTreeMap;

/// Length of a tracking id, an upper-case UUID.
const ID_LENGTH: usize = 36;

/// The ids that were met so far, by the name the script gave them.
pub type Ids = BTreeMap<String, String>;

/// The bytes of a line to be sent.
///
/// # Panics
/// On a name that no received line has bound: the script is wrong.
pub fn to_send(text: &str, ids: &Ids) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => bytes.extend(text.as_bytes()),
            Piece::Byte(byte) => bytes.push(byte),
            Piece::Id(name) => bytes.extend(known(name, ids).as_bytes()),
        }
    }
    bytes
}

/// Whether a received line is the expected one; binds names met for the first time.
pub fn matches(expected: &str, got: &[u8], ids: &mut Ids) -> bool {
    let mut rest = got;
    for piece in pieces(expected) {
        let wanted = match piece {
            Piece::Text(text) => text.as_bytes().to_vec(),
            Piece::Byte(byte) => vec![byte],
            Piece::Id(name) => match ids.get(name) {
                Some(id) => id.clone().into_bytes(),
                None => match leading_id(rest) {
                    Some(id) => {
                        ids.insert(name.to_string(), id.clone());
                        id.into_bytes()
                    }
                    None => return false,
                },
            },
        };
        match rest.strip_prefix(wanted.as_slice()) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

/// Received bytes as a script would write them.
pub fn shown(bytes: &[u8]) -> String {
    let visible = |byte: &u8| match byte {
        0x20..=0x7e => (*byte as char).to_string(),
        other => format!("{{x{other:02x}}}"),
    };
    bytes.iter().map(visible).collect()
}

enum Piece<'a> {
    Text(&'a str),
    Byte(u8),
    Id(&'a str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else { break };
        pieces.push(Piece::Text(before));
        pieces.push(braced(name));
        rest = tail;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn braced(name: &str) -> Piece<'_> {
    let byte = name.strip_prefix('x').and_then(|hex| u8::from_str_radix(hex, 16).ok());
    byte.map_or(Piece::Id(name), Piece::Byte)
}

fn known<'a>(name: &str, ids: &'a Ids) -> &'a str {
    ids.get(name).unwrap_or_else(|| panic!("the script uses {{{name}}} before it was received"))
}

/// The upper-case UUID that a received text starts with.
fn leading_id(text: &[u8]) -> Option<String> {
    let id = std::str::from_utf8(text.get(..ID_LENGTH)?).ok()?;
    let well_formed = id.chars().enumerate().all(|(at, c)| match at {
        8 | 13 | 18 | 23 => c == '-',
        _ => c.is_ascii_digit() || matches!(c, 'A'..='F'),
    });
    well_formed.then(|| id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "2DDC5036-F665-4D29-BE4C-0374D091D263";

    #[test]
    fn a_name_is_bound_once_and_then_compared() {
        let mut ids = Ids::new();
        assert!(matches("OK TRACKING {a}", format!("OK TRACKING {ID}").as_bytes(), &mut ids));
        assert_eq!(to_send("GET TRACKING {a}", &ids), format!("GET TRACKING {ID}").into_bytes());
        let other = ID.replace('2', "3");
        assert!(!matches("OK TRACKING {a}", format!("OK TRACKING {other}").as_bytes(), &mut ids));
        assert!(!matches("OK TRACKING {b}", b"OK TRACKING 1234", &mut ids));
    }

    #[test]
    fn bytes_are_written_in_hex() {
        assert_eq!(to_send("a{x00}{xff}b", &Ids::new()), b"a\x00\xffb");
        assert_eq!(shown(b"a\x00\xffb"), "a{x00}{xff}b");
        assert!(matches("a{x7f}", b"a\x7f", &mut Ids::new()));
    }
}
