//! Baselines, the defaults, and the patch groups' registrations.

use crate::domain::{
    baseline::BaselineEvent,
    default::DefaultBaselineEvent,
    group::{self, PatchGroupEvent},
};
use reeve_contracts::{ssm::GetPatchBaselineResult, tags::ResourceEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_runtime::ResourceTags;
use reeve_types::Timestamp;

/// Baselines that somebody made, by id, as GetPatchBaseline answers them without their groups.
pub(crate) const BASELINES: &str = "baselines";
/// The id of the baseline that is an operating system's default.
pub(crate) const DEFAULTS: &str = "defaults";
/// The ids of baselines by `<operating system>/<patch group>`.
pub(crate) const GROUPS: &str = "groups";

/// Baselines' tags, key to value, by id.
pub(crate) const BASELINE_TAGS: &str = "baseline-tags";

/// Keeps [`BASELINE_TAGS`], beside the nodes' tags.
pub(crate) struct BaselineTags;

impl Projection for BaselineTags {
    const NAME: &'static str = "baseline-tags";
    const VERSION: u32 = 1;
    type Event = ResourceEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ResourceEvent>) {
        ResourceTags { kind: "PatchBaseline", table: BASELINE_TAGS }.apply(view, event);
    }
}

/// Keeps [`BASELINES`].
pub(crate) struct Baselines;

impl Projection for Baselines {
    const NAME: &'static str = "baselines";
    const VERSION: u32 = 1;
    type Event = BaselineEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<BaselineEvent>) {
        let time = event.envelope.time;
        match &event.event {
            BaselineEvent::BaselineCreated(e) => put(view, &e.baseline_id, &e.baseline_json, None, time),
            BaselineEvent::BaselineUpdated(e) => {
                let before: Option<GetPatchBaselineResult> = view.row(BASELINES, &e.baseline_id);
                let created = before.and_then(|before| before.created_date);
                put(view, &e.baseline_id, &e.baseline_json, created, time);
            }
            BaselineEvent::BaselineDeleted(e) => view.remove(BASELINES, e.baseline_id.as_bytes()),
        }
    }
}

fn put(view: &mut dyn View, id: &str, json: &str, created: Option<f64>, time: Timestamp) {
    // It was written by this service.
    let row: GetPatchBaselineResult = serde_json::from_str(json).unwrap_or_default();
    let row = GetPatchBaselineResult {
        baseline_id: Some(id.to_owned()),
        created_date: created.or(Some(time.epoch_seconds())),
        modified_date: Some(time.epoch_seconds()),
        ..row
    };
    view.put_row(BASELINES, id, row);
}

/// Keeps [`DEFAULTS`].
pub(crate) struct Defaults;

impl Projection for Defaults {
    const NAME: &'static str = "defaults";
    const VERSION: u32 = 1;
    type Event = DefaultBaselineEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DefaultBaselineEvent>) {
        let DefaultBaselineEvent::DefaultBaselineRegistered(e) = &event.event;
        view.put_row(DEFAULTS, &e.operating_system, e.baseline_id.clone());
    }
}

/// Keeps [`GROUPS`].
pub(crate) struct Groups;

impl Projection for Groups {
    const NAME: &'static str = "groups";
    const VERSION: u32 = 1;
    type Event = PatchGroupEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<PatchGroupEvent>) {
        match &event.event {
            PatchGroupEvent::BaselineRegisteredForGroup(e) => {
                view.put_row(GROUPS, &group::id(&e.operating_system, &e.patch_group), e.baseline_id.clone());
            }
            PatchGroupEvent::BaselineDeregisteredForGroup(e) => {
                view.remove(GROUPS, group::id(&e.operating_system, &e.patch_group).as_bytes());
            }
        }
    }
}
