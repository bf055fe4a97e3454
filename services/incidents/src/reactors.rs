//! What follows when an incident starts: what its plan asks for is begun, or it is said that it is not.

use crate::domain::incident::{
    CHAT_CHANNEL, Command, ENGAGEMENT, Incident, IncidentEvent, NOTIFICATION, RUNBOOK,
};
use reeve_contracts::incidents::IncidentStarted;
use reeve_runtime::{Delivery, HandlerError};

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
    if let Some(runbook) = &started.runbook {
        let reason = "there is no service for automation here, and the runbook was not started";
        failed.push((RUNBOOK, format!("{}: {reason}.", runbook.document_name)));
    }
    failed
}
