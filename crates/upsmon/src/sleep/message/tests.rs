//! Messages there and back, and bytes that are none.

use super::*;

fn call() -> Message {
    Message {
        no_auto_start: true,
        serial: 7,
        path: "/org/freedesktop/DBus".to_owned(),
        interface: "org.freedesktop.DBus".to_owned(),
        member: "RequestName".to_owned(),
        destination: "org.freedesktop.DBus".to_owned(),
        body: vec!["org.example".into(), Value::Number(4)],
        ..Message::default()
    }
}

fn answer() -> Message {
    Message {
        purpose: Purpose::Return,
        serial: 1,
        reply_to: 9,
        sender: ":1.7".to_owned(),
        descriptors: 1,
        body: vec![
            Value::Descriptor(0),
            Value::Flag(false),
            Value::Variant(Box::new(Value::Flag(true))),
            Value::Variant(Box::new(Value::Text("é".to_owned()))),
        ],
        ..Message::default()
    }
}

fn failure() -> Message {
    Message {
        purpose: Purpose::Error,
        serial: 3,
        reply_to: 4,
        error: "org.freedesktop.DBus.Error.ServiceUnknown".to_owned(),
        body: vec!["".into()],
        ..Message::default()
    }
}

/// A signal in big-endian order; its header has a field that nobody knows.
const FOREIGN: &[u8] = b"B\x04\0\x01\0\0\0\x04\0\0\0\x02\0\0\0\x1f\
    \x63\x01u\0\0\0\0\x05\x03\x01s\0\0\0\0\x01X\0\0\0\0\0\0\0\
    \x08\x01g\0\x01b\0\0\0\0\0\x01";

#[test]
fn messages_read_back() {
    for message in [call(), answer(), failure()] {
        let bytes = message.encode();
        assert_eq!(length(&bytes), Ok(Some(bytes.len())));
        assert_eq!(Message::decode(&bytes), Ok(message));
    }
}

#[test]
fn a_call_is_on_the_wire_as_the_specification_says() {
    let hello = Message { serial: 1, member: "Hello".to_owned(), ..Message::default() };
    let wire = b"l\x01\0\x01\0\0\0\0\x01\0\0\0\x0e\0\0\0\x03\x01s\0\x05\0\0\0Hello\0\0\0";
    assert_eq!(hello.encode(), wire);
}

#[test]
fn a_message_of_the_other_byte_order_is_read_and_an_unknown_field_passed_over() {
    let mut bytes = FOREIGN.to_vec();
    assert_eq!(length(&bytes), Ok(Some(bytes.len())));
    let message = Message::decode(&bytes).unwrap();
    assert_eq!((message.purpose, message.member.as_str()), (Purpose::Signal, "X"));
    assert_eq!(message.body, [Value::Flag(true)]);
    bytes[3] = 2;
    assert_eq!(length(&bytes), Err(Malformed));
}

#[test]
fn values_of_other_types_are_left_out() {
    let bytes = Message { serial: 1, body: vec!["abc".into()], ..Message::default() }.encode();
    let place = bytes.windows(2).position(|pair| pair == b"s\0").unwrap();
    for kind in *b"axtd" {
        let mut other = bytes.clone();
        other[place] = kind;
        assert_eq!(Message::decode(&other).unwrap().body, []);
    }
}

#[test]
fn the_length_is_known_from_the_start_on_and_has_a_limit() {
    let bytes = call().encode();
    assert_eq!(length(&bytes[..START - 1]), Ok(None));
    assert_eq!(length(&bytes[..START]), Ok(Some(bytes.len())));
    let long = b"l\x04\0\x01\xff\xff\xff\x7f\x01\0\0\0\0\0\0\0";
    assert_eq!(length(long), Err(Malformed));
    assert_eq!(length(b"x\x04\0\x01\0\0\0\0\x01\0\0\0\0\0\0\0"), Err(Malformed));
}

#[test]
fn cut_and_altered_bytes_are_refused_or_read_but_never_more() {
    for message in [call(), answer(), failure()] {
        let bytes = message.encode();
        for cut in 0..bytes.len() {
            assert_eq!(Message::decode(&bytes[..cut]), Err(Malformed), "{cut}");
        }
        for place in 0..bytes.len() {
            for flip in [1, 0x20, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[place] ^= flip;
                if let Ok(read) = Message::decode(&bytes) {
                    assert_eq!(Message::decode(&read.encode()), Ok(read));
                }
            }
        }
    }
}
