//! What services' kernels put into the queue becomes events.

use crate::domain::{Command, DeadLetter};
use reeve_contracts::dead_letters::DeadLetterRecorded;
use reeve_eventsourcing::Actor;
use reeve_jetstream::dead_letters::{REASON, RETRY_OF, SEQUENCE, SUBJECT};
use reeve_runtime::{HandlerError, InboxMessage};
use reeve_types::subject::unescape;

/// Records a dead letter, or what came of a retry. What carries no service's authentication code is passed over: a dead
/// letter that cannot be trusted must not become another one.
pub(crate) async fn record(inbox: InboxMessage) -> Result<(), HandlerError> {
    let (handle, message) = (&inbox.handle, &inbox.message);
    if let Err(error) = handle.bus().check_message(message) {
        tracing::error!(%error, sequence = inbox.sequence, "a dead letter is not trusted");
        return Ok(());
    }
    let tokens: Vec<&str> = message.subject.split('.').collect();
    let ["reeve", kind, service, handler] = tokens[..] else { return Ok(()) };
    let Some(handler) = unescape(handler) else { return Ok(()) };
    let header = |name| message.headers.get(name).unwrap_or_default().to_owned();
    let retry_of = header(RETRY_OF);
    let (number, command) = match kind {
        "dead-letter-resolved" => (retry_of, Command::Resolve),
        _ if !retry_of.is_empty() => (retry_of, Command::FailRetry { reason: header(REASON) }),
        _ => {
            let number = inbox.sequence.to_string();
            let recorded = DeadLetterRecorded {
                number: number.clone(),
                service: service.to_owned(),
                handler,
                subject: header(SUBJECT),
                sequence: header(SEQUENCE).parse().unwrap_or_default(),
                reason: header(REASON),
            };
            (number, Command::Record(Box::new(recorded)))
        }
    };
    handle.execute::<DeadLetter>(&number, command, &inbox.context(Actor::service(service))).await?;
    Ok(())
}
