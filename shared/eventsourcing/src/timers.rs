//! Timers as rows: an instant at which something must happen, computed from the log like every other row (ADR 1).
//!
//! A projection of a service's own events sets, moves and cancels them; the runtime hands what is due to the handler
//! that the service registered under the timer's name. A timer is done when its row is gone: what the handler decides
//! leads to an event whose projection cancels or moves it. So a rebuilt view fires nothing that was handled.

use crate::{View, ViewExt};
use reeve_types::Timestamp;

/// The table of a timer's rows in the order in which they are due: see [`due_key`].
pub fn table(name: &str) -> String {
    format!("timers/{name}")
}

/// The table from key to instant.
fn instants(name: &str) -> String {
    format!("timer-instants/{name}")
}

/// The key of a row: `<ms, 16 digits>/<key>`. What was due before 1970 is due at once.
fn due_key(at: Timestamp, key: &str) -> String {
    format!("{:016}/{key}", at.0.max(0))
}

/// Reads a key of [`table`]: the instant and the timer's key.
pub fn read_due_key(due_key: &str) -> Option<(Timestamp, &str)> {
    let (instant, key) = due_key.split_once('/')?;
    Some((Timestamp(instant.parse().ok()?), key))
}

/// Sets the timer of a key, or moves it.
pub fn set(view: &mut dyn View, name: &str, key: &str, at: Timestamp) {
    cancel(view, name, key);
    let at = Timestamp(at.0.max(0));
    view.put_row(&table(name), &due_key(at, key), ());
    view.put_row(&instants(name), key, at);
}

/// Cancels the timer of a key, if there is one.
pub fn cancel(view: &mut dyn View, name: &str, key: &str) {
    if let Some(at) = view.row::<Timestamp>(&instants(name), key) {
        view.remove(&table(name), due_key(at, key).as_bytes());
        view.remove(&instants(name), key.as_bytes());
    }
}

/// When the timer of a key is due, if there is one.
pub fn due_at(view: &dyn View, name: &str, key: &str) -> Option<Timestamp> {
    view.row(&instants(name), key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryView;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_key_reads_back_whatever_it_holds() {
        for key in ["c", "c/mi-1", "", "a b"] {
            assert_eq!(read_due_key(&due_key(Timestamp(7), key)), Some((Timestamp(7), key)));
        }
        assert_eq!(read_due_key("x/y"), None);
    }

    proptest! {
        /// The table has each key once, at its last instant, in order.
        #[test]
        fn the_table_is_what_was_set_last(
            changes in prop::collection::vec(("[a-c]", prop::option::of(-5i64..50)), 0..40),
        ) {
            let (mut view, mut expected) = (MemoryView::default(), BTreeMap::new());
            for (key, at) in changes {
                match at {
                    Some(at) => {
                        set(&mut view, "t", &key, Timestamp(at));
                        expected.insert(key, at.max(0));
                    }
                    None => {
                        cancel(&mut view, "t", &key);
                        expected.remove(&key);
                    }
                }
            }
            for (key, at) in &expected {
                prop_assert_eq!(due_at(&view, "t", key), Some(Timestamp(*at)));
            }
            let rows = view.0.keys().filter(|(name, _)| *name == table("t"));
            let rows: Vec<(i64, String)> = rows
                .filter_map(|(_, key)| {
                    let (at, key) = read_due_key(std::str::from_utf8(key).ok()?)?;
                    Some((at.0, key.to_owned()))
                })
                .collect();
            let mut sorted: Vec<(i64, String)> = expected.into_iter().map(|(key, at)| (at, key)).collect();
            sorted.sort();
            prop_assert_eq!(rows, sorted);
        }
    }
}
