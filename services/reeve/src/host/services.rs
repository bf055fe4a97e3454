//! The services, by name: the only place that lists them.

use anyhow::bail;
use reeve_jetstream::{Bus, operator::Enrolment};
use reeve_runtime::Service;
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
}

/// Every service.
pub const SERVICES: [&str; 4] = ["documents", "tags", "nodes", "run-command"];

/// Describes one.
///
/// # Errors
/// When there is none of that name, or it lacks a key.
pub fn describe(name: &str, needs: &Needs) -> anyhow::Result<Service> {
    Ok(match (name, &needs.enrolment, &needs.dispatch_key) {
        ("documents", _, _) => reeve_documents::service(),
        ("tags", _, _) => reeve_tags::service(),
        ("nodes", Some(enrolment), _) => reeve_nodes::service(reeve_nodes::Config {
            enrolment: enrolment.clone(),
            bus_url: needs.bus_url.clone(),
            dispatch_keys: needs.dispatch_keys.clone(),
            account: needs.account.clone(),
            region: needs.region.clone(),
            system: needs.system.clone(),
        }),
        ("run-command", _, Some(key)) => {
            reeve_run_command::service(&reeve_run_command::Config { dispatch_key: key.clone() })
        }
        ("nodes" | "run-command", _, _) => bail!("the service {name} needs the instance's keys"),
        _ => bail!("there is no service {name:?}: the services are {}", SERVICES.join(", ")),
    })
}
