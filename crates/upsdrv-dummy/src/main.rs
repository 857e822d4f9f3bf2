//! The program dummy-ups.

fn main() {}
