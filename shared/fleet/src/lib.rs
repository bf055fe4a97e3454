//! What every service that works on nodes needs to know, from the events of nodes, tags and documents.
//!
//! - [`Nodes`], [`Documents`], [`KeySets`]: projections, into tables of the service's own views.
//! - [`associations`]: projections of what associations are, and what they did on nodes.
//! - [`targets`]: which nodes a selection means.
//! - [`rate_control`]: how many at once, and how many errors, AWS's texts allow.
//!
//! **Invariant:** nothing here decides; a service resolves targets once, and records what they resolved to.

pub mod associations;
mod documents;
mod key_sets;
mod nodes;
pub mod rate_control;
pub mod targets;

pub use documents::{Content, DOCUMENT_CONTENTS, DOCUMENTS, DocumentRow, Documents, content_key};
pub use key_sets::{DISPATCH_KEYS, KeySetRow, KeySets};
pub use nodes::{NODE_TAGS, NODES, NodeRow, Nodes, node_tags};
