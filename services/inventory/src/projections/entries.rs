//! The entries of what a node has of a type, in the order of their keys: neighbours share a row, because a node has hundreds of
//! them, and a row for each would be most of what a fleet's views are.
//!
//! Which row has a key is told by the first keys of the rows, which are a row of their own.

use reeve_eventsourcing::{View, ViewExt};
use reeve_inventory_model::{Entries, Entry};
use reeve_runtime::{Page, Store};

/// Neighbouring entries by their keys, by [`chunk_key`].
const ENTRIES: &str = "entries";
/// The first keys of the chunks of what a node has of a type, in order, by `item_key`.
const CHUNKS: &str = "entry-chunks";
/// A chunk that has more is divided.
const MAX_CHUNK_ENTRIES: usize = 64;

fn chunk_key(item: &str, first: &str) -> String {
    format!("{item}/{first}")
}

/// The number of the chunk that has a key, or would: before all chunks that is the first one.
fn chunk_of(firsts: &[String], key: &str) -> usize {
    firsts.partition_point(|first| first.as_str() <= key).saturating_sub(1)
}

/// The chunks of what a node has of a type, while they are changed.
pub(super) struct Chunks<'a> {
    item: &'a str,
    firsts: Vec<String>,
    is_changed: bool,
}

impl<'a> Chunks<'a> {
    pub fn open(view: &dyn View, item: &'a str) -> Self {
        Self { item, firsts: view.row(CHUNKS, item).unwrap_or_default(), is_changed: false }
    }

    /// Takes an entry away, and answers it.
    pub fn remove(&mut self, view: &mut dyn View, key: &str) -> Option<Entry> {
        let number = chunk_of(&self.firsts, key);
        let row = chunk_key(self.item, self.firsts.get(number)?);
        let (removed, left) =
            view.change_row(ENTRIES, &row, |chunk: &mut Entries| (chunk.remove(key), chunk.len()))?;
        if left == 0 {
            view.remove(ENTRIES, row.as_bytes());
            self.firsts.remove(number);
            self.is_changed = true;
        }
        removed
    }

    /// Puts an entry, and answers whether there was none with its key.
    pub fn put(&mut self, view: &mut dyn View, key: String, entry: Entry) -> bool {
        let number = chunk_of(&self.firsts, &key);
        let row = match self.firsts.get(number) {
            None => {
                self.begin(view, 0, Entries::from([(key, entry)]));
                return true;
            }
            Some(first) if key < *first => self.begin_earlier(view, &key),
            Some(first) => chunk_key(self.item, first),
        };
        let (mut is_new, mut further) = (false, None);
        view.update_row(ENTRIES, &row, |chunk: &mut Entries| {
            let is_last = chunk.last_key_value().is_none_or(|(last, _)| *last < key);
            is_new = chunk.insert(key.clone(), entry).is_none();
            if chunk.len() > MAX_CHUNK_ENTRIES {
                // What comes in order leaves full chunks behind.
                let middle = chunk.keys().nth(chunk.len() / 2).cloned().unwrap_or_default();
                further = Some(chunk.split_off(if is_last { &key } else { &middle }));
            }
        });
        if let Some(further) = further {
            self.begin(view, number + 1, further);
        }
        is_new
    }

    /// The first chunk begins with this key from now on: answers where it is then.
    fn begin_earlier(&mut self, view: &mut dyn View, key: &str) -> String {
        let row = chunk_key(self.item, key);
        if let Some(first) = self.firsts.first_mut() {
            let before = chunk_key(self.item, first);
            let chunk: Entries = view.row(ENTRIES, &before).unwrap_or_default();
            view.remove(ENTRIES, before.as_bytes());
            view.put_row(ENTRIES, &row, chunk);
            key.clone_into(first);
            self.is_changed = true;
        }
        row
    }

    fn begin(&mut self, view: &mut dyn View, number: usize, chunk: Entries) {
        let Some(first) = chunk.keys().next().cloned() else { return };
        view.put_row(ENTRIES, &chunk_key(self.item, &first), chunk);
        self.firsts.insert(number, first);
        self.is_changed = true;
    }

    /// Writes which chunks there are.
    pub fn close(self, view: &mut dyn View) {
        match (self.is_changed, self.firsts.is_empty()) {
            (false, _) => {}
            (true, true) => view.remove(CHUNKS, self.item.as_bytes()),
            (true, false) => view.put_row(CHUNKS, self.item, self.firsts),
        }
    }
}

/// An entry of an item, by its key.
pub(crate) fn entry(views: &Store, item: &str, key: &str) -> Option<Entry> {
    unchanged(views, item, |firsts| {
        let first = firsts.get(chunk_of(firsts, key))?;
        views.look::<Entries>(ENTRIES, &chunk_key(item, first))?.get(key).cloned()
    })
}

/// Entries of an item whose keys begin with `prefix`, after the key `after`, in order; those alone count that `keep` keeps.
pub(crate) fn entries(
    views: &Store,
    item: &str,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
    keep: impl Fn(&Entry) -> bool,
) -> Page<Entry> {
    let is_after = |key: &str| key >= prefix && after.is_none_or(|after| key > after);
    let from = after.filter(|after| *after > prefix).unwrap_or(prefix);
    unchanged(views, item, |firsts| {
        let mut page = Page { rows: Vec::<(String, Entry)>::new(), next: None };
        for first in firsts.iter().skip(chunk_of(firsts, from)) {
            let Some(chunk) = views.look::<Entries>(ENTRIES, &chunk_key(item, first)) else { continue };
            for (key, entry) in chunk.iter().filter(|(key, _)| is_after(key)) {
                if !key.starts_with(prefix) {
                    return page;
                }
                if !keep(entry) {
                    continue;
                }
                if page.rows.len() == limit {
                    page.next = page.rows.last().map(|(key, _)| key.clone());
                    return page;
                }
                page.rows.push((key.clone(), entry.clone()));
            }
        }
        page
    })
}

/// Reads by the first keys of the chunks, once more when they were changed meanwhile: then entries may have moved.
fn unchanged<T>(views: &Store, item: &str, read: impl Fn(&[String]) -> T) -> T {
    let firsts = || views.get::<Vec<String>>(CHUNKS, item).unwrap_or_default();
    let mut before = firsts();
    loop {
        let result = read(&before);
        let after = firsts();
        if after == before {
            return result;
        }
        before = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reeve_eventsourcing::MemoryView;
    use std::collections::BTreeMap;

    fn entry_of(value: u8) -> Entry {
        Entry::from([("Version".to_owned(), value.to_string())])
    }

    fn all(view: &MemoryView) -> Entries {
        let firsts: Vec<String> = view.row(CHUNKS, "item").unwrap_or_default();
        let chunks =
            firsts.iter().map(|first| view.row::<Entries>(ENTRIES, &chunk_key("item", first)).unwrap());
        let chunks: Vec<Entries> = chunks.collect();
        assert!(chunks.iter().all(|chunk| (1..=MAX_CHUNK_ENTRIES).contains(&chunk.len())));
        chunks.into_iter().flatten().collect()
    }

    #[test]
    fn what_comes_in_order_leaves_full_chunks() {
        let mut view = MemoryView::default();
        let mut chunks = Chunks::open(&view, "item");
        for number in 0..500 {
            assert!(chunks.put(&mut view, format!("{number:04}"), entry_of(0)));
        }
        assert_eq!(chunks.firsts.len(), 500_usize.div_ceil(MAX_CHUNK_ENTRIES));
        chunks.close(&mut view);
        assert_eq!(all(&view).len(), 500);
    }

    proptest! {
        #[test]
        fn chunks_hold_what_a_map_holds(
            changes in prop::collection::vec((0u16..400, any::<u8>(), prop::bool::weighted(0.7)), 1..900),
        ) {
            let (mut view, mut map) = (MemoryView::default(), BTreeMap::new());
            for some in changes.chunks(50) {
                let mut chunks = Chunks::open(&view, "item");
                for (key, value, puts) in some {
                    let key = format!("{key:03}");
                    if *puts {
                        let is_new = map.insert(key.clone(), entry_of(*value)).is_none();
                        prop_assert_eq!(chunks.put(&mut view, key, entry_of(*value)), is_new);
                    } else {
                        prop_assert_eq!(chunks.remove(&mut view, &key), map.remove(&key));
                    }
                }
                chunks.close(&mut view);
                prop_assert_eq!(&all(&view), &map);
            }
            for key in map.keys().cloned().collect::<Vec<_>>() {
                let mut chunks = Chunks::open(&view, "item");
                prop_assert!(chunks.remove(&mut view, &key).is_some());
                chunks.close(&mut view);
            }
            prop_assert_eq!(view, MemoryView::default());
        }
    }
}
