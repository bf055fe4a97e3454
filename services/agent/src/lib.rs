//! The agent: on every node, runs what the control plane signed, and says what happened.
//!
//! - `options`: how it is started; `agent`: what its parts share; [`run()`]: putting them together; `files`: private files.
//! - [`addresses`]: where the bus is.
//! - [`identity`]: who this node is; enrolment with an activation.
//! - [`keys`]: whose dispatches it runs: the newest set of keys that it was given.
//! - [`ledger`]: what was accepted, begun and ended, and the reports that the bus has not acknowledged.
//! - [`inbox`]: dispatches in order, from the live subject and by Direct Get.
//! - [`timeline`]: whether the log went back.
//! - [`work`]: executing them, a few at a time, and cancelling them.
//! - [`outbox`]: reports, in order, until acknowledged.
//! - [`output`]: what steps print, to the bus, numbered and in order.
//! - [`inventory`]: what this machine has. [`patch`]: what of its packages is to be updated, and updating it.
//! - [`upkeep`]: forgetting what is old.
//! - [`update`]: replacing this program by another version of it.
//! - [`install`]: the agent as a service of its machine, and its end.
//! - [`failpoint`]: where a fault test lets the agent die.
//! - [`admission`]: whether of all agents with this identity this one works; [`machine`]: which machine this is.
//! - [`presence`]: introductions and heartbeats.
//! - [`trust`]: whom its HTTPS clients trust. [`proxy`]: the proxy that an HTTP request goes through, for errors.
//! - [`execute`]: the document's steps themselves.
//!
//! Invariants: nothing is begun before its INTENT is on disk; what was begun and has no outcome after a
//! restart is `Interrupted` and never begun again; a dispatch counts only when its signature, addressee
//! and time hold, whoever delivered it; from a set of keys it goes to a newer one only, also across restarts; nothing is
//! begun, and nothing reported, before the control plane has said that this agent is the node; a report
//! is deleted only when the bus has acknowledged it (the report of a start also when its command's outcome takes its
//! place).

mod addresses;
mod admission;
mod agent;
pub mod execute;
mod failpoint;
mod files;
pub mod identity;
mod inbox;
mod install;
mod inventory;
mod keys;
mod ledger;
pub mod local_policy;
mod machine;
mod options;
mod outbox;
mod output;
mod patch;
mod platform;
mod presence;
pub mod proxy;
mod run;
mod timeline;
pub mod trust;
mod update;
mod upkeep;
mod work;

pub use execute::supervisor;
pub use install::UNIT;
pub use options::Options;
pub use outbox::START_REPORT_DELAY;
pub use run::{Error, run};
