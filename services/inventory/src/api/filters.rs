//! Filters, as GetInventory, its groups and ListInventoryEntries have them.

use super::known_type;
use reeve_contracts::ssm::InventoryFilter;
use reeve_inventory_model::{Entry, key_part, types};
use reeve_runtime::{ApiError, Operator};
use std::cmp::Ordering;

const OPERATORS: [Operator; 6] = [
    Operator::Equal,
    Operator::NotEqual,
    Operator::BeginWith,
    Operator::LessThan,
    Operator::GreaterThan,
    Operator::Exists,
];

/// A condition on an entry: the attribute's value compared with any of the values.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub type_name: String,
    attribute: String,
    operator: Operator,
    values: Vec<String>,
}

/// Conditions on one entry of one type: all of them hold for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    of: Vec<Condition>,
}

/// A condition of a filter whose key is `TYPE.Attribute`. Only groups of aggregators may ask whether it exists.
///
/// # Errors
/// `InvalidFilter` for a key without a type or attribute that there is, and for a comparison that cannot be made.
pub(crate) fn condition(filter: &InventoryFilter, in_group: bool) -> Result<Condition, ApiError> {
    let key = filter.key.as_deref().unwrap_or_default();
    let (type_name, attribute) = key.rsplit_once('.').ok_or_else(|| {
        ApiError::invalid_filter(format!(
            "The filter key {key:?} is not a type, a dot and an attribute, such as AWS:Application.Name."
        ))
    })?;
    known_type(type_name)
        .map_err(|error| ApiError::invalid_filter(format!("The filter key {key:?}: {}", error.message)))?;
    let condition = of(type_name, attribute, filter)?;
    if condition.operator == Operator::Exists && !in_group {
        return Err(ApiError::invalid_filter(format!(
            "The filter {key} is of the type Exists, which only groups of aggregators have."
        )));
    }
    Ok(condition)
}

/// A condition of a filter whose key is an attribute of a type that is known, with or without the type before it.
///
/// # Errors
/// As [`condition`].
pub(crate) fn attribute_condition(type_name: &str, filter: &InventoryFilter) -> Result<Condition, ApiError> {
    let key = filter.key.as_deref().unwrap_or_default();
    let attribute = key.strip_prefix(type_name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(key);
    of(type_name, attribute, filter)
}

fn of(type_name: &str, attribute: &str, filter: &InventoryFilter) -> Result<Condition, ApiError> {
    if let Some(kind) = types::find(type_name)
        && !kind.attributes.iter().any(|(known, _)| *known == attribute)
    {
        return Err(ApiError::invalid_filter(format!("{type_name} has no attribute {attribute:?}.")));
    }
    let kind = filter.r#type.as_deref().unwrap_or("Equal");
    let operator = Operator::named(kind, &OPERATORS).ok_or_else(|| {
        ApiError::invalid_filter(format!("The type of the filter {attribute} is {kind:?}, which is none."))
    })?;
    let values = filter.values.clone().unwrap_or_default();
    if values.is_empty() {
        return Err(ApiError::invalid_filter(format!("The filter {attribute} has no values.")));
    }
    if operator == Operator::Exists && values != ["true"] {
        let message = format!(
            "The filter {attribute} is of the type Exists: it has the one value true, and not {values:?}."
        );
        return Err(ApiError::invalid_filter(message));
    }
    Ok(Condition { type_name: type_name.to_owned(), attribute: attribute.to_owned(), operator, values })
}

impl Condition {
    fn meets(&self, entry: &Entry) -> bool {
        let Some(value) = entry.get(&self.attribute) else { return self.operator == Operator::NotEqual };
        let any = |holds: &dyn Fn(&str) -> bool| self.values.iter().any(|wanted| holds(wanted));
        match self.operator {
            Operator::LessThan => any(&|wanted| compared(value, wanted) == Ordering::Less),
            Operator::GreaterThan => any(&|wanted| compared(value, wanted) == Ordering::Greater),
            operator => operator.holds_for_text(value, &self.values),
        }
    }

    /// What the keys of the entries that meet it begin with, if the key begins with the attribute.
    fn key_beginnings(&self) -> Option<Vec<String>> {
        let kind = types::find(&self.type_name)?;
        if kind.identity.first() != Some(&self.attribute.as_str()) {
            return None;
        }
        let end = match self.operator {
            Operator::Equal if kind.identity.len() > 1 => "/",
            Operator::Equal | Operator::BeginWith => "",
            _ => return None,
        };
        // A longer value is not written out in a key.
        let short = self.values.iter().all(|value| value.len() < 128);
        short.then(|| self.values.iter().map(|value| key_part(value) + end).collect())
    }
}

/// Values compare as numbers where both are some.
fn compared(value: &str, with: &str) -> Ordering {
    match (value.parse::<f64>(), with.parse::<f64>()) {
        (Ok(value), Ok(with)) => value.total_cmp(&with),
        _ => value.cmp(with),
    }
}

impl Conditions {
    pub fn new(of: Vec<Condition>) -> Self {
        Self { of }
    }

    pub fn meets(&self, entry: &Entry) -> bool {
        self.of.iter().all(|condition| condition.meets(entry))
    }

    /// What the keys of the entries begin with that may meet the conditions: an empty one for all.
    pub fn key_beginnings(&self) -> Vec<String> {
        self.of.iter().find_map(Condition::key_beginnings).unwrap_or_else(|| vec![String::new()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(key: &str, operator: &str, values: &[&str]) -> InventoryFilter {
        InventoryFilter {
            key: Some(key.to_owned()),
            r#type: Some(operator.to_owned()),
            values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
        }
    }

    fn meets(operator: &str, values: &[&str], version: &str) -> bool {
        let entry = Entry::from([("Version".to_owned(), version.to_owned())]);
        condition(&filter("AWS:Application.Version", operator, values), false).unwrap().meets(&entry)
    }

    #[test]
    fn values_are_alternatives_and_numbers_compare_as_numbers() {
        assert!(meets("Equal", &["1", "2"], "2") && !meets("Equal", &["1"], "2"));
        assert!(meets("NotEqual", &["1", "3"], "2") && !meets("NotEqual", &["1", "2"], "2"));
        assert!(meets("BeginWith", &["2."], "2.36-9"));
        assert!(meets("LessThan", &["10"], "9") && !meets("GreaterThan", &["10"], "9"));
        assert!(meets("LessThan", &["b"], "a"));
    }

    #[test]
    fn what_there_is_not_is_refused_by_name() {
        let refused = |key: &str, operator: &str, values: &[&str]| {
            condition(&filter(key, operator, values), false).unwrap_err().message
        };
        assert!(refused("Name", "Equal", &["x"]).contains("\"Name\""));
        assert!(refused("AWS:Application.Colour", "Equal", &["x"]).contains("\"Colour\""));
        assert!(refused("AWS:Nothing.Name", "Equal", &["x"]).contains("AWS:Nothing"));
        assert!(refused("AWS:Application.Name", "Like", &["x"]).contains("\"Like\""));
        assert!(refused("AWS:Application.Name", "Equal", &[]).contains("no values"));
        assert!(refused("AWS:Application.Name", "Exists", &["true"]).contains("Exists"));
        assert!(condition(&filter("AWS:Application.Name", "Exists", &["true"]), true).is_ok());
        assert!(condition(&filter("Custom:Rack.Row", "Equal", &["7"]), false).is_ok());
    }

    #[test]
    fn keys_are_looked_for_by_their_beginning_where_they_have_it() {
        let beginnings = |key: &str, operator: &str| {
            Conditions::new(vec![condition(&filter(key, operator, &["a/b"]), false).unwrap()])
                .key_beginnings()
        };
        assert_eq!(beginnings("AWS:Application.Name", "Equal"), ["a%2fb/"]);
        assert_eq!(beginnings("AWS:Application.Name", "BeginWith"), ["a%2fb"]);
        assert_eq!(beginnings("AWS:Application.Name", "NotEqual"), [""]);
        assert_eq!(beginnings("AWS:Application.Version", "Equal"), [""]);
    }
}
