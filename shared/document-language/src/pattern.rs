//! The allowedPattern of a parameter.

use fancy_regex::{Regex, RegexBuilder};

/// Enough for every honest pattern, little enough that a hostile one ends in milliseconds.
const BACKTRACK_LIMIT: usize = 100_000;

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
    pub(crate) fn compile(pattern: &str) -> Result<Self, String> {
        Ok(Pattern {
            full: build(&format!(r"\A(?:{pattern})\z"), pattern)?,
            search: build(pattern, pattern)?,
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

fn build(text: &str, shown: &str) -> Result<Regex, String> {
    RegexBuilder::new(text)
        .backtrack_limit(BACKTRACK_LIMIT)
        .build()
        .map_err(|e| format!("is not a pattern that compiles ({shown:?}: {e})"))
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
    fn given_a_hostile_pattern_when_matched_then_it_gives_up() {
        let pattern = Pattern::compile(r"(?=(a+)+$)(a|a?)+\1b").unwrap();
        assert_ne!(pattern.full(&"a".repeat(60)), Verdict::Matches);
    }
}
