//! The command line: see `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    slipway::cli::run()
}
