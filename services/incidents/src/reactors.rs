//! What follows when an incident starts: what its plan asks for is begun, or it is said that it is not. Its engagements are told
//! on its timeline, and end with it. And the OpsItem that was opened for it becomes one of its related items.

pub(crate) mod runbooks;

use crate::domain::incident::{CHAT_CHANNEL, Command, Incident, IncidentEvent, NOTIFICATION, PAGER_DUTY};
use crate::projections::{INCIDENTS, IncidentRow};
use reeve_contracts::{
    contacts::{EngagementEvent, EngagementRequested, EngagementStopRequested},
    incidents::{IncidentEngagementChanged, IncidentStarted, RelatedItem},
    opscenter::OpsItemEvent,
};
use reeve_eventsourcing::{Actor, Context};
use reeve_runtime::{Delivery, ExecuteError, HandlerError};
use reeve_types::arn::Arn;
use serde_json::json;
use uuid::Uuid;

/// What nobody here can do yet is on the timeline, so that no one waits for what never comes.
pub(crate) async fn begin_actions(delivery: Delivery<IncidentEvent>) -> Result<(), HandlerError> {
    let IncidentEvent::IncidentStarted(started) = &delivery.event.event else { return Ok(()) };
    for (action, reason) in not_begun(started) {
        let command = Command::FailAction { action: action.to_owned(), reason };
        delivery.execute::<Incident>(action, &started.incident_id, command).await?;
    }
    Ok(())
}

/// The plan's contacts are engaged when an incident starts; when it is over, their engagements end.
pub(crate) async fn engage_contacts(delivery: Delivery<IncidentEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        IncidentEvent::IncidentStarted(started) => {
            for contact in &started.engagements {
                engage(&delivery, started, contact).await?;
            }
            Ok(())
        }
        IncidentEvent::IncidentResolved(e) => disengage(&delivery, &e.incident_id).await,
        IncidentEvent::IncidentDeleted(e) => disengage(&delivery, &e.incident_id).await,
        _ => Ok(()),
    }
}

/// The kind of what asks for an engagement.
const ORIGIN: &str = "incident";

/// The id of a contact's engagement in an incident.
fn engagement_id(incident_id: &str, contact: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("engagement/{incident_id}/{contact}").as_bytes())
}

/// Asks for an engagement, on behalf of who started the incident.
async fn engage(
    delivery: &Delivery<IncidentEvent>,
    started: &IncidentStarted,
    contact: &str,
) -> Result<(), HandlerError> {
    let named = if started.summary.is_empty() { &started.title } else { &started.summary };
    let request = EngagementRequested {
        origin_kind: ORIGIN.to_owned(),
        origin_id: started.incident_id.clone(),
        contact: contact.to_owned(),
        sender: "Reeve incidents".to_owned(),
        subject: started.title.clone(),
        content: format!("{named}\n\nImpact {} of 5.\n{}", started.impact, started.arn),
        incident_id: started.arn.clone(),
        account: Arn::parse(&started.arn).map(|arn| arn.account.to_owned()).unwrap_or_default(),
        region: started.region.clone(),
    };
    let actor = Actor { name: delivery.event.envelope.actor.clone(), source: String::new() };
    let command_id = engagement_id(&started.incident_id, contact);
    let context = Context { actor, command_id, ..delivery.context("engage") };
    Ok(delivery.handle.request(&request, &context).await?)
}

/// Nobody is paged any more for an incident that is over.
async fn disengage(delivery: &Delivery<IncidentEvent>, incident_id: &str) -> Result<(), HandlerError> {
    for contact in delivery.handle.state::<Incident>(incident_id).engagements {
        let stop = EngagementStopRequested {
            engagement_id: engagement_id(incident_id, &contact).to_string(),
            reason: "the incident is over".to_owned(),
            origin_kind: ORIGIN.to_owned(),
            origin_id: incident_id.to_owned(),
        };
        delivery.handle.request(&stop, &delivery.context(&format!("disengage/{contact}"))).await?;
    }
    Ok(())
}

/// What became of an engagement for an incident is told on its timeline, whoever asked for it.
pub(crate) async fn tell_engagement(delivery: Delivery<EngagementEvent>) -> Result<(), HandlerError> {
    let Some((arn, changed)) = told(&delivery.event.event) else { return Ok(()) };
    let parsed = Arn::parse(arn).filter(|arn| arn.service == "ssm-incidents");
    let id = parsed.and_then(|arn| arn.id_of("incident-record")).and_then(|id| id.rsplit_once('/'));
    let Some((_, id)) = id else { return Ok(()) };
    let incident_id = id.to_owned();
    let command = Command::TellEngagement(Box::new(IncidentEngagementChanged { incident_id, ..changed }));
    delivery.execute::<Incident>("tell", id, command).await?;
    Ok(())
}

/// What the timeline says of an event: of which incident, by its ARN, and what.
fn told(event: &EngagementEvent) -> Option<(&str, IncidentEngagementChanged)> {
    let said = |engagement: &str, contact: &str, what: &str, details: String, at: i64| {
        let (engagement_id, contact, what) = (engagement.to_owned(), contact.to_owned(), what.to_owned());
        let incident_id = String::new();
        IncidentEngagementChanged { incident_id, engagement_id, contact, what, details, occurred_ms: at }
    };
    let none = String::new;
    match event {
        EngagementEvent::EngagementStarted(e) => {
            Some((&e.incident_id, said(&e.engagement_id, &e.contact, "Started", none(), e.started_ms)))
        }
        EngagementEvent::EngagementRefused(e) => {
            Some((&e.incident_id, said(&e.engagement_id, &e.contact, "Refused", e.reason.clone(), 0)))
        }
        EngagementEvent::StageBegan(e) if !e.people.is_empty() => {
            let people: Vec<&str> = e.people.iter().map(|person| person.contact.as_str()).collect();
            let people = people.join(", ");
            Some((&e.incident_id, said(&e.engagement_id, &people, "PeopleEngaged", none(), e.began_ms)))
        }
        EngagementEvent::PageRead(e) if !e.is_late => Some((
            &e.incident_id,
            said(&e.engagement_id, &e.contact, "Acknowledged", e.note.clone(), e.read_ms),
        )),
        EngagementEvent::EngagementStopped(e) => {
            let reason = e.reason.clone();
            Some((&e.incident_id, said(&e.engagement_id, &e.contact, "Stopped", reason, e.stopped_ms)))
        }
        EngagementEvent::EngagementFinished(e) if !e.is_acknowledged => {
            Some((&e.incident_id, said(&e.engagement_id, &e.contact, "Unanswered", none(), e.finished_ms)))
        }
        EngagementEvent::EngagementReachedNobody(e) => {
            let reasons = e.reasons.join("; ");
            Some((
                &e.incident_id,
                said(&e.engagement_id, &e.contact, "ReachedNobody", reasons, e.finished_ms),
            ))
        }
        _ => None,
    }
}

fn not_begun(started: &IncidentStarted) -> Vec<(&'static str, String)> {
    let mut failed = Vec::new();
    let several = [
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
    delivery.handle.catch_up().await?;
    // Of another installation's, which people name, nothing is known here.
    let Some(incident) = delivery.handle.views().look::<IncidentRow>(INCIDENTS, id) else { return Ok(()) };
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
