//! The services, by name: the only place that lists them.

use anyhow::{Context, bail, ensure};
use reeve_authz::Access;
use reeve_jetstream::{Bus, Headers, admission::Admission, operator::Enrolment, serve};
use reeve_run_command::Seeds;
use reeve_runtime::Service;
use reeve_secrets::Vault;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// What services need beyond their log.
#[derive(Clone)]
pub struct Needs {
    pub account: String,
    pub region: String,
    /// Where nodes find the bus.
    pub bus_url: String,
    pub enrolment: Option<Enrolment>,
    pub admission: Option<Admission>,
    /// The public root key, which nodes pin.
    pub root_key: Option<String>,
    /// The set of dispatch keys that is published if the log has an older one, or none.
    pub key_set: Option<Vec<u8>>,
    pub seeds: Option<Seeds>,
    pub system: Option<Bus>,
    /// Who may do what, kept as the log says it: for those who authorize.
    pub access: Option<Arc<Access>>,
    pub vault: Option<Vault>,
}

/// How long a service may take to answer the host.
const ANSWER: Duration = Duration::from_secs(10);

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
            root_key: needed(name, &needs.root_key)?,
            key_set: needs.key_set.clone(),
            account: needs.account.clone(),
            region: needs.region.clone(),
            system: needed(name, &needs.system)?,
        }),
        "run-command" => reeve_run_command::service(&reeve_run_command::Config {
            root_key: needed(name, &needs.root_key)?,
            seeds: needed(name, &needs.seeds)?,
            authorizer: needed(name, &needs.access)?,
        }),
        _ => bail!("there is no service {name:?}: the services are {}", SERVICES.join(", ")),
    })
}

/// Calls an operation of the nodes service for the host itself, which acts as the administrator.
///
/// # Errors
/// When it does not answer, or refuses.
pub async fn ask_nodes(bus: &Bus, operation: &str, input: &Value) -> anyhow::Result<Value> {
    let headers = Headers::default().with("reeve-actor", "administrator");
    let subject = format!("reeve.api.nodes.{operation}");
    let answer = serve::call(bus, &subject, headers, input.to_string().into(), ANSWER).await?;
    let said = || String::from_utf8_lossy(&answer.data).into_owned();
    ensure!(answer.headers.get("reeve-error").is_none(), "{operation}: {}", said());
    serde_json::from_slice(&answer.data).with_context(said)
}

fn needed<T: Clone>(name: &str, key: &Option<T>) -> anyhow::Result<T> {
    key.clone().with_context(|| format!("the service {name} needs the instance's keys"))
}
