//! Contacts and their channels.

use crate::domain::{
    channel::ChannelEvent,
    contact::ContactEvent,
    tags::{self, Tags},
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};

/// Contacts by alias.
pub(crate) const CONTACTS: &str = "contacts";
/// Channels by id.
pub(crate) const CHANNELS: &str = "channels";
/// The ids of a contact's channels by `<alias>/<id>`.
pub(crate) const CHANNELS_OF: &str = "channels-of";

/// A contact.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ContactRow {
    pub alias: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub display_name: String,
    pub plan_json: String,
    pub policy: String,
    pub tags: Tags,
    pub account: String,
    pub region: String,
}

/// A channel.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ChannelRow {
    pub channel_id: String,
    pub contact: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub address: String,
    pub secret_id: String,
    pub sealed_key: Vec<u8>,
    pub principal: String,
    pub is_active: bool,
    /// Why the last activation code did not come; empty: nothing is known against it.
    pub code_failure: String,
    /// Where its first event stands.
    pub created_at: u64,
    pub account: String,
    pub region: String,
}

/// Keeps [`CONTACTS`].
pub(crate) struct Contacts;

impl Projection for Contacts {
    const NAME: &'static str = "contacts";
    const VERSION: u32 = 1;
    type Event = ContactEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ContactEvent>) {
        let mut change = |alias: &str, set: &mut dyn FnMut(&mut ContactRow)| {
            view.change_row::<ContactRow, _>(CONTACTS, alias, set);
        };
        match &event.event {
            ContactEvent::ContactCreated(e) => {
                let mut row = ContactRow {
                    alias: e.alias.clone(),
                    kind: e.r#type.clone(),
                    display_name: e.display_name.clone(),
                    plan_json: e.plan_json.clone(),
                    account: e.account.clone(),
                    region: e.region.clone(),
                    ..ContactRow::default()
                };
                tags::add(&mut row.tags, &e.tags);
                view.put_row(CONTACTS, &e.alias, row);
            }
            ContactEvent::ContactUpdated(e) => change(&e.alias, &mut |row| {
                if let Some(name) = &e.display_name {
                    row.display_name.clone_from(name);
                }
                if let Some(plan) = &e.plan_json {
                    row.plan_json.clone_from(plan);
                }
            }),
            ContactEvent::ContactDeleted(e) => view.remove(CONTACTS, e.alias.as_bytes()),
            ContactEvent::ContactPolicyPut(e) => {
                change(&e.alias, &mut |row| row.policy.clone_from(&e.policy));
            }
            ContactEvent::ContactTagged(e) => change(&e.alias, &mut |row| tags::add(&mut row.tags, &e.tags)),
            ContactEvent::ContactUntagged(e) => {
                change(&e.alias, &mut |row| row.tags.retain(|key, _| !e.keys.contains(key)));
            }
        }
    }
}

/// Keeps [`CHANNELS`] and [`CHANNELS_OF`].
pub(crate) struct Channels;

impl Projection for Channels {
    const NAME: &'static str = "channels";
    const VERSION: u32 = 1;
    type Event = ChannelEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ChannelEvent>) {
        let mut change = |id: &str, set: &mut dyn FnMut(&mut ChannelRow)| {
            view.change_row::<ChannelRow, _>(CHANNELS, id, set);
        };
        match &event.event {
            ChannelEvent::ChannelCreated(e) => {
                let row = ChannelRow {
                    channel_id: e.channel_id.clone(),
                    contact: e.contact.clone(),
                    name: e.name.clone(),
                    kind: e.r#type.clone(),
                    address: e.address.clone(),
                    secret_id: e.secret_id.clone(),
                    sealed_key: e.sealed_key.clone(),
                    principal: e.principal.clone(),
                    created_at: event.position.0,
                    account: e.account.clone(),
                    region: e.region.clone(),
                    ..ChannelRow::default()
                };
                view.put_row(CHANNELS, &e.channel_id, row);
                view.put_row(CHANNELS_OF, &format!("{}/{}", e.contact, e.channel_id), ());
            }
            ChannelEvent::ChannelUpdated(e) => change(&e.channel_id, &mut |row| {
                row.name.clone_from(&e.name);
                row.address.clone_from(&e.address);
                row.principal.clone_from(&e.principal);
                row.is_active &= !e.is_deactivated;
            }),
            ChannelEvent::ActivationCodeOrdered(e) => {
                change(&e.channel_id, &mut |row| row.code_failure.clear());
            }
            ChannelEvent::ActivationCodeSent(_) => {}
            ChannelEvent::ActivationCodeFailed(e) => {
                change(&e.channel_id, &mut |row| row.code_failure.clone_from(&e.reason));
            }
            ChannelEvent::ChannelActivated(e) => change(&e.channel_id, &mut |row| row.is_active = true),
            ChannelEvent::ChannelDeactivated(e) => change(&e.channel_id, &mut |row| row.is_active = false),
            ChannelEvent::ChannelDeleted(e) => {
                view.remove(CHANNELS, e.channel_id.as_bytes());
                view.remove(CHANNELS_OF, format!("{}/{}", e.contact, e.channel_id).as_bytes());
            }
        }
    }
}
