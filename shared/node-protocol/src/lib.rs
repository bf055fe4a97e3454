//! What the control plane and an agent say to each other, and why the agent trusts it.
//!
//! - [`dispatch`]: work for a node, signed by the control plane's dispatch key.
//! - [`keys`]: which keys those are: sets, signed by a root key that a node pins.
//! - [`enrol`]: how a node gets its identity.
//! - [`inventory`]: how large what a node reports of its inventory may be.
//! - [`output`]: the order of what steps print.
//! - [`report`]: how large a report may be.
//! - [`sealed`]: secrets on their way to a node.
//! - [`subject`]: the subjects of the node protocol, each made in one place.
//!
//! Invariants: a dispatch that was changed, sent to another node, or is outside its time is refused,
//! whoever delivered it; the checks run in the order size, key, signature, addressee, time, document. Of key sets a
//! node trusts only newer ones than it has, of the root that it knows.

pub mod dispatch;
pub mod enrol;
pub mod inventory;
pub mod keys;
pub mod output;
pub mod report;
pub mod sealed;
pub mod subject;
