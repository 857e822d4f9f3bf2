//! dummy-ups as its socket shows it: dump, single values, SET, INSTCMD, tracking, broadcasts.

use nut_compliance::house::current_user;
use nut_compliance::maker::Maker;
use nut_compliance::place::Place;
use nut_compliance::program::run;
use nut_compliance::real_driver::RealDriver;

const DEVICE: &str = r#"
ups.mfr: ACME "x" \\ y
ups.status: OL
battery.charge: 90
Battery.Low: 5
ups.serial: S1
input.transfer.reason: x
Ambient.x: ""
foo.bar: 1
# a remark
"#;

fn started(port: &str, device: &str) -> (Place, RealDriver) {
    let place = Place::new();
    place.write(port, device);
    place.write("ups.conf", &format!("[u1]\n  driver = dummy-ups\n  port = {port}\n"));
    let driver = RealDriver::start(&place, Maker::under_test(), "dummy-ups", "u1");
    (place, driver)
}

#[test]
fn a_whole_dump() {
    let (_place, driver) = started("a.dev", DEVICE);
    driver.talk().says(
        r#"
        > DUMPALL
        < SETINFO battery.charge "90"
        < SETFLAGS battery.charge RW
        < SETINFO Battery.Low "5"
        < SETAUX Battery.Low 32
        < SETFLAGS Battery.Low RW STRING
        ~ the copy is of the value, not of its encoded form
        stock| < SETINFO device.mfr "ACME x \\\\ y"
        ours| < SETINFO device.mfr "ACME x \\ y"
        < SETINFO device.model "Dummy UPS"
        < SETINFO device.serial "S1"
        < SETINFO device.type "ups"
        < SETINFO driver.debug "0"
        < SETFLAGS driver.debug RW NUMBER
        < SETINFO driver.flag.allow_killpower "0"
        < SETFLAGS driver.flag.allow_killpower RW NUMBER
        < SETINFO driver.name "dummy-ups"
        < SETINFO driver.parameter.mode "dummy-once"
        < SETINFO driver.parameter.pollinterval "2"
        < SETINFO driver.parameter.port "a.dev"
        < SETINFO driver.parameter.synchronous "auto"
        < SETINFO driver.state "quiet"
        < SETINFO driver.version "2.8.5"
        < SETINFO driver.version.internal "0.25"
        < SETINFO foo.bar "1"
        < SETAUX foo.bar 32
        < SETFLAGS foo.bar RW STRING
        < SETINFO input.transfer.reason "x"
        < SETAUX input.transfer.reason 1
        < SETFLAGS input.transfer.reason RW STRING
        < SETINFO ups.mfr "ACME x \\ y"
        < SETAUX ups.mfr 32
        < SETFLAGS ups.mfr RW STRING
        < SETINFO ups.model "Dummy UPS"
        < SETAUX ups.model 32
        < SETFLAGS ups.model RW STRING
        < SETINFO ups.serial "S1"
        < SETAUX ups.serial 32
        < SETFLAGS ups.serial RW STRING
        < SETINFO ups.status "OL"
        < SETAUX ups.status 32
        < SETFLAGS ups.status RW STRING
        < ADDCMD driver.killpower
        < ADDCMD driver.reload
        < ADDCMD driver.reload-or-error
        < ADDCMD driver.reload-or-exit
        < ADDCMD load.off
        < ADDCMD shutdown.default
        < DATAOK
        < DUMPDONE
        "#,
    );
}

#[test]
fn single_values() {
    let (_place, driver) = started("a.dev", DEVICE);
    driver.talk().says(
        r#"
        > PING
        < PONG
        > ping
        < PONG
        > DUMPVALUE ups.mfr
        < SETINFO ups.mfr "ACME x \\ y"
        < SETAUX ups.mfr 32
        < SETFLAGS ups.mfr RW STRING
        < DATAOK
        < DUMPDONE
        > DUMPVALUE no.such
        < DATAOK
        < DUMPDONE
        > dumpvalue BATTERY.LOW
        < SETINFO Battery.Low "5"
        < SETAUX Battery.Low 32
        < SETFLAGS Battery.Low RW STRING
        < DATAOK
        < DUMPDONE
        > DUMPSTATUS
        < SETINFO ups.status "OL"
        < SETAUX ups.status 32
        < SETFLAGS ups.status RW STRING
        < DATAOK
        < DUMPDONE
        "#,
    );
    let pid = driver.daemon.pid();
    driver.talk().says(&format!("> GETPID\n< PID {pid}"));
}

#[test]
fn setting() {
    let (_place, driver) = started("a.dev", DEVICE);
    driver.talk().says(
        r#"
        > SET ups.mfr new TRACKING 12
        < TRACKING 12 0
        > SET new.var x TRACKING some-id
        < TRACKING some-id 0
        > DUMPVALUE new.var
        < SETINFO new.var "x"
        < SETAUX new.var 32
        < SETFLAGS new.var RW STRING
        < DATAOK
        < DUMPDONE
        > SET battery.charge "" TRACKING 13
        < TRACKING 13 0
        > DUMPVALUE battery.charge
        < DATAOK
        < DUMPDONE
        > SET ups.status "OB LB OB ALARM" TRACKING 14
        < TRACKING 14 0
        > DUMPSTATUS
        < SETINFO ups.status "ALARM OB LB"
        < SETAUX ups.status 32
        < SETFLAGS ups.status RW STRING
        < DATAOK
        < DUMPDONE
        > SET driver.debug x TRACKING 15
        < TRACKING 15 2
        > SET driver.debug 0 TRACKING 16
        < TRACKING 16 0
        > SET driver.flag.allow_killpower yes TRACKING 17
        < TRACKING 17 0
        > DUMPVALUE driver.flag.allow_killpower
        < SETINFO driver.flag.allow_killpower "1"
        < SETFLAGS driver.flag.allow_killpower RW NUMBER
        < DATAOK
        < DUMPDONE
        "#,
    );
}

#[test]
fn commands() {
    let (_place, driver) = started("a.dev", DEVICE);
    driver.talk().says(
        "
        > INSTCMD load.off TRACKING 1
        < TRACKING 1 1
        > INSTCMD no.such 5 TRACKING 2
        < TRACKING 2 1
        > INSTCMD shutdown.default TRACKING 3
        ~ a driver that cannot shut anything down says so
        stock| < TRACKING 3 0
        ours| < TRACKING 3 1
        > INSTCMD driver.killpower TRACKING 4
        < TRACKING 4 2
        > INSTCMD load.off
        > PING
        < PONG
        ",
    );
    driver.daemon.wait_for("instcmd: unknown command [load.off] [(null)]");
    driver.daemon.wait_for("instcmd: unknown command [no.such] [5]");
}

#[test]
fn words_that_are_no_command() {
    let (_place, driver) = started("a.dev", DEVICE);
    driver.talk().says(
        "
        > NONSENSE
        > PING
        < PONG
        > INSTCMD
        > SET
        > SET x
        >
        > DUMPVALUE
        > PING
        < PONG
        > INSTCMD a b c
        > PING
        < PONG
        > SET a b c d
        > PING
        < PONG
        > SET a b c d e f
        > PING
        < PONG
        ",
    );
    driver.daemon.wait_for("Unknown command on socket: \narg 0: NONSENSE\n");
    driver.daemon.wait_for("Malformed INSTCMD request");
    driver.daemon.wait_for("Got SET <var> with unsupported parameters (c/d)");
}

#[test]
fn a_hash_inside_quotes() {
    let (_place, driver) = started("a.dev", DEVICE);
    let mut talk = driver.talk();
    talk.says("> PING \"a # b");
    driver.daemon.wait_for("Parse error on sock: Unbalanced word due to unescaped # in quotes");
    talk.says("> PING\n< PONG");
}

#[test]
fn broadcasts() {
    let (_place, driver) = started("a.dev", DEVICE);
    driver.talk().says(
        r#"
        > SET a.b 1
        > PING
        < PONG
        > BROADCAST 0
        > SET a.b 2
        > PING
        < PONG
        > BROADCAST
        > SET a.b 3
        > PING
        < SETINFO a.b "3"
        < PONG
        > NOBROADCAST
        > SET a.b 4
        > LOGOUT
        < OK Goodbye
        closed
        "#,
    );
}

#[test]
fn a_listener_hears_of_changes_only() {
    let (_place, driver) = started("a.dev", DEVICE);
    let mut listener = driver.listen();
    driver.talk().says("> SET foo.bar 1\n> SET ups.serial s1\n> SET foo.bar 2\n> PING\n< PONG");
    let heard = listener.lines_to("SETINFO foo.bar \"2\"");
    assert!(!heard.contains(&"SETINFO foo.bar \"1\"".to_string()), "{heard:?}");
    let case_change = heard.contains(&"SETINFO ups.serial \"s1\"".to_string());
    let expected = Maker::under_test().differs("a new spelling is a new value", false, true);
    assert_eq!(case_change, expected, "{heard:?}");
}

#[test]
fn a_sequence_with_timers_and_alarms() {
    let sequence = "ups.status: OL\nTIMER 4\nups.status: OB LB\nALARM on fire\nTIMER 60\n";
    let (_place, driver) = started("a.seq", sequence);
    let mut listener = driver.listen();
    listener.lines_to("SETINFO ups.alarm \"on fire\"");
    listener.lines_to("SETINFO ups.status \"ALARM OB LB\"");
}

#[test]
fn a_file_that_changes() {
    let (place, driver) = started("a.dev", DEVICE);
    let mut listener = driver.listen();
    // The file's time is compared in whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    place.write("a.dev", "foo.bar: 77\nups.status: OB\n");
    listener.lines_to("SETINFO foo.bar \"77\"");
    listener.lines_to("SETINFO ups.status \"OB\"");
    driver.talk().says("> DUMPVALUE ups.serial\n< SETINFO ups.serial \"S1\"");
}

#[test]
fn banner_options_and_mistakes() {
    let place = Place::new();
    place.write(
        "ups.conf",
        "[u1]\n  driver = dummy-ups\n  port = a.dev\n[noport]\n  driver = dummy-ups\n",
    );
    let ask = |args: &[&str]| run(place.command(Maker::under_test(), "dummy-ups").args(args), "");
    let banner = "Network UPS Tools 2.8.5 release - Device simulation and repeater driver 0.25";
    ask(&["-V"]).is(&format!("{banner}\nexit 0"));
    let mode = "VALUE mode \"Specify mode instead of guessing it from port value \
                (dummy = dummy-loop, dummy-once, repeater)\"";
    let strict = "FLAG repeater_disable_strict_start \"Do not terminate the driver encountering \
                  errors when starting the repeater mode\"";
    ask(&["-L"]).is(&format!("{banner}\n{mode}\n{strict}\nexit 0"));
    let mandatory =
        "2| Error: specifying '-a id' or '-s id' is now mandatory. Try -h for help.\nexit 1";
    ask(&[]).is(&format!("{banner}\n{mandatory}"));
    ask(&["-a", "zz"]).is(&format!("{banner}\n2| Error: Section zz not found in ups.conf\nexit 1"));
    let help = ask(&["-h"]);
    assert_eq!(help.code, 0);
    assert!(help.out.starts_with(banner), "{}", help.out);
    assert!(help.out.contains("mode=<value>"), "{}", help.out);
}

#[test]
fn a_dump_to_standard_output() {
    let place = Place::new();
    place.write("a.dev", DEVICE);
    place.write("ups.conf", "[u1]\n  driver = dummy-ups\n  port = a.dev\n");
    let mut command = place.command(Maker::under_test(), "dummy-ups");
    let dump = run(command.args(["-a", "u1", "-d", "1", "-u", &current_user()]), "");
    assert_eq!(dump.code, 0, "{}", dump.err);
    for line in ["battery.charge: 90", "driver.state: dumping", "ups.model: Dummy UPS"] {
        assert!(dump.out.lines().any(|got| got == line), "{line}:\n{}", dump.out);
    }
    assert!(!place.run().join("dummy-ups-u1").exists(), "a dump needs no socket");
}
