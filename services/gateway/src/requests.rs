//! Calls that services ask for on behalf of principals, such as a step of a runbook: from the stream GATEWAY_REQUESTS, each until it
//! has an answer, which is a request to the service that asks.
//!
//! A service authenticates what it asks for, and names the principal; what that one may do is decided here, as of every call. A
//! call that is repeated, after a kill or because a part was away, has the same id, so that what it changes is decided once
//! (docs/adr/0063).

use crate::{
    Gateway,
    errors::Failure,
    forward::Calling,
    incoming::{new_traceparent, parsed},
    models::{self, Model, Operation},
};
use bytes::Bytes;
use futures::StreamExt;
use prost::Message as _;
use reeve_contracts::{
    automation::ApiCallAnswered, dead_letters::DeadLetterRetryRequested, gateway::ApiCallRequested,
};
use reeve_document_language::selector::select;
use reeve_jetstream::{
    Bus, Error, Headers, Message,
    consume::{self, Delivered, StartAt},
    dead_letters::{self, DeadLetter, Retry},
    requests::{self, Request},
    streams,
};
use reeve_telemetry::metrics::gauge;
use reeve_types::{
    Timestamp,
    text::{MAX_MESSAGE_CHARACTERS, cut},
};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

pub(crate) const SERVICE: &str = "gateway";
const CONSUMER: &str = "requests";
/// The types of what is asked, and of the answer.
const ASKED: &str = "reeve.gateway.ApiCallRequested.v1";
const RETRY: &str = "reeve.dead-letters.DeadLetterRetryRequested.v1";
const ANSWERED: &str = "reeve.automation.ApiCallAnswered.v1";
/// The code of what there is not here.
const UNKNOWN: &str = "UnknownOperationException";
/// The API of who may do what, all of which is decided by people.
const ACCESS: &str = "access";
const BY_PEOPLE: &str = "it is decided by people";
/// A step's inputs and outputs stand in the log.
const SECRET: &str = "its secret would stand in the log";
/// Executions that begin others stand in a chain with a bound, which a call does not know.
const UNBOUNDED: &str = "aws:executeAutomation is there for it";
/// Who writes a runbook acts as who starts it. These operations are not for runbooks, and why.
const NOT_FOR_RUNBOOKS: [(&str, &str); 9] = [
    ("CreateActivation", SECRET),
    ("OverrideChangeRule", BY_PEOPLE),
    ("PutMailServer", SECRET),
    ("PutWebhook", SECRET),
    ("ResumeAutomationExecution", UNBOUNDED),
    ("RotateWebhookSecret", SECRET),
    ("SendAutomationSignal", BY_PEOPLE),
    ("StartAutomationExecution", UNBOUNDED),
    ("StartChangeRequestExecution", UNBOUNDED),
];
/// As many calls are carried out at a time: those of people come first.
const MAX_CONCURRENT_CALLS: usize = 16;
/// Before the stream is read again, or a call is made again because a part was away; doubled up to the longest.
const RETRY_DELAY: Duration = Duration::from_millis(250);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(5);
/// A call takes half a minute at most, and the bus delivers again what it hears nothing of.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);
/// Between two looks at how much waits.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(15);
/// As long a part of an answer may be; an event has to hold all of them.
const MAX_SELECTED_BYTES: usize = 100 * 1024;

/// What is done with a request.
enum Next {
    Settle,
    Later(Duration),
    GiveUp(String),
}

pub(crate) fn options() -> consume::Options {
    consume::Options {
        stream: streams::of_requests(SERVICE),
        durable_name: format!("{SERVICE}-{CONSUMER}"),
        subjects: vec![format!("reeve.request.{SERVICE}.*.*")],
        start_at: StartAt::Beginning,
        exclusive: false,
        batch: MAX_CONCURRENT_CALLS,
    }
}

/// Measures now and then how much waits here, as services do of their consumers.
async fn sample(bus: &Bus) {
    let options = options();
    loop {
        // A bus that is away has no figures: the last ones stay.
        if let Ok(waiting) = consume::waiting(bus, &options).await {
            let labels = [("service", SERVICE), ("handler", CONSUMER), ("stream", options.stream.as_str())];
            let what = "Messages that a handler has not been given, or has not settled.";
            gauge("reeve.consumer.waiting", what, &labels, figure(waiting));
        }
        tokio::time::sleep(SAMPLE_INTERVAL).await;
    }
}

/// A count as a figure: beyond 2^53 it is rounded.
#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
fn figure(count: u64) -> f64 {
    count as f64
}

/// Carries out what services ask for until the gateway stops, and what it has begun with then.
pub async fn serve_requests(bus: Bus, gateway: Gateway<Bus>) {
    tokio::select! {
        () = sample(&bus) => {}
        () = carry_out_all(&bus, &gateway) => {}
    }
}

async fn carry_out_all(bus: &Bus, gateway: &Gateway<Bus>) {
    let options = options();
    loop {
        let ready = async {
            streams::ensure_requests(bus, SERVICE).await?;
            consume::consume(bus, &options).await
        };
        let ready = tokio::select! {
            ready = ready => ready,
            () = gateway.stops() => return,
        };
        match ready {
            Ok(messages) => {
                let each = messages.take_until(gateway.stops()).for_each_concurrent(
                    MAX_CONCURRENT_CALLS,
                    |delivered| async {
                        match delivered {
                            Ok(delivered) => take(bus, gateway, delivered).await,
                            Err(error) => {
                                tracing::debug!(%error, "reading what services ask for was interrupted")
                            }
                        }
                    },
                );
                each.await;
            }
            Err(error) => tracing::warn!(%error, "what services ask for could not be read"),
        }
        if gateway.is_stopping() {
            return;
        }
        tokio::time::sleep(RETRY_DELAY).await;
    }
}

async fn take(bus: &Bus, gateway: &Gateway<Bus>, delivered: Delivered) {
    let handling = handle(bus, gateway, &delivered.message, delivered.deliveries);
    tokio::pin!(handling);
    let next = loop {
        tokio::select! {
            next = &mut handling => break next,
            () = tokio::time::sleep(PROGRESS_INTERVAL) => delivered.in_progress().await,
        }
    };
    match next {
        Next::Settle => delivered.acknowledge().await,
        Next::Later(delay) => delivered.redeliver_after(delay).await,
        Next::GiveUp(reason) => {
            let letter = DeadLetter {
                service: SERVICE,
                handler: CONSUMER,
                sequence: delivered.sequence,
                message: &delivered.message,
                reason: &reason,
                retry: None,
            };
            match dead_letters::store(bus, &letter).await {
                Ok(()) => delivered.acknowledge().await,
                Err(error) => {
                    tracing::error!(%error, "a dead letter could not be stored; it comes again");
                    delivered.redeliver_after(MAX_RETRY_DELAY).await;
                }
            }
        }
    }
}

async fn handle(bus: &Bus, gateway: &Gateway<Bus>, message: &Message, deliveries: i64) -> Next {
    match requests::read(bus, message) {
        Ok(request) if request.schema == RETRY => retry(bus, gateway, &request, deliveries).await,
        Ok(request) => carry_out(bus, gateway, &request, deliveries).await,
        Err(error) => Next::GiveUp(error.to_string()),
    }
}

/// Takes once more what this consumer gave up on, as an operator wants, and stores what came of it: that it was handled, or
/// another dead letter.
async fn retry(bus: &Bus, gateway: &Gateway<Bus>, request: &Request, deliveries: i64) -> Next {
    let number = match DeadLetterRetryRequested::decode(request.data.clone()) {
        Ok(asked) => asked.number,
        Err(error) => return Next::GiveUp(error.to_string()),
    };
    let gone = || Message {
        subject: String::new(),
        reply: None,
        headers: Headers::default(),
        data: Bytes::new(),
        status: None,
    };
    let ((sequence, message), next) = match dead_letters::original(bus, number).await {
        Ok(Some(found)) => {
            let next = match requests::read(bus, &found.1) {
                // It comes late: whether its step still waits for it is asked.
                Ok(original) => carry_out(bus, gateway, &original, deliveries.max(2)).await,
                Err(error) => Next::GiveUp(error.to_string()),
            };
            (found, next)
        }
        Ok(None) => ((0, gone()), Next::GiveUp("its message is not kept any more".to_owned())),
        Err(error @ Error::Unauthentic { .. }) => ((0, gone()), Next::GiveUp(error.to_string())),
        Err(_) => return Next::Later(delay(deliveries)),
    };
    let stored = match next {
        Next::Later(delay) => return Next::Later(delay),
        Next::Settle => dead_letters::store_resolved(bus, SERVICE, CONSUMER, number).await,
        Next::GiveUp(reason) => {
            let retry = Some(Retry { of: number, request: request.id });
            let (message, reason) = (&message, reason.as_str());
            let letter = DeadLetter { service: SERVICE, handler: CONSUMER, sequence, message, reason, retry };
            dead_letters::store(bus, &letter).await
        }
    };
    match stored {
        Ok(()) => Next::Settle,
        Err(error) => {
            tracing::warn!(%error, "what came of the retry of a dead letter could not be stored; it comes again");
            Next::Later(delay(deliveries))
        }
    }
}

/// Makes the call that is asked for, and answers.
async fn carry_out(bus: &Bus, gateway: &Gateway<Bus>, request: &Request, deliveries: i64) -> Next {
    if request.schema != ASKED {
        return Next::GiveUp(format!("{} is no request that the gateway takes", request.schema));
    }
    let asked = match ApiCallRequested::decode(request.data.clone()) {
        Ok(asked) => asked,
        Err(error) => return Next::GiveUp(error.to_string()),
    };
    let now = (gateway.shared.config.clock)();
    if let Ok(early @ 1..) = u64::try_from(asked.not_before_ms.saturating_sub(now.0)) {
        return Next::Later(Duration::from_millis(early));
    }
    if asked.expires_ms > 0 && now.0 >= asked.expires_ms {
        tracing::info!(origin = asked.origin_id, "a call was not made: nobody waits for it any more");
        return Next::Settle;
    }
    if deliveries > 1 {
        match is_waited_for(gateway, request, &asked.origin_id).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::info!(origin = asked.origin_id, "a call was not made: its step has ended");
                return Next::Settle;
            }
            Err(_) => return Next::Later(delay(deliveries)),
        }
    }
    // What is denied here is the step's outcome for ever.
    if gateway.shared.authorizer.catch_up(bus).await.is_err() {
        return Next::Later(delay(deliveries));
    }
    let outcome = call(gateway, request, &asked).await;
    // A part that is away is waited for; whoever asks has said for how long.
    if outcome
        .as_ref()
        .is_err_and(|failure| matches!(failure.code.as_ref(), "ServiceUnavailable" | "ThrottlingException"))
    {
        return Next::Later(delay(deliveries));
    }
    match answer(bus, request, asked.origin_id, outcome, now).await {
        Ok(()) => Next::Settle,
        Err(error) => {
            tracing::warn!(%error, "the answer to a call could not be stored; the call comes again");
            Next::Later(delay(deliveries))
        }
    }
}

/// Whether the step still runs that a call is for, which comes later than it was asked for: its execution may have been stopped while a
/// part was away.
async fn is_waited_for(gateway: &Gateway<Bus>, request: &Request, origin_id: &str) -> Result<bool, Failure> {
    let mut parts = origin_id.split('/');
    let (Some(execution), Some(step)) = (parts.next(), parts.next()) else { return Ok(true) };
    let input = json!({"AutomationExecutionId": execution, "Filters": [{"Key": "StepExecutionId", "Values": [step]}]});
    let calling = Calling {
        principal: &request.from,
        positions: "",
        source: "",
        trace: request.traceparent.clone().unwrap_or_else(|| new_traceparent(request.id)),
        as_of: None,
        overridden_rules: &[],
    };
    let answer = gateway.look(&calling, "ssm", "DescribeAutomationStepExecutions", input).await?;
    let steps = answer["StepExecutions"].as_array().cloned().unwrap_or_default();
    Ok(steps.is_empty() || steps.iter().any(|step| step["ExecutionEndTime"].is_null()))
}

fn delay(deliveries: i64) -> Duration {
    let doubled = 1_u32.checked_shl(u32::try_from(deliveries - 1).unwrap_or(u32::MAX)).unwrap_or(u32::MAX);
    RETRY_DELAY.saturating_mul(doubled).min(MAX_RETRY_DELAY)
}

/// Makes the calls, and answers what the selectors find in the last answer.
async fn call(
    gateway: &Gateway<Bus>,
    request: &Request,
    asked: &ApiCallRequested,
) -> Result<Vec<String>, Failure> {
    let (model, operation) = operation(&asked.api, &asked.operation)?;
    let positions = format!("on behalf of {}", request.actor);
    let mut answer = Value::Null;
    for (index, input) in asked.inputs_json.iter().enumerate() {
        let id = Uuid::new_v5(&request.id, index.to_string().as_bytes());
        let calling = Calling {
            principal: &request.actor,
            positions: &positions,
            source: &request.actor_source,
            trace: request.traceparent.clone().unwrap_or_else(|| new_traceparent(id)),
            as_of: None,
            overridden_rules: &asked.overridden_rules,
        };
        let input = parsed(input.as_bytes())?;
        let body = gateway
            .call_for(&calling, (model, operation), (id, asked.reads_only), input)
            .await
            .map_err(|failure| {
                let is_unknown = failure.code == UNKNOWN;
                let message = format!("{} is not available here: {}", operation.action, failure.message);
                if is_unknown { Failure::new(UNKNOWN, message) } else { failure }
            })?;
        answer = serde_json::from_slice(&body).map_err(|error| Failure::internal(error.to_string()))?;
    }
    let found = asked.selectors.iter().map(|selector| {
        let found =
            select(selector, &answer).map_err(|problem| Failure::new("ValidationException", problem))?;
        Ok(found.map(|value| value.to_string()).unwrap_or_default())
    });
    let found: Vec<String> = found.collect::<Result<_, Failure>>()?;
    let bytes: usize = found.iter().map(String::len).sum();
    if bytes > MAX_SELECTED_BYTES {
        let message = format!(
            "The call was made, and {bytes} bytes of its answer are selected; {MAX_SELECTED_BYTES} may be."
        );
        return Err(Failure::new("ValidationException", message));
    }
    Ok(found)
}

/// An operation of ours, by the name that a runbook calls it: DescribeDocument, or describe_document.
fn operation(api: &str, name: &str) -> Result<(&'static Model, &'static Operation), Failure> {
    let unknown = |message: String| Failure::new(UNKNOWN, message);
    let model = models::model(api).ok_or_else(|| {
        let known: Vec<_> = models::services().collect();
        unknown(format!("The service {api:?} is not available here: there are {}.", known.join(", ")))
    })?;
    let bare = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    let found = model
        .operation(name)
        .or_else(|| model.operations().find(|operation| bare(&operation.name) == bare(name)));
    let operation = found.ok_or_else(|| {
        unknown(format!("{api}:{name} is not available here: {api} has no such operation."))
    })?;
    let listed = NOT_FOR_RUNBOOKS.iter().find(|(name, _)| *name == operation.name);
    let why = if model.service == ACCESS { Some(BY_PEOPLE) } else { listed.map(|(_, why)| *why) };
    if let Some(why) = why {
        return Err(unknown(format!("{} is not available to runbooks: {why}.", operation.action)));
    }
    Ok((model, operation))
}

async fn answer(
    bus: &Bus,
    request: &Request,
    origin_id: String,
    outcome: Result<Vec<String>, Failure>,
    now: Timestamp,
) -> Result<(), Error> {
    let answered = match outcome {
        Ok(values_json) => ApiCallAnswered { origin_id, values_json, ..ApiCallAnswered::default() },
        Err(failure) => ApiCallAnswered {
            origin_id,
            code: failure.code.into_owned(),
            message: cut(&failure.message, MAX_MESSAGE_CHARACTERS),
            ..ApiCallAnswered::default()
        },
    };
    let answer = Request {
        // One answer to a request, however often that is delivered.
        id: Uuid::new_v5(&request.id, b"answer"),
        from: SERVICE.to_owned(),
        schema: ANSWERED.to_owned(),
        time: now,
        data: answered.encode_to_vec().into(),
        ..request.clone()
    };
    requests::store(bus, &request.from, &answer).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_found_however_a_runbook_writes_it_and_what_there_is_not_is_named() {
        for name in
            ["DescribeInstanceInformation", "describe_instance_information", "describeInstanceInformation"]
        {
            assert_eq!(operation("ssm", name).unwrap().1.name, "DescribeInstanceInformation");
        }
        for (api, name, named) in [("ec2", "DescribeInstances", "\"ec2\""), ("ssm", "Fly", "ssm:Fly")] {
            let failure = operation(api, name).unwrap_err();
            assert!(
                failure.message.contains(named) && failure.message.contains("not available here"),
                "{failure:?}"
            );
        }
    }
}
