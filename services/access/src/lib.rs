//! Who may do what: principals, their access keys and groups, and policies in Cedar; and which programs of other systems read
//! events on the bus.
//!
//! - Aggregate `principal`, by its name: subject `reeve.evt.access.principal.<name>`. Events `PrincipalCreated`,
//!   `PrincipalGroupsSet`, `AccessKeyCreated`, `AccessKeyDeleted`, `PrincipalDeleted`.
//! - Aggregate `policy`, by its name: subject `reeve.evt.access.policy.<name>`. Events `PolicyPut`, `PolicyDeleted`.
//! - Aggregate `subscriber`, by its name: subject `reeve.evt.access.subscriber.<name>`. Events `SubscriberCreated`,
//!   `SubscriberDeleted`. It asks for its consumers on `reeve.consumer.create`, through the account of the bus's clients.
//! - Aggregate `publisher`, by its source's name: subject `reeve.evt.access.publisher.<source>`. Events `PublisherCreated`,
//!   `PublisherDeleted`: a program that sends a source's events over the bus. It goes with its source, as ingest's events say.
//! - It decides nothing for others: the gateway and the services that authorize keep a [`reeve_authz::Access`] of
//!   their own, from these events and those of tags.
//!
//! Invariants: a secret is answered once and lies sealed in its event; its data key is destroyed when the access
//! key or the principal is deleted. A principal has at most two access keys. A policy that is put is Cedar. The
//! administrators of an installation are not here but in its principals file. A subscriber's consumers are durable, pulled
//! from, and in the streams that it was granted, on the subjects of its filters
//! where it has some; its key, and a publisher's, is revoked on the bus for good when it is deleted, as the log says.

mod admission;
mod api;
mod consumers;
mod domain;
mod projections;
mod publishers;
mod reactors;
mod subscribers;

use domain::filter;
pub use domain::{policy, principal, publisher, subscriber};

use reeve_authz::Access;
use reeve_jetstream::{
    Bus,
    clients::{CREATE_SUBJECT, ClientAdmission, ClientUsers},
    rights::Rights,
    streams,
};
use reeve_runtime::{Consumer, Operation, Service};
use reeve_secrets::Vault;
use std::sync::Arc;
use tokio::sync::Mutex;

/// What the service needs beyond its log.
pub struct Config {
    pub vault: Vault,
    /// What it explains decisions with.
    pub access: Arc<Access>,
    /// The services whose events there are.
    pub services: Vec<&'static str>,
    /// The key under which programs of other systems are let in.
    pub client_users: ClientUsers,
    /// The key that signs their account, which says whose keys are revoked.
    pub client_admission: ClientAdmission,
    /// A connection to the server's own account, where it is given theirs.
    pub system: Bus,
    /// Held while the server is given it.
    pub giving: Mutex<()>,
}

/// It makes the consumers of subscribers, on events and on their copies as JSON.
fn rights(services: &[&'static str]) -> Rights {
    services.iter().fold(Rights::default(), |rights, service| {
        rights.reading(streams::of_service(service)).reading(streams::of_json(service))
    })
}

/// The service, for a host to run.
pub fn service(config: Config) -> Service {
    let config = &Arc::new(config);
    let (create, add, destroy) = (config.vault.clone(), config.vault.clone(), config.vault.clone());
    let explain = config.access.clone();
    Service::new("access")
        .may(rights(&config.services))
        .aggregate::<principal::Principal>()
        .aggregate::<policy::Policy>()
        .projection(projections::Principals)
        .projection(projections::Policies)
        .aggregate::<subscriber::Subscriber>()
        .projection(projections::Subscribers)
        .aggregate::<publisher::Publisher>()
        .projection(projections::Publishers)
        .reactor(Consumer::from_beginning("revoke-publisher"), share(config, admission::revoke_publisher))
        .reactor(Consumer::from_beginning("follow-source"), admission::follow_source)
        .startup(share(config, admission::start))
        .background(share(config, admission::restarts))
        .reactor(Consumer::from_beginning("revoke").concurrency(16), share(config, admission::revoke))
        .client_endpoint(&format!("{CREATE_SUBJECT}.>"), consumers::create)
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
        .operation(
            Operation::write("access", "CreateSubscriber")
                .on("Subscriber", "name")
                .on("EventStream", "services"),
            share(config, subscribers::create),
        )
        .operation(
            Operation::write("access", "DeleteSubscriber").on("Subscriber", "name"),
            subscribers::delete,
        )
        .operation(Operation::read("access", "ListSubscribers"), subscribers::list)
        .operation(
            Operation::write("access", "CreatePublisher").on("Source", "source"),
            share(config, publishers::create),
        )
        .operation(Operation::write("access", "DeletePublisher").on("Source", "source"), publishers::delete)
        .operation(Operation::read("access", "ListPublishers"), publishers::list)
        .operation(Operation::read("access", "CheckAccess").live(), move |call| {
            api::check_access(explain.clone(), call)
        })
}

/// A handler that gets the configuration with each call.
fn share<A, Fut, H>(config: &Arc<Config>, handler: H) -> impl Fn(A) -> Fut + use<A, Fut, H>
where
    H: Fn(Arc<Config>, A) -> Fut,
{
    let config = config.clone();
    move |argument| handler(config.clone(), argument)
}
