//! Whose programs a case runs: NUT's, unpacked from Debian's archive, or Walnut's.
//!
//! Knows where each implementation keeps its programs and what a shared environment for
//! both looks like. Leaves folders and processes to `place` and `program`.

use std::env;
use std::path::{Path, PathBuf};

/// The release of NUT that the expected texts were taken from.
pub const STOCK_VERSION: &str = "2.8.5";

/// One of the two implementations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Maker {
    /// NUT's own binaries.
    Stock,
    /// Walnut's binaries.
    Ours,
}

impl Maker {
    /// The implementation this run is about: `COMPLIANCE=stock` or `COMPLIANCE=ours` (default).
    ///
    /// # Panics
    /// On any other value: a mistyped switch must not test the wrong programs.
    pub fn under_test() -> Maker {
        match env::var("COMPLIANCE").as_deref() {
            Ok("stock") => Maker::Stock,
            Ok("ours") | Err(_) => Maker::Ours,
            Ok(other) => panic!("COMPLIANCE is stock or ours, not {other:?}"),
        }
    }

    /// The opposite side, for cases that pair one maker's server with the other's driver.
    pub fn other(self) -> Maker {
        match self {
            Maker::Stock => Maker::Ours,
            Maker::Ours => Maker::Stock,
        }
    }

    /// The folder with this maker's programs, clients and drivers alike.
    ///
    /// `COMPLIANCE_STOCK` and `COMPLIANCE_OURS` override the places where
    /// `cargo xtask compliance` puts them.
    pub fn folder(self) -> PathBuf {
        let (variable, default) = match self {
            Maker::Stock => ("COMPLIANCE_STOCK", format!("stock-nut/{STOCK_VERSION}/bin")),
            Maker::Ours => ("COMPLIANCE_OURS", "debug".to_string()),
        };
        env::var_os(variable).map_or_else(|| target_folder().join(default), PathBuf::from)
    }

    /// The full path of one of this maker's programs.
    ///
    /// # Panics
    /// When it is not there: a case that cannot run has failed, it is not skipped.
    pub fn program(self, name: &str) -> PathBuf {
        let path = self.folder().join(name);
        assert!(path.exists(), "{} is missing; `cargo xtask compliance` makes it", path.display());
        path
    }

    /// What this maker does where ours differs by choice; the reason stands where it shows.
    pub fn differs<T>(self, reason: &str, stock: T, ours: T) -> T {
        assert!(!reason.is_empty(), "a difference needs its reason");
        match self {
            Maker::Stock => stock,
            Maker::Ours => ours,
        }
    }

    /// `stock` or `ours`, as in the environment and in scripts.
    pub fn label(self) -> &'static str {
        match self {
            Maker::Stock => "stock",
            Maker::Ours => "ours",
        }
    }
}

/// The repository's `target` folder, where both makers' programs end up.
pub fn target_folder() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).join("target")
}
