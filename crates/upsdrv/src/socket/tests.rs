//! Conversations: what clients send (`1> PING` from connection 1) and what must come out.

use super::*;
use nut_proto::variable::Flags;

/// A server with two connections and a driver that knows one variable.
struct Stage {
    server: Server<u8>,
    state: DriverState,
    /// Whether orders are left under way until `done` stands in the conversation.
    slow: bool,
}

impl Stage {
    fn new() -> Stage {
        let mut state = DriverState::default();
        state.set("ups.mfr", "ACME \"x\"");
        state.set_flags("ups.mfr", Flags::RW_STRING);
        state.set_aux("ups.mfr", 32);
        state.add_command("load.off");
        state.take_broadcasts();
        let mut server = Server::new(42);
        server.on_open(1);
        server.on_open(2);
        Stage { server, state, slow: false }
    }

    /// Plays one left-hand line and writes down all that follows, each line of output on its own.
    fn play(&mut self, input: &str) -> Vec<String> {
        let mut out = Vec::new();
        match input.split_once("> ") {
            Some((conn, text)) => {
                let text = text.replace("\\r", "\r").replace("\\n", "\n");
                assert!(!self.server.on_data(conn.parse().unwrap(), text.as_bytes()));
            }
            None if input == "done" => out.extend(self.finish(Outcome::Handled)),
            None => self.state.set("ups.load", input.strip_prefix("load ").unwrap()),
        }
        while let Some(action) = self.server.next(&self.state) {
            out.extend(self.perform(action));
        }
        out.extend(self.broadcast());
        out
    }

    fn perform(&mut self, action: Action<u8>) -> Vec<String> {
        match action {
            Action::Send(conn, bytes) => shown(conn, &bytes),
            Action::Hold(conn) => vec![format!("{conn} held")],
            Action::Close(conn, bytes) => {
                shown(conn, &bytes).into_iter().chain([format!("{conn} closed")]).collect()
            }
            Action::Run(order) => {
                let mut out = vec![format!("run {order:?}")];
                if !self.slow {
                    if let Order::Set { name, value } = order {
                        self.state.set(&name, value);
                    }
                    out.extend(self.finish(Outcome::Handled));
                }
                out
            }
        }
    }

    fn finish(&mut self, outcome: Outcome) -> Vec<String> {
        let mut out = self.broadcast();
        let action = self.server.finish(outcome);
        out.extend(action.into_iter().flat_map(|action| self.perform(action)));
        out
    }

    fn broadcast(&mut self) -> Vec<String> {
        let messages = self.state.take_broadcasts();
        let actions = self.server.broadcast(&messages);
        actions.into_iter().flat_map(|action| self.perform(action)).collect()
    }
}

fn shown(conn: u8, bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(|line| format!("{conn}< {line}")).collect()
}

fn conversation(stage: &mut Stage, lines: &[(&str, &[&str])]) {
    for (input, expected) in lines {
        assert_eq!(stage.play(input), *expected, "{input}");
    }
}

#[test]
fn questions_and_answers() {
    conversation(
        &mut Stage::new(),
        &[
            (r"1> PING\n", &["1< PONG"]),
            (r"1> ping\r\n", &["1< PONG"]),
            (r"1> GETPID\n", &["1< PID 42"]),
            (r"1> DUMPSTATUS\n", &["1< DATASTALE", "1< DUMPDONE"]),
            (
                r"1> DUMPVALUE UPS.MFR\n",
                &[
                    "1< DATASTALE",
                    r#"1< SETINFO ups.mfr "ACME \"x\"""#,
                    "1< SETAUX ups.mfr 32",
                    "1< SETFLAGS ups.mfr RW STRING",
                    "1< DUMPDONE",
                ],
            ),
            (
                r"2> DUMPALL\n",
                &[
                    "2< DATASTALE",
                    r#"2< SETINFO ups.mfr "ACME \"x\"""#,
                    "2< SETAUX ups.mfr 32",
                    "2< SETFLAGS ups.mfr RW STRING",
                    "2< ADDCMD load.off",
                    "2< DUMPDONE",
                ],
            ),
            (r"1> LOGOUT\n", &["1< OK Goodbye", "1 closed"]),
            (r"1> PING\n", &[]),
        ],
    );
}

#[test]
fn nonsense_gets_no_answer_and_costs_nothing_else() {
    conversation(
        &mut Stage::new(),
        &[
            (r"1> \n", &[]),
            (r"1> HELLO world\n", &[]),
            (r"1> DUMPVALUE\n", &[]),
            (r"1> INSTCMD a b c\n", &[]),
            (r"1> SET ups.mfr x NOT id\n", &[]),
            (r#"1> SET "a # b" c\nPING\n"#, &["1< PONG"]),
            (r"1> PI", &[]),
            (r"2> PING\n", &["2< PONG"]),
            (r"1> NG\nPING\n", &["1< PONG", "1< PONG"]),
        ],
    );
}

#[test]
fn broadcasts_go_to_those_who_want_them() {
    conversation(
        &mut Stage::new(),
        &[
            ("load 4", &[r#"1< SETINFO ups.load "4""#, r#"2< SETINFO ups.load "4""#]),
            ("load 4", &[]),
            (r"1> NOBROADCAST\n", &[]),
            ("load 5", &[r#"2< SETINFO ups.load "5""#]),
            (r"1> BROADCAST\n", &[]),
            (r"2> BROADCAST 0\n", &[]),
            ("load 6", &[r#"1< SETINFO ups.load "6""#]),
        ],
    );
}

#[test]
fn a_set_is_seen_by_what_stands_behind_it() {
    conversation(
        &mut Stage::new(),
        &[
            (
                r#"1> SET x.y "a b" TRACKING id1\nDUMPVALUE x.y\n"#,
                &[
                    r#"run Set { name: "x.y", value: "a b" }"#,
                    r#"1< SETINFO x.y "a b""#,
                    r#"2< SETINFO x.y "a b""#,
                    "1< TRACKING id1 0",
                    "1< DATASTALE",
                    r#"1< SETINFO x.y "a b""#,
                    "1< DUMPDONE",
                ],
            ),
            (
                r"1> INSTCMD load.off 20\n",
                &[r#"run Command { name: "load.off", param: Some("20") }"#],
            ),
        ],
    );
}

#[test]
fn a_slow_command_holds_up_its_own_connection_and_other_orders_only() {
    let mut stage = Stage::new();
    stage.slow = true;
    conversation(
        &mut stage,
        &[
            (r"1> INSTCMD a TRACKING id1\nPING\n", &[r#"run Command { name: "a", param: None }"#]),
            (r"2> PING\nINSTCMD b TRACKING id2\nPING\n", &["2< PONG"]),
            (
                "done",
                &["1< TRACKING id1 0", r#"run Command { name: "b", param: None }"#, "1< PONG"],
            ),
            (r"1> PING\n", &["1< PONG"]),
            ("done", &["2< TRACKING id2 0", "2< PONG"]),
        ],
    );
}

#[test]
fn an_order_outlives_its_connection() {
    let mut stage = Stage::new();
    stage.slow = true;
    stage.play(r"1> INSTCMD a TRACKING id1\n");
    stage.play(r"2> INSTCMD b TRACKING id2\n");
    stage.server.on_close(1);
    assert_eq!(stage.play("done"), [r#"run Command { name: "b", param: None }"#]);
    assert_eq!(stage.play("done"), ["2< TRACKING id2 0"]);
}

#[test]
fn who_sends_too_far_ahead_is_dropped() {
    let mut stage = Stage::new();
    stage.slow = true;
    stage.play(r"1> INSTCMD a\n");
    let flood = b"PING\n".repeat(20_000);
    let dropped = (0..20).any(|_| stage.server.on_data(1, &flood));
    assert!(dropped);
}

#[test]
fn who_does_not_read_is_answered_no_further_until_it_has() {
    let mut stage = Stage::new();
    let answered = |out: &[String]| out.iter().filter(|line| *line == "1< DUMPDONE").count();
    assert!(!stage.server.on_data(1, &b"DUMPALL\n".repeat(5000)));
    let first = stage.play(r"2> PING\n");
    assert!(first.contains(&"1 held".to_owned()) && first.contains(&"2< PONG".to_owned()));
    let bytes: usize = first.iter().map(|line| line.len() - 2).sum();
    assert!(bytes < 2 * ANSWERS_MAX, "{bytes}");
    assert_eq!(answered(&stage.play(r"1> PING\n")), 0);
    let mut total = answered(&first);
    for _ in 0..5000 {
        stage.server.on_drained(1);
        total += answered(&stage.play(r"2> PING\n"));
    }
    assert_eq!(total, 5000);
}
