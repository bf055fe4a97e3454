//! CloudEvents over NATS, on `reeve.ingest.<source>`: stored first, then acknowledged to who asked.
//!
//! The subject says whose event it is: the bus lets nobody else send there. Who asked for an answer is told what was wrong; a
//! message of somebody who did not becomes a dead letter.

use crate::{cloud_event::CloudEvent, cloud_events, domain::Unacceptable, source::Source};
use reeve_contracts::ingest::CloudEventReceived;
use reeve_eventsourcing::{Actor, Context};
use reeve_jetstream::{
    Headers,
    calls::INGEST_SUBJECT,
    dead_letters::{self, DeadLetter},
};
use reeve_runtime::{ClientAnswer, ClientMessage};
use reeve_types::Timestamp;
use serde_json::{Value, json};

/// As over HTTP: the event has to fit into a message of the bus with what is around it.
const MAX_BODY_BYTES: usize = 640 * 1024;
/// What gives up on messages, as dead letters name it.
const HANDLER: &str = "publish";

/// Why an event was not taken.
struct Refusal {
    status: u16,
    /// Which field is wrong; empty when none is.
    field: String,
    message: String,
}

impl From<Unacceptable> for Refusal {
    fn from(error: Unacceptable) -> Self {
        Self { status: 400, message: format!("{error}."), field: error.field }
    }
}

pub(crate) async fn publish(sent: ClientMessage) -> ClientAnswer {
    match take(&sent).await {
        Ok(id) => answer(200, &json!({"id": id})),
        Err(refusal) => {
            if !sent.is_request() {
                put_aside(&sent, &refusal).await;
            }
            answer(refusal.status, &json!({"message": refusal.message, "field": refusal.field}))
        }
    }
}

fn answer(status: u16, body: &Value) -> ClientAnswer {
    let headers = Headers::default().with("status", status.to_string());
    ClientAnswer { headers, data: body.to_string().into() }
}

/// Stores an event; answers its id.
async fn take(sent: &ClientMessage) -> Result<String, Refusal> {
    let (handle, message) = (&sent.handle, &sent.message);
    let sender = message.subject.strip_prefix(INGEST_SUBJECT).and_then(|rest| rest.strip_prefix('.'));
    let sender = sender.unwrap_or_default();
    if handle.state::<Source>(sender).token_hash.is_empty() {
        let message = format!("There is no source {sender:?}.");
        return Err(Refusal { status: 403, field: String::new(), message });
    }
    if message.data.len() > MAX_BODY_BYTES {
        let problem = format!("has {} bytes: at most {MAX_BODY_BYTES} are taken", message.data.len());
        return Err(Unacceptable { field: "The body".to_owned(), problem }.into());
    }
    let headers: Vec<(String, String)> =
        message.headers.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let event = cloud_events::over_nats(&headers, &message.data)?;
    let (id, of) = (event.id.clone(), format!("{sender}/{}", event.identity));
    let actor = Actor { name: format!("source:{sender}"), source: "nats".to_owned() };
    let context = Context { actor, ..handle.context(Timestamp::now()) };
    let event = CloudEventReceived { sender: sender.to_owned(), ..event };
    match handle.execute::<CloudEvent>(&of, event, &context).await {
        Ok(_) => Ok(id),
        Err(error) => Err(Refusal { status: 503, field: String::new(), message: error.to_string() }),
    }
}

async fn put_aside(sent: &ClientMessage, refusal: &Refusal) {
    let handle = &sent.handle;
    let letter = DeadLetter {
        service: handle.service(),
        handler: HANDLER,
        sequence: 0,
        message: &sent.message,
        reason: &refusal.message,
        retry: None,
    };
    if let Err(error) = dead_letters::store(handle.bus(), &letter).await {
        let subject = sent.message.subject.as_str();
        tracing::error!(subject, %error, "an event that nobody waits for is lost, and no dead letter tells of it");
    }
}
