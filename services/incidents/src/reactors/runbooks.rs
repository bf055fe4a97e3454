//! A plan's runbook: asked for when its incident starts, and told on the timeline, as a related item or as what was not begun.

use crate::domain::incident::{Command, GENERATED_EXECUTION, Incident, IncidentEvent, RUNBOOK};
use reeve_contracts::{
    automation::{AutomationRequested, ExecutionEvent},
    incidents::{IncidentStarted, RelatedItem, Runbook},
};
use reeve_eventsourcing::{Actor, Context};
use reeve_runtime::{Delivery, ExecuteError, HandlerError};
use reeve_types::arn::Arn;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The kind of what asks for an execution.
const ORIGIN: &str = "incident";
/// The type of the related item that is an execution.
const AUTOMATION: &str = "AUTOMATION";

/// Asks for the runbook of an incident's plan, on behalf of who started the incident.
pub(crate) async fn start(delivery: Delivery<IncidentEvent>) -> Result<(), HandlerError> {
    let IncidentEvent::IncidentStarted(started) = &delivery.event.event else { return Ok(()) };
    let Some(runbook) = &started.runbook else { return Ok(()) };
    let request = AutomationRequested {
        origin_kind: ORIGIN.to_owned(),
        origin_id: started.incident_id.clone(),
        document_name: runbook.document_name.clone(),
        document_version: runbook.document_version.clone(),
        parameters_json: parameters(started, runbook).to_string(),
        account: Arn::parse(&started.arn).map(|arn| arn.account.to_owned()).unwrap_or_default(),
        region: started.region.clone(),
    };
    let actor = Actor { name: delivery.event.envelope.actor.clone(), source: String::new() };
    let execution = format!("runbook/{}", started.incident_id);
    let command_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, execution.as_bytes());
    let context = Context { actor, command_id, ..delivery.context("runbook") };
    Ok(delivery.handle.request(&request, &context).await?)
}

/// The parameters that a plan names, with what its variables stand for in this incident.
fn parameters(started: &IncidentStarted, runbook: &Runbook) -> Value {
    let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for parameter in &runbook.parameters {
        all.insert(&parameter.name, parameter.values.clone());
    }
    for parameter in &runbook.dynamic_parameters {
        let values = match parameter.value.as_str() {
            "INCIDENT_RECORD_ARN" => vec![started.arn.clone()],
            // INVOLVED_RESOURCES, which the model has beside it.
            _ => involved(started),
        };
        all.insert(&parameter.name, values);
    }
    json!(all)
}

/// The resources that an incident began with: what set it off, and its related items.
fn involved(started: &IncidentStarted) -> Vec<String> {
    let trigger = started.trigger.as_ref().map(|trigger| trigger.arn.clone());
    let items = started.related_items.iter().filter_map(|item| {
        let value: Value = serde_json::from_str(&item.value_json).ok()?;
        value["arn"].as_str().map(str::to_owned)
    });
    trigger.into_iter().chain(items).filter(|arn| !arn.is_empty()).collect()
}

/// What became of the request: the execution is one of the incident's related items, or the timeline says why there is none.
pub(crate) async fn tell(delivery: Delivery<ExecutionEvent>) -> Result<(), HandlerError> {
    let (kind, incident, command) = match &delivery.event.event {
        ExecutionEvent::ExecutionStarted(e) => {
            let resource = format!("automation-execution/{}", e.execution_id);
            let arn = Arn {
                partition: "aws",
                service: "ssm",
                region: &e.region,
                account: &e.account,
                resource: &resource,
            };
            let item = RelatedItem {
                r#type: AUTOMATION.to_owned(),
                title: format!("The runbook {}", e.document_name),
                value_json: json!({"arn": arn.to_string()}).to_string(),
                generated_id: format!("{GENERATED_EXECUTION}{}", e.execution_id),
            };
            (&e.origin_kind, &e.origin_id, Command::AddRelatedItem(item))
        }
        ExecutionEvent::ExecutionRefused(e) => {
            let reason = format!("{}: {}", e.code, e.reason);
            (&e.origin_kind, &e.origin_id, Command::FailAction { action: RUNBOOK.to_owned(), reason })
        }
        _ => return Ok(()),
    };
    if kind != ORIGIN {
        return Ok(());
    }
    match delivery.execute::<Incident>("runbook", incident, command).await {
        // An incident that was deleted meanwhile, or whose list is full, has no place for it.
        Err(ExecuteError::Refused(_)) => Ok(()),
        other => other.map(drop).map_err(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::incidents::{NamedText, NamedTexts, Trigger};

    #[test]
    fn variables_stand_for_what_the_incident_has() {
        let dynamic = |name: &str, value: &str| NamedText { name: name.into(), value: value.into() };
        let runbook = Runbook {
            parameters: vec![NamedTexts { name: "Severity".into(), values: vec!["high".into()] }],
            dynamic_parameters: vec![
                dynamic("Incident", "INCIDENT_RECORD_ARN"),
                dynamic("Resources", "INVOLVED_RESOURCES"),
            ],
            ..Runbook::default()
        };
        let item = RelatedItem { value_json: json!({"arn": "arn:b"}).to_string(), ..RelatedItem::default() };
        let url =
            RelatedItem { value_json: json!({"url": "http://c"}).to_string(), ..RelatedItem::default() };
        let started = IncidentStarted {
            arn: "arn:i".into(),
            trigger: Some(Trigger { arn: "arn:a".into(), ..Trigger::default() }),
            related_items: vec![item, url],
            ..IncidentStarted::default()
        };
        assert_eq!(
            parameters(&started, &runbook),
            json!({"Severity": ["high"], "Incident": ["arn:i"], "Resources": ["arn:a", "arn:b"]})
        );
    }
}
