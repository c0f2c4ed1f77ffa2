//! How much memory a command may take for what waits, and the folder for the rest.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::exit::Failure;
use crate::audience::Audience;
use crate::input::TemporaryFiles;
use crate::replay::{BoundedReplay, Replay};

/// Where nothing tells how much memory the machine has.
const UNKNOWN: u64 = 8 << 30;

/// What may wait in memory, and where the rest waits.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Memory {
    /// Events that wait for the others of their user take no more memory, such as `4GB` or `512MB`
    ///
    /// What is beyond it is packed into temporary files. Default: half of the machine's memory.
    #[arg(long, value_name = "SIZE", value_parser = bytes, verbatim_doc_comment)]
    memory: Option<u64>,
    /// The folder for temporary files. Default: that of the system
    #[arg(long, value_name = "DIR")]
    temp: Option<PathBuf>,
}

impl Memory {
    /// Gives an audience its budget.
    pub fn limit(&self, audience: Audience) -> Audience {
        audience.with_memory(self.bytes(), self.files())
    }

    /// Gives a replay its budget.
    pub fn bound(&self, replay: Replay) -> BoundedReplay {
        replay.with_memory(self.bytes(), self.files())
    }

    fn bytes(&self) -> u64 {
        self.memory.unwrap_or_else(|| of_machine().unwrap_or(UNKNOWN) / 2)
    }

    fn files(&self) -> Arc<TemporaryFiles> {
        let folder = self.temp.clone().unwrap_or_else(std::env::temp_dir);
        Arc::new(TemporaryFiles::in_folder(folder))
    }
}

/// That what does not fit in memory could not be put by, or had back.
#[cold]
pub fn no_room(message: impl Into<String>) -> Failure {
    Failure::usage(message).with_help(
        "what does not fit in `--memory` waits there; name a folder with room by `--temp`, or allow more",
    )
}

/// How much memory the machine has for us, where the system tells it as Linux does: a container may have less than its machine.
fn of_machine() -> Option<u64> {
    let told = fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let limits = limits.iter().filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    Some(limits.fold(kilobytes.saturating_mul(1024), u64::min))
}

/// `--memory`
fn bytes(text: &str) -> Result<u64, String> {
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.get(number.len()..).unwrap_or_default();
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(format!("`{unit}` is no unit of memory; write `4GB` or `512MB`")),
    };
    let number: f64 = number.trim().parse().map_err(|_| "write `4GB` or `512MB`".to_owned())?;
    let bytes = number * unit as f64;
    if bytes >= 1.0 && bytes < u64::MAX as f64 {
        Ok(bytes as u64)
    } else {
        Err("so much memory cannot be; write `4GB` or `512MB`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_written_as_people_do_and_others_are_refused() {
        let good =
            [("1", 1), ("512MB", 512_000_000), ("1.5gb", 1_500_000_000), ("4 GiB", 4 << 30), ("2k", 2000)];
        for (text, wanted) in good {
            assert_eq!(bytes(text), Ok(wanted), "{text}");
        }
        for text in ["", "GB", "-1GB", "0", "4 monkeys", "1e400GB", "nan", "NaNGB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
