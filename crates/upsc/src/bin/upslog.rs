//! The program upslog.

fn main() {}
