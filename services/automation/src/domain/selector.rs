//! The outputs that steps declare, and their types.

use super::runbook::Output;
use reeve_document_language::selector::{is_of_type, select};
use serde_json::{Map, Value};

/// The declared outputs of a step, from the answer of what it did. What a selector does not find is absent.
///
/// # Errors
/// A sentence about a selector that is not understood, or a value of another type than the declared one.
pub fn outputs(declared: &[Output], answer: &Value) -> Result<Map<String, Value>, String> {
    let found =
        declared.iter().map(|output| select(&output.selector, answer)).collect::<Result<Vec<_>, _>>()?;
    typed(declared, found)
}

/// The declared outputs of a step whose selectors have found these.
///
/// # Errors
/// A sentence about a value of another type than the declared one.
pub fn typed(declared: &[Output], found: Vec<Option<Value>>) -> Result<Map<String, Value>, String> {
    let mut outputs = Map::new();
    for (output, value) in declared.iter().zip(found) {
        let Some(value) = value else { continue };
        let kind = output.kind.as_deref().unwrap_or("String");
        if !is_of_type(&value, kind) {
            return Err(format!("the output {} is not of the type {kind}: {}", output.name, shown(&value)));
        }
        outputs.insert(output.name.clone(), value);
    }
    Ok(outputs)
}

/// A value in a sentence.
pub fn shown(value: &Value) -> String {
    reeve_types::text::cut(&value.to_string(), 200)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_of_another_type_is_refused_and_one_that_is_not_there_is_absent() {
        let answer = json!({"State": {"Code": 16}});
        let declared = |kind: &str, selector: &str| Output {
            name: "o".into(),
            selector: selector.into(),
            kind: Some(kind.into()),
        };
        let code = "$.State.Code";
        assert_eq!(outputs(&[declared("Integer", code)], &answer).unwrap()["o"], 16);
        let refused = outputs(&[declared("String", code)], &answer).unwrap_err();
        assert!(refused.contains("the output o is not of the type String: 16"), "{refused}");
        assert!(outputs(&[declared("String", "$.None")], &answer).unwrap().is_empty());
    }
}
