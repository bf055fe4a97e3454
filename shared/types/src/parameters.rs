//! What names a parameter: `x` and `/x` are one parameter, and so is its ARN, whoever asks.

use crate::arn::id_or_arn;
use std::collections::BTreeMap;

/// A parameter as a caller names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// Of several levels with a slash before it, of one level without: what events, tags and policies call it by.
    pub path: String,
    /// What stands behind the first colon: a version or a label.
    pub selector: Option<&'a str>,
}

/// Reads a name, with a selector or without, or an ARN.
pub fn named(text: &str) -> Named<'_> {
    let text = id_or_arn("parameter", text.trim());
    let (name, selector) = match text.split_once(':') {
        Some((name, selector)) => (name, Some(selector)),
        None => (text, None),
    };
    Named { path: path_of(name), selector }
}

/// The version that a selector names: a number, or that of a label. Whether it is there is not asked.
pub fn version_of(selector: &str, labels: &BTreeMap<String, u64>) -> Option<u64> {
    match selector.bytes().all(|b| b.is_ascii_digit()) {
        true => selector.parse().ok(),
        false => labels.get(selector).copied(),
    }
}

/// The path of a name without selector.
pub fn path_of(name: &str) -> String {
    let levels = name.strip_prefix('/').unwrap_or(name);
    if levels.contains('/') || levels.is_empty() { format!("/{levels}") } else { levels.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_spelling_is_one_parameter() {
        let path = |text| named(text).path;
        for text in ["x", "/x", " x ", "x:3", "/x:label", "arn:aws:ssm:us-east-1:1:parameter/x:3"] {
            assert_eq!(path(text), "x", "{text}");
        }
        for text in ["/a/b", "/a/b:1", "arn:aws:ssm:us-east-1:1:parameter/a/b"] {
            assert_eq!(path(text), "/a/b", "{text}");
        }
        assert_eq!((path("/"), path("")), ("/".to_owned(), "/".to_owned()));
        assert_eq!(named("x:2:3").selector, Some("2:3"));
        assert_eq!(named("arn:aws:ssm:us-east-1:1:parameter/x:3").selector, Some("3"));
        assert_eq!(named("/x").selector, None);
    }

    #[test]
    fn a_selector_is_a_number_or_a_label() {
        let labels = BTreeMap::from([("prod".to_owned(), 2)]);
        let version = |selector| version_of(selector, &labels);
        assert_eq!((version("7"), version("prod"), version("test")), (Some(7), Some(2), None));
        assert_eq!((version(""), version("99999999999999999999"), version("2:3")), (None, None, None));
    }

    proptest! {
        #[test]
        fn a_path_is_its_own_path(name in any::<String>()) {
            let path = named(&name).path;
            prop_assert_eq!(path_of(&path), path);
        }
    }
}
