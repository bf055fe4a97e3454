//! The order of output chunks.
//!
//! An agent sends several chunks before the first is acknowledged, and again what a lost connection may have
//! swallowed. So a stream may hold a chunk twice, and a few chunks in another order than they were printed in.
//! Their numbers tell.

use std::collections::BTreeMap;

/// Chunks that came before one that is missing are kept up to this many; an agent has fewer on their way.
const MAX_EARLY_CHUNKS: usize = 256;

/// Puts the chunks of one step in order, each once.
#[derive(Debug)]
pub struct Order<T> {
    next: u64,
    early: BTreeMap<u64, T>,
}

impl<T> Default for Order<T> {
    fn default() -> Self {
        Self { next: 1, early: BTreeMap::new() }
    }
}

impl<T> Order<T> {
    /// Takes a chunk; answers those whose turn it is now. A repeated one is dropped. When too many wait for
    /// one that does not come, it is given up: its bytes are not in the stream any more.
    pub fn take(&mut self, number: u64, chunk: T) -> Vec<T> {
        if number < self.next {
            return Vec::new();
        }
        self.early.entry(number).or_insert(chunk);
        if self.early.len() > MAX_EARLY_CHUNKS
            && let Some(first) = self.early.keys().next()
        {
            self.next = *first;
        }
        let mut turn = Vec::new();
        while let Some(chunk) = self.early.remove(&self.next) {
            turn.push(chunk);
            self.next += 1;
        }
        turn
    }

    /// What waits still, in order: for the end of the stream.
    pub fn rest(&mut self) -> Vec<T> {
        std::mem::take(&mut self.early).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_repeats_and_another_order_when_taken_then_each_has_its_turn_once() {
        let mut order = Order::default();
        let turns: Vec<u64> = [1, 2, 5, 3, 2, 4, 5, 6].into_iter().flat_map(|n| order.take(n, n)).collect();
        assert_eq!(turns, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn given_one_that_does_not_come_when_many_wait_then_it_is_given_up() {
        let mut order = Order::default();
        let count = MAX_EARLY_CHUNKS as u64 + 1;
        let turns: Vec<u64> = (2..2 + count).flat_map(|n| order.take(n, n)).collect();
        assert_eq!(turns.len() as u64, count);
        assert!(order.take(1, 1).is_empty());
        order.take(1000, 1000);
        assert_eq!(order.rest(), [1000]);
    }
}
