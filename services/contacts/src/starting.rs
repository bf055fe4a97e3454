//! How an engagement is started, whoever asks.

use crate::{
    codes,
    domain::engagement::{Command, Engagement},
    projections::ContactRow,
};
use reeve_contracts::contacts::EngagementStarted;
use reeve_eventsourcing::{Context, Position};
use reeve_runtime::{ApiError, Handle};
use reeve_secrets::Vault;

/// Starts an engagement of a contact; its id is that of who asks for it.
///
/// # Errors
/// When it could not be stored.
pub(crate) async fn start(
    handle: &Handle,
    vault: &Vault,
    contact: &ContactRow,
    said: EngagementStarted,
    context: &Context,
) -> Result<(String, Position), ApiError> {
    let id = context.command_id.to_string();
    if handle.state::<Engagement>(&id).exists() {
        // It was asked for before: its key is sealed already.
        let executed = handle.execute::<Engagement>(&id, Command::Start(Box::default()), context).await?;
        return Ok((id, executed.position));
    }
    let sealed = codes::seal(vault).await?;
    let started = EngagementStarted {
        engagement_id: id.clone(),
        contact: contact.alias.clone(),
        contact_type: contact.kind.clone(),
        plan_json: contact.plan_json.clone(),
        started_ms: context.now.0,
        secret_id: sealed.secret_id,
        sealed_key: sealed.value,
        principal: context.actor.name.clone(),
        ..said
    };
    let executed = handle.execute::<Engagement>(&id, Command::Start(Box::new(started)), context).await?;
    Ok((id, executed.position))
}
