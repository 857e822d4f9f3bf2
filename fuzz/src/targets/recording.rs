//! Recordings: what is read can be written and read again, and a replay survives its events.

use crate::Target;
use upsdrv_usbhid::recording::{parse, to_json};
use upsdrv_usbhid::replay::Device;

pub const TARGET: Target = Target {
    name: "recording",
    run,
    words: &[
        "\"events\":[{\"at_ms\":1,\"input\":{\"0x01\":\"01 00\"}}]",
        "\"0xff\":\"ff\"",
        "\"stall\":\"all\"",
        "\"unplug\":true",
        "null",
        "-1",
        "1e999",
        "\"\\ud800\"",
        "{",
        "}",
        "[",
        "]",
        ",",
    ],
};

fn run(data: &[u8]) {
    match parse(data) {
        Ok(recording) => {
            let text = to_json(&recording);
            assert_eq!(parse(text.as_bytes()).as_ref(), Ok(&recording), "{text}");
            let mut device = Device::new(&recording);
            for event in &recording.events {
                device.apply(event);
            }
        }
        Err(bad) => assert!(!bad.to_string().is_empty()),
    }
}
