//! The rules, compiled: of many rules an event is looked at by those alone that may be about its source.

use crate::{
    domain::rule::State,
    projections::{REVISION, RULES, THIS},
};
use reeve_event_pattern::{Leaves, Pattern, TooCostly};
use reeve_runtime::Store;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// A rule that is enabled.
pub struct Compiled {
    pub name: String,
    pub state: State,
    pub pattern: Pattern,
}

/// All enabled rules of one revision.
#[derive(Default)]
pub struct Book {
    rules: Vec<Compiled>,
    /// Those that name the sources that they are about, by each.
    by_source: HashMap<String, Vec<usize>>,
    /// The others.
    of_any_source: Vec<usize>,
}

impl Book {
    /// Those of the rules that are enabled and have a pattern.
    pub fn compile(rules: Vec<(String, State)>) -> Self {
        let mut book = Self::default();
        for (name, state) in rules {
            let definition = state.definition.as_ref().filter(|_| !state.is_disabled);
            // A rule may have a schedule alone; the default rules are carried out elsewhere.
            let Some(Ok(pattern)) = definition.map(|definition| Pattern::parse(&definition.event_pattern))
            else {
                continue;
            };
            let number = book.rules.len();
            match pattern.texts_at("source") {
                Some(sources) => {
                    for source in sources.into_iter().collect::<BTreeSet<&str>>() {
                        book.by_source.entry(source.to_owned()).or_default().push(number);
                    }
                }
                None => book.of_any_source.push(number),
            }
            book.rules.push(Compiled { name, state, pattern });
        }
        book
    }

    /// Whether no rule is about events of a source.
    pub fn ignores(&self, source: &str) -> bool {
        self.of_any_source.is_empty() && !self.by_source.contains_key(source)
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules that an event matches, and those of which that cannot be said.
    pub fn matching(&self, source: &str, event: &Leaves) -> (Vec<&Compiled>, Vec<&Compiled>) {
        let of_source = self.by_source.get(source).into_iter().flatten();
        let (mut matching, mut undecided) = (Vec::new(), Vec::new());
        for rule in of_source.chain(&self.of_any_source).map(|number| &self.rules[*number]) {
            match rule.pattern.matches(event) {
                Ok(true) => matching.push(rule),
                Ok(false) => {}
                Err(TooCostly) => undecided.push(rule),
            }
        }
        (matching, undecided)
    }
}

/// Keeps the book of the newest revision.
#[derive(Default)]
pub struct Books(Mutex<(u64, Arc<Book>)>);

impl Books {
    pub fn of(&self, views: &Store) -> Arc<Book> {
        // Read first: a rule that is put meanwhile is compiled with the next event.
        let revision = views.get::<u64>(REVISION, THIS).unwrap_or_default();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != revision {
            let rules = views.scan::<State>(RULES, "", None, usize::MAX).rows;
            *kept = (revision, Arc::new(Book::compile(rules)));
        }
        kept.1.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rule::Definition;
    use serde_json::json;

    fn rule(name: &str, pattern: &str, is_disabled: bool) -> (String, State) {
        let definition = Definition { event_pattern: pattern.into(), ..Definition::default() };
        (name.to_owned(), State { definition: Some(definition), is_disabled, ..State::default() })
    }

    #[test]
    fn an_event_is_looked_at_by_the_rules_of_its_source_and_of_any() {
        let book = Book::compile(vec![
            rule("a", r#"{"source":["s","t"],"detail":{"x":[1]}}"#, false),
            rule("b", r#"{"detail":{"x":[1]}}"#, false),
            rule("c", r#"{"source":["s"]}"#, true),
        ]);
        let names = |source: &str| {
            let event = Leaves::of(&json!({"source": source, "detail": {"x": 1}})).unwrap();
            let (matching, undecided) = book.matching(source, &event);
            assert!(undecided.is_empty());
            matching.iter().map(|rule| rule.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!((names("s"), names("u")), (vec!["a".to_owned(), "b".to_owned()], vec!["b".to_owned()]));
        assert!(!book.ignores("u"));
        let book = Book::compile(vec![rule("a", r#"{"source":["s"]}"#, false)]);
        assert!(book.ignores("u") && !book.ignores("s") && Book::default().is_empty());
    }
}
