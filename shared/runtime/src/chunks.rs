//! Many small rows of one thing, in the order of their keys, in few rows: neighbours share a chunk. A node has hundreds of packages,
//! and a row for each would be most of what the views of a fleet are.
//!
//! Which chunk has a key is told by the first keys of the chunks, which are a row of their own.

use reeve_eventsourcing::{View, ViewExt};
use reeve_views::{Page, Store};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, marker::PhantomData};

/// A chunk that has more rows is divided.
const MAX_CHUNK_ROWS: usize = 64;

/// Tables of rows that lie in chunks.
pub struct Chunked<T> {
    /// The chunks, by what they are of, `/` and the first of their keys.
    chunks: &'static str,
    /// The first keys of the chunks, in order, by what they are of.
    firsts: &'static str,
    row: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Chunked<T> {
    pub const fn new(chunks: &'static str, firsts: &'static str) -> Self {
        Self { chunks, firsts, row: PhantomData }
    }

    /// The rows of one thing, to be changed.
    pub fn open<'a>(&'a self, view: &dyn View, of: &'a str) -> Chunks<'a, T> {
        Chunks { tables: self, of, firsts: view.row(self.firsts, of).unwrap_or_default(), is_changed: false }
    }

    /// A row of one thing, by its key.
    pub fn get(&self, views: &Store, of: &str, key: &str) -> Option<T> {
        self.unchanged(views, of, |firsts| {
            let first = firsts.get(chunk_of(firsts, key))?;
            let chunk = views.look::<BTreeMap<String, T>>(self.chunks, &chunk_key(of, first))?;
            chunk.get(key).cloned()
        })
    }

    /// Rows of one thing whose keys begin with `prefix`, after the key `after`, in order; those alone count that `keep` keeps.
    pub fn page(
        &self,
        views: &Store,
        of: &str,
        (prefix, after): (&str, Option<&str>),
        limit: usize,
        keep: impl Fn(&T) -> bool,
    ) -> Page<T> {
        let is_after = |key: &str| key >= prefix && after.is_none_or(|after| key > after);
        let from = after.filter(|after| *after > prefix).unwrap_or(prefix);
        self.unchanged(views, of, |firsts| {
            let mut page = Page { rows: Vec::<(String, T)>::new(), next: None };
            for first in firsts.iter().skip(chunk_of(firsts, from)) {
                let chunk = views.look::<BTreeMap<String, T>>(self.chunks, &chunk_key(of, first));
                for (key, row) in chunk.iter().flat_map(|chunk| chunk.iter()).filter(|(key, _)| is_after(key))
                {
                    if !key.starts_with(prefix) {
                        return page;
                    }
                    if !keep(row) {
                        continue;
                    }
                    if page.rows.len() == limit {
                        page.next = page.rows.last().map(|(key, _)| key.clone());
                        return page;
                    }
                    page.rows.push((key.clone(), row.clone()));
                }
            }
            page
        })
    }

    /// Reads by the first keys of the chunks, once more when they were changed meanwhile: then rows may have moved.
    fn unchanged<R>(&self, views: &Store, of: &str, read: impl Fn(&[String]) -> R) -> R {
        let firsts = || views.get::<Vec<String>>(self.firsts, of).unwrap_or_default();
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
}

fn chunk_key(of: &str, first: &str) -> String {
    format!("{of}/{first}")
}

/// The number of the chunk that has a key, or would: before all chunks that is the first one.
fn chunk_of(firsts: &[String], key: &str) -> usize {
    firsts.partition_point(|first| first.as_str() <= key).saturating_sub(1)
}

/// The rows of one thing, while a projection changes them.
pub struct Chunks<'a, T> {
    tables: &'a Chunked<T>,
    of: &'a str,
    firsts: Vec<String>,
    is_changed: bool,
}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Chunks<'_, T> {
    /// Takes a row away, and answers it.
    pub fn remove(&mut self, view: &mut dyn View, key: &str) -> Option<T> {
        let number = chunk_of(&self.firsts, key);
        let at = chunk_key(self.of, self.firsts.get(number)?);
        let remove = |chunk: &mut BTreeMap<String, T>| (chunk.remove(key), chunk.len());
        let (removed, left) = view.change_row(self.tables.chunks, &at, remove)?;
        if left == 0 {
            view.remove(self.tables.chunks, at.as_bytes());
            self.firsts.remove(number);
            self.is_changed = true;
        }
        removed
    }

    /// Puts a row, and answers the one that had its key before.
    pub fn put(&mut self, view: &mut dyn View, key: String, row: T) -> Option<T> {
        let number = chunk_of(&self.firsts, &key);
        let at = match self.firsts.get(number) {
            None => {
                self.begin(view, 0, BTreeMap::from([(key, row)]));
                return None;
            }
            Some(first) if key < *first => self.begin_earlier(view, &key),
            Some(first) => chunk_key(self.of, first),
        };
        let (mut before, mut further) = (None, None);
        view.update_row(self.tables.chunks, &at, |chunk: &mut BTreeMap<String, T>| {
            let is_last = chunk.last_key_value().is_none_or(|(last, _)| *last < key);
            before = chunk.insert(key.clone(), row);
            if chunk.len() > MAX_CHUNK_ROWS {
                // What comes in order leaves full chunks behind.
                let middle = chunk.keys().nth(chunk.len() / 2).cloned().unwrap_or_default();
                further = Some(chunk.split_off(if is_last { &key } else { &middle }));
            }
        });
        if let Some(further) = further {
            self.begin(view, number + 1, further);
        }
        before
    }

    /// The first chunk begins with this key from now on: answers where it is then.
    fn begin_earlier(&mut self, view: &mut dyn View, key: &str) -> String {
        let at = chunk_key(self.of, key);
        if let Some(first) = self.firsts.first_mut() {
            let before = chunk_key(self.of, first);
            let chunk: BTreeMap<String, T> = view.row(self.tables.chunks, &before).unwrap_or_default();
            view.remove(self.tables.chunks, before.as_bytes());
            view.put_row(self.tables.chunks, &at, chunk);
            key.clone_into(first);
            self.is_changed = true;
        }
        at
    }

    fn begin(&mut self, view: &mut dyn View, number: usize, chunk: BTreeMap<String, T>) {
        let Some(first) = chunk.keys().next().cloned() else { return };
        view.put_row(self.tables.chunks, &chunk_key(self.of, &first), chunk);
        self.firsts.insert(number, first);
        self.is_changed = true;
    }

    /// Writes which chunks there are.
    pub fn close(self, view: &mut dyn View) {
        match (self.is_changed, self.firsts.is_empty()) {
            (false, _) => {}
            (true, true) => view.remove(self.tables.firsts, self.of.as_bytes()),
            (true, false) => view.put_row(self.tables.firsts, self.of, self.firsts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reeve_eventsourcing::MemoryView;

    const ROWS: Chunked<u8> = Chunked::new("chunks", "firsts");

    fn all(view: &MemoryView) -> BTreeMap<String, u8> {
        let firsts: Vec<String> = view.row(ROWS.firsts, "it").unwrap_or_default();
        let chunk =
            |first: &String| view.row::<BTreeMap<String, u8>>(ROWS.chunks, &chunk_key("it", first)).unwrap();
        let chunks: Vec<_> = firsts.iter().map(chunk).collect();
        assert!(chunks.iter().all(|chunk| (1..=MAX_CHUNK_ROWS).contains(&chunk.len())));
        chunks.into_iter().flatten().collect()
    }

    #[test]
    fn what_comes_in_order_leaves_full_chunks() {
        let mut view = MemoryView::default();
        let mut chunks = ROWS.open(&view, "it");
        for number in 0..500 {
            assert_eq!(chunks.put(&mut view, format!("{number:04}"), 0), None);
        }
        assert_eq!(chunks.firsts.len(), 500_usize.div_ceil(MAX_CHUNK_ROWS));
        chunks.close(&mut view);
        assert_eq!(all(&view).len(), 500);
    }

    #[test]
    fn pages_are_those_of_one_table() {
        let folder = tempfile::tempdir().unwrap();
        let views = Store::open(folder.path(), "test").unwrap();
        let mut batch = views.begin();
        let mut chunks = ROWS.open(&batch, "it");
        for number in (0..300_u32).rev() {
            chunks.put(
                &mut batch,
                format!("{:02}/{:02}", number / 10, number % 10),
                u8::try_from(number % 7).unwrap(),
            );
        }
        chunks.close(&mut batch);
        batch.commit("S", 1).unwrap();
        assert_eq!(ROWS.get(&views, "it", "12/03"), Some(4));
        assert_eq!((ROWS.get(&views, "it", "12/a"), ROWS.get(&views, "other", "12/03")), (None, None));
        for (prefix, limit, keep) in [("", 7, 8), ("1", 13, 3), ("29/", 2, 8), ("3", 1, 8), ("12/03", 1, 8)] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = ROWS.page(&views, "it", (prefix, after.as_deref()), limit, |row| *row < keep);
                assert!(page.rows.len() <= limit);
                seen.extend(page.rows.into_iter().map(|(key, _)| key));
                let Some(next) = page.next else { break };
                after = Some(next);
            }
            let all = (0..300_u32).filter(|number| number % 7 < u32::from(keep));
            let all = all.map(|number| format!("{:02}/{:02}", number / 10, number % 10));
            assert_eq!(seen, all.filter(|key| key.starts_with(prefix)).collect::<Vec<_>>(), "{prefix}");
        }
    }

    proptest! {
        #[test]
        fn chunks_hold_what_a_map_holds(
            changes in prop::collection::vec((0u16..400, any::<u8>(), prop::bool::weighted(0.7)), 1..900),
        ) {
            let (mut view, mut map) = (MemoryView::default(), BTreeMap::new());
            for some in changes.chunks(50) {
                let mut chunks = ROWS.open(&view, "it");
                for (key, value, puts) in some {
                    let key = format!("{key:03}");
                    if *puts {
                        prop_assert_eq!(chunks.put(&mut view, key.clone(), *value), map.insert(key, *value));
                    } else {
                        prop_assert_eq!(chunks.remove(&mut view, &key), map.remove(&key));
                    }
                }
                chunks.close(&mut view);
                prop_assert_eq!(&all(&view), &map);
            }
            for key in map.keys().cloned().collect::<Vec<_>>() {
                let mut chunks = ROWS.open(&view, "it");
                prop_assert!(chunks.remove(&mut view, &key).is_some());
                chunks.close(&mut view);
            }
            prop_assert_eq!(view, MemoryView::default());
        }
    }
}
