//! The services of this program: the one table that the host, the parts of an instance and their secrets, and the
//! client commands are made from.

use super::{
    bus::{self, BusAddress},
    files::*,
    key_files::{read_set, root_key, seeds_of},
    secrets::Secrets,
};
use anyhow::{Context, ensure};
use reeve_authz::{Access, Keyring};
use reeve_jetstream::{Bus, Headers, serve};
use reeve_runtime::Service;
use reeve_secrets::Vault;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// A service of this program.
pub struct Entry {
    /// As in its subjects, and as `serve` takes it.
    pub name: &'static str,
    /// The files of the secrets that it needs, beside [`COMMON_SECRETS`]. What it does without, when it is not there yet,
    /// comes first: a part that is started meanwhile misses another one, ends, and is started again.
    pub secrets: &'static [&'static str],
    /// Whether it decides on who may do what.
    pub authorizes: bool,
    pub describe: fn(&Needs) -> anyhow::Result<Service>,
}

impl Entry {
    /// Whether it seals secrets, or opens them.
    pub fn seals(&self) -> bool {
        self.secrets.contains(&SECRETS_KEY)
    }
}

/// The secrets that every service needs, and the gateway, beside its user of the bus.
pub const COMMON_SECRETS: [&str; 1] = [MAC];
/// Those that the gateway needs beside them.
pub const GATEWAY_SECRETS: [&str; 5] = [INSTANCE, SECRETS_KEY, TOKEN_KEY, PRINCIPALS, CALL_KEY];
/// The name under which `serve` runs the gateway.
pub const GATEWAY: &str = "gateway";

/// The name under which `serve` renews the set of dispatch keys in time, and what that needs beside [`COMMON_SECRETS`].
pub const KEY_RENEWAL: &str = "key-renewal";
pub const KEY_RENEWAL_SECRETS: [&str; 2] = [ROOT_SEED, ROOT_KEY];
/// The service that it calls.
pub const KEY_RENEWAL_CALLS: &str = "nodes";

/// The name under which `serve` makes the streams of an instance whose parts run apart, and changes them as another release wants them.
pub const STREAMS: &str = "streams";

/// Every service.
pub const ENTRIES: [Entry; 23] = [
    Entry {
        name: "access",
        secrets: &[SECRETS_KEY, SYSTEM, CLIENTS, CLIENT_ADMISSION],
        authorizes: true,
        describe: |needs| {
            Ok(reeve_access::service(reeve_access::Config {
                vault: needs.vault()?,
                access: needs.access()?,
                services: names().collect(),
                client_users: needs.secrets.json(CLIENTS)?,
                client_admission: needs.secrets.json(CLIENT_ADMISSION)?,
                system: needs.system()?,
                giving: Default::default(),
            }))
        },
    },
    Entry {
        name: "automation",
        secrets: &[],
        authorizes: true,
        describe: |needs| Ok(reeve_automation::service(needs.access()?)),
    },
    Entry {
        name: "change-calendar",
        secrets: &[],
        authorizes: false,
        describe: |_| Ok(reeve_change_calendar::service()),
    },
    Entry {
        name: "changes",
        secrets: &[],
        authorizes: true,
        describe: |needs| Ok(reeve_changes::service(needs.access()?)),
    },
    Entry {
        name: "compliance",
        secrets: &[],
        authorizes: false,
        describe: |_| Ok(reeve_compliance::service()),
    },
    Entry {
        name: "contacts",
        secrets: &[SECRETS_KEY],
        authorizes: true,
        describe: |needs| {
            let (vault, authorizer) = (needs.vault()?, needs.access()?);
            Ok(reeve_contacts::service(reeve_contacts::Config { vault, authorizer }))
        },
    },
    Entry {
        name: "dead-letters",
        secrets: &[],
        authorizes: false,
        describe: |_| Ok(reeve_dead_letters::service()),
    },
    Entry {
        name: "documents",
        secrets: &[],
        authorizes: false,
        describe: |_| Ok(reeve_documents::service()),
    },
    Entry {
        name: "explorer",
        secrets: &[],
        authorizes: false,
        describe: |needs| {
            let Place { account, region, .. } = &needs.place;
            Ok(reeve_explorer::service(reeve_explorer::Config {
                place: reeve_explorer::Place { account: account.clone(), region: region.clone() },
                store: needs.exports.clone(),
            }))
        },
    },
    Entry {
        name: "feed",
        secrets: &[],
        authorizes: false,
        describe: |needs| {
            Ok(reeve_feed::service(reeve_feed::Config {
                services: names().collect(),
                place: needs.place_of_events(),
            }))
        },
    },
    Entry {
        name: "incidents",
        secrets: &[],
        authorizes: true,
        describe: |needs| Ok(reeve_incidents::service(needs.access()?)),
    },
    Entry {
        name: "inventory",
        secrets: &[],
        authorizes: false,
        describe: |_| Ok(reeve_inventory::service()),
    },
    Entry { name: "ingest", secrets: &[], authorizes: false, describe: |_| Ok(reeve_ingest::service()) },
    Entry {
        name: "maintenance-windows",
        secrets: &[],
        authorizes: false,
        describe: |_| Ok(reeve_maintenance_windows::service()),
    },
    Entry {
        name: "notifications",
        secrets: &[SECRETS_KEY],
        authorizes: true,
        describe: |needs| {
            Ok(reeve_notifications::service(&reeve_notifications::Config {
                vault: needs.vault()?,
                authorizer: needs.access()?,
            }))
        },
    },
    Entry {
        name: "opscenter",
        secrets: &[],
        authorizes: true,
        describe: |needs| {
            Ok(reeve_opscenter::service(reeve_opscenter::Config {
                node_loss_seconds: reeve_opscenter::NODE_LOSS_SECONDS,
                authorizer: needs.access()?,
            }))
        },
    },
    Entry {
        name: "parameters",
        secrets: &[SECRETS_KEY],
        authorizes: false,
        describe: |needs| Ok(reeve_parameters::service(&needs.vault()?)),
    },
    Entry { name: "patching", secrets: &[], authorizes: false, describe: |_| Ok(reeve_patching::service()) },
    Entry {
        name: "rules",
        secrets: &[],
        authorizes: false,
        describe: |needs| {
            Ok(reeve_rules::service(reeve_rules::Config {
                services: names().collect(),
                place: needs.place_of_events(),
            }))
        },
    },
    Entry {
        name: "state-manager",
        secrets: &[],
        authorizes: false,
        describe: |_| Ok(reeve_state_manager::service()),
    },
    Entry { name: "tags", secrets: &[], authorizes: false, describe: |_| Ok(reeve_tags::service()) },
    Entry {
        name: "nodes",
        secrets: &[KEY_SET, SYSTEM, ENROLMENT, ADMISSION, ROOT_KEY],
        authorizes: false,
        describe: |needs| {
            Ok(reeve_nodes::service(reeve_nodes::Config {
                enrolment: needs.secrets.json(ENROLMENT)?,
                admission: needs.secrets.json(ADMISSION)?,
                bus_url: needs.place.node_bus_url.clone(),
                root_key: root_key(&needs.secrets.folder)?,
                key_set: read_set(&needs.secrets.folder)?,
                account: needs.place.account.clone(),
                region: needs.place.region.clone(),
                system: needs.system()?,
            }))
        },
    },
    Entry {
        name: "run-command",
        secrets: &[ROOT_KEY, DISPATCH],
        authorizes: true,
        describe: |needs| {
            Ok(reeve_run_command::service(&reeve_run_command::Config {
                root_key: root_key(&needs.secrets.folder)?,
                seeds: seeds_of(&needs.secrets.folder),
                authorizer: needs.access()?,
            }))
        },
    },
];

/// The names of all services.
pub fn names() -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().map(|entry| entry.name)
}

/// The service of a name.
///
/// # Errors
/// When there is none: the sentence names those that there are.
pub fn entry(name: &str) -> anyhow::Result<&'static Entry> {
    let found = ENTRIES.iter().find(|entry| entry.name == name);
    found.with_context(|| {
        let known: Vec<_> = names().chain([GATEWAY, KEY_RENEWAL, STREAMS]).collect();
        format!("there is no service {name:?}: there are {}", known.join(", "))
    })
}

/// Describes the service of a name.
///
/// # Errors
/// When there is none, or it lacks a secret.
pub fn describe(name: &str, needs: &Needs) -> anyhow::Result<Service> {
    let described = (entry(name)?.describe)(needs);
    described.with_context(|| format!("the service {name} cannot be started"))
}

/// Where an instance is, as answers and nodes are told.
#[derive(Clone)]
pub struct Place {
    pub account: String,
    pub region: String,
    pub node_bus_url: String,
}

/// What services and the gateway need beyond the log.
pub struct Needs {
    pub secrets: Secrets,
    pub place: Place,
    /// Where exports are written.
    pub exports: Option<reeve_explorer::Store>,
    pub access: Option<Arc<Access>>,
    pub vault: Option<Vault>,
    /// A connection to the server's own account.
    pub system: Option<Bus>,
}

impl Needs {
    /// Assembles what those of these names need, and no more.
    ///
    /// # Errors
    /// When a name is unknown, a secret is missing or the bus does not answer.
    pub async fn assemble(
        secrets: Secrets,
        (place, exports): (Place, Option<reeve_explorer::Store>),
        bus: &Bus,
        address: &BusAddress,
        names: &[&str],
    ) -> anyhow::Result<Self> {
        let (mut needed, mut authorizes) = (Vec::new(), false);
        for name in names {
            if *name == GATEWAY {
                (authorizes, needed) = (true, [needed, GATEWAY_SECRETS.to_vec()].concat());
            } else if *name != KEY_RENEWAL {
                let entry = entry(name)?;
                authorizes |= entry.authorizes;
                needed.extend(entry.secrets);
            }
        }
        let vault = match needed.contains(&SECRETS_KEY) {
            true => Some(Vault::open(bus, secrets.key(SECRETS_KEY)?).await?),
            false => None,
        };
        let access = match authorizes {
            true => {
                let keyring = match needed.contains(&PRINCIPALS) {
                    true => Keyring::load(&secrets.folder.join(PRINCIPALS))?,
                    false => Keyring::default(),
                };
                Some(reeve_authz::watch(bus, keyring, vault.clone()).await?)
            }
            false => None,
        };
        let system = match needed.contains(&SYSTEM) {
            true => Some(bus::connect(address, &secrets.json(SYSTEM)?, "system").await?),
            false => None,
        };
        Ok(Self { secrets, place, exports, access, vault, system })
    }

    /// Who may do what, as the log says it.
    ///
    /// # Errors
    /// When nobody who authorizes was among those of [`Needs::assemble`].
    pub fn access(&self) -> anyhow::Result<Arc<Access>> {
        self.access.clone().context("nobody knows who may do what")
    }

    /// The installation, as the events that it shows to others name it.
    fn place_of_events(&self) -> reeve_rules::Place {
        reeve_rules::Place { account: self.place.account.clone(), region: self.place.region.clone() }
    }

    fn system(&self) -> anyhow::Result<Bus> {
        self.system.clone().context("there is no connection to the server's own account")
    }

    fn vault(&self) -> anyhow::Result<Vault> {
        self.vault.clone().context("there is no key of secrets")
    }
}

/// How long a service may take to answer the host.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Calls an operation of the nodes service for the host itself, which acts as the administrator.
///
/// # Errors
/// When it does not answer, or refuses.
pub async fn ask_nodes(bus: &Bus, operation: &str, input: &Value) -> anyhow::Result<Value> {
    let headers = Headers::default().with("reeve-actor", "administrator");
    let subject = format!("reeve.api.nodes.{operation}");
    let answer = serve::call(bus, &subject, headers, input.to_string().into(), ANSWER_TIMEOUT).await?;
    let said = || String::from_utf8_lossy(&answer.data).into_owned();
    ensure!(answer.headers.get("reeve-error").is_none(), "{operation}: {}", said());
    serde_json::from_slice(&answer.data).with_context(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_a_name_of_its_own_that_is_a_token() {
        let mut names: Vec<_> = names().chain([GATEWAY, KEY_RENEWAL, STREAMS]).collect();
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        let unknown = entry("patches").err().unwrap().to_string();
        assert!(unknown.contains("\"patches\"") && unknown.contains("run-command"), "{unknown}");
    }
}
