//! Start, refusal, replacement, reload and end of the real program.

use crate::stage::{PATIENCE, Stage, signal, told, wait_for};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;

const BANNER: &str =
    "Network UPS Tools 2.8.5 release - Device simulation and repeater driver 0.25\n";
const CONF: &str = "[u]\ndriver = dummy-ups\nport = u.dev\ndesc = \"a b\"\n";

fn stage(conf: &str) -> Stage {
    let stage = Stage::new(conf);
    stage.file("u.dev", "ups.status: OL\n");
    stage
}

#[test]
fn version_options_and_help() {
    let stage = stage(CONF);
    let nothing = String::new();
    assert_eq!(stage.run("-V"), (BANNER.to_owned(), nothing.clone(), 0));
    let list = "VALUE mode \"Specify mode instead of guessing it from port value (dummy = \
                dummy-loop, dummy-once, repeater)\"\n\
                FLAG repeater_disable_strict_start \"Do not terminate the driver encountering \
                errors when starting the repeater mode\"\n";
    assert_eq!(stage.run("-L"), (format!("{BANNER}{list}"), nothing.clone(), 0));
    let quiet =
        |args| told(stage.command(args).env("NUT_QUIET_INIT_BANNER", "1").output().unwrap());
    assert_eq!(quiet("-L"), (list.to_owned(), nothing.clone(), 0));
    assert_eq!(quiet("-V"), (BANNER.to_owned(), nothing, 0));
    let (help, _, code) = stage.run("-h");
    assert!(help.starts_with(BANNER) && help.contains(" mode=<value>\tSpecify mode"), "{help}");
    assert_eq!(code, 0);
}

#[test]
fn nobody_to_print_for_is_no_crash() {
    let stage = stage("");
    for words in ["-V", "-h", "-L", "-Z", ""] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = stage.command(words).stdout(full).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{words}: {text}");
        assert!(!text.contains("panicked"), "{words}: {text}");
    }
}

#[test]
fn refusals_have_nuts_words_and_exit_code_1() {
    let conf = "[u]\nport = u.dev\nfoo = 1\n[v]\ndriver = blazer\nport = x\n[w]\ndriver = dummy-ups\n\
                [x]\nport = x\npollinterval = 0\n[y]\nport = away.dev\n";
    let stage = stage(conf);
    let dir = stage.dir.display().to_string();
    let unknown = "\nFatal error: 'foo' is not a valid variable name for this driver.\n\n\
                   Look in the man page or call this driver with -h for a list of\n\
                   valid variable names and flags.\n";
    let place = format!("{dir}/ups.conf:3:1: 'foo' is not a valid variable name for this driver\n");
    let away = format!("{dir}/away.dev: Can't open {dir}/away.dev: No such file or directory\n");
    for (args, out, err) in [
        ("", "", "Error: specifying '-a id' or '-s id' is now mandatory. Try -h for help.\n"),
        ("-a z", "", "Error: Section z not found in ups.conf\n"),
        ("-a u", unknown, place.as_str()),
        ("-s s -x port=x -x foo=1", unknown, ""),
        ("-a v", "", "Error: UPS [v] is for driver 'blazer', but I'm 'dummy-ups'!\n\n"),
        (
            "-a w",
            "",
            "Error: you must specify a port name in ups.conf or in '-x port=...' argument.\n\
             Try -h for help.\n",
        ),
        ("-a x", "", "Error: UPS [x]: invalid pollinterval: 0\n"),
        (
            "-F -u root -a y",
            "",
            &format!(
                "Running as foreground process, not saving a PID file\n\
                 Can't open dummy-ups definition file {away}"
            ),
        ),
    ] {
        let expected = (format!("{BANNER}{out}"), err.to_owned(), 1);
        assert_eq!(stage.run(args), expected, "{args}");
    }
    fs::remove_file(stage.path("ups.conf")).unwrap();
    let conf = format!("{dir}/ups.conf");
    let err = format!("Can't open {conf}: Can't open {conf}: No such file or directory\n");
    assert_eq!(stage.run("-a u"), (BANNER.to_owned(), err, 1));
}

#[test]
fn in_the_background_success_means_that_the_socket_is_up() {
    let stage = stage(CONF);
    // Not `run`: the background process would keep pipes open until it ends.
    let status = stage.command("-u root -a u").stdout(null()).stderr(null()).status().unwrap();
    assert_eq!(status.code(), Some(0));
    let mut client = stage.client("u");
    client.send("GETPID\n");
    let pid = client.until_start("PID ");
    let pid_file = stage.path("dummy-ups-u.pid");
    assert_eq!(fs::read_to_string(&pid_file).unwrap(), format!("{}\n", &pid["PID ".len()..]));
    let (_, err, code) = stage.run("-a u -c reload");
    assert_eq!(
        (err.as_str(), code),
        ("Request for driver to reload-or-error returned code 0\n", 0)
    );
    let (_, err, code) = stage.run("-a u -c exit");
    assert_eq!((err.as_str(), code), ("Request for driver to exit returned code 0\n", 0));
    wait_for("the driver's end", || !pid_file.exists());
    assert!(!stage.path("dummy-ups-u").exists());
    let (_, err, code) = stage.run("-a u -c exit");
    assert_eq!(code, 255);
    assert!(
        err.contains("Socket dialog with the other driver instance: No such file or directory")
    );
}

fn null() -> std::process::Stdio {
    std::process::Stdio::null()
}

#[test]
fn a_new_instance_replaces_the_old_one() {
    let stage = stage(CONF);
    let old = stage.start("u");
    let mut client = stage.client("u");
    assert_eq!(client.ask("PING", "PONG"), ["PONG"]);
    let new = stage.start_anew("-F -u root -a u", "u", &old);
    let tail = client.rest();
    assert!(
        tail.ends_with(
            "SETINFO driver.state \"cleanup.upsdrv\"\nSETINFO driver.state \"cleanup.exit\"\n"
        ),
        "{tail}"
    );
    let (_, err, code) = old.end();
    assert_eq!(code, 0);
    assert!(err.ends_with("Signal -2: exiting\n"), "{err}");
    let (_, err, code) = new.stop();
    assert_eq!(code, 0);
    assert!(
        err.contains("Duplicate driver instance detected (local Unix socket exists)!"),
        "{err}"
    );
    assert!(err.ends_with("Signal 15: exiting\n"), "{err}");
    assert!(!stage.path("dummy-ups-u").exists());
}

#[test]
fn a_dump_asks_the_running_instance_and_leaves_it_alone() {
    let stage = stage(CONF);
    let (out, err, code) = stage.run("-u root -a u -d 1");
    assert_eq!((err.as_str(), code), ("", 0));
    assert!(out.starts_with(&format!("{BANNER}device.mfr: Dummy Manufacturer\n")), "{out}");
    assert!(out.ends_with("\nups.model: Dummy UPS\nups.status: OL\n"), "{out}");
    let driver = stage.start("u");
    stage.client("u").ask("SET ups.id live TRACKING a", "TRACKING a 0");
    let (out, err, code) = stage.run("-a u -d 1");
    assert_eq!((err.as_str(), code), ("", 0));
    assert!(out.contains("\nups.id: live\n"), "{out}");
    assert_eq!(stage.client("u").ask("PING", "PONG"), ["PONG"]);
    assert_eq!(driver.stop().2, 0);
}

#[test]
fn a_reload_applies_what_it_can_and_tells_the_rest() {
    let stage = stage(&format!("{CONF}default.ups.id = a\n"));
    let driver = stage.start("u");
    let mut client = stage.client("u");
    stage.file(
        "ups.conf",
        &format!("{CONF}pollinterval = 7\ndefault.ups.id = b\noverride.ups.load = 3\n"),
    );
    client.ask("INSTCMD driver.reload-or-error TRACKING a", "TRACKING a 0");
    assert_eq!(client.value("driver.parameter.pollinterval").as_deref(), Some("7"));
    assert_eq!(client.value("ups.id").as_deref(), Some("b"));
    assert_eq!(client.value("ups.load").as_deref(), Some("3"));
    stage.file("ups.conf", "[u]\nport = other.dev\n");
    client.ask("INSTCMD driver.reload-or-error TRACKING b", "TRACKING b 2");
    stage.file("ups.conf", "[u]\nfoo = 1\n");
    client.ask("INSTCMD driver.reload TRACKING c", "TRACKING c 2");
    stage.file("ups.conf", "[u]\nport = other.dev\n");
    signal(driver.pid(), "USR1");
    let (_, err, code) = driver.end();
    assert_eq!(code, 138);
    assert!(
        err.ends_with(
            "NUT driver reload-or-exit: setting port was changed and requires a driver restart\n"
        ),
        "{err}"
    );
}

#[test]
fn nothing_handled_is_no_success() {
    let stage = stage(&format!("{CONF}sdcommands = \"load.off, shutdown.default\"\n"));
    let (_, err, code) = stage.run("-u root -a u -k");
    assert_eq!(code, 1);
    let lines: Vec<_> = err.lines().collect();
    assert_eq!(
        lines,
        [
            "Checking if an already running driver instance can handle the shutdown command for us",
            "Initiating UPS [u] shutdown",
            "instcmd: unknown command [load.off] [(null)]",
            "shutdown not supported",
            "UPS [u]: shutdown request(s) failed",
        ]
    );
}

#[test]
fn the_service_manager_is_told() {
    let stage = stage(CONF);
    let path = stage.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let receive = || {
        let mut buffer = [0u8; 512];
        // The end of another test's child interrupts a wait with a time-out.
        let n = loop {
            match socket.recv(&mut buffer) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                received => break received.unwrap(),
            }
        };
        String::from_utf8(buffer[..n].to_vec()).unwrap()
    };
    let environment = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "400000")];
    let driver = stage.start_told("-F -u root -a u", "u", &environment);
    let ready = receive();
    assert!(ready.contains("READY=1\n"), "{ready}");
    assert!(ready.contains(&format!("MAINPID={}", driver.pid())), "{ready}");
    assert!(receive().contains("WATCHDOG=1"));
    signal(driver.pid(), "HUP");
    let expect = |what: &str| while !receive().contains(what) {};
    expect("RELOADING=1");
    expect("READY=1");
    assert_eq!(driver.stop().2, 0);
    expect("STATUS=Signal 15: exiting\nSTOPPING=1");
}
