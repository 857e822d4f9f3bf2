//! Two hundred UPSes at once, most of them in trouble.

use crate::house::{House, Upsmon, wait_until};
use crate::server::{Manner, Server};
use std::fs;
use std::time::{Duration, Instant};

/// Resident memory of the program and its children, in KiB.
fn memory(upsmon: &Upsmon) -> u64 {
    processes(upsmon.pid()).into_iter().map(resident).sum()
}

fn processes(root: u32) -> Vec<u32> {
    let children = format!("/proc/{root}/task/{root}/children");
    let children = fs::read_to_string(children).unwrap_or_default();
    let children: Vec<u32> = children.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    std::iter::once(root).chain(children).collect()
}

fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()).map_or(0, |n| n.parse().unwrap())
}

#[test]
fn two_hundred_are_watched_while_servers_come_and_go() {
    let house = House::new();
    let servers: Vec<Server> = (0..10).map(|_| Server::start()).collect();
    let mut conf = String::new();
    for (place, server) in servers.iter().enumerate() {
        for number in 0..20 {
            server.set(&format!("u{number}"), "OL");
            let role = if place == 0 { "primary" } else { "secondary" };
            conf.push_str(&format!(
                "MONITOR {} 1 mon secret {role}\n",
                server.ups(&format!("u{number}"))
            ));
        }
    }
    house.watch(&conf);
    let upsmon = house.begin(&[]);
    servers.iter().for_each(|server| server.wait_for("GET VAR u19 ups.status", 2));
    let before = memory(&upsmon);
    let end = Instant::now() + Duration::from_secs(8);
    let mut round = 0;
    while Instant::now() < end {
        servers[1].behave(if round % 2 == 0 { Manner::Mute } else { Manner::Good });
        servers[2].hang_up();
        servers[3].behave(Manner::Lying(vec![b'x'; 4096]));
        servers[4].set(&format!("u{}", round % 20), "");
        servers[5].set(&format!("u{}", round % 20), "OB");
        std::thread::sleep(Duration::from_millis(100));
        round += 1;
    }
    let victim = servers[9].ups("u7");
    servers[9].set("u7", "OB");
    house.wait_for_words(&["ONBATT", &format!("[{victim}]")]);
    let grown = || memory(&upsmon).saturating_sub(before);
    assert!(wait_until(|| (grown() < 16 * 1024).then_some(())).is_some(), "{} KiB more", grown());
    servers[0].set("u3", "OB LB");
    house.wait_for_words(&["LOWBATT", &format!("[{}]", servers[0].ups("u3"))]);
    let down = house.story().iter().any(|line| line.starts_with("down"));
    assert!(!down, "one supply is wanted, and there are many");
}
