//! What the entries of a type come to: the sum of their own hashes, so that a difference is enough to know it.
//!
//! A node speaks for itself, so nobody gains anything by two inventories of one hash: it finds what was lost or mixed up,
//! and is no signature.

use crate::{Entry, types};
use sha2::{Digest, Sha256};

/// Raised when the same entries come to something else than before. Hashes of two versions are not compared: the entries are.
pub const VERSION: u32 = 1;

/// The sum of some entries' hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum(u128);

impl Sum {
    /// The sum of all entries of a type.
    pub fn of<'a>(type_name: &str, entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        entries.into_iter().fold(Self::default(), |sum, entry| sum.plus(type_name, entry))
    }

    #[must_use]
    pub fn plus(self, type_name: &str, entry: &Entry) -> Self {
        Self(self.0.wrapping_add(one(type_name, entry)))
    }

    #[must_use]
    pub fn minus(self, type_name: &str, entry: &Entry) -> Self {
        Self(self.0.wrapping_sub(one(type_name, entry)))
    }

    /// Reads what [`Sum`]'s text is; `None` for another version's, and for what is none.
    pub fn parse(hash: &str) -> Option<Self> {
        let sum = hash.strip_prefix(&format!("{VERSION}:"))?;
        u128::from_str_radix(sum, 16).ok().filter(|_| sum.len() == 32).map(Self)
    }
}

/// The version, a colon, and 32 hexadecimal digits.
impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{VERSION}:{:032x}", self.0)
    }
}

/// The first 16 bytes of SHA-256 over each attribute that is not volatile, by name: the lengths of name and value, and both.
/// An empty value is none.
fn one(type_name: &str, entry: &Entry) -> u128 {
    let mut hash = Sha256::new();
    for (name, value) in entry.iter().filter(|(name, value)| counts(type_name, name, value)) {
        for text in [name, value] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
    }
    let digest = hash.finalize();
    digest.iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

fn counts(type_name: &str, name: &str, value: &str) -> bool {
    let volatile = types::find(type_name).map_or(&[][..], |kind| kind.volatile);
    !value.is_empty() && !volatile.contains(&name)
}

/// Whether two entries say the same, whatever their volatile attributes say.
pub(crate) fn same(type_name: &str, one: &Entry, other: &Entry) -> bool {
    let what = |entry: &'_ Entry| -> Vec<(String, String)> {
        let lasting = entry.iter().filter(|(name, value)| counts(type_name, name, value));
        lasting.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    what(one) == what(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: &str, accessed: &str) -> Entry {
        let of = [("Name", "hosts"), ("InstalledDir", "/etc"), ("Size", size), ("LastAccessTime", accessed)];
        of.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn the_order_and_volatile_attributes_do_not_count() {
        let (small, large) = (file("1", "noon"), file("2", "noon"));
        let hash = |entries: &[&Entry]| Sum::of("AWS:File", entries.iter().copied()).to_string();
        assert_eq!(hash(&[&small, &large]), hash(&[&large, &small]));
        assert_eq!(hash(&[&small]), hash(&[&file("1", "midnight")]));
        assert_ne!(hash(&[&small]), hash(&[&large]));
        assert_ne!(hash(&[&small]), hash(&[&small, &small]));
        assert_eq!(hash(&[]), format!("1:{}", "0".repeat(32)));
    }

    #[test]
    fn a_hash_is_known_from_one_version_to_the_next() {
        // Changing this value means raising the version: otherwise every entry of every node counts as new.
        assert_eq!(
            Sum::of("AWS:File", [&file("1", "noon")]).to_string(),
            "1:314a6a54d4cb4021211bc6415c00885b"
        );
        assert_eq!(Sum::parse("2:00000000000000000000000000000000"), None);
        assert_eq!(Sum::parse("1:0"), None);
        let sum = Sum::of("AWS:File", [&file("1", "noon")]);
        assert_eq!(Sum::parse(&sum.to_string()), Some(sum));
    }
}
