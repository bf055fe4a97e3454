//! What an event of an execution makes the service ask others for. Whatever is asked has an id that follows from the step's and
//! the attempt: it is asked once, however often the event is delivered.

use super::{
    ORIGIN, WAIT_FOR_CALENDARS, api_call,
    inputs::{list_of_texts, texts},
    order::{self, ChildOrder},
    runbook::Runbook,
    script::{self, SCRIPT},
    selector::shown,
    state::{Running, State},
};
use reeve_contracts::{
    automation::ExecutionEvent, gateway::ApiCallRequested, notifications::NotificationRequested,
    run_command::CommandRequested, ssm::StartAutomationExecutionRequest,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use uuid::Uuid;

/// How the origin of a command ends that runs a script.
pub const OF_SCRIPT: &str = "/script";

/// What is wished for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// A command on nodes; its id is the request's.
    Command { id: Uuid, request: Box<CommandRequested> },
    /// A command on the node that the installation names for scripts; its id is the request's.
    Script { id: Uuid, request: Box<CommandRequested>, step_execution_id: String, attempt: u32 },
    /// The end of a command.
    CancelCommand { command_id: Uuid },
    /// A message to a webhook; its id is the request's.
    Notification { id: Uuid, request: Box<NotificationRequested> },
    /// That a message is not sent any more.
    CancelNotification { id: Uuid },
    /// A call of an API; its id is the request's.
    ApiCall { id: Uuid, request: Box<ApiCallRequested> },
    /// Another execution; its id is this one.
    Child(Box<Child>),
    /// To go on as soon as the calendars of rules are open.
    Calendars,
    /// The end of another execution.
    StopChild { id: Uuid },
}

/// Another execution, and what waits for it: an attempt of a step, or the execution that has a child for each target.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    pub id: Uuid,
    pub order: ChildOrder,
    pub step_execution_id: String,
    pub attempt: u32,
    pub target: String,
    /// The execution that it goes on from; empty: it begins at the beginning.
    pub resumes: String,
}

/// The id of what an attempt of a step asks for.
pub fn request_id(step_execution_id: &str, attempt: u32) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("automation/{step_execution_id}/{attempt}").as_bytes())
}

/// What an event makes the service ask for. `state` is the execution's, with that event or later ones in it.
pub fn of(event: &ExecutionEvent, state: &State) -> Vec<Wish> {
    match event {
        ExecutionEvent::StepStarted(e) => begin(state, &e.step_execution_id, 1),
        ExecutionEvent::StepAttemptFailed(e) => {
            let mut wishes = give_up(&e.action, &e.status, &e.step_execution_id, e.attempt);
            wishes.extend(begin(state, &e.step_execution_id, e.attempt + 1));
            wishes
        }
        ExecutionEvent::StepPolled(e) => {
            let running = state.running.as_ref();
            let running = running.filter(|running| running.polls == e.poll);
            running.map(|_| begin(state, &e.step_execution_id, e.attempt)).unwrap_or_default()
        }
        ExecutionEvent::StepFinished(e) => give_up(&e.action, &e.status, &e.step_execution_id, e.attempt),
        ExecutionEvent::ChildrenAdmitted(e) => {
            let indices = e.first_index..e.first_index.saturating_add(e.count);
            indices.filter_map(|index| child_of_target(state, index)).map(Box::new).map(Wish::Child).collect()
        }
        ExecutionEvent::ExecutionStopRequested(e) if e.r#type != "Complete" => {
            let running = state.children.iter().flat_map(|children| &children.running);
            running.filter_map(|id| Uuid::try_parse(id).ok()).map(|id| Wish::StopChild { id }).collect()
        }
        _ => Vec::new(),
    }
}

/// The id of the child of a target.
pub fn child_id(execution_id: &str, index: u32) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("automation/{execution_id}/target/{index}").as_bytes())
}

/// The child of a target, if it has not ended.
fn child_of_target(state: &State, index: u32) -> Option<Child> {
    let (children, id) = (state.children.as_ref()?, child_id(&state.id, index));
    let at = usize::try_from(index).ok()?;
    let target = children.targets.get(at)?.clone();
    let mut parameters = children.parameters.clone();
    match children.maps.get(at) {
        Some(map) => parameters.extend(map.clone()),
        None => drop(parameters.insert(children.parameter_name.clone(), vec![target.clone()])),
    }
    let order = ChildOrder {
        document_name: children.document_name.clone(),
        document_version: children.document_version.clone(),
        parameters,
        ..ChildOrder::default()
    };
    let runs = children.running.contains(&id.to_string());
    runs.then(|| Child {
        id,
        order,
        step_execution_id: String::new(),
        attempt: 0,
        target,
        resumes: children.resumes.get(at).cloned().unwrap_or_default(),
    })
}

/// What an attempt asks for, if it still runs: of one that has ended meanwhile nothing is asked any more.
fn begin(state: &State, step_execution_id: &str, attempt: u32) -> Vec<Wish> {
    let running = state.running.as_ref();
    let running = running
        .filter(|running| running.step_execution_id == step_execution_id && running.attempt == attempt);
    let Some(running) = running.filter(|running| running.problem.is_empty()) else { return Vec::new() };
    let id = request_id(step_execution_id, attempt);
    match running.action.as_str() {
        "aws:runCommand" => command(&running.inputs)
            .map(|request| {
                let request = Box::new(command_of(state, running, request));
                vec![Wish::Command { id, request }]
            })
            .unwrap_or_default(),
        SCRIPT => script::command(&running.inputs, running.timeout_ms)
            .map(|request| {
                let request = Box::new(command_of(state, running, request));
                let step_execution_id = step_execution_id.to_owned();
                vec![Wish::Script { id, request, step_execution_id, attempt }]
            })
            .unwrap_or_default(),
        "aws:invokeWebhook" => notification(&running.inputs)
            .map(|request| {
                let request = NotificationRequested {
                    origin_kind: ORIGIN.to_owned(),
                    origin_id: format!("{}/{step_execution_id}/{attempt}", state.id),
                    subject: format!("The step {} of the automation {}", running.name, state.id),
                    // Without a time-out of its own a step waits as long as a message is tried.
                    expires_ms: running.due_ms,
                    account: state.account.clone(),
                    region: state.region.clone(),
                    ..request
                };
                vec![Wish::Notification { id, request: Box::new(request) }]
            })
            .unwrap_or_default(),
        action if api_call::is_api_call(action) => api_call_of(state, running, id).into_iter().collect(),
        WAIT_FOR_CALENDARS => vec![Wish::Calendars],
        "aws:executeAutomation" => child(&running.inputs)
            .map(|order| {
                let (step_execution_id, target) = (step_execution_id.to_owned(), String::new());
                vec![Wish::Child(Box::new(Child {
                    id,
                    order,
                    step_execution_id,
                    attempt,
                    target,
                    resumes: running.resumes.clone(),
                }))]
            })
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// What a command has of the execution that asks for it.
fn command_of(state: &State, running: &Running, request: CommandRequested) -> CommandRequested {
    // What a script prints is what it returns: it is kept whole.
    let kind = if running.action == SCRIPT { OF_SCRIPT } else { "" };
    CommandRequested {
        origin_kind: ORIGIN.to_owned(),
        origin_id: format!("{}/{}/{}{kind}", state.id, running.step_execution_id, running.attempt),
        account: state.account.clone(),
        region: state.region.clone(),
        change_id: state.change_id.clone(),
        overridden_rules: state.overridden_rules.clone(),
        ..request
    }
}

/// What is asked of the API; each look at a property is a call of its own.
fn api_call_of(state: &State, running: &Running, id: Uuid) -> Option<Wish> {
    let runbook = Runbook::parse(&state.document_json).unwrap_or_default();
    let declared = runbook.step(&running.loop_name, &running.name).map(|step| step.outputs.as_slice());
    let request = api_call::request(&running.action, &running.inputs, declared.unwrap_or_default()).ok()?;
    let (step, attempt, poll) = (&running.step_execution_id, running.attempt, running.polls);
    let request = ApiCallRequested {
        origin_id: format!("{}/{step}/{attempt}/{poll}", state.id),
        not_before_ms: running.next_poll_ms,
        // What is asked for while a part is away does not happen when nobody waits for it any more.
        expires_ms: running.due_ms,
        overridden_rules: state.overridden_rules.clone(),
        ..request
    };
    let id = if poll == 0 { id } else { Uuid::new_v5(&id, format!("poll/{poll}").as_bytes()) };
    Some(Wish::ApiCall { id, request: Box::new(request) })
}

/// What an attempt leaves behind that timed out or was cancelled.
fn give_up(action: &str, status: &str, step_execution_id: &str, attempt: u32) -> Vec<Wish> {
    if !matches!(status, "TimedOut" | "Cancelled") {
        return Vec::new();
    }
    let id = request_id(step_execution_id, attempt);
    match action {
        "aws:runCommand" | SCRIPT => vec![Wish::CancelCommand { command_id: id }],
        "aws:executeAutomation" => vec![Wish::StopChild { id }],
        "aws:invokeWebhook" => vec![Wish::CancelNotification { id }],
        _ => Vec::new(),
    }
}

/// What SendCommand takes and only keeps; it has no effect in either place.
const KEPT_ALONE: [&str; 5] = [
    "CloudWatchOutputConfig",
    "NotificationConfig",
    "OutputS3BucketName",
    "OutputS3KeyPrefix",
    "ServiceRoleArn",
];

/// The command that the inputs of aws:runCommand describe.
///
/// # Errors
/// A sentence that names the input.
pub fn command(inputs: &Map<String, Value>) -> Result<CommandRequested, String> {
    let mut request = CommandRequested::default();
    for (name, value) in inputs {
        match name.as_str() {
            "DocumentName" => request.document_name = text(name, value)?,
            "DocumentVersion" => request.document_version = text(name, value)?,
            "Comment" => request.comment = text(name, value)?,
            "MaxConcurrency" => request.max_concurrency = text(name, value)?,
            "MaxErrors" => request.max_errors = text(name, value)?,
            "InstanceIds" => request.node_ids = texts(inputs, name)?,
            "Targets" => request.targets_json = targets(value)?,
            "Parameters" => {
                let parameters = parameters(name, value)?;
                request.parameters_json =
                    serde_json::to_string(&parameters).map_err(|error| error.to_string())?;
            }
            "TimeoutSeconds" => {
                let seconds =
                    super::runbook::whole_number(value).and_then(|seconds| u32::try_from(seconds).ok());
                let wrong = || format!("TimeoutSeconds is {}, which is no number of seconds", shown(value));
                request.delivery_timeout_seconds = seconds.ok_or_else(wrong)?;
            }
            name if KEPT_ALONE.contains(&name) => {}
            name => return Err(format!("{name} is no input of aws:runCommand that is built here")),
        }
    }
    if request.node_ids.is_empty() && request.targets_json.is_empty() {
        return Err("InstanceIds or Targets must name at least one node".to_owned());
    }
    Ok(request)
}

/// The message that the inputs of aws:invokeWebhook describe. IntegrationName is the webhook's name; of the path of a parameter, which
/// it is with AWS, the last part is. What the body says as JSON, webhooks are given as that.
///
/// # Errors
/// A sentence that names the input.
pub fn notification(inputs: &Map<String, Value>) -> Result<NotificationRequested, String> {
    let mut request = NotificationRequested::default();
    for (name, value) in inputs {
        match name.as_str() {
            "IntegrationName" => {
                let integration = text(name, value)?;
                let webhook = integration.rsplit('/').next().unwrap_or_default();
                request.destination = format!("webhook:{webhook}");
            }
            "Body" => match value {
                Value::String(body) if serde_json::from_str::<Value>(body).is_err() => {
                    request.text.clone_from(body)
                }
                Value::String(body) => request.details_json.clone_from(body),
                other => request.details_json = other.to_string(),
            },
            name => return Err(format!("{name} is no input of aws:invokeWebhook")),
        }
    }
    match request.destination.strip_prefix("webhook:") {
        None | Some("") => Err("IntegrationName must name a webhook".to_owned()),
        Some(_) => Ok(request),
    }
}

/// The execution that the inputs of aws:executeAutomation describe.
///
/// # Errors
/// A sentence that names the input.
pub fn child(inputs: &Map<String, Value>) -> Result<ChildOrder, String> {
    let mut order = ChildOrder::default();
    let mut asked = StartAutomationExecutionRequest::default();
    for (name, value) in inputs {
        match name.as_str() {
            "DocumentName" => order.document_name = text(name, value)?,
            "DocumentVersion" => order.document_version = text(name, value)?,
            "DocumentHash" => order.document_hash = text(name, value)?,
            "RuntimeParameters" => order.parameters = parameters(name, value)?,
            "Targets" if value.is_object() => order.targets = Some(order::targets(value)?),
            "Targets" => asked.targets = Some(read(name, value)?),
            "TargetMaps" => asked.target_maps = Some(read(name, value)?),
            "TargetParameterName" => asked.target_parameter_name = Some(text(name, value)?),
            "MaxConcurrency" => asked.max_concurrency = Some(text(name, value)?),
            "MaxErrors" => asked.max_errors = Some(text(name, value)?),
            name => return Err(format!("{name} is no input of aws:executeAutomation that is built here")),
        }
    }
    if asked != StartAutomationExecutionRequest::default() {
        order.asked_targets = Some(Box::new(asked));
    }
    Ok(order)
}

/// An input that has the form of a member of an operation.
fn read<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, String> {
    serde_json::from_value(value.clone())
        .map_err(|error| format!("{name} is {}, which is not what it must be: {error}", shown(value)))
}

fn text(name: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(format!("{name} is {}, which is no text", shown(other))),
    }
}

/// AWS-shaped targets.
fn targets(value: &Value) -> Result<String, String> {
    let targets: Vec<reeve_contracts::ssm::Target> = serde_json::from_value(value.clone())
        .map_err(|error| format!("Targets is {}, which are no targets: {error}", shown(value)))?;
    if targets.is_empty() {
        return Ok(String::new());
    }
    serde_json::to_string(&targets).map_err(|error| error.to_string())
}

/// Parameters as they are sent: a list of texts for each. What is no text is its JSON.
fn parameters(name: &str, value: &Value) -> Result<BTreeMap<String, Vec<String>>, String> {
    let map = value.as_object().ok_or_else(|| format!("{name} is {}, which is no map", shown(value)))?;
    let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let texts = |value: &Value| match (list_of_texts(value), value) {
        (Some(texts), _) => texts,
        (None, Value::Array(items)) => items.iter().map(as_text).collect(),
        (None, other) => vec![as_text(other)],
    };
    Ok(map.iter().map(|(name, value)| (name.clone(), texts(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gate;
    use reeve_contracts::automation::Targets;
    use serde_json::json;

    #[test]
    fn a_webhook_is_named_alone_or_as_aws_has_it_and_given_what_the_body_says() {
        let of = |inputs: Value| notification(inputs.as_object().unwrap());
        let path = "/d9d01087-4a3f-49e0-b0b4-d568d7826553/ssm/integrations/webhook/chat";
        for (inputs, details, text) in [
            (json!({"IntegrationName": "chat", "Body": "{\"text\": \"x\"}"}), "{\"text\": \"x\"}", ""),
            (json!({"IntegrationName": path, "Body": "plain words"}), "", "plain words"),
            (json!({"IntegrationName": "chat", "Body": {"n": 1}}), "{\"n\":1}", ""),
            (json!({"IntegrationName": "chat"}), "", ""),
        ] {
            let request = of(inputs).unwrap();
            assert_eq!(
                (request.destination.as_str(), request.details_json.as_str(), request.text.as_str()),
                ("webhook:chat", details, text)
            );
        }
        for (inputs, named) in [
            (json!({"Body": "x"}), "IntegrationName"),
            (json!({"IntegrationName": ""}), "IntegrationName"),
            (json!({"IntegrationName": []}), "IntegrationName"),
            (json!({"IntegrationName": "chat", "Url": "https://x"}), "Url"),
        ] {
            assert!(of(inputs).unwrap_err().contains(named), "{named}");
        }
    }

    #[test]
    fn what_runs_as_a_child_is_what_was_asked_for() {
        let targets =
            Targets { values: vec!["{{ x }}".into()], parameter_name: "P".into(), ..Targets::default() };
        let parameters = [("A".to_owned(), vec!["{{ global:DATE }}".to_owned()])].into();
        let order = ChildOrder {
            document_name: "R".into(),
            document_version: "3".into(),
            document_hash: "h".into(),
            parameters,
            targets: Some(targets),
            asked_targets: None,
        };
        let (step, values) = gate::run(&order);
        let mut inputs = step["inputs"].as_object().unwrap().clone();
        // As the engine resolves a reference that stands alone.
        inputs.insert("RuntimeParameters".into(), values[gate::VALUES]["parameters"].clone());
        inputs.insert("Targets".into(), values[gate::VALUES]["targets"].clone());
        assert_eq!(child(&inputs), Ok(order));
    }
}
