//! The binary `milepost`: everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    milepost::cli::main()
}
