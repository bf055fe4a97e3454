//! What follows from a deletion: the secret can be read by nobody any more.

use crate::principal::PrincipalEvent;
use reeve_authz::secret_name;
use reeve_runtime::{Delivery, HandlerError};
use reeve_secrets::Vault;

/// Destroys the secrets of deleted access keys.
pub(crate) async fn destroy(vault: Vault, delivery: Delivery<PrincipalEvent>) -> Result<(), HandlerError> {
    let keys = match &delivery.event.event {
        PrincipalEvent::AccessKeyDeleted(deleted) => std::slice::from_ref(&deleted.access_key_id),
        PrincipalEvent::PrincipalDeleted(deleted) => deleted.access_key_ids.as_slice(),
        PrincipalEvent::PrincipalCreated(_)
        | PrincipalEvent::PrincipalGroupsSet(_)
        | PrincipalEvent::AccessKeyCreated(_) => &[],
    };
    for key in keys {
        vault.destroy(&secret_name(key)).await?;
    }
    Ok(())
}
