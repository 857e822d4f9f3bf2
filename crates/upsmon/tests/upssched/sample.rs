//! The sample file loads without complaint, as it is and with all its examples switched on.

use std::path::Path;
use upsmon::sched::config::{Config, read};

fn load(prepare: fn(&str) -> String) -> Config {
    let path = "etc/upssched.conf";
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(top.join(path)).unwrap();
    let (config, problems) = read(path, prepare(&text).as_bytes());
    assert_eq!(problems, []);
    assert_eq!(config.refusal, None);
    config
}

/// Takes the `#` from lines where no blank follows it.
fn switched_on(text: &str) -> String {
    let is_example = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && *line != "#";
    text.lines()
        .map(|line| {
            [line.strip_prefix('#').filter(|_| is_example(&line)).unwrap_or(line), "\n"].concat()
        })
        .collect()
}

#[test]
fn the_sample_does_nothing_before_somebody_chooses() {
    let config = load(str::to_owned);
    assert_eq!(config.steps, []);
    assert_eq!(config.place.script, "/bin/upssched-cmd");
}

#[test]
fn the_examples_in_the_sample_are_valid_too() {
    let config = load(switched_on);
    assert_eq!(config.steps.len(), 7);
    let folder = "/run/nut";
    assert!(config.place.pipe.starts_with(folder) && config.place.lock.starts_with(folder));
}
