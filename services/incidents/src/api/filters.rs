//! Filters of lists: all must match, and of the values of one any.

use super::milliseconds;
use reeve_contracts::ssm_incidents::{Condition, Filter};
use reeve_runtime::{ApiError, words_of};

/// What one filter asks of a value.
pub enum Test {
    Before(i64),
    After(i64),
    Texts(Vec<String>),
    Integers(Vec<i32>),
}

/// What a filter is about, and how it may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Time,
    Text,
    /// One of these, in any case.
    Word(&'static [&'static str]),
    /// One between these.
    Integer(i32, i32),
}

/// Reads filters whose keys are among `known`.
///
/// # Errors
/// `ValidationException` naming the key.
pub fn read<K: Copy>(
    filters: Option<&Vec<Filter>>,
    known: &[(&str, Kind, K)],
) -> Result<Vec<(K, Test)>, ApiError> {
    let filters = filters.into_iter().flatten();
    filters
        .map(|filter| {
            let key = filter.key.as_deref().unwrap_or_default();
            let Some((_, kind, about)) = known.iter().find(|(name, ..)| *name == key) else {
                let names: Vec<_> = known.iter().map(|(name, ..)| *name).collect();
                return Err(ApiError::invalid(format!(
                    "filters has the key {key:?}; the keys are {}.",
                    names.join(", ")
                )));
            };
            let condition = filter.condition.clone().unwrap_or_default();
            Ok((*about, test(key, *kind, condition)?))
        })
        .collect()
}

fn test(key: &str, kind: Kind, condition: Condition) -> Result<Test, ApiError> {
    let Condition { before, after, equals } = condition;
    let equals = equals.map(|equals| (equals.string_values, equals.integer_values));
    match (kind, before, after, equals) {
        (Kind::Time, Some(before), None, None) => Ok(Test::Before(milliseconds(key, before)?)),
        (Kind::Time, None, Some(after), None) => Ok(Test::After(milliseconds(key, after)?)),
        (Kind::Text, None, None, Some((Some(texts), None))) => Ok(Test::Texts(texts)),
        (Kind::Word(words), None, None, Some((Some(texts), None))) => {
            words_of(words, &texts, key).map(Test::Texts).map_err(ApiError::invalid)
        }
        (Kind::Integer(least, most), None, None, Some((None, Some(integers)))) => {
            match integers.iter().find(|integer| !(least..=most).contains(integer)) {
                None => Ok(Test::Integers(integers)),
                Some(integer) => Err(ApiError::invalid(format!(
                    "The filter {key} has the value {integer}, which is not between {least} and {most}."
                ))),
            }
        }
        _ => Err(ApiError::invalid(match kind {
            Kind::Time => {
                format!("The condition of the filter {key} must be exactly one of before and after.")
            }
            Kind::Text | Kind::Word(_) => {
                format!("The condition of the filter {key} must be equals with stringValues.")
            }
            Kind::Integer(..) => {
                format!("The condition of the filter {key} must be equals with integerValues.")
            }
        })),
    }
}

impl Test {
    pub fn time(&self, ms: i64) -> bool {
        match self {
            Self::Before(before) => ms < *before,
            Self::After(after) => ms > *after,
            Self::Texts(_) | Self::Integers(_) => false,
        }
    }

    pub fn text(&self, text: &str) -> bool {
        matches!(self, Self::Texts(texts) if texts.iter().any(|one| one == text))
    }

    pub fn integer(&self, integer: i32) -> bool {
        matches!(self, Self::Integers(integers) if integers.contains(&integer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::ssm_incidents::AttributeValueList;

    fn filter(key: &str, condition: Condition) -> Vec<Filter> {
        vec![Filter { key: Some(key.to_owned()), condition: Some(condition) }]
    }

    #[test]
    fn a_condition_is_of_its_keys_kind() {
        let known = [
            ("when", Kind::Time, 1),
            ("who", Kind::Text, 2),
            ("much", Kind::Integer(1, 5), 3),
            ("state", Kind::Word(&["ON"]), 4),
        ];
        let read = |key, condition| read(Some(&filter(key, condition)), &known);
        let texts = AttributeValueList { string_values: Some(vec!["a".into()]), ..Default::default() };
        let integers = AttributeValueList { integer_values: Some(vec![1]), ..Default::default() };
        let six = AttributeValueList { integer_values: Some(vec![6]), ..Default::default() };
        let equals =
            |equals: &AttributeValueList| Condition { equals: Some(equals.clone()), ..Default::default() };
        let before = Condition { before: Some(1.5), ..Default::default() };
        let both = Condition { after: Some(1.0), ..before.clone() };
        let [(1, test)] = &read("when", before.clone()).unwrap()[..] else { panic!() };
        assert!(test.time(1_499) && !test.time(1_500) && !test.text("a") && !test.integer(1));
        let [(2, test)] = &read("who", equals(&texts)).unwrap()[..] else { panic!() };
        assert!(test.text("a") && !test.text("b") && !test.time(0));
        let [(3, test)] = &read("much", equals(&integers)).unwrap()[..] else { panic!() };
        assert!(test.integer(1) && !test.integer(2));
        for (key, condition) in [
            ("other", before.clone()),
            ("when", both),
            ("when", equals(&texts)),
            ("who", before),
            ("who", equals(&integers)),
            ("much", equals(&texts)),
            ("much", equals(&six)),
            ("state", equals(&texts)),
            ("who", Condition::default()),
        ] {
            let Err(error) = read(key, condition) else { panic!("{key}") };
            assert!(error.code == "ValidationException" && error.message.contains(key), "{error}");
        }
    }
}
