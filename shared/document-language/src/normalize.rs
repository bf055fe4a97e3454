//! What unquoted YAML leaves in a document, made into what strict readers expect.

use serde_json::Value;

use crate::{
    fields::truth,
    inputs::{Shape, shape},
    plugins,
};

/// YAML authors write `schemaVersion: 2.2` without quotes; every reader expects text.
pub(crate) fn schema_version(document: &mut Value) {
    if let Some(version @ Value::Number(_)) = document.get_mut("schemaVersion") {
        *version = Value::String(version.to_string());
    }
}

/// The types of parameters that are written the same in every letter but their case.
const TYPES: [&str; 6] = ["String", "StringList", "StringMap", "Integer", "Boolean", "MapList"];

/// Gives the declared parameters the texts that the agent insists on: types in their case (`type: string`), scalars of
/// String parameters as text, and a null in a list as an empty text.
pub(crate) fn parameters(document: &mut Value) {
    let Some(declared) = document.get_mut("parameters").and_then(Value::as_object_mut) else { return };
    for input in declared.values_mut().filter_map(Value::as_object_mut) {
        if let Some(Value::String(kind)) = input.get_mut("type")
            && let Some(known) = TYPES.iter().find(|known| known.eq_ignore_ascii_case(kind))
        {
            *kind = (*known).to_owned();
        }
        let kind = input.get("type").and_then(Value::as_str).and_then(shape);
        if let Some(Value::Array(values)) = input.get_mut("allowedValues") {
            // They are compared as texts, whatever the type.
            values.iter_mut().for_each(to_text);
            if kind == Some(Shape::Boolean) {
                // `True` is the same value as `true`.
                for value in values {
                    if let Some(flag) = truth(value) {
                        *value = Value::String(flag.to_string());
                    }
                }
            }
        }
        if let Some(default) = input.get_mut("default") {
            self::default(kind, default);
        }
    }
}

fn default(kind: Option<Shape>, default: &mut Value) {
    match (kind, &mut *default) {
        (Some(Shape::Text), value) if !value.is_null() => to_text(value),
        (Some(Shape::List), Value::Array(items)) => items.iter_mut().for_each(to_text),
        (Some(Shape::Integer), Value::String(text)) => {
            if let Ok(number) = text.parse::<i64>() {
                *default = Value::from(number);
            }
        }
        (Some(Shape::Boolean), value @ Value::String(_)) => {
            if let Some(flag) = truth(value) {
                *default = Value::Bool(flag);
            }
        }
        _ => {}
    }
}

fn to_text(value: &mut Value) {
    match value {
        Value::Null => *value = Value::String(String::new()),
        Value::Bool(_) | Value::Number(_) => *value = Value::String(value.to_string()),
        _ => {}
    }
}

/// The inputs of aws:downloadContent that AWS's own documents (AWS-ApplyAnsiblePlaybooks) and their many copies write
/// with a capital, as AWS's agent takes them, and their names.
const CAPITAL_INPUTS: [(&str, &str); 3] =
    [("SourceType", "sourceType"), ("SourceInfo", "sourceInfo"), ("DestinationPath", "destinationPath")];

/// A null among the lines of a script, which an empty dash of YAML leaves, is an empty line; the inputs of
/// aws:downloadContent get their names.
pub(crate) fn inputs(document: &mut Value) {
    let steps = document.get_mut("mainSteps").and_then(Value::as_array_mut).into_iter().flatten();
    for step in steps {
        let action = step.get("action").and_then(Value::as_str).unwrap_or_default();
        let (script, download) = (plugins::is_script(action), action == "aws:downloadContent");
        let Some(inputs) = step.get_mut("inputs") else { continue };
        if script {
            lines(inputs);
        }
        if let Some(inputs) = inputs.as_object_mut().filter(|_| download) {
            for (written, name) in CAPITAL_INPUTS {
                if !inputs.contains_key(name)
                    && let Some(value) = inputs.remove(written)
                {
                    inputs.insert(name.to_owned(), value);
                }
            }
        }
    }
    let config = document.get_mut("runtimeConfig").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, settings) in config.filter(|(action, _)| plugins::is_script(action)) {
        match settings.get_mut("properties") {
            Some(Value::Array(runs)) => runs.iter_mut().for_each(lines),
            Some(one) => lines(one),
            None => {}
        }
    }
}

fn lines(inputs: &mut Value) {
    if let Some(Value::Array(lines)) = inputs.get_mut("runCommand") {
        for line in lines.iter_mut().filter(|line| line.is_null()) {
            *line = Value::String(String::new());
        }
    }
}
