//! The edge: AWS's protocols in, the bus out.
//!
//! One path for every operation: authenticate ([`sigv4`]), validate against AWS's model ([`models`],
//! [`validate`]), authorize every resource that it names (`reeve_authz`), [`forward`], answer ([`errors`]). Beside it
//! `POST /enroll` for nodes, `POST /events` and `POST /webhooks/<source>` for other systems, `GET /healthz` and `GET /readyz`, the events' schemas at `GET /schemas`, the
//! agent's programs at `GET /programs`; and the same calls over the bus ([`serve_bus`]).
//!
//! Subjects: asks on what the services announce (`reeve.api.<service>.<Operation>`) on `reeve.enroll` and `reeve.ingest`;
//! takes calls on `reeve.edge`, and those that services ask for on behalf of principals from the stream GATEWAY_REQUESTS
//! ([`serve_requests`]); says to the other gateways on `reeve.gateway.written` what a caller wrote, and hears it
//! ([`serve_written`]).
//! It has no aggregates and keeps no state that matters: any number of gateways can stand side by side.
//!
//! **Invariants**
//! - No operation is known here by name: the models say what there is, the bus says what is served.
//! - Nothing reaches a service that was not signed by a known key, or asked for by a service on behalf of a principal; valid by its
//!   model, and allowed to that principal.
//! - Everything that an answer depends on is under the signature; a body's hash is always computed here.
//! - A pagination token that a client holds was sealed here, for that operation and principal.
//! - What a caller wrote through one gateway it reads through all of them, a moment for the bus between.
//! - A signed call that changes something is carried out once, however often it is sent.
//! - Who is slow to say what it wants is cut off ([`connections`]).
//! - A success is a JSON object: whatever else a service says becomes an error, never an empty answer.

mod binding;
mod body;
mod bus;
mod connections;
mod directory;
mod edge;
mod errors;
mod event_stream;
mod forward;
mod http;
mod incoming;
mod models;
mod on_behalf;
mod pages;
mod pattern;
mod positions;
mod programs;
mod readiness;
mod receive;
mod repeats;
mod requests;
mod resources;
mod rest;
mod rights;
mod shapes;
pub mod sigv4;
mod tokens;
mod validate;
mod written;

pub use forward::check_input;

use bytes::Bytes;
pub use connections::Tls;
pub use edge::serve_bus;
pub use readiness::serve_readiness;
use reeve_authz::{Authorizer, Principals};
use reeve_types::Timestamp;
pub use requests::serve_requests;
pub use rights::rights;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
pub use written::serve_written;

/// Enrolments at a time: strangers must not take the places of those who sign.
const MAX_ENROLMENTS: usize = 64;

/// Messages of other systems at a time.
const MAX_RECEPTIONS: usize = 256;

/// Readers of streams of events at a time.
const MAX_EVENT_STREAMS: usize = 256;

/// How a gateway is set up.
#[derive(Clone)]
pub struct Config {
    /// Where it listens; whoever binds the listener reads it.
    pub listen: SocketAddr,
    /// The twelve digits that stand for this installation.
    pub account: String,
    /// The one region that credential scopes may name.
    pub region: String,
    /// The longest body, in bytes. AWS's largest document is 64 KiB.
    pub max_body_bytes: usize,
    /// Requests that are served at a time; what comes beyond them is told to slow down.
    pub max_requests: usize,
    /// Open connections; what comes beyond them waits to be taken.
    pub max_connections: usize,
    /// How long a client may take for its TLS handshake, and then for the head of each request, the time before it
    /// begins included.
    pub client_timeout: Duration,
    /// Without it the gateway speaks plain HTTP.
    pub tls: Option<Tls>,
    /// Why nothing can be written at the moment. Then what reads goes on, and everything else is refused at once.
    pub closed: watch::Receiver<Option<String>>,
    /// The services that an installation has: until each was found, what none of those that were serves is not unknown.
    pub services: Vec<String>,
    /// What `GET /readyz` says beside what is known here.
    pub readiness: watch::Receiver<Readiness>,
    /// The folder whose files `reeve-agent…` nodes may fetch.
    pub programs: Option<std::path::PathBuf>,
    /// Seals pagination tokens. All the gateways of an installation have the same.
    pub token_key: [u8; 32],
    /// How long it goes on after it was asked to stop, saying at `/readyz` that it is not ready: as long as a balancer needs to
    /// see that.
    pub leave_time: Duration,
    /// What time it is; only tests have another one.
    pub clock: fn() -> Timestamp,
}

impl Config {
    /// The usual limits, and the clock of the wall.
    pub fn new(listen: SocketAddr, account: String, region: String, token_key: [u8; 32]) -> Self {
        Self {
            listen,
            account,
            region,
            max_body_bytes: 1024 * 1024,
            max_requests: 1024,
            max_connections: 2048,
            client_timeout: Duration::from_secs(30),
            tls: None,
            closed: watch::channel(None).1,
            services: Vec::new(),
            readiness: watch::channel(Readiness::default()).1,
            programs: None,
            token_key,
            leave_time: Duration::ZERO,
            clock: Timestamp::now,
        }
    }
}

/// What whoever runs the gateway knows of the installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Why it is not ready.
    pub problems: Vec<String>,
    /// What an operator should know and what keeps nothing from working.
    pub notes: Vec<String>,
    /// The same of the bus: servers of a cluster that are away, copies that are missing.
    pub bus: Vec<String>,
    /// The same of the keys whose dispatches nodes run.
    pub keys: Option<String>,
}

/// A request on the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    pub subject: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// Whether it may be carried out twice, and either answer is right: a read.
    pub repeatable: bool,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// An operation that a service on the bus offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The service of ours: `documents`.
    pub service: String,
    /// `CreateDocument`.
    pub operation: String,
    /// The API that the operation belongs to, as credential scopes name it: `ssm`.
    pub api: String,
    /// Where it listens: `reeve.api.documents.CreateDocument`.
    pub subject: String,
    /// Whether it changes something.
    pub writes: bool,
    /// Kinds of resources that it is done to, and the members of its input that name them.
    pub resources: Vec<(String, String)>,
}

/// What a caller has written, as far as it is remembered for its next read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// An access key, or a name of what calls without one.
    pub caller: String,
    /// `STREAM:sequence` each.
    pub positions: Vec<String>,
}

/// Why the bus gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    #[error("nobody listens on the subject of the request")]
    NoResponders,
    #[error("there is no connection to the bus, and nothing was sent")]
    Away,
    #[error("no answer came in time")]
    TimedOut,
    #[error("the bus could not carry the request: {0}")]
    Other(String),
}

/// The bus, as far as the edge needs one. Each call ends by itself: it has a time limit of its own.
pub trait Bus: Clone + Send + Sync + 'static {
    fn request(&self, forward: Forward) -> impl Future<Output = Result<Answer, BusError>> + Send;
    fn discover(&self) -> impl Future<Output = Result<Vec<Served>, BusError>> + Send;
    /// Says to the other gateways what a caller has written.
    fn tell_written(&self, written: &Written) -> impl Future<Output = ()> + Send;
    fn is_connected(&self) -> bool;
}

/// The gateway: cheap to clone, all clones are the same one.
pub struct Gateway<B> {
    shared: Arc<Shared<B>>,
}

impl<B> Clone for Gateway<B> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

struct Shared<B> {
    config: Config,
    bus: B,
    principals: Arc<dyn Principals>,
    authorizer: Arc<dyn Authorizer>,
    verifier: sigv4::Verifier,
    directory: directory::Directory,
    positions: positions::Positions,
    repeats: repeats::Repeats,
    sealer: tokens::Sealer,
    places: Semaphore,
    enrolments: Semaphore,
    /// Their own, so that a storm takes no places of those who sign.
    receptions: Semaphore,
    programs: programs::Programs,
    /// Likewise: who reads a stream of events keeps its place for long.
    streams: Arc<Semaphore>,
    /// Whether the gateway stops: what would go on for ever ends then.
    stopping: watch::Sender<bool>,
}

impl<B: Bus> Gateway<B> {
    /// Ends when the gateway is asked to stop.
    pub(crate) fn stops(&self) -> impl Future<Output = ()> + Send + use<B> {
        let mut stopping = self.shared.stopping.subscribe();
        async move {
            // Whoever would say so is gone: so is the gateway.
            let _stops = stopping.wait_for(|stops| *stops).await.is_ok();
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.shared.stopping.borrow()
    }

    /// The services of the installation that were not found on the bus lately.
    pub(crate) fn missing_services(&self) -> Vec<&str> {
        let found = |service: &&String| !self.shared.directory.has_service(service);
        self.shared.config.services.iter().filter(found).map(String::as_str).collect()
    }

    pub fn new(
        config: Config,
        bus: B,
        principals: Arc<dyn Principals>,
        authorizer: Arc<dyn Authorizer>,
    ) -> Self {
        let sealer = tokens::Sealer::new(&config.token_key);
        let programs = programs::Programs::new(config.programs.clone());
        let places = Semaphore::new(config.max_requests.min(Semaphore::MAX_PERMITS));
        Self {
            shared: Arc::new(Shared {
                config,
                bus,
                principals,
                authorizer,
                verifier: sigv4::Verifier::default(),
                directory: directory::Directory::default(),
                positions: positions::Positions::default(),
                repeats: repeats::Repeats::default(),
                sealer,
                places,
                enrolments: Semaphore::new(MAX_ENROLMENTS),
                receptions: Semaphore::new(MAX_RECEPTIONS),
                programs,
                streams: Arc::new(Semaphore::new(MAX_EVENT_STREAMS)),
                stopping: watch::Sender::new(false),
            }),
        }
    }
}

/// Serves until `shutdown` ends; then says that it is not ready, takes no new connection some time later, and lets the requests
/// in flight finish.
///
/// # Errors
/// None today: a connection that fails is that connection's affair.
pub async fn serve<B: Bus>(
    listener: TcpListener,
    gateway: Gateway<B>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let config = &gateway.shared.config;
    let limits = connections::Limits {
        tls: config.tls.clone(),
        client_timeout: config.client_timeout,
        max_connections: config.max_connections,
    };
    let stopping = gateway.clone();
    let shutdown = async move {
        shutdown.await;
        stopping.shared.stopping.send_replace(true);
        tokio::time::sleep(stopping.shared.config.leave_time).await;
    };
    let serving = connections::serve(listener, http::router(gateway.clone()), limits, shutdown);
    let shared = &gateway.shared;
    tokio::select! {
        served = serving => served,
        () = shared.directory.keep_fresh(&shared.bus) => Ok(()),
    }
}
