//! The agent: on every node, runs what the control plane signed, and says what happened.
//!
//! - [`identity`]: who this node is; enrolment with an activation.
//! - [`ledger`]: what was accepted, begun and ended, and the reports that the bus has not acknowledged.
//! - [`inbox`]: dispatches in order, from the live subject and by Direct Get.
//! - [`work`]: executing them, a few at a time, and cancelling them.
//! - [`outbox`]: reports, in order, until acknowledged.
//! - [`presence`]: introductions and heartbeats.
//! - [`execute`]: the document's steps themselves.
//!
//! Invariants: nothing is begun before its INTENT is on disk; what was begun and has no outcome after a
//! restart is `Interrupted` and never begun again; a dispatch counts only when its signature, addressee
//! and time hold, whoever delivered it; a report is deleted only when the bus has acknowledged it.

pub mod execute;
pub mod identity;
mod inbox;
mod ledger;
mod outbox;
mod platform;
mod presence;
mod run;
mod work;

pub use run::{Error, Options, SOON, run};
