//! One at a time starts a process or writes a script.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held while a process is started or a script is written. Otherwise a process that starts on another thread
/// could inherit the open script, and the system would refuse to execute it as busy.
pub fn no_fork() -> MutexGuard<'static, ()> {
    static FORKING: Mutex<()> = Mutex::new(());
    FORKING.lock().unwrap_or_else(PoisonError::into_inner)
}
