//! A runbook: an Automation document of schema 0.3 as the engine reads it. What may be stored the document language has
//! checked.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What follows a step that fails or times out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnFailure {
    Abort,
    Continue,
    Step(String),
}

/// An output that a step declares: which part of an answer it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Output {
    pub name: String,
    pub selector: String,
    #[serde(rename = "Type")]
    pub kind: Option<String>,
}

/// A step. Attributes that may hold a placeholder are values: they are resolved when it begins.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Step {
    pub name: String,
    pub action: String,
    #[serde(deserialize_with = "of_null")]
    pub inputs: Map<String, Value>,
    pub max_attempts: Option<Value>,
    pub timeout_seconds: Option<Value>,
    pub is_end: Option<Value>,
    pub is_critical: Option<Value>,
    on_failure: Option<String>,
    on_cancel: Option<String>,
    pub next_step: Option<String>,
    #[serde(deserialize_with = "of_null")]
    pub outputs: Vec<Output>,
    /// Those of a loop.
    #[serde(skip)]
    pub steps: Vec<Step>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Variable {
    #[serde(rename = "type")]
    kind: String,
    default: Option<Value>,
}

/// A runbook.
#[derive(Clone, Debug, Default)]
pub struct Runbook {
    pub steps: Vec<Step>,
    /// Each with its type and its value at the beginning.
    pub variables: Vec<(String, String, Option<Value>)>,
    /// The references that are the execution's outputs.
    pub outputs: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Root {
    main_steps: Vec<Step>,
    #[serde(deserialize_with = "of_null")]
    variables: Map<String, Value>,
    #[serde(deserialize_with = "of_null")]
    outputs: Vec<String>,
}

/// A member that is null is one that is left out.
fn of_null<'de, D: serde::Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

impl Runbook {
    /// Reads a document that the document language has normalized.
    ///
    /// # Errors
    /// A sentence about what is not as it must be.
    pub fn parse(json: &str) -> Result<Self, String> {
        let root: Root = serde_json::from_str(json).map_err(|error| format!("the runbook: {error}"))?;
        let mut steps = root.main_steps;
        for step in steps.iter_mut().filter(|step| step.action == "aws:loop") {
            let inner = step.inputs.remove("Steps").unwrap_or_default();
            step.steps = serde_json::from_value(inner)
                .map_err(|error| format!("the steps of {}: {error}", step.name))?;
        }
        let variables = root.variables.into_iter().map(|(name, value)| {
            let declared: Variable =
                serde_json::from_value(value).map_err(|error| format!("the variable {name}: {error}"))?;
            Ok((name, declared.kind, declared.default))
        });
        Ok(Self { steps, variables: variables.collect::<Result<_, String>>()?, outputs: root.outputs })
    }

    /// The list that a step stands in: the runbook's, or that of the loop of this name.
    pub fn list(&self, loop_name: &str) -> &[Step] {
        match loop_name {
            "" => &self.steps,
            name => self.step("", name).map(|step| step.steps.as_slice()).unwrap_or_default(),
        }
    }

    /// A step of a list.
    pub fn step(&self, loop_name: &str, name: &str) -> Option<&Step> {
        self.list(loop_name).iter().find(|step| step.name == name)
    }

    /// Whether there is a step of this name, in a loop or not.
    pub fn has_step(&self, name: &str) -> bool {
        let mut all = self.steps.iter().flat_map(|step| std::iter::once(step).chain(&step.steps));
        all.any(|step| step.name == name)
    }

    /// The step behind another one in its list.
    pub fn behind(&self, loop_name: &str, name: &str) -> Option<&str> {
        let list = self.list(loop_name);
        let at = list.iter().position(|step| step.name == name)?;
        list.get(at + 1).map(|step| step.name.as_str())
    }

    /// The names of the steps that may follow one.
    pub fn successors(&self, loop_name: &str, name: &str) -> Vec<String> {
        let Some(step) = self.step(loop_name, name) else { return Vec::new() };
        let mut found = Vec::new();
        found.extend(step.next_step.clone());
        if step.action == "aws:branch" {
            let choices = step.inputs.get("Choices").and_then(Value::as_array).into_iter().flatten();
            let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
            found.extend(choices.filter_map(|choice| text(choice.get("NextStep"))));
            found.extend(text(step.inputs.get("Default")));
        }
        if let OnFailure::Step(other) = step.on_failure() {
            found.push(other);
        }
        let is_end = step.is_end.as_ref().and_then(truth).unwrap_or_default();
        if step.next_step.is_none() && !is_end {
            found.extend(self.behind(loop_name, name).map(str::to_owned));
        }
        let mut seen = BTreeSet::new();
        found.retain(|name| seen.insert(name.clone()));
        found
    }
}

impl Step {
    pub fn on_failure(&self) -> OnFailure {
        match self.on_failure.as_deref() {
            Some("Continue") => OnFailure::Continue,
            Some(text) => match text.strip_prefix("step:") {
                Some(name) => OnFailure::Step(name.trim().to_owned()),
                None => OnFailure::Abort,
            },
            None => OnFailure::Abort,
        }
    }

    /// As it was written.
    pub fn on_failure_text(&self) -> &str {
        self.on_failure.as_deref().unwrap_or("Abort")
    }

    /// The step that cleans up after one that was cancelled. Some actions have none (AWS).
    pub fn on_cancel(&self) -> Option<&str> {
        const WITHOUT: [&str; 9] = [
            "aws:approve",
            "aws:copyImage",
            "aws:createImage",
            "aws:createStack",
            "aws:createTags",
            "aws:loop",
            "aws:pause",
            "aws:sleep",
            "aws:updateVariable",
        ];
        let text = self.on_cancel.as_deref().filter(|_| !WITHOUT.contains(&self.action.as_str()))?;
        text.strip_prefix("step:").map(str::trim)
    }
}

/// A truth value, given as such or as a word.
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A whole number, given as such or as its digits.
pub fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
