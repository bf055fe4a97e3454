//! Conditions of branches and loops, with nothing left to resolve in them.

use super::{runbook::truth, selector::shown};
use serde_json::Value;

type Object = serde_json::Map<String, Value>;

/// Whether a condition holds.
///
/// # Errors
/// A sentence about one that cannot be decided on: a number is asked for where there is none.
pub fn holds(condition: &Object) -> Result<bool, String> {
    if let Some(inner) = condition.get("Not") {
        return Ok(!holds(object(inner, "Not")?)?);
    }
    for (key, wanted) in [("And", true), ("Or", false)] {
        let Some(all) = condition.get(key).and_then(Value::as_array) else { continue };
        for inner in all {
            if holds(object(inner, key)?)? != wanted {
                return Ok(!wanted);
            }
        }
        return Ok(wanted);
    }
    let variable = condition.get("Variable").ok_or("a condition has no Variable")?;
    let mut operators = condition.iter().filter(|(key, _)| !matches!(key.as_str(), "Variable" | "NextStep"));
    let (operator, wanted) = operators.next().ok_or("a condition has no operator")?;
    compare(operator, variable, wanted)
}

fn object<'a>(value: &'a Value, key: &str) -> Result<&'a Object, String> {
    value.as_object().ok_or_else(|| format!("{key} is {}, which is no condition", shown(value)))
}

fn compare(operator: &str, found: &Value, wanted: &Value) -> Result<bool, String> {
    if let Some(holds) = of_numbers(operator) {
        return Ok(holds(number(operator, found)?.total_cmp(&number(operator, wanted)?)));
    }
    if operator == "BooleanEquals" {
        let flag = |value: &Value| {
            truth(value)
                .ok_or_else(|| format!("BooleanEquals asks for true or false, and not for {}", shown(value)))
        };
        return Ok(flag(found)? == flag(wanted)?);
    }
    if operator == "Contains"
        && let Some(items) = found.as_array()
    {
        return Ok(items.iter().any(|item| text(item) == text(wanted)));
    }
    let (found, wanted) = (text(found), text(wanted));
    Ok(match operator {
        "StringEquals" => found == wanted,
        "EqualsIgnoreCase" => found.to_lowercase() == wanted.to_lowercase(),
        "StartsWith" => found.starts_with(&wanted),
        "EndsWith" => found.ends_with(&wanted),
        "Contains" => found.contains(&wanted),
        _ => return Err(format!("{operator} is no operator of conditions")),
    })
}

fn of_numbers(operator: &str) -> Option<fn(std::cmp::Ordering) -> bool> {
    Some(match operator {
        "NumericEquals" => std::cmp::Ordering::is_eq,
        "NumericGreater" => std::cmp::Ordering::is_gt,
        "NumericLesser" => std::cmp::Ordering::is_lt,
        "NumericGreaterOrEquals" => std::cmp::Ordering::is_ge,
        "NumericLesserOrEquals" => std::cmp::Ordering::is_le,
        _ => return None,
    })
}

fn number(operator: &str, value: &Value) -> Result<f64, String> {
    let found = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    };
    // Of zero there is one.
    found
        .map(|number| number + 0.0)
        .ok_or_else(|| format!("{operator} asks for numbers, and not for {}", shown(value)))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn decide(condition: &Value) -> Result<bool, String> {
        holds(condition.as_object().unwrap())
    }

    #[test]
    fn each_operator_compares_as_it_is_called() {
        for (variable, operator, wanted, expected) in [
            (json!("10"), "NumericEquals", json!(10), true),
            (json!("9"), "NumericGreater", json!(10), false),
            (json!("9"), "NumericLesser", json!(10), true),
            (json!(10), "NumericGreaterOrEquals", json!("10"), true),
            (json!(10.5), "NumericLesserOrEquals", json!(10), false),
            (json!(-0.0), "NumericEquals", json!(0), true),
            (json!("true"), "BooleanEquals", json!(true), true),
            (json!(false), "BooleanEquals", json!("False"), true),
            (json!(["ab", "c"]), "Contains", json!("ab"), true),
            (json!(["ab", "c"]), "Contains", json!("a"), false),
            (json!("abc"), "Contains", json!("b"), true),
            (json!("Straße"), "EqualsIgnoreCase", json!("STRASSE"), false),
            (json!("İ"), "EqualsIgnoreCase", json!("i\u{307}"), true),
            (json!("A"), "StringEquals", json!("a"), false),
            (json!(5), "StringEquals", json!("5"), true),
            (json!("abc"), "StartsWith", json!("ab"), true),
            (json!("abc"), "EndsWith", json!("bc"), true),
        ] {
            let condition = json!({"Variable": variable, operator: wanted, "NextStep": "x"});
            assert_eq!(decide(&condition), Ok(expected), "{condition}");
        }
    }

    #[test]
    fn conditions_join_and_what_cannot_be_decided_on_is_said() {
        let (yes, no) =
            (json!({"Variable": 1, "NumericEquals": 1}), json!({"Variable": 1, "NumericEquals": 2}));
        assert_eq!(decide(&json!({"And": [yes, {"Not": no}], "NextStep": "x"})), Ok(true));
        assert_eq!(decide(&json!({"And": [yes, no]})), Ok(false));
        assert_eq!(decide(&json!({"Or": [no, yes]})), Ok(true));
        assert_eq!(decide(&json!({"Or": [no, no]})), Ok(false));
        assert!(decide(&json!({"Variable": "x", "NumericEquals": 1})).unwrap_err().contains("\"x\""));
        assert!(decide(&json!({"Variable": "x", "BooleanEquals": true})).unwrap_err().contains("\"x\""));
    }
}
