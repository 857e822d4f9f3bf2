//! The real program repeating a UPS of a server that the test plays.

use crate::stage::{Stage, wait_for};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server with one answer for every question; none at all closes the connection.
struct Server {
    answer: Arc<Mutex<Option<&'static str>>>,
    port: u16,
}

const FIRST: &str = "BEGIN LIST VAR u\nVAR u ups.status \"OL\"\nVAR u ups.load \"5\"\n\
                     VAR u driver.name \"other\"\nVAR u ups.id \"a \\\"b\\\"\"\nEND LIST VAR u\n";
const SECOND: &str = "BEGIN LIST VAR u\nVAR u ups.status \"OB LB\"\nEND LIST VAR u\n";

impl Server {
    fn new(answer: &'static str) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server {
            answer: Arc::new(Mutex::new(Some(answer))),
            port: listener.local_addr().unwrap().port(),
        };
        let answer = Arc::clone(&server.answer);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serve(stream, &answer);
            }
        });
        server
    }

    fn says(&self, answer: Option<&'static str>) {
        *self.answer.lock().unwrap() = answer;
    }

    fn stage(&self, more: &str) -> Stage {
        let port = self.port;
        Stage::new(&format!("[r]\nport = u@127.0.0.1:{port}\npollinterval = 1\n{more}"))
    }
}

fn serve(mut stream: TcpStream, answer: &Mutex<Option<&'static str>>) {
    let mut questions = BufReader::new(stream.try_clone().unwrap()).lines();
    while let Some(Ok(question)) = questions.next() {
        assert_eq!(question, "LIST VAR u");
        let Some(text) = *answer.lock().unwrap() else { return };
        if stream.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn readings_come_go_and_grow_stale_with_the_server() {
    let server = Server::new(FIRST);
    let stage = server.stage("");
    let driver = stage.start("r");
    let mut client = stage.client("r");
    assert_eq!(client.value("ups.status").as_deref(), Some("OL"));
    assert_eq!(client.value("ups.id").as_deref(), Some("a \\\"b\\\""));
    assert_eq!(client.value("driver.name").as_deref(), Some("dummy-ups"));
    assert_eq!(client.value("driver.parameter.mode").as_deref(), Some("repeater"));
    server.says(Some(SECOND));
    client.wait_value("ups.status", Some("OB LB"));
    assert_eq!(client.value("ups.load"), None);
    client.send("BROADCAST\n");
    server.says(Some("ERR DATA-STALE\n"));
    client.until("DATASTALE");
    server.says(Some(FIRST));
    client.until("DATAOK");
    server.says(None);
    client.until("DATASTALE");
    server.says(Some(SECOND));
    client.until("DATAOK");
    client.ask("SET ups.load 1 TRACKING a", "TRACKING a 1");
    client.ask("INSTCMD load.off TRACKING b", "TRACKING b 1");
    assert_eq!(driver.stop().2, 0);
}

#[test]
fn a_server_without_readings_is_fatal_at_the_start() {
    let server = Server::new("ERR UNKNOWN-UPS\n");
    let (_, err, code) = server.stage("").run("-F -u root -a r");
    assert_eq!(code, 1);
    assert!(
        err.contains("Error: Unknown UPS. Any errors encountered starting the repeater"),
        "{err}"
    );
    let stage = server.stage("repeater_disable_strict_start\n");
    let driver = stage.start("r");
    let mut client = stage.client("r");
    assert_eq!(client.ask("DUMPSTATUS", "DUMPDONE")[0], "DATASTALE");
    server.says(Some(FIRST));
    wait_for("readings", || client.value("ups.status").as_deref() == Some("OL"));
    let (_, err, _) = driver.stop();
    assert!(err.contains("Warning: Unknown UPS\n"), "{err}");
}

#[test]
fn a_bad_definition_is_refused() {
    let stage = Stage::new("[r]\nport = @host\n");
    let (_, err, code) = stage.run("-F -u root -a r");
    assert_eq!(code, 1);
    assert!(
        err.ends_with(
            "Error: invalid UPS definition.\nRequired format: upsname[@hostname[:port]]\n"
        ),
        "{err}"
    );
}
