//! What follows from a change: a secret that no version has any more can be read by nobody.

use crate::{domain::parameter::ParameterEvent, secrets::secret_name};
use reeve_runtime::{Delivery, HandlerError};
use reeve_secrets::{Error, Vault};

/// Destroys the secrets of deleted parameters, and of versions that went because there were too many.
pub(crate) async fn destroy(vault: Vault, delivery: Delivery<ParameterEvent>) -> Result<(), HandlerError> {
    let secrets = match &delivery.event.event {
        ParameterEvent::ParameterPut(put) => std::slice::from_ref(&put.dropped_secret_id),
        ParameterEvent::ParameterDeleted(deleted) => deleted.secret_ids.as_slice(),
        ParameterEvent::ParameterVersionLabeled(_) | ParameterEvent::ParameterVersionUnlabeled(_) => &[],
    };
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        match vault.destroy(&secret_name(secret)).await {
            Ok(()) => {}
            Err(Error::Bus(error)) => return Err(error.into()),
            Err(error) => return Err(HandlerError::Retry(error.to_string())),
        }
    }
    Ok(())
}
