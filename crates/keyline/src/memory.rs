//! How the system's allocator shares out memory among threads.
//!
//! glibc gives threads heaps of their own, eight for each processor, and what is freed in one is not taken
//! from another. The steps of a query move over all threads of the pool, so that each heap grows to what the
//! largest step needed. Deliberately not here: how much memory a run may take, which `data.rs` decides.

/// Heaps for all threads together: one for each processor of a small machine. Threads that wait for one
/// another cost a little time; a hunt takes well under half of the memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const HEAPS: i32 = 2;

/// To be called before there is a second thread.
pub fn share_heaps() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: the call sets a number inside the allocator and touches no memory of ours; there is no other
    // thread yet that could be inside it.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, HEAPS);
    }
}
