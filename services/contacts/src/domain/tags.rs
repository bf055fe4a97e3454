//! The tags of what can be tagged here, by key.

use reeve_contracts::contacts::ContactTag;
use std::collections::BTreeMap;

/// As many tags as one thing has.
pub const MAX_TAGS: usize = 50;

/// Tags by their keys.
pub type Tags = BTreeMap<String, String>;

/// As events have them.
pub fn told(tags: impl IntoIterator<Item = (String, String)>) -> Vec<ContactTag> {
    tags.into_iter().map(|(key, value)| ContactTag { key, value }).collect()
}

/// Those that are others than before; `Err` with the count of all when they become too many.
pub fn added(before: &Tags, new: Tags) -> Result<Vec<ContactTag>, usize> {
    let mut all = before.clone();
    all.extend(new.clone());
    if all.len() > MAX_TAGS {
        return Err(all.len());
    }
    Ok(told(new.into_iter().filter(|(key, value)| before.get(key) != Some(value))))
}

/// Those of the keys that there are, each once.
pub fn removed(before: &Tags, keys: Vec<String>) -> Vec<String> {
    let keys: std::collections::BTreeSet<String> = keys.into_iter().collect();
    keys.into_iter().filter(|key| before.contains_key(key)).collect()
}

/// Takes over what an event says.
pub fn add(tags: &mut Tags, new: &[ContactTag]) {
    tags.extend(new.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
}
