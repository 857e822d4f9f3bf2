//! The program upssched.

fn main() -> std::process::ExitCode {
    upsmon::sched::startup::main(std::env::args_os().collect()).into()
}
