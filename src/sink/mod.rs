//! Where send jobs go.
//!
//! A [`Sink`] takes one job after the other, in the order of output. Here are the ones that need nothing else: lines of JSON
//! ([`NdjsonSink`]), memory ([`MemorySink`]) and a closure ([`from_fn`]); with the feature `parquet`, Parquet (`ParquetSink`).

mod ndjson;
#[cfg(feature = "parquet")]
mod table;

use std::convert::Infallible;

pub use ndjson::{NdjsonSink, OutcomeWriter, WriteError};
#[cfg(feature = "parquet")]
pub use table::{ParquetOutcomes, ParquetSink};

use crate::model::SendJob;

/// Takes send jobs.
///
/// The contract is small on purpose. `send` takes a job over: after `Ok`, the sink answers for it, and it need not be delivered
/// yet (a sink may buffer, or hand it to tasks of its own). After `Err` it was not taken, and whoever sends decides whether to
/// go on. `finish` returns when all that was taken over is done with, as far as the sink can know; whoever made the sink calls it.
///
/// # Example
/// ```
/// use campanile::model::SendJob;
/// use campanile::sink::Sink;
///
/// /// Counts what passes.
/// struct Counted<S> { inner: S, jobs: u64 }
///
/// impl<S: Sink> Sink for Counted<S> {
///     type Error = S::Error;
///
///     fn send(&mut self, job: &SendJob) -> Result<(), S::Error> {
///         self.inner.send(job)?;
///         self.jobs += 1;
///         Ok(())
///     }
///
///     fn finish(&mut self) -> Result<(), S::Error> {
///         self.inner.finish()
///     }
/// }
/// ```
pub trait Sink {
    /// Why a job was not taken.
    type Error;

    /// Takes one job.
    ///
    /// # Errors
    /// When the job was not taken.
    fn send(&mut self, job: &SendJob) -> Result<(), Self::Error>;

    /// Waits until all jobs that were taken are done with. Further jobs may follow.
    ///
    /// # Errors
    /// When that cannot be brought about.
    fn finish(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    type Error = S::Error;

    fn send(&mut self, job: &SendJob) -> Result<(), S::Error> {
        (**self).send(job)
    }

    fn finish(&mut self) -> Result<(), S::Error> {
        (**self).finish()
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    type Error = S::Error;

    fn send(&mut self, job: &SendJob) -> Result<(), S::Error> {
        (**self).send(job)
    }

    fn finish(&mut self) -> Result<(), S::Error> {
        (**self).finish()
    }
}

/// Keeps jobs in memory, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct MemorySink {
    jobs: Vec<SendJob>,
}

impl MemorySink {
    /// Without jobs.
    pub const fn new() -> MemorySink {
        MemorySink { jobs: Vec::new() }
    }

    /// The jobs so far.
    pub fn jobs(&self) -> &[SendJob] {
        &self.jobs
    }

    /// The jobs, given away.
    pub fn into_jobs(self) -> Vec<SendJob> {
        self.jobs
    }
}

impl Sink for MemorySink {
    type Error = Infallible;

    fn send(&mut self, job: &SendJob) -> Result<(), Infallible> {
        self.jobs.push(job.clone());
        Ok(())
    }
}

/// A sink that calls a closure for each job.
///
/// # Example
/// ```
/// use campanile::sink::{Sink, from_fn};
/// let mut sent = 0;
/// let mut sink = from_fn(|_job| {
///     sent += 1;
///     Ok::<(), std::io::Error>(())
/// });
/// sink.finish()?;
/// assert_eq!(sent, 0);
/// # Ok::<(), std::io::Error>(())
/// ```
pub const fn from_fn<F, E>(send: F) -> FromFn<F>
where
    F: FnMut(&SendJob) -> Result<(), E>,
{
    FromFn { send }
}

/// See [`from_fn`]. A type of its own, because a rule for all closures would shut out `&mut` and `Box` of other sinks.
#[derive(Debug, Clone)]
pub struct FromFn<F> {
    send: F,
}

impl<F, E> Sink for FromFn<F>
where
    F: FnMut(&SendJob) -> Result<(), E>,
{
    type Error = E;

    fn send(&mut self, job: &SendJob) -> Result<(), E> {
        (self.send)(job)
    }
}
