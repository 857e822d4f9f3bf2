//! `dist --static`: programs without shared libraries in a tarball, with a script that installs them.
//!
//! Knows how to compile them, what the script is told of the layout, and how to try the result. The script
//! knows how an account is made and services are started on a system that is not Debian's.

use crate::layout::{Access, Content, GROUP, Item, items};
use crate::{Outcome, install, repo};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SCRIPT: &str = "xtask/src/dist/install.sh";
const TRIAL: &str = "xtask/src/dist/trial.sh";

/// Builds the tarball in `target/dist`, and tries it where that can be done.
pub(super) fn build() -> Outcome {
    let folder = repo::target().join("dist");
    let programs = compile(&folder.join("static"))?;
    let name = format!("walnut-{}-{}-static", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    gather(&folder.join(&name), &programs)?;
    let tarball = pack(&folder, &name)?;
    println!("{}", tarball.display());
    try_out(&tarball)
}

/// musl where the toolchain has it, otherwise the C library of this machine; returns the programs' folder.
fn compile(target_dir: &Path) -> Result<PathBuf, String> {
    let host = answer(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let musl = host.trim().replace("-gnu", "-musl");
    let library =
        answer(Command::new("rustc").args(["--print", "target-libdir", "--target", &musl]));
    let has_musl = library.is_ok_and(|folder| Path::new(folder.trim()).is_dir());
    let target = if has_musl { musl } else { host.trim().to_owned() };
    let mut build = repo::cargo();
    build.args(["build", "--release", "--locked", "--bins"]);
    build.args(["--target", &target]).env("RUSTFLAGS", "-C target-feature=+crt-static");
    repo::run(build.env("CARGO_TARGET_DIR", target_dir))?;
    Ok(target_dir.join(target).join("release"))
}

fn answer(command: &mut Command) -> Result<String, String> {
    let shown = repo::show(command);
    let output = command.output().map_err(|e| format!("cannot run {shown}: {e}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{shown}: {}", output.status)),
    }
}

fn gather(folder: &Path, programs: &Path) -> Outcome {
    let told = |e: std::io::Error| format!("{}: {e}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(told)?;
    }
    for item in items() {
        if let Content::Program(name) = item.content {
            is_static(&programs.join(name))?;
        }
    }
    install::below(&folder.join("tree"), programs)?;
    repo::write(&folder.join("manifest"), &manifest())?;
    for (file, name) in [(SCRIPT, "install.sh"), ("LICENSE", "LICENSE")] {
        fs::copy(repo::root().join(file), folder.join(name)).map_err(told)?;
    }
    Ok(())
}

/// A program that needs shared libraries names the loader that finds them.
fn is_static(program: &Path) -> Outcome {
    let headers = answer(Command::new("readelf").arg("--program-headers").arg(program))?;
    match headers.contains("INTERP") {
        true => Err(format!("{} is not static", program.display())),
        false => Ok(()),
    }
}

/// A line for each file and folder: kind, owner, mode, path, and where a link leads.
fn manifest() -> String {
    items().iter().map(line).collect()
}

fn line(item: &Item) -> String {
    let kind = match item.content {
        Content::Folder => "folder",
        Content::Link(_) => "link",
        _ if item.is_configuration() => "keep",
        Content::Program(_) | Content::File(_) | Content::Completion(..) => "file",
    };
    let group = if matches!(item.access, Access::Nut(_)) { GROUP } else { "root" };
    let target = if let Content::Link(target) = item.content { target } else { "" };
    let line = format!("{kind} root:{group} {:04o} {} {target}", item.access.mode(), item.path);
    format!("{}\n", line.trim_end())
}

fn pack(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let tarball = folder.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-czf"]);
    repo::run(tar.arg(&tarball).arg("-C").arg(folder).arg(name))?;
    Ok(tarball)
}

/// In a root that has nothing but busybox. Takes root, unshare, and a busybox without shared libraries.
fn try_out(tarball: &Path) -> Outcome {
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].map(Path::new).into_iter();
    let busybox = busybox.into_iter().find(|path| path.exists() && is_static(path).is_ok());
    let (Some(busybox), true, true) =
        (busybox, nut_daemon::privileges::is_root(), repo::has("unshare"))
    else {
        println!("LEFT OUT: the trial of the tarball; it takes root, unshare and busybox-static");
        return Ok(());
    };
    let root = std::env::temp_dir().join(format!("walnut-trial-{}", std::process::id()));
    let mut trial = Command::new("unshare");
    trial.args(["--mount", "--net", "--pid", "--fork", "--kill-child", "sh"]);
    trial.arg(repo::root().join(TRIAL)).arg(tarball).arg(busybox).arg(&root);
    let outcome = repo::run(&mut trial);
    fs::remove_dir_all(&root).map_err(|e| format!("{}: {e}", root.display()))?;
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_told_what_the_layout_says() {
        let text = manifest();
        assert_eq!(text.lines().count(), items().len());
        for line in [
            "folder root:nut 0750 etc/nut",
            "keep root:nut 0640 etc/nut/upsd.users",
            "file root:root 0755 sbin/upsd",
            "link root:root 0644 lib/systemd/system/nut-client.service nut-monitor.service",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}");
        }
    }

    /// Below another root, where changing hands is left to a stub: all gets there and goes again.
    #[test]
    fn the_script_installs_and_removes() {
        let base = std::env::temp_dir().join(format!("walnut-tarball-{}", std::process::id()));
        let (tree, root) = (base.join("walnut/tree"), base.join("root"));
        for item in items() {
            if let Content::Program(name) = item.content {
                repo::write(&base.join("programs").join(name), name).unwrap();
            }
        }
        install::below(&tree, &base.join("programs")).unwrap();
        repo::write(&base.join("walnut/manifest"), &manifest()).unwrap();
        fs::copy(repo::root().join(SCRIPT), base.join("walnut/install.sh")).unwrap();
        repo::write(&root.join("etc/group"), "root:x:0:\nnut:x:321:\n").unwrap();
        repo::write(&root.join("etc/nut/ups.conf"), "[mine]\n").unwrap();
        let run = |args: &[&str]| {
            let script = base.join("walnut/install.sh");
            let chown = "chown() { echo \"chown $*\"; }; . \"$0\"";
            let mut sh = Command::new("sh");
            let output = sh.args(["-c", chown]).arg(script).arg("--root").arg(&root).args(args);
            let output = output.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let told = run(&[]);
        let users = root.join("etc/nut/upsd.users.new");
        assert!(told.contains(&format!("chown root:321 {}\n", users.display())), "{told}");
        assert!(told.contains("/etc/nut/ups.conf: left as it is"), "{told}");
        assert_eq!(repo::read(&root.join("etc/nut/ups.conf")).unwrap(), "[mine]\n");
        for item in items() {
            assert!(root.join(&item.path).symlink_metadata().is_ok(), "{}", item.path);
        }
        let drop_in = root.join("etc/systemd/system/nut-driver@.service.d/no-dialout.conf");
        assert!(drop_in.exists());
        run(&["--remove"]);
        assert!(!root.join("sbin/upsd").exists() && root.join("etc/nut/upsmon.conf").exists());
        assert!(!drop_in.exists());
        fs::remove_dir_all(&base).unwrap();
    }
}
