//! The services, by name: the only place that lists them.

use anyhow::{Context, bail};
use reeve_authz::Access;
use reeve_jetstream::{Bus, admission::Admission, operator::Enrolment};
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
    pub admission: Option<Admission>,
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
    Ok(match name {
        "documents" => reeve_documents::service(),
        "tags" => reeve_tags::service(),
        "access" => reeve_access::service(&reeve_access::Config {
            vault: needed(name, &needs.vault)?,
            access: needed(name, &needs.access)?,
        }),
        "nodes" => reeve_nodes::service(reeve_nodes::Config {
            enrolment: needed(name, &needs.enrolment)?,
            admission: needed(name, &needs.admission)?,
            bus_url: needs.bus_url.clone(),
            dispatch_keys: needs.dispatch_keys.clone(),
            account: needs.account.clone(),
            region: needs.region.clone(),
            system: needed(name, &needs.system)?,
        }),
        "run-command" => reeve_run_command::service(&reeve_run_command::Config {
            dispatch_key: needed(name, &needs.dispatch_key)?,
            authorizer: needed(name, &needs.access)?,
        }),
        _ => bail!("there is no service {name:?}: the services are {}", SERVICES.join(", ")),
    })
}

fn needed<T: Clone>(name: &str, key: &Option<T>) -> anyhow::Result<T> {
    key.clone().with_context(|| format!("the service {name} needs the instance's keys"))
}
