//! Run Command: documents on nodes, at most once, always with an outcome.
//!
//! Aggregates, in the stream RUN_COMMAND:
//! - `command` (`reeve.evt.run-command.command.<id>`): what was sent to whom, and whose turn came when.
//! - `recall` (`reeve.evt.run-command.recall.<node>`): what a node ran before the log went back.
//! - `invocation` (`reeve.evt.run-command.invocation.<command>.<node>`): one command on one node.
//!
//! Reads: the events of documents, nodes (with the dispatch keys in force) and tags; the reports of nodes (stream NODE_REPORTS);
//! calendars and change rules, which hold commands. Asks: automation, for the approvals that rules demand.
//! Writes: node inboxes (stream NODE_INBOX), which no other service does.
//!
//! Invariants: no value of a secret is here, and which versions its nodes may ask for stands in the command's event; what change rules hold is sent once, when it is approved and its calendars are open, and as it was then asked for;
//! an invocation ends once, and nothing follows its end; targets are resolved once, when the
//! command is sent; of its invocations never more are on their way than MaxConcurrency allows, and none is
//! admitted once more errors than MaxErrors allows are known of; a dispatch is written once per command and node, after its event;
//! a report counts only for the node that the bus let publish it; what nobody reports on ends when its deadline
//! passes; what there is no key to sign with waits and is not lost.

mod api;
mod contents;
mod dispatch;
pub mod domain;
mod projections;
mod reactors;
mod requests;
mod sending;
mod signing;

pub use signing::Seeds;

use contents::Contents;
use dispatch::Dispatcher;
use projections::{DEADLINE_TIMER, ROLLOUT_TIMER};
use reeve_authz::Authorizer;
use reeve_jetstream::{
    rights::Rights,
    streams::{NODE_INBOX, NODE_OUTPUT, NODE_REPORTS},
};
use reeve_runtime::{Consumer, Operation, Service};
use sending::Sender;
use signing::Signing;
use std::sync::Arc;

/// What the service needs to know beyond its log.
#[derive(Clone)]
pub struct Config {
    /// The public root key, which signs the sets of dispatch keys.
    pub root_key: String,
    /// The seeds of dispatch keys, which sign what nodes run. Read again when a set names one that was not there.
    pub seeds: Seeds,
    /// Decides on each node that a command goes to: only here is it known which ones a tag means.
    pub authorizer: Arc<dyn Authorizer>,
}

/// It alone writes to nodes, and reads what their steps print.
fn rights() -> Rights {
    Rights::default().getting(NODE_INBOX).publishing("reeve.node.*.cmd.*").reading(NODE_OUTPUT)
}

/// Describes the service.
pub fn service(config: &Config) -> Service {
    let dispatcher = Dispatcher::new(Signing::new(config.root_key.clone(), config.seeds.clone()));
    let (rolling_out, reading) = (dispatcher.clone(), dispatcher.clone());
    let sender = Sender { authorizer: config.authorizer.clone(), contents: Contents::default() };
    let requested = sender.clone();
    let authorizer = || config.authorizer.clone();
    let (of_held, of_calendars, of_rules) = (authorizer(), authorizer(), authorizer());
    Service::new("run-command")
        .asks(&["automation"])
        .may(rights())
        .aggregate::<domain::command::SentCommand>()
        .aggregate::<domain::invocation::Invocation>()
        .aggregate::<domain::recall::Recall>()
        .projection(reeve_fleet::Documents::<projections::ContentRow>::default())
        .projection(reeve_fleet::Nodes)
        .projection(reeve_fleet::KeySets)
        .projection(reeve_fleet::node_tags())
        .projection(reeve_fleet::Calendars)
        .projection(reeve_fleet::ChangeRules)
        .projection(reeve_fleet::Parameters)
        .projection(projections::Commands)
        .projection(projections::Invocations)
        .timer(ROLLOUT_TIMER, move |due| reactors::roll_out(rolling_out.clone(), due))
        .timer(DEADLINE_TIMER, reactors::expire)
        .reactor(Consumer::from_beginning("command"), move |delivery| {
            reactors::command(dispatcher.clone(), delivery)
        })
        .reactor(Consumer::from_beginning("held").in_order(), move |delivery| {
            reactors::follow(of_held.clone(), delivery)
        })
        .reactor(Consumer::from_now("calendars"), move |delivery| {
            reactors::follow_calendar(of_calendars.clone(), delivery)
        })
        .reactor(Consumer::from_now("rules"), move |delivery| {
            reactors::follow_rule(of_rules.clone(), delivery)
        })
        .reactor(Consumer::from_now("approvals"), reactors::follow_approval)
        .reactor(Consumer::from_beginning("deregistration"), reactors::end_on_node)
        .inbox(
            Consumer::from_beginning("reports").concurrency(512),
            NODE_REPORTS,
            "reeve.report.*.status",
            reactors::report,
        )
        .inbox(
            Consumer::from_beginning("recalled"),
            NODE_REPORTS,
            "reeve.report.*.recalled",
            reactors::recall,
        )
        .request(move |request| requests::run(requested.clone(), request))
        .request(requests::cancel)
        .operation(Operation::write("ssm", "SendCommand").on("Document", "DocumentName"), move |call| {
            api::send::send(sender.clone(), call)
        })
        .operation(
            Operation::write("ssm", "CancelCommand").on("ManagedInstance", "InstanceIds"),
            api::cancel::cancel,
        )
        .operation(Operation::read("ssm", "ListCommands"), api::commands::list)
        .operation(
            Operation::read("ssm", "ListCommandInvocations").on("ManagedInstance", "InstanceId"),
            api::invocations::list,
        )
        .operation(
            Operation::read("ssm", "GetCommandInvocation").on("ManagedInstance", "InstanceId"),
            move |call| api::invocations::get(reading.clone(), call),
        )
        .operation(Operation::read("run-command", "DescribeHold"), api::hold::describe)
        .operation(
            Operation::read("run-command", "ReadOutput").on("ManagedInstance", "nodeId").live(),
            api::output::read,
        )
}
