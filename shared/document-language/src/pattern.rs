//! The allowedPattern of a parameter.

use fancy_regex::{Regex, RegexBuilder};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Enough for every honest pattern, little enough that a hostile one ends in milliseconds.
const BACKTRACK_LIMIT: usize = 100_000;

/// As many compiled patterns are kept: a fleet's commands are of few documents.
const MOST_KEPT: usize = 32;
/// A pattern that compiles to more bytes than this is not kept.
const LARGEST_KEPT: usize = 1 << 20;

/// Compiling costs more than everything else in accepting a command.
static KEPT: Mutex<BTreeMap<String, Arc<Pattern>>> = Mutex::new(BTreeMap::new());

/// What a pattern says about a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Matches,
    Differs,
    /// The engine gave up; treated as a refusal, because a guess would let values through.
    TooHard,
}

/// A compiled allowedPattern with look-around, bounded in its steps.
pub(crate) struct Pattern {
    full: Regex,
    search: Regex,
}

impl Pattern {
    /// Compiles the pattern, or says why not.
    pub(crate) fn compile(written: &str) -> Result<Arc<Self>, String> {
        let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept().get(written) {
            return Ok(known.clone());
        }
        let Ok(small) = Self::within(written, Some(LARGEST_KEPT)) else {
            return Self::within(written, None).map(Arc::new);
        };
        let small = Arc::new(small);
        let mut kept = kept();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(written.to_owned(), small.clone());
        Ok(small)
    }

    fn within(written: &str, size: Option<usize>) -> Result<Self, String> {
        let pattern = &translate(written);
        Ok(Pattern {
            full: build(&format!(r"\A(?:{pattern})\z"), pattern, size)?,
            search: build(pattern, pattern, size)?,
        })
    }

    /// The pattern must cover the whole text: the rule of the service.
    pub(crate) fn full(&self, text: &str) -> Verdict {
        verdict(&self.full, text)
    }

    /// The pattern must occur somewhere: the rule of the agent.
    pub(crate) fn search(&self, text: &str) -> Verdict {
        verdict(&self.search, text)
    }
}

/// The POSIX classes of Java, in which authors write their patterns, and their names here.
const CLASSES: [(&str, &str); 13] = [
    ("Lower", "lower"),
    ("Upper", "upper"),
    ("ASCII", "ascii"),
    ("Alpha", "alpha"),
    ("Digit", "digit"),
    ("Alnum", "alnum"),
    ("Punct", "punct"),
    ("Graph", "graph"),
    ("Print", "print"),
    ("Blank", "blank"),
    ("Cntrl", "cntrl"),
    ("XDigit", "xdigit"),
    ("Space", "space"),
];

/// Rewrites what Java and this engine write differently. A class in brackets of its own is right inside of
/// another class as well.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let class = CLASSES.iter().find_map(|(java, ours)| {
            let after = rest.get(3..)?.strip_prefix(java)?.strip_prefix('}')?;
            match rest.get(..3)? {
                "\\p{" => Some((format!("[[:{ours}:]]"), after)),
                "\\P{" => Some((format!("[[:^{ours}:]]"), after)),
                _ => None,
            }
        });
        if let Some((ours, after)) = class {
            out.push_str(&ours);
            rest = after;
            continue;
        }
        // Java takes these for the plain characters; here they would be errors or the edges of words.
        let mut next = rest.chars().skip(1);
        let taken = match next.next() {
            Some(plain @ (' ' | '<' | '>')) => {
                out.push(plain);
                1 + plain.len_utf8()
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
                1 + other.len_utf8()
            }
            None => {
                out.push('\\');
                1
            }
        };
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

fn build(text: &str, shown: &str, size: Option<usize>) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(text);
    builder.backtrack_limit(BACKTRACK_LIMIT);
    if let Some(size) = size {
        builder.delegate_size_limit(size);
    }
    builder.build().map_err(|e| format!("is not a pattern that compiles ({shown:?}: {e})"))
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
    use super::*;

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
        for odd in ["\\", "\\é", "\\p{é", "\\p{Alnum"] {
            let _ = Pattern::compile(odd);
        }
    }

    #[test]
    fn given_a_hostile_pattern_when_matched_then_it_gives_up() {
        let pattern = Pattern::compile(r"(?=(a+)+$)(a|a?)+\1b").unwrap();
        assert_ne!(pattern.full(&"a".repeat(60)), Verdict::Matches);
    }
}
