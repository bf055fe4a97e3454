//! The operators of filters, as lists of AWS-shaped APIs have them: of several filters all hold, each for any of its
//! values. Which keys there are, and what a refusal says, is each list's own.

use crate::ApiError;

/// Checks the key of a filter.
///
/// # Errors
/// `InvalidFilter` naming a key that is none of the known ones.
pub fn check_filter_key(key: &str, known: &[&str]) -> Result<(), ApiError> {
    if known.contains(&key) {
        return Ok(());
    }
    let message = format!("Filters has the key {key:?}; the keys are {}.", known.join(", "));
    Err(ApiError::invalid_filter(message))
}

/// How a filter compares what is found with its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    /// None of the values, and so also where nothing is found.
    NotEqual,
    BeginWith,
    Contains,
    LessThan,
    GreaterThan,
    Exists,
}

/// As APIs write them: most in the first way, some in capitals.
const NAMES: [(Operator, &str, &str); 7] = [
    (Operator::Equal, "Equal", "EQUAL"),
    (Operator::NotEqual, "NotEqual", "NOT_EQUAL"),
    (Operator::BeginWith, "BeginWith", "BEGIN_WITH"),
    (Operator::Contains, "Contains", "CONTAINS"),
    (Operator::LessThan, "LessThan", "LESS_THAN"),
    (Operator::GreaterThan, "GreaterThan", "GREATER_THAN"),
    (Operator::Exists, "Exists", "EXISTS"),
];

impl Operator {
    /// The operator with a name such as `LessThan`, if it is one of those that the list knows.
    pub fn named(name: &str, known: &[Self]) -> Option<Self> {
        let found = NAMES.iter().find(|(_, camel, _)| *camel == name)?.0;
        known.contains(&found).then_some(found)
    }

    /// The operator with a name such as `LESS_THAN`, if it is one of those that the list knows.
    pub fn in_capitals(name: &str, known: &[Self]) -> Option<Self> {
        let found = NAMES.iter().find(|(_, _, capitals)| *capitals == name)?.0;
        known.contains(&found).then_some(found)
    }

    /// Whether it compares by order.
    pub fn is_ordering(self) -> bool {
        matches!(self, Self::LessThan | Self::GreaterThan)
    }

    /// Whether a value that is found meets any of a filter's values. `BeginWith` and `Contains` ask for texts, and no
    /// other value meets them.
    pub fn holds<V: PartialOrd>(self, found: &V, values: &[V]) -> bool {
        match self {
            Self::Equal => values.contains(found),
            Self::NotEqual => !values.contains(found),
            Self::LessThan => values.iter().any(|value| found < value),
            Self::GreaterThan => values.iter().any(|value| found > value),
            Self::Exists => true,
            Self::BeginWith | Self::Contains => false,
        }
    }

    /// As [`Operator::holds`], for texts; they are ordered by their bytes.
    pub fn holds_for_text(self, found: &str, values: &[String]) -> bool {
        let any = |holds: &dyn Fn(&str) -> bool| values.iter().any(|value| holds(value));
        match self {
            Self::Equal => any(&|value| found == value),
            Self::NotEqual => !any(&|value| found == value),
            Self::BeginWith => any(&|value| found.starts_with(value)),
            Self::Contains => any(&|value| found.contains(value)),
            Self::LessThan => any(&|value| found < value),
            Self::GreaterThan => any(&|value| found > value),
            Self::Exists => true,
        }
    }
}

/// A word of an enumeration, which is taken in any case.
///
/// # Errors
/// A sentence that names the words: another one would match nothing, ever.
pub fn word_of(words: &[&str], value: &str, filter: &str) -> Result<String, String> {
    let found = words.iter().find(|word| word.eq_ignore_ascii_case(value));
    let refused =
        || format!("The filter {filter} has the value {value:?}, which is not one of {}.", words.join(", "));
    found.map(|word| (*word).to_owned()).ok_or_else(refused)
}

/// As [`word_of`], for all values of a filter.
///
/// # Errors
/// As [`word_of`], for the first that is none.
pub fn words_of(words: &[&str], values: &[String], filter: &str) -> Result<Vec<String>, String> {
    values.iter().map(|value| word_of(words, value, filter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operator::{BeginWith, Contains, Equal, Exists, GreaterThan, LessThan, NotEqual};

    #[test]
    fn a_key_that_is_not_known_is_refused_with_those_that_are() {
        assert_eq!(check_filter_key("Id", &["Title", "Id"]), Ok(()));
        let error = check_filter_key("id", &["Title", "Id"]).unwrap_err();
        let wanted = ("InvalidFilter", "Filters has the key \"id\"; the keys are Title, Id.");
        assert_eq!((error.code.as_str(), error.message.as_str()), wanted);
    }

    #[test]
    fn values_are_alternatives() {
        let holds = |operator: Operator, values: &[i32]| operator.holds(&2, values);
        assert!(holds(Equal, &[1, 2]) && !holds(Equal, &[1]));
        assert!(holds(NotEqual, &[1, 3]) && !holds(NotEqual, &[1, 2]));
        assert!(holds(LessThan, &[1, 3]) && !holds(LessThan, &[2, 1]));
        assert!(holds(GreaterThan, &[3, 1]) && !holds(GreaterThan, &[2, 3]));
        assert!(holds(Exists, &[]) && !holds(BeginWith, &[2]) && !holds(Contains, &[2]));
    }

    #[test]
    fn texts_have_beginnings_and_parts() {
        let holds = |operator: Operator, values: &[&str]| {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            operator.holds_for_text("cis-1", &values)
        };
        assert!(holds(Equal, &["x", "cis-1"]) && !holds(Equal, &["cis"]));
        assert!(holds(NotEqual, &["x", "cis"]) && !holds(NotEqual, &["x", "cis-1"]));
        assert!(holds(BeginWith, &["x", "cis-"]) && !holds(BeginWith, &["is-1"]));
        assert!(holds(Contains, &["x", "is-"]) && !holds(Contains, &["x", "cis-2"]));
        assert!(holds(LessThan, &["d"]) && !holds(LessThan, &["cis-1", "a"]));
        assert!(holds(GreaterThan, &["a"]) && !holds(GreaterThan, &["cis-1", "d"]));
    }

    #[test]
    fn each_has_its_name_in_both_ways_and_only_where_it_is_known() {
        for (operator, camel, capitals) in NAMES {
            assert_eq!(Operator::named(camel, &[operator]), Some(operator));
            assert_eq!(Operator::in_capitals(capitals, &[operator]), Some(operator));
            assert_eq!(Operator::named(camel, &[]), None);
            assert_eq!(Operator::named(capitals, &[operator]), None);
            assert_eq!(Operator::in_capitals(camel, &[operator]), None);
        }
    }
}
