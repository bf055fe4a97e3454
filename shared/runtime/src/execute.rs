//! Deciding: state from the views, one append with an expectation, and again when somebody was faster.

use crate::Handle;
use reeve_eventsourcing::{AggregateRef, Context, Decider, Envelope, Event, Position};
use reeve_jetstream::{Error as BusError, follow::last_matching, store};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, time::Duration};
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
    #[error("{aggregate} {id} was changed by others {attempts} times in a row")]
    Contended { aggregate: &'static str, id: String, attempts: u32 },
    #[error(transparent)]
    Bus(BusError),
    #[error("an id of {0} bytes is too long: written as a subject it may have {MAX_SUBJECT_BYTES} bytes")]
    Id(usize),
    #[error("nothing can be changed as of {0}, which is in the past")]
    ReadOnly(Timestamp),
}

/// The bus ends the connection of who sends a line of more than 4,096 bytes: a subject, the one for the answer, and two
/// numbers.
const MAX_SUBJECT_BYTES: usize = 3_500;

/// An aggregate as the views keep it: its state, where its subject stands, and what its last events
/// were caused by.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(bound = "S: Serialize + serde::de::DeserializeOwned")]
pub(crate) struct Folded<S> {
    /// The sequence of the last message on its subject: an event, or what was passed over as none.
    pub sequence: u64,
    pub state: S,
    /// The correlation id of its last event.
    pub correlation: Uuid,
    causes: VecDeque<(Uuid, u64)>,
}

/// As many causes as an aggregate remembers. A second delivery comes soon after the first; between the two
/// others have changed the same aggregate a few times at most.
const REMEMBERED_CAUSES: usize = 8;

impl<S> Folded<S> {
    /// Takes in an event that leads to `state`.
    pub fn take(&mut self, sequence: u64, envelope: &Envelope, state: S) {
        self.causes.push_back((envelope.causation_id, sequence));
        self.correlation = envelope.correlation_id;
        if self.causes.len() > REMEMBERED_CAUSES {
            self.causes.pop_front();
        }
        (self.sequence, self.state) = (sequence, state);
    }

    /// Where the event stands that a command led to already.
    fn decided(&self, command: Uuid) -> Option<Position> {
        self.causes.iter().find(|(cause, _)| *cause == command).map(|(_, sequence)| Position(*sequence))
    }
}

pub(crate) fn state_table(aggregate: &str) -> String {
    format!("state/{aggregate}")
}

/// As often somebody else may be faster.
const MAX_ATTEMPTS: u32 = 16;

impl Handle {
    /// The state of an aggregate as the views have it; the default when it has no event yet.
    pub fn state<D: Decider>(&self, id: &str) -> D::State {
        self.folded::<D>(id).state
    }

    /// The correlation id of an aggregate's last event, for what follows from it at a later instant; `None` when it has no event.
    pub fn correlation_of<D: Decider>(&self, id: &str) -> Option<Uuid> {
        let correlation = self.folded::<D>(id).correlation;
        (!correlation.is_nil()).then_some(correlation)
    }

    fn folded<D: Decider>(&self, id: &str) -> Folded<D::State> {
        self.views().get(&state_table(D::AGGREGATE), id).unwrap_or_default()
    }

    /// Decides a command and appends its event; answers when the views hold it. A command that led to an
    /// event already, in an earlier delivery or a try whose answer was lost, is answered with that event. That there is
    /// nothing to say, or a reason to refuse, is decided on all that the log held of the aggregate when this was called.
    ///
    /// # Errors
    /// [`ExecuteError::Refused`] with the domain's reason; the others when the bus or the competition is at fault.
    pub async fn execute<D: Decider>(
        &self,
        id: &str,
        command: D::Command,
        context: &Context,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Error>> {
        if let Some(at) = self.inner.as_of {
            return Err(ExecuteError::ReadOnly(at));
        }
        let aggregate = AggregateRef::of::<D::Event>(id);
        if aggregate.subject().len() > MAX_SUBJECT_BYTES {
            return Err(ExecuteError::Id(id.len()));
        }
        let (mut unanswered, mut seen) = (0, 0);
        for attempt in 0..MAX_ATTEMPTS {
            let folded = self.folded::<D>(id);
            if let Some(position) = folded.decided(context.command_id) {
                let event = self.event_at(position).await.map_err(ExecuteError::Bus)?;
                return Ok(Executed { event, position });
            }
            let expected = Position(folded.sequence);
            let event = match D::decide(&folded.state, command.clone(), context) {
                Ok(Some(event)) => event,
                // An append would show that these views are behind, and this is none: of two replicas the other may know more.
                nothing => {
                    let last = self.last_of(&aggregate).await?;
                    // What these views have passed over, because this release cannot read it, will not come.
                    if last <= folded.sequence.max(seen) {
                        nothing.map_err(ExecuteError::Refused)?;
                        return Ok(Executed { event: None, position: expected });
                    }
                    self.views().wait_for(&self.inner.stream, last).await;
                    seen = last;
                    continue;
                }
            };
            let envelope = Envelope::of(&aggregate, &event, context);
            match store::append(self.bus(), &envelope, expected).await {
                Ok(position) => {
                    self.views().wait_for(&self.inner.stream, position.0).await;
                    return Ok(Executed { event: Some(event), position });
                }
                // A bus that answers everything but this does not get it stored: its caller is told in time.
                Err(error @ BusError::TimedOut { .. }) if unanswered > 0 => {
                    return Err(ExecuteError::Bus(error));
                }
                Err(error @ (BusError::Conflict(_) | BusError::TimedOut { .. })) => {
                    unanswered += u32::from(matches!(error, BusError::TimedOut { .. }));
                    // Whether it was another's or our own earlier try that landed: the next look tells.
                    let last = self.last_of(&aggregate).await?;
                    self.views().wait_for(&self.inner.stream, last).await;
                    // The first time at once: a timer would cost a millisecond.
                    if attempt > 0 {
                        tokio::time::sleep(Duration::from_millis(u64::from(attempt))).await;
                    }
                }
                Err(error) => return Err(ExecuteError::Bus(error)),
            }
        }
        Err(ExecuteError::Contended { aggregate: D::AGGREGATE, id: id.to_owned(), attempts: MAX_ATTEMPTS })
    }

    /// The sequence of the last message on an aggregate's subject.
    async fn last_of<E: std::error::Error>(&self, aggregate: &AggregateRef) -> Result<u64, ExecuteError<E>> {
        let last = last_matching(self.bus(), &self.inner.stream, &aggregate.subject()).await;
        last.map_err(ExecuteError::Bus)
    }

    /// An event of this service; `None` when it is one that this release cannot read.
    ///
    /// # Errors
    /// When the bus does not answer, or there is no event at that position.
    pub async fn event_at<E: Event>(&self, position: Position) -> Result<Option<E>, BusError> {
        let envelope = store::at(self.bus(), &self.inner.stream, position).await?;
        Ok(E::decode(&envelope.schema, &envelope.data).ok())
    }
}
