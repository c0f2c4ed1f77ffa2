use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::outputs::{Keeper, Outputs};
use crate::command::exit::Failure;
use crate::command::progress::Teller;
use crate::command::terminal;
use crate::input::Reject;
use crate::report::harmless;

/// So many rejects are shown when nothing keeps them.
const SHOWN: u64 = 3;

/// The rows that could not be read: counted, kept or shown, in the order of the log, whichever thread met them.
#[derive(Clone)]
pub struct Rejects {
    kept: Arc<Mutex<Kept>>,
    /// Nothing further is to be read.
    stopped: Arc<AtomicBool>,
}

struct Kept {
    keeper: Keeper,
    teller: Teller,
    strict: bool,
    count: u64,
    failure: Option<Failure>,
}

impl Rejects {
    pub fn new(outputs: &mut Outputs, teller: Teller, strict: bool) -> Rejects {
        let kept = Kept { keeper: outputs.lend_rejects(), teller, strict, count: 0, failure: None };
        Rejects { kept: Arc::new(Mutex::new(kept)), stopped: Arc::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether to go on reading.
    pub fn go_on(&self) -> bool {
        !self.stopped.load(Ordering::Relaxed)
    }

    /// Takes one.
    #[cold]
    pub fn take(&self, reject: &Reject) {
        let mut kept = self.kept();
        if kept.failure.is_some() {
            return;
        }
        if let Err(failure) = kept.take(reject) {
            kept.failure = Some(failure);
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Why not to go on, if so.
    ///
    /// # Errors
    /// When a reject could not be written, and with `--strict` when there is any.
    pub fn check(&self) -> Result<(), Failure> {
        self.kept().failure.take().map_or(Ok(()), Err)
    }

    /// Gives back what was lent, when all is read; answers how many there were.
    pub fn finish(self, outputs: &mut Outputs) -> u64 {
        let mut kept = self.kept();
        let keeper = std::mem::replace(&mut kept.keeper, Outputs::none().lend_rejects());
        outputs.take_back(keeper);
        kept.count
    }
}

impl Kept {
    fn take(&mut self, reject: &Reject) -> Result<(), Failure> {
        let what = format!("`{}` row {}: {}", reject.file, reject.row, reject.reason);
        if self.strict {
            return Err(Failure::findings(what).with_help(
                "without `--strict` such rows are counted and left out; `--rejects FILE` of `campanile run` keeps them",
            ));
        }
        self.count += 1;
        if !self.keeper.keep(reject)? && self.count <= SHOWN {
            let colours = terminal::colours_of_stderr();
            self.teller.aside(&format!("{} {}", colours.yellow("rejected:"), harmless(&what)));
        }
        Ok(())
    }
}
