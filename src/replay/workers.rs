//! Several threads over one row of pieces, and what comes of the pieces in their order.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does pieces of work on so many threads, this one among them, and answers what came of each, in the order of the pieces.
///
/// Which thread does which piece is left to chance: what comes of a piece must not hang on the worker that does it, which
/// is begun once for each thread and only saves making anew what every piece needs. Where the system has no further thread
/// to give, fewer do it all.
pub(super) fn in_order<W, R: Send>(
    threads: usize,
    pieces: usize,
    begin: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, usize) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let of_one_thread = || {
        let (mut worker, mut done) = (None, Vec::new());
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces {
                return done;
            }
            done.push((piece, work(worker.get_or_insert_with(&begin), piece)));
        }
    };
    let mut done = thread::scope(|scope| {
        let begun = |_| thread::Builder::new().spawn_scoped(scope, of_one_thread).ok();
        let others: Vec<_> = (1..threads.min(pieces)).map_while(begun).collect();
        let mut done = of_one_thread();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(piece, _)| *piece);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn results_come_in_the_order_of_the_pieces() {
        for threads in [0, 1, 2, 7] {
            for pieces in [0, 1, 2, 100] {
                let squares = in_order(threads, pieces, || (), |(), piece| piece * piece);
                assert_eq!(squares, (0..pieces).map(|piece| piece * piece).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_panic_is_handed_on() {
        let ends = std::panic::catch_unwind(|| {
            in_order(
                3,
                50,
                || (),
                |(), piece| {
                    assert!(piece != 30, "the thirtieth");
                    piece
                },
            )
        });
        assert!(ends.is_err());
    }
}
