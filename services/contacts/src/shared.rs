//! What handlers need beside the views.

use reeve_authz::Authorizer;
use reeve_secrets::Vault;
use std::sync::Arc;

/// Cheap to clone: each handler has its own.
#[derive(Clone)]
pub(crate) struct Shared {
    pub vault: Vault,
    pub authorizer: Arc<dyn Authorizer>,
}
