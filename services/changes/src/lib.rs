//! Changes: the rules by which commands and runbooks wait, are refused, or are approved first.
//!
//! - Aggregate `rule`, by name: subject `reeve.evt.changes.rule.<name>`.
//! - Reads: the events of calendars, documents and principals, so that a rule names those that there are.
//!
//! The rules are held by who carries out what they are about: run-command and automation, from these events. Change requests are
//! executions of automation (ADR 57).
//!
//! Invariants: a rule says either that calendars hold, or that somebody approves, or both; an override is of one principal or of one
//! thing that waits, ends by itself and says why.

mod api;
pub mod domain;
mod shape;

use domain::ChangeRule;
use reeve_authz::Authorizer;
use reeve_contracts::documents::Version;
use reeve_fleet::Content;
use reeve_runtime::{Operation, Service};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const API: &str = "changes";
/// As policies call a rule.
const KIND: &str = "ChangeRule";

/// Of documents the service knows that there are some.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct NoContent;

impl Content for NoContent {
    const VERSION: u32 = 1;

    fn of(_: &str, _: &Version) -> Self {
        Self
    }
}

/// The service, for a host to run. The authorizer knows who there is.
pub fn service(authorizer: Arc<dyn Authorizer>) -> Service {
    let on_rule = |operation: Operation| operation.on(KIND, "name");
    Service::new("changes")
        .aggregate::<ChangeRule>()
        .projection(reeve_fleet::ChangeRules)
        .projection(reeve_fleet::Calendars)
        .projection(reeve_fleet::Documents::<NoContent>::default())
        .operation(on_rule(Operation::write(API, "PutChangeRule")), move |call| {
            api::put(authorizer.clone(), call)
        })
        .operation(on_rule(Operation::write(API, "DeleteChangeRule")), api::delete)
        .operation(on_rule(Operation::write(API, "OverrideChangeRule")), api::override_rule)
        .operation(Operation::read(API, "ListChangeRules"), api::list)
}
