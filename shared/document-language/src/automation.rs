//! Automation documents (schema 0.3): their structure, without running anything.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    DocumentInput, Error, automation_graph as graph,
    declaration::{self, Dialect},
    error::invalid,
    fields::{
        Object, has_placeholder, join, object, optional_object, optional_text, required_list, required_text,
        truth, whole_number,
    },
    interpolate::names_in,
    keys::Keys,
    references,
};

/// The actions and the inputs they cannot do without.
const ACTIONS: &[(&str, &[&str])] = &[
    ("aws:approve", &["Approvers"]),
    ("aws:assertAwsResourceProperty", &["Service", "Api", "PropertySelector", "DesiredValues"]),
    ("aws:branch", &["Choices"]),
    ("aws:changeInstanceState", &["InstanceIds", "DesiredState"]),
    ("aws:copyImage", &["SourceImageId", "SourceRegion", "ImageName"]),
    ("aws:createImage", &["InstanceId", "ImageName"]),
    ("aws:createStack", &["StackName"]),
    ("aws:createTags", &["ResourceIds", "Tags"]),
    ("aws:deleteImage", &["ImageId"]),
    ("aws:deleteStack", &["StackName"]),
    ("aws:executeAutomation", &["DocumentName"]),
    ("aws:executeAwsApi", &["Service", "Api"]),
    ("aws:executeScript", &["Runtime"]),
    ("aws:executeStateMachine", &["stateMachineArn"]),
    ("aws:invokeLambdaFunction", &["FunctionName"]),
    ("aws:invokeWebhook", &["IntegrationName"]),
    ("aws:loop", &["Steps"]),
    ("aws:pause", &[]),
    ("aws:runCommand", &["DocumentName"]),
    ("aws:runInstances", &["ImageId"]),
    ("aws:sleep", &[]),
    ("aws:updateVariable", &["Name", "Value"]),
    ("aws:waitForAwsResourceProperty", &["Service", "Api", "PropertySelector", "DesiredValues"]),
];

const ROOT: Keys = Keys::open(
    &["schemaVersion", "assumeRole", "parameters", "variables", "mainSteps", "outputs", "files"],
    &["description"],
);
const STEP: Keys = Keys::open(
    &[
        "name",
        "action",
        "inputs",
        "maxAttempts",
        "timeoutSeconds",
        "onFailure",
        "onCancel",
        "isCritical",
        "isEnd",
        "nextStep",
        "outputs",
    ],
    &["description"],
);

/// The parameter by which a caller gives an execution its role. A document may name it without declaring it: without a
/// value there is no role.
const ASSUME_ROLE: &str = "AutomationAssumeRole";

const OUTPUT_TYPES: [&str; 6] = ["String", "StringList", "StringMap", "Integer", "Boolean", "MapList"];
/// The public limit on iterations and on literal iterators.
const MAX_ITERATIONS: u64 = 100;

/// Names that placeholders may start with.
struct Scope {
    parameters: BTreeSet<String>,
    variables: BTreeSet<String>,
    steps: BTreeSet<String>,
}

/// Checks the document and gives its parameters.
pub(crate) fn check(root: &Object) -> Result<Vec<DocumentInput>, Error> {
    ROOT.check(root, "")?;
    let inputs = declaration::read(root, Dialect::Automation)?;
    optional_text(root, "", "assumeRole")?;
    let steps = required_list(root, "", "mainSteps")?;
    let mut names = BTreeSet::new();
    collect_names(steps, "mainSteps", &mut names)?;
    let scope = Scope {
        parameters: inputs.iter().map(|input| input.name.clone()).collect(),
        variables: variables(root)?,
        steps: names,
    };
    check_steps(steps, "mainSteps", &scope, false)?;
    check_outputs(root, &scope)?;
    if let Some(role) = root.get("assumeRole") {
        no_parameters(role, "assumeRole")?;
        check_references(role, "assumeRole", &scope)?;
    }
    Ok(inputs)
}

fn variables(root: &Object) -> Result<BTreeSet<String>, Error> {
    let Some(declared) = optional_object(root, "", "variables")? else { return Ok(BTreeSet::new()) };
    for (name, value) in declared {
        let at = format!("variables.{name}");
        let kind = required_text(object(value, &at)?, &at, "type")?;
        if !OUTPUT_TYPES.contains(&kind) {
            return Err(invalid(format!("{at}.type"), format!("has the unknown type {kind:?}")));
        }
    }
    Ok(declared.keys().cloned().collect())
}

/// Step names are unique over the whole document, those inside of loops included.
fn collect_names(steps: &[Value], at: &str, names: &mut BTreeSet<String>) -> Result<(), Error> {
    for (index, step) in steps.iter().enumerate() {
        let at = format!("{at}[{index}]");
        let step = object(step, &at)?;
        let name = required_text(step, &at, "name")?;
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            let problem = format!("is {name:?}; it must have letters, digits and underscores alone");
            return Err(invalid(join(&at, "name"), problem));
        }
        if !names.insert(name.to_owned()) {
            return Err(invalid(join(&at, "name"), format!("is {name:?}, which another step has as well")));
        }
        if step.get("action").and_then(Value::as_str) == Some("aws:loop")
            && let Some(Value::Array(inner)) = step.get("inputs").and_then(|inputs| inputs.get("Steps"))
        {
            collect_names(inner, &format!("{at}.inputs.Steps"), names)?;
        }
    }
    Ok(())
}

fn check_steps(steps: &[Value], at: &str, scope: &Scope, in_loop: bool) -> Result<(), Error> {
    for (index, step) in steps.iter().enumerate() {
        let at = format!("{at}[{index}]");
        check_step(object(step, &at)?, &at, scope, in_loop)?;
    }
    graph::check(steps, at)
}

fn check_step(step: &Object, at: &str, scope: &Scope, in_loop: bool) -> Result<(), Error> {
    STEP.check(step, at)?;
    let action = required_text(step, at, "action")?;
    let Some((_, needed)) = ACTIONS.iter().find(|(name, _)| *name == action) else {
        return Err(invalid(join(at, "action"), format!("names the unknown action {action:?}")));
    };
    let none = Object::new();
    let inputs = optional_object(step, at, "inputs")?.unwrap_or(&none);
    if let Some(missing) = needed.iter().find(|name| !inputs.contains_key(**name)) {
        return Err(invalid(format!("{at}.inputs.{missing}"), format!("is missing; {action} needs it")));
    }
    check_attributes(step, at)?;
    check_step_outputs(step, at)?;
    check_inputs(action, inputs, &join(at, "inputs"), scope, in_loop)?;
    for (key, value) in inputs {
        // The text of a script has braces of its own, and the steps of a loop are checked one by one.
        if (action, key.as_str()) != ("aws:executeScript", "Script")
            && (action, key.as_str()) != ("aws:loop", "Steps")
        {
            no_parameters(value, &format!("{at}.inputs.{key}"))?;
            check_references(value, &format!("{at}.inputs.{key}"), scope)?;
        }
    }
    Ok(())
}

fn check_attributes(step: &Object, at: &str) -> Result<(), Error> {
    optional_text(step, at, "description")?;
    for key in ["isEnd", "isCritical"] {
        if let Some(value) = step.get(key)
            && truth(value).is_none()
            && !has_placeholder(value)
        {
            return Err(invalid(join(at, key), "must be true or false"));
        }
    }
    for key in ["timeoutSeconds", "maxAttempts"] {
        if let Some(value) = step.get(key)
            && whole_number(value).is_none_or(|n| n == 0)
            && !has_placeholder(value)
        {
            return Err(invalid(join(at, key), "must be a positive whole number"));
        }
    }
    for (key, words) in [("onFailure", &["Abort", "Continue"][..]), ("onCancel", &["Abort"][..])] {
        if let Some(word) = optional_text(step, at, key)?
            && !words.contains(&word)
            && !word.starts_with("step:")
        {
            let problem = format!("is {word:?}; it must be step:<name> or one of {}", words.join(", "));
            return Err(invalid(join(at, key), problem));
        }
    }
    Ok(())
}

fn check_step_outputs(step: &Object, at: &str) -> Result<(), Error> {
    let outputs = match step.get("outputs") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(outputs)) => outputs,
        Some(_) => return Err(invalid(join(at, "outputs"), "must be a list")),
    };
    for (index, output) in outputs.iter().enumerate() {
        let at = format!("{at}.outputs[{index}]");
        let output = object(output, &at)?;
        required_text(output, &at, "Name")?;
        let selector = required_text(output, &at, "Selector")?;
        if !selector.starts_with('$') {
            return Err(invalid(format!("{at}.Selector"), "must start with a dollar sign"));
        }
        if let Some(kind) = optional_text(output, &at, "Type")?
            && !OUTPUT_TYPES.contains(&kind)
        {
            return Err(invalid(format!("{at}.Type"), format!("has the unknown type {kind:?}")));
        }
    }
    Ok(())
}

fn check_inputs(action: &str, inputs: &Object, at: &str, scope: &Scope, in_loop: bool) -> Result<(), Error> {
    match action {
        "aws:runCommand" if inputs.contains_key("InstanceIds") && inputs.contains_key("Targets") => {
            Err(invalid(at, "has both InstanceIds and Targets, of which only one may be given"))
        }
        "aws:executeScript" => {
            let python =
                inputs.get("Runtime").and_then(Value::as_str).is_some_and(|r| r.starts_with("python"));
            if python && !inputs.contains_key("Handler") {
                return Err(invalid(join(at, "Handler"), "is missing; Python needs it"));
            }
            if !inputs.contains_key("Script") && !inputs.contains_key("Attachment") {
                return Err(invalid(join(at, "Script"), "is missing, and so is Attachment"));
            }
            Ok(())
        }
        "aws:sleep" if inputs.contains_key("Duration") == inputs.contains_key("Timestamp") => {
            Err(invalid(at, "needs exactly one of Duration and Timestamp"))
        }
        "aws:updateVariable" => {
            let name = required_text(inputs, at, "Name")?;
            let declared = name.strip_prefix("variable:").is_some_and(|n| scope.variables.contains(n));
            if declared || name.contains("{{") {
                Ok(())
            } else {
                Err(invalid(join(at, "Name"), format!("is {name:?}, which is not a declared variable")))
            }
        }
        "aws:loop" if in_loop => {
            Err(invalid(at, "belongs to a loop inside of a loop, which is not possible"))
        }
        "aws:loop" => check_loop(inputs, at, scope),
        _ => Ok(()),
    }
}

fn check_loop(inputs: &Object, at: &str, scope: &Scope) -> Result<(), Error> {
    match (inputs.get("Iterators"), inputs.get("LoopCondition")) {
        (None, None) | (Some(_), Some(_)) => {
            return Err(invalid(at, "needs exactly one of Iterators and LoopCondition"));
        }
        (Some(Value::Array(items)), _) if items.len() as u64 > MAX_ITERATIONS => {
            return Err(invalid(join(at, "Iterators"), format!("has more than {MAX_ITERATIONS} elements")));
        }
        _ => {}
    }
    if let Some(most) = inputs.get("MaxIterations")
        && !has_placeholder(most)
        && !whole_number(most).is_some_and(|n| (1..=MAX_ITERATIONS).contains(&n))
    {
        return Err(invalid(join(at, "MaxIterations"), format!("must be 1 to {MAX_ITERATIONS}")));
    }
    check_steps(required_list(inputs, at, "Steps")?, &join(at, "Steps"), scope, true)
}

fn check_outputs(root: &Object, scope: &Scope) -> Result<(), Error> {
    let outputs = match root.get("outputs") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(outputs)) => outputs,
        Some(_) => return Err(invalid("outputs", "must be a list")),
    };
    for (index, output) in outputs.iter().enumerate() {
        let at = format!("outputs[{index}]");
        let text = output.as_str().ok_or_else(|| invalid(&*at, "must be text"))?;
        if text.contains("{{") {
            check_references(output, &at, scope)?;
        } else if let Some((step, _)) = text.split_once('.')
            && !scope.steps.contains(step)
        {
            return Err(invalid(at, format!("refers to the step {step:?}, which does not exist")));
        }
    }
    Ok(())
}

/// The Parameter Store is referred to by values of parameters, and by their defaults, alone.
fn no_parameters(value: &Value, field: &str) -> Result<(), Error> {
    match references::in_value(value) {
        None => Ok(()),
        Some(reference) => {
            let problem =
                format!("has {reference}; only a parameter or its default may refer to the Parameter Store");
            Err(invalid(field, problem))
        }
    }
}

/// Every placeholder must start with something that exists. Texts between braces that do not look like a
/// reference at all are left alone.
fn check_references(value: &Value, field: &str, scope: &Scope) -> Result<(), Error> {
    let mut names = Vec::new();
    names_in(value, &mut names);
    for name in names {
        if let Some(variable) = name.strip_prefix("variable:") {
            let first = head(variable);
            if !scope.variables.contains(first) {
                return Err(invalid(
                    field,
                    format!("refers to the variable {first:?}, which is not declared"),
                ));
            }
            continue;
        }
        let first = head(&name);
        let is_word = !first.is_empty() && first.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let known = scope.parameters.contains(first)
            || scope.steps.contains(first)
            || matches!(first, "RESOURCE_ID" | "TARGETS" | "loop" | ASSUME_ROLE);
        if is_word && !name.contains(':') && !known {
            return Err(invalid(
                field,
                format!("refers to {name:?}, which is neither a parameter nor a step"),
            ));
        }
    }
    Ok(())
}

fn head(name: &str) -> &str {
    name.split(['.', '[']).next().unwrap_or(name)
}
