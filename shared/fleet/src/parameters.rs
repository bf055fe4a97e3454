//! The Parameter Store, as far as commands and runbooks refer to it.

use reeve_contracts::parameters::{ParameterEvent, ParameterPut};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Parameters by path.
pub const PARAMETERS: &str = "parameters";
/// Their versions, by [`version_key`].
pub const PARAMETER_VERSIONS: &str = "parameter-versions";

/// A parameter: which versions there are, and which of them has a label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ParameterRow {
    pub oldest: u64,
    pub latest: u64,
    pub labels: BTreeMap<String, u64>,
    /// String, StringList or SecureString.
    pub kind: String,
}

/// Where the value of a version lies. That of a SecureString is not here.
pub fn version_key(path: &str, version: u64) -> String {
    format!("{path}//{version:020}")
}

/// Keeps [`PARAMETERS`] and [`PARAMETER_VERSIONS`].
pub struct Parameters;

impl Projection for Parameters {
    const NAME: &'static str = "parameters";
    const VERSION: u32 = 1;
    type Event = ParameterEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ParameterEvent>) {
        match &event.event {
            ParameterEvent::ParameterPut(e) => put(view, e),
            ParameterEvent::ParameterDeleted(e) => {
                let row: ParameterRow = view.row(PARAMETERS, &e.path).unwrap_or_default();
                for version in row.oldest..=row.latest {
                    view.remove(PARAMETER_VERSIONS, version_key(&e.path, version).as_bytes());
                }
                view.remove(PARAMETERS, e.path.as_bytes());
            }
            ParameterEvent::ParameterPolicyFired(_) => {}
            ParameterEvent::ParameterVersionLabeled(e) => {
                view.change_row(PARAMETERS, &e.path, |row: &mut ParameterRow| {
                    row.labels.extend(e.labels.iter().map(|label| (label.clone(), e.version)));
                });
            }
            ParameterEvent::ParameterVersionUnlabeled(e) => {
                view.change_row(PARAMETERS, &e.path, |row: &mut ParameterRow| {
                    row.labels.retain(|label, version| *version != e.version || !e.labels.contains(label));
                });
            }
        }
    }
}

fn put(view: &mut dyn View, put: &ParameterPut) {
    view.update_row(PARAMETERS, &put.path, |row: &mut ParameterRow| {
        row.oldest = if put.dropped_version > 0 { put.dropped_version + 1 } else { row.oldest.max(1) };
        row.latest = put.version;
        row.kind.clone_from(&put.r#type);
    });
    view.remove(PARAMETER_VERSIONS, version_key(&put.path, put.dropped_version).as_bytes());
    if put.secret_id.is_empty() {
        view.put_row(PARAMETER_VERSIONS, &version_key(&put.path, put.version), put.value.clone());
    }
}
