//! Preconditions: whether a step applies to this node and these parameters.

use serde_json::Value;

use crate::{interpolate::Values, references};

/// A precondition with its parameters filled in; only the platform is still open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// There is none.
    None,
    /// The operands were compared.
    Equal {
        /// The result.
        holds: bool,
        /// The condition as the author wrote it.
        shown: String,
    },
    /// The platform must be this one.
    Platform {
        /// The word that the platform must equal without regard to case.
        wanted: String,
        /// The condition as the author wrote it.
        shown: String,
    },
    /// It cannot be understood, so the step must fail rather than run.
    Malformed(String),
}

/// What shall be done with a step on a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Run it.
    Run,
    /// Leave it out, with a reason for the output.
    Skip(String),
    /// Mark it failed without running, with a reason for the output.
    Fail(String),
}

/// Reads a precondition of schema 2.2.
pub fn read(precondition: Option<&Value>, values: &Values) -> Condition {
    let map = match precondition {
        None | Some(Value::Null) => return Condition::None,
        Some(Value::Object(map)) => map,
        Some(_) => return Condition::Malformed("the precondition is not a map".to_owned()),
    };
    let mut wanted = Condition::None;
    for (operator, operands) in map {
        if operator != "StringEquals" {
            return Condition::Malformed(format!("unrecognized operator: \"{operator}\""));
        }
        wanted = string_equals(operands, values);
    }
    wanted
}

fn string_equals(operands: &Value, values: &Values) -> Condition {
    let operands: Vec<&str> = operands.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let [left, right] = operands.as_slice() else {
        return malformed("operator accepts exactly 2 arguments");
    };
    if left == right {
        return malformed("operator's arguments can't be identical");
    }
    if [left, right].iter().any(|operand| references::in_text(operand).is_some()) {
        return malformed("operator's arguments can't contain Parameter Store references");
    }
    let shown = format!("\"StringEquals\": [{left}, {right}]");
    match (*left, *right) {
        ("platformType", other) | (other, "platformType") => {
            Condition::Platform { wanted: plain(values.text(other)), shown }
        }
        _ if values.refers(left) || values.refers(right) => {
            Condition::Equal { holds: plain(values.text(left)) == plain(values.text(right)), shown }
        }
        _ => malformed("at least one of operator's arguments must contain a valid document parameter"),
    }
}

fn malformed(problem: &str) -> Condition {
    Condition::Malformed(format!("\"StringEquals\": {problem}"))
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
