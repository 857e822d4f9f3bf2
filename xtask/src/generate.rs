//! `generate`: files of the repository that follow from the device maps.
//!
//! Knows which files these are and compares them with what they should hold, for tests and tidy. What
//! each holds is made in the module of its name.

use crate::{Outcome, Verb, hardware, new_device, repo, udev};

pub(crate) const VERB: Verb = Verb {
    name: "generate",
    about: "Write udev/90-nut-ups.rules, docs/hardware.md and the quotes in docs/new-device.md anew from the maps",
    args: Vec::new,
    run: |_| generate(),
};

/// A file that follows from the maps.
pub(crate) struct Generated {
    /// Path from the top folder.
    pub(crate) path: &'static str,
    /// What it should hold.
    pub(crate) text: fn() -> Result<String, String>,
}

/// All of them.
pub(crate) const FILES: [Generated; 3] = [
    Generated { path: udev::COMMITTED, text: || Ok(udev::committed_rules()) },
    Generated { path: "docs/hardware.md", text: || Ok(hardware::page()) },
    Generated { path: new_device::PAGE, text: new_device::page },
];

/// What to do about one that is out of date.
pub(crate) const ADVICE: &str = "run: cargo xtask generate";

fn generate() -> Outcome {
    for file in &FILES {
        let (path, text) = (repo::root().join(file.path), (file.text)()?);
        let current = repo::read(&path).is_ok_and(|old| old == text);
        if !current {
            repo::write(&path, &text)?;
        }
        println!("{}: {}", file.path, if current { "up to date" } else { "written" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_up_to_date() {
        for file in &FILES {
            let committed = repo::read(&repo::root().join(file.path)).unwrap();
            assert!(committed == (file.text)().unwrap(), "{}: {ADVICE}", file.path);
        }
    }
}
