//! Templates of what a target is given: JSON with names of values in it.

use serde_json::Value;
use std::collections::BTreeMap;

/// The names that every template may have.
pub const RULE_NAME: &str = "aws.events.rule-name";
pub const RULE_ARN: &str = "aws.events.rule-arn";
pub const INGESTION_TIME: &str = "aws.events.event.ingestion-time";
/// The event without its detail.
pub const EVENT: &str = "aws.events.event";
pub const WHOLE_EVENT: &str = "aws.events.event.json";

/// Whether a template is JSON when its names are replaced by values.
pub fn makes_json<'a>(template: &str, names: impl Iterator<Item = &'a str>) -> bool {
    let known = [RULE_NAME, RULE_ARN, INGESTION_TIME, EVENT, WHOLE_EVENT].into_iter().chain(names);
    let values = known.map(|name| (name, Value::Null)).collect();
    serde_json::from_str::<Value>(&filled(template, &values)).is_ok()
}

/// A template with its names replaced: within a text of JSON by the value as text, elsewhere by the value as JSON. What
/// is no name of a value stays as it is.
pub fn filled(template: &str, values: &BTreeMap<&str, Value>) -> String {
    let (mut filled, mut rest, mut in_text) = (String::new(), template, false);
    while let Some(letter) = rest.chars().next() {
        let value = (letter == '<').then(|| rest[1..].split_once('>')).flatten();
        if let Some((name, following)) = value
            && let Some(value) = values.get(name)
        {
            match in_text {
                true => filled.push_str(&escaped(value)),
                false => filled.push_str(&value.to_string()),
            }
            rest = following;
            continue;
        }
        let taken = match letter {
            '\\' if in_text => rest.chars().take(2).map(char::len_utf8).sum(),
            letter => letter.len_utf8(),
        };
        in_text ^= letter == '"';
        filled.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    filled
}

/// A value within a text of JSON.
fn escaped(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_template_is_json_with_its_names_replaced() {
        let makes = |template: &str| makes_json(template, ["x"].into_iter());
        assert!(makes("{\"a\": <x>, \"b\": \"<x> of <aws.events.rule-name>\"}") && makes("\"plain <x>\""));
        assert!(!makes("plain <x>") && !makes("{\"a\": <y>}") && !makes("{\"a\": x<x>}"));
    }

    proptest! {
        #[test]
        fn no_value_breaks_out_of_its_text(value in ".{0,30}", around in "[a-z \\\\u00e9]{0,9}") {
            let values = BTreeMap::from([("x", Value::from(value.clone()))]);
            let around = Value::from(around).to_string();
            let template = format!("{{\"a\":{}<x>\"}}", &around[..around.len() - 1]);
            let made: Value = serde_json::from_str(&filled(&template, &values)).unwrap();
            prop_assert!(made["a"].as_str().unwrap().ends_with(&value));
        }
    }
}
