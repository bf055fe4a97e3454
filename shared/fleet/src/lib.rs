//! What every service that works on nodes needs to know, from the events of nodes, tags, documents, calendars and change rules.
//!
//! - [`Nodes`], [`Documents`], [`KeySets`]: projections, into tables of the service's own views.
//! - [`associations`]: projections of what associations are, and what they did on nodes.
//! - [`Calendars`], [`ChangeRules`] and [`rules_on`]: when commands and runbooks may begin; [`Waiting`]: what they hold.
//! - [`Parameters`] and [`references`]: what parameters of commands and runbooks refer to in the Parameter Store.
//! - [`targets`]: which nodes a selection means.
//! - [`rate_control`]: how many at once, and how many errors, AWS's texts allow.
//!
//! **Invariant:** nothing here decides; a service resolves targets once, and records what they resolved to.

pub mod associations;
mod calendars;
mod change_requests;
mod change_rules;
mod documents;
mod key_sets;
mod nodes;
mod parameters;
pub mod rate_control;
pub mod references;
pub mod targets;
mod waiting;

pub use calendars::{CALENDARS, Calendars, calendars_are_open, opened};
pub use change_requests::{REVOKED, change_status, ops_item_is_over};
pub use change_rules::{
    CHANGE_RULES, ChangeRuleRow, ChangeRules, MAX_OVERRIDE_MS, REFUSE, SEND_COMMAND, START_AUTOMATION,
    Verdict, WAIT, is_principal, rules_about, rules_of_calendar, rules_on,
};
pub use documents::{Content, DOCUMENT_CONTENTS, DOCUMENTS, DocumentRow, Documents, content_key};
pub use key_sets::{DISPATCH_KEYS, KeySetRow, KeySets};
pub use nodes::{NODE_TAGS, NODES, NodeRow, Nodes, node_tags};
pub use parameters::Parameters;
pub use waiting::{Standing, Waiting, catch_up_with_rules, waiting_for_calendar, waiting_for_rule};
