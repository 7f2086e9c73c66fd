//! Threads with room for deep recursion: plans are as deep as queries are long.
//!
//! In: work that recurses. Out: what it returns. Whoever makes many plans begins a thread of this kind once; anywhere
//! else each plan gets one of its own.

use std::cell::Cell;
use std::thread::{self, Scope, ScopedJoinHandle};

use crate::limits::PLANNING_STACK_BYTES;

thread_local! {
    /// Whether this thread is one of them.
    static IS_DEEP: Cell<bool> = const { Cell::new(false) };
}

/// Begins such a thread.
pub fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> ScopedJoinHandle<'scope, T> {
    let worker = thread::Builder::new()
        .name("keyline-plan".into())
        .stack_size(PLANNING_STACK_BYTES)
        .spawn_scoped(scope, || {
            IS_DEEP.set(true);
            work()
        });
    worker.expect("the system has a thread to give")
}

/// Does the work where there is room for it: here, or on a thread begun for it.
pub(crate) fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    // What is planned blocks on a runtime, which those inside of one may not.
    if IS_DEEP.get() && tokio::runtime::Handle::try_current().is_err() {
        return work();
    }
    thread::scope(|scope| match spawn(scope, work).join() {
        Ok(output) => output,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_within_work_stays_on_its_thread() {
        let name = || thread::current().id();
        let here = name();
        let (outer, inner) = on_deep_stack(|| (name(), on_deep_stack(name)));
        assert_ne!(here, outer);
        assert_eq!(outer, inner);
        assert_ne!(outer, on_deep_stack(name));
    }
}
