//! The program upsdrvctl.

fn main() {}
