//! Work that several threads take from one queue.
//!
//! In: pieces of work, and how a sum is begun, added to and put together with another. Out: the sum of all. Who
//! takes which piece is left to chance, so sums must not depend on it.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Error;

/// Each thread begins a sum of its own and adds pieces to it as long as there are any. The first error ends the
/// thread that met it, and is the answer.
pub(super) fn shared_out<T: Sync, S: Send>(
    pieces: &[T],
    threads: usize,
    new: impl Fn() -> S + Sync,
    work: impl Fn(usize, &T, &mut S) -> Result<(), Error> + Sync,
    add: impl Fn(S, S) -> S,
) -> Result<S, Error> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut sum = new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(at) else {
                return Ok::<_, Error>(sum);
            };
            work(at, piece, &mut sum)?;
        }
    };
    std::thread::scope(|scope| {
        let threads = threads.clamp(1, pieces.len().max(1));
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        workers
            .into_iter()
            .map(|worker| match worker.join() {
                Ok(sum) => sum,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .try_fold(new(), |sum, part| Ok(add(sum, part?)))
    })
}
