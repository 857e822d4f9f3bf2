//! The program upsd.

fn main() -> std::process::ExitCode {
    upsd::startup::main(std::env::args_os().collect()).into()
}
