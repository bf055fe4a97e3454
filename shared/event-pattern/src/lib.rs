//! EventBridge's pattern language: which events a rule is about.
//!
//! A [`Pattern`] is parsed once and asked of many [`Leaves`], which are an event's leaves by their paths. Pure: nothing
//! here does I/O. Specified by AWS's user guide and by the answers of `TestEventPattern`; the reasons of a refusal are in
//! AWS's words.
//!
//! - All fields that a pattern names must match; any of the values of a field's list may.
//! - A field is known by its path: `{"a":{"b":…}}` and `{"a.b":…}` name the same.
//! - Of an array each element may match, and what matches of one array of objects is one of its elements.
//! - What an event costs is bounded: texts are searched in linear time, and a pattern whose fields lie in so many elements
//!   of arrays that looking for one that fits takes too long is [`TooCostly`], which is neither a match nor none.

mod leaves;
mod parse;
mod test;

pub use leaves::{Leaves, MAX_LEAVES};
use test::{Cidr, Number, Test};

use leaves::Leaf;

/// Why a text is no pattern, as AWS says it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Event pattern is not valid. Reason: {0}")]
pub struct Refused(pub String);

/// Looking for elements of arrays that fit together took more than [`MAX_STEPS`], or the event has more than
/// [`MAX_LEAVES`] leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event has too many elements of arrays to say whether it matches")]
pub struct TooCostly;

/// As many combinations of elements are looked at for one pattern and event.
const MAX_STEPS: u32 = 20_000;

/// A pattern of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// One of these must match: a pattern without `$or` has one.
    alternatives: Vec<Vec<Field>>,
}

/// What a pattern wants of the leaves at a path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub path: String,
    /// Any of these.
    pub tests: Vec<Test>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// With AWS's reason.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        parse::pattern(text).map(|alternatives| Self { alternatives })
    }

    /// Whether an event matches.
    ///
    /// # Errors
    /// When that takes too long to say.
    pub fn matches(&self, event: &Leaves) -> Result<bool, TooCostly> {
        let mut steps = 0;
        for fields in &self.alternatives {
            if fit(fields, event, &mut Vec::new(), &mut steps)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The texts of which the leaf at a path must be one, if the pattern says so: what an index is made of.
    pub fn texts_at(&self, path: &str) -> Option<Vec<&str>> {
        let mut texts = Vec::new();
        for fields in &self.alternatives {
            let field = fields.iter().find(|field| field.path == path)?;
            for test in &field.tests {
                let Test::Text(text) = test else { return None };
                texts.push(text.as_str());
            }
        }
        Some(texts)
    }

    /// The paths that it names and that the event has no leaf at, without those that need not be there.
    pub fn missing<'a>(&'a self, event: &Leaves) -> Vec<&'a str> {
        let fields = self.alternatives.iter().flatten();
        let absent =
            fields.filter(|field| !field.tests.contains(&Test::Absent) && event.at(&field.path).is_empty());
        let mut paths: Vec<&str> = absent.map(|field| field.path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }
}

/// Whether each field has a leaf that passes, all of them in elements of arrays that `chosen` and one another allow.
fn fit(
    fields: &[Field],
    event: &Leaves,
    chosen: &mut Vec<(u32, u32)>,
    steps: &mut u32,
) -> Result<bool, TooCostly> {
    let Some((field, others)) = fields.split_first() else { return Ok(true) };
    let leaves = event.at(&field.path);
    if leaves.is_empty() {
        return Ok(field.tests.contains(&Test::Absent) && fit(others, event, chosen, steps)?);
    }
    for leaf in leaves {
        *steps += 1;
        if *steps > MAX_STEPS {
            return Err(TooCostly);
        }
        if !allowed(leaf, chosen) || !field.tests.iter().any(|test| test.passes(&leaf.value)) {
            continue;
        }
        let before = chosen.len();
        chosen.extend(&leaf.elements);
        if fit(others, event, chosen, steps)? {
            return Ok(true);
        }
        chosen.truncate(before);
        // Another leaf of the same elements would change nothing for the others.
        if leaf.elements.is_empty() {
            return Ok(false);
        }
    }
    Ok(false)
}

/// Whether a leaf lies in no other element of an array than those that were chosen.
fn allowed(leaf: &Leaf, chosen: &[(u32, u32)]) -> bool {
    leaf.elements.iter().all(|(array, index)| chosen.iter().all(|(other, at)| other != array || at == index))
}
