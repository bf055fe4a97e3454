//! How an incident is started, whoever asks: which id it gets, so that of one deduplication string one is open.

use crate::{
    domain::incident::{Command, Error, Incident},
    projections::{COUNT_OF_DEDUPE, digest},
};
use reeve_contracts::incidents::{IncidentStarted, ResponsePlan, Trigger};
use reeve_eventsourcing::{Context, Position};
use reeve_runtime::{ApiError, ExecuteError, Handle, StripedLock};
use reeve_types::arn::Arn;
use uuid::Uuid;

/// As many incidents of one deduplication string may end while one call looks for the next.
const MAX_ENDED_MEANWHILE: u64 = 16;

/// What is asked for beside the plan.
pub(crate) struct Asked {
    /// Empty: the plan's.
    pub title: String,
    /// None: the plan's.
    pub impact: Option<i32>,
    pub trigger: Trigger,
    pub region: String,
}

/// The incident that a plan and what is asked for describe; its id and its ARN are found by its deduplication string.
pub(crate) fn described(plan: ResponsePlan, asked: Asked, context: &Context) -> IncidentStarted {
    let template = plan.template.unwrap_or_default();
    let dedupe_string = match (template.dedupe_string.as_str(), asked.trigger.arn.as_str()) {
        // What belongs to no other has a string of its own.
        ("", "") => context.command_id.to_string(),
        // Repeats of one alarm or rule are one incident.
        ("", arn) => digest(arn),
        (string, _) => string.to_owned(),
    };
    IncidentStarted {
        incident_id: String::new(),
        plan: plan.name,
        title: if asked.title.is_empty() { template.title } else { asked.title },
        impact: asked.impact.unwrap_or(template.impact),
        summary: template.summary,
        dedupe_string,
        trigger: Some(asked.trigger),
        related_items: Vec::new(),
        notification_targets: template.notification_targets,
        chat_channel: plan.chat_channel,
        engagements: plan.engagements,
        runbook: plan.runbook,
        pager_duty: plan.pager_duty,
        tags: template.tags,
        arn: String::new(),
        region: asked.region,
        started_by: context.command_id.to_string(),
    }
}

/// An incident that was started, or has taken the trigger.
pub(crate) struct Started {
    pub arn: String,
    pub position: Position,
}

/// Starts an incident, or adds a trigger to the open one with the same deduplication string.
///
/// # Errors
/// `ThrottlingException` when too many come at once, which SDKs try again by themselves; or the bus did not store it.
pub(crate) async fn start(
    handle: &Handle,
    turns: &StripedLock,
    started: IncidentStarted,
    account: &str,
    context: &Context,
) -> Result<Started, ApiError> {
    let key = digest(&started.dedupe_string);
    // A burst of triggers is one after the other.
    let _turn = turns.turn(&key).await;
    let count: u64 = handle.views().get(COUNT_OF_DEDUPE, &key).unwrap_or_default();
    // The last one takes the trigger while it is open.
    let first = count.saturating_sub(1);
    for n in first..first + MAX_ENDED_MEANWHILE {
        let id = id_in_turn(&key, n);
        let arn = arn(account, &started.plan, &id);
        let named = IncidentStarted { incident_id: id.clone(), arn, ..started.clone() };
        let command = Command::Start(Box::new(named));
        match handle.execute::<Incident>(&id, command, context).await {
            Ok(executed) => {
                let plan = handle.state::<Incident>(&id).plan;
                return Ok(Started { arn: self::arn(account, &plan, &id), position: executed.position });
            }
            Err(ExecuteError::Refused(Error::Over)) => {}
            Err(ExecuteError::Contended { .. }) => return Err(throttled()),
            Err(error) => return Err(error.into()),
        }
    }
    Err(throttled())
}

fn throttled() -> ApiError {
    let message = "Too many triggers with this deduplication string come at once: try again.";
    ApiError::new("ThrottlingException", message)
}

/// The ARN of an incident. AWS leaves the region empty.
pub(crate) fn arn(account: &str, plan: &str, id: &str) -> String {
    let resource = &format!("incident-record/{plan}/{id}");
    Arn { partition: "aws", service: "ssm-incidents", region: "", account, resource }.to_string()
}

/// The id of the n-th incident of a deduplication string, by its digest.
pub(crate) fn id_in_turn(key: &str, n: u64) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{key}/{n}").as_bytes()).to_string()
}
