//! Device maps that a user puts beside the configuration.
//!
//! Knows where they are and in which order they are read. What a map may say, and what is wrong with
//! one, is told by nut-hid.

use nut_hid::maps::Maps;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Folder of the maps below the one of ups.conf.
pub const FOLDER: &str = "usbhid";

/// Adds every `*.toml` in this folder, in order of their names; a map is tried before those added
/// earlier. One that has a fault is left out. Returns what there is to complain about.
pub fn add(maps: &mut Maps, folder: &Path) -> Vec<String> {
    let mut complaints = Vec::new();
    let files = match files(folder) {
        Ok(files) => files,
        Err(complaint) => return vec![complaint],
    };
    for file in files {
        let name = file.display().to_string();
        match fs::read_to_string(&file) {
            Err(error) => complaints.push(format!("{name}: {error}")),
            Ok(text) => {
                if let Err(problems) = maps.add(&name, &text) {
                    complaints.extend(problems.iter().map(ToString::to_string));
                }
            }
        }
    }
    complaints
}

/// A folder that does not exist holds no maps; one that cannot be read is a mistake.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", folder.display())),
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: &str = "maker = \"mine\"\nsubdriver = \"Mine HID 1\"\norigin = \"test\"\n\
                        devices = [{ id = \"1209:0001\" }]\n";

    #[test]
    fn good_maps_are_added_and_bad_ones_told() {
        let folder = std::env::temp_dir().join(format!("usermaps-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("mine.toml"), MINE).unwrap();
        fs::write(folder.join("bad.toml"), "maker = \"bad\"\nnonsense = 1\n").unwrap();
        fs::write(folder.join("notes.txt"), "not a map").unwrap();
        let (mut maps, _) = Maps::builtin();
        let complaints = add(&mut maps, &folder);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains("bad.toml:2:"), "{complaints:?}");
        assert!(maps.by_subdriver("Mine HID 1").is_some());
    }

    #[test]
    fn no_folder_no_maps() {
        let (mut maps, _) = Maps::builtin();
        assert!(add(&mut maps, Path::new("/nonexistent/usbhid")).is_empty());
    }
}
