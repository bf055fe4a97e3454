//! The allowedPattern of a parameter: compiled once, bounded in memory and steps.

use fancy_regex::{Regex, RegexBuilder};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::java_pattern::translate;

/// Enough for every honest pattern, little enough that a hostile one ends in milliseconds.
const BACKTRACK_LIMIT: usize = 100_000;

/// As many compiled patterns are cached: a fleet's commands are of few documents.
const MAX_CACHED_PATTERNS: usize = 32;
/// A pattern that compiles to more bytes than this is not cached.
const MAX_CACHED_PATTERN_BYTES: usize = 1 << 20;
/// A pattern that compiles to more bytes than this is refused. `(\S{1,512}\s?){1,8}` is within.
const MAX_PATTERN_BYTES: usize = 32 << 20;

/// Compiling costs more than everything else in accepting a command.
static CACHE: Mutex<BTreeMap<String, Arc<Pattern>>> = Mutex::new(BTreeMap::new());

/// What a pattern says about a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Matches,
    Differs,
    /// The engine gave up; treated as a refusal, because a guess would let values through.
    TooHard,
}

/// A compiled allowedPattern with look-around, bounded in its steps.
pub struct Pattern {
    full: Regex,
    search: Regex,
}

impl Pattern {
    /// Compiles the pattern.
    ///
    /// # Errors
    /// A sentence without its subject that says why not.
    pub fn compile(written: &str) -> Result<Arc<Self>, String> {
        let cache = || CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache().get(written) {
            return Ok(known.clone());
        }
        let Ok(small) = Self::within(written, MAX_CACHED_PATTERN_BYTES) else {
            return Self::within(written, MAX_PATTERN_BYTES).map(Arc::new);
        };
        let small = Arc::new(small);
        let mut cache = cache();
        if cache.len() >= MAX_CACHED_PATTERNS {
            cache.clear();
        }
        cache.insert(written.to_owned(), small.clone());
        Ok(small)
    }

    fn within(written: &str, size: usize) -> Result<Self, String> {
        let refused = |why: String| format!("is not a pattern that compiles ({written:?}: {why})");
        let pattern = &translate(written).map_err(refused)?;
        let search = build(pattern, size).map_err(refused)?;
        Ok(Pattern { full: build(&format!(r"\A(?:{pattern})\z"), size).map_err(refused)?, search })
    }

    /// The pattern must cover the whole text: the rule of the service.
    pub fn full(&self, text: &str) -> Verdict {
        verdict(&self.full, text)
    }

    /// The pattern must occur somewhere: the rule of the agent.
    pub(crate) fn search(&self, text: &str) -> Verdict {
        verdict(&self.search, text)
    }
}

fn build(pattern: &str, size: usize) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(pattern);
    builder.backtrack_limit(BACKTRACK_LIMIT).delegate_size_limit(size);
    builder.build().map_err(|e| e.to_string())
}

fn verdict(regex: &Regex, text: &str) -> Verdict {
    match regex.is_match(text) {
        Ok(true) => Verdict::Matches,
        Ok(false) => Verdict::Differs,
        Err(_) => Verdict::TooHard,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn compiling_never_panics(any in any::<String>(), signs in "[\\\\\\[\\]^&a-c.:{}(),0-9wdspPQEux?*+|-]{0,24}") {
            for pattern in [any, signs] {
                if let Ok(compiled) = Pattern::compile(&pattern) {
                    let (full, search) = (compiled.full("a-b"), compiled.search("a-b"));
                    // What covers a text occurs in it.
                    prop_assert!(full != Verdict::Matches || search != Verdict::Differs, "{}", pattern);
                }
            }
        }

        #[test]
        fn a_class_of_signs_holds_those_and_no_others(members in prop::collection::btree_set(prop::char::range(' ', '~'), 1..8)) {
            // Each escaped, as careful authors write: a letter or digit needs none.
            let escaped: String = members
                .iter()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\{c}") })
                .collect();
            let (inside, outside) = (Pattern::compile(&format!("[{escaped}]")), Pattern::compile(&format!("[^{escaped}]")));
            let (inside, outside) = (inside.unwrap(), outside.unwrap());
            for c in ' '..='~' {
                let matches = inside.full(&c.to_string()) == Verdict::Matches;
                prop_assert_eq!(matches, members.contains(&c), "{} {}", &escaped, c);
                prop_assert_eq!(outside.full(&c.to_string()) == Verdict::Matches, !matches);
            }
        }
    }

    #[test]
    fn given_a_pattern_when_matched_then_full_and_search_differ() {
        let pattern = Pattern::compile("[0-9]+|abc").unwrap();
        assert_eq!(pattern.full("12"), Verdict::Matches);
        assert_eq!(pattern.full("12x"), Verdict::Differs);
        assert_eq!(pattern.full("xabc"), Verdict::Differs);
        assert_eq!(pattern.search("12x"), Verdict::Matches);
    }

    #[test]
    fn given_look_around_when_compiled_then_it_works() {
        let pattern = Pattern::compile("^(?!bad).+$").unwrap();
        assert_eq!(pattern.full("good"), Verdict::Matches);
        assert_eq!(pattern.full("badly"), Verdict::Differs);
        assert!(Pattern::compile("(").is_err());
        assert!(Pattern::compile("a)(b").is_err());
    }

    #[test]
    fn given_the_ways_of_java_when_compiled_then_they_mean_the_same() {
        for (pattern, good, bad) in [
            (r"^$|^\w+\=[^\s|:();&]+(\s\w+\=[^\s|:();&]+)*$", "a=b c=d", "a;b"),
            (r"^\s*$|^(http|https|s3)://[^']*$", "s3://x", "x"),
            (r"\p{Alnum}+", "aZ9", "a_"),
            (r"[\p{Lower}_]+", "a_b", "A"),
            (r"\P{Digit}+", "ab", "a1"),
            (r"a\ b\<c\>", "a b<c>", "ab"),
            (r"a++b", "aab", "b"),
            (r"[\w\-\.\@\/\:\,\'\#]+", "a-.@/:,'#", "!"),
            (r"(?i)yes", "YES", "no"),
            (r"\\\<", r"\<", "<"),
        ] {
            let compiled = Pattern::compile(pattern).unwrap_or_else(|why| panic!("{why}"));
            assert_eq!(compiled.full(good), Verdict::Matches, "{pattern} {good}");
            assert_eq!(compiled.full(bad), Verdict::Differs, "{pattern} {bad}");
        }
        for odd in ["\\", "\\y", "\\p{é", "\\p{Alnum", "[a", "\\uD800", "[a-", "\\x{110000}"] {
            assert!(Pattern::compile(odd).is_err(), "{odd}");
        }
    }

    /// The patterns are from the public guide, from the API's own model and of the kinds that public documents use.
    #[test]
    fn given_patterns_of_public_documents_when_matched_then_java_s_answer_results() {
        for (pattern, good, bad) in [
            (
                r"^arn:(?:aws|aws-us-gov|aws-cn):iam::\d{12}:role\/[\w+=,.@\/-]+$",
                vec!["arn:aws:iam::123456789012:role/a/b-c@d"],
                vec!["arn:aws:iam::１２３456789012:role/a", "arn:aws:iam::1:role/a"],
            ),
            (r"[\w-.]+", vec!["a-.b"], vec!["a b", "ä", ""]),
            (r"[\w-/:]{1,512}", vec!["a-/:", &"x".repeat(512)], vec!["", &"x".repeat(513)]),
            (r"^\w{1,512}$", vec!["a_9", &"x".repeat(512)], vec!["ä", "٣", &"x".repeat(513)]),
            (r"^.{1,512}$", vec!["ä…", &"ä".repeat(512)], vec!["", "a\nb", "a\u{2028}b", &"ä".repeat(513)]),
            (r"(?s).{1,3}", vec!["a\nb"], vec!["abcd"]),
            (r"\s*", vec![" \t\u{b}\n"], vec!["\u{a0}", "\u{2003}"]),
            (r"\d+", vec!["09"], vec!["٣", "x"]),
            (r"[^\W_]+", vec!["a9"], vec!["_", "ä"]),
            (r"^(?!.*--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$", vec!["a-b", "a"], vec!["a--b", "-a", "a-"]),
            (r"(?<=a)b|ab", vec!["ab"], vec!["b"]),
            (r"(?=.*\d)(?=.*[a-z]).{4,8}", vec!["abc1"], vec!["abcd", "1234", "a1"]),
            (r"(a|b)\1", vec!["aa", "bb"], vec!["ab"]),
            (
                r"(^$)|^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                vec!["", "12345678-1234-1234-1234-123456789abc"],
                vec!["x"],
            ),
            (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", vec!["ä😀\r\n"], vec!["\u{1}"]),
            (r"[a-z&&[^aeiou]]+", vec!["xyz"], vec!["a"]),
            (r"[[a-c][x-z]]+", vec!["ax"], vec!["m"]),
            (r"[[:alpha:]]+", vec!["alph:"], vec!["z"]),
            (r"[]a]+", vec!["]a"], vec!["b"]),
            (r"[a~~b-]+", vec!["~-ab"], vec!["c"]),
            (r"\Qa.b\E+", vec!["a.b", "a.bb"], vec!["axb"]),
            (r"\p{Lu}\p{IsAlphabetic}*", vec!["Äb"], vec!["b"]),
            (r"\p{L}+", vec!["äß"], vec!["1"]),
            (r"\x41\x{42}\0103\e", vec!["ABC\u{1b}"], vec!["ABD"]),
            (r"[\x00-\x1F]", vec!["\u{1f}"], vec![" "]),
            (r"a\_b\-c\@d\ e", vec!["a_b-c@d e"], vec!["a b"]),
            (r"\h\R", vec!["\u{3000}\r\n"], vec!["a\n"]),
            (r"[A-Z]:\\(?:[^\\/:*?\x22<>|\r\n]+\\)*[^\\/:*?<>|]*", vec!["C:\\a\\b"], vec!["C:/a"]),
            (r"^(https?|s3)://[^\s/$.?#].[^\s]*$", vec!["https://x.y/z"], vec!["ftp://x", "https:// x"]),
            (r"(?is)a.(?-s:b)", vec!["A\nB"], vec!["ab"]),
            (r"(?iu)ja(?d)", vec!["JA"], vec!["j"]),
            (r"(?<=a{1,3})b|a+b", vec!["aab"], vec!["b"]),
            (r"(?<!x)y|.*(?<!\\)z", vec!["y", "az"], vec!["a\\z"]),
            (r"(?:(?!\.\.)[\w./-])+", vec!["a/b.c"], vec!["a/../b"]),
            (r"(?>a|ab)c|(?<n>d)\k<n>", vec!["ac", "dd"], vec!["abc"]),
            (r"(?i)(yes|no)", vec!["YES", "No"], vec!["y"]),
            (r"^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$", vec!["1.22.3.4"], vec!["1.2.3"]),
            (r"(\S{1,512}\s?){1,8}", vec!["a b c"], vec![" "]),
        ] {
            let compiled = Pattern::compile(pattern).unwrap_or_else(|why| panic!("{why}"));
            for text in good {
                assert_eq!(compiled.full(text), Verdict::Matches, "{pattern} {text:?}");
            }
            for text in bad {
                assert_eq!(compiled.full(text), Verdict::Differs, "{pattern} {text:?}");
            }
        }
    }

    #[test]
    fn given_a_hostile_pattern_when_matched_then_it_gives_up() {
        let pattern = Pattern::compile(r"(?=(a+)+$)(a|a?)+\1b").unwrap();
        assert_ne!(pattern.full(&"a".repeat(60)), Verdict::Matches);
        // In the other engine nothing is tried twice.
        let pattern = Pattern::compile(r"(a+)+b").unwrap();
        assert_eq!(pattern.full(&"a".repeat(60_000)), Verdict::Differs);
        assert!(
            Pattern::compile(r"((\w{1,1000}){1,1000}){1,1000}").is_err(),
            "more memory than a pattern may take"
        );
    }
}
