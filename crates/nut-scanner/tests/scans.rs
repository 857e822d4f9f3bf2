//! The real program on a made-up machine, and on a real upsd.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use nut_daemon::privileges;
use nut_proto::conf::ups_conf::UpsConf;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A folder that stands for the machine's, gone when dropped.
struct Machine(PathBuf);

impl Machine {
    fn new() -> Machine {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("scan-{}-{number}", std::process::id()));
        fs::create_dir_all(folder.join("etc/nut")).unwrap();
        Machine(folder)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Plugs a device in, with a hidraw node on interface 0 if it has a name.
    fn plug(&self, folder: &str, address: u8, attributes: &[(&str, &str)], hidraw: Option<&str>) {
        let device = format!("sys/bus/usb/devices/{folder}");
        let address_text = address.to_string();
        let places = [("busnum", "1"), ("devnum", &address_text), ("devpath", "2.3")];
        for (name, value) in attributes.iter().chain(&places) {
            self.write(&format!("{device}/{name}"), &format!("{value}\n"));
        }
        let interface = format!("{device}/{folder}:1.0");
        self.write(&format!("{interface}/bInterfaceNumber"), "00\n");
        if let Some(name) = hidraw {
            self.write(&format!("{interface}/0003:1.1/hidraw/{name}/dev"), "1:2\n");
            self.node(&format!("dev/{name}"));
        }
        self.node(&format!("dev/bus/usb/001/{address:03}"));
    }

    fn node(&self, path: &str) {
        self.write(path, "");
        fs::set_permissions(self.0.join(path), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn run(&self, args: &[&str]) -> (String, String, i32) {
        let output = Command::new(env!("CARGO_BIN_EXE_nut-scanner"))
            .args(args)
            .env("NUT_SCANNER_ROOT", &self.0)
            .env("NUT_CONFPATH", self.0.join("etc/nut"))
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const EATON: [(&str, &str); 6] = [
    ("idVendor", "0463"),
    ("idProduct", "ffff"),
    ("bcdDevice", "0202"),
    ("manufacturer", "EATON"),
    ("product", "Ellipse (ECO) 650 "),
    ("serial", "P123"),
];

fn with_eaton() -> Machine {
    let machine = Machine::new();
    machine.plug("1-2.3", 4, &EATON, Some("hidraw3"));
    machine.plug("usb1", 1, &[("idVendor", "1d6b"), ("idProduct", "0002")], None);
    machine
}

#[test]
fn a_known_device_becomes_a_section() {
    let (out, _, code) = with_eaton().run(&["-qU"]);
    let wanted = "[nutdev-usb1]\n\tdriver = \"usbhid-ups\"\n\tport = \"auto\"\n\
                  \tvendorid = \"0463\"\n\tproductid = \"FFFF\"\n\
                  \tproduct = \"Ellipse \\\\(ECO\\\\) 650\"\n\tserial = \"P123\"\n\
                  \tvendor = \"EATON\"\n\t# bus = \"001\"\n\t# device = \"004\"\n\
                  \t# busport = \"003\"\n";
    assert_eq!((out.as_str(), code), (wanted, 0));
}

#[test]
fn the_section_can_be_pasted() {
    let (out, ..) = with_eaton().run(&["-UUU"]);
    let (conf, diagnostics) = UpsConf::parse("ups.conf", out.as_bytes());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let ups = &conf.section("nutdev-usb1").unwrap().settings;
    for (key, value) in [
        ("driver", "usbhid-ups"),
        ("port", "auto"),
        ("vendorid", "0463"),
        ("product", r"Ellipse \(ECO\) 650"),
        ("bus", "001"),
        ("device", "004"),
        ("busport", "003"),
    ] {
        assert_eq!(ups.value(key), Some(value), "{key}");
    }
}

#[test]
fn scripts_get_a_line_a_device() {
    let (out, err, _) = with_eaton().run(&["-q", "--usb_scan", "--disp_parsable"]);
    let line = "USB:driver=\"usbhid-ups\",port=\"auto\",vendorid=\"0463\",productid=\"FFFF\",\
                product=\"Ellipse \\\\(ECO\\\\) 650\",serial=\"P123\",vendor=\"EATON\"\n";
    assert_eq!((out.as_str(), err.as_str()), (line, ""));
}

#[test]
fn nodes_rights_and_missing_rules_are_told() {
    let machine = with_eaton();
    let rule = |subsystem, attr: &str| {
        format!(
            "  missing udev rule: SUBSYSTEM==\"{subsystem}\", {attr}{{idVendor}}==\"0463\", \
             {attr}{{idProduct}}==\"ffff\", MODE=\"0660\", GROUP=\"nut\"\n"
        )
    };
    let (_, err, _) = machine.run(&["-U"]);
    let head = "USB device 0463:ffff (Ellipse (ECO) 650), bus 001 device 004:\n";
    assert!(err.contains(head), "{err}");
    assert!(err.contains("  hidraw node /dev/hidraw3: "), "{err}");
    assert!(err.contains("  usb node /dev/bus/usb/001/004: "), "{err}");
    // Only where the tests run as a user named nut may that user open what they made.
    let is_nut = privileges::current().is_some_and(|user| user.name == "nut");
    assert_eq!(err.contains(&rule("hidraw", "ATTRS")), !is_nut, "{err}");
    assert_eq!(err.contains(&rule("usb", "ATTR")), !is_nut, "{err}");

    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../udev/90-nut-ups.rules");
    machine.write("usr/lib/udev/rules.d/90-nut-ups.rules", &fs::read_to_string(rules).unwrap());
    let (_, err, _) = machine.run(&["-U"]);
    let there = "a rule for it is in /usr/lib/udev/rules.d/90-nut-ups.rules";
    assert_eq!((err.contains("missing"), err.contains(there)), (false, !is_nut), "{err}");
}

#[test]
fn a_device_without_a_hidraw_node_is_listed_and_told() {
    let machine = Machine::new();
    machine.plug("1-1", 9, &EATON, None);
    let (out, err, _) = machine.run(&["-U"]);
    assert!(out.contains("[nutdev-usb1]") && err.contains("  no hidraw node: "), "{out}{err}");
}

#[test]
fn a_map_of_the_users_counts() {
    let machine = Machine::new();
    machine.plug("1-1", 2, &[("idVendor", "1234"), ("idProduct", "5678")], None);
    assert_eq!(machine.run(&["-qU"]).0, "");
    let map = "maker = \"mine\"\nextends = \"mge\"\norigin = \"my own\"\n\
               devices = [{ id = \"1234:5678\" }]\n";
    machine.write("etc/nut/usbhid/mine.toml", map);
    assert!(machine.run(&["-qU"]).0.contains("vendorid = \"1234\""));
}

#[test]
fn a_complete_scan_tells_what_it_looks_at() {
    let machine = Machine::new();
    machine.write("etc/nut/outage.seq", "TIMER 1\n");
    let (out, err, code) = machine.run(&[]);
    let section = "[nutdev-simulation1]\n\tdriver = \"dummy-ups\"\n\tport = \"outage.seq\"\n";
    assert_eq!((out.as_str(), code), (section, 0));
    let lines = "Scanning USB bus.\nNo USB device found\nNo IP range(s) requested, skipping NUT \
                 bus (old libupsclient connect method)\nScanning NUT simulation devices.\n";
    assert_eq!(err, lines);
}

#[test]
fn options_and_complaints() {
    let machine = Machine::new();
    assert_eq!(machine.run(&["-a"]).0, "OLDNUT\nUSB\n");
    assert_eq!(machine.run(&["-V"]).0, "Network UPS Tools nut-scanner 2.8.5 release\n");
    assert!(machine.run(&["--help"]).0.contains("-U, --usb_scan"));
    let (_, err, code) = machine.run(&["-Z"]);
    assert!(err.contains("invalid option -- 'Z'") && code == 255, "{err}");
    let snmp = ["-S", "-c", "public", "-s", "127.0.0.1"];
    let lines = "SNMP search is not part of this build. SNMP search disabled.\n";
    assert_eq!(machine.run(&snmp), (String::new(), lines.to_owned(), 0));
    let (_, err, _) = machine.run(&["-qO", "-t", "x", "-T", "9999", "-p", "0"]);
    assert_eq!(
        err,
        "Illegal timeout value, using default 5s\nIllegal port value, using default 3493\n\
         WARNING: Requested max scanning thread count 9999 (9999) is out of range, using default \
         512\n"
    );
}

/// A program of another package of this build, made if it is not there yet.
fn built(package: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_nut-scanner")).with_file_name(package);
    if !program.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        let target = program.parent().unwrap().parent().unwrap();
        cargo.args(["build", "--quiet", "--package", package, "--target-dir"]).arg(target);
        assert!(cargo.status().unwrap().success());
    }
    program
}

struct Upsd(Child);

impl Drop for Upsd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn upsd(machine: &Machine) -> (Upsd, u16) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ups = |name| format!("[{name}]\ndriver = dummy-ups\nport = a.dev\n");
    machine.write("etc/nut/ups.conf", &(ups("one") + &ups("two")));
    machine.write("etc/nut/upsd.conf", &format!("LISTEN 127.0.0.1 {port}\n"));
    machine.write("etc/nut/upsd.users", "");
    let child = Command::new(built("upsd"))
        .args(["-F", "-u", &privileges::current().unwrap().name])
        .env("NUT_CONFPATH", machine.0.join("etc/nut"))
        .env("NUT_STATEPATH", &machine.0)
        .env_remove("NUT_ALTPIDPATH")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = Upsd(child);
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "upsd does not answer");
        sleep(Duration::from_millis(50));
    }
    (server, port)
}

#[test]
fn a_servers_devices_become_sections() {
    let machine = Machine::new();
    let (_server, port) = upsd(&machine);
    let port_text = port.to_string();
    let section = |n: usize, ups: &str| {
        let port = format!("{ups}@127.0.0.1:{port}");
        format!("[nutdev-nut{n}]\n\tdriver = \"dummy-ups\"\n\tport = \"{port}\"\n")
    };
    let sections = section(1, "one") + &section(2, "two");
    for addresses in [
        &["-s", "127.0.0.1"] as &[&str],
        &["-s", "127.0.0.1", "-e", "127.0.0.3"],
        &["-m", "127.0.0.0/30", "-T", "2"],
        &["--mask_cidr=127.0.0.1/255.255.255.255"],
    ] {
        let args = [&["-qO", "-t", "5", "-p", &port_text], addresses].concat();
        assert_eq!(machine.run(&args), (sections.clone(), String::new(), 0), "{addresses:?}");
    }
    let (out, ..) = machine.run(&["-qOP", "-p", &port_text, "-e", "127.0.0.1"]);
    let line = |ups: &str| format!("NUT:driver=\"dummy-ups\",port=\"{ups}@127.0.0.1:{port}\"\n");
    assert_eq!(out, line("one") + &line("two"));
    let (out, err, _) = machine.run(&["-O", "-s", "no such host"]);
    let lines = "Scanning NUT bus (old libupsclient connect method).\n\
                 WARNING: nutscan_ip_iter_init: Invalid address : no such host\n";
    assert_eq!((out.as_str(), err.as_str()), ("", lines));
}
