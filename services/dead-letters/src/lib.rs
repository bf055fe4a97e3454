//! Dead letters: what the handlers of all services gave up on, and what an operator does about it.
//!
//! - Aggregate `dead-letter`, by its number in the stream DEAD_LETTER_QUEUE: subject
//!   `reeve.evt.dead-letters.dead-letter.<number>`. Events `DeadLetterRecorded`, `DeadLetterRetried`,
//!   `DeadLetterRetryFailed`, `DeadLetterResolved`, `DeadLetterDiscarded`.
//! - Reads: the stream DEAD_LETTER_QUEUE, in which the services' kernels put what they gave up on, and which of it a
//!   retry handled after all. The messages themselves stay there.
//! - Asks: the service whose handler gave up, to try once more (`DeadLetterRetryRequested`).
//!
//! Invariants: a letter that is retried is not retried again before that has ended; one that was resolved or discarded
//! stays so; nothing but an operator's decision retries or discards one.

mod api;
mod domain;
mod inbox;
mod projections;
mod reactors;

pub use domain::{Command, DeadLetter, Error, State, Status};

use reeve_jetstream::streams::DEAD_LETTER_QUEUE;
use reeve_runtime::{Consumer, Gauges, Handle, Operation, Service};

/// The service, for a host to run.
pub fn service() -> Service {
    let (queue, every) = (Consumer::from_beginning("queue").in_order(), "reeve.*.*.*");
    Service::new("dead-letters")
        .asks(&["*"])
        .aggregate::<DeadLetter>()
        .gauges(waiting)
        .projection(projections::DeadLetters)
        .inbox(queue, DEAD_LETTER_QUEUE, every, inbox::record)
        .reactor(Consumer::from_beginning("retry"), reactors::retry)
        .operation(Operation::read("dead-letters", "ListDeadLetters"), api::list)
        .operation(Operation::read("dead-letters", "GetDeadLetter").on("DeadLetter", "number"), api::get)
        .operation(Operation::write("dead-letters", "RetryDeadLetter").on("DeadLetter", "number"), api::retry)
        .operation(
            Operation::write("dead-letters", "DiscardDeadLetter").on("DeadLetter", "number"),
            api::discard,
        )
}

/// How many wait.
fn waiting(handle: &Handle) -> Gauges {
    let count = handle.views().get::<u64>(projections::COUNTS, projections::UNSETTLED).unwrap_or_default();
    let values = vec![(Vec::new(), count)];
    Gauges {
        name: "reeve.dead.letters",
        description: "Messages that handlers gave up on, and that nobody has settled.",
        values,
    }
}
