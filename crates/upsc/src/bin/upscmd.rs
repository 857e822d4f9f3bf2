//! The program upscmd.

fn main() {}
