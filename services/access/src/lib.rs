//! Who may do what: principals, their access keys and groups, and policies in Cedar.
//!
//! - Aggregate `principal`, by its name: subject `reeve.evt.access.principal.<name>`. Events `PrincipalCreated`,
//!   `PrincipalGroupsSet`, `AccessKeyCreated`, `AccessKeyDeleted`, `PrincipalDeleted`.
//! - Aggregate `policy`, by its name: subject `reeve.evt.access.policy.<name>`. Events `PolicyPut`, `PolicyDeleted`.
//! - It decides nothing for others: the gateway and the services that authorize keep a [`reeve_authz::Access`] of
//!   their own, from these events and those of tags.
//!
//! Invariants: a secret is answered once and lies sealed in its event; its data key is destroyed when the access
//! key or the principal is deleted. A principal has at most two access keys. A policy that is put is Cedar. The
//! administrators of an installation are not here but in its principals file.

mod api;
mod domain;
mod projections;
mod reactors;

pub use domain::{policy, principal};

use reeve_authz::Access;
use reeve_runtime::Service;
use reeve_secrets::Vault;
use std::sync::Arc;

/// What the service needs beyond its log.
#[derive(Clone)]
pub struct Config {
    pub vault: Vault,
    /// What it explains decisions with.
    pub access: Arc<Access>,
}

/// The service, for a host to run.
pub fn service(config: &Config) -> Service {
    let (create, add, destroy) = (config.vault.clone(), config.vault.clone(), config.vault.clone());
    let explain = config.access.clone();
    Service::new("access")
        .aggregate::<principal::Principal>()
        .aggregate::<policy::Policy>()
        .projection(projections::Principals)
        .projection(projections::Policies)
        .reactor("secrets", 16, move |reacting| reactors::destroy(destroy.clone(), reacting))
        .operation("access", "CreatePrincipal", move |call| api::create_principal(create.clone(), call))
        .on("Principal", "name")
        .operation("access", "DeletePrincipal", api::delete_principal)
        .on("Principal", "name")
        .operation("access", "ListPrincipals", api::list_principals)
        .operation("access", "SetPrincipalGroups", api::set_groups)
        .on("Principal", "name")
        .operation("access", "CreateAccessKey", move |call| api::create_access_key(add.clone(), call))
        .on("Principal", "name")
        .operation("access", "DeleteAccessKey", api::delete_access_key)
        .on("Principal", "name")
        .operation("access", "PutPolicy", api::put_policy)
        .on("Policy", "name")
        .operation("access", "DeletePolicy", api::delete_policy)
        .on("Policy", "name")
        .operation("access", "ListPolicies", api::list_policies)
        .operation("access", "CheckAccess", move |call| api::check_access(explain.clone(), call))
}
