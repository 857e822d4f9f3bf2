//! Numbers that look like chance and are the same in every run.

/// A generator (xorshift).
pub struct Chance(u64);

impl Chance {
    /// From a seed, which is not 0.
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
