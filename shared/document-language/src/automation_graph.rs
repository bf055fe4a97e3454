//! The graph of an automation: every successor exists, and no path comes back to where it was.

use std::collections::HashMap;

use serde_json::Value;

use crate::{
    Error,
    error::invalid,
    fields::{Object, join, object, optional_text, required_list, required_text, truth},
};

const OPERATORS: [&str; 11] = [
    "StringEquals",
    "EqualsIgnoreCase",
    "StartsWith",
    "EndsWith",
    "Contains",
    "NumericEquals",
    "NumericGreater",
    "NumericLesser",
    "NumericGreaterOrEquals",
    "NumericLesserOrEquals",
    "BooleanEquals",
];

/// Checks the steps of one list; the steps of a loop are a list of their own.
pub(crate) fn check(steps: &[Value], at: &str) -> Result<(), Error> {
    let names: Vec<&str> =
        steps.iter().map(|s| s.get("name").and_then(Value::as_str).unwrap_or("")).collect();
    let index: HashMap<&str, usize> = names.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    let mut edges = Vec::with_capacity(steps.len());
    for (number, step) in steps.iter().enumerate() {
        let at = format!("{at}[{number}]");
        let step = object(step, &at)?;
        let mut to = Vec::new();
        for (field, name) in successors(step, &at)? {
            match index.get(name) {
                Some(target) => to.push(*target),
                None => {
                    return Err(invalid(field, format!("refers to the step {name:?}, which does not exist")));
                }
            }
        }
        if falls_through(step) && number + 1 < steps.len() {
            to.push(number + 1);
        }
        edges.push(to);
    }
    match find_cycle(&edges) {
        Some(step) => Err(invalid(
            format!("{at}[{step}]"),
            format!("belongs to a cycle: the step {:?} can come after itself", names[step]),
        )),
        None => Ok(()),
    }
}

/// Whether the step may be followed by the next one in the list.
fn falls_through(step: &Object) -> bool {
    let ends = step.get("isEnd").and_then(truth).unwrap_or(false);
    let branches = step.get("action").and_then(Value::as_str) == Some("aws:branch")
        && step.get("inputs").is_some_and(|inputs| inputs.get("Default").is_some());
    !ends && !branches && !step.contains_key("nextStep")
}

/// The successors a step names, each with the field that names it.
fn successors<'a>(step: &'a Object, at: &str) -> Result<Vec<(String, &'a str)>, Error> {
    let mut found = Vec::new();
    if let Some(next) = optional_text(step, at, "nextStep")? {
        found.push((join(at, "nextStep"), next));
    }
    for key in ["onFailure", "onCancel"] {
        if let Some(next) = optional_text(step, at, key)?.and_then(|word| word.strip_prefix("step:")) {
            found.push((join(at, key), next.trim()));
        }
    }
    if step.get("action").and_then(Value::as_str) == Some("aws:branch") {
        let at = join(at, "inputs");
        let inputs = step.get("inputs").map(|inputs| object(inputs, &at)).transpose()?;
        let Some(inputs) = inputs else { return Ok(found) };
        for (number, choice) in required_list(inputs, &at, "Choices")?.iter().enumerate() {
            let at = format!("{at}.Choices[{number}]");
            let choice = object(choice, &at)?;
            found.push((join(&at, "NextStep"), required_text(choice, &at, "NextStep")?));
            check_choice(choice, &at)?;
        }
        if let Some(default) = optional_text(inputs, &at, "Default")? {
            found.push((join(&at, "Default"), default));
        }
    }
    Ok(found)
}

fn check_choice(choice: &Object, at: &str) -> Result<(), Error> {
    for key in ["And", "Or"] {
        if choice.contains_key(key) {
            for (number, inner) in required_list(choice, at, key)?.iter().enumerate() {
                let at = format!("{at}.{key}[{number}]");
                check_choice(object(inner, &at)?, &at)?;
            }
            return Ok(());
        }
    }
    if let Some(inner) = choice.get("Not") {
        let at = join(at, "Not");
        return check_choice(object(inner, &at)?, &at);
    }
    if !choice.contains_key("Variable") {
        return Err(invalid(join(at, "Variable"), "is missing"));
    }
    match choice.keys().filter(|key| OPERATORS.contains(&key.as_str())).count() {
        1 => Ok(()),
        0 => Err(invalid(at, format!("needs one of the operators {}", OPERATORS.join(", ")))),
        _ => Err(invalid(at, "has more than one operator")),
    }
}

/// A step from which one can come back to it, by depth-first search with an explicit stack.
fn find_cycle(edges: &[Vec<usize>]) -> Option<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; edges.len()];
    for root in 0..edges.len() {
        if marks[root] != Mark::New {
            continue;
        }
        marks[root] = Mark::Open;
        let mut stack = vec![(root, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let Some(target) = edges[*node].get(*next).copied() else {
                marks[*node] = Mark::Done;
                stack.pop();
                continue;
            };
            *next += 1;
            match marks[target] {
                Mark::Open => return Some(target),
                Mark::New => {
                    marks[target] = Mark::Open;
                    stack.push((target, 0));
                }
                Mark::Done => {}
            }
        }
    }
    None
}
