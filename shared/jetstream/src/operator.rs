//! The operator of a Reeve bus: its accounts, and the JWTs that let users in.
//!
//! CORE holds the streams and the services, AGENTS the nodes, PROGRAMS other systems that call, CLIENTS those that read and send
//! events ([`crate::clients`]), SYS the server's own notices. A node's
//! user JWT is issued under one scoped signing key of AGENTS whose template names the node
//! (`{{name()}}`), so that the JWT itself carries no right. What AGENTS and CLIENTS are, and whose keys are revoked there,
//! is not in the server's configuration: see [`crate::admission`].

use crate::{
    Error,
    calls::derive,
    clients::{self, ClientAdmission, ClientUsers},
    cluster::Member,
    jwt::{UNLIMITED, limits, pair, seed, sign, user_with},
    rights::{self, Parts},
};
use data_encoding::HEXLOWER;
use nkeys::KeyPair;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use crate::{cluster::ServerTls, jwt::User};

/// How often servers of a cluster compare the accounts that they were given: one that was away is so long behind at most.
const ACCOUNT_INTERVAL: &str = "10s";

/// Every key of the operator, as seeds: whoever holds this holds the bus.
#[derive(Clone, Serialize, Deserialize)]
pub struct Keys {
    operator: String,
    /// Signs accounts for the operator, and can be replaced without another operator.
    accounts: String,
    system: String,
    programs: String,
    core: String,
    agents: String,
    #[serde(default = "account_seed")]
    clients: String,
    /// The scoped key under which nodes' JWTs are issued.
    pub enrolment: String,
    /// Users of CORE that were made until then, in seconds since 1970, are let in no more: earlier releases gave every part one that
    /// may do everything there.
    #[serde(default = "just_before")]
    core_users_after: i64,
}

/// What the nodes service needs to let nodes in: the scoped key, and which account it signs for.
#[derive(Clone, Serialize, Deserialize)]
pub struct Enrolment {
    pub signing_seed: String,
    pub agents_account: String,
}

/// What it takes to sign the nodes' account. The key signs every account: whoever holds it holds the bus.
#[derive(Clone, Serialize, Deserialize)]
pub struct Admission {
    pub signing_seed: String,
    pub agents_account: String,
    pub core_account: String,
    /// The scoped key under which nodes' JWTs are issued.
    pub enrolment_key: String,
}

/// For the keys of an instance that had none for this account.
fn account_seed() -> String {
    // Writing a new account's seed does not fail; an empty one would be refused when it is used.
    KeyPair::new_account().seed().unwrap_or_default()
}

/// The second before this one: whoever is made from now on is not meant.
fn just_before() -> i64 {
    Timestamp::now().0 / 1000 - 1
}

impl Keys {
    /// Draws a new operator.
    ///
    /// # Errors
    /// When a key cannot be written as a seed.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self {
            operator: seed(&KeyPair::new_operator())?,
            accounts: seed(&KeyPair::new_operator())?,
            system: seed(&KeyPair::new_account())?,
            programs: seed(&KeyPair::new_account())?,
            core: seed(&KeyPair::new_account())?,
            agents: seed(&KeyPair::new_account())?,
            clients: seed(&KeyPair::new_account())?,
            enrolment: seed(&KeyPair::new_account())?,
            core_users_after: just_before(),
        })
    }

    /// The nats-server configuration: operator mode, JetStream in `store_dir`, and the accounts SYS, CORE, with what its parts may do,
    /// and PROGRAMS. AGENTS and CLIENTS come by [`crate::Bus::put_account`] and are kept in `store_dir`; a server without one lets none
    /// of its users in. With `tls` nobody comes in without TLS; with `cluster` it is one of several servers.
    ///
    /// # Errors
    /// When a key is not usable.
    pub fn server_config(
        &self,
        listen: &str,
        store_dir: &str,
        tls: Option<&ServerTls>,
        cluster: Option<&Member>,
        parts: &Parts,
    ) -> Result<String, Error> {
        let (operator, accounts) = (pair(&self.operator)?, pair(&self.accounts)?);
        let (system, core) = (pair(&self.system)?.public_key(), pair(&self.core)?.public_key());
        let operator_claims = json!({
            "system_account": system, "signing_keys": [accounts.public_key()], "type": "operator", "version": 2,
        });
        let operator_jwt = sign(&operator, &operator.public_key(), "reeve", &operator_claims)?;
        let system_claims = json!({"limits": limits(false), "type": "account", "version": 2});
        let system_jwt = sign(&operator, &system, "SYS", &system_claims)?;
        let core_jwt = sign(
            &operator,
            &core,
            "CORE",
            &core_claims(rights::scopes(&self.core, parts)?, self.core_users_after),
        )?;
        let programs = pair(&self.programs)?.public_key();
        let programs_jwt = sign(&operator, &programs, "PROGRAMS", &programs_claims(&core))?;
        let (name, others) = match cluster {
            Some(member) => (member.name.as_str(), member.config(&self.route_password(), tls)),
            None => ("reeve", String::new()),
        };
        let tls = tls.map(|ServerTls { certificate, key }| {
            format!("tls {{ cert_file: {certificate:?}, key_file: {key:?}, timeout: 5 }}\n")
        });
        let tls = tls.unwrap_or_default();
        Ok(format!(
            "listen: {listen}\nserver_name: {name}\nmax_payload: 1MB\n{tls}{others}\
             jetstream {{ store_dir: {store_dir:?}, sync_interval: always }}\n\
             operator: {operator_jwt}\nsystem_account: {system}\n\
             resolver {{ type: full, dir: {:?}, allow_delete: false, interval: \"{ACCOUNT_INTERVAL}\" }}\n\
             resolver_preload: {{\n {system}: {system_jwt}\n {core}: {core_jwt}\n \
             {programs}: {programs_jwt}\n}}\n",
            format!("{store_dir}/accounts")
        ))
    }

    /// What servers of one cluster prove to each other that they belong together with.
    fn route_password(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(format!("routes of {}", self.system)))
    }

    /// A user of CORE who may do what that part's rights are, and nothing else.
    ///
    /// # Errors
    /// When a key is not usable.
    pub fn part_user(&self, part: &str) -> Result<User, Error> {
        rights::user(&self.core, part)
    }

    /// The key from which that of each service's calls follows.
    pub fn call_key(&self) -> [u8; 32] {
        derive(self.core.as_bytes(), "calls")
    }

    /// A user of CORE who may do everything there: for who holds the keys.
    ///
    /// # Errors
    /// When a key is not usable.
    pub fn core_user(&self, name: &str) -> Result<User, Error> {
        user(&pair(&self.core)?, name)
    }

    /// A user of SYS, who hears of connections and can cut them.
    ///
    /// # Errors
    /// When a key is not usable.
    pub fn system_user(&self, name: &str) -> Result<User, Error> {
        user(&pair(&self.system)?, name)
    }

    /// A user of PROGRAMS, for another system: it may call the edge, and hears its own answers alone.
    ///
    /// # Errors
    /// When the name is not `[A-Za-z0-9-]+`, or a key is not usable.
    pub fn program_user(&self, name: &str) -> Result<User, Error> {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(Error::Credentials(format!(
                "the name {name:?} is not of letters, digits and hyphens"
            )));
        }
        let rights = json!({"pub": {"allow": [EDGE]}, "sub": {"allow": [format!("_INBOX_{name}.>")]}});
        user_with(&pair(&self.programs)?, name, rights, UNLIMITED)
    }

    /// A user of AGENTS with the rights of every node: many simulated nodes share one connection.
    ///
    /// # Errors
    /// When a key is not usable.
    pub fn agents_user(&self, name: &str) -> Result<User, Error> {
        user(&pair(&self.agents)?, name)
    }

    /// What the nodes service needs to let nodes in.
    ///
    /// # Errors
    /// When a key is not usable.
    pub fn enrolment(&self) -> Result<Enrolment, Error> {
        Ok(Enrolment {
            signing_seed: self.enrolment.clone(),
            agents_account: pair(&self.agents)?.public_key(),
        })
    }

    /// What the nodes service needs to keep nodes out again.
    ///
    /// # Errors
    /// When a key is not usable.
    pub fn admission(&self) -> Result<Admission, Error> {
        Ok(Admission {
            signing_seed: self.accounts.clone(),
            agents_account: pair(&self.agents)?.public_key(),
            core_account: pair(&self.core)?.public_key(),
            enrolment_key: pair(&self.enrolment)?.public_key(),
        })
    }

    /// What it takes to let other systems' programs in.
    ///
    /// # Errors
    /// When a key is not usable.
    pub fn client_users(&self) -> Result<ClientUsers, Error> {
        Ok(ClientUsers {
            signing_seed: self.clients.clone(),
            clients_account: pair(&self.clients)?.public_key(),
        })
    }

    /// What it takes to keep them out again.
    ///
    /// # Errors
    /// When a key is not usable.
    pub fn client_admission(&self) -> Result<ClientAdmission, Error> {
        Ok(ClientAdmission {
            signing_seed: self.accounts.clone(),
            clients_account: pair(&self.clients)?.public_key(),
            core_account: pair(&self.core)?.public_key(),
        })
    }
}

fn user(account: &KeyPair, name: &str) -> Result<User, Error> {
    user_with(account, name, json!({"pub": {}, "sub": {}}), UNLIMITED)
}

impl Enrolment {
    /// The JWT of a node. Its name is the node's id, which the template puts into its subjects.
    ///
    /// # Errors
    /// When the key is not usable.
    pub fn node_jwt(&self, node: &reeve_types::NodeId, public_key: &str) -> Result<String, Error> {
        let claims = json!({"issuer_account": self.agents_account, "type": "user", "version": 2});
        sign(&pair(&self.signing_seed)?, public_key, node.as_str(), &claims)
    }
}

/// What CORE shows to AGENTS, and AGENTS takes: subject, and `stream` or `service`.
pub(crate) const SHARED: [(&str, &str); 4] = [
    ("reeve.live.>", "stream"),
    ("$JS.API.DIRECT.GET.NODE_INBOX.reeve.node.>", "service"),
    ("reeve.report.>", "service"),
    ("reeve.agent.>", "service"),
];

/// Where signed calls come in over the bus.
pub const EDGE: &str = "reeve.edge";

/// Whoever calls is named to the gateway by the server: `share` adds the header `Nats-Request-Info`.
fn programs_claims(core: &str) -> Value {
    let edge = json!({"name": EDGE, "subject": EDGE, "account": core, "type": "service", "share": true});
    json!({"limits": limits(false), "type": "account", "version": 2, "imports": [edge]})
}

fn core_claims(scopes: Vec<Value>, users_after: i64) -> Value {
    let exports: Vec<Value> = SHARED
        .iter()
        .chain(&[(EDGE, "service")])
        .map(|(subject, kind)| json!({"name": subject, "subject": subject, "type": kind}))
        .chain(clients::exports())
        .collect();
    json!({
        "limits": limits(true), "type": "account", "version": 2, "exports": exports, "signing_keys": scopes,
        "revocations": {"*": users_after},
    })
}
