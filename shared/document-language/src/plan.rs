//! From a document and its parameters to what a node runs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::{
    declaration::{self, Dialect},
    fields::{Object, whole_number},
    flow::Flow,
    inputs::is_plain_name,
    interpolate::Values,
    parameters,
    pattern::{Pattern, Verdict},
    platform::Platform,
    plugins,
    precondition::{self, Condition, Decision},
    references, secrets, step_inputs,
};

/// The time that a step gets when it does not say one.
pub const DEFAULT_TIMEOUT_SECONDS: u32 = 3600;

/// Why a node refuses a whole document, before any step has run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The root is not an object.
    #[error("The document is not a map.")]
    NotAMap,
    /// The agent executes Command and Policy documents alone.
    #[error("The field schemaVersion is {0}, which this node cannot execute.")]
    SchemaVersion(String),
    /// There is nothing to run.
    #[error("The document has no steps in {0}.")]
    NoSteps(&'static str),
    /// A declaration does not have its shape.
    #[error("The field parameters.{name} {problem}.")]
    Declaration {
        /// The name of the parameter.
        name: String,
        /// The rule, as the rest of a sentence.
        problem: String,
    },
    /// The value and the pattern of the declaration disagree.
    #[error("The parameter {name} does not match the pattern {pattern}.")]
    Pattern {
        /// The name of the parameter.
        name: String,
        /// The pattern.
        pattern: String,
    },
    /// An input of a step of an included document is not what it may be.
    #[error("The input {input} of the step {step:?} {problem}.")]
    Input {
        /// The name of the step.
        step: String,
        /// The name of the input.
        input: &'static str,
        /// The rule, as the rest of a sentence.
        problem: String,
    },
    /// An included document holds a reference that nothing resolves, or a secret where it takes none.
    #[error("The reference {0} to the Parameter Store is not resolved there.")]
    Reference(String),
    /// The parameters of an included document break its declarations.
    #[error(transparent)]
    Parameter(#[from] parameters::Error),
}

/// What a node shall run, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The schema version of the document.
    pub schema_version: String,
    /// The steps; there is at least one.
    pub steps: Vec<PlannedStep>,
}

/// One step, ready to run.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStep {
    /// The name, or the plugin in schema 1.2.
    pub name: String,
    /// The plugin.
    pub action: String,
    /// The interpolated inputs, to be run one set after another. There is exactly one outside of schema 1.2.
    pub runs: Vec<Value>,
    /// Environment variables that carry the parameters declared with ENV_VAR.
    pub environment: BTreeMap<String, String>,
    /// The precondition with its parameters filled in.
    pub condition: Condition,
    /// What follows from its result.
    pub flow: Flow,
    /// Why the step cannot run at all, although the other steps can.
    pub fault: Option<String>,
    /// Since schema 2.2 a plugin of another platform is skipped; before, it fails.
    pub skips_unsupported_platform: bool,
}

impl PlannedStep {
    /// The first set of inputs, which is the only one outside of schema 1.2.
    pub fn inputs(&self) -> &Value {
        self.runs.first().unwrap_or(&Value::Null)
    }

    /// Whether the step runs on a platform.
    pub fn decide(&self, platform: Platform) -> Decision {
        let name = &self.name;
        let action = &self.action;
        if let Some(fault) = &self.fault {
            return Decision::Fail(fault.clone());
        }
        match &self.condition {
            Condition::Malformed(why) => {
                return Decision::Fail(format!(
                    "Unrecognized precondition(s): '{why}', please update agent to latest version. \
                     Step name: {name}"
                ));
            }
            Condition::Platform { wanted, shown } if !wanted.eq_ignore_ascii_case(platform.name()) => {
                return skip_unsatisfied(shown, name);
            }
            Condition::Equal { holds: false, shown } => return skip_unsatisfied(shown, name),
            _ => {}
        }
        match plugins::find(action) {
            None => Decision::Fail(format!(
                "Plugin with name {action} is not supported by this version of ssm agent, \
                 please update to latest version. Step name: {name}"
            )),
            Some(plugin) if plugin.platforms.contains(&platform) => Decision::Run,
            Some(_) if self.skips_unsupported_platform && self.condition == Condition::None => {
                Decision::Skip(format!(
                    "Step execution skipped due to incompatible platform. Step name: {name}"
                ))
            }
            Some(_) => Decision::Fail(format!("Plugin with name {action} not found. Step name: {name}")),
        }
    }
}

fn skip_unsatisfied(shown: &str, name: &str) -> Decision {
    Decision::Skip(format!(
        "Step execution skipped due to unsatisfied preconditions: '{shown}'. Step name: {name}"
    ))
}

/// Prepares a document that was sent to the node itself. As at the original agent, allowedPattern is checked
/// again with search semantics; allowedValues and limits were the business of the service.
pub fn parse_executable(document: &Value, given: &Map<String, Value>) -> Result<Plan, Error> {
    plan(document, given)
}

/// Prepares a document that another document includes. No service has seen these parameters, so all the
/// declared constraints and the values of the inputs are checked here.
pub fn parse_included(document: &Value, given: &Map<String, Value>) -> Result<Plan, Error> {
    if let Some(root) = document.as_object() {
        let declared = declaration::read(root, Dialect::Automation)
            .map_err(|e| Error::Declaration { name: "*".to_owned(), problem: e.to_string() })?;
        for input in &declared {
            if let Some(value) = given.get(&input.name) {
                parameters::check(input, value)?;
            }
        }
    }
    let plan = plan(document, given)?;
    for step in &plan.steps {
        for inputs in &step.runs {
            // What it is relative to, the including document may have downloaded.
            step_inputs::check(inputs, true).map_err(|(input, problem)| Error::Input {
                step: step.name.clone(),
                input,
                problem,
            })?;
            if let Some(reference) = secrets::misplaced(&step.action, inputs) {
                return Err(Error::Reference(reference));
            }
        }
        let mut values = step.environment.values();
        if let Some(name) = values.find_map(|value| references::parameters_in(value).pop()) {
            return Err(Error::Reference(format!("{{{{ ssm:{name} }}}}")));
        }
    }
    Ok(plan)
}

impl Plan {
    /// The secrets that its steps refer to where they take some.
    pub fn secrets(&self) -> BTreeSet<String> {
        let texts = |step: &PlannedStep| {
            let of_inputs = step.runs.iter().flat_map(|inputs| secrets::split(&step.action, inputs).0);
            of_inputs.chain(step.environment.values().cloned()).collect::<Vec<_>>()
        };
        secrets::names_in(self.steps.iter().flat_map(texts))
    }

    /// The time in seconds that all steps may take together: the sum over the steps of the platform that needs most.
    pub fn execution_timeout(&self) -> u32 {
        let on = |platform| {
            self.steps
                .iter()
                .filter(|step| step.decide(platform) == Decision::Run)
                .flat_map(|step| &step.runs)
                .fold(0u32, |sum, run| sum.saturating_add(timeout_seconds(run)))
        };
        match Platform::ALL.into_iter().map(on).max() {
            None | Some(0) => DEFAULT_TIMEOUT_SECONDS,
            Some(sum) => sum,
        }
    }
}

/// The time-out of one set of inputs; the default when it has none. Values outside of the limits are refused before a
/// node sees them; if one does, the default holds.
pub fn timeout_seconds(inputs: &Value) -> u32 {
    inputs
        .get("timeoutSeconds")
        .and_then(whole_number)
        .and_then(|seconds| u32::try_from(seconds).ok())
        .filter(|seconds| step_inputs::TIMEOUT_SECONDS.contains(&u64::from(*seconds)))
        .unwrap_or(DEFAULT_TIMEOUT_SECONDS)
}

fn plan(document: &Value, given: &Map<String, Value>) -> Result<Plan, Error> {
    let root = document.as_object().ok_or(Error::NotAMap)?;
    let version = match root.get("schemaVersion") {
        Some(Value::String(version)) => version.as_str(),
        Some(other) => return Err(Error::SchemaVersion(other.to_string())),
        None => return Err(Error::SchemaVersion("missing".to_owned())),
    };
    let parameters = Parameters::read(root, given, version == "2.2")?;
    let steps = match version {
        "1.0" | "1.2" => runtime_config(root, &parameters)?,
        "2.0" | "2.0.1" | "2.0.2" | "2.0.3" | "2.2" => main_steps(root, &parameters, version == "2.2")?,
        other => return Err(Error::SchemaVersion(format!("{other:?}"))),
    };
    Ok(Plan { schema_version: version.to_owned(), steps })
}

/// The values of all placeholders, and those of them that travel in the environment.
struct Parameters {
    values: Values,
    environment: BTreeMap<String, String>,
}

impl Parameters {
    fn read(root: &Object, given: &Map<String, Value>, env_vars: bool) -> Result<Self, Error> {
        let mut values: Map<String, Value> = given
            .iter()
            .filter(|(name, _)| is_plain_name(name))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect();
        let mut environment = BTreeMap::new();
        let declared = match root.get("parameters") {
            None | Some(Value::Null) => &Map::new(),
            Some(Value::Object(map)) => map,
            Some(_) => return Err(declaration("", "must be a map")),
        };
        for (name, input) in declared {
            let input = input.as_object().ok_or_else(|| declaration(name, "must be a map"))?;
            check_declaration(name, input, given.get(name))?;
            if !is_plain_name(name) {
                values.insert(name.clone(), Value::Null);
                continue;
            }
            let kind = input.get("type").and_then(Value::as_str).unwrap_or_default();
            let value = given.get(name).or(input.get("default")).cloned().unwrap_or(Value::Null);
            let value = match (&value, kind) {
                (Value::String(text), "StringMap") => {
                    serde_json::from_str::<Object>(text).map(Value::Object).unwrap_or(value)
                }
                _ => value,
            };
            let env_var =
                env_vars && input.get("interpolationType").and_then(Value::as_str) == Some("ENV_VAR");
            if env_var && !value.is_string() && references::in_value(&value).is_some() {
                let problem = "is no String, and holds a reference to the Parameter Store";
                return Err(declaration(name, problem));
            }
            if env_var && !value.is_null() {
                // Whatever its type: a value declared so is never pasted into a script.
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                environment.insert(name.clone(), text);
            }
            values.insert(name.clone(), value);
        }
        Ok(Parameters { values: Values::new(values), environment })
    }

    /// The inputs of a step. In the text of a script a reference stands for each ENV_VAR parameter.
    fn fill(&self, action: &str, inputs: &Value) -> Value {
        let mut filled = self.values.interpolate(inputs);
        if self.environment.is_empty() || !plugins::is_script(action) {
            return filled;
        }
        let references = self.environment.keys().map(|name| {
            let reference = match action {
                "aws:runShellScript" => format!("${{SSM_{name}}}"),
                _ => format!("${{env:SSM_{name}}}"),
            };
            (name.clone(), Value::String(reference))
        });
        if let (Some(script), Some(slot)) = (inputs.get("runCommand"), filled.get_mut("runCommand")) {
            *slot = self.values.with(references).interpolate(script);
        }
        filled
    }

    fn variables(&self, action: &str) -> BTreeMap<String, String> {
        if !plugins::is_script(action) {
            return BTreeMap::new();
        }
        self.environment.iter().map(|(name, text)| (format!("SSM_{name}"), text.clone())).collect()
    }
}

fn declaration(name: &str, problem: &str) -> Error {
    Error::Declaration { name: name.to_owned(), problem: problem.to_owned() }
}

fn check_declaration(name: &str, input: &Object, given: Option<&Value>) -> Result<(), Error> {
    if let Some(Value::Array(allowed)) = input.get("allowedValues")
        && !allowed.iter().all(Value::is_string)
    {
        return Err(declaration(name, "has allowedValues that are not all text"));
    }
    let pattern = match input.get("allowedPattern") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::String(pattern)) if pattern.is_empty() => return Ok(()),
        Some(Value::String(pattern)) => pattern,
        Some(_) => return Err(declaration(name, "has an allowedPattern that is not text")),
    };
    let compiled = Pattern::compile(pattern).map_err(|why| declaration(name, &why))?;
    let texts: Vec<String> = match given {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => {
            items.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect()
        }
        Some(other) => vec![other.to_string()],
    };
    if texts.iter().all(|text| compiled.search(text) == Verdict::Matches) {
        Ok(())
    } else {
        Err(Error::Pattern { name: name.to_owned(), pattern: pattern.clone() })
    }
}

fn main_steps(root: &Object, parameters: &Parameters, conditions: bool) -> Result<Vec<PlannedStep>, Error> {
    match root.get("mainSteps") {
        Some(Value::Array(steps)) if !steps.is_empty() => Ok(steps
            .iter()
            .enumerate()
            .map(|(index, step)| main_step(index, step, parameters, conditions))
            .collect()),
        _ => Err(Error::NoSteps("mainSteps")),
    }
}

fn main_step(index: usize, step: &Value, parameters: &Parameters, conditions: bool) -> PlannedStep {
    let text = |key: &str| step.get(key).and_then(Value::as_str).unwrap_or_default();
    let action = text("action").to_owned();
    let name = match text("name") {
        "" => format!("step{}", index + 1),
        name => name.to_owned(),
    };
    let raw = step.get("inputs").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    let precondition = step.get("precondition").filter(|p| p.as_object().is_none_or(|map| !map.is_empty()));
    let fault = if action.is_empty() {
        Some(format!("The step has no action. Step name: {name}"))
    } else if !raw.is_object() {
        Some(format!("The inputs of the step are not a map. Step name: {name}"))
    } else if !conditions && precondition.is_some_and(|p| !p.is_null()) {
        Some(format!("Preconditions need a document of schema version 2.2. Step name: {name}"))
    } else {
        None
    };
    let inputs = parameters.fill(&action, &raw);
    PlannedStep {
        environment: parameters.variables(&action),
        condition: if conditions {
            precondition::read(precondition, &parameters.values)
        } else {
            Condition::None
        },
        flow: Flow::read(&inputs),
        fault,
        skips_unsupported_platform: conditions,
        runs: vec![inputs],
        name,
        action,
    }
}

fn runtime_config(root: &Object, parameters: &Parameters) -> Result<Vec<PlannedStep>, Error> {
    let Some(Value::Object(config)) = root.get("runtimeConfig") else {
        return Err(Error::NoSteps("runtimeConfig"));
    };
    if config.is_empty() {
        return Err(Error::NoSteps("runtimeConfig"));
    }
    let step = |(action, settings): (&String, &Value)| {
        let runs = match settings.get("properties") {
            Some(Value::Array(items)) => items.iter().map(|item| parameters.fill(action, item)).collect(),
            Some(one) => vec![parameters.fill(action, one)],
            None => vec![Value::Object(Map::new())],
        };
        PlannedStep {
            name: action.clone(),
            action: action.clone(),
            environment: parameters.variables(action),
            condition: Condition::None,
            flow: Flow::default(),
            fault: None,
            skips_unsupported_platform: false,
            runs,
        }
    };
    Ok(config.iter().map(step).collect())
}
