//! Chance that is the same on every run.

/// Numbers of a xorshift sequence.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit.max(1)
    }

    pub fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub fn byte(&mut self) -> u8 {
        [0, 1, 0x7f, 0x80, 0xff, self.0 as u8][self.below(6)]
    }

    /// One of a slice that has some.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
