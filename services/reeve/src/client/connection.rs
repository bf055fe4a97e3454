//! The signed API.

use super::DataFolder;
use crate::host::{Instance, read_instance};
use anyhow::{Context, anyhow, bail, ensure};
use reeve_agent::proxy::proxy_of;
use reeve_gateway::sigv4;
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::Value;
use std::{
    io::ErrorKind,
    path::Path,
    time::{Duration, Instant},
};
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

/// What one says that is ready, before whatever else there is to know.
pub const READY: &str = "ready";

/// The header of a call that asks about an earlier instant.
const AS_OF: &str = "x-reeve-as-of";

/// One of the APIs that the gateway serves.
pub struct Api {
    /// Its name in credential scopes.
    pub service: &'static str,
    pub target_prefix: &'static str,
    /// The member that carries the token of the next page.
    pub next_token: &'static str,
}

pub static SSM: Api = Api { service: "ssm", target_prefix: "AmazonSSM", next_token: "NextToken" };
/// Called like the others: its operations have paths as well, which AWS's clients use.
pub static INCIDENTS: Api =
    Api { service: "ssm-incidents", target_prefix: "ssm-incidents", next_token: "nextToken" };
/// Incident Manager's contacts.
pub static SSM_CONTACTS: Api =
    Api { service: "ssm-contacts", target_prefix: "SSMContacts", next_token: "NextToken" };
/// Ours: who is on call, and how engagements go.
pub static CONTACTS: Api =
    Api { service: "contacts", target_prefix: "ReeveContacts", next_token: "nextToken" };
/// Ours: principals and policies.
pub static ACCESS: Api = Api { service: "access", target_prefix: "ReeveAccess", next_token: "nextToken" };
/// Ours: the keys that nodes trust.
pub static NODES: Api = Api { service: "nodes", target_prefix: "ReeveNodes", next_token: "nextToken" };

/// Ours: what handlers gave up on.
pub static DEAD_LETTERS: Api =
    Api { service: "dead-letters", target_prefix: "ReeveDeadLetters", next_token: "nextToken" };

/// Ours: what is known of nodes, and what changed.
pub static INVENTORY: Api =
    Api { service: "inventory", target_prefix: "ReeveInventory", next_token: "nextToken" };
/// Ours: who may send events.
pub static INGEST: Api = Api { service: "ingest", target_prefix: "ReeveIngest", next_token: "nextToken" };
/// Ours: what leaves the installation.
pub static NOTIFICATIONS: Api =
    Api { service: "notifications", target_prefix: "ReeveNotifications", next_token: "nextToken" };
/// Ours: what is behind OpsItems.
pub static OPSCENTER: Api =
    Api { service: "opscenter", target_prefix: "ReeveOpsCenter", next_token: "nextToken" };

/// Ours: what commands print.
pub static RUN_COMMAND: Api =
    Api { service: "run-command", target_prefix: "ReeveRunCommand", next_token: "after" };

/// EventBridge: rules, and events that are put.
pub static EVENTS: Api = Api { service: "events", target_prefix: "AWSEvents", next_token: "NextToken" };
/// Ours: events as JSON.
pub static FEED: Api = Api { service: "feed", target_prefix: "ReeveFeed", next_token: "after" };
/// Ours: what rules have matched, and would have.
pub static RULES: Api = Api { service: "rules", target_prefix: "ReeveRules", next_token: "nextToken" };

/// Ours: executions that are resumed.
pub static AUTOMATION: Api =
    Api { service: "automation", target_prefix: "ReeveAutomation", next_token: "nextToken" };
/// Ours: the rules that commands and runbooks wait for.
pub static CHANGES: Api = Api { service: "changes", target_prefix: "ReeveChanges", next_token: "nextToken" };
/// Ours: when windows fire, and for whom.
pub static MAINTENANCE_WINDOWS: Api =
    Api { service: "maintenance-windows", target_prefix: "ReeveMaintenanceWindows", next_token: "nextToken" };
/// Ours: what would run.
pub static STATE_MANAGER: Api =
    Api { service: "state-manager", target_prefix: "ReeveStateManager", next_token: "nextToken" };

/// Ours: patching in waves.
pub static PATCHING: Api =
    Api { service: "patching", target_prefix: "ReevePatching", next_token: "nextToken" };

impl Api {
    /// The API of a name.
    ///
    /// # Errors
    /// When there is none: the sentence names those that there are.
    pub fn named(name: &str) -> anyhow::Result<&'static Self> {
        let apis = [
            &SSM,
            &ACCESS,
            &CONTACTS,
            &SSM_CONTACTS,
            &NODES,
            &DEAD_LETTERS,
            &INVENTORY,
            &INCIDENTS,
            &INGEST,
            &NOTIFICATIONS,
            &OPSCENTER,
            &STATE_MANAGER,
            &EVENTS,
            &FEED,
            &RULES,
            &CHANGES,
            &AUTOMATION,
            &RUN_COMMAND,
            &PATCHING,
        ];
        let names = apis.map(|api| api.service).join(", ");
        let found = apis.into_iter().find(|api| api.service == name);
        found.with_context(|| format!("there is no API {name:?}: the APIs are {names}"))
    }
}

/// How long an answer is waited for, unless somebody says otherwise.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// While the other side fails, one call is repeated for so long, as AWS's clients do by themselves (ADR 31).
const MAX_RETRY_TIME: Duration = Duration::from_secs(5);
/// What comes before the second attempt; before each further one it is twice as long.
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(200);
/// What a connection ends with when the other side ends.
const CUT: [ErrorKind; 4] = [
    ErrorKind::ConnectionReset,
    ErrorKind::ConnectionAborted,
    ErrorKind::BrokenPipe,
    ErrorKind::UnexpectedEof,
];
/// As many bytes an answer has at most.
const MAX_ANSWER_BYTES: u64 = 64 << 20;

/// A call that was not answered, or by a failure of the other side: the same call may be answered later.
#[derive(Debug)]
pub struct Unanswered {
    reason: String,
    /// Whether the same call may succeed a moment later: the other side failed, or cut the connection.
    may_pass: bool,
}

impl std::fmt::Display for Unanswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Unanswered {}

/// Where the API is, and with which key it is called.
#[derive(Clone)]
pub struct Connection {
    /// The earlier instant that is asked about.
    as_of: Option<String>,
    endpoint: String,
    region: String,
    access_key_id: String,
    secret_access_key: String,
    agent: ureq::Agent,
    /// How long one attempt of a call may take.
    limit: Duration,
}

fn config(endpoint: &str) -> ConfigBuilder<AgentScope> {
    ureq::Agent::config_builder().http_status_as_error(false).proxy(proxy_of(endpoint))
}

/// With a file of certificates, those alone are trusted.
fn agent(endpoint: &str, ca: Option<&Path>) -> anyhow::Result<ureq::Agent> {
    let mut config = config(endpoint);
    if let Some(path) = ca {
        let tls = reeve_agent::trust::trusted(Some(path)).map_err(anyhow::Error::msg);
        config = config.tls_config(tls.with_context(|| format!("could not read {}", path.display()))?);
    }
    Ok(config.build().into())
}

impl Connection {
    /// Where the API is.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// By a folder that the command line names; else by the AWS environment variables when they are set, else by the
    /// folder that is meant without them.
    ///
    /// # Errors
    /// When none of them names an instance.
    pub fn open(data: &DataFolder) -> anyhow::Result<Self> {
        if let Some(endpoint) = endpoint_of_environment().filter(|_| !data.is_named) {
            let needed = |name: &str| {
                variable(name).with_context(|| format!("AWS_ENDPOINT_URL is set, but not {name}"))
            };
            let agent = agent(&endpoint, variable("AWS_CA_BUNDLE").as_deref().map(Path::new))?;
            return Ok(Self {
                as_of: None,
                endpoint,
                region: variable("AWS_REGION")
                    .or_else(|| variable("AWS_DEFAULT_REGION"))
                    .unwrap_or("us-east-1".into()),
                access_key_id: needed("AWS_ACCESS_KEY_ID")?,
                secret_access_key: needed("AWS_SECRET_ACCESS_KEY")?,
                agent,
                limit: CALL_TIMEOUT,
            });
        }
        let instance = read_instance(data)?;
        Ok(Self {
            agent: agent(&instance.endpoint, instance.ca.as_deref())?,
            ..Self::open_instance(&instance)
        })
    }

    /// To a running instance that speaks no TLS.
    pub fn open_instance(instance: &Instance) -> Self {
        Self {
            as_of: None,
            endpoint: instance.endpoint.clone(),
            region: instance.region.clone(),
            access_key_id: instance.access_key_id.clone(),
            secret_access_key: instance.secret_access_key.clone(),
            agent: config(&instance.endpoint).build().into(),
            limit: CALL_TIMEOUT,
        }
    }

    /// Whether the gateway says that everything is ready, and what it says. It waits.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn ready(&self) -> anyhow::Result<(bool, String)> {
        let (is_ready, said) = self.get("/readyz")?;
        // Who else may be there: a proxy, or whatever asks for a password first.
        let is_gateway = said.starts_with(READY) == is_ready && !said.starts_with(['<', '{']);
        ensure!(is_gateway, "{} answers, and not as a gateway of Reeve does", self.endpoint);
        Ok((is_ready, said))
    }

    /// Whether what lies at a path of the gateway is answered well, for whoever asks, and what is said. It waits.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn get(&self, path: &str) -> anyhow::Result<(bool, String)> {
        let away = |error: ureq::Error| anyhow!("{} does not answer: {error}", self.endpoint);
        let get = self.agent.get(format!("{}{path}", self.endpoint.trim_end_matches('/')));
        let mut answer = get.config().timeout_global(Some(self.limit)).build().call().map_err(away)?;
        let said = answer.body_mut().read_to_string().map_err(away)?;
        Ok((answer.status().is_success(), said))
    }

    /// The same, waiting for no answer longer than that.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// The same, asking about an earlier instant.
    #[must_use]
    pub fn asking_as_of(self, instant: Option<String>) -> Self {
        Self { as_of: instant, ..self }
    }

    /// The same key at another endpoint.
    #[must_use]
    pub fn at(self, endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), ..self }
    }

    /// Calls an operation of the ssm API.
    ///
    /// # Errors
    /// One sentence with the error's code, as the API answered it.
    pub async fn call(&self, operation: &str, input: &Value) -> anyhow::Result<Value> {
        self.call_of(&SSM, operation, input).await
    }

    /// Calls an operation of an API.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub async fn call_of(&self, api: &'static Api, operation: &str, input: &Value) -> anyhow::Result<Value> {
        let (connection, operation, body) = (self.clone(), operation.to_owned(), input.to_string());
        tokio::task::spawn_blocking(move || connection.post(api, &operation, body.as_bytes())).await?
    }

    /// The instance's host and port, as the `host` header names them.
    pub fn host(&self) -> &str {
        let host = self.endpoint.split_once("://").map_or(self.endpoint.as_str(), |(_, host)| host);
        host.trim_end_matches('/')
    }

    /// The headers of a signed call of an operation, beside `host`.
    pub fn signed_headers(&self, api: &Api, operation: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        let content_type = "application/x-amz-json-1.1".to_owned();
        let target = format!("{}.{operation}", api.target_prefix);
        // Makes each call one of its own: what is signed twice alike is carried out once.
        let invocation = new_uuid().to_string();
        let mut headers: Vec<(&str, &[u8])> = vec![
            ("amz-sdk-invocation-id", invocation.as_bytes()),
            ("content-type", content_type.as_bytes()),
            ("host", self.host().as_bytes()),
            ("x-amz-target", target.as_bytes()),
        ];
        headers.extend(self.as_of.as_ref().map(|instant| (AS_OF, instant.as_bytes())));
        let request = sigv4::Request { method: "POST", path: "/", query: "", headers: &headers, body };
        let credentials = sigv4::Credentials {
            access_key_id: &self.access_key_id,
            secret_access_key: &self.secret_access_key,
            region: &self.region,
            service: api.service,
        };
        let mut signed = sigv4::sign(&request, &credentials, Timestamp::now());
        signed.extend([
            ("amz-sdk-invocation-id", invocation),
            ("content-type", content_type),
            ("x-amz-target", target),
        ]);
        signed.extend(self.as_of.clone().map(|instant| (AS_OF, instant)));
        signed
    }

    /// As [`Connection::call_of`], for a thread that may wait. While the other side fails or cuts the connection, the
    /// call is repeated with the same signature: the API carries it out once.
    ///
    /// # Errors
    /// As [`Connection::call`]; an [`Unanswered`] when the same call may succeed later.
    pub fn post(&self, api: &Api, operation: &str, body: &[u8]) -> anyhow::Result<Value> {
        let headers = self.signed_headers(api, operation, body);
        let (begun, mut delay) = (Instant::now(), FIRST_RETRY_DELAY);
        loop {
            let answer = self.attempt(operation, &headers, body);
            let unanswered = answer.as_ref().err().and_then(|error| error.downcast_ref::<Unanswered>());
            if !unanswered.is_some_and(|it| it.may_pass) || begun.elapsed() > MAX_RETRY_TIME {
                return answer;
            }
            std::thread::sleep(delay);
            delay *= 2;
        }
    }

    fn attempt(
        &self,
        operation: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
    ) -> anyhow::Result<Value> {
        let post = self.agent.post(format!("{}/", self.endpoint.trim_end_matches('/')));
        let mut post = post.config().timeout_global(Some(self.limit)).build();
        for (name, value) in headers {
            post = post.header(*name, value);
        }
        let away = |error: ureq::Error| Unanswered {
            may_pass: matches!(&error, ureq::Error::Io(e) if CUT.contains(&e.kind())),
            reason: format!("{operation}: {} does not answer: {error}", self.endpoint),
        };
        let mut answer = post.send(body).map_err(away)?;
        // Some answers have as many bytes as a message of the bus.
        let text = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_string().map_err(away)?;
        // A proxy before a gateway that is away says so in words of its own.
        let value: Option<Value> = serde_json::from_str(&text).ok();
        if value.is_none() && answer.status().is_server_error() {
            let reason = format!("{operation}: {} answers {}", self.endpoint, answer.status());
            return Err(Unanswered { reason, may_pass: true }.into());
        }
        let value = value.ok_or_else(|| anyhow!("{operation}: unexpected answer: {text}"))?;
        if answer.status().is_success() {
            return Ok(value);
        }
        let field = |name: &str| value.get(name).and_then(Value::as_str);
        let message = field("message").or_else(|| field("Message")).unwrap_or("no reason was given");
        let refusal = format!("{operation}: {}: {message}", field("__type").unwrap_or("Error"));
        if answer.status().is_server_error() {
            return Err(Unanswered { reason: refusal, may_pass: true }.into());
        }
        bail!(refusal)
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The API that the environment names.
fn endpoint_of_environment() -> Option<String> {
    variable("AWS_ENDPOINT_URL_SSM").or_else(|| variable("AWS_ENDPOINT_URL"))
}
