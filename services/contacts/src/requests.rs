//! What other services ask for: that a contact is engaged, and that such an engagement ends.

use crate::{
    domain::engagement::{Command, Engagement},
    names::{CONTACT, id_in},
    projections::{CONTACTS, ContactRow},
    shared::Shared,
    starting,
};
use reeve_authz::{Place, Resource, permit};
use reeve_contracts::contacts::{
    EngagementRefused, EngagementRequested, EngagementStarted, EngagementStopRequested,
};
use reeve_runtime::{ExecuteError, HandlerError, Request};

/// Engages a contact, or says that and why not.
pub(crate) async fn engage(
    shared: Shared,
    request: Request<EngagementRequested>,
) -> Result<(), HandlerError> {
    let (handle, context, asked) = (&request.handle, &request.context, &request.message);
    shared.authorizer.catch_up(handle.bus()).await?;
    let alias = id_in(&asked.contact, CONTACT).unwrap_or(&asked.contact);
    let place = Place { region: &asked.region, account: &asked.account };
    let contact = Resource::new("Contact", alias);
    let permitted =
        permit(&*shared.authorizer, &context.actor.name, "ssm-contacts:StartEngagement", [contact], place);
    let row = handle.views().look::<ContactRow>(CONTACTS, alias);
    let refusal = match (permitted, &row) {
        (Err(denied), _) => denied,
        (Ok(()), None) => format!("there is no contact {alias:?}"),
        (Ok(()), Some(row)) => {
            let said = EngagementStarted {
                sender: asked.sender.clone(),
                subject: asked.subject.clone(),
                content: asked.content.clone(),
                incident_id: asked.incident_id.clone(),
                origin_kind: asked.origin_kind.clone(),
                origin_id: asked.origin_id.clone(),
                account: asked.account.clone(),
                region: asked.region.clone(),
                ..EngagementStarted::default()
            };
            let started = starting::start(handle, &shared.vault, row, said, context).await;
            return started.map(drop).map_err(|error| HandlerError::Unavailable(error.to_string()));
        }
    };
    let id = context.command_id.to_string();
    let refused = EngagementRefused {
        engagement_id: id.clone(),
        contact: alias.to_owned(),
        reason: refusal,
        incident_id: asked.incident_id.clone(),
        origin_kind: asked.origin_kind.clone(),
        origin_id: asked.origin_id.clone(),
    };
    handle.execute::<Engagement>(&id, Command::Refuse(Box::new(refused)), context).await?;
    Ok(())
}

/// Ends an engagement for who asked for it.
pub(crate) async fn stop(request: Request<EngagementStopRequested>) -> Result<(), HandlerError> {
    let (handle, asked) = (&request.handle, &request.message);
    let state = handle.state::<Engagement>(&asked.engagement_id);
    if state.is_refused {
        return Ok(());
    }
    if !state.exists() || (&state.origin_kind, &state.origin_id) != (&asked.origin_kind, &asked.origin_id) {
        let reason = format!("{} asked for no engagement {}", asked.origin_id, asked.engagement_id);
        // What asks for it may not have been handled yet.
        return Err(HandlerError::Retry(reason));
    }
    let (line_id, reason) = (asked.engagement_id.clone(), asked.reason.clone());
    let command = Command::Stop { line_id, reason };
    match handle.execute::<Engagement>(&asked.engagement_id, command, &request.context).await {
        Err(ExecuteError::Refused(error)) => Err(HandlerError::Permanent(error.to_string())),
        other => other.map(drop).map_err(Into::into),
    }
}
