//! upsmon: what it says to servers, what it tells people, and when it takes the machine down.

mod delivery;
mod going_down;
mod notices;
mod wire;
