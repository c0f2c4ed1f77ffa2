//! Campanile: rule files and an event log in, scheduled WhatsApp send jobs out.

use std::process::ExitCode;

/// All of it is in the library's command room, where tests reach it.
fn main() -> ExitCode {
    campanile::command::main(std::env::args_os()).into()
}
