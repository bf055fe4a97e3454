//! Service settings that are about automations.

use reeve_contracts::parameters::ServiceSettingEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};

/// The settings that somebody has chosen, by id.
pub(crate) const SETTINGS: &str = "settings";
/// The node that runs the scripts of steps.
pub(crate) const SCRIPT_NODE: &str = "/reeve/automation/script-node";
/// Whether a change template must be approved before changes are asked for by it: `required`, or not.
pub(crate) const TEMPLATE_REVIEW: &str = "/reeve/automation/template-review";

/// Keeps [`SETTINGS`].
pub(crate) struct Settings;

impl Projection for Settings {
    const NAME: &'static str = "settings";
    const VERSION: u32 = 2;
    type Event = ServiceSettingEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ServiceSettingEvent>) {
        match &event.event {
            ServiceSettingEvent::ServiceSettingUpdated(e)
                if [SCRIPT_NODE, TEMPLATE_REVIEW].contains(&e.setting_id.as_str()) =>
            {
                view.put_row(SETTINGS, &e.setting_id, e.value.clone());
            }
            ServiceSettingEvent::ServiceSettingReset(e) => view.remove(SETTINGS, e.setting_id.as_bytes()),
            ServiceSettingEvent::ServiceSettingUpdated(_) => {}
        }
    }
}
