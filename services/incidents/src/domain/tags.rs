//! The tags of what can be tagged here, by key.

use reeve_contracts::incidents::NamedText;
use std::collections::BTreeMap;

/// As many tags as one thing has.
pub const MAX_TAGS: usize = 50;

/// Tags by their keys.
pub type Tags = BTreeMap<String, String>;

/// As events have them.
pub fn told(tags: impl IntoIterator<Item = (String, String)>) -> Vec<NamedText> {
    tags.into_iter().map(|(name, value)| NamedText { name, value }).collect()
}

/// As they are kept.
pub fn of(told: &[NamedText]) -> Tags {
    told.iter().map(|tag| (tag.name.clone(), tag.value.clone())).collect()
}

/// Those that are others than before; none when they would be too many.
pub fn added(before: &Tags, new: Tags) -> Option<Vec<NamedText>> {
    let kept = before.keys().filter(|key| !new.contains_key(*key)).count();
    let others = new.clone().into_iter().filter(|(key, value)| before.get(key) != Some(value));
    (kept + new.len() <= MAX_TAGS).then(|| told(others))
}

/// Those of the keys that there are, each once.
pub fn removed(before: &Tags, keys: Vec<String>) -> Vec<String> {
    let keys: std::collections::BTreeSet<String> = keys.into_iter().collect();
    keys.into_iter().filter(|key| before.contains_key(key)).collect()
}
