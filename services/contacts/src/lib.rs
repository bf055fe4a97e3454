//! Contacts: who is reached, where, and by which plan; who is on call when; and what became of each engagement. As AWS's
//! Incident Manager.
//!
//! - Aggregate `contact`, by alias: subject `reeve.evt.contacts.contact.<alias>`. A person, an escalation plan or a schedule.
//! - Aggregate `channel`, by id: subject `reeve.evt.contacts.channel.<id>`. Where a person is reached.
//! - Aggregate `rotation`, by id: subject `reeve.evt.contacts.rotation.<id>`. Who is on call when (`reeve_rotations`).
//! - Aggregate `engagement`, by id: subject `reeve.evt.contacts.engagement.<id>`. Somebody is to be reached: the plans of all who
//!   are engaged by it, their pages and answers are in one aggregate, and so in one order.
//! - Takes: requests for engagements and for their ends, on behalf of a principal.
//! - Asks: the notifications service for pages and activation codes, on behalf of who made the channel. Reads its events.
//!
//! Invariants: what comes next in an engagement is a pure function of its events and the instant (`domain::engine`); nothing is
//! ordered for a contact after the event of its acknowledgement; a page has one id, which is its notification's, so that a
//! repeat sends nothing twice; codes follow from a sealed key and lie in no event of this service; what was said of the past
//! stays so when a rotation is edited.

mod api;
mod codes;
mod domain;
mod names;
mod projections;
mod reactors;
mod requests;
mod resolving;
mod shape;
mod shared;
mod starting;

use api::{channels, contacts, engagements, oncall, pages, rotations, shifts, tags};
use reeve_authz::Authorizer;
use reeve_runtime::{Consumer, Operation, Service};
use reeve_secrets::Vault;
use shared::Shared;
use std::sync::Arc;

/// The API whose operations these are.
const API: &str = "ssm-contacts";

/// What the service needs.
pub struct Config {
    /// Where the keys of codes are sealed.
    pub vault: Vault,
    /// Decides whether a principal on whose behalf something is asked for may do it.
    pub authorizer: Arc<dyn Authorizer>,
}

/// The service, for a host to run.
pub fn service(config: Config) -> Service {
    let shared = Shared { vault: config.vault, authorizer: config.authorizer };
    let (of_requests, of_pages, of_codes) = (shared.clone(), shared.clone(), shared.clone());
    let service = Service::new("contacts")
        .asks(&["notifications"])
        .aggregate::<domain::contact::Contact>()
        .aggregate::<domain::channel::Channel>()
        .aggregate::<domain::rotation::Rotation>()
        .aggregate::<domain::engagement::Engagement>()
        .projection(projections::Contacts)
        .projection(projections::Channels)
        .projection(projections::Rotations)
        .projection(projections::Engagements)
        .timer(projections::NEXT, reactors::advance)
        .request(move |request| requests::engage(of_requests.clone(), request))
        .request(requests::stop)
        // In order: what is cancelled was asked for before.
        .reactor(Consumer::from_now("ask").in_order(), move |delivery| {
            reactors::ask(of_pages.clone(), delivery)
        })
        .reactor(Consumer::from_now("codes").in_order(), move |delivery| {
            reactors::send_code(of_codes.clone(), delivery)
        })
        .reactor(Consumer::from_now("notifications").in_order(), reactors::take_notification)
        .reactor(Consumer::from_beginning("delete-channels"), reactors::delete_channels)
        .reactor(Consumer::from_beginning("leave-schedules"), reactors::leave_schedules);
    engagement_operations(rotation_operations(contact_operations(service, &shared)), shared)
}

fn read(name: &'static str, kind: &'static str, member: &'static str) -> Operation {
    Operation::read(API, name).on(kind, member)
}

fn write(name: &'static str, kind: &'static str, member: &'static str) -> Operation {
    Operation::write(API, name).on(kind, member)
}

fn contact_operations(service: Service, shared: &Shared) -> Service {
    const KIND: &str = "Contact";
    const CHANNEL: &str = "ContactChannel";
    const ID: &str = "ContactChannelId";
    let (of_new, of_changed, of_codes) = (shared.clone(), shared.clone(), shared.clone());
    service
        .operation(write("CreateContact", KIND, "Alias"), contacts::create)
        .operation(read("GetContact", KIND, "ContactId"), contacts::get)
        .operation(write("UpdateContact", KIND, "ContactId"), contacts::update)
        .operation(write("DeleteContact", KIND, "ContactId"), contacts::delete)
        .operation(Operation::read(API, "ListContacts"), contacts::list)
        .operation(write("PutContactPolicy", KIND, "ContactArn"), contacts::put_policy)
        .operation(read("GetContactPolicy", KIND, "ContactArn"), contacts::get_policy)
        .operation(write("TagResource", KIND, "ResourceARN"), tags::add)
        .operation(write("UntagResource", KIND, "ResourceARN"), tags::remove)
        .operation(read("ListTagsForResource", KIND, "ResourceARN"), tags::list)
        .operation(write("CreateContactChannel", KIND, "ContactId"), move |call| {
            channels::create(of_new.clone(), call)
        })
        .operation(read("GetContactChannel", CHANNEL, ID), channels::get)
        .operation(read("ListContactChannels", KIND, "ContactId"), channels::list)
        .operation(write("UpdateContactChannel", CHANNEL, ID), move |call| {
            channels::update(of_changed.clone(), call)
        })
        .operation(write("DeleteContactChannel", CHANNEL, ID), channels::delete)
        .operation(write("SendActivationCode", CHANNEL, ID), channels::send_code)
        .operation(write("ActivateContactChannel", CHANNEL, ID), move |call| {
            channels::activate(of_codes.clone(), call)
        })
        .operation(write("DeactivateContactChannel", CHANNEL, ID), channels::deactivate)
}

fn rotation_operations(service: Service) -> Service {
    const KIND: &str = "Rotation";
    const ID: &str = "RotationId";
    service
        .operation(Operation::write(API, "CreateRotation"), rotations::create)
        .operation(read("GetRotation", KIND, ID), rotations::get)
        .operation(write("UpdateRotation", KIND, ID), rotations::update)
        .operation(write("DeleteRotation", KIND, ID), rotations::delete)
        .operation(Operation::read(API, "ListRotations"), rotations::list)
        .operation(write("CreateRotationOverride", KIND, ID), rotations::create_override)
        .operation(read("GetRotationOverride", KIND, ID), rotations::get_override)
        .operation(write("DeleteRotationOverride", KIND, ID), rotations::delete_override)
        .operation(read("ListRotationOverrides", KIND, ID), rotations::list_overrides)
        .operation(read("ListRotationShifts", KIND, ID), shifts::list)
        .operation(Operation::read(API, "ListPreviewRotationShifts"), shifts::preview)
}

fn engagement_operations(service: Service, shared: Shared) -> Service {
    const KIND: &str = "Engagement";
    const ID: &str = "EngagementId";
    let of_pages = shared.clone();
    service
        .operation(write("StartEngagement", "Contact", "ContactId"), move |call| {
            engagements::start(shared.clone(), call)
        })
        .operation(read("DescribeEngagement", KIND, ID), engagements::describe)
        .operation(Operation::read(API, "ListEngagements"), engagements::list)
        .operation(write("StopEngagement", KIND, ID), engagements::stop)
        .operation(write("AcceptPage", "Page", "PageId"), move |call| pages::accept(of_pages.clone(), call))
        .operation(read("DescribePage", "Page", "PageId"), pages::describe)
        .operation(read("ListPagesByEngagement", KIND, ID), pages::by_engagement)
        .operation(read("ListPagesByContact", "Contact", "ContactId"), pages::by_contact)
        .operation(read("ListPageReceipts", "Page", "PageId"), pages::receipts)
        .operation(read("ListPageResolutions", "Page", "PageId"), pages::resolutions)
        .operation(
            Operation::read("contacts", "GetEngagementProgress").on(KIND, "engagementId"),
            oncall::progress,
        )
        .operation(Operation::read("contacts", "ListOnCall"), oncall::now)
}
