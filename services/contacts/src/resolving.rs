//! What the targets of a stage are when it begins: the channels of a person, the people of an escalation plan, who is on call.

use crate::{
    domain::{
        engagement::Resolved,
        state::{Line, State, stages},
    },
    names::{CHANNEL, CONTACT, ROTATION, id_in},
    projections::{CHANNELS, CONTACTS, ChannelRow, ContactRow, ROTATIONS, RotationRow},
    shape::{self, ESCALATION, SCHEDULE},
};
use reeve_contracts::contacts::{PageOrdered, PersonEngaged, TargetSkipped};
use reeve_contracts::ssm_contacts::{ChannelTargetInfo, Plan};
use reeve_runtime::Store;
use reeve_types::Timestamp;

/// The targets of a line's stage, as they are at an instant.
pub(crate) fn resolve(views: &Store, state: &State, line: &Line, index: usize, now: Timestamp) -> Resolved {
    let mut resolved = Resolved::default();
    let is_root = line.line_id == state.engagement_id;
    if is_root && state.contact_type == SCHEDULE {
        on_call(views, &line.contact, true, now, &mut resolved);
        return resolved;
    }
    let stages = stages(&line.plan_json);
    let targets = stages.get(index).and_then(|stage| stage.targets.as_deref()).unwrap_or_default();
    for target in targets {
        if let Some(channel) = &target.channel_target_info {
            page(views, &line.contact, channel, &mut resolved);
        }
        if let Some(contact) = &target.contact_target_info {
            let arn = contact.contact_id.as_deref().unwrap_or_default();
            engage(views, arn, contact.is_essential.unwrap_or_default(), now, &mut resolved);
        }
    }
    resolved
}

fn skip(resolved: &mut Resolved, target: &str, reason: &str) {
    resolved.skipped.push(TargetSkipped { target: target.to_owned(), reason: reason.to_owned() });
}

fn page(views: &Store, contact: &str, target: &ChannelTargetInfo, resolved: &mut Resolved) {
    let arn = target.contact_channel_id.as_deref().unwrap_or_default();
    let found = id_in(arn, CHANNEL).and_then(|id| views.look::<ChannelRow>(CHANNELS, id));
    let Some(channel) = found else {
        return skip(resolved, arn, "there is no such contact channel any more");
    };
    if !channel.is_active {
        let reason = format!("the channel {} is not activated", channel.name);
        return skip(resolved, arn, &reason);
    }
    resolved.pages.push(PageOrdered {
        contact: contact.to_owned(),
        channel_id: channel.channel_id.clone(),
        channel_name: channel.name.clone(),
        channel_type: channel.kind.clone(),
        address: channel.address.clone(),
        principal: channel.principal.clone(),
        retry_minutes: target.retry_interval_in_minutes.and_then(|minutes| u32::try_from(minutes).ok()),
        ..PageOrdered::default()
    });
}

fn engage(views: &Store, arn: &str, is_essential: bool, now: Timestamp, resolved: &mut Resolved) {
    let found = id_in(arn, CONTACT).and_then(|id| views.look::<ContactRow>(CONTACTS, id));
    let Some(contact) = found else { return skip(resolved, arn, "there is no such contact any more") };
    match contact.kind.as_str() {
        SCHEDULE => on_call(views, &contact.alias, is_essential, now, resolved),
        ESCALATION => skip(resolved, arn, "an escalation plan cannot be in another one"),
        _ => person(views, &contact.alias, is_essential, "", resolved),
    }
}

/// Everybody who is on call in a schedule: those of all its rotations together.
fn on_call(views: &Store, alias: &str, is_essential: bool, now: Timestamp, resolved: &mut Resolved) {
    let Some(schedule) = views.look::<ContactRow>(CONTACTS, alias) else {
        return skip(resolved, alias, "there is no such schedule any more");
    };
    let rotations = rotations(&schedule);
    if rotations.is_empty() {
        skip(resolved, alias, "the schedule has no rotation");
    }
    for arn in rotations {
        let row = id_in(&arn, ROTATION).and_then(|id| views.look::<RotationRow>(ROTATIONS, id));
        let Some(row) = row.filter(|row| row.deleted_ms.is_none()) else {
            skip(resolved, &arn, "there is no such rotation any more");
            continue;
        };
        let people = shape::rotation(&row).at(now).map(|shift| shift.members).unwrap_or_default();
        if people.is_empty() {
            let reason = format!("nobody is on call in the rotation {}", row.name);
            skip(resolved, alias, &reason);
        }
        for one in people {
            person(views, &one, is_essential, alias, resolved);
        }
    }
}

/// The rotations of a schedule.
pub(crate) fn rotations(schedule: &ContactRow) -> Vec<String> {
    serde_json::from_str::<Plan>(&schedule.plan_json).unwrap_or_default().rotation_ids.unwrap_or_default()
}

fn person(views: &Store, alias: &str, is_essential: bool, schedule: &str, resolved: &mut Resolved) {
    let Some(contact) = views.look::<ContactRow>(CONTACTS, alias) else {
        return skip(resolved, alias, "there is no such contact any more");
    };
    if stages(&contact.plan_json).is_empty() {
        return skip(resolved, alias, "has no engagement plan");
    }
    resolved.people.push(PersonEngaged {
        line_id: String::new(),
        contact: alias.to_owned(),
        plan_json: contact.plan_json.clone(),
        is_essential,
        schedule: schedule.to_owned(),
    });
}
