//! Servers that restart while a primary goes down, or shortly before: their count of logins is not
//! believed, for who was thrown out comes back a poll later.

use super::*;

#[test]
fn a_server_that_restarted_shortly_before_may_not_have_the_others_back() {
    let goes = |fsd: u64| {
        let mut night = Night::new(primary());
        night.until(10);
        night.report(UpsId(0), Report::LoggedOut);
        night.until(12);
        night.report(UpsId(0), Report::LoggedIn);
        night.until(fsd);
        night.monitor.on_user_fsd(seconds(fsd));
        night.until(60);
        night.log.into_iter().find(|line| line.ends_with(" SHUTDOWN"))
    };
    assert_eq!(goes(26).as_deref(), Some("41.001 SHUTDOWN"), "HOSTSYNC");
    assert_eq!(goes(27).as_deref(), Some("27 SHUTDOWN"), "who is not back by now is gone");
}

#[test]
fn a_connection_that_a_reload_makes_anew_leaves_the_others_where_they_are() {
    let mut night = Night::new(primary());
    night.until(10);
    let password = "new".to_owned();
    let line = UpsSettings { password, ..ups("a", 1, Role::Primary) };
    night.monitor.on_reload(night.now, settings(&[line]));
    night.until(11);
    night.report(UpsId(0), Report::LoggedIn);
    night.report(UpsId(1), Report::LoggedIn);
    night.log.clear();
    night.monitor.on_user_fsd(seconds(11));
    night.until(60);
    assert!(night.log.contains(&"11 SHUTDOWN".to_owned()), "{:?}", night.log);
}

#[test]
fn a_server_that_restarts_in_the_wait_is_told_again_and_its_count_is_not_believed() {
    let mut night = Night::new(primary());
    night.logins = Some(2);
    night.monitor.on_user_fsd(seconds(0));
    night.until(3);
    night.report(UpsId(0), Report::LoggedOut);
    night.logins = None;
    night.until(4);
    night.log.clear();
    // The secondary has not come back yet.
    (night.logins, night.fsd) = (Some(1), Ok(()));
    night.report(UpsId(0), Report::LoggedIn);
    night.until(60);
    night.did(&[
        "4.25 FSD 0",
        "15.001 Executing automatic power-fail shutdown",
        "15.001 SHUTDOWN",
        "20.001 Announce",
        "20.001 WriteFlag",
        "20.001 Shutdown",
        "20.001 disconnect",
        "20.001 exit 0",
    ]);
}
