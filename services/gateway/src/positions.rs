//! What each caller last wrote, so that its next read does not answer with the past: a replica of a service
//! that is told `reeve-min-position` waits until its view is there.

use crate::Written;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::{PoisonError, RwLock};

/// Access keys that are remembered. Forgetting one costs its owner nothing but this guarantee.
const MAX_TRACKED_KEYS: usize = 10_000;
/// Streams that are remembered for each: there are about twenty services.
const MAX_STREAMS_PER_KEY: usize = 64;

/// By stream, the newest sequence.
type Newest = BTreeMap<Box<str>, u64>;

/// The newest position of each stream, for each access key.
#[derive(Debug, Default)]
pub struct Positions {
    newest: RwLock<HashMap<Box<str>, Newest>>,
}

impl Positions {
    /// Remembers each `STREAM:sequence` of what a caller wrote; says whether one of them was not known.
    pub fn remember_all(&self, written: &Written) -> bool {
        written.positions.iter().filter(|position| self.remember(&written.caller, position)).count() > 0
    }

    /// Remembers one; says whether it was not known.
    fn remember(&self, access_key_id: &str, position: &str) -> bool {
        let Some((stream, sequence)) = parse(position) else {
            tracing::warn!(position, "a malformed position");
            return false;
        };
        let known = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        let newest = known.get(access_key_id).and_then(|streams| streams.get(stream));
        if newest.is_some_and(|newest| *newest >= sequence) {
            return false;
        }
        drop(known);
        let mut known = self.newest.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_TRACKED_KEYS && !known.contains_key(access_key_id) {
            known.clear();
        }
        let streams = known.entry(access_key_id.into()).or_default();
        if streams.len() < MAX_STREAMS_PER_KEY || streams.contains_key(stream) {
            let newest = streams.entry(stream.into()).or_default();
            *newest = sequence.max(*newest);
        }
        true
    }

    /// The positions of a caller as `reeve-min-position` carries them, or none.
    pub fn of(&self, access_key_id: &str) -> Option<String> {
        let known = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (stream, sequence) in known.get(access_key_id)? {
            let comma = if text.is_empty() { "" } else { "," };
            // Writing to a string does not fail.
            let _ = write!(text, "{comma}{stream}:{sequence}");
        }
        (!text.is_empty()).then_some(text)
    }
}

fn parse(position: &str) -> Option<(&str, u64)> {
    let (stream, sequence) = position.rsplit_once(':')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let named = (1..=64).contains(&stream.len()) && stream.bytes().all(plain);
    sequence.parse().ok().filter(|_| named).map(|sequence| (stream, sequence))
}

#[cfg(test)]
mod tests {
    use super::{Positions, Written};

    #[test]
    fn the_newest_of_each_stream_is_kept() {
        let positions = Positions::default();
        assert_eq!(positions.of("a"), None);
        let positions_of_a =
            ["DOCUMENTS:7", "RUN_COMMAND:3", "DOCUMENTS:9", "DOCUMENTS:8"].map(str::to_owned);
        let written = Written { caller: "a".to_owned(), positions: positions_of_a.into() };
        assert!(positions.remember_all(&written), "they are new");
        assert!(!positions.remember_all(&written), "all of them are known");
        assert_eq!(positions.of("a").as_deref(), Some("DOCUMENTS:9,RUN_COMMAND:3"));
        assert_eq!(positions.of("b"), None);
    }

    #[test]
    fn what_is_no_position_is_not_kept() {
        let positions = Positions::default();
        for position in ["", "DOCUMENTS", "DOCUMENTS:", ":7", "A,B:7", "DOCUMENTS:x", "A\nB:1"] {
            assert!(!positions.remember("a", position), "{position}");
        }
        assert_eq!(positions.of("a"), None);
    }

    #[test]
    fn memory_is_bounded() {
        let positions = Positions::default();
        for n in 0..super::MAX_TRACKED_KEYS + 5 {
            positions.remember(&n.to_string(), "DOCUMENTS:1");
        }
        assert!(positions.newest.read().unwrap().len() <= super::MAX_TRACKED_KEYS);
    }
}
