//! How notices are carried: NOTIFYMSG, NOTIFYFLAG, NOTIFYCMD's argument and environment, wall.

use nut_compliance::program::wait_until;
use nut_compliance::watch::Watch;

/// Starts over a UPS on battery, so that ONBATT is the first notice.
fn on_battery(
    watch: Watch,
) -> (nut_compliance::scripted_upsd::ScriptedUpsd, nut_compliance::watch::Watching) {
    let server = watch.scripted();
    server.status("u", "OB");
    (server, watch.start())
}

#[test]
fn by_default_the_log_and_every_terminal() {
    let (_server, mut watching) = on_battery(Watch::new().conf(|conf| conf.without("NOTIFYFLAG")));
    watching.story_is(
        &[],
        "
        ~ no TLS yet
        stock| wire STARTTLS
        wire USERNAME monitor
        wire PASSWORD watch
        wire LOGIN u
        wire PRIMARY u
        wall UPS u@HOST on battery
    ",
    );
    watching.log_has("UPS u@HOST on battery");
    watching.ends_quietly();
}

#[test]
fn flags_say_where_a_notice_goes() {
    let both = "notice ONBATT [u@HOST] UPS u@HOST on battery\nwall UPS u@HOST on battery";
    let notice = "notice ONBATT [u@HOST] UPS u@HOST on battery";
    let wall = "wall UPS u@HOST on battery";
    for (flags, story, logged) in [
        ("EXEC", notice, false),
        ("WALL", wall, false),
        ("WALL+EXEC", both, false),
        ("SYSLOG+EXEC", notice, true),
        ("SYSLOG+EXEC+wall", notice, true),
    ] {
        let flag = format!("NOTIFYFLAG onbatt {flags}");
        let watch = Watch::new().conf(|conf| conf.without("NOTIFYFLAG ONBATT").with(&flag));
        let (_server, watching) = on_battery(watch);
        let seen = || {
            let mut lines = watching.story(&["notice", "wall"]);
            lines.sort();
            (lines.join("\n") == story).then_some(())
        };
        wait_until(flags, seen).expect("its story");
        assert_eq!(watching.log().contains(&"UPS u@HOST on battery".into()), logged, "{flags}");
    }
}

#[test]
fn ignore_wins() {
    let watch = Watch::new().conf(|conf| {
        conf.without("NOTIFYFLAG ONBATT").with("NOTIFYFLAG ONBATT SYSLOG+WALL+EXEC+IGNORE")
    });
    let server = watch.scripted();
    server.status("u", "OB TRIM");
    let mut watching = watch.start();
    watching.notices_are("TRIM [u@HOST] UPS u@HOST: trimming incoming voltage");
    assert!(!watching.log().iter().any(|line| line.contains("on battery")));
    watching.ends_quietly();
}

#[test]
fn own_texts() {
    for (text, shown) in [
        ("no name at all", "no name at all"),
        ("%d items", "%d items"),
        ("the %s dropped", "the u@HOST dropped"),
        ("", ""),
    ] {
        let line = format!("NOTIFYMSG ONBATT \"{text}\"");
        let (_server, mut watching) = on_battery(Watch::new().conf(|conf| conf.with(&line)));
        watching.notices_are(&format!("ONBATT [u@HOST] {shown}"));
        watching.ends_quietly();
    }
}

#[test]
fn placeholders_that_have_nothing_to_stand_for() {
    let line = "NOTIFYMSG ONBATT \"%s and <%s>\"";
    let (_server, mut watching) = on_battery(Watch::new().conf(|conf| conf.with(line)));
    watching.notices_are(
        "
        ~ nothing stands where there is nothing to say
        stock| ONBATT [u@HOST] u@HOST and <(null)>
        ours| ONBATT [u@HOST] u@HOST and <>
        ",
    );
    watching.ends_quietly();
}

#[test]
fn percent_signs_of_other_kinds() {
    let line = "NOTIFYMSG ONBATT \"100% sure: %s\"";
    let (_server, mut watching) = on_battery(Watch::new().conf(|conf| conf.with(line)));
    watching.log_has("running as one big root process");
    let intended = "100% sure: u@HOST";
    if watching.maker().differs("NUT loses the text, or shows an older one", true, false) {
        let told = || watching.story(&["notice"]).pop();
        let notice = wait_until("notice", told).expect("a notice");
        assert!(!notice.contains(intended), "{notice}");
        return;
    }
    watching.notices_are(&format!("ONBATT [u@HOST] {intended}"));
    watching.ends_quietly();
}

#[test]
fn an_alarm_in_own_words() {
    let watch = Watch::new().conf(|conf| {
        conf.with("NOTIFYMSG ALARM \"%s cries: %s!\"").with("NOTIFYMSG other \"%s only\"")
    });
    let server = watch.scripted();
    server.set("u", &[("ups.status", "OL ALARM FOO"), ("ups.alarm", "fire")]);
    let mut watching = watch.start();
    watching.notices_are("ALARM [u@HOST] u@HOST cries: fire!\nOTHER [u@HOST] u@HOST only");
    watching.ends_quietly();
}

#[test]
fn the_command_has_arguments_of_its_own() {
    let watch = Watch::new().set("NOTIFYCMD \"PLACE/bin/args one 'two words'\"");
    let show = r#"{ printf 'args %s' "$#"; printf ' <%s>' "$@"; echo; } >> PLACE/story"#;
    watch.script("args", show);
    let (_server, watching) = on_battery(watch);
    watching.story_is(&["args"], "args 3 <one> <two words> <UPS u@HOST on battery>");
}

#[test]
fn the_commands_environment() {
    let watch = Watch::new().env("PASSED", "on");
    let show = r#"echo "env $NOTIFYTYPE $UPSNAME $PASSED $(pwd)" >> PLACE/story"#;
    watch.script("notice", show);
    let (_server, watching) = on_battery(watch);
    watching.story_is(&["env"], "env ONBATT u@HOST on PLACE");
}

/// The name is given as it stands in the file, port and all.
#[test]
fn the_name_as_it_was_written() {
    let (_server, mut watching) =
        on_battery(Watch::new().set("MONITOR u@HOST:3493 1 monitor watch primary"));
    watching.notices_are("ONBATT [u@HOST:3493] UPS u@HOST:3493 on battery");
    watching.ends_quietly();
}

#[test]
fn a_notice_is_no_shell_text() {
    for (alarm, stock) in [
        ("$(echo ran)", "ran"),
        ("`echo ran`", "ran"),
        ("$PASSED", "on"),
        ("back\\slash", "back\\slash"),
        ("x\" y", ""),
    ] {
        let watch = Watch::new().env("PASSED", "on");
        let server = watch.scripted();
        server.set("u", &[("ups.status", "OL ALARM"), ("ups.alarm", alarm)]);
        let mut watching = watch.start();
        let maker = watching.maker();
        let shown = maker.differs("NUT lets the shell read the text", stock, alarm);
        if shown.is_empty() {
            watching.log_has("Syntax error: Unterminated quoted string");
            continue;
        }
        let text = format!("ALARM [u@HOST] UPS u@HOST: one or more active alarms: [{shown}]");
        watching.notices_are(&text);
        watching.ends_quietly();
    }
}

/// With a notifier that takes longer for one type than for the next.
#[test]
fn the_order_of_notices() {
    let watch = Watch::new();
    let slow = r#"[ $NOTIFYTYPE = ONBATT ] && sleep 1; echo "told $NOTIFYTYPE" >> PLACE/story"#;
    watch.script("notice", slow);
    let server = watch.scripted();
    server.status("u", "OB BOOST");
    let watching = watch.start();
    watching.story_is(
        &["told"],
        "
        ~ one after the other, as they came about
        stock| told BOOST
        stock| told ONBATT
        ours| told ONBATT
        ours| told BOOST
        ",
    );
}

#[test]
fn no_command_is_not_an_error() {
    let watch = Watch::new().conf(|conf| conf.without("NOTIFYCMD"));
    let (_server, mut watching) = on_battery(watch);
    watching.log_has("UPS u@HOST on battery");
    watching.ends_quietly();
}
