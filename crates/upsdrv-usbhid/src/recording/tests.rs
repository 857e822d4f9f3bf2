//! Recordings in, the device they describe or a complaint out; and back.

use super::*;

const SMALL: &str = r#"{
 "model": "Test", "vid": "0463", "pid": "ffff", "mfr": null, "product": "P", "serial": "S",
 "report_descriptor_hex": "0584 A1",
 "reports": {"feature": {"0x06": "06 64", "7": "0701"}, "input": {"0x06": "06 63"}},
 "strings": {"12": "850"}, "interface": 2, "bcdDevice": "0202", "source": {"any": ["thing"]},
 "events": [
  {"at_ms": 900, "plug": true},
  {"at_ms": 500, "input": {"0x06": "06 01"}, "stall": ["0x07"]},
  {"at_ms": 700, "unplug": true, "stall": "all", "comment": "gone"}
 ]
}"#;

fn small() -> Recording {
    parse(SMALL.as_bytes()).unwrap()
}

#[test]
fn every_member_is_read() {
    let recording = small();
    assert_eq!((recording.identity.vid, recording.identity.pid), (0x0463, 0xffff));
    assert_eq!(recording.identity.vendor, None);
    assert_eq!(recording.identity.product.as_deref(), Some("P"));
    assert_eq!((recording.identity.interface, recording.identity.bcd_device), (2, 0x202));
    assert_eq!(recording.descriptor, [0x05, 0x84, 0xa1]);
    assert_eq!(recording.feature[&6], [6, 0x64]);
    assert_eq!(recording.feature[&7], [7, 1]);
    assert_eq!(recording.input[&6], [6, 0x63]);
    assert_eq!(recording.strings[&12], "850");
}

#[test]
fn events_come_in_order_of_time() {
    let events = small().events;
    assert_eq!(events.iter().map(|e| e.at_ms).collect::<Vec<_>>(), [500, 700, 900]);
    assert_eq!(events[0].input[&6], [6, 1]);
    assert_eq!(events[0].stall, Some(Stall::Ids(vec![7])));
    assert_eq!((events[1].plugged, events[1].stall.clone()), (Some(false), Some(Stall::All)));
    assert_eq!(events[2].plugged, Some(true));
}

#[test]
fn what_is_written_reads_the_same() {
    let text = to_json(&small());
    assert_eq!(parse(text.as_bytes()).unwrap(), small());
    assert!(text.contains("\"0x06\": \"06 64\""), "{text}");
    assert!(text.contains("\"12\": \"850\""), "{text}");
}

#[test]
fn the_least_a_recording_needs() {
    let least = br#"{"vid":"0x51d","pid":2,"report_descriptor_hex":""}"#;
    let recording = parse(least).unwrap();
    assert_eq!((recording.identity.vid, recording.identity.pid), (0x51d, 2));
    assert!(recording.feature.is_empty() && recording.events.is_empty());
}

#[test]
fn a_mistake_is_shown_where_it_stands() {
    let cases: [(&str, usize, &str); 7] = [
        ("{\n\"vid\": \"xyz\"}", 2, "four hex digits"),
        ("{\"vid\":\"1\",\n\"pid\":\"1\",\n\"report_descriptor_hex\":\"0\"}", 3, "pairs of hex"),
        ("{\"vid\":\"1\",\"pid\":\"1\"}", 1, "missing field `report_descriptor_hex`"),
        ("{\n\n\"reports\":{\"feature\":{\"0x1ff\":\"\"}}}", 3, "from 0 to 255"),
        ("{\"events\":[\n{\"at_ms\":-1}]}", 2, "invalid value"),
        ("", 1, "EOF"),
        ("[]", 1, "invalid"),
    ];
    for (text, line, message) in cases {
        let error = parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
        assert!(!error.message.contains("at line"), "{error}");
    }
}

#[test]
fn hostile_input_is_refused_quietly() {
    let deep = "[".repeat(100_000);
    let cut = &SMALL.as_bytes()[..SMALL.len() / 2];
    for bytes in [deep.as_bytes(), cut, b"\xff\xfe\x00", b"null", b"{\"vid\":1e400}"] {
        assert!(parse(bytes).is_err());
    }
}
