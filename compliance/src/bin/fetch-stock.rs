//! Gets stock NUT into `target/stock-nut` and prints the folder of its programs.
//! With `--source`, its source tree as well, whose folder is then printed instead.

use std::process::ExitCode;

use nut_compliance::{maker, stock};

fn main() -> ExitCode {
    let target = maker::target_folder();
    let wants_source = std::env::args().any(|arg| arg == "--source");
    let folder = match wants_source {
        true => stock::ensure_source(&target),
        false => stock::ensure(&target).map(|home| home.join("bin")),
    };
    match folder {
        Ok(folder) => {
            println!("{}", folder.display());
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("cannot get stock NUT {}: {why}", maker::STOCK_VERSION);
            ExitCode::FAILURE
        }
    }
}
