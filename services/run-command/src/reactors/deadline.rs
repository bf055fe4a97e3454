//! Ends by deadline.

use super::{end_all, open};
use crate::domain::{command::SentCommand, invocation::UnreportedEnd};
use reeve_runtime::{DueTimer, HandlerError};
use reeve_types::Timestamp;

/// Invocations whose total time is over and that nobody reported on end as `DeliveryTimedOut`.
pub async fn expire(due: DueTimer) -> Result<(), HandlerError> {
    let (handle, command, now) = (&due.handle, due.key.as_str(), Timestamp::now());
    let ends = open(handle, command, |_| true).into_iter().map(|(_, row)| {
        let message = match row.started {
            Some(_) => "The node began the command and told no outcome before the command expired.",
            None => "No outcome arrived before the command expired.",
        };
        UnreportedEnd::DeliveryTimedOut.end(command, &row.node_id, now, message)
    });
    end_all(handle, ends.collect(), &due.context_of::<SentCommand>("expire", command)).await
}
