//! HID power devices: from the bytes of a device to the variables of NUT, and back.
//!
//! A pure library: no devices, files, clocks or logs. [`descriptor::parse`] reads what a device says
//! about its reports, [`report::Reports`] keeps their bytes, [`maps::Maps`] knows what the fields of
//! each maker's devices mean, [`translate`] applies one row of such a map, and [`status`] turns what
//! was said into tokens. The maps are data, in `maps/*.toml`; `maps/example.toml` explains them.
//!
//! Outside bytes and texts enter at [`descriptor::parse`], [`report::Reports::file_feature`] and
//! [`maps::Maps::add`]: these are the places to fuzz.

pub mod civil;
pub mod convert;
pub mod descriptor;
pub mod draft;
pub mod fixup;
pub mod format;
pub mod grace;
pub mod hex;
pub mod lint;
pub mod map;
pub mod maps;
pub mod models;
pub mod names;
pub mod naming;
pub mod path;
pub mod report;
pub mod rules;
pub mod status;
pub mod translate;
pub mod usage;
pub mod value;

#[cfg(test)]
mod testing;
