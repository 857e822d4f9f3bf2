//! What the options about readings and status do. What goes in: the recording of an Eaton 3S, its
//! states and options. What must come out: what NUT 2.8.5 publishes and logs then. Options about
//! finding and opening a device are tested beside their code, and in `start`, `life` and the virtual
//! machine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::path::PathBuf;
use support::{Fake, round};
use upsdrv::Context;
use upsdrv_usbhid::engine::Engine;
use upsdrv_usbhid::options::OPTIONS;
use upsdrv_usbhid::recording;

/// Bits of report 1: on line and discharging, and the same with a low battery.
const DISCHARGING_ON_LINE: u8 = 0x31;
const LOW_ON_LINE: u8 = 0x33;
const STATE: u8 = 1;
const CHARGE: u8 = 6;

struct Bench {
    device: Fake,
    engine: Engine,
    ctx: Context,
}

impl Bench {
    fn new(options: &[&str], state: u8) -> Bench {
        let file =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/devices/eaton_3s_850.json");
        let recording = recording::parse(&std::fs::read(file).unwrap()).unwrap();
        let mut device = Fake {
            identity: recording.identity,
            descriptor: recording.descriptor,
            feature: recording.feature,
            strings: recording.strings,
            ..Fake::default()
        };
        device.feature.insert(STATE, vec![STATE, state, 0, 0]);
        device.feature.get_mut(&CHARGE).unwrap()[1] = 90;
        let mut ctx = support::context(options);
        let mut engine = support::attach(&mut device, &mut ctx);
        engine.init(&mut device, &mut ctx).unwrap();
        Bench { device, engine, ctx }
    }

    /// The status after another round, two seconds later.
    fn status(&mut self) -> String {
        round(&mut self.engine, &mut self.device, &mut self.ctx);
        self.value("ups.status").to_string()
    }

    fn value(&self, name: &str) -> &str {
        self.ctx.state.value(name).unwrap_or_default()
    }
}

#[test]
fn on_line_and_discharging_is_what_the_user_says() {
    for (options, status) in [
        (&[][..], "OL DISCHRG"),
        (&["onlinedischarge"], "OB DISCHRG"),
        (&["onlinedischarge_onbattery"], "OB DISCHRG"),
        (&["onlinedischarge_battery"], "OB DISCHRG"),
        (&["onlinedischarge_calibration"], "CAL DISCHRG"),
        (&["onlinedischarge_calibration", "onlinedischarge_onbattery"], "CAL OB DISCHRG"),
    ] {
        assert_eq!(Bench::new(options, DISCHARGING_ON_LINE).status(), status, "{options:?}");
    }
}

#[test]
fn low_battery_is_held_back_while_calibrating_or_always() {
    let low = |options: &[&str]| {
        let mut bench = Bench::new(options, LOW_ON_LINE);
        [(); 3].map(|()| bench.status().split(' ').any(|word| word == "LB"))
    };
    let delay = "lbrb_log_delay_sec=3";
    assert_eq!(low(&[]), [true, true, true]);
    assert_eq!(low(&[delay]), [true, true, true], "not calibrating");
    assert_eq!(low(&[delay, "onlinedischarge_calibration"]), [false, false, true]);
    assert_eq!(low(&[delay, "lbrb_log_delay_without_calibrating"]), [false, false, true]);
}

#[test]
fn the_doubt_is_logged_as_often_as_the_user_wants() {
    let lines = |options: &[&str]| {
        support::collect_log();
        let mut bench = Bench::new(options, DISCHARGING_ON_LINE);
        (0..5).for_each(|_| drop(bench.status()));
        let about = |line: &&String| line.contains("is in OL+DISCHRG state now");
        support::take_log().iter().filter(about).count()
    };
    assert_eq!(lines(&[]), 1, "the charge does not change");
    assert_eq!(lines(&["onlinedischarge_log_throttle_sec=4"]), 3);
    assert_eq!(lines(&["onlinedischarge_log_throttle_sec=0"]), 5);
    assert_eq!(lines(&["onlinedischarge_log_throttle_hovercharge=90"]), 0, "charged enough");
    assert_eq!(lines(&["onlinedischarge_log_throttle_hovercharge=91"]), 1);
    assert_eq!(lines(&["onlinedischarge_calibration"]), 0, "no doubt");
}

#[test]
fn thresholds_and_delays_are_shown_and_not_sent() {
    let bench = Bench::new(&["lowbatt=33", "ondelay=44", "offdelay=55"], 0x25);
    assert_eq!(bench.value("battery.charge.low"), "33");
    assert_eq!(bench.value("ups.delay.start"), "44");
    assert_eq!(bench.value("ups.delay.shutdown"), "55");
    assert_eq!(bench.device.writes, Vec::<String>::new());
    let plain = Bench::new(&[], 0x25);
    assert_eq!((plain.value("ups.delay.start"), plain.value("ups.delay.shutdown")), ("30", "20"));
}

#[test]
fn reports_may_be_asked_for_with_a_fixed_size() {
    assert_eq!(Bench::new(&[], 0x25).device.lengths.get(&STATE), Some(&4));
    assert_eq!(Bench::new(&["maxreport"], 0x25).device.lengths.get(&STATE), Some(&8));
}

#[test]
fn every_option_of_nut_is_known() {
    let names = "vendorid productid vendor product serial bus device busport subdriver explore \
        allow_duplicates lowbatt offdelay ondelay pollfreq pollonly \
        interrupt_pipe_no_events_tolerance interruptonly interruptsize maxreport \
        onlinedischarge_onbattery onlinedischarge onlinedischarge_battery \
        onlinedischarge_calibration onlinedischarge_log_throttle_sec \
        onlinedischarge_log_throttle_hovercharge lbrb_log_delay_sec \
        lbrb_log_delay_without_calibrating disable_fix_report_desc \
        powercom_sdcmd_byte_order_fallback powercom_sdcmd_discrete_delay waitbeforereconnect \
        usb_config_index usb_hid_rep_index usb_hid_desc_index usb_hid_ep_in usb_hid_ep_out \
        usb_set_altinterface winhid";
    for name in names.split_whitespace() {
        assert!(OPTIONS.iter().any(|option| option.name == name), "{name}");
    }
}
