//! One connection's lines in two columns, and how repeated polls are folded into one.
//!
//! How often a client polls is a matter of time, what it sends and in which order is not: a
//! record keeps a block of polls once and leaves out the same block where it comes again. Pure.

/// The longest block that is folded, in pairs of a request and its reply.
const BLOCK: usize = 8;

/// What went over one connection, seen from the client.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pairs: Vec<(String, Option<String>)>,
    closed: bool,
}

impl Record {
    /// The client has sent this line.
    pub fn request(&mut self, line: &str) {
        self.pairs.push((line.to_string(), None));
    }

    /// The server answers the last request with this.
    pub fn reply(&mut self, line: &str) {
        if let Some((_, reply)) = self.pairs.last_mut() {
            *reply = Some(line.to_string());
        }
        self.fold();
    }

    /// The client has closed the connection.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The record as `> request`, `< reply` and, at its end, `closed`.
    pub fn lines(&self) -> Vec<String> {
        let pair = |(request, reply): &(String, Option<String>)| {
            let reply = reply.as_ref().map(|text| format!("< {text}"));
            [Some(format!("> {request}")), reply]
        };
        let closed = self.closed.then(|| "closed".to_string());
        self.pairs.iter().flat_map(pair).flatten().chain(closed).collect()
    }

    /// Only questions are folded: that a client logs in twice must stay visible.
    fn fold(&mut self) {
        let length = self.pairs.len();
        for size in 1..=BLOCK.min(length / 2) {
            let (before, tail) = self.pairs[length - 2 * size..].split_at(size);
            if before == tail && tail.iter().all(|(request, _)| request.starts_with("GET ")) {
                return self.pairs.truncate(length - size);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(lines: &str) -> Vec<String> {
        let mut record = Record::default();
        for word in lines.split(' ') {
            record.request(&format!("GET {word}"));
            record.reply("x");
        }
        record
            .lines()
            .into_iter()
            .filter_map(|l| l.strip_prefix("> GET ").map(Into::into))
            .collect()
    }

    #[test]
    fn the_same_block_again_is_left_out() {
        assert_eq!(record("a b c a b c a b c"), ["a", "b", "c"]);
        assert_eq!(record("a b a b c a b c"), ["a", "b", "c"]);
        assert_eq!(record("a b c a d c"), ["a", "b", "c", "a", "d", "c"]);
    }

    #[test]
    fn what_changes_something_is_kept() {
        let mut record = Record::default();
        for _ in 0..2 {
            record.request("LOGIN u");
            record.reply("OK");
        }
        record.close();
        assert_eq!(record.lines(), ["> LOGIN u", "< OK", "> LOGIN u", "< OK", "closed"]);
    }
}
