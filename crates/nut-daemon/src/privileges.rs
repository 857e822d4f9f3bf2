//! Users and groups, and becoming a lesser user for good.

use nix::unistd::{Gid, Uid, geteuid, initgroups, setgid, setuid};
use std::ffi::CString;
use std::io;
use users::os::unix::UserExt;

/// A user of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// User number.
    pub uid: u32,
    /// Number of the user's own group.
    pub gid: u32,
    /// Home folder.
    pub home: std::path::PathBuf,
}

/// Whether the process may become another user.
pub fn is_root() -> bool {
    geteuid().is_root()
}

/// The number of the user whose rights the process has.
pub fn user() -> u32 {
    geteuid().as_raw()
}

/// The account of this name, or none.
pub fn lookup(user: &str) -> Option<Account> {
    users::get_user_by_name(user).map(|found| account(&found))
}

/// The account the process runs as; none where the user database does not know it.
pub fn current() -> Option<Account> {
    users::get_user_by_uid(users::get_effective_uid()).map(|found| account(&found))
}

fn account(user: &users::User) -> Account {
    Account {
        name: user.name().to_string_lossy().into_owned(),
        uid: user.uid(),
        gid: user.primary_group_id(),
        home: user.home_dir().to_owned(),
    }
}

/// The numbers of all groups an account is in, its own included.
pub fn groups(account: &Account) -> Vec<u32> {
    let listed = users::get_user_groups(&account.name, account.gid).unwrap_or_default();
    let mut groups: Vec<u32> = listed.iter().map(users::Group::gid).collect();
    groups.push(account.gid);
    groups
}

/// The number of the group of this name, or none.
pub fn group(name: &str) -> Option<u32> {
    users::get_group_by_name(name).map(|group| group.gid())
}

/// Becomes this user for good: supplementary groups, group, user, in this order. An error means that
/// the process still has rights it should not have; the caller must end.
pub fn drop_to(account: &Account) -> io::Result<()> {
    drop_to_group(account, account.gid)
}

/// As [`drop_to`], with another group than the user's own.
pub fn drop_to_group(account: &Account, gid: u32) -> io::Result<()> {
    let name = CString::new(account.name.as_str())?;
    let gid = Gid::from_raw(gid);
    initgroups(&name, gid)?;
    setgid(gid)?;
    setuid(Uid::from_raw(account.uid))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_known_everywhere() {
        let root = lookup("root").unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        assert_eq!(lookup("no such user"), None);
        assert_eq!(group("root"), Some(0));
        assert!(groups(&root).contains(&0));
    }
}
