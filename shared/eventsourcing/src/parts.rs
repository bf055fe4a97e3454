//! Changes that are too large for one message: they are said in parts, one event each, and the last one puts all in force.
//!
//! A decider accepts parts in their order ([`Part::follows`]); who asks divides a change ([`Division`]); a projection keeps
//! the parts that came until the last one does ([`Waiting`]). A change that another one came between never comes into force.

use crate::{View, ViewExt, projection::Row};

/// Where a message stands in its change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    pub change_id: &'a str,
    /// From 1 on.
    pub number: u32,
    /// How many parts the change has.
    pub count: u32,
}

impl Part<'_> {
    /// Whether the change is in force with this part.
    pub fn is_last(&self) -> bool {
        self.number >= self.count
    }

    /// Whether it is a first part, or the next one of the change that is coming: its id, and the last part of it that came.
    pub fn follows(&self, coming: Option<&(String, u32)>) -> bool {
        let follows = match (self.number, coming) {
            (0, _) => false,
            (1, _) => true,
            (number, Some((id, last))) => id == self.change_id && number - 1 == *last,
            (_, None) => false,
        };
        follows && self.number <= self.count
    }

    /// What is coming after it.
    pub fn coming(&self) -> Option<(String, u32)> {
        (!self.is_last()).then(|| (self.change_id.to_owned(), self.number))
    }
}

/// Divides what a change says into messages that the bus carries. `P` is a message.
pub struct Division<P> {
    parts: Vec<P>,
    limit_bytes: usize,
    /// Of the last part, so far.
    bytes: usize,
}

impl<P: Default> Division<P> {
    /// Into parts of at most so many bytes, unless one thing alone has more.
    pub fn new(limit_bytes: usize) -> Self {
        Self { parts: vec![P::default()], limit_bytes, bytes: 0 }
    }

    /// The part that takes a thing of so many bytes.
    pub fn part_for(&mut self, bytes: usize) -> &mut P {
        if self.bytes + bytes > self.limit_bytes && self.bytes > 0 {
            self.parts.push(P::default());
            self.bytes = 0;
        }
        self.bytes += bytes;
        let last = self.parts.len() - 1;
        &mut self.parts[last]
    }

    /// The parts with their numbers, and how many there are. There is always one.
    pub fn numbered(self) -> (impl Iterator<Item = (u32, P)>, u32) {
        let count = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        ((1..).zip(self.parts), count)
    }
}

/// The tables in which parts wait for the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The change whose parts are waiting, and how many there are, by the key of what it changes.
    pub changes: &'static str,
    /// The parts, by that key and `/` and their numbers.
    pub parts: &'static str,
}

impl Waiting {
    /// Takes a part in. Answers all parts of its change in their order when it is the last one.
    pub fn take<P: Row>(&self, view: &mut dyn View, key: &str, at: Part<'_>, part: P) -> Option<Vec<P>> {
        let mut all = Vec::new();
        if let Some((change_id, waiting)) = view.row::<(String, u32)>(self.changes, key) {
            // Of a change that another one came between nothing comes any more.
            let follows = change_id == at.change_id;
            if !follows || at.is_last() {
                for number in 1..=waiting {
                    let part_key = part_key(key, number);
                    all.extend(view.row::<P>(self.parts, &part_key).filter(|_| follows));
                    view.remove(self.parts, part_key.as_bytes());
                }
                view.remove(self.changes, key.as_bytes());
            }
        }
        if let Some(coming) = at.coming() {
            view.put_row(self.parts, &part_key(key, at.number), part);
            view.put_row(self.changes, key, coming);
            return None;
        }
        all.push(part);
        Some(all)
    }
}

fn part_key(key: &str, number: u32) -> String {
    format!("{key}/{number:05}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryView;

    const WAITING: Waiting = Waiting { changes: "coming", parts: "parts" };

    fn part(change_id: &str, number: u32, count: u32) -> Part<'_> {
        Part { change_id, number, count }
    }

    #[test]
    fn a_part_follows_the_one_before_it_of_the_same_change() {
        let coming = Some(("a".to_owned(), 1));
        for (at, coming, follows) in [
            (part("a", 1, 1), None, true),
            (part("b", 1, 3), coming.as_ref(), true),
            (part("a", 2, 3), coming.as_ref(), true),
            (part("a", 3, 3), coming.as_ref(), false),
            (part("b", 2, 3), coming.as_ref(), false),
            (part("a", 2, 3), None, false),
            (part("a", 0, 3), coming.as_ref(), false),
            (part("a", 1, 0), None, false),
            (part("a", 2, 1), coming.as_ref(), false),
        ] {
            assert_eq!(at.follows(coming), follows, "{at:?} after {coming:?}");
        }
    }

    #[test]
    fn parts_wait_for_the_last_one_and_nothing_stays() {
        let mut view = MemoryView::default();
        let mut take = |at: Part<'_>, what: &str| WAITING.take(&mut view, "key", at, what.to_owned());
        assert_eq!(take(part("a", 1, 1), "whole"), Some(vec!["whole".to_owned()]));
        assert_eq!(take(part("b", 1, 3), "left"), None);
        assert_eq!(take(part("c", 1, 3), "one"), None, "b never comes to its end");
        assert_eq!(take(part("c", 2, 3), "two"), None);
        let all = ["one", "two", "three"].map(str::to_owned).to_vec();
        assert_eq!(take(part("c", 3, 3), "three"), Some(all));
        assert_eq!(take(part("d", 1, 2), "left"), None);
        assert_eq!(take(part("e", 1, 1), "whole"), Some(vec!["whole".to_owned()]));
        assert_eq!(view, MemoryView::default());
    }

    #[test]
    fn things_are_divided_by_their_bytes_and_a_large_one_is_alone() {
        let mut division = Division::<Vec<usize>>::new(10);
        for bytes in [4, 6, 1, 25, 3, 7] {
            division.part_for(bytes).push(bytes);
        }
        let (parts, count) = division.numbered();
        let parts: Vec<_> = parts.collect();
        assert_eq!(parts, [(1, vec![4, 6]), (2, vec![1]), (3, vec![25]), (4, vec![3, 7])]);
        assert_eq!(count, 4);
        assert_eq!(Division::<Vec<usize>>::new(10).numbered().1, 1);
    }
}
