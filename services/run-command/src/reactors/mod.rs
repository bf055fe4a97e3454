//! What happens next: admissions and dispatches, cancellations, outcomes from reports, ends by deadline, or with the node.

mod cancellation;
mod deadline;
mod deregistration;
mod dispatches;
mod held;
mod recall;
mod report;
mod rollout;

pub use deadline::expire;
pub use deregistration::end_on_node;
pub use held::{follow, follow_approval, follow_calendar, follow_rule};
pub use recall::recall;
pub use report::report;
pub use rollout::roll_out;

use crate::{
    dispatch::Dispatcher,
    domain::{
        command::{CommandEvent, SentCommand},
        invocation::{self, Command, Invocation, InvocationCommand},
    },
    projections::{INVOCATIONS, InvocationRow},
};
use futures::{TryStreamExt, stream};
use reeve_contracts::run_command::{CommandSent, InvocationFinished};
use reeve_eventsourcing::Context;
use reeve_runtime::{Delivery, Handle, HandlerError};
use reeve_types::Timestamp;
use std::sync::Arc;

/// As many invocations of one command are decided on at a time; the event log commits them in groups.
const MAX_CONCURRENT_DELIVERIES: usize = 256;

/// What follows the events of a command: its dispatches are written, its cancellation is carried out.
pub async fn command(dispatcher: Dispatcher, delivery: Delivery<CommandEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        CommandEvent::InvocationsDispatched(event) => dispatches::write(&dispatcher, &delivery, event).await,
        CommandEvent::CommandCancelRequested(event) => {
            cancellation::carry_out(&dispatcher, &delivery, event).await
        }
        CommandEvent::TargetsListed(_)
        | CommandEvent::CommandHeld(_)
        | CommandEvent::CommandApproved(_)
        | CommandEvent::CommandSent(_)
        | CommandEvent::CommandRefused(_)
        | CommandEvent::CommandFinished(_) => Ok(()),
    }
}

fn invocation_command(command_id: &str, node_id: &str, command: Command) -> InvocationCommand {
    InvocationCommand { command_id: command_id.to_owned(), node_id: node_id.to_owned(), command }
}

fn invocation_row(handle: &Handle, command_id: &str, node_id: &str) -> Option<Arc<InvocationRow>> {
    handle.views().look(INVOCATIONS, &invocation::id(command_id, node_id))
}

/// The invocations of a command that have not ended.
fn open(
    handle: &Handle,
    command: &str,
    which: impl Fn(&InvocationRow) -> bool,
) -> Vec<(String, InvocationRow)> {
    let keep = |_: &str, row: &InvocationRow| !row.ended() && which(row);
    handle.views().filter(INVOCATIONS, &format!("{command}/"), None, usize::MAX, keep).rows
}

/// A context of what happens because of a command: it belongs to the same chain.
fn about(handle: &Handle, command: &str, mut context: Context) -> Context {
    if let Some(id) = handle.correlation_of::<SentCommand>(command) {
        context.correlation_id = id;
    }
    context
}

/// When the time for delivery is over: its execution has the rest of the command's time. A command that was held has all of it from
/// its release on.
fn delivery_ends(sent: &CommandSent) -> Timestamp {
    Timestamp(sent.expires_ms).plus_seconds(-i64::from(sent.execution_timeout_seconds))
}

/// Ends invocations of which no node reports the outcome.
async fn end_all(
    handle: &Handle,
    ends: Vec<InvocationFinished>,
    context: &Context,
) -> Result<(), HandlerError> {
    let each = stream::iter(ends.into_iter().map(Ok::<_, HandlerError>));
    each.try_for_each_concurrent(MAX_CONCURRENT_DELIVERIES, |end| async move {
        let (command, node) = (end.command_id.clone(), end.node_id.clone());
        let context = context.derived(&format!("end/{node}"));
        let finish = invocation_command(&command, &node, Command::Finish(Box::new(end)));
        handle.execute::<Invocation>(&invocation::id(&command, &node), finish, &context).await?;
        Ok(())
    })
    .await
}
