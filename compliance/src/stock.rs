//! Gets NUT's own binaries from Debian's archive into a private root, without installing them.
//!
//! Knows the suite, the packages and the libraries they need, and how to run a program of
//! another release beside this system's: by its own loader, from a two-line wrapper. apt works
//! on its own state folder, so neither root nor the system's package lists are touched.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::maker::STOCK_VERSION;

/// Debian's suite that carries [`STOCK_VERSION`].
const SUITE: &str = "forky";

/// NUT's packages and every library they load.
const PACKAGES: [&str; 18] = [
    "nut-server",
    "nut-client",
    "libupsclient7",
    "libnutscan4",
    "libc6",
    "libgcc-s1",
    "libstdc++6",
    "libsystemd0",
    "libcap2",
    "libnspr4",
    "libnss3",
    "libsqlite3-0",
    "zlib1g",
    "libzstd1",
    "libssl3t64",
    "libltdl7",
    "libusb-1.0-0",
    "libudev1",
];

/// Where the packages put the programs that cases run.
const PROGRAM_FOLDERS: [&str; 3] = ["usr/bin", "usr/sbin", "usr/libexec/nut"];

/// Unpacks stock NUT under `target/stock-nut/2.8.5` unless it is there; returns that folder.
///
/// # Errors
/// A sentence for a person that says which step failed and what it needs.
pub fn ensure(target: &Path) -> Result<PathBuf, String> {
    let home = target.join("stock-nut").join(STOCK_VERSION);
    if home.join("bin/upsd").exists() {
        return Ok(home);
    }
    for tool in ["apt-get", "dpkg-deb"] {
        let missing = format!("{tool} is missing; it comes with Debian and its relatives");
        run(Command::new(tool).arg("--version"), &missing)?;
    }
    let apt = Apt::prepare(&home.join("apt"))?;
    apt.run(&["update"])?;
    download(&apt, &home.join("debs"))?;
    unpack(&home.join("debs"), &home.join("root"))?;
    let bin = home.join("bin.new");
    write_wrappers(&home.join("root"), &bin)?;
    fs::rename(&bin, home.join("bin")).map_err(|e| format!("{}: {e}", bin.display()))?;
    Ok(home)
}

/// Gets NUT's source archive (for its integration script) and unpacks it; returns its folder.
///
/// # Errors
/// As [`ensure`]; archives that carry binaries only answer "not found" here.
pub fn ensure_source(target: &Path) -> Result<PathBuf, String> {
    let home = target.join("stock-nut").join(STOCK_VERSION);
    let source = home.join("source");
    let tree = source.join("tree");
    if tree.join("tests/NIT/nit.sh").exists() {
        return Ok(tree);
    }
    make_folder(&tree)?;
    let apt = Apt::prepare(&home.join("apt"))?;
    apt.run(&["update"])?;
    let spec = format!("nut/{SUITE}");
    apt.run_in(&source, &["source", "--download-only", "--tar-only", &spec])?;
    let tarball =
        files_ending(&source, ".orig.tar.gz")?.pop().ok_or("apt-get brought no tarball")?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(tarball).arg("--strip-components=1").arg("-C").arg(&tree);
    run(&mut tar, "tar could not unpack NUT's source")?;
    Ok(tree)
}

/// apt with its own configuration, lists and caches.
struct Apt {
    config: PathBuf,
}

impl Apt {
    fn prepare(home: &Path) -> Result<Apt, String> {
        let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
        if !Path::new(keyring).exists() {
            return Err(format!("{keyring} is missing (package debian-archive-keyring)"));
        }
        for folder in
            ["state/lists/partial", "cache/archives/partial", "etc/preferences.d", "etc/apt.conf.d"]
        {
            make_folder(&home.join(folder))?;
        }
        let source = format!("[signed-by={keyring}] {} {SUITE} main\n", mirror()?);
        write(&home.join("etc/sources.list"), &format!("deb {source}deb-src {source}"))?;
        write(&home.join("status"), "")?;
        let config = home.join("apt.conf");
        write(&config, &apt_config(&home.display().to_string()))?;
        Ok(Apt { config })
    }

    fn run(&self, args: &[&str]) -> Result<(), String> {
        self.run_in(Path::new("."), args)
    }

    fn run_in(&self, folder: &Path, args: &[&str]) -> Result<(), String> {
        let mut command = Command::new("apt-get");
        command.arg("-qq").args(args).current_dir(folder).env("APT_CONFIG", &self.config);
        run(&mut command, "Debian's archive did not give what was asked for")
    }
}

/// The copy of Debian's archive that this machine's own apt uses.
fn mirror() -> Result<String, String> {
    let mut command = Command::new("apt-get");
    let asked = command.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]);
    let output = asked.output().map_err(|e| format!("apt-get: {e}"))?;
    let list = String::from_utf8_lossy(&output.stdout);
    let archive = list.lines().find(|uri| uri.trim_end_matches('/').ends_with("/debian"));
    archive
        .map(str::to_owned)
        .ok_or("no copy of Debian's archive is among apt's sources".to_owned())
}

/// A mirror's copy may be older than its signature allows; signatures are still checked.
fn apt_config(home: &str) -> String {
    format!(
        "Dir::State \"{home}/state\";\nDir::State::status \"{home}/status\";\n\
         Dir::Cache \"{home}/cache\";\nDir::Etc \"{home}/etc\";\n\
         Dir::Etc::sourcelist \"{home}/etc/sources.list\";\nDir::Etc::sourceparts \"-\";\n\
         APT::Architecture \"amd64\";\nAPT::Sandbox::User \"\";\n\
         Acquire::Languages \"none\";\nAcquire::Check-Valid-Until \"false\";\n\
         Debug::NoLocking \"true\";\n"
    )
}

fn download(apt: &Apt, debs: &Path) -> Result<(), String> {
    make_folder(debs)?;
    let mut args = vec!["download"];
    args.extend(PACKAGES);
    apt.run_in(debs, &args)?;
    let server = format!("nut-server_{STOCK_VERSION}");
    let names = files_ending(debs, ".deb")?;
    match names.iter().any(|path| path.to_string_lossy().contains(&server)) {
        true => Ok(()),
        false => Err(format!("Debian's {SUITE} no longer carries NUT {STOCK_VERSION}")),
    }
}

fn unpack(debs: &Path, root: &Path) -> Result<(), String> {
    make_folder(root)?;
    for deb in files_ending(debs, ".deb")? {
        let mut command = Command::new("dpkg-deb");
        run(command.arg("-x").arg(&deb).arg(root), &format!("cannot unpack {}", deb.display()))?;
    }
    Ok(())
}

fn write_wrappers(root: &Path, bin: &Path) -> Result<(), String> {
    make_folder(bin)?;
    for folder in PROGRAM_FOLDERS {
        for program in files_ending(&root.join(folder), "")? {
            let name = program.file_name().unwrap_or_default();
            write(&bin.join(name), &wrapper(root, &program))?;
            fs::set_permissions(bin.join(name), Permissions::from_mode(0o755))
                .map_err(|e| format!("{}: {e}", bin.display()))?;
        }
    }
    Ok(())
}

/// The loader and the libraries come from the same release as the program.
fn wrapper(root: &Path, program: &Path) -> String {
    let libraries = root.join("usr/lib/x86_64-linux-gnu");
    format!(
        "#!/bin/sh\nexec {loader} --argv0 \"$0\" --library-path {libraries} {program} \"$@\"\n",
        loader = libraries.join("ld-linux-x86-64.so.2").display(),
        libraries = libraries.display(),
        program = program.display(),
    )
}

fn files_ending(folder: &Path, end: &str) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let paths = entries.filter_map(|entry| entry.ok().map(|e| e.path()));
    Ok(paths.filter(|p| p.is_file() && p.to_string_lossy().ends_with(end)).collect())
}

fn make_folder(path: &Path) -> Result<(), String> {
    fs::create_dir_all(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn run(command: &mut Command, what: &str) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{what} ({e})"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{what}:\n{}", String::from_utf8_lossy(&output.stderr).trim_end()))
}
