//! `dist`: Debian packages, made by Debian's own tools; with `--static` a tarball for other systems.
//!
//! Knows how to give `dpkg-buildpackage` a clean tree and where its results go. How a package is made is
//! for `debian/`, what is in it for the layout.

mod tarball;

use crate::{Outcome, Verb, repo};
use clap::{Arg, ArgAction};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const VERB: Verb = Verb {
    name: "dist",
    about: "Build Debian packages in target/dist (needs debhelper; as root it is installed)",
    args,
    run: |args| if args.get_flag("static") { tarball::build() } else { packages() },
};

fn args() -> Vec<Arg> {
    let flag = Arg::new("static").long("static").action(ArgAction::SetTrue);
    vec![flag.help("Build a tarball of static programs with an install script instead, and try it")]
}

fn packages() -> Outcome {
    set_up()?;
    let folder = repo::target().join("dist");
    let tree = folder.join("walnut");
    copy_tree(&tree)?;
    remove_results(&folder)?;
    // -d: Rust may come from elsewhere than a package. -b: packages, no source.
    let mut build = Command::new("dpkg-buildpackage");
    build.args(["-b", "-us", "-uc", "-d"]).current_dir(&tree);
    repo::run(build.env("CARGO_TARGET_DIR", folder.join("build")))?;
    inspect(&folder)?;
    for package in results(&folder).into_iter().filter(|p| has_extension(p, "deb")) {
        println!("{}", package.display());
    }
    Ok(())
}

fn set_up() -> Outcome {
    if repo::has("dh") && repo::has("dpkg-buildpackage") {
        return Ok(());
    }
    if !nut_daemon::privileges::is_root() {
        return Err("debhelper is missing: apt-get install debhelper lintian".to_owned());
    }
    let mut apt = Command::new("apt-get");
    apt.args(["install", "-qqy", "--no-install-recommends", "debhelper", "lintian"]);
    repo::run(apt.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// A copy of what is under version control, as it stands in the work tree.
fn copy_tree(to: &Path) -> Outcome {
    if to.exists() {
        fs::remove_dir_all(to).map_err(|e| format!("{}: {e}", to.display()))?;
    }
    let mut list = Command::new("git");
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = list.current_dir(repo::root()).output().map_err(|e| format!("git: {e}"))?;
    for name in String::from_utf8_lossy(&output.stdout).split_terminator('\0') {
        let (from, to) = (repo::root().join(name), to.join(name));
        // A file that was removed but is still listed.
        if from.exists() {
            copy(&from, &to).map_err(|e| format!("{}: {e}", to.display()))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    fs::copy(from, to).map(|_| ())
}

/// Debian's own inspector, where it is installed: a fault fails the build.
fn inspect(folder: &Path) -> Outcome {
    if !repo::has("lintian") {
        println!("lintian is not installed; packages are not inspected");
        return Ok(());
    }
    let changes = results(folder).into_iter().filter(|path| has_extension(path, "changes"));
    let fail = "--fail-on=error,warning";
    repo::run(Command::new("lintian").args([fail, "--allow-root"]).args(changes))
}

fn remove_results(folder: &Path) -> Outcome {
    for file in results(folder) {
        fs::remove_file(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(())
}

/// What dpkg-buildpackage left in the folder.
fn results(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|e| e.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}
