//! How lists of approved and rejected patches name them.

use crate::{Patch, Scheme};

/// One entry of such a list. `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern(String);

/// Why an entry is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    #[error("it is empty")]
    Empty,
    #[error("it has {0} characters; it may have {MAX_NAME_CHARACTERS}")]
    Length(usize),
    #[error("it holds {0:?}, which no name of a package or an advisory has")]
    Character(char),
}

const MAX_NAME_CHARACTERS: usize = 100;

impl NamePattern {
    /// # Errors
    /// When the text can be no entry.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let length = text.chars().count();
        match length {
            0 => return Err(InvalidName::Empty),
            1..=MAX_NAME_CHARACTERS => {}
            _ => return Err(InvalidName::Length(length)),
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || "+-.:_~^=*/()".contains(c);
        match text.chars().find(|c| !fits(*c)) {
            Some(other) => Err(InvalidName::Character(other)),
            None => Ok(Self(text.to_owned())),
        }
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether it names a version of a package: apt by `name` or `name=version`; rpm by `name`, `name.arch`,
    /// `name-version`, `name-version-release`, with the architecture or the epoch as well, and by advisory, CVE or
    /// Bugzilla number.
    pub fn names(&self, patch: &Patch) -> bool {
        let Patch { name, arch, version, .. } = patch;
        let fits = |text: &str| matches(&self.0, text);
        if fits(name) {
            return true;
        }
        match patch.scheme {
            Scheme::Deb => fits(&format!("{name}={version}")),
            Scheme::Rpm => {
                let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
                let short = rest.rsplit_once('-').map_or(rest, |(version, _)| version);
                let advisories = patch.advisories.iter().chain(&patch.cves).chain(&patch.bugzilla);
                fits(&format!("{name}.{arch}"))
                    || [short, rest].into_iter().any(|version| {
                        let full = format!("{name}-{version}");
                        let with_arch = format!("{full}.{arch}");
                        let both = [full, with_arch];
                        both.iter().any(|full| fits(full) || fits(&format!("{epoch}:{full}")))
                    })
                    || advisories.into_iter().any(|id| fits(id))
            }
        }
    }
}

/// Whether a text fits a pattern in which `*` stands for any characters. Linear in the text for each star.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], text) => {
                naive(rest, text) || (!text.is_empty() && naive(pattern, &text[1..]))
            }
            ([a, pattern @ ..], [b, text @ ..]) => a == b && naive(pattern, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn stars_are_any_characters(pattern in "[ab*]{0,6}", text in "[ab]{0,8}") {
            prop_assert_eq!(matches(&pattern, &text), naive(pattern.as_bytes(), text.as_bytes()));
        }
    }

    fn rpm(name: &str, arch: &str, version: &str) -> Patch {
        Patch {
            scheme: Scheme::Rpm,
            name: name.into(),
            arch: arch.into(),
            version: version.into(),
            advisories: vec!["RHSA-2024:0001".into()],
            cves: vec!["CVE-2024-0001".into()],
            ..Patch::default()
        }
    }

    #[test]
    fn each_form_names_what_it_says() {
        let openssl = rpm("openssl", "x86_64", "1:3.0.7-24.el9");
        for (text, names) in [
            ("openssl", true),
            ("openssl.x86_64", true),
            ("openssl.i686", false),
            ("openssl-3.0.7", true),
            ("openssl-3.0.7-2*", true),
            ("openssl-3.0.7-24.el9.x86_64", true),
            ("1:openssl-3.0.7-24.el9", true),
            ("openssl-3.0.8", false),
            ("open*", true),
            ("kernel*", false),
            ("RHSA-2024:0001", true),
            ("CVE-2024-0001", true),
            ("CVE-2024-0002", false),
        ] {
            assert_eq!(NamePattern::parse(text).unwrap().names(&openssl), names, "{text}");
        }
        let libc = Patch {
            name: "libc6".into(),
            version: "2.36-9+deb12u4".into(),
            arch: "amd64".into(),
            ..Patch::default()
        };
        for (text, names) in [
            ("libc6", true),
            ("libc6=2.36-9+deb12u4", true),
            ("libc6=2.36*", true),
            ("libc", false),
            ("lib*", true),
        ] {
            assert_eq!(NamePattern::parse(text).unwrap().names(&libc), names, "{text}");
        }
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        assert_eq!(NamePattern::parse(""), Err(InvalidName::Empty));
        assert_eq!(NamePattern::parse(&"x".repeat(101)), Err(InvalidName::Length(101)));
        assert_eq!(NamePattern::parse("a b"), Err(InvalidName::Character(' ')));
        assert!(NamePattern::parse(&"x".repeat(100)).is_ok());
    }
}
