use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use super::exit::Exit;
use super::terminal;
use crate::input::is_decoding;
use crate::report::harmless;

/// Runs a command; a panic within it is told as what it is, a bug of ours, and not as the user's mistake.
pub fn guarded(command: impl FnOnce() -> Exit) -> Exit {
    panic::set_hook(Box::new(|panic| {
        // What a decoder gives up on becomes an error that names the file.
        if !is_decoding() {
            terminal::tell(&apology(panic));
        }
    }));
    panic::catch_unwind(AssertUnwindSafe(command)).unwrap_or(Exit::Bug)
}

fn apology(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let place =
        panic.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
    format!(
        "{} this is a bug of campanile {}, not a mistake of yours: {}{place}\n\
         {} nothing was half written; please report it with the command and, if you can, the files\n",
        terminal::colours_of_stderr().red("error:"),
        env!("CARGO_PKG_VERSION"),
        harmless(text),
        terminal::colours_of_stderr().bold("help:"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_bug_of_ours() {
        let exit = guarded(|| panic!("the roof fell in"));
        drop(panic::take_hook());
        assert_eq!(exit, Exit::Bug);
        assert_eq!(exit.code(), 3);
    }
}
