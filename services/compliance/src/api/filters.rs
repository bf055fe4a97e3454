//! Filters, as the three lists have them.

use crate::projections::SEVERITIES;
use reeve_contracts::ssm::ComplianceStringFilter;
use reeve_runtime::{ApiError, Operator, check_filter_key, words_of};
use reeve_types::Timestamp;

const EXECUTION_TIME: &str = "ExecutionTime";
const OPERATORS: [Operator; 5] =
    [Operator::Equal, Operator::NotEqual, Operator::BeginWith, Operator::LessThan, Operator::GreaterThan];

/// The words that stand under a key, where there are no others.
fn words(key: &str) -> Option<&'static [&'static str]> {
    match key {
        "Status" => Some(&["COMPLIANT", "NON_COMPLIANT"]),
        "Severity" | "OverallSeverity" => Some(&SEVERITIES),
        _ => None,
    }
}

/// A condition: what stands under a key, compared with any of the values.
#[derive(Clone, Debug)]
struct Condition {
    key: String,
    operator: Operator,
    values: Vec<String>,
    /// The values, where they are instants.
    instants: Vec<Timestamp>,
}

/// Conditions that all hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions(Vec<Condition>);

impl Conditions {
    /// Reads filters whose keys are some of `known`.
    ///
    /// # Errors
    /// `InvalidFilter` for a key that is none of them, and for a comparison that cannot be made.
    pub fn read(filters: Option<&Vec<ComplianceStringFilter>>, known: &[&str]) -> Result<Self, ApiError> {
        let all = filters.into_iter().flatten().map(|filter| Condition::read(filter, known));
        Ok(Self(all.collect::<Result<_, _>>()?))
    }

    /// Whether they hold for what `value` says of each key. Instants are told in RFC 3339.
    pub fn hold(&self, value: impl Fn(&str) -> String) -> bool {
        self.0.iter().all(|condition| condition.holds(&value(&condition.key)))
    }
}

impl Condition {
    fn read(filter: &ComplianceStringFilter, known: &[&str]) -> Result<Self, ApiError> {
        let key = filter.key.clone().unwrap_or_default();
        check_filter_key(&key, known)?;
        let kind = filter.r#type.as_deref().unwrap_or("EQUAL");
        let operator = Operator::in_capitals(kind, &OPERATORS).ok_or_else(|| {
            ApiError::invalid_filter(format!("The type of the filter {key} is {kind:?}, which is none."))
        })?;
        if operator.is_ordering() && key != EXECUTION_TIME {
            let message =
                format!("The filter {key} is of the type {kind}, which {EXECUTION_TIME} alone has.");
            return Err(ApiError::invalid_filter(message));
        }
        let values = filter.values.clone().unwrap_or_default();
        if values.is_empty() {
            return Err(ApiError::invalid_filter(format!("The filter {key} has no values.")));
        }
        let is_whole = matches!(operator, Operator::Equal | Operator::NotEqual);
        let values = match words(&key).filter(|_| is_whole) {
            Some(words) => words_of(words, &values, &key).map_err(ApiError::invalid_filter)?,
            None => values,
        };
        let mut instants = Vec::new();
        if key == EXECUTION_TIME && operator != Operator::BeginWith {
            for value in &values {
                instants.push(Timestamp::parse_rfc3339(value).ok_or_else(|| {
                    let example = "2026-01-31T12:00:00Z";
                    ApiError::invalid_filter(format!(
                        "The value {value:?} of {key} is no instant such as {example}."
                    ))
                })?);
            }
        }
        Ok(Self { key, operator, values, instants })
    }

    fn holds(&self, value: &str) -> bool {
        match self.instants.as_slice() {
            [] => self.operator.holds_for_text(value, &self.values),
            instants => match Timestamp::parse_rfc3339(value) {
                Some(value) => self.operator.holds(&value, instants),
                None => self.operator == Operator::NotEqual,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 4] = ["Id", EXECUTION_TIME, "Status", "OverallSeverity"];

    fn read(key: &str, kind: &str, values: &[&str]) -> Result<Conditions, ApiError> {
        let filter = ComplianceStringFilter {
            key: Some(key.to_owned()),
            r#type: Some(kind.to_owned()),
            values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
        };
        Conditions::read(Some(&vec![filter]), &KEYS)
    }

    fn holds(key: &str, kind: &str, values: &[&str], value: &str) -> bool {
        read(key, kind, values).unwrap().hold(|_| value.to_owned())
    }

    #[test]
    fn values_are_alternatives_and_instants_are_compared_as_such() {
        assert!(holds("Id", "EQUAL", &["a", "b"], "b") && !holds("Id", "EQUAL", &["a"], "b"));
        assert!(holds("Id", "NOT_EQUAL", &["a", "c"], "b") && !holds("Id", "NOT_EQUAL", &["a", "b"], "b"));
        assert!(holds("Id", "BEGIN_WITH", &["cis-"], "cis-1") && !holds("Id", "BEGIN_WITH", &["1"], "cis-1"));
        let noon = "2026-01-31T12:00:00.000Z";
        assert!(holds(EXECUTION_TIME, "EQUAL", &["2026-01-31T13:00:00+01:00"], noon));
        assert!(holds(EXECUTION_TIME, "LESS_THAN", &["2026-01-31T12:00:01Z"], noon));
        assert!(!holds(EXECUTION_TIME, "LESS_THAN", &["2026-01-31T12:00:00Z"], noon));
        assert!(holds(EXECUTION_TIME, "GREATER_THAN", &["2026-01-31T11:00:00Z"], noon));
        assert!(holds(EXECUTION_TIME, "BEGIN_WITH", &["2026-01-31"], noon));
        // Words in any case.
        assert!(holds("Status", "EQUAL", &["non_compliant"], "NON_COMPLIANT"));
        assert!(holds("OverallSeverity", "BEGIN_WITH", &["CRIT"], "CRITICAL"));
    }

    #[test]
    fn what_cannot_be_compared_is_refused_by_name() {
        let refused = |key: &str, kind: &str, values: &[&str]| read(key, kind, values).unwrap_err();
        for (error, part) in [
            (refused("Colour", "EQUAL", &["x"]), "\"Colour\""),
            (refused("Id", "LIKE", &["x"]), "\"LIKE\""),
            (refused("Id", "LESS_THAN", &["x"]), "LESS_THAN"),
            (refused("Id", "EQUAL", &[]), "no values"),
            (refused(EXECUTION_TIME, "LESS_THAN", &["noon"]), "\"noon\""),
            (refused("Status", "EQUAL", &["COMPLAINT"]), "not one of COMPLIANT, NON_COMPLIANT"),
            (refused("OverallSeverity", "NOT_EQUAL", &["Severe"]), "CRITICAL, HIGH"),
        ] {
            assert!(error.code == "InvalidFilter" && error.message.contains(part), "{error}");
        }
    }
}
