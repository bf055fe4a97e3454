//! What tells one entry of a type from another.

use crate::{Entries, Entry, types};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A longer key is one that nobody reads: its hash stands for it.
const MAX_KEY_BYTES: usize = 512;

/// A value as a part of a key: parts are divided by `/`, and what would be read as that is escaped.
pub fn key_part(value: &str) -> String {
    let mut part = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '/' | '%') || c.is_control() {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                // Writing to a text cannot fail.
                let _written = write!(part, "%{byte:02x}").is_ok();
            }
        } else {
            part.push(c);
        }
    }
    part
}

/// Entries by their keys: the values of the type's identity attributes, or a hash of the whole for types that have none of
/// their own. Those with equal ones are numbered in the order of their contents.
pub fn keyed(type_name: &str, mut entries: Vec<Entry>) -> Entries {
    entries.sort();
    let mut by_key = Entries::new();
    for entry in entries {
        let key = key(type_name, &entry);
        let mut numbered = key.clone();
        let mut number = 1;
        while by_key.contains_key(&numbered) {
            number += 1;
            numbered = format!("{key}#{number}");
        }
        by_key.insert(numbered, entry);
    }
    by_key
}

fn key(type_name: &str, entry: &Entry) -> String {
    let Some(kind) = types::find(type_name) else { return hashed(&format!("{entry:?}")) };
    let value = |name: &&str| key_part(entry.get(*name).map(String::as_str).unwrap_or_default());
    let key = kind.identity.iter().map(value).collect::<Vec<_>>().join("/");
    match key.len() {
        0 => "-".to_owned(),
        1..=MAX_KEY_BYTES => key,
        // What begins like it is found by its beginning.
        _ => format!("{}/{}", &key[..key.floor_char_boundary(MAX_KEY_BYTES / 2)], hashed(&key)),
    }
}

fn hashed(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str, architecture: &str) -> Entry {
        let of = [("Name", name), ("Version", version), ("Architecture", architecture)];
        of.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn architectures_and_versions_stay_apart_and_what_is_equal_is_numbered() {
        let packages = vec![
            package("libc6", "2.36", "i386"),
            package("libc6", "2.36", "x86_64"),
            package("kernel", "4.18", "x86_64"),
            package("kernel", "5.14", "x86_64"),
            package("six", "1.15", "all"),
            package("six", "1.15", "all"),
        ];
        let keys: Vec<String> = keyed("AWS:Application", packages).into_keys().collect();
        let expected = [
            "kernel/x86_64//4.18/",
            "kernel/x86_64//5.14/",
            "libc6/i386//2.36/",
            "libc6/x86_64//2.36/",
            "six/all//1.15/",
            "six/all//1.15/#2",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn no_value_is_read_as_two() {
        let both = vec![package("a/b", "1", ""), package("a", "1", "b"), package("a%2fb", "1", "")];
        assert_eq!(keyed("AWS:Application", both).len(), 3);
        let long = vec![package(&"ü".repeat(4_096), "1", ""), package(&"ü".repeat(4_096), "2", "")];
        let keys = keyed("AWS:Application", long);
        assert!(keys.len() == 2 && keys.keys().all(|key| key.len() < 300));
        assert_eq!(keyed("AWS:PatchSummary", vec![Entry::new()]).into_keys().collect::<Vec<_>>(), ["-"]);
    }
}
