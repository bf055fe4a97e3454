//! What follows from a change: a secret that no version has any more can be read by nobody.

use crate::{
    domain::{
        parameter::{Command, Parameter, ParameterEvent},
        policies,
    },
    projections::{PARAMETERS, ParameterRow, read_timer_key},
    secrets::secret_name,
};
use reeve_runtime::{Delivery, DueTimer, HandlerError};
use reeve_secrets::Vault;

/// A policy is due: the parameter goes, or it is told that it will or that nobody has changed it.
pub(crate) async fn fire(due: DueTimer) -> Result<(), HandlerError> {
    let Some((path, index)) = read_timer_key(&due.key) else {
        return Err(HandlerError::Permanent(format!("{:?} is no timer of a policy", due.key)));
    };
    // A change that came meanwhile has set the timers anew.
    let Some(row) = due.handle.views().get::<ParameterRow>(PARAMETERS, path) else { return Ok(()) };
    let policies = policies::read(&row.latest.policies_json).unwrap_or_default();
    let is_due = policies::due(&policies, row.latest.modified).get(index) == Some(&due.due_at);
    if !is_due {
        return Ok(());
    }
    let command = Command::FirePolicy { index, due_ms: due.due_at.0, version: row.latest.version };
    due.execute::<Parameter>("fire", path, command).await?;
    Ok(())
}

/// Destroys the secrets of deleted parameters, and of versions that went because there were too many.
pub(crate) async fn destroy(vault: Vault, delivery: Delivery<ParameterEvent>) -> Result<(), HandlerError> {
    let secrets = match &delivery.event.event {
        ParameterEvent::ParameterPut(put) => std::slice::from_ref(&put.dropped_secret_id),
        ParameterEvent::ParameterDeleted(deleted) => deleted.secret_ids.as_slice(),
        ParameterEvent::ParameterVersionLabeled(_)
        | ParameterEvent::ParameterVersionUnlabeled(_)
        | ParameterEvent::ParameterPolicyFired(_) => &[],
    };
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        vault.destroy(&secret_name(secret)).await?;
    }
    Ok(())
}
