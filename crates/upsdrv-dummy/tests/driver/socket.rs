//! The real program and its socket: dumps, broadcasts, SET, INSTCMD and what is wrong with them.

use crate::stage::Stage;

const CONF: &str = "[u]\ndriver = dummy-ups\nport = u.dev\n\
                    default.battery.runtime = 600\ndefault.ups.id = start\n\
                    override.battery.charge = 77\noverride.device.location = here\n";

fn stage(dev: &str) -> Stage {
    let stage = Stage::new(CONF);
    stage.file("u.dev", dev);
    stage
}

#[test]
fn a_dump_has_nuts_order() {
    let stage = stage(
        "ups.status: OL\nups.mfr: \"ACME \\\"x\\\" \\# y\"\nups.id: file\nbattery.charge: 5\n",
    );
    let driver = stage.start("u");
    let lines = stage.client("u").ask("DUMPALL", "DUMPDONE");
    let expected = "\
SETINFO battery.charge \"77\"
SETINFO battery.runtime \"600\"
SETINFO device.location \"here\"
SETINFO device.mfr \"ACME \\\"x\\\" \\# y\"
SETINFO device.model \"Dummy UPS\"
SETINFO device.type \"ups\"
SETINFO driver.debug \"0\"
SETFLAGS driver.debug RW NUMBER
SETINFO driver.flag.allow_killpower \"0\"
SETFLAGS driver.flag.allow_killpower RW NUMBER
SETINFO driver.name \"dummy-ups\"
SETINFO driver.parameter.default.battery.runtime \"600\"
SETINFO driver.parameter.default.ups.id \"start\"
SETINFO driver.parameter.mode \"dummy-once\"
SETINFO driver.parameter.override.battery.charge \"77\"
SETINFO driver.parameter.override.device.location \"here\"
SETINFO driver.parameter.pollinterval \"2\"
SETINFO driver.parameter.port \"u.dev\"
SETINFO driver.parameter.synchronous \"auto\"
SETINFO driver.state \"quiet\"
SETINFO driver.version \"2.8.5\"
SETINFO driver.version.internal \"0.25\"
SETINFO ups.id \"file\"
SETAUX ups.id 16
SETFLAGS ups.id RW STRING
SETINFO ups.mfr \"ACME \\\"x\\\" \\# y\"
SETAUX ups.mfr 32
SETFLAGS ups.mfr RW STRING
SETINFO ups.model \"Dummy UPS\"
SETAUX ups.model 32
SETFLAGS ups.model RW STRING
SETINFO ups.status \"OL\"
SETAUX ups.status 32
SETFLAGS ups.status RW STRING
ADDCMD driver.killpower
ADDCMD driver.reload
ADDCMD driver.reload-or-error
ADDCMD driver.reload-or-exit
ADDCMD load.off
ADDCMD shutdown.default
DATAOK
DUMPDONE";
    assert_eq!(lines.join("\n"), expected);
    driver.stop();
}

#[test]
fn only_changes_are_broadcast_and_only_to_those_who_listen() {
    let stage = stage("ups.status: OL\n");
    let _driver = stage.start("u");
    let (mut actor, mut listener, mut deaf) =
        (stage.client("u"), stage.client("u"), stage.client("u"));
    assert_eq!(listener.ask("PING", "PONG"), ["PONG"]);
    assert_eq!(deaf.ask("NOBROADCAST\nPING", "PONG"), ["PONG"]);
    actor.send("SET ups.load 5\nSET ups.load 5\nSET ups.load 6 TRACKING id\n");
    let told = ["SETINFO ups.load \"5\"", "SETFLAGS ups.load RW", "SETINFO ups.load \"6\""];
    let mut expected: Vec<&str> = told.into();
    assert_eq!(listener.until("SETINFO ups.load \"6\""), expected);
    expected.push("TRACKING id 0");
    assert_eq!(actor.until("TRACKING id 0"), expected);
    assert_eq!(deaf.ask("PING", "PONG"), ["PONG"]);
}

#[test]
fn set_takes_anything_and_commands_nothing() {
    let stage = stage("ups.status: OL\n");
    let _driver = stage.start("u");
    let mut client = stage.client("u");
    assert_eq!(client.ask("NOBROADCAST\nSET new.name \"a b\" TRACKING a", "TRACKING a 0").len(), 1);
    assert_eq!(client.value("new.name").as_deref(), Some("a b"));
    client.ask("SET new.name \"\" TRACKING b", "TRACKING b 0");
    assert_eq!(client.value("new.name"), None);
    client.ask("SET ups.status \"ol LB ALARM OL LB\" TRACKING c", "TRACKING c 0");
    assert_eq!(client.value("ups.status").as_deref(), Some("ALARM ol LB OL"));
    client.ask("SET battery.charge 1 TRACKING d", "TRACKING d 0");
    assert_eq!(client.value("battery.charge").as_deref(), Some("77"));
    client.ask("INSTCMD load.off TRACKING e", "TRACKING e 1");
    client.ask("INSTCMD shutdown.default TRACKING f", "TRACKING f 1");
    client.ask("SET driver.debug x TRACKING g", "TRACKING g 2");
    client.ask("SET driver.debug 1 TRACKING h", "TRACKING h 0");
    assert_eq!(client.value("driver.debug").as_deref(), Some("1"));
    client.ask("SET driver.debug -1 TRACKING i", "TRACKING i 0");
    assert_eq!(client.value("driver.debug").as_deref(), Some("0"));
}

#[test]
fn nonsense_is_logged_and_the_rest_goes_on() {
    let stage = stage("ups.status: OL\n");
    let driver = stage.start("u");
    let mut client = stage.client("u");
    assert_eq!(client.ask("HELLO world\nPING", "PONG"), ["PONG"]);
    assert_eq!(client.ask("SET \"a # b\" c\nPING", "PONG"), ["PONG"]);
    assert_eq!(client.ask("INSTCMD a b c\nSET a b c d\nPING", "PONG"), ["PONG"]);
    let pid = format!("PID {}", driver.pid());
    client.send("GETPID\n");
    assert_eq!(client.line(), pid);
    client.send("LOGOUT\n");
    assert_eq!(client.line(), "OK Goodbye");
    assert_eq!(client.line(), "");
    let (_, err, code) = driver.stop();
    assert_eq!(code, 0);
    for line in [
        "Unknown command on socket: ",
        "arg 0: HELLO",
        "arg 1: world",
        "Parse error on sock: Unbalanced word due to unescaped # in quotes",
        "Malformed INSTCMD request",
        "Got SET <var> with unsupported parameters (c/d)",
    ] {
        assert!(err.lines().any(|told| told == line), "{line}\n{err}");
    }
}

#[test]
fn powering_off_needs_permission_and_tells_the_truth() {
    let stage = stage("ups.status: OL\n");
    let driver = stage.start("u");
    let mut client = stage.client("u");
    client.ask("NOBROADCAST\nINSTCMD driver.killpower TRACKING a", "TRACKING a 2");
    client.ask("SET driver.flag.allow_killpower yes TRACKING b", "TRACKING b 0");
    client.ask("INSTCMD driver.killpower TRACKING c", "TRACKING c 3");
    let (_, err, code) = driver.end();
    assert_eq!(code, 1);
    assert!(err.contains("UPS [u]: shutdown request(s) failed\n"), "{err}");
    assert!(err.contains("Signal -1: exiting\n"), "{err}");
    assert!(!stage.path("dummy-ups-u").exists());
}
