//! The program upsd.

fn main() {}
