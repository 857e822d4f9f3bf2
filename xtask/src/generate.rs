//! `generate`: files of the repository that follow from device maps and programs.
//!
//! Knows which files these are and compares them with what they should hold, for tests and tidy. What
//! each holds is made in the module of its name.

use crate::{Outcome, Verb, hardware, manual, new_device, repo, udev};

pub(crate) const VERB: Verb = Verb {
    name: "generate",
    about: "Write what follows from maps and programs: udev rules, hardware.md, quotes, options in man pages",
    args: Vec::new,
    run: |_| generate(),
};

/// A file that follows from others.
pub(crate) struct Generated {
    /// Path from the top folder.
    pub(crate) path: String,
    /// What it should hold.
    pub(crate) text: Box<dyn Fn() -> Result<String, String>>,
}

/// All of them.
pub(crate) fn files() -> Vec<Generated> {
    let from_maps = [
        generated(udev::COMMITTED, || Ok(udev::committed_rules())),
        generated("docs/hardware.md", || Ok(hardware::page())),
        generated(new_device::PAGE, new_device::page),
    ];
    from_maps.into_iter().chain(manual::pages()).collect()
}

fn generated(path: &str, text: fn() -> Result<String, String>) -> Generated {
    Generated { path: path.to_owned(), text: Box::new(text) }
}

/// What to do about one that is out of date.
pub(crate) const ADVICE: &str = "run: cargo xtask generate";

fn generate() -> Outcome {
    for file in files() {
        let (path, text) = (repo::root().join(&file.path), (file.text)()?);
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
        for file in files() {
            let committed = repo::read(&repo::root().join(&file.path)).unwrap();
            assert!(committed == (file.text)().unwrap(), "{}: {ADVICE}", file.path);
        }
    }
}
