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
use reeve_runtime::{Consumer, Operation, Service};
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
        .reactor(Consumer::from_beginning("secrets").concurrency(16), move |reacting| {
            reactors::destroy(destroy.clone(), reacting)
        })
        .operation(Operation::write("access", "CreatePrincipal").on("Principal", "name"), move |call| {
            api::create_principal(create.clone(), call)
        })
        .operation(
            Operation::write("access", "DeletePrincipal").on("Principal", "name"),
            api::delete_principal,
        )
        .operation(Operation::read("access", "ListPrincipals"), api::list_principals)
        .operation(Operation::write("access", "SetPrincipalGroups").on("Principal", "name"), api::set_groups)
        .operation(Operation::write("access", "CreateAccessKey").on("Principal", "name"), move |call| {
            api::create_access_key(add.clone(), call)
        })
        .operation(
            Operation::write("access", "DeleteAccessKey").on("Principal", "name"),
            api::delete_access_key,
        )
        .operation(Operation::write("access", "PutPolicy").on("Policy", "name"), api::put_policy)
        .operation(Operation::write("access", "DeletePolicy").on("Policy", "name"), api::delete_policy)
        .operation(Operation::read("access", "ListPolicies"), api::list_policies)
        .operation(Operation::read("access", "CheckAccess").live(), move |call| {
            api::check_access(explain.clone(), call)
        })
}
