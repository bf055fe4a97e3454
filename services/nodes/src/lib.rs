//! Managed nodes: how they are let in, what they are, whether they are there.
//!
//! Aggregates, in the stream NODES:
//! - `activation` (`reeve.evt.nodes.activation.<id>`): a one-time code with a limit and an end.
//! - `node` (`reeve.evt.nodes.node.<id>`): a machine with an agent.
//! - `dispatch-keys` (`reeve.evt.nodes.dispatch-keys.<public root key>`): the keys whose dispatches nodes run.
//!
//! Invariants: an activation's code is stored only as a hash; registrations never exceed the limit,
//! however many try at once, because each is one event on the activation's own subject; a node's id is
//! chosen here and never reused; heartbeats are not events, `NodeConnected` and `NodeLost` are; a deregistered
//! node's key is revoked on the bus for good, as the log says and not as the bus remembers; a set of dispatch keys is
//! in force only if the root key signed it, and is followed by newer ones alone. No secret of those keys is here.

mod api;
pub mod domain;
mod projections;
mod reactors;

use reactors::{
    admission, duplicates, keys,
    presence::{self, Presence},
};
use reeve_jetstream::{
    Bus, admission::Admission, calls::ENROLMENT_SUBJECT, operator::Enrolment, rights::Rights,
    streams::NODE_REPORTS,
};
use reeve_runtime::{Consumer, Gauges, Handle, Operation, Service};
use std::sync::Arc;

/// What the service needs to know beyond its log.
#[derive(Clone)]
pub struct Config {
    /// The key under which nodes are let in, and the account that it signs for.
    pub enrolment: Enrolment,
    /// The key that signs the nodes' account, which says whose keys are revoked.
    pub admission: Admission,
    /// Where nodes find the bus.
    pub bus_url: String,
    /// The public root key: it signs the sets of keys whose dispatches nodes run.
    pub root_key: String,
    /// A signed set to publish at the start, if it is newer than the log's.
    pub key_set: Option<Vec<u8>>,
    pub account: String,
    pub region: String,
    /// A connection to the server's own account: there it tells of lost connections, and is given the nodes' account.
    pub system: Bus,
}

/// What the handlers share.
pub(crate) struct Shared {
    pub config: Config,
    pub presence: Presence,
    pub newcomers: duplicates::Newcomers,
    pub given: admission::Given,
}

/// Describes the service.
pub fn service(config: Config) -> Service {
    let shared = &Arc::new(Shared {
        config,
        presence: Presence::default(),
        newcomers: Default::default(),
        given: Default::default(),
    });
    Service::new("nodes")
        .may(Rights::default().getting(NODE_REPORTS))
        .gauges(nodes)
        .aggregate::<domain::activation::Activation>()
        .aggregate::<domain::node::Node>()
        .aggregate::<domain::keys::DispatchKeys>()
        .projection(projections::Activations)
        .projection(projections::Nodes)
        .projection(projections::KeySets)
        .projection(reeve_fleet::node_tags())
        .reactor(Consumer::from_beginning("register").concurrency(16), presence::register)
        .startup(share(shared, admission::start))
        .startup(share(shared, keys::publish_given))
        .background(share(shared, keys::watch_end))
        .reactor(Consumer::from_beginning("revoke").concurrency(64), share(shared, admission::revoke))
        .reactor(Consumer::from_now("cut-off").concurrency(16), share(shared, duplicates::cut_off))
        .background(share(shared, admission::restarts))
        .background(share(shared, admission::connects))
        .inbox(
            Consumer::from_beginning("hello").concurrency(64),
            NODE_REPORTS,
            "reeve.report.*.hello",
            share(shared, presence::hello),
        )
        .background(share(shared, presence::disconnects))
        .background(share(shared, presence::listen))
        .background(share(shared, presence::silence))
        .agent_endpoint("NodeHeartbeat", "heartbeat", share(shared, presence::heartbeat))
        .agent_endpoint("NodeKeys", "keys", share(shared, api::keys::tell))
        .operation(
            Operation::write("nodes", "PutDispatchKeys").on("DispatchKeys", "rootKey"),
            share(shared, api::keys::put),
        )
        .operation(Operation::read("nodes", "GetDispatchKeys"), share(shared, api::keys::get))
        .operation(
            Operation::write("nodes", "KeepSession").on("ManagedInstance", "nodeId"),
            api::sessions::keep,
        )
        .operation(Operation::read("nodes", "ListNodeStates"), share(shared, api::sessions::list))
        .endpoint("Enroll", ENROLMENT_SUBJECT, share(shared, api::enrol::enrol))
        .operation(Operation::write("ssm", "CreateActivation"), api::activations::create)
        .operation(Operation::read("ssm", "DescribeActivations"), api::activations::describe)
        .operation(
            Operation::write("ssm", "DeleteActivation").on("Activation", "ActivationId"),
            api::activations::delete,
        )
        .operation(
            Operation::read("ssm", "DescribeInstanceInformation"),
            share(shared, api::instances::information),
        )
        .operation(
            Operation::read("ssm", "DescribeInstanceProperties"),
            share(shared, api::instances::properties),
        )
        .operation(Operation::read("ssm", "ListNodes"), share(shared, api::list::nodes))
        .operation(Operation::read("ssm", "ListNodesSummary"), share(shared, api::list::summary))
        .operation(
            Operation::read("ssm", "GetConnectionStatus").on("ManagedInstance", "Target"),
            api::instances::connection_status,
        )
        .operation(
            Operation::write("ssm", "DeregisterManagedInstance").on("ManagedInstance", "InstanceId"),
            api::instances::deregister,
        )
        .operation(
            Operation::write("ssm", "UpdateManagedInstanceRole").on("ManagedInstance", "InstanceId"),
            api::instances::update_role,
        )
}

/// A handler that gets the shared state with each call.
fn share<A, Fut, H>(shared: &Arc<Shared>, handler: H) -> impl Fn(A) -> Fut + use<A, Fut, H>
where
    H: Fn(Arc<Shared>, A) -> Fut,
{
    let shared = shared.clone();
    move |argument| handler(shared.clone(), argument)
}

/// How many nodes are connected, and how many are not.
fn nodes(handle: &Handle) -> Gauges {
    let count = |state: &str| handle.views().get::<u64>(projections::NODE_COUNTS, state).unwrap_or_default();
    let of = |state: &str| (vec![("state", state.to_owned())], count(state));
    let values = [projections::CONNECTED, projections::LOST].map(of).to_vec();
    Gauges { name: "reeve.nodes", description: "Managed nodes.", values }
}
