//! What lies in `systemd/`, tried: scripts by a real shell on a machine made of folders, with a stub in
//! place of systemctl; units by systemd's own inspector, where it is installed.
//!
//! Whether systemd itself does what a unit says is for `vm`. Tests only.

mod copies;
mod driver_services;
mod machine;
mod modes;
mod sandbox;
mod shutdown;
