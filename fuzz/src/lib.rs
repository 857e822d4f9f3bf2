//! Fuzz targets: what must hold for any bytes whatever.
//!
//! A target takes bytes and panics where a promise is broken. The same functions are run by libFuzzer
//! (`fuzz_targets/`, guided by coverage, nightly Rust) and by [`runner`] (blind mutation of the
//! corpus, stable Rust, for seconds in CI).

pub mod mutate;
pub mod runner;
mod targets;

/// One target.
pub struct Target {
    /// Its name: of the binary, of the corpus folder, on the command line.
    pub name: &'static str,
    /// Does the work; panics where a promise is broken.
    pub run: fn(&[u8]),
    /// Words that make more of the input mean something.
    pub words: &'static [&'static str],
}

/// All targets.
pub const TARGETS: &[Target] = &[
    targets::line::TARGET,
    targets::network::TARGET,
    targets::driver::TARGET,
    targets::configuration::TARGET,
    targets::descriptor::TARGET,
    targets::report::TARGET,
    targets::recording::TARGET,
    targets::server::TARGET,
    targets::link::TARGET,
    targets::monitor::TARGET,
    targets::story::TARGET,
    targets::timers::TARGET,
];

/// Runs the target of this name; for the binaries of libFuzzer.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|t| t.name == name);
    (target.expect("a target of that name").run)(data);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_target_has_a_corpus_and_a_binary() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        for target in TARGETS {
            let corpus = runner::corpus(target);
            assert!(corpus.len() > 1, "{}", target.name);
            let binary = here.join("fuzz_targets").join(target.name).with_extension("rs");
            let text = std::fs::read_to_string(&binary).expect("a binary");
            assert!(text.contains(&format!("run(\"{}\", data)", target.name)), "{binary:?}");
        }
    }
}
