//! Changes: the rules by which commands and runbooks wait, are refused, or are approved first.
//!
//! - Aggregate `rule`, by name: subject `reeve.evt.changes.rule.<name>`.
//! - Reads: the events of calendars, so that a rule names those that there are.
//!
//! The rules are held by who carries out what they are about: run-command and automation, from these events. Change requests are
//! executions of automation (ADR 57).
//!
//! Invariants: a rule says either that calendars hold, or that somebody approves, or both; an override is of one principal, ends
//! by itself and says why.

mod api;
pub mod domain;
mod shape;

use domain::ChangeRule;
use reeve_runtime::{Operation, Service};

const API: &str = "changes";
/// As policies call a rule.
const KIND: &str = "ChangeRule";

/// The service, for a host to run.
pub fn service() -> Service {
    let on_rule = |operation: Operation| operation.on(KIND, "name");
    Service::new("changes")
        .aggregate::<ChangeRule>()
        .projection(reeve_fleet::ChangeRules)
        .projection(reeve_fleet::Calendars)
        .operation(on_rule(Operation::write(API, "PutChangeRule")), api::put)
        .operation(on_rule(Operation::write(API, "DeleteChangeRule")), api::delete)
        .operation(on_rule(Operation::write(API, "OverrideChangeRule")), api::override_rule)
        .operation(Operation::read(API, "ListChangeRules"), api::list)
}
