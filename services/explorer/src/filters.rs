//! Which rows a filter keeps: of several filters all hold, each for any of its values.

use crate::data::{DataType, Row};
use reeve_contracts::ssm::OpsFilter;
use reeve_runtime::{ApiError, Operator};
use reeve_types::Timestamp;

const OPERATORS: [Operator; 6] = [
    Operator::Equal,
    Operator::NotEqual,
    Operator::BeginWith,
    Operator::LessThan,
    Operator::GreaterThan,
    Operator::Exists,
];

/// A filter on an attribute of a type.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub type_name: &'static str,
    attribute: &'static str,
    operator: Operator,
    values: Vec<String>,
}

impl Filter {
    /// Reads a filter: its key is a type, a dot and an attribute, or the attribute alone of the type that is asked for.
    ///
    /// # Errors
    /// `InvalidFilter` naming what is wrong.
    pub fn read(filter: &OpsFilter, asked: &[&'static DataType]) -> Result<Self, ApiError> {
        let key = filter.key.as_deref().unwrap_or_default();
        let qualified = asked.iter().find_map(|kind| {
            let attribute = key.strip_prefix(kind.name)?.strip_prefix('.')?;
            Some((*kind, attribute))
        });
        let alone = || (!key.contains(':')).then(|| asked.first().map(|kind| (*kind, key))).flatten();
        let (kind, attribute) = qualified.or_else(alone).ok_or_else(|| {
            let names: Vec<&str> = asked.iter().map(|kind| kind.name).collect();
            ApiError::invalid_filter(format!(
                "Filters has the key {key:?}, which is not of a type that is asked for ({}).",
                names.join(", ")
            ))
        })?;
        let attribute = kind.attributes.iter().find(|known| **known == attribute).ok_or_else(|| {
            let known = kind.attributes.join(", ");
            ApiError::invalid_filter(format!(
                "Filters has the key {key:?}; the attributes of {} are {known}.",
                kind.name
            ))
        })?;
        let named = filter.r#type.as_deref().unwrap_or("Equal");
        let operator = Operator::named(named, &OPERATORS).ok_or_else(|| {
            ApiError::invalid_filter(format!("The filter {key} has the Type {named:?}, which there is not."))
        })?;
        let values = filter.values.clone().unwrap_or_default();
        if operator == Operator::Exists
            && let Some(odd) = values.iter().find(|value| !["true", "false"].contains(&value.as_str()))
        {
            return Err(ApiError::invalid_filter(format!(
                "The filter {key} has the Type Exists and the value {odd:?}, which is neither true nor false."
            )));
        }
        Ok(Self { type_name: kind.name, attribute, operator, values })
    }

    /// Whether a row of the filter's type is kept.
    pub fn holds(&self, row: &Row) -> bool {
        let found = row.attributes.get(self.attribute).map_or("", String::as_str);
        match self.operator {
            Operator::Exists => self.values.iter().any(|value| (value == "true") != found.is_empty()),
            Operator::LessThan => self.values.iter().any(|value| compare(found, value).is_lt()),
            Operator::GreaterThan => self.values.iter().any(|value| compare(found, value).is_gt()),
            operator => operator.holds_for_text(found, &self.values),
        }
    }
}

/// How two values are ordered: as numbers or as instants, where both are that, and otherwise as texts. Nothing comes first.
pub(crate) fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    if let (Ok(a), Ok(b)) = (a.parse::<f64>(), b.parse::<f64>()) {
        return a.total_cmp(&b);
    }
    match (Timestamp::parse_rfc3339(a), Timestamp::parse_rfc3339(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::OPS_ITEM;
    use std::collections::BTreeMap;

    fn filter(key: &str, kind: Option<&str>, values: &[&str]) -> Result<Filter, String> {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let filter =
            OpsFilter { key: Some(key.to_owned()), r#type: kind.map(str::to_owned), values: Some(values) };
        Filter::read(&filter, &[DataType::find(OPS_ITEM).unwrap()]).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_are_kept_by_text_by_number_by_instant_and_by_being_there() {
        let attributes = BTreeMap::from([
            ("Status", "Open".to_owned()),
            ("Priority", "10".to_owned()),
            ("CreatedTime", "2026-01-31T12:00:00Z".to_owned()),
            ("Category", String::new()),
        ]);
        let row = Row { attributes, ..Row::default() };
        for (key, kind, values, kept) in [
            ("AWS:OpsItem.Status", None, &["InProgress", "Open"][..], true),
            ("Status", Some("Equal"), &["open"], false),
            ("Status", Some("NotEqual"), &["Open", "Resolved"], false),
            ("Status", Some("BeginWith"), &["Op"], true),
            ("Priority", Some("GreaterThan"), &["9"], true),
            ("Priority", Some("LessThan"), &["9"], false),
            ("CreatedTime", Some("LessThan"), &["2026-01-31T13:30:00+01:00"], true),
            ("CreatedTime", Some("GreaterThan"), &["2026-01-31T13:00:00+01:00"], false),
            ("Category", Some("Exists"), &["true"], false),
            ("Category", Some("Exists"), &["false"], true),
            ("Severity", Some("Exists"), &["false"], true),
        ] {
            assert_eq!(filter(key, kind, values).unwrap().holds(&row), kept, "{key} {kind:?} {values:?}");
        }
    }

    #[test]
    fn a_filter_that_cannot_be_is_refused_with_its_key_and_value() {
        for (key, kind, value, words) in [
            ("AWS:OpsItem.Stauts", None, "Open", "\"AWS:OpsItem.Stauts\""),
            ("AWS:EC2InstanceInformation.PingStatus", None, "Online", "is asked for (AWS:OpsItem)"),
            ("Status", Some("Contains"), "Open", "\"Contains\""),
            ("Status", Some("Exists"), "yes", "\"yes\""),
        ] {
            let said = filter(key, kind, &[value]).unwrap_err();
            assert!(said.starts_with("InvalidFilter") && said.contains(words), "{said}");
        }
    }
}
