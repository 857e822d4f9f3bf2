//! A played recording seen from the other side of the transport.

use super::*;
use crate::source::Wanted;
use crate::transport::Patience;
use std::thread;
use std::time::Instant;

const GENEROUS: Duration = Duration::from_secs(20);

fn recording() -> Recording {
    Recording {
        descriptor: vec![1, 2],
        feature: [(6, vec![6, 100]), (7, vec![7, 1])].into(),
        input: [(6, vec![6, 99])].into(),
        strings: [(12, "850".to_string())].into(),
        ..Recording::default()
    }
}

fn event(at_ms: u64) -> Event {
    Event { at_ms, ..Event::default() }
}

fn stalled<T: std::fmt::Debug>(result: Result<T, TransportError>) -> bool {
    matches!(result, Err(TransportError::NoValue(_)))
}

#[test]
fn a_recording_is_opened_when_it_is_wanted() {
    let mut replay = Replay::new(recording());
    let opening = Opening { patience: Patience::STARTING, wake: Arc::new(|| {}) };
    let refused = replay.open(&|_| None, &opening).err();
    assert_eq!(refused, Some(NoDevice::NotFound));
    let mut link = replay.open(&|_| Some(Wanted::default()), &opening).ok().unwrap();
    assert_eq!(link.device.get_feature(6, 2), Ok(vec![6, 100]));
    assert_eq!(link.news(), []);
}

#[test]
fn reports_and_strings_are_served() {
    let mut device = Replay::new(recording()).connect().unwrap();
    assert_eq!(device.report_descriptor(), Ok(vec![1, 2]));
    assert_eq!(device.get_feature(6, 2), Ok(vec![6, 100]));
    assert_eq!(device.get_input(6, 2), Ok(vec![6, 99]));
    assert_eq!(device.indexed_string(12), Ok("850".to_string()));
    assert!(stalled(device.get_feature(9, 2)) && stalled(device.indexed_string(1)));
}

#[test]
fn a_write_changes_what_is_read_but_adds_nothing() {
    let mut device = Replay::new(recording()).connect().unwrap();
    assert_eq!(device.set_feature(&[7, 5]), Ok(()));
    assert_eq!(device.get_feature(7, 2), Ok(vec![7, 5]));
    assert_eq!(device.set_feature(&[9, 5]), Ok(()));
    assert!(stalled(device.get_feature(9, 2)));
}

#[test]
fn a_report_without_id_has_a_zero_in_front_of_the_answer_only() {
    let feature = [(0, vec![100, 1])].into();
    let mut device = Replay::new(Recording { feature, ..recording() }).connect().unwrap();
    assert_eq!(device.get_feature(0, 3), Ok(vec![0, 100, 1]));
    assert_eq!(device.set_feature(&[0, 50, 2]), Ok(()));
    assert_eq!(device.get_feature(0, 3), Ok(vec![0, 50, 2]));
}

#[test]
fn events_change_reports_and_stalls() {
    let mut device = Device::new(&recording());
    let news = Event { input: [(6, vec![6, 50])].into(), ..event(0) };
    assert_eq!(device.apply(&news), [vec![6, 50]]);
    assert_eq!(device.get(&device.input, 6), Ok(vec![6, 50]));
    device.apply(&Event { stall: Some(Stall::Ids(vec![6])), ..event(0) });
    assert!(stalled(device.get(&device.feature, 6)) && stalled(device.set(&[6, 1])));
    device.apply(&Event { stall: Some(Stall::Ids(vec![])), ..event(0) });
    assert_eq!(device.get(&device.feature, 6), Ok(vec![6, 100]));
}

#[test]
fn a_connection_ends_with_the_unplugging() {
    let replay = Replay::new(recording());
    let (sink, news) = queue(Arc::new(|| {}));
    let mut device = replay.connect().unwrap();
    replay.listen(sink);
    replay.happen(&Event { plugged: Some(false), ..event(0) });
    assert_eq!(news.take(), [Incoming::Lost("No such device".to_string())]);
    assert!(device.get_feature(6, 2).is_err_and(|error| error.is_lost()));
    assert!(replay.connect().is_none());
    replay.happen(&Event { plugged: Some(true), ..event(0) });
    assert!(device.get_feature(6, 2).is_err_and(|error| error.is_lost()), "the old connection");
    assert_eq!(replay.connect().unwrap().get_feature(6, 2), Ok(vec![6, 100]));
}

#[test]
fn events_are_played_by_themselves() {
    let events = vec![
        Event { input: [(6, vec![6, 1])].into(), ..event(1) },
        Event { input: [(6, vec![6, 2])].into(), ..event(2) },
    ];
    let mut replay = Replay::new(Recording { events, ..recording() });
    let (sink, news) = queue(Arc::new(|| {}));
    replay.listen(sink);
    replay.start();
    let start = Instant::now();
    let mut played = Vec::new();
    while played.len() < 2 && start.elapsed() < GENEROUS {
        played.extend(news.take());
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(played, [1, 2].map(|charge| Incoming::Report(vec![6, charge])));
}

#[test]
fn writes_are_noted_as_hex_lines() {
    let path = std::env::temp_dir().join(format!("replay-writes-{}", std::process::id()));
    let mut replay = Replay::new(recording());
    replay.log_writes(&path).unwrap();
    let mut device = replay.connect().unwrap();
    device.set_feature(&[7, 0xab]).unwrap();
    device.set_feature(&[0x20, 0, 1]).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(text, "07ab\n200001\n");
}
