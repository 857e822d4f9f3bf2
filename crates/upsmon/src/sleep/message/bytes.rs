//! D-Bus's numbers and texts among bytes: where each begins, and how long it is.
//!
//! Reads both byte orders and writes the little-endian one, which every reader must take. Pure.

use super::Malformed;

/// Takes values off bytes that begin where a message or a multiple of eight in it does.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    big_endian: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], big_endian: bool) -> Reader<'a> {
        Reader { bytes, at: 0, big_endian }
    }

    pub(super) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(count).ok_or(Malformed)?;
        let taken = self.bytes.get(self.at..end).ok_or(Malformed)?;
        self.at = end;
        Ok(taken)
    }

    pub(super) fn skip(&mut self, count: usize) -> Result<(), Malformed> {
        self.take(count).map(drop)
    }

    pub(super) fn align(&mut self, to: usize) -> Result<(), Malformed> {
        self.skip(self.at.next_multiple_of(to) - self.at)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        self.take(1)?.first().copied().ok_or(Malformed)
    }

    pub(super) fn number(&mut self) -> Result<u32, Malformed> {
        self.align(4)?;
        let bytes = <[u8; 4]>::try_from(self.take(4)?).map_err(|_| Malformed)?;
        let read = if self.big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        Ok(read(bytes))
    }

    pub(super) fn size(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.number()?).map_err(|_| Malformed)
    }

    /// A text or a path.
    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        let length = self.size()?;
        let text = self.ended(length)?;
        std::str::from_utf8(text).map(str::to_owned).map_err(|_| Malformed)
    }

    pub(super) fn signature(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.byte()?;
        self.ended(length.into())
    }

    /// So many bytes and a zero.
    fn ended(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let bytes = self.take(length)?;
        if self.byte()? == 0 { Ok(bytes) } else { Err(Malformed) }
    }
}

/// Puts values behind each other; begins where a message or a multiple of eight in it does.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn align(&mut self, to: usize) {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
    }

    pub(super) fn number(&mut self, number: u32) {
        self.align(4);
        self.raw(&number.to_le_bytes());
    }

    /// What is written here is far from four gigabytes.
    pub(super) fn size(&mut self, size: usize) {
        self.number(u32::try_from(size).unwrap_or(u32::MAX));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.size(text.len());
        self.raw(text.as_bytes());
        self.raw(&[0]);
    }

    pub(super) fn signature(&mut self, signature: &[u8]) {
        self.raw(&[u8::try_from(signature.len()).unwrap_or(u8::MAX)]);
        self.raw(signature);
        self.raw(&[0]);
    }

    /// The beginning of a field of the header, for one value of this type.
    pub(super) fn field(&mut self, code: u8, kind: u8) {
        self.align(8);
        self.raw(&[code]);
        self.signature(&[kind]);
    }
}
