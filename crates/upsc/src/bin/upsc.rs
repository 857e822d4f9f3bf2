//! The program upsc.

fn main() {}
