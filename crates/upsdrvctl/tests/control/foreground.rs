//! `-F`: one driver in our place, several watched over.

use crate::stage::{Stage, await_that, ended, kill};
use std::fs;

const TWO: &str = "[a]\ndriver=drv\n[b]\ndriver=drv\n";
/// Run until TERM, and say so.
const STAY: &str = r#"
trap 'echo "$ups left" >> "$here/left"; exit 0' TERM
trap 'exit 0' USR1
echo $$ > "$here/$ups.pid"
while :; do sleep 0.1; done
"#;

#[test]
fn one_driver_takes_our_place() {
    let stage = Stage::new("place", TWO);
    stage.does("a", "echo $$");
    let child = stage.spawn(&["-F", "start", "a"]);
    let pid = child.id();
    let ended = ended(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.out), (0, format!("{pid}\n")));
    assert_eq!(stage.calls(), ["-F -a a"]);
}

#[test]
fn several_end_together_when_asked() {
    let stage = Stage::new("asked", TWO);
    stage.does("a", STAY);
    stage.does("b", STAY);
    let child = stage.spawn(&["-FF", "start"]);
    let both = || stage.path("bin/a.pid").exists() && stage.path("bin/b.pid").exists();
    await_that("both drivers run", both);
    kill("TERM", child.id());
    let ended = ended(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.starts_with("Starting \"all\" drivers but requested the foreground mode!"));
    let mut left: Vec<String> =
        fs::read_to_string(stage.path("bin/left")).unwrap().lines().map(str::to_owned).collect();
    left.sort();
    assert_eq!(left, ["a left", "b left"]);
    assert_eq!(stage.calls().iter().filter(|call| call.starts_with("-FF -a ")).count(), 2);
}

#[test]
fn one_that_ends_takes_the_others_with_it() {
    for end in ["exit 0", "kill -KILL $$"] {
        let stage = Stage::new("together", TWO);
        stage.does("a", STAY);
        stage.does("b", &format!("while [ ! -f \"$here/a.pid\" ]; do sleep 0.1; done; {end}"));
        let ended = stage.run(&["-F", "start"]);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.err.contains("has exited, stopping upsdrvctl"), "{}", ended.err);
        assert_eq!(fs::read_to_string(stage.path("bin/left")).unwrap(), "a left\n");
    }
}

#[test]
fn one_that_wants_a_restart_gets_it() {
    let stage = Stage::new("restart", TWO);
    stage.does("a", STAY);
    let once = "[ -f \"$here/once\" ] || { touch \"$here/once\"; exit 138; }\n";
    stage.does("b", &format!("{once}{STAY}"));
    let child = stage.spawn(&["-F", "start"]);
    let both = || stage.path("bin/a.pid").exists() && stage.path("bin/b.pid").exists();
    await_that("both drivers run", both);
    assert_eq!(stage.calls().iter().filter(|call| *call == "-F -a b").count(), 2);
    kill("USR1", child.id());
    await_that("both drivers run again", || stage.calls().len() == 5);
    kill("TERM", child.id());
    assert_eq!(ended(child.wait_with_output().unwrap()).code, 0);
}
