//! What follows when an incident starts: what its plan asks for is begun, or it is said that it is not. And the OpsItem that
//! was opened for it becomes one of its related items.

use crate::domain::incident::{
    CHAT_CHANNEL, Command, ENGAGEMENT, Incident, IncidentEvent, NOTIFICATION, PAGER_DUTY, RUNBOOK, Status,
    TAGS,
};
use crate::projections::{INCIDENTS, IncidentRow};
use reeve_contracts::{
    incidents::{IncidentStarted, RelatedItem},
    opscenter::OpsItemEvent,
};
use reeve_eventsourcing::Actor;
use reeve_runtime::{Delivery, ExecuteError, HandlerError};
use reeve_types::arn::Arn;
use serde_json::json;
use uuid::Uuid;

/// Nobody here can do any of it yet: each is on the timeline, so that no one waits for a page that never comes.
pub(crate) async fn begin_actions(delivery: Delivery<IncidentEvent>) -> Result<(), HandlerError> {
    let IncidentEvent::IncidentStarted(started) = &delivery.event.event else { return Ok(()) };
    for (action, reason) in not_begun(started) {
        let command = Command::FailAction { action: action.to_owned(), reason };
        delivery.execute::<Incident>(action, &started.incident_id, command).await?;
    }
    Ok(())
}

fn not_begun(started: &IncidentStarted) -> Vec<(&'static str, String)> {
    let mut failed = Vec::new();
    let several = [
        (ENGAGEMENT, &started.engagements, "there is no service for contacts here, and nobody was engaged"),
        (
            NOTIFICATION,
            &started.notification_targets,
            "there are no SNS topics here, and nobody was notified",
        ),
        (
            CHAT_CHANNEL,
            &started.chat_channel,
            "there are no SNS topics here, and nothing was said in the chat",
        ),
    ];
    for (action, arns, reason) in several {
        if !arns.is_empty() {
            failed.push((action, format!("{}: {reason}.", arns.join(", "))));
        }
    }
    if let Some(pager_duty) = &started.pager_duty {
        let reason = "PagerDuty is not reached from here, and nobody was paged";
        failed.push((PAGER_DUTY, format!("{}: {reason}.", pager_duty.name)));
    }
    if !started.tags.is_empty() {
        let reason = "incidents cannot be tagged here yet, and the template's tags were not set";
        failed.push((TAGS, format!("{} tags: {reason}.", started.tags.len())));
    }
    if let Some(runbook) = &started.runbook {
        let reason = "there is no service for automation here, and the runbook was not started";
        failed.push((RUNBOOK, format!("{}: {reason}.", runbook.document_name)));
    }
    failed
}

/// The OpsItem whose related item is an incident is the incident's parent.
pub(crate) async fn relate_ops_item(delivery: Delivery<OpsItemEvent>) -> Result<(), HandlerError> {
    let OpsItemEvent::RelatedItemAssociated(related) = &delivery.event.event else { return Ok(()) };
    if related.association_type != "IsParentOf" {
        return Ok(());
    }
    let parsed = Arn::parse(&related.resource_uri).filter(|arn| arn.service == "ssm-incidents");
    let Some(arn) = parsed else { return Ok(()) };
    let Some(id) = arn.id_of("incident-record").and_then(|id| id.rsplit_once('/')).map(|(_, id)| id) else {
        return Ok(());
    };
    let Some(incident) = delivery.handle.views().look::<IncidentRow>(INCIDENTS, id) else {
        let is_deleted = delivery.handle.state::<Incident>(id).status == Status::Deleted;
        // opscenter heard of it by its start, which these views may not have taken in yet. Of another installation's, which
        // people name, nothing is known here.
        let by_rule = delivery.event.envelope.actor == Actor::service("opscenter").name;
        let reason = || HandlerError::Retry(format!("the incident {id} is not known yet"));
        return if by_rule && !is_deleted { Err(reason()) } else { Ok(()) };
    };
    let (resource, region) = (format!("opsitem/{}", related.ops_item_id), incident.region.as_str());
    let item = Arn { partition: "aws", service: "ssm", region, account: arn.account, resource: &resource };
    let value_json = json!({"arn": item.to_string()}).to_string();
    let digest = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("PARENT {value_json}").as_bytes());
    let item = RelatedItem {
        r#type: "PARENT".to_owned(),
        title: "The OpsItem of this incident".to_owned(),
        value_json,
        generated_id: format!("related-item/PARENT/{}", digest.simple().to_string().to_ascii_uppercase()),
    };
    let command = Command::AddRelatedItem(item);
    // Whoever has filled the list with items of his own knows better.
    match delivery.execute::<Incident>("relate", id, command).await {
        Err(ExecuteError::Refused(_)) => Ok(()),
        other => other.map(drop).map_err(Into::into),
    }
}
