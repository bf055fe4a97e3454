//! What two collections of a type differ in.

use crate::{Entries, Entry, hash};
use std::collections::{BTreeMap, BTreeSet};

/// What is new, says something else, or is gone, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub added: Entries,
    /// What an entry said before, and what it says now.
    pub changed: BTreeMap<String, (Entry, Entry)>,
    pub removed: Entries,
}

impl Difference {
    /// From one collection to the next. What differs in volatile attributes alone is the same.
    pub fn between(type_name: &str, before: &Entries, after: &Entries) -> Self {
        let gone = before.keys().filter(|key| !after.contains_key(*key)).cloned().collect();
        Self::of(type_name, after.clone(), &gone, |key| before.get(key).cloned())
    }

    /// From entries that are new or say something else, and keys of those that are gone, as somebody says: `held` tells
    /// what there really was.
    pub fn of(
        type_name: &str,
        upserted: Entries,
        gone: &BTreeSet<String>,
        held: impl Fn(&str) -> Option<Entry>,
    ) -> Self {
        let mut difference = Self::default();
        for (key, after) in upserted {
            match held(&key) {
                None => {
                    difference.added.insert(key, after);
                }
                Some(before) if !hash::same(type_name, &before, &after) => {
                    difference.changed.insert(key, (before, after));
                }
                Some(_) => {}
            }
        }
        let gone = gone.iter().filter_map(|key| held(key).map(|entry| (key.clone(), entry)));
        difference.removed = gone.collect();
        difference
    }

    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// The sum after it.
    pub fn applied_to(&self, type_name: &str, sum: hash::Sum) -> hash::Sum {
        let changed = self.changed.values();
        let (before, after): (Vec<&Entry>, Vec<&Entry>) =
            changed.map(|(before, after)| (before, after)).unzip();
        let sum = self.removed.values().chain(before).fold(sum, |sum, entry| sum.minus(type_name, entry));
        self.added.values().chain(after).fold(sum, |sum, entry| sum.plus(type_name, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{hash::Sum, keyed};
    use proptest::prelude::*;

    const TYPE: &str = "AWS:Service";

    fn services(of: &BTreeMap<String, String>) -> Entries {
        let entry = |(name, status): (&String, &String)| {
            Entry::from([("Name".to_owned(), name.clone()), ("Status".to_owned(), status.clone())])
        };
        keyed(TYPE, of.iter().map(entry).collect())
    }

    #[test]
    fn volatile_attributes_make_no_difference() {
        let file = |accessed: &str| {
            let of = [("Name", "hosts"), ("InstalledDir", "/etc"), ("LastAccessTime", accessed)];
            keyed("AWS:File", vec![of.map(|(name, value)| (name.to_owned(), value.to_owned())).into()])
        };
        assert!(Difference::between("AWS:File", &file("noon"), &file("midnight")).is_empty());
    }

    proptest! {
        #[test]
        fn a_difference_leads_from_one_to_the_other(
            before in prop::collection::btree_map("[a-c]{1,2}", "[a-b]?", 0..8),
            after in prop::collection::btree_map("[a-c]{1,2}", "[a-b]?", 0..8),
        ) {
            let (before, after) = (services(&before), services(&after));
            let difference = Difference::between(TYPE, &before, &after);
            let mut applied = before.clone();
            applied.retain(|key, _| !difference.removed.contains_key(key));
            applied.extend(difference.added.clone());
            let changed = difference.changed.iter();
            applied.extend(changed.map(|(key, (_, after))| (key.clone(), after.clone())));
            prop_assert_eq!(&applied, &after);
            let sum = difference.applied_to(TYPE, Sum::of(TYPE, before.values()));
            prop_assert_eq!(sum, Sum::of(TYPE, after.values()));
            prop_assert!(Difference::between(TYPE, &after, &applied).is_empty());
        }
    }
}
