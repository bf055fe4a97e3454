//! Parameters and their versions as they are read. A secret is in no row but sealed.

pub(crate) mod readers;

use crate::domain::{
    parameter::still_fired,
    policies::{self, MAX_POLICIES},
};
use data_encoding::BASE64;
use reeve_contracts::parameters::{ParameterEvent, ParameterPut, ServiceSettingEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, timers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Parameters by path: the latest version of each.
pub(crate) const PARAMETERS: &str = "parameters";
/// Every version, by [`version_key`].
pub(crate) const VERSIONS: &str = "versions";
/// The paths of parameters by [`level_key`]: what stands directly below a path.
pub(crate) const LEVELS: &str = "levels";
/// Service settings that somebody has chosen, by id.
pub(crate) const SETTINGS: &str = "settings";
/// Tags by path.
pub(crate) const TAGS: &str = "tags";

/// One version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct VersionRow {
    pub path: String,
    pub name: String,
    pub version: u64,
    pub kind: String,
    /// The value; of a SecureString the ciphertext in base64.
    pub value: String,
    pub secret_id: String,
    pub data_type: String,
    pub tier: String,
    pub description: String,
    pub allowed_pattern: String,
    pub key_id: String,
    pub policies_json: String,
    pub modified: Timestamp,
    pub user: String,
    pub labels: BTreeSet<String>,
}

/// A parameter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ParameterRow {
    pub latest: VersionRow,
    /// The version that each label is on.
    pub labels: BTreeMap<String, u64>,
    pub oldest_version: u64,
    /// The policies that have told what they tell, by their places.
    #[serde(default)]
    pub fired: BTreeSet<usize>,
}

/// When policies are due, by [`timer_key`].
pub(crate) const POLICY_TIMER: &str = "policies";

/// The key of the timer of a policy, by its place among those of a parameter. No path has two slashes in a row.
pub(crate) fn timer_key(path: &str, index: usize) -> String {
    format!("{path}//{index}")
}

/// Reads [`timer_key`].
pub(crate) fn read_timer_key(key: &str) -> Option<(&str, usize)> {
    let (path, index) = key.rsplit_once("//")?;
    Some((path, index.parse().ok()?))
}

/// Where a version lies: those of a parameter are in their order. No path has two slashes in a row.
pub(crate) fn version_key(path: &str, version: u64) -> String {
    format!("{path}//{version:020}")
}

/// Where a parameter lies among those of its parent: of `/a/b` that is `/a//b`.
pub(crate) fn level_key(path: &str) -> String {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    format!("{parent}//{name}")
}

/// Keeps [`PARAMETERS`], [`VERSIONS`] and [`LEVELS`].
pub(crate) struct Parameters;

impl Projection for Parameters {
    const NAME: &'static str = "parameters";
    const VERSION: u32 = 2;
    type Event = ParameterEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ParameterEvent>) {
        match &event.event {
            ParameterEvent::ParameterPut(e) => {
                let row = row_of(e, event.envelope.time, &event.envelope.actor);
                put(view, row, e.dropped_version);
            }
            ParameterEvent::ParameterDeleted(e) => {
                delete(view, &e.path);
                (0..MAX_POLICIES)
                    .for_each(|index| timers::cancel(view, POLICY_TIMER, &timer_key(&e.path, index)));
            }
            ParameterEvent::ParameterPolicyFired(e) => {
                let Ok(index) = usize::try_from(e.index) else { return };
                timers::cancel(view, POLICY_TIMER, &timer_key(&e.path, index));
                view.change_row(PARAMETERS, &e.path, |row: &mut ParameterRow| row.fired.insert(index));
            }
            ParameterEvent::ParameterVersionLabeled(e) => {
                for label in &e.labels {
                    let before = view.change_row(PARAMETERS, &e.path, |row: &mut ParameterRow| {
                        row.labels.insert(label.clone(), e.version)
                    });
                    if let Some(Some(before)) = before {
                        change_labels(view, &e.path, before, |labels| labels.retain(|have| have != label));
                    }
                    change_labels(view, &e.path, e.version, |labels| labels.extend([label.clone()]));
                }
            }
            ParameterEvent::ParameterVersionUnlabeled(e) => {
                view.change_row(PARAMETERS, &e.path, |row: &mut ParameterRow| {
                    row.labels.retain(|label, version| *version != e.version || !e.labels.contains(label));
                });
                change_labels(view, &e.path, e.version, |labels| {
                    labels.retain(|have| !e.labels.contains(have))
                });
            }
        }
    }
}

fn row_of(put: &ParameterPut, modified: Timestamp, user: &str) -> VersionRow {
    let is_sealed = !put.secret_id.is_empty();
    VersionRow {
        path: put.path.clone(),
        name: put.name.clone(),
        version: put.version,
        kind: put.r#type.clone(),
        value: if is_sealed { BASE64.encode(&put.sealed_value) } else { put.value.clone() },
        secret_id: put.secret_id.clone(),
        data_type: put.data_type.clone(),
        tier: put.tier.clone(),
        description: put.description.clone(),
        allowed_pattern: put.allowed_pattern.clone(),
        key_id: put.key_id.clone(),
        policies_json: put.policies_json.clone(),
        modified,
        user: user.to_owned(),
        labels: BTreeSet::new(),
    }
}

fn put(view: &mut dyn View, row: VersionRow, dropped: u64) {
    let path = row.path.clone();
    if dropped > 0 {
        view.remove(VERSIONS, version_key(&path, dropped).as_bytes());
    }
    view.put_row(VERSIONS, &version_key(&path, row.version), row.clone());
    view.put_row(LEVELS, &level_key(&path), path.clone());
    let fired = set_timers(view, &row);
    view.update_row(PARAMETERS, &path, |parameter: &mut ParameterRow| {
        parameter.fired = fired;
        match dropped {
            0 if parameter.oldest_version == 0 => parameter.oldest_version = row.version,
            0 => {}
            dropped => parameter.oldest_version = dropped + 1,
        }
        parameter.latest = row;
    });
}

/// Sets the timers of what the policies of a changed parameter still have to do; answers those that have done it.
fn set_timers(view: &mut dyn View, row: &VersionRow) -> BTreeSet<usize> {
    let before = view.row::<ParameterRow>(PARAMETERS, &row.path).unwrap_or_default();
    let known = (before.latest.version > 0).then_some(before.latest.policies_json.as_str());
    let fired = still_fired(before.fired, known, &row.policies_json);
    let due = policies::due(&policies::read(&row.policies_json).unwrap_or_default(), row.modified);
    for index in 0..MAX_POLICIES {
        let key = timer_key(&row.path, index);
        match due.get(index).filter(|_| !fired.contains(&index)) {
            Some(at) => timers::set(view, POLICY_TIMER, &key, *at),
            None => timers::cancel(view, POLICY_TIMER, &key),
        }
    }
    fired
}

fn delete(view: &mut dyn View, path: &str) {
    let Some(row) = view.row::<ParameterRow>(PARAMETERS, path) else { return };
    for version in row.oldest_version..=row.latest.version {
        view.remove(VERSIONS, version_key(path, version).as_bytes());
    }
    view.remove(LEVELS, level_key(path).as_bytes());
    view.remove(PARAMETERS, path.as_bytes());
}

fn change_labels(view: &mut dyn View, path: &str, version: u64, change: impl Fn(&mut BTreeSet<String>)) {
    view.change_row(VERSIONS, &version_key(path, version), |row: &mut VersionRow| change(&mut row.labels));
    view.change_row(PARAMETERS, path, |row: &mut ParameterRow| {
        if row.latest.version == version {
            change(&mut row.latest.labels);
        }
    });
}

/// A service setting that somebody has chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SettingRow {
    pub value: String,
    pub principal: String,
    pub changed: Timestamp,
}

/// Keeps [`SETTINGS`].
pub(crate) struct Settings;

impl Projection for Settings {
    const NAME: &'static str = "settings";
    const VERSION: u32 = 1;
    type Event = ServiceSettingEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ServiceSettingEvent>) {
        match &event.event {
            ServiceSettingEvent::ServiceSettingUpdated(e) => {
                let row = SettingRow {
                    value: e.value.clone(),
                    principal: e.principal.clone(),
                    changed: event.envelope.time,
                };
                view.put_row(SETTINGS, &e.setting_id, row);
            }
            ServiceSettingEvent::ServiceSettingReset(e) => view.remove(SETTINGS, e.setting_id.as_bytes()),
        }
    }
}
