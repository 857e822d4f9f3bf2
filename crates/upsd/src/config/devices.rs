//! `ups.conf` as upsd reads it: which UPSes there are and which driver serves each.
//!
//! Knows the three keys upsd looks at; the rest is for the drivers. Pure. Source of the facts: NUT
//! 2.8.5.

use nut_proto::conf::ups_conf::{self, Section};
use nut_proto::conf::{Diagnostic, value};

/// Most bytes a socket's name may have: `sun_path` less its terminating zero.
const SOCKET_MAX: usize = 107;

/// One usable section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The section's name.
    pub name: String,
    /// The driver program.
    pub driver: String,
    /// The text for people.
    pub desc: Option<String>,
}

impl Device {
    /// The name of the driver's socket, relative to the state folder.
    pub fn socket(&self) -> String {
        format!("{}-{}", self.driver, self.name)
    }
}

/// What upsd takes from ups.conf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpsConf {
    /// Usable sections in file order.
    pub devices: Vec<Device>,
    /// The global `statepath`.
    pub state_path: Option<String>,
    /// The global `debug_min`.
    pub debug_min: Option<u32>,
}

/// Reads the file; `file` is its name for messages.
pub fn read_ups_conf(file: &str, bytes: &[u8]) -> (UpsConf, Vec<Diagnostic>) {
    let (conf, mut found) = ups_conf::UpsConf::parse(file, bytes);
    let global = |key| conf.global.last_any_case(key).and_then(|entry| entry.value.clone());
    let mut read = UpsConf {
        state_path: global("statepath"),
        debug_min: global("debug_min").and_then(|text| u32::try_from(value::int(&text)?).ok()),
        devices: Vec::new(),
    };
    for section in &conf.sections {
        match device(section) {
            Ok(device) => add(&mut read.devices, device, file, section, &mut found),
            Err(message) => found.push(Diagnostic::warning(file, section.position, message)),
        }
    }
    (read, found)
}

fn device(section: &Section) -> Result<Device, String> {
    let name = section.name.clone();
    let value = |key| section.settings.value(key).map(str::to_owned);
    let (Some(driver), Some(_port)) = (value("driver"), value("port")) else {
        return Err(format!("Warning: ignoring incomplete configuration for UPS [{name}]"));
    };
    let device = Device { name, driver, desc: value("desc") };
    let socket = device.socket();
    if socket.len() > SOCKET_MAX || socket.contains('/') {
        return Err(format!(
            "ignoring UPS [{}]: '{socket}' cannot be a socket's name",
            device.name
        ));
    }
    Ok(device)
}

/// Of two names that differ in letter case only the later one counts.
fn add(
    devices: &mut Vec<Device>,
    device: Device,
    file: &str,
    section: &Section,
    found: &mut Vec<Diagnostic>,
) {
    if let Some(at) = devices.iter().position(|d| d.name.eq_ignore_ascii_case(&device.name)) {
        let earlier = devices.remove(at);
        let message = format!("UPS name [{}] is already in use!", earlier.name);
        found.push(Diagnostic::error(file, section.position, message));
    }
    devices.push(device);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (UpsConf, Vec<String>) {
        let (conf, found) = read_ups_conf("ups.conf", text.as_bytes());
        (conf, found.iter().map(ToString::to_string).collect())
    }

    fn device(name: &str, driver: &str, desc: Option<&str>) -> Device {
        Device { name: name.into(), driver: driver.into(), desc: desc.map(str::to_owned) }
    }

    #[test]
    fn usable_sections_in_file_order() {
        let (conf, found) = read(
            "StatePath = /state\ndebug_min = 2\nmaxretry = 3\n[b]\ndriver=x\nport=auto\n\
             desc = \"Second \\\"b\\\"\"\n[a]\ndriver = y\nport = z\nDriver = no\nlowbatt = 3\n\
             [half]\ndriver = x\n[b]\ndesc = one two\n",
        );
        assert_eq!(conf.state_path.as_deref(), Some("/state"));
        assert_eq!(conf.debug_min, Some(2));
        assert_eq!(conf.devices, [device("b", "x", Some("one")), device("a", "y", None)]);
        assert!(found.iter().any(|line| line
            == "ups.conf:13:1: Warning: ignoring incomplete configuration for UPS [half]"));
    }

    #[test]
    fn of_twins_the_later_one_counts() {
        let (conf, found) =
            read("[U]\ndriver = a\nport = b\n[u]\ndriver = c\nport = d\n[v]\ndriver=x\nport=y\n");
        assert_eq!(conf.devices, [device("u", "c", None), device("v", "x", None)]);
        assert!(found.iter().any(|line| line.ends_with("UPS name [U] is already in use!")));
    }

    #[test]
    fn a_name_that_cannot_be_a_socket_is_refused() {
        let long = "x".repeat(108);
        for name in [long.as_str(), "../up"] {
            let (conf, found) = read(&format!("[{name}]\ndriver = a\nport = b\n"));
            assert!(conf.devices.is_empty());
            assert!(found[0].contains("cannot be a socket's name"), "{found:?}");
        }
    }
}
