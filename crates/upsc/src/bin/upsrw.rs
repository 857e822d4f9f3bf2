//! The program upsrw.

fn main() {}
