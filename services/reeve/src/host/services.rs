//! The services, by name: the only place that lists them.

use anyhow::bail;
use reeve_authz::Access;
use reeve_jetstream::{Bus, operator::Enrolment};
use reeve_runtime::Service;
use reeve_secrets::Vault;
use std::sync::Arc;

/// What services need beyond their log.
#[derive(Clone)]
pub struct Needs {
    pub account: String,
    pub region: String,
    /// Where nodes find the bus.
    pub bus_url: String,
    pub enrolment: Option<Enrolment>,
    pub dispatch_key: Option<Arc<nkeys::KeyPair>>,
    /// The public keys that nodes pin.
    pub dispatch_keys: Vec<String>,
    pub system: Option<Bus>,
    /// Who may do what, kept as the log says it: for those who authorize.
    pub access: Option<Arc<Access>>,
    pub vault: Option<Vault>,
}

/// Every service.
pub const SERVICES: [&str; 5] = ["access", "documents", "tags", "nodes", "run-command"];

/// Describes one.
///
/// # Errors
/// When there is none of that name, or it lacks a key.
pub fn describe(name: &str, needs: &Needs) -> anyhow::Result<Service> {
    let Needs { enrolment, dispatch_key, access, vault, .. } = needs;
    Ok(match (name, enrolment, dispatch_key, access, vault) {
        ("documents", ..) => reeve_documents::service(),
        ("tags", ..) => reeve_tags::service(),
        ("access", _, _, Some(access), Some(vault)) => {
            let (vault, access) = (vault.clone(), access.clone());
            reeve_access::service(&reeve_access::Config { vault, access })
        }
        ("nodes", Some(enrolment), ..) => reeve_nodes::service(reeve_nodes::Config {
            enrolment: enrolment.clone(),
            bus_url: needs.bus_url.clone(),
            dispatch_keys: needs.dispatch_keys.clone(),
            account: needs.account.clone(),
            region: needs.region.clone(),
            system: needs.system.clone(),
        }),
        ("run-command", _, Some(key), Some(access), _) => {
            let (dispatch_key, authorizer) = (key.clone(), access.clone());
            reeve_run_command::service(&reeve_run_command::Config { dispatch_key, authorizer })
        }
        ("nodes" | "run-command" | "access", ..) => bail!("the service {name} needs the instance's keys"),
        _ => bail!("there is no service {name:?}: the services are {}", SERVICES.join(", ")),
    })
}
