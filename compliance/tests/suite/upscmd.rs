//! upscmd: lists, requests, prompts, tracking, errors and exit codes.

use nut_compliance::device::Device;
use nut_compliance::house::{House, Running, current_user, password};
use nut_compliance::maker::Maker;
use nut_compliance::program::{Outcome, run};

fn with_account<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    let account = ["-u", "admin", "-p", password(Maker::under_test())];
    account.into_iter().chain(rest.iter().copied()).collect()
}

#[test]
fn the_list_of_commands() {
    let house = House::usual();
    house.client("upscmd", &["-l", "u@"]).is("
        Instant commands supported on UPS [u]:

        beeper.toggle - Toggle the UPS beeper
        load.off - Turn off the load immediately
        test.battery.start - Start a battery test
        exit 0
        ");
    house.client("upscmd", &["-l", "nobody@"]).is("2| Error: Unknown UPS\nexit 1");
}

#[test]
fn a_request() {
    let house = House::usual();
    house.client("upscmd", &with_account(&["u@", "load.off"])).is("2| OK\nexit 0");
    assert_eq!(house.driver(0).next_request(), "INSTCMD load.off");
    house.client("upscmd", &with_account(&["u@", "load.off", "20"])).is("2| OK\nexit 0");
    house.upsd.wait_for("did load.off with value 20 on u");
}

#[test]
fn the_advice_after_an_untracked_request() {
    let house = House::usual();
    let mut command = house.place.command(house.maker(), "upscmd");
    let ups = format!("u@{}", house.place.address());
    command.env_remove("NUT_QUIET_OK_NOTRACKING").args(with_account(&[&ups, "load.off"]));
    run(&mut command, "").is("
        2| OK
        2| WARNING: 'OK' only means the NUT data server accepted
        2| the request as valid, but as we did not wait for result,
        2| we do not know if it was handled in fact.
        2| You can export NUT_QUIET_OK_NOTRACKING=true to hide this message,
        2| or use -w [-t SEC] option(s) to track the actual outcome.
        exit 0
        ");
}

#[test]
fn refusals() {
    let house = House::new()
        .ups("u", "", Device::usual())
        .absent("gone", "")
        .ups("old", "", Device::usual().stale())
        .start();
    let ask = |args: &[&str]| house.client("upscmd", &with_account(args));
    ask(&["u@", "no.such"]).is("2| Unexpected response from upsd: ERR CMD-NOT-SUPPORTED\nexit 1");
    ask(&["nobody@", "load.off"]).is("2| Unexpected response from upsd: ERR UNKNOWN-UPS\nexit 1");
    ask(&["gone@", "load.off"])
        .is("2| Unexpected response from upsd: ERR DRIVER-NOT-CONNECTED\nexit 1");
    ask(&["old@", "load.off"]).is("2| Unexpected response from upsd: ERR DATA-STALE\nexit 1");
    ask(&["u@", "off"]).is("2| Error: old command names are not supported\nexit 1");
    house
        .client("upscmd", &["-u", "tester", "-p", "wrong", "u@", "load.off"])
        .is("2| Unexpected response from upsd: ERR ACCESS-DENIED\nexit 1");
    house
        .client("upscmd", &["-u", "tester", "-p", "try", "u@", "load.off"])
        .is("2| Unexpected response from upsd: ERR ACCESS-DENIED\nexit 1");
}

#[test]
fn asking_for_an_account() {
    let house = House::usual();
    let ask = |input: &str| {
        let args = ["u@", "test.battery.start"];
        house.client_of(house.maker(), "upscmd", &args, input)
    };
    let user = format!("Username ({}): ", current_user());
    ask("tester\ntry\n").is(&format!("{user}\n2| Password: OK\nexit 0"));
    ask("tester\nwrong\n").is(&format!(
        "{user}\n2| Password: Unexpected response from upsd: ERR ACCESS-DENIED\nexit 1"
    ));
    let nothing = ask("");
    assert_eq!((nothing.code, nothing.err.trim_end()), (1, "Error reading from stdin!"));
}

/// Lets the scripted driver answer the next request with a tracking code, while a client waits.
fn answered_with(house: &Running, code: &str, args: &[&str]) -> Outcome {
    std::thread::scope(|scope| {
        let client = scope.spawn(|| house.client("upscmd", &with_account(args)));
        let request = house.driver(0).next_request();
        let (_, id) = request.rsplit_once(' ').expect("a tracking id");
        house.driver(0).send(&format!("TRACKING {id} {code}"));
        client.join().expect("the client")
    })
}

#[test]
fn waiting_for_the_outcome() {
    let house = House::usual();
    let ask = |code| answered_with(&house, code, &["-w", "u@", "load.off"]);
    ask("0").is("2| SUCCESS\nexit 0");
    let failed = house.maker().differs("a failed request is a failure for a script", 0, 1);
    ask("3").is(&format!("2| ERR FAILED\nexit {failed}"));
    ask("1").is(&format!("2| ERR UNKNOWN\nexit {failed}"));
}

#[test]
fn waiting_in_vain() {
    let house = House::usual();
    house
        .client("upscmd", &with_account(&["-w", "-t", "1", "u@", "load.off"]))
        .is("2| Can't receive status tracking information: timeout\nexit 1");
    house
        .client("upscmd", &with_account(&["-w", "-t", "abc", "u@", "load.off"]))
        .is("2| Could not convert the provided value for timeout ('-t' option) to unsigned int: \
         Invalid argument\nexit 1");
}

#[test]
fn help() {
    let house = House::usual();
    for args in [vec!["-h"], vec![], vec!["u@"]] {
        let help = house.client("upscmd", &args);
        assert_eq!(help.code, 0, "{args:?}");
        for option in ["-l", "-u", "-p", "-w", "-t", "-V"] {
            assert!(help.out.contains(option), "{option}:\n{}", help.out);
        }
    }
    house.client("upscmd", &["-V"]).is("Network UPS Tools upscmd 2.8.5 release\nexit 0");
}
