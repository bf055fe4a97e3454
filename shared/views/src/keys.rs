//! Keys of rows in the one tree: a table's name, a zero byte, the row's own key.

/// Checkpoints live in a table that no projection can name.
pub(crate) const CHECKPOINTS: &str = "\u{1}checkpoint";

pub(crate) fn full_key(table: &str, key: &[u8]) -> Vec<u8> {
    let mut full = Vec::with_capacity(table.len() + 1 + key.len());
    full.extend_from_slice(table.as_bytes());
    full.push(0);
    full.extend_from_slice(key);
    full
}
