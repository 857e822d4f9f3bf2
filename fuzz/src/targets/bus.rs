//! What a message bus may say: every message is read or refused, and what is read is written again.

use crate::Target;
use std::time::Duration;
use upsmon::sleep::login1::{Login1, Step};
use upsmon::sleep::message::{Message, START, length};

pub const TARGET: Target = Target {
    name: "bus",
    run,
    words: &[
        "\x02\x01s\0",
        "\x05\x01u\0",
        "\x08\x01g\0",
        "\x01b\0\0",
        "\x01v\0\0",
        "PrepareForSleep\0",
    ],
};

fn run(data: &[u8]) {
    let mut login1 = Login1::new(Duration::from_secs(60));
    login1.on_connected(Duration::ZERO);
    let mut asleep = false;
    let mut rest = data;
    while let Ok(Some(length)) = length(rest) {
        assert!(length >= START);
        let Some((message, behind)) = rest.split_at_checked(length) else { return };
        rest = behind;
        let Ok(message) = Message::decode(message) else { continue };
        assert_eq!(Message::decode(&message.encode()).as_ref(), Ok(&message));
        for step in login1.on_message(Duration::ZERO, &message) {
            asleep = matches!(step, Step::Starting) || asleep && !matches!(step, Step::Finished);
        }
    }
    let told = login1.on_lost().contains(&Step::Finished);
    assert_eq!(told, asleep, "who dozes is woken when the bus ends, and nobody else");
}
