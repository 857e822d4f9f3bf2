//! Messages of D-Bus as bytes: the header whole, the values of the few types that logind uses.
//!
//! Knows the format of the D-Bus specification (version 1). A message with values of other types is
//! read without its values; bytes that are no message are [`Malformed`]. What the messages mean is
//! for `login1`. Pure.

mod bytes;

use bytes::{Reader, Writer};
use std::fmt;

/// Bytes that tell how long a message is.
pub const START: usize = 16;
/// What a message may have behind [`START`]; the specification's limit for header and body together.
const LONGEST: usize = 128 << 20;
/// Flag: nobody is to be started to answer.
const NO_AUTO_START: u8 = 2;

/// What is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed D-Bus message")
    }
}

impl std::error::Error for Malformed {}

/// What a message is for; the numbers are those on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the specification's words
pub enum Purpose {
    #[default]
    Call = 1,
    Return = 2,
    Error = 3,
    Signal = 4,
}

impl Purpose {
    fn of(number: u8) -> Option<Purpose> {
        let all = [Purpose::Call, Purpose::Return, Purpose::Error, Purpose::Signal];
        all.into_iter().find(|purpose| *purpose as u8 == number)
    }
}

/// A value in a message's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `s`
    Text(String),
    /// `u`
    Number(u32),
    /// `b`
    Flag(bool),
    /// `h`: a descriptor by its place among those that came along.
    Descriptor(u32),
    /// `v`
    Variant(Box<Value>),
}

impl Value {
    fn kind(&self) -> u8 {
        match self {
            Value::Text(_) => b's',
            Value::Number(_) => b'u',
            Value::Flag(_) => b'b',
            Value::Descriptor(_) => b'h',
            Value::Variant(_) => b'v',
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

/// A message. Texts that it does not have are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// What it is for.
    pub purpose: Purpose,
    /// Nobody is to be started to answer it.
    pub no_auto_start: bool,
    /// Its number among the sender's messages; never 0.
    pub serial: u32,
    /// The number of the message that it answers; 0 for none.
    pub reply_to: u32,
    /// The object.
    pub path: String,
    /// The object's interface.
    pub interface: String,
    /// The method or signal.
    pub member: String,
    /// The name of an error.
    pub error: String,
    /// Whom it is for.
    pub destination: String,
    /// Who sent it, as the bus says.
    pub sender: String,
    /// How many descriptors come along.
    pub descriptors: u32,
    /// The values; none where they are of other types than [`Value`] has.
    pub body: Vec<Value>,
}

/// The length in bytes of the message that begins so; none as long as there are less than [`START`].
pub fn length(start: &[u8]) -> Result<Option<usize>, Malformed> {
    let Some(start) = start.get(..START) else { return Ok(None) };
    let (mut reader, body) = fixed(start)?;
    reader.skip(4)?;
    let fields = reader.size()?;
    let rest = fields.next_multiple_of(8).saturating_add(body);
    if rest > LONGEST { Err(Malformed) } else { Ok(Some(START + rest)) }
}

/// A reader behind the fixed fields but for the serial, and the length of the body.
fn fixed(bytes: &[u8]) -> Result<(Reader<'_>, usize), Malformed> {
    let big_endian = match bytes.first() {
        Some(b'l') => false,
        Some(b'B') => true,
        _ => return Err(Malformed),
    };
    let mut reader = Reader::new(bytes, big_endian);
    reader.skip(3)?;
    if reader.byte()? != 1 {
        return Err(Malformed);
    }
    let body = reader.size()?;
    Ok((reader, body))
}

impl Message {
    /// Reads a message; the bytes are just as many as [`length`] said.
    pub fn decode(bytes: &[u8]) -> Result<Message, Malformed> {
        let (mut reader, body) = fixed(bytes)?;
        let number = |place: usize| bytes.get(place).copied().ok_or(Malformed);
        let mut message = Message {
            purpose: Purpose::of(number(1)?).ok_or(Malformed)?,
            no_auto_start: number(2)? & NO_AUTO_START != 0,
            serial: reader.number()?,
            ..Message::default()
        };
        let signature = message.read_fields(&mut reader)?;
        reader.align(8)?;
        if reader.left() != body {
            return Err(Malformed);
        }
        message.body = values(&mut reader, &signature)?;
        Ok(message)
    }

    /// The fields of the header; gives the signature of the body.
    fn read_fields(&mut self, reader: &mut Reader<'_>) -> Result<Vec<u8>, Malformed> {
        let length = reader.size()?;
        let left = reader.left().checked_sub(length).ok_or(Malformed)?;
        let mut signature = Vec::new();
        while reader.left() > left {
            reader.align(8)?;
            match (reader.byte()?, reader.signature()?) {
                (1, b"o") => self.path = reader.text()?,
                (2, b"s") => self.interface = reader.text()?,
                (3, b"s") => self.member = reader.text()?,
                (4, b"s") => self.error = reader.text()?,
                (5, b"u") => self.reply_to = reader.number()?,
                (6, b"s") => self.destination = reader.text()?,
                (7, b"s") => self.sender = reader.text()?,
                (8, b"g") => signature = reader.signature()?.to_vec(),
                (9, b"u") => self.descriptors = reader.number()?,
                (_, [kind]) => drop(value(reader, *kind)?.ok_or(Malformed)?),
                _ => return Err(Malformed),
            }
        }
        if reader.left() == left { Ok(signature) } else { Err(Malformed) }
    }

    /// The message on the wire.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Writer::default();
        self.body.iter().for_each(|value| write(&mut body, value));
        let fields = self.fields();
        let mut writer = Writer::default();
        let flags = if self.no_auto_start { NO_AUTO_START } else { 0 };
        writer.raw(&[b'l', self.purpose as u8, flags, 1]);
        writer.size(body.len());
        writer.number(self.serial);
        writer.size(fields.len());
        writer.raw(&fields.into_bytes());
        writer.align(8);
        writer.raw(&body.into_bytes());
        writer.into_bytes()
    }

    fn fields(&self) -> Writer {
        let signature: Vec<u8> = self.body.iter().map(Value::kind).collect();
        let mut fields = Writer::default();
        let texts = [
            (1, b'o', &self.path),
            (2, b's', &self.interface),
            (3, b's', &self.member),
            (4, b's', &self.error),
            (6, b's', &self.destination),
            (7, b's', &self.sender),
        ];
        for (code, kind, text) in texts.into_iter().filter(|(.., text)| !text.is_empty()) {
            fields.field(code, kind);
            fields.text(text);
        }
        for (code, number) in [(5, self.reply_to), (9, self.descriptors)] {
            if number != 0 {
                fields.field(code, b'u');
                fields.number(number);
            }
        }
        if !signature.is_empty() {
            fields.field(8, b'g');
            fields.signature(&signature);
        }
        fields
    }
}

/// The values of a body; none at all where one is of a type not known here.
fn values(reader: &mut Reader<'_>, signature: &[u8]) -> Result<Vec<Value>, Malformed> {
    let mut values = Vec::new();
    for kind in signature {
        match value(reader, *kind)? {
            Some(value) => values.push(value),
            None => return Ok(Vec::new()),
        }
    }
    Ok(values)
}

fn value(reader: &mut Reader<'_>, kind: u8) -> Result<Option<Value>, Malformed> {
    if kind != b'v' {
        return plain(reader, kind);
    }
    // A variant in a variant is none of logind's, and would let a stranger say how deep to go.
    let [kind] = reader.signature()? else { return Ok(None) };
    Ok(plain(reader, *kind)?.map(|value| Value::Variant(Box::new(value))))
}

fn plain(reader: &mut Reader<'_>, kind: u8) -> Result<Option<Value>, Malformed> {
    Ok(Some(match kind {
        b's' => Value::Text(reader.text()?),
        b'u' => Value::Number(reader.number()?),
        b'h' => Value::Descriptor(reader.number()?),
        b'b' => match reader.number()? {
            0 => Value::Flag(false),
            1 => Value::Flag(true),
            _ => return Err(Malformed),
        },
        _ => return Ok(None),
    }))
}

fn write(writer: &mut Writer, value: &Value) {
    match value {
        Value::Text(text) => writer.text(text),
        Value::Number(number) | Value::Descriptor(number) => writer.number(*number),
        Value::Flag(flag) => writer.number(u32::from(*flag)),
        Value::Variant(value) => {
            writer.signature(&[value.kind()]);
            write(writer, value);
        }
    }
}

#[cfg(test)]
mod tests;
