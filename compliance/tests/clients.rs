//! Independent clients, written by others, pointed at the server under test.
//!
//! `COMPLIANCE_CLIENTS` is the folder they were installed in (`python/`, `node_modules/`). What
//! they print must be what they print on stock NUT; the texts here were taken from there.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use nut_compliance::device::Device;
use nut_compliance::house::{House, Running};
use nut_compliance::program::{Outcome, run};

/// A user whose password has no blank: some of these clients quote nothing.
const USERS: &str =
    "[admin]\n password = secret\n actions = SET FSD\n instcmds = ALL\n upsmon primary\n";

fn house() -> Running {
    House::new().ups("u", "desc = \"Server room\"", Device::usual()).users(USERS).start()
}

fn installed() -> PathBuf {
    let variable = env::var_os("COMPLIANCE_CLIENTS");
    PathBuf::from(variable.expect("COMPLIANCE_CLIENTS; `cargo xtask compliance --clients` sets it"))
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

fn python(house: &Running, name: &str) -> Outcome {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", installed().join("python")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("PYTHONSAFEPATH", "1");
    run(command.arg(script(name)).arg(house.place.address().to_string()), "")
}

#[test]
fn python_pynutclient() {
    python(&house(), "pynutclient.py").is(r#"
        upses ['u=Server room']
        vars ['battery.charge=90', 'battery.charge.low=20', 'input.sensitivity=medium', 'outlet.1.status=on', 'outlet.10.status=on', 'outlet.2.status=off', 'ups.delay.shutdown=20', 'ups.id=back \\', 'ups.mfr=ACME', 'ups.status=OL CHRG']
        rw ['battery.charge.low=20', 'input.sensitivity=medium', 'ups.delay.shutdown=20', 'ups.id=back \\']
        commands ['beeper.toggle=Description unavailable', 'load.off=Description unavailable', 'test.battery.start=Description unavailable']
        available True False
        set OK
        run OK
        refused ERR CMD-NOT-SUPPORTED
        login OK
        clients {b'u': [b'127.0.0.1']}
        version Network UPS Tools upsd 2.8.5 - https://www.networkupstools.org/historic/v2.8.5/index.html
        fsd OK
        exit 0
        "#);
}

#[test]
fn python_nut2() {
    python(&house(), "nut2.py").is(r#"
        upses ['u=Server room']
        vars ['battery.charge=90', 'battery.charge.low=20', 'input.sensitivity=medium', 'outlet.1.status=on', 'outlet.10.status=on', 'outlet.2.status=off', 'ups.delay.shutdown=20', 'ups.id=back \\', 'ups.mfr=ACME', 'ups.status=OL CHRG']
        rw ['battery.charge.low=20', 'input.sensitivity=medium', 'ups.delay.shutdown=20', 'ups.id=back \\']
        commands ['beeper.toggle=Toggle the UPS beeper', 'load.off=Turn off the load immediately', 'test.battery.start=Start a battery test']
        enum ['low', 'medium', 'say \\']
        range ['10', '50']
        type RW STRING:8
        get 90 Server room
        about UPS status Turn off the load immediately
        set None
        run None
        refused ERR CMD-NOT-SUPPORTED
        refused ERR UNKNOWN-UPS
        logins 0
        version Network UPS Tools upsd 2.8.5 - https://www.networkupstools.org/historic/v2.8.5/index.html
        exit 0
        "#);
}

#[test]
fn python_aionut() {
    python(&house(), "aionut.py").is(r#"
        upses ['u=Server room']
        vars ['battery.charge=90', 'battery.charge.low=20', 'input.sensitivity=medium', 'outlet.1.status=on', 'outlet.10.status=on', 'outlet.2.status=off', 'ups.delay.shutdown=20', 'ups.id=back \\"room\\" \\\\ \\#4', 'ups.mfr=ACME', 'ups.status=OL CHRG']
        commands ['beeper.toggle', 'load.off', 'test.battery.start']
        description Server room
        run OK
        refused Error running: INSTCMD u no.such: ERR CMD-NOT-SUPPORTED
        refused Error running: INSTCMD nobody load.off: ERR UNKNOWN-UPS
        exit 0
        "#);
}

#[test]
fn node_nut() {
    let house = house();
    let mut command = Command::new("node");
    command.env("NODE_PATH", installed().join("node_modules")).arg(script("node-nut.js"));
    run(command.arg(house.place.address().to_string()), "").is(r#"
        upses ["u=Server room"]
        vars ["battery.charge.low=20","battery.charge=90","input.sensitivity=medium","outlet.1.status=on","outlet.10.status=on","outlet.2.status=off","ups.delay.shutdown=20","ups.id=back \\\"room\\\" \\\\ \\#4","ups.mfr=ACME","ups.status=OL CHRG"]
        rw ["battery.charge.low=20","input.sensitivity=medium","ups.delay.shutdown=20","ups.id=back \\\"room\\\" \\\\ \\#4"]
        commands ["beeper.toggle","load.off","test.battery.start"]
        type ["STRING:8",null]
        about ["Turn off the load immediately",null]
        user [null]
        password [null]
        set [null]
        run [null]
        refused ["CMD-NOT-SUPPORTED\n"]
        exit 0
        "#);
}
