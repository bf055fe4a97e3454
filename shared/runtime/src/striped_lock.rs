//! Turns for callers that would change the same aggregate at the same time.
//!
//! An append that was overtaken decides again, a bounded number of times. Where many callers of one replica are expected
//! at one aggregate, they take turns instead of being in each other's way. Replicas still meet at the log alone.

use tokio::sync::{Mutex, MutexGuard};

/// As many keys have turns beside each other; two keys may share one.
const STRIPES: usize = 64;

/// A lock for each key.
pub struct StripedLock([Mutex<()>; STRIPES]);

impl Default for StripedLock {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl StripedLock {
    /// Waits for the turn of a key, which lasts as long as what is answered.
    pub async fn turn(&self, key: &str) -> MutexGuard<'_, ()> {
        let hash =
            key.bytes().fold(0usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte)));
        self.0[hash % STRIPES].lock().await
    }
}

#[cfg(test)]
mod tests {
    use super::StripedLock;

    #[tokio::test]
    async fn one_key_has_one_turn_and_another_its_own() {
        let lock = StripedLock::default();
        let turn = lock.turn("a").await;
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(10), lock.turn("a")).await;
        assert!(waiting.is_err());
        drop((lock.turn("b").await, turn));
        drop(lock.turn("a").await);
    }
}
