//! The default rule on incidents: each has an OpsItem of its own, which is Resolved with it.

use crate::{
    causes::Following,
    domain::item::{Command, Error, OpsItem},
    opening::deduplication_key,
    projections::others::is_disabled,
};
use reeve_contracts::{
    incidents::{IncidentEvent, IncidentStarted},
    opscenter::{CauseEnded, CauseFired, OperationalDatum, OpsItemCreated, RelatedItemAssociated},
};
use reeve_runtime::{Delivery, ExecuteError, HandlerError};
use reeve_types::text::cut;
use uuid::Uuid;

/// The name of the rule.
const RULE: &str = "reeve.incidents";
/// What a cause's end is called when its incident is over.
const RESOLVED: &str = "Resolved";
const MAX_DESCRIPTION_CHARS: usize = 2_048;

pub(crate) async fn react(delivery: Delivery<IncidentEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        IncidentEvent::IncidentStarted(_) if is_disabled(&delivery.handle, RULE) => Ok(()),
        IncidentEvent::IncidentStarted(started) => open(&delivery, started).await,
        IncidentEvent::IncidentResolved(e) => end(&delivery, &e.incident_id).await,
        IncidentEvent::IncidentDeleted(e) => end(&delivery, &e.incident_id).await,
        // The item of one that is opened again stays Resolved: whoever opens it works on the incident.
        _ => Ok(()),
    }
}

async fn open(delivery: &Delivery<IncidentEvent>, started: &IncidentStarted) -> Result<(), HandlerError> {
    let following = Following::of(delivery).await?;
    let group = group(&started.incident_id);
    let ops_item_id = following.item(item(started, &group)).await?;
    let fired = CauseFired {
        group,
        fingerprint: started.incident_id.clone(),
        start_ms: delivery.event.envelope.time.0,
        ops_item_id: ops_item_id.clone(),
    };
    following.fire(fired).await?;
    let association_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, started.arn.as_bytes()).to_string();
    let associated = Command::Associate(Box::new(RelatedItemAssociated {
        ops_item_id: ops_item_id.clone(),
        association_id,
        association_type: "IsParentOf".to_owned(),
        resource_type: "AWS::SSMIncidents::IncidentRecord".to_owned(),
        resource_uri: started.arn.clone(),
    }));
    match delivery.execute::<OpsItem>("associate", &ops_item_id, associated).await {
        Err(ExecuteError::Refused(Error::AlreadyRelated { .. })) => Ok(()),
        other => other.map(drop).map_err(Into::into),
    }
}

async fn end(delivery: &Delivery<IncidentEvent>, incident: &str) -> Result<(), HandlerError> {
    let following = Following::of(delivery).await?;
    let group = group(incident);
    let firing = following.firing(&group, incident);
    // It began before this consumer was new, and has no item.
    let Some(start_ms) = firing.start_ms else { return Ok(()) };
    let ended = CauseEnded {
        group,
        fingerprint: incident.to_owned(),
        start_ms,
        ops_item_id: firing.ops_item_id.clone(),
        end_ms: 0,
        reason: RESOLVED.to_owned(),
    };
    following.end(ended).await?;
    following.settle(&firing.ops_item_id).await
}

fn group(incident: &str) -> String {
    deduplication_key(&["incidents", incident])
}

fn item(started: &IncidentStarted, key: &str) -> OpsItemCreated {
    let said = match started.summary.trim() {
        "" => started.title.as_str(),
        summary => summary,
    };
    let datum = |key: &str, value: &str| OperationalDatum {
        key: key.to_owned(),
        value: value.to_owned(),
        searchable: true,
    };
    OpsItemCreated {
        title: started.title.clone(),
        description: cut(said, MAX_DESCRIPTION_CHARS),
        source: "Incident Manager".to_owned(),
        // 5 is an incident without an impact: no severity.
        severity: if (1..=4).contains(&started.impact) { started.impact.to_string() } else { String::new() },
        ops_item_type: "/aws/issue".to_owned(),
        operational_data: vec![datum("incident", &started.arn), datum("responsePlan", &started.plan)],
        deduplication_key: key.to_owned(),
        ..OpsItemCreated::default()
    }
}
