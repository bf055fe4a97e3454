//! Automation: runbooks, which do one step after the other, and change requests, which do so once they are approved; as AWS's
//! Automation and Change Manager.
//!
//! - Aggregate `execution`, by id: subject `reeve.evt.automation.execution.<id>`. Each of its steps is an event, and so is what
//!   people say about it.
//! - Aggregate `preview`, by id: subject `reeve.evt.automation.preview.<id>`. What a runbook would do, as somebody has asked.
//! - Reads: the events of documents; run-command's and notifications', for what came of commands and messages; calendars and change
//!   rules, which hold executions.
//! - Takes requests: `AutomationRequested`, a runbook that another service wants to be run, and
//!   `AutomationWithdrawalRequested`, the end of one that rules still hold; `ApprovalRequested`, something that
//!   people are to approve; `ApiCallAnswered`, what came of a call that a step asked for.
//! - Asks: run-command, notifications, and the gateway for calls of the API, on behalf of who started the execution.
//!
//! Invariants: what comes next is a pure function of an execution's events and the instant (`domain::engine`); what a step asks
//! for has an id that follows from the step's and the attempt, so that it is asked once; of an attempt that has ended nothing is
//! asked any more; the runbook that runs is the one that there was when it was started.

mod api;
pub mod domain;
mod projections;
mod reactors;
mod requests;
mod resuming;
mod starting;

use domain::{execution::Execution, preview::Preview};
use projections::DUE;
use reeve_authz::Authorizer;
use reeve_runtime::{Consumer, Operation, Service};
use std::sync::Arc;

/// As policies call an execution.
const KIND: &str = "AutomationExecution";

/// The service, for a host to run. Who may start the runbook of a child only it knows to ask.
pub fn service(authorizer: Arc<dyn Authorizer>) -> Service {
    let (asking, requested, signalled) = (authorizer.clone(), authorizer.clone(), authorizer.clone());
    let on_execution = |operation: Operation| operation.on(KIND, "AutomationExecutionId");
    let (asked, resuming) = (authorizer.clone(), authorizer.clone());
    let on_resumed =
        Operation::write("automation", "ResumeAutomationExecution").on(KIND, "automationExecutionId");
    let request = Operation::write("ssm", "StartChangeRequestExecution").on("Document", "DocumentName");
    let (previewing, going_on) = (authorizer.clone(), authorizer.clone());
    let preview = Operation::write("ssm", "StartExecutionPreview").on("Document", "DocumentName");
    let start = Operation::write("ssm", "StartAutomationExecution").on("Document", "DocumentName");
    Service::new("automation")
        .asks(&["gateway", "notifications", "run-command"])
        .aggregate::<Execution>()
        .aggregate::<Preview>()
        .projection(reeve_fleet::Documents::<projections::ContentRow>::default())
        .projection(projections::Commands)
        .projection(projections::Invocations)
        .projection(projections::Executions)
        .projection(projections::Steps)
        .projection(projections::Previews)
        .projection(projections::Settings)
        .projection(reeve_fleet::Parameters)
        .projection(reeve_fleet::Nodes)
        .projection(reeve_fleet::node_tags())
        .projection(reeve_fleet::Calendars)
        .projection(reeve_fleet::ChangeRules)
        .timer(DUE, reactors::fall_due)
        .reactor(Consumer::from_beginning("advance"), reactors::advance)
        // In order: what a step asked for is asked for before its end is.
        .reactor(Consumer::from_beginning("ask").in_order(), move |delivery| {
            reactors::ask(asking.clone(), delivery)
        })
        .reactor(Consumer::from_beginning("tell-parent"), reactors::tell_parent)
        .reactor(Consumer::from_now("go-on"), move |delivery| reactors::go_on(going_on.clone(), delivery))
        .reactor(Consumer::from_beginning("commands"), reactors::take_command)
        .reactor(Consumer::from_now("notifications"), reactors::take_notification)
        .reactor(Consumer::from_now("calendars"), reactors::follow_calendar)
        .reactor(Consumer::from_now("rules"), reactors::follow_rule)
        .request(move |request| requests::run(requested.clone(), request))
        .request(requests::approve)
        .request(requests::withdraw)
        .request(requests::take_answer)
        .operation(start, move |call| api::change::start(authorizer.clone(), call))
        .operation(on_resumed, move |call| api::change::resume(resuming.clone(), call))
        .operation(preview, move |call| api::preview::start(previewing.clone(), call))
        .operation(Operation::read("ssm", "GetExecutionPreview"), api::preview::get)
        .operation(request, move |call| api::request::start(asked.clone(), call))
        .operation(on_execution(Operation::write("ssm", "StopAutomationExecution")), api::change::stop)
        .operation(on_execution(Operation::write("ssm", "SendAutomationSignal")), move |call| {
            api::change::signal(signalled.clone(), call)
        })
        .operation(on_execution(Operation::read("ssm", "GetAutomationExecution")), api::read::get)
        .operation(Operation::read("ssm", "DescribeAutomationExecutions"), api::read::list)
        .operation(on_execution(Operation::read("ssm", "DescribeAutomationStepExecutions")), api::read::steps)
}
