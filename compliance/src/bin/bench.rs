//! Measures LIST VAR on three servers in one run: NUT's upsd, ours, and one that parses nothing.
//!
//! `cargo xtask bench` builds all of them as they are installed, raises the limit of open files
//! and starts this. It prints numbers and ratios; it judges nothing.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use nut_compliance::device::Device;
use nut_compliance::house::{House, Running};
use nut_compliance::load::{self, Cost};
use nut_compliance::maker::Maker;
use nut_compliance::place::Place;
use nut_compliance::program::{Daemon, wait_until};

const REQUEST: &str = "LIST VAR u";
const IDLE: usize = 8000;
const WINDOW: u32 = 64;

fn main() {
    let (stock, ours) = (start(Maker::Stock), start(Maker::Ours));
    let reply = load::reply_to(ours.address(), REQUEST);
    let canned = Canned::start(&reply);
    let servers = [
        Server { name: "stock", address: stock.address(), pid: stock.upsd.pid(), slow: true },
        Server { name: "ours", address: ours.address(), pid: ours.upsd.pid(), slow: false },
        Server { name: "canned", address: canned.address, pid: canned.daemon.pid(), slow: false },
    ];
    println!("{REQUEST}: {} bytes, {} lines\n", reply.len(), lines(&reply));
    let alone: Vec<Cost> = servers.iter().map(|server| server.one_by_one()).collect();
    print_latency(&servers, &alone);
    let pipelined: Vec<Cost> = servers.iter().map(|server| server.pipelined()).collect();
    print_pipelined(&servers, &pipelined);
    print_crowd(&servers[..2]);
}

/// One of the three.
struct Server {
    name: &'static str,
    address: SocketAddr,
    pid: u32,
    /// A reply takes tens of milliseconds: fewer of them say as much.
    slow: bool,
}

impl Server {
    fn one_by_one(&self) -> Cost {
        let requests = if self.slow { 100 } else { 5000 };
        load::one_by_one(self.address, self.pid, REQUEST, self.size(), requests)
    }

    fn pipelined(&self) -> Cost {
        let requests = if self.slow { 2_000 } else { 60_000 };
        load::pipelined(self.address, self.pid, REQUEST, self.size(), (requests, WINDOW))
    }

    fn size(&self) -> usize {
        load::reply_to(self.address, REQUEST).len()
    }
}

fn print_latency(servers: &[Server], costs: &[Cost]) {
    println!("one request after the other     p50          p99    CPU/request");
    for (server, cost) in servers.iter().zip(costs) {
        let (p50, p99) = (micros(cost.within(0.5)), micros(cost.within(0.99)));
        println!("  {:<20} {p50:>12} {p99:>12} {:>14}", server.name, micros(cost.cpu_each()));
    }
    let ratio = ratio(costs[0].within(0.5), costs[1].within(0.5));
    println!("  p50, stock / ours: {ratio:.1}   (goal: at least 100)\n");
}

fn print_pipelined(servers: &[Server], costs: &[Cost]) {
    println!("pipelined, {WINDOW} at a time   requests/s   CPU/request");
    for (server, cost) in servers.iter().zip(costs) {
        let rate = f64::from(cost.requests) / cost.elapsed.as_secs_f64();
        println!("  {:<20} {rate:>14.0} {:>13}", server.name, micros(cost.cpu_each()));
    }
    let cpu = |at: usize| costs[at].cpu_each();
    println!("  CPU, ours / canned: {:.2}   (goal: at most 2)", ratio(cpu(1), cpu(2)));
    println!("  CPU, stock / ours: {:.1}\n", ratio(cpu(0), cpu(1)));
}

fn print_crowd(servers: &[Server]) {
    println!("one request after the other     none idle   {IDLE} idle   ratio");
    for server in servers {
        let before = server.one_by_one();
        let crowd = load::idle(server.address, IDLE);
        match &crowd {
            Err(why) => println!("  {:<20} not measured: {why}", server.name),
            Ok(_) => print_ratio(server.name, &before, &server.one_by_one()),
        }
        drop(crowd);
    }
    println!("  (goal for ours: at most 1.3)");
}

fn print_ratio(name: &str, before: &Cost, after: &Cost) {
    let rows = [
        ("CPU/request", before.cpu_each(), after.cpu_each()),
        ("p50", before.within(0.5), after.within(0.5)),
    ];
    for (what, alone, crowded) in rows {
        let label = format!("{name}, {what}");
        let (a, b) = (micros(alone), micros(crowded));
        println!("  {label:<20} {a:>18} {b:>11} {:>7.2}", ratio(crowded, alone));
    }
}

fn start(maker: Maker) -> Running {
    House::of(maker).ups("u", "", device()).start()
}

/// As many variables as a well-equipped UPS has.
fn device() -> Device {
    let rows = (1..=60).map(|n| format!("SETINFO outlet.{n}.desc \"Outlet number {n}\"\n"));
    Device::new(&(rows.collect::<String>() + "SETINFO ups.status \"OL CHRG\"\n"))
}

/// The server that parses nothing.
struct Canned {
    address: SocketAddr,
    daemon: Daemon,
    _place: Place,
}

impl Canned {
    fn start(reply: &[u8]) -> Canned {
        let place = Place::new();
        let file = place.file("reply");
        std::fs::write(&file, reply).expect("the reply's file");
        let address = SocketAddr::new(place.address().into(), 3493);
        let mut command = place.command_at(&beside_this("canned"));
        let daemon = Daemon::start(command.arg(address.to_string()).arg(file), place.file("log"));
        let up = || std::net::TcpStream::connect(address).ok();
        wait_until("the canned server", up).expect("a server");
        Canned { address, daemon, _place: place }
    }
}

fn beside_this(program: &str) -> PathBuf {
    std::env::current_exe().expect("this program").with_file_name(program)
}

fn lines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

fn micros(time: Duration) -> String {
    format!("{:.1} us", time.as_secs_f64() * 1e6)
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64().max(1e-9)
}
