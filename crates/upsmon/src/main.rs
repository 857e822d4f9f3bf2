//! The program upsmon.

fn main() -> std::process::ExitCode {
    upsmon::startup::main(std::env::args_os().collect()).into()
}
