//! What opens and closes items without a person: alerts, change requests, and the default rules on approvals, dead letters, incidents
//! and lost nodes.

mod alert_item;
pub(crate) mod alerts;
pub(crate) mod approvals;
pub(crate) mod changes;
pub(crate) mod dead_letters;
pub(crate) mod incidents;
pub(crate) mod nodes;
pub(crate) mod notifications;
pub(crate) mod refusals;
