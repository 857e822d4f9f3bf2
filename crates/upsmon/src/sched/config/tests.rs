//! Files and what they say.

use super::*;

const PLACE: &str = "CMDSCRIPT /bin/cmd\nPIPEFN /run/pipe\nLOCKFN /run/lock\n";

fn read(text: &str) -> (Config, Vec<String>) {
    let (config, found) = super::read("upssched.conf", text.as_bytes());
    (config, found.iter().map(ToString::to_string).collect())
}

fn commands(text: &str) -> Vec<Command> {
    let (config, found) = read(&format!("{PLACE}{text}"));
    assert_eq!(found, [""; 0]);
    config.steps.into_iter().map(|step| step.command).collect()
}

fn start(name: &str, seconds: u64, shared: bool) -> Command {
    Command::Start { name: name.to_owned(), seconds, shared }
}

fn cancel(name: &str, late: &str, matched: bool) -> Command {
    Command::Cancel { name: name.to_owned(), late: late.to_owned(), matched }
}

#[test]
fn every_command_is_read() {
    let found = commands(
        "AT ONBATT * START-TIMER t 30\n\
         AT onbatt u@h START-TIMER-SHARED \"a b\" 0\n\
         AT ONLINE * CANCEL-TIMER t\n\
         AT ONLINE * CANCEL-TIMER t late\n\
         AT ONLINE * CANCEL-TIMER-MATCHED t \"too late\"\n\
         AT NOPARENT \"\" EXECUTE \"do it; now\"\n",
    );
    let expected = [
        start("t", 30, false),
        start("a b", 0, true),
        cancel("t", "", false),
        cancel("t", "late", false),
        cancel("t", "too late", true),
        Command::Execute("do it; now".to_owned()),
    ];
    assert_eq!(found, expected);
}

#[test]
fn lines_are_for_events_of_their_kind_and_ups() {
    let (config, _) = read(&format!(
        "{PLACE}AT onbatt * EXECUTE all\nAT ONBATT u@h EXECUTE one\nAT ONBATT \"\" EXECUTE none\n"
    ));
    let steps = |kind: &str, ups: &str| -> Vec<Command> {
        let event = Event { kind: kind.to_owned(), ups: ups.to_owned(), ..Event::default() };
        let mine = config.steps.iter().filter(|step| step.applies_to(&event));
        mine.map(|step| step.command.clone()).collect()
    };
    let [all, one, none] = ["all", "one", "none"].map(|word| Command::Execute(word.to_owned()));
    assert_eq!(steps("ONBATT", "u@h"), [all.clone(), one]);
    assert_eq!(steps("OnBatt", ""), [all.clone(), none]);
    assert_eq!(steps("ONBATT", "U@h"), [all]);
    assert_eq!(steps("ONLINE", "u@h"), []);
}

#[test]
fn settings_hold_from_their_line_on() {
    let (config, found) = read(&format!(
        "DEBUG_MIN 3\n{PLACE}AT ONLINE * EXECUTE a\nCMDSCRIPT \"/bin/other -x\"\ndebug_min 1\n\
         PIPEFN /run/pipe2\nAT ONLINE * EXECUTE b\n"
    ));
    assert_eq!(found, [""; 0]);
    let scripts: Vec<_> = config.steps.iter().map(|s| s.place.script.as_str()).collect();
    assert_eq!(scripts, ["/bin/cmd", "/bin/other -x"]);
    assert_eq!((config.place.pipe.as_str(), config.debug_min), ("/run/pipe2", Some(3)));
}

#[test]
fn what_all_lines_need_stands_before_the_first() {
    for (text, refusal) in [
        (
            "AT ONLINE * EXECUTE x\n",
            "1:1: CMDSCRIPT must be set before any ATs in the config file!",
        ),
        (
            "CMDSCRIPT x\nAT X * EXECUTE x\n",
            "2:1: PIPEFN must be set before any ATs in the config file!",
        ),
        (
            "CMDSCRIPT x\nPIPEFN p\nAT ONLINE u FOO x\nLOCKFN l\n",
            "3:1: LOCKFN must be set before any ATs in the config file!",
        ),
        (
            "CMDSCRIPT x\nPIPEFN p\nLOCKFN p\nAT ONLINE u FOO x\n",
            "4:1: PIPEFN and LOCKFN must be different files!",
        ),
    ] {
        let (config, found) = read(text);
        let told = config.refusal.map(|refusal| refusal.to_string());
        assert_eq!(told, Some(format!("upssched.conf:{refusal}")));
        assert_eq!((found, config.steps), (vec![], vec![]));
    }
    let (config, found) = read("PIPEFN p\nAT ONBATT *\n");
    assert_eq!((config.refusal, found.len()), (None, 1), "too short to be an AT line");
}

#[test]
fn wrong_lines_are_told_and_the_others_count() {
    let (config, found) = read(&format!(
        "{PLACE}FOO bar\nCMDSCRIPT\nPIPEFN \"\"\nDEBUG_MIN lots\nAT ONBATT * START-TIMER\n\
         AT ONBATT * START-TIMER t\nAT ONBATT * START-TIMER t soon\n\
         AT ONBATT * START-TIMER-SHARED t -5\nAT ONBATT * START-TIMER \"\" 5\n\
         AT ONBATT * EXECUTE \"\"\nAT ONBATT * execute x\nAT ONLINE * EXECUTE \"a # b\"\n\
         AT ONLINE * EXECUTE good\n"
    ));
    let seconds = "expected a number of seconds behind the timer's name; no timer is started";
    let expected = [
        "4:1: invalid directive FOO bar: unknown keyword".to_owned(),
        "5:1: invalid directive CMDSCRIPT: expected a name".to_owned(),
        "6:1: invalid directive PIPEFN : expected a name".to_owned(),
        "7:1: invalid directive DEBUG_MIN lots: expected a debug level".to_owned(),
        "8:1: invalid directive AT ONBATT * START-TIMER: expected AT <notifytype> <upsname> \
         <command> <word>"
            .to_owned(),
        format!("9:1: invalid directive AT ONBATT * START-TIMER t: {seconds}"),
        format!("10:1: invalid directive AT ONBATT * START-TIMER t soon: {seconds}"),
        format!("11:1: invalid directive AT ONBATT * START-TIMER-SHARED t -5: {seconds}"),
        "12:1: invalid directive AT ONBATT * START-TIMER  5: expected a timer's name".to_owned(),
        "13:1: invalid directive AT ONBATT * EXECUTE : Empty EXECUTE command argument".to_owned(),
        "14:1: invalid directive AT ONBATT * execute x: Invalid command: execute; expected \
         START-TIMER, START-TIMER-SHARED, CANCEL-TIMER, CANCEL-TIMER-MATCHED or EXECUTE"
            .to_owned(),
        "15:24: Unbalanced word due to unescaped # in quotes; expected \\# or a closing quote; the \
         line is ignored"
            .to_owned(),
    ];
    assert_eq!(found, expected.map(|text| format!("upssched.conf:{text}")));
    let found: Vec<_> = config.steps.into_iter().map(|step| step.command).collect();
    assert_eq!(found, [Command::Execute("good".to_owned())]);
    assert_eq!(config.place.pipe, "/run/pipe");
}

#[test]
fn doubtful_lines_are_taken_and_told() {
    let (config, found) = read(&format!(
        "{PLACE}AT ONBATT * START-TIMER t 5m\nAT ONLIEN * CANCEL-TIMER t\n\
         AT ONLINE * EXECUTE tell everybody\nAT ONLINE * CANCEL-TIMER a b c d\n"
    ));
    let expected = [
        "4:27: 5m is taken for 5 seconds",
        "5:4: upsmon has no NOTIFYTYPE ONLIEN",
        "6:26: this word and any further ones have no effect",
        "7:30: this word and any further ones have no effect",
    ];
    assert_eq!(found, expected.map(|text| format!("upssched.conf:{text}")));
    assert_eq!(config.steps.len(), 4);
}
