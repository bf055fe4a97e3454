//! Rules: what is done when an event matches a pattern, as EventBridge's.
//!
//! Aggregates, in the stream RULES:
//! - `rule` (`reeve.evt.rules.rule.<name>`): its pattern, its schedule, its targets, whether it is enabled, and each instant at
//!   which it fired.
//! - `match` (`reeve.evt.rules.match.<rule>.<event id>`): an event that matched, or the one that a schedule makes, and what was
//!   asked for because of it.
//!
//! Reads: the events of every service but its own, as they are stored. Asks opscenter for OpsItems, incidents for
//! incidents, run-command for commands, automation for runbooks and notifications for messages, on behalf of whoever has put the
//! target: whether that one may is decided there.
//!
//! Invariants: a rule and an event are one match, however often the event is delivered; a rule acts on no event from
//! before this service was there; an instant of a schedule fires once, and one that has passed unseen for longer than
//! [`schedule::MAX_LATE_MS`] is recorded as missed; what cannot be decided is a dead letter, never a match and never silence; a chain of rules that set
//! one another off ends at [`matching::MAX_DEPTH`], with an event that says so.

mod api;
mod backtest;
mod book;
pub mod domain;
mod projections;
mod reactors;

pub use book::{Book, Compiled};
pub use domain::{matching, rule, schedule};
pub use reeve_event_json::Place;

use book::Books;
use reeve_jetstream::{rights::Rights, streams};
use reeve_runtime::{Consumer, Operation, Service};
use std::sync::Arc;

/// What the service needs to know of its installation.
pub struct Config {
    /// The services whose events rules are about.
    pub services: Vec<&'static str>,
    pub place: Place,
}

/// The API whose operations most of these are.
const API: &str = "events";
/// Ours.
const OWN_API: &str = "rules";

/// A rule is tried on events that are there already.
fn rights(services: &[&'static str]) -> Rights {
    services.iter().fold(Rights::default(), |rights, service| rights.reading(streams::of_service(service)))
}

/// The service, for a host to run.
pub fn service(config: Config) -> Service {
    let (books, place) = (Arc::new(Books::default()), Arc::new(config.place));
    let services: Vec<&'static str> = config.services.into_iter().filter(|name| *name != "rules").collect();
    let (looked_at, of_backtests) = (services.clone(), place.clone());
    let service = Service::new("rules")
        .asks(&["automation", "incidents", "notifications", "opscenter", "run-command"])
        .may(rights(&services))
        .aggregate::<rule::Rule>()
        .aggregate::<matching::Match>()
        .projection(projections::Rules)
        .projection(projections::Matches)
        .reactor_to_all(&looked_at, &Consumer::from_now("look"), move |delivery| {
            reactors::look(books.clone(), place.clone(), delivery)
        })
        .timer(projections::FIRE, reactors::fire)
        .reactor(Consumer::from_beginning("fired"), reactors::match_firing)
        .reactor(Consumer::from_beginning("ask"), reactors::ask)
        .operation(Operation::read(OWN_API, "ListSchedules"), api::schedules::list)
        .operation(Operation::read(OWN_API, "ListMatches").on("Rule", "rule"), api::matches::list)
        .operation(Operation::read(OWN_API, "BacktestRule").on("Rule", "rule").live(), move |call| {
            backtest::backtest(services.clone(), of_backtests.clone(), call)
        });
    operations(service)
}

fn operations(service: Service) -> Service {
    let named = |operation: Operation| operation.on("Rule", "Name");
    let of_rule = |operation: Operation| operation.on("Rule", "Rule");
    service
        .operation(named(Operation::write(API, "PutRule")), api::rules::put)
        .operation(named(Operation::read(API, "DescribeRule")), api::rules::describe)
        .operation(Operation::read(API, "ListRules"), api::rules::list)
        .operation(named(Operation::write(API, "DeleteRule")), api::rules::delete)
        .operation(named(Operation::write(API, "EnableRule")), api::rules::enable)
        .operation(named(Operation::write(API, "DisableRule")), api::rules::disable)
        .operation(of_rule(Operation::write(API, "PutTargets")), api::targets::put)
        .operation(of_rule(Operation::write(API, "RemoveTargets")), api::targets::remove)
        .operation(of_rule(Operation::read(API, "ListTargetsByRule")), api::targets::list)
        .operation(Operation::read(API, "ListRuleNamesByTarget"), api::rules::names_by_target)
        .operation(
            Operation::read(API, "ListTagsForResource").on("Rule", "ResourceARN"),
            api::rules::list_tags,
        )
        .operation(Operation::read(API, "TestEventPattern"), api::test_pattern::test)
}
