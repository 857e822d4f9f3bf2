//! Small helpers for the tests of this crate.

/// The next byte of a xorshift sequence: the same on every run.
pub(crate) fn random(seed: &mut u64) -> u8 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    (*seed >> 24) as u8
}
