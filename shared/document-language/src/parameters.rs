//! What SendCommand sent, held against what the document declares.

use reeve_types::text::cut;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    inputs::{DocumentInput, Shape},
    pattern::{Pattern, Verdict},
    references,
};

/// Why the parameters were refused; every variant names the parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The document declares no such parameter.
    #[error("The parameter {0} is not declared by the document.")]
    Unknown(String),
    /// It has no default and nothing was sent.
    #[error("The parameter {0} is required and has no value.")]
    Missing(String),
    /// Only lists take several values.
    #[error("The parameter {name} takes one value, but {given} were given.")]
    OneValue { name: String, given: usize },
    /// The text cannot be read as the declared type.
    #[error("The parameter {name} is not a value of the type {kind}: {value:?}.")]
    Type { name: String, kind: String, value: String },
    /// The value is none of allowedValues.
    #[error(
        "The parameter {name} has the value {value:?}, which is not among the allowed values: {allowed}."
    )]
    NotAllowed { name: String, value: String, allowed: String },
    /// The value does not match allowedPattern as a whole.
    #[error("The parameter {name} has the value {value:?}, which does not match the pattern {pattern}.")]
    Pattern { name: String, value: String, pattern: String },
    /// The value holds a reference to the Parameter Store that nothing has resolved.
    #[error(
        "The parameter {name} holds the reference {reference}; nothing resolves it, and a script would get its text. A secret \
         (ssm-secure) is for a String with the interpolationType ENV_VAR, or for a script's environment."
    )]
    Reference { name: String, reference: String },
    /// The declaration itself cannot be used.
    #[error("The parameter {name} has a pattern that cannot be used: it {reason}.")]
    BadPattern { name: String, reason: String },
    /// minChars or maxChars is violated.
    #[error("The parameter {name} has {given} characters, outside of the limits of the document.")]
    Chars { name: String, given: usize },
    /// minItems or maxItems is violated.
    #[error("The parameter {name} has {given} elements, outside of the limits of the document.")]
    Items { name: String, given: usize },
}

/// Checks what was sent and gives it its types. Only what was sent comes back: defaults are the business of
/// the node, so that a history shows what the caller said. A value or default that counts must hold no
/// plain reference to the Parameter Store.
pub fn bind(
    inputs: &[DocumentInput],
    given: &BTreeMap<String, Vec<String>>,
) -> Result<Map<String, Value>, Error> {
    if let Some(name) = given.keys().find(|name| !inputs.iter().any(|input| &input.name == *name)) {
        return Err(Error::Unknown(name.clone()));
    }
    let mut bound = Map::new();
    for input in inputs {
        match given.get(&input.name) {
            Some(values) => {
                let value = typed(input, values)?;
                no_reference(input, &value)?;
                match input.shape() {
                    // As they were written; the others as they are meant, so that True is true.
                    Shape::Map | Shape::MapList => check_texts(input, &value, values)?,
                    _ => check(input, &value)?,
                }
                bound.insert(input.name.clone(), value);
            }
            None => match &input.default {
                None => return Err(Error::Missing(input.name.clone())),
                Some(default) => no_reference(input, default)?,
            },
        }
    }
    Ok(bound)
}

/// Refuses a value that holds a reference to the Parameter Store.
/// A text may refer to secrets: whether a step takes them where it stands, [`crate::secrets`] says.
fn no_reference(input: &DocumentInput, value: &Value) -> Result<(), Error> {
    let without_secrets = |text: &str| references::replace_secrets(text, |_| Ok::<_, ()>(String::new()));
    let found = match value {
        Value::String(text) if input.shape() == Shape::Text => {
            references::in_value(&Value::String(without_secrets(text).unwrap_or_default()))
        }
        value => references::in_value(value),
    };
    match found {
        None => Ok(()),
        Some(reference) => Err(Error::Reference { name: input.name.clone(), reference }),
    }
}

fn typed(input: &DocumentInput, values: &[String]) -> Result<Value, Error> {
    let wrong = |value: &str| Error::Type {
        name: input.name.clone(),
        kind: input.kind.clone(),
        value: cut(value, 200),
    };
    let shape = input.shape();
    if let Shape::List = shape {
        return Ok(Value::from(values.to_vec()));
    }
    if let Shape::MapList = shape {
        return values
            .iter()
            .map(|text| serde_json::from_str::<Map<String, Value>>(text).map_err(|_| wrong(text)))
            .map(|map| map.map(Value::Object))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array);
    }
    let [text] = values else {
        return Err(Error::OneValue { name: input.name.clone(), given: values.len() });
    };
    Ok(match shape {
        Shape::Map => {
            Value::Object(serde_json::from_str::<Map<String, Value>>(text).map_err(|_| wrong(text))?)
        }
        Shape::Integer => Value::from(text.parse::<i64>().map_err(|_| wrong(text))?),
        Shape::Boolean => Value::from(text.to_ascii_lowercase().parse::<bool>().map_err(|_| wrong(text))?),
        _ => Value::from(text.as_str()),
    })
}

/// Checks a value that already has its type against a declaration.
pub(crate) fn check(input: &DocumentInput, value: &Value) -> Result<(), Error> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let texts: Vec<String> = match value {
        Value::Array(items) => items.iter().map(text).collect(),
        one => vec![text(one)],
    };
    check_texts(input, value, &texts)
}

fn check_texts(input: &DocumentInput, value: &Value, texts: &[String]) -> Result<(), Error> {
    let name = || input.name.clone();
    let count = match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(map) => Some(map.len()),
        _ => None,
    };
    if let Some(given) = count
        && outside(given, input.min_items, input.max_items)
    {
        return Err(Error::Items { name: name(), given });
    }
    let pattern = match &input.allowed_pattern {
        Some(pattern) => Some((
            Pattern::compile(pattern).map_err(|reason| Error::BadPattern { name: name(), reason })?,
            pattern,
        )),
        None => None,
    };
    for text in texts {
        let shown = || cut(text, 200);
        let given = text.chars().count();
        if outside(given, input.min_chars, input.max_chars) {
            return Err(Error::Chars { name: name(), given });
        }
        if !input.allowed_values.is_empty() && !input.allowed_values.contains(text) {
            let allowed = input.allowed_values.join(", ");
            return Err(Error::NotAllowed { name: name(), value: shown(), allowed });
        }
        if let Some((compiled, pattern)) = &pattern
            && compiled.full(text) != Verdict::Matches
        {
            return Err(Error::Pattern { name: name(), value: shown(), pattern: (*pattern).clone() });
        }
    }
    Ok(())
}

fn outside(given: usize, low: Option<u64>, high: Option<u64>) -> bool {
    let given = given as u64;
    low.is_some_and(|low| given < low) || high.is_some_and(|high| given > high)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(name: &str, kind: &str) -> DocumentInput {
        DocumentInput { name: name.into(), kind: kind.into(), ..DocumentInput::default() }
    }

    fn given(pairs: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        pairs.iter().map(|(n, v)| ((*n).into(), v.iter().map(|t| (*t).into()).collect())).collect()
    }

    #[test]
    fn given_values_when_bound_then_they_have_their_types_and_no_defaults() {
        let mut optional = input("o", "String");
        optional.default = Some(json!("x"));
        let inputs = [
            input("s", "String"),
            input("l", "StringList"),
            input("m", "StringMap"),
            input("i", "Integer"),
            input("b", "Boolean"),
            optional,
        ];
        let sent = given(&[
            ("s", &["a"]),
            ("l", &["1", "2"]),
            ("m", &["{\"k\":1}"]),
            ("i", &["-4"]),
            ("b", &["True"]),
        ]);
        let bound = bind(&inputs, &sent).unwrap();
        assert_eq!(Value::Object(bound), json!({"s":"a","l":["1","2"],"m":{"k":1},"i":-4,"b":true}));
    }

    #[test]
    fn given_wrong_parameters_when_bound_then_the_error_names_them() {
        let plain = [input("s", "String")];
        assert_eq!(bind(&plain, &given(&[])), Err(Error::Missing("s".into())));
        assert_eq!(bind(&plain, &given(&[("x", &["a"]), ("s", &["a"])])), Err(Error::Unknown("x".into())));
        assert_eq!(
            bind(&plain, &given(&[("s", &["a", "b"])])),
            Err(Error::OneValue { name: "s".into(), given: 2 })
        );
        assert!(matches!(
            bind(&[input("m", "StringMap")], &given(&[("m", &["no"])])),
            Err(Error::Type { name, .. }) if name == "m"
        ));
    }

    #[test]
    fn given_constraints_when_bound_then_each_is_enforced() {
        let mut s = input("s", "String");
        s.allowed_values = vec!["a".into(), "b".into()];
        assert!(matches!(
            bind(&[s.clone()], &given(&[("s", &["c"])])),
            Err(Error::NotAllowed { name, value, allowed }) if name == "s" && value == "c" && allowed == "a, b"
        ));
        s.allowed_values.clear();
        s.allowed_pattern = Some("[0-9]+".into());
        assert!(bind(&[s.clone()], &given(&[("s", &["12"])])).is_ok());
        assert!(matches!(bind(&[s.clone()], &given(&[("s", &["12x"])])), Err(Error::Pattern { .. })));
        s.allowed_pattern = None;
        s.max_chars = Some(2);
        assert!(matches!(bind(&[s], &given(&[("s", &["äöü"])])), Err(Error::Chars { given: 3, .. })));
        let mut l = input("l", "StringList");
        l.min_items = Some(1);
        assert!(matches!(bind(&[l], &given(&[("l", &[])])), Err(Error::Items { given: 0, .. })));
    }
}
