//! Deciding: state from the views, one append with an expectation, and again when somebody was faster.

use crate::Handle;
use reeve_eventsourcing::{AggregateRef, Context, Decider, Envelope, Event, Position};
use reeve_jetstream::{Error as BusError, store};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// What a command led to.
#[derive(Clone, Debug)]
pub struct Executed<E> {
    /// The event; `None` when there was nothing new to say.
    pub event: Option<E>,
    /// Where the service's stream stood: reading from here on shows the outcome.
    pub position: Position,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<E: std::error::Error> {
    #[error("{0}")]
    Refused(E),
    #[error("{aggregate} {id} was changed by others {tries} times in a row")]
    Contended { aggregate: &'static str, id: String, tries: u32 },
    #[error(transparent)]
    Bus(BusError),
}

/// An aggregate as the views keep it: its state, and the sequence of its last event.
#[derive(Serialize, Deserialize)]
#[serde(bound = "S: Serialize + serde::de::DeserializeOwned")]
pub(crate) struct Folded<S> {
    pub sequence: u64,
    pub state: S,
}

pub(crate) fn state_table(aggregate: &str) -> String {
    format!("state/{aggregate}")
}

const TRIES: u32 = 16;

impl Handle {
    /// The state of an aggregate as the views have it; the default when it has no event yet.
    pub fn state<D: Decider>(&self, id: &str) -> D::State {
        self.folded::<D>(id).1
    }

    fn folded<D: Decider>(&self, id: &str) -> (Position, D::State) {
        let folded: Option<Folded<D::State>> = self.views().get(&state_table(D::AGGREGATE), id);
        folded.map_or_else(|| (Position(0), D::State::default()), |f| (Position(f.sequence), f.state))
    }

    /// Decides a command and appends its event; answers when the views hold it.
    ///
    /// # Errors
    /// [`ExecuteError::Refused`] with the domain's reason; the others when the bus or the competition is at fault.
    pub async fn execute<D: Decider>(
        &self,
        id: &str,
        command: D::Command,
        context: &Context,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Error>> {
        let aggregate = AggregateRef::new(self.service(), D::AGGREGATE, id);
        for attempt in 0..TRIES {
            let (expected, state) = self.folded::<D>(id);
            let decided = D::decide(&state, command.clone(), context).map_err(ExecuteError::Refused)?;
            let Some(event) = decided else {
                return Ok(Executed { event: None, position: expected });
            };
            let envelope = envelope_of(&aggregate, &event, context);
            match store::append(self.bus(), &envelope, expected).await {
                Ok(position) => {
                    self.views().wait_for(&self.inner.stream, position.0).await;
                    return Ok(Executed { event: Some(event), position });
                }
                Err(BusError::Conflict(_) | BusError::TimedOut { .. }) => {
                    let last = store::last(self.bus(), &self.inner.stream, &aggregate)
                        .await
                        .map_err(ExecuteError::Bus)?;
                    if let Some((position, last)) = last {
                        self.views().wait_for(&self.inner.stream, position.0).await;
                        if last.causation_id == context.command_id
                            && let Ok(event) = D::Event::decode(&last.schema, &last.data)
                        {
                            return Ok(Executed { event: Some(event), position });
                        }
                    }
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt))).await;
                }
                Err(error) => return Err(ExecuteError::Bus(error)),
            }
        }
        Err(ExecuteError::Contended { aggregate: D::AGGREGATE, id: id.to_owned(), tries: TRIES })
    }
}

fn envelope_of<E: Event>(aggregate: &AggregateRef, event: &E, context: &Context) -> Envelope {
    Envelope {
        // One command leads to one event of one aggregate: the id follows from both, so a retry writes the same.
        id: Uuid::new_v5(&context.command_id, aggregate.subject().as_bytes()),
        schema: event.schema().to_owned(),
        time: context.now,
        aggregate: aggregate.clone(),
        actor: context.actor.name.clone(),
        actor_source: context.actor.source.clone(),
        correlation_id: context.correlation_id,
        causation_id: context.command_id,
        traceparent: context.traceparent.clone(),
        data: event.encode(),
    }
}
