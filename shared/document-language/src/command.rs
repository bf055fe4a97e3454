//! Command and Policy documents.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    declaration::{self, Dialect},
    error::{Error, invalid},
    fields::{
        Object, has_placeholder, join, object, optional_object, required_list, required_object,
        required_text, truth,
    },
    inputs::DocumentInput,
    interpolate::{Values, names_in},
    keys::Keys,
    platform::Platform,
    plugins::{self, Plugin},
    precondition::{self, Condition},
    step_inputs,
};

/// Says of a document that it looks and changes nothing: it may be run for an audit. Reeve's own; AWS ignores it.
const CHECK: &str = "check";

/// Whether a document of schema 2.x declares itself a check.
pub fn is_check(normalized: &Value) -> bool {
    normalized.get(CHECK) == Some(&Value::Bool(true))
}

/// At the top of a document of schema 2.x. AWS and the agent ignore the others.
const ROOT: Keys = Keys::open(
    &["schemaVersion", "parameters", "mainSteps", CHECK],
    &["description", "outputs", "files", "assumeRole", "variables"],
);
/// At the top of a document of schema 1.2.
const OLD_ROOT: Keys = Keys::open(&["schemaVersion", "parameters", "runtimeConfig"], &["description"]);
/// Of a plugin in schema 1.2.
const PLUGIN: Keys = Keys::open(&["properties"], &["settings", "description", "name", "id"]);
/// Of a step. The attributes of Automation steps have no effect here; public documents carry them.
const STEP: Keys = Keys::open(
    &["action", "name", "inputs", "precondition"],
    &[
        "description",
        "maxAttempts",
        "timeoutSeconds",
        "onFailure",
        "onCancel",
        "isCritical",
        "isEnd",
        "nextStep",
        "outputs",
    ],
);
/// Words that `onFailure` has in the inputs of a step alone.
const FLOW_WORDS: [&str; 2] = ["exit", "successAndExit"];

/// Checks the parameters and the steps; gives the declared parameters and the platforms.
pub(crate) fn check(root: &Object, version: &str) -> Result<(Vec<DocumentInput>, Vec<String>), Error> {
    let inputs = declaration::read(root, Dialect::Command)?;
    if version != "2.2"
        && let Some(input) = inputs.iter().find(|input| input.env_var)
    {
        let field = format!("parameters.{}.interpolationType", input.name);
        return Err(invalid(field, "needs a document of schema version 2.2"));
    }
    let mut platforms = Vec::new();
    if version == "1.2" {
        OLD_ROOT.check(root, "")?;
        check_runtime_config(root, &inputs, &mut platforms)?;
    } else {
        ROOT.check(root, "")?;
        if root.get(CHECK).is_some_and(|value| !value.is_boolean()) {
            return Err(invalid(CHECK.to_owned(), "must be true or false"));
        }
        check_main_steps(root, version, &inputs, &mut platforms)?;
    }
    let words = Platform::ALL.iter().filter(|p| platforms.contains(*p)).map(|p| p.name().to_owned());
    Ok((inputs, words.collect()))
}

fn check_runtime_config(
    root: &Object,
    inputs: &[DocumentInput],
    platforms: &mut Vec<Platform>,
) -> Result<(), Error> {
    let config = required_object(root, "", "runtimeConfig")?;
    if config.is_empty() {
        return Err(invalid("runtimeConfig", "must name at least one plugin"));
    }
    let context =
        Declared { inputs, downloads: config.keys().any(|action| step_inputs::is_download(action)) };
    for (action, settings) in config {
        let at = format!("runtimeConfig.{action}");
        let plugin = known(action, &at)?;
        let settings = object(settings, &at)?;
        PLUGIN.check(settings, &at)?;
        check_places(plugin, settings, PLUGIN, "properties", &at)?;
        let field = format!("{at}.properties");
        match settings.get("properties") {
            None => check_inputs(plugin, &Map::new(), &field, &context)?,
            Some(Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let field = format!("{field}[{index}]");
                    check_inputs(plugin, object(item, &field)?, &field, &context)?;
                }
            }
            Some(Value::Object(one)) => check_inputs(plugin, one, &field, &context)?,
            Some(text) if has_placeholder(text) => {}
            Some(_) => return Err(invalid(field, "must be a map or a list of maps")),
        }
        platforms.extend(plugin.platforms);
    }
    Ok(())
}

fn check_main_steps(
    root: &Object,
    version: &str,
    inputs: &[DocumentInput],
    platforms: &mut Vec<Platform>,
) -> Result<(), Error> {
    let steps = required_list(root, "", "mainSteps")?;
    let names = Values::new(inputs.iter().map(|input| (input.name.clone(), Value::Null)).collect());
    let actions = steps.iter().filter_map(|step| step.get("action")?.as_str());
    let context = Declared { inputs, downloads: actions.into_iter().any(step_inputs::is_download) };
    let mut seen = BTreeSet::new();
    for (index, step) in steps.iter().enumerate() {
        let at = format!("mainSteps[{index}]");
        let step = object(step, &at)?;
        STEP.check(step, &at)?;
        let name = required_text(step, &at, "name")?;
        check_step_name(name, &at)?;
        if !seen.insert(name) {
            return Err(invalid(join(&at, "name"), format!("is {name:?}, which another step has as well")));
        }
        let plugin = known(required_text(step, &at, "action")?, &join(&at, "action"))?;
        check_places(plugin, step, STEP, "inputs", &at)?;
        let none = Map::new();
        let inputs = optional_object(step, &at, "inputs")?.unwrap_or(&none);
        let field = join(&at, "inputs");
        check_inputs(plugin, inputs, &field, &context)?;
        check_flow(inputs, &field, index + 1 == steps.len())?;
        let only = check_precondition(step, &at, version, &names)?;
        platforms.extend(
            plugin.platforms.iter().filter(|platform| {
                only.as_ref().is_none_or(|word| word.eq_ignore_ascii_case(platform.name()))
            }),
        );
    }
    Ok(())
}

/// Refuses what has an effect only inside of the inputs and stands beside them, where nobody reads it.
fn check_places(plugin: &Plugin, map: &Object, keys: Keys, inside: &str, at: &str) -> Result<(), Error> {
    let flow = |value: &Value| value.as_str().is_some_and(|word| FLOW_WORDS.contains(&word));
    let misplaced = map.iter().find(|(key, value)| {
        let key = key.as_str();
        let here = keys.effective.contains(&key) || keys.ignored.contains(&key);
        (!here && plugin.keys.effective.contains(&key)) || (key == "onFailure" && flow(value))
    });
    match misplaced {
        None => Ok(()),
        Some((key, _)) => {
            Err(invalid(join(at, key), format!("has no effect here; it belongs into {inside}")))
        }
    }
}

/// The name of a step is also the name of a folder on the node.
fn check_step_name(name: &str, at: &str) -> Result<(), Error> {
    let fits = (1..=128).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'))
        && !name.starts_with('.');
    if fits {
        Ok(())
    } else {
        Err(invalid(
            join(at, "name"),
            format!(
                "is {name:?}; it must have 1 to 128 letters, digits, dashes, underscores, dots or colons"
            ),
        ))
    }
}

fn known(action: &str, field: &str) -> Result<&'static Plugin, Error> {
    plugins::find(action).ok_or_else(|| invalid(field, format!("names the unknown plugin {action:?}")))
}

/// What the inputs of a step are checked against.
struct Declared<'a> {
    inputs: &'a [DocumentInput],
    /// Whether a step of the document downloads something.
    downloads: bool,
}

fn check_inputs(plugin: &Plugin, inputs: &Object, at: &str, declared: &Declared<'_>) -> Result<(), Error> {
    plugin.keys.check(inputs, at)?;
    check_values(inputs, at, declared)?;
    if let Some(missing) = plugin.required.iter().find(|name| !inputs.contains_key(**name)) {
        return Err(invalid(join(at, missing), format!("is missing; {} needs it", plugin.name)));
    }
    if !plugins::is_script(plugin.name) {
        return Ok(());
    }
    match inputs.get("runCommand") {
        None => Ok(()),
        Some(Value::Array(lines)) => match lines.iter().position(|line| !line.is_string()) {
            None => Ok(()),
            Some(index) => Err(invalid(format!("{at}.runCommand[{index}]"), "must be text")),
        },
        Some(text) if has_placeholder(text) => Ok(()),
        Some(_) => Err(invalid(
            join(at, "runCommand"),
            "must be a list of texts or a placeholder of a StringList parameter",
        )),
    }
}

fn check_values(inputs: &Object, at: &str, declared: &Declared<'_>) -> Result<(), Error> {
    let whole = Value::Object(inputs.clone());
    step_inputs::check(&whole, declared.downloads)
        .map_err(|(input, problem)| invalid(join(at, input), problem))?;
    // Not a script, where braces may belong to somebody else: an undeclared name never becomes a number.
    let mut names = Vec::new();
    names_in(inputs.get("timeoutSeconds").unwrap_or(&Value::Null), &mut names);
    match names.iter().find(|name| !declared.inputs.iter().any(|input| input.name == **name)) {
        None => Ok(()),
        Some(name) => {
            let problem = format!("refers to {name:?}, which is no parameter of the document");
            Err(invalid(join(at, "timeoutSeconds"), problem))
        }
    }
}

fn check_flow(inputs: &Object, at: &str, last: bool) -> Result<(), Error> {
    for (key, words) in [("onFailure", &FLOW_WORDS[..]), ("onSuccess", &["exit"][..])] {
        match inputs.get(key) {
            None => {}
            Some(value) if has_placeholder(value) => {}
            Some(Value::String(word)) if words.contains(&word.as_str()) => {}
            Some(_) => return Err(invalid(join(at, key), format!("must be one of {}", words.join(", ")))),
        }
    }
    match inputs.get("finallyStep") {
        None => Ok(()),
        Some(value) if has_placeholder(value) => Ok(()),
        Some(value) => match truth(value) {
            Some(true) if !last => {
                Err(invalid(join(at, "finallyStep"), "is true, but the step is not the last"))
            }
            Some(_) => Ok(()),
            None => Err(invalid(join(at, "finallyStep"), "must be true or false")),
        },
    }
}

/// Checks a precondition and gives the platform it demands, if it is a platform known before run time.
fn check_precondition(
    step: &Object,
    at: &str,
    version: &str,
    names: &Values,
) -> Result<Option<String>, Error> {
    let field = join(at, "precondition");
    let Some(map) = optional_object(step, at, "precondition")? else { return Ok(None) };
    if map.is_empty() {
        return Ok(None);
    }
    if version != "2.2" {
        return Err(invalid(field, "needs a document of schema version 2.2"));
    }
    match precondition::read(step.get("precondition"), names) {
        Condition::Malformed(why) => Err(invalid(field, format!("cannot be understood: {why}"))),
        Condition::Platform { .. } => {
            let operands = map.get("StringEquals").and_then(Value::as_array).into_iter().flatten();
            let word = operands.filter_map(Value::as_str).find(|word| *word != "platformType");
            Ok(word.filter(|word| !word.contains("{{")).map(str::to_owned))
        }
        _ => Ok(None),
    }
}
