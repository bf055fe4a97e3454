//! Principals, policies, subscribers and publishers as they are listed. No secret, sealed or not, is in a view.

use crate::{
    policy::PolicyEvent, principal::PrincipalEvent, publisher::PublisherEvent, subscriber::SubscriberEvent,
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Principals by name.
pub const PRINCIPALS: &str = "principals";
/// Policies by name.
pub const POLICIES: &str = "policies";

/// Subscribers by name.
pub const SUBSCRIBERS: &str = "subscribers";
/// Publishers by their sources.
pub const PUBLISHERS: &str = "publishers";
/// When each key of a deleted subscriber or publisher was revoked.
pub const REVOKED_CLIENTS: &str = "revoked-clients";

/// An access key without its secret.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KeyRow {
    pub id: String,
    pub created: Timestamp,
}

/// A principal.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PrincipalRow {
    pub name: String,
    pub groups: Vec<String>,
    pub keys: Vec<KeyRow>,
    pub created: Timestamp,
}

/// A text of policies.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PolicyRow {
    pub name: String,
    pub text: String,
    pub updated: Timestamp,
}

/// Keeps [`PRINCIPALS`].
pub struct Principals;

impl Projection for Principals {
    const NAME: &'static str = "principals";
    const VERSION: u32 = 1;
    type Event = PrincipalEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<PrincipalEvent>) {
        let created = event.envelope.time;
        match &event.event {
            PrincipalEvent::PrincipalCreated(e) => {
                let keys = e.key.iter().map(|key| KeyRow { id: key.access_key_id.clone(), created });
                let (groups, keys) = (e.groups.clone(), keys.collect());
                view.put_row(
                    PRINCIPALS,
                    &e.name,
                    PrincipalRow { name: e.name.clone(), groups, keys, created },
                );
            }
            PrincipalEvent::PrincipalGroupsSet(e) => {
                change(view, &e.name, |row| row.groups = e.groups.clone())
            }
            PrincipalEvent::AccessKeyCreated(e) => change(view, &e.name, |row| {
                row.keys.extend(e.key.iter().map(|key| KeyRow { id: key.access_key_id.clone(), created }));
            }),
            PrincipalEvent::AccessKeyDeleted(e) => {
                change(view, &e.name, |row| row.keys.retain(|key| key.id != e.access_key_id));
            }
            PrincipalEvent::PrincipalDeleted(e) => view.remove(PRINCIPALS, e.name.as_bytes()),
        }
    }
}

fn change(view: &mut dyn View, name: &str, change: impl FnOnce(&mut PrincipalRow)) {
    view.change_row(PRINCIPALS, name, change);
}

/// Keeps [`POLICIES`].
pub struct Policies;

impl Projection for Policies {
    const NAME: &'static str = "policies";
    const VERSION: u32 = 1;
    type Event = PolicyEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<PolicyEvent>) {
        match &event.event {
            PolicyEvent::PolicyPut(e) => {
                let row =
                    PolicyRow { name: e.name.clone(), text: e.text.clone(), updated: event.envelope.time };
                view.put_row(POLICIES, &e.name, row);
            }
            PolicyEvent::PolicyDeleted(e) => view.remove(POLICIES, e.name.as_bytes()),
        }
    }
}

/// A program that may read events on the bus.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SubscriberRow {
    pub services: Vec<String>,
    pub filters: Vec<String>,
    pub public_key: String,
    pub created: Timestamp,
}

/// Keeps [`SUBSCRIBERS`] and [`REVOKED_CLIENTS`].
pub struct Subscribers;

impl Projection for Subscribers {
    const NAME: &'static str = "subscribers";
    const VERSION: u32 = 2;
    type Event = SubscriberEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<SubscriberEvent>) {
        match &event.event {
            SubscriberEvent::SubscriberCreated(e) => {
                let (services, public_key) = (e.services.clone(), e.public_key.clone());
                let row = SubscriberRow {
                    services,
                    filters: e.filters.clone(),
                    public_key,
                    created: event.envelope.time,
                };
                view.put_row(SUBSCRIBERS, &e.name, row);
            }
            SubscriberEvent::SubscriberDeleted(e) => {
                view.remove(SUBSCRIBERS, e.name.as_bytes());
                view.put_row(REVOKED_CLIENTS, &e.public_key, event.envelope.time);
            }
        }
    }
}

/// A program that may send a source's events over the bus.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PublisherRow {
    pub public_key: String,
    pub created: Timestamp,
}

/// Keeps [`PUBLISHERS`] and [`REVOKED_CLIENTS`].
pub struct Publishers;

impl Projection for Publishers {
    const NAME: &'static str = "publishers";
    const VERSION: u32 = 1;
    type Event = PublisherEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<PublisherEvent>) {
        match &event.event {
            PublisherEvent::PublisherCreated(e) => {
                let row = PublisherRow { public_key: e.public_key.clone(), created: event.envelope.time };
                view.put_row(PUBLISHERS, &e.source, row);
            }
            PublisherEvent::PublisherDeleted(e) => {
                view.remove(PUBLISHERS, e.source.as_bytes());
                view.put_row(REVOKED_CLIENTS, &e.public_key, event.envelope.time);
            }
        }
    }
}
