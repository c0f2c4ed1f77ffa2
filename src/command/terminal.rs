use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};

use super::exit::Failure;
use crate::report::Colours;

/// Standard output whose reader may leave: `campanile run … | head` is no error, and what is still to be done, such as
/// writing the outcomes' file, is done.
#[derive(Debug)]
pub struct Forgiving<W> {
    inner: W,
    reader_left: bool,
}

impl<W: Write> Forgiving<W> {
    /// Wraps a stream.
    pub const fn new(inner: W) -> Forgiving<W> {
        Forgiving { inner, reader_left: false }
    }

    fn forgive<T>(&mut self, result: io::Result<T>, instead: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.reader_left = true;
                Ok(instead)
            }
            result => result,
        }
    }
}

impl<W: Write> Write for Forgiving<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.reader_left {
            return Ok(bytes.len());
        }
        let result = self.inner.write(bytes);
        self.forgive(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.reader_left {
            return Ok(());
        }
        let result = self.inner.flush();
        self.forgive(result, ())
    }
}

/// Standard output, buffered: jobs come by the million.
pub fn stdout() -> io::BufWriter<Forgiving<io::Stdout>> {
    io::BufWriter::with_capacity(64 * 1024, Forgiving::new(io::stdout()))
}

/// Writes to standard output.
///
/// # Errors
/// When it cannot be written to; a reader who has left is no error.
pub fn say(text: &str) -> Result<(), Failure> {
    let mut output = stdout();
    let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    written.map_err(|error| Failure::io("write", "standard output", &error))
}

/// Writes to standard error; when even that is closed, there is nobody left to tell.
pub fn tell(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Whether standard output may carry colours.
pub fn colours_of_stdout() -> Colours {
    colours(io::stdout().is_terminal())
}

/// Whether standard error may carry colours.
pub fn colours_of_stderr() -> Colours {
    colours(io::stderr().is_terminal())
}

#[expect(clippy::disallowed_methods, reason = "whether a terminal wants colours is said in the environment")]
fn colours(terminal: bool) -> Colours {
    let has =
        |name: &str, wanted: fn(&OsStr) -> bool| std::env::var_os(name).is_some_and(|value| wanted(&value));
    decide_colours(Environment {
        terminal,
        no_color: has("NO_COLOR", |value| !value.is_empty()),
        forced: has("CLICOLOR_FORCE", |value| !value.is_empty() && value != "0"),
        dumb: has("TERM", |value| value == "dumb"),
    })
}

struct Environment {
    terminal: bool,
    no_color: bool,
    forced: bool,
    dumb: bool,
}

fn decide_colours(environment: Environment) -> Colours {
    let Environment { terminal, no_color, forced, dumb } = environment;
    if !no_color && (forced || (terminal && !dumb)) { Colours::On } else { Colours::Off }
}

/// The most memory that this process held at once, in bytes; none where the system does not tell it as Linux does.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pipe {
        room: usize,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.room -= 1;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_leaves_is_no_error_and_any_other_is() {
        let mut output = Forgiving::new(Pipe { room: 1 });
        for _ in 0..3 {
            output.write_all(b"line\n").unwrap();
            output.flush().unwrap();
        }
        assert!(output.reader_left);

        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(Forgiving::new(Full).write_all(b"x").is_err());
    }

    #[test]
    fn colours_are_for_terminals_and_no_color_has_the_last_word() {
        let decide = |terminal, no_color, forced, dumb| {
            decide_colours(Environment { terminal, no_color, forced, dumb }) == Colours::On
        };
        assert!(decide(true, false, false, false));
        assert!(!decide(false, false, false, false));
        assert!(!decide(true, false, false, true));
        assert!(decide(false, false, true, false));
        assert!(!decide(true, true, true, false));
    }
}
