//! What a resource's tags may be: one rule for whoever takes tags in, because the service that owns a
//! resource learns too late when the owner of its tags refuses them.

use crate::text::cut;
use std::collections::BTreeMap;

/// As many tags as one resource may have, AWS's own limit.
pub const MAX_TAGS: usize = 50;
const MAX_KEY_CHARACTERS: usize = 128;
const MAX_VALUE_CHARACTERS: usize = 256;

/// Why tags were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("Tags names the key {0:?}, which must have 1 to {MAX_KEY_CHARACTERS} characters")]
    KeyLength(String),
    #[error("Tags names the key {0:?}, which begins with the reserved prefix aws:")]
    Reserved(String),
    #[error("Tags gives the key {0:?} a value with more than {MAX_VALUE_CHARACTERS} characters")]
    ValueLength(String),
    #[error("Tags holds {0:?}, which has characters other than letters, digits, blanks and _ . : / = + - @")]
    Characters(String),
    #[error("Tags names the key {0:?} more than once")]
    Repeated(String),
    #[error("Tags would leave the resource with {0} tags; it may have at most {MAX_TAGS}")]
    TooMany(usize),
}

/// The tags by key, when all of them may be.
///
/// # Errors
/// The first rule that is broken, with the tag that breaks it.
pub fn check(tags: impl IntoIterator<Item = (String, String)>) -> Result<BTreeMap<String, String>, Error> {
    let mut checked = BTreeMap::new();
    for (key, value) in tags {
        let shown = || cut(&key, MAX_KEY_CHARACTERS);
        if key.is_empty() || key.chars().count() > MAX_KEY_CHARACTERS {
            return Err(Error::KeyLength(shown()));
        }
        if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
            return Err(Error::Reserved(key));
        }
        if value.chars().count() > MAX_VALUE_CHARACTERS {
            return Err(Error::ValueLength(key));
        }
        if let Some(text) = [&key, &value].into_iter().find(|text| !text.chars().all(permitted)) {
            return Err(Error::Characters(text.clone()));
        }
        if checked.contains_key(&key) {
            return Err(Error::Repeated(key));
        }
        checked.insert(key, value);
    }
    if checked.len() > MAX_TAGS {
        return Err(Error::TooMany(checked.len()));
    }
    Ok(checked)
}

fn permitted(c: char) -> bool {
    c.is_alphanumeric()
        || (c.is_whitespace() && !c.is_control())
        || matches!(c, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str, value: &str) -> Result<BTreeMap<String, String>, Error> {
        check([(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn plain_tags_pass_and_others_do_not() {
        assert!(one("Größe", "a b_.:/=+-@1").is_ok());
        assert!(one("key", "").is_ok());
        assert_eq!(one("", "x"), Err(Error::KeyLength(String::new())));
        assert_eq!(one("AWS:x", "x"), Err(Error::Reserved("AWS:x".into())));
        assert_eq!(one("a*", "x"), Err(Error::Characters("a*".into())));
        assert_eq!(one("a", "x\n"), Err(Error::Characters("x\n".into())));
        assert!(matches!(one("a", &"x".repeat(257)), Err(Error::ValueLength(_))));
        assert!(matches!(one(&"x".repeat(129), ""), Err(Error::KeyLength(_))));
        let twice = ["a", "a"].map(|k| (k.to_owned(), String::new()));
        assert_eq!(check(twice), Err(Error::Repeated("a".into())));
        let many = (0..51).map(|n| (n.to_string(), String::new()));
        assert_eq!(check(many), Err(Error::TooMany(51)));
    }
}
