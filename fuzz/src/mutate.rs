//! Blind mutation: new inputs from old ones, by chance and without looking at what they do.

/// A small generator of pseudo-random numbers (xorshift64*): the same seed gives the same run.
pub struct Random(u64);

impl Random {
    /// Starts a sequence.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`; 0 if the limit is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit.max(1)
    }

    /// One of several, if there is any.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    fn byte(&mut self) -> u8 {
        const TELLING: &[u8] = b"\0\x01\x7f\x80\xff\n\r\t \"'\\#=[]{}:,.-+0123456789";
        match self.below(2) {
            0 => TELLING[self.below(TELLING.len())],
            _ => self.next() as u8,
        }
    }
}

/// Longest input that is made, in bytes.
const LONGEST: usize = 8192;

/// An input from the corpus, changed in one to eight places.
pub fn input(random: &mut Random, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut data = random.pick(corpus).cloned().unwrap_or_default();
    for _ in 0..=random.below(8) {
        change(random, &mut data, corpus, words);
    }
    data.truncate(LONGEST);
    data
}

fn change(random: &mut Random, data: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&str]) {
    let (from, to) = range(random, data.len());
    match random.below(9) {
        0 => data.iter_mut().skip(from).take(1).for_each(|b| *b ^= 1 << random.below(8)),
        1 => data.iter_mut().skip(from).take(1).for_each(|b| *b = random.byte()),
        2 => drop(data.drain(from..to)),
        3 => data.truncate(from),
        4 => insert(data, from, &data[from..to].repeat(1 + random.below(8))),
        5 => insert(data, from, &vec![random.byte(); 1 + random.below(700)]),
        6 => insert(data, from, &[random.byte()]),
        7 => insert(data, from, random.pick(words).copied().unwrap_or_default().as_bytes()),
        _ => {
            let other = random.pick(corpus).cloned().unwrap_or_default();
            let (a, b) = range(random, other.len());
            insert(data, from, &other[a..b]);
        }
    }
}

fn range(random: &mut Random, length: usize) -> (usize, usize) {
    let from = random.below(length + 1);
    let most = if random.below(2) == 0 { 8 } else { length };
    (from, from + random.below((length - from).min(most) + 1))
}

fn insert(data: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    data.splice(at..at, bytes.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_run_and_another_seed_another() {
        let corpus = [b"GET VAR ups status\n".to_vec()];
        let run = |seed| {
            let mut random = Random::new(seed);
            (0..50).map(|_| input(&mut random, &corpus, &["LIST"])).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn inputs_stay_within_the_limit_and_differ_from_the_corpus() {
        let corpus = [vec![b'x'; 6000]];
        let mut random = Random::new(7);
        let made: Vec<_> = (0..500).map(|_| input(&mut random, &corpus, &[])).collect();
        assert!(made.iter().all(|m| m.len() <= LONGEST));
        assert!(made.iter().filter(|m| **m != corpus[0]).count() > 450);
    }
}
