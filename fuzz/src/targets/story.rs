//! upsmon's record, as a disk or somebody with rights on it may have left it, and the stories told of it.
//!
//! Nothing in it steers a terminal, and what is read is what was written.

use crate::Target;
use upsmon::record::Entry;
use upsmon::why::{Story, Times, Wish};

pub const TARGET: Target = Target {
    name: "story",
    run,
    words: &[
        "1795557353123 ONBATT \"u@h\" \"UPS u@h on battery\" \"ups.status [OB]\"\n",
        "1795557354123 critical \"u@h\" \"critical\" \"by DEADTIME (default)\"\n",
        "5 start \"\" \"a\" \"\"\n",
        "6 order \"\" \"b\" \"\"\n",
        "7 ONLINE \"u@h\" \"\" \"\"\n",
        "8 stop \"\" \"\" \"\"\n",
        "-9223372036854775808 ",
        "9223372036854775807 ",
        " COMMBAD ",
        " forgotten ",
        "\"",
        "\n",
    ],
};

fn run(data: &[u8]) {
    for line in data.split(|&byte| byte == b'\n') {
        if let Some(entry) = Entry::parse(line) {
            assert_eq!(Entry::parse(entry.line().as_bytes()), Some(entry));
        }
    }
    let (older, newer) = data.split_at(data.len() / 2);
    let story = Story::read(&[older.to_vec(), newer.to_vec()]);
    let times = Times { text: &|at| at.0.to_string(), zone: "UTC" };
    for wish in [Wish::Outage, Wish::Shutdown, Wish::All] {
        let text = story.tell(wish, times);
        assert!(text.ends_with('\n'));
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }
}
