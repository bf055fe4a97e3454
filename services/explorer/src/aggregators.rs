//! What aggregators make of rows: one answer for each combination of the values that they count by.

use crate::{
    data::{DataType, OPS_ITEM, Row},
    filters::{Filter, compare},
};
use reeve_contracts::ssm::OpsAggregator;
use reeve_runtime::ApiError;
use std::collections::BTreeMap;

/// As deep aggregators may lie in each other.
const MAX_DEPTH: usize = 5;
/// As many combinations of aggregators one call may ask for.
const MAX_PATHS: usize = 50;
/// What the number of things is called in an answer.
const COUNT: &str = "Count";

/// One of the aggregators on a way from an outermost to an innermost one.
#[derive(Clone)]
enum Step {
    /// Things of one value are counted together; without an attribute all are.
    Count(Option<&'static str>),
    /// Things of one range are counted together. Each range has a name, and begins at a value.
    Range(&'static str, Vec<(String, String)>),
    /// The values are added up.
    Sum(&'static str),
}

/// Aggregators that lie in each other.
#[derive(Clone)]
pub(crate) struct Aggregation {
    pub kind: &'static DataType,
    steps: Vec<Step>,
    filters: Vec<Filter>,
}

fn refused(message: String) -> ApiError {
    ApiError::new("InvalidAggregatorException", message)
}

/// The type with a name.
///
/// # Errors
/// `InvalidTypeNameException` naming those that there are.
pub(crate) fn known_type(name: &str) -> Result<&'static DataType, ApiError> {
    DataType::find(name).ok_or_else(|| {
        let known: Vec<&str> = crate::data::TYPES.iter().map(|kind| kind.name).collect();
        let message = format!("TypeName is {name:?}; the types are {}.", known.join(", "));
        ApiError::new("InvalidTypeNameException", message)
    })
}

impl Aggregation {
    /// Every way from an outermost aggregator to an innermost one.
    ///
    /// # Errors
    /// `InvalidAggregatorException`, `InvalidTypeNameException` or `InvalidFilter`.
    pub fn read(aggregators: &[OpsAggregator]) -> Result<Vec<Self>, ApiError> {
        let mut all = Vec::new();
        for aggregator in aggregators {
            let kind = known_type(aggregator.type_name.as_deref().unwrap_or(OPS_ITEM))?;
            let outer = Self { kind, steps: Vec::new(), filters: Vec::new() };
            outer.with(aggregator, &mut all)?;
        }
        Ok(all)
    }

    fn with(mut self, aggregator: &OpsAggregator, all: &mut Vec<Self>) -> Result<(), ApiError> {
        if let Some(named) = aggregator.type_name.as_deref().filter(|named| *named != self.kind.name) {
            let message = format!(
                "TypeName is {named:?} within an aggregator of {}: both are one type.",
                self.kind.name
            );
            return Err(refused(message));
        }
        self.steps.push(step(aggregator, self.kind)?);
        if self.steps.len() > MAX_DEPTH {
            return Err(refused(format!("Aggregators lie in each other {MAX_DEPTH} deep at most.")));
        }
        for filter in aggregator.filters.iter().flatten() {
            self.filters.push(Filter::read(filter, &[self.kind])?);
        }
        let inner = aggregator.aggregators.as_deref().unwrap_or_default();
        if inner.is_empty() {
            if all.len() >= MAX_PATHS {
                return Err(refused(format!("There are more than {MAX_PATHS} innermost Aggregators.")));
            }
            all.push(self);
            return Ok(());
        }
        inner.iter().try_for_each(|aggregator| self.clone().with(aggregator, all))
    }

    /// The answers, in the order of the values.
    pub fn answers(&self, rows: &[Row]) -> Vec<BTreeMap<String, String>> {
        let mut groups: BTreeMap<BTreeMap<String, String>, (u64, Vec<f64>)> = BTreeMap::new();
        let sums = self.steps.iter().filter(|step| matches!(step, Step::Sum(_))).count();
        for row in rows.iter().filter(|row| self.filters.iter().all(|filter| filter.holds(row))) {
            let (count, totals) = groups.entry(self.group(row)).or_insert_with(|| (0, vec![0.0; sums]));
            *count += row.count;
            let added = self.steps.iter().filter_map(|step| match step {
                // What is no number adds nothing.
                Step::Sum(name) => Some(value(row, name).parse::<f64>().unwrap_or_default()),
                _ => None,
            });
            totals.iter_mut().zip(added).for_each(|(total, added)| *total += added);
        }
        let answer = |(mut group, (count, totals)): (BTreeMap<String, String>, (u64, Vec<f64>))| {
            group.insert(COUNT.to_owned(), count.to_string());
            let names = self.steps.iter().filter_map(|step| match step {
                Step::Sum(name) => Some(format!("Sum.{name}")),
                _ => None,
            });
            group.extend(names.zip(totals.iter().map(ToString::to_string)));
            group
        };
        groups.into_iter().map(answer).collect()
    }

    /// The values by which a row is counted.
    fn group(&self, row: &Row) -> BTreeMap<String, String> {
        let column = |step: &Step| match step {
            Step::Count(name) => name.map(|name| (name.to_owned(), value(row, name).to_owned())),
            Step::Range(name, ranges) => {
                let found = value(row, name);
                let fitting = ranges.iter().rev().find(|(_, from)| compare(found, from).is_ge());
                // Below all of them it is in none.
                let range = fitting.filter(|_| !found.is_empty());
                Some(((*name).to_owned(), range.map(|(range, _)| range.clone()).unwrap_or_default()))
            }
            Step::Sum(_) => None,
        };
        self.steps.iter().filter_map(column).collect()
    }
}

fn value<'a>(row: &'a Row, name: &str) -> &'a str {
    row.attributes.get(name).map_or("", String::as_str)
}

fn step(aggregator: &OpsAggregator, kind: &'static DataType) -> Result<Step, ApiError> {
    let attribute = |name: &str| {
        let bare = name.strip_prefix(kind.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
        kind.attributes.iter().find(|known| **known == bare).copied().ok_or_else(|| {
            let known = kind.attributes.join(", ");
            refused(format!("AttributeName is {name:?}; the attributes of {} are {known}.", kind.name))
        })
    };
    let named = aggregator.attribute_name.as_deref().map(attribute).transpose()?;
    let of = aggregator.aggregator_type.as_deref().unwrap_or("count");
    let needed =
        || named.ok_or_else(|| refused(format!("An aggregator of the type {of} needs AttributeName.")));
    let values = aggregator.values.clone().unwrap_or_default();
    if of != "range" && !values.is_empty() {
        return Err(refused(format!("Values belong to the type range, and AggregatorType is {of:?}.")));
    }
    match of {
        "count" => Ok(Step::Count(named)),
        "sum" => Ok(Step::Sum(needed()?)),
        "range" if values.is_empty() => Err(refused(
            "An aggregator of the type range needs Values: a name and where it begins.".to_owned(),
        )),
        "range" => {
            let mut ranges: Vec<(String, String)> = values.into_iter().collect();
            ranges.sort_by(|(_, a), (_, b)| compare(a, b));
            Ok(Step::Range(needed()?, ranges))
        }
        other => Err(refused(format!("AggregatorType is {other:?}; it is count, range or sum."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn row(status: &str, priority: &str, count: u64) -> Row {
        let attributes = BTreeMap::from([("Status", status.to_owned()), ("Priority", priority.to_owned())]);
        Row { count, attributes, ..Row::default() }
    }

    fn read(aggregators: Value) -> Result<Vec<Aggregation>, String> {
        let aggregators: Vec<OpsAggregator> = serde_json::from_value(aggregators).unwrap();
        Aggregation::read(&aggregators).map_err(|error| error.to_string())
    }

    fn answers(aggregators: Value, rows: &[Row]) -> Vec<Value> {
        let all = read(aggregators).unwrap();
        all.iter().map(|one| json!(one.answers(rows))).collect()
    }

    #[test]
    fn nested_aggregators_add_columns_and_each_combination_is_one_answer() {
        let rows = [row("Open", "1", 1), row("Open", "2", 1), row("Open", "2", 1), row("Resolved", "", 1)];
        let inner = json!([{"AggregatorType": "count", "AttributeName": "Priority"}]);
        let nested = json!([{"AggregatorType": "count", "AttributeName": "AWS:OpsItem.Status",
            "TypeName": "AWS:OpsItem", "Aggregators": inner}]);
        let expected = json!([
            {"Count": "1", "Priority": "", "Status": "Resolved"},
            {"Count": "1", "Priority": "1", "Status": "Open"},
            {"Count": "2", "Priority": "2", "Status": "Open"},
        ]);
        assert_eq!(answers(nested, &rows), [expected]);
        assert_eq!(answers(json!([{"AggregatorType": "count"}]), &rows), [json!([{"Count": "4"}])]);
        assert_eq!(answers(json!([{"AggregatorType": "count"}]), &[]), [json!([])]);
    }

    #[test]
    fn ranges_begin_at_their_values_and_sums_add_up() {
        let rows = [row("a", "1", 1), row("a", "9", 1), row("a", "10", 2), row("b", "", 1)];
        let range = json!([{"AggregatorType": "range", "AttributeName": "Priority",
            "Values": {"high": "10", "low": "1"}}]);
        let expected = json!([
            {"Count": "1", "Priority": ""},
            {"Count": "2", "Priority": "high"},
            {"Count": "2", "Priority": "low"},
        ]);
        assert_eq!(answers(range, &rows), [expected]);
        let sum = json!([{"AggregatorType": "count", "AttributeName": "Status",
            "Aggregators": [{"AggregatorType": "sum", "AttributeName": "Priority"}]}]);
        let expected = json!([
            {"Count": "4", "Status": "a", "Sum.Priority": "20"},
            {"Count": "1", "Status": "b", "Sum.Priority": "0"},
        ]);
        assert_eq!(answers(sum, &rows), [expected]);
    }

    #[test]
    fn an_aggregator_that_cannot_be_is_refused_by_what_is_wrong() {
        let deep = (0..MAX_DEPTH).fold(json!([{}]), |inner, _| json!([{"Aggregators": inner}]));
        for (aggregators, words) in [
            (json!([{"TypeName": "AWS:Odd"}]), "\"AWS:Odd\""),
            (json!([{"AttributeName": "Colour"}]), "\"Colour\""),
            (json!([{"AggregatorType": "sum"}]), "needs AttributeName"),
            (json!([{"AggregatorType": "range", "AttributeName": "Priority"}]), "needs Values"),
            (json!([{"Values": {"a": "1"}}]), "Values belong to the type range"),
            (json!([{"AggregatorType": "counting"}]), "\"counting\""),
            (json!([{"Aggregators": [{"TypeName": "Custom:Incident"}]}]), "both are one type"),
            (deep, "5 deep"),
        ] {
            let said = read(aggregators).err().unwrap();
            assert!(said.contains(words), "{said}");
        }
    }
}
