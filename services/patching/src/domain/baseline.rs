//! A baseline: what of the available patches is approved.

pub use reeve_contracts::patching::BaselineEvent;
use reeve_contracts::patching::{BaselineCreated, BaselineDeleted, BaselineUpdated};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// What may be asked of a baseline. `baseline_json` is the AWS-shaped one; whoever asks has checked it.
#[derive(Clone, Debug)]
pub enum Command {
    Create { baseline_id: String, baseline_json: String },
    Update { baseline_json: String },
    Delete,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such patch baseline")]
    Unknown,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none.
    pub baseline_id: String,
    baseline_json: String,
}

/// The aggregate.
pub struct Baseline;

impl Decider for Baseline {
    type Command = Command;
    type Event = BaselineEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<BaselineEvent>, Error> {
        let (baseline_id, exists) = (state.baseline_id.clone(), !state.baseline_id.is_empty());
        Ok(match command {
            // Its id is made for it: the same one again is a repeat.
            Command::Create { .. } if exists => None,
            Command::Create { baseline_id, baseline_json } => {
                Some(BaselineEvent::BaselineCreated(BaselineCreated { baseline_id, baseline_json }))
            }
            Command::Update { .. } if !exists => return Err(Error::Unknown),
            Command::Update { baseline_json } if baseline_json == state.baseline_json => None,
            Command::Update { baseline_json } => {
                Some(BaselineEvent::BaselineUpdated(BaselineUpdated { baseline_id, baseline_json }))
            }
            Command::Delete => {
                exists.then_some(BaselineEvent::BaselineDeleted(BaselineDeleted { baseline_id }))
            }
        })
    }

    fn evolve(_: State, event: &BaselineEvent) -> State {
        let (id, json) = match event {
            BaselineEvent::BaselineCreated(e) => (&e.baseline_id, &e.baseline_json),
            BaselineEvent::BaselineUpdated(e) => (&e.baseline_id, &e.baseline_json),
            BaselineEvent::BaselineDeleted(_) => return State::default(),
        };
        State { baseline_id: id.clone(), baseline_json: json.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn it_is_made_changed_and_deleted() {
        let created = BaselineEvent::BaselineCreated(BaselineCreated {
            baseline_id: "pb-1".into(),
            baseline_json: "{}".into(),
        });
        let create = Command::Create { baseline_id: "pb-1".into(), baseline_json: "{}".into() };
        given::<Baseline>([]).when(create.clone()).then(created.clone());
        given::<Baseline>([created.clone()]).when(create).then_nothing();
        let update = |json: &str| Command::Update { baseline_json: json.into() };
        given::<Baseline>([created.clone()]).when(update("{}")).then_nothing();
        given::<Baseline>([created.clone()]).when(update("[]")).then(BaselineEvent::BaselineUpdated(
            BaselineUpdated { baseline_id: "pb-1".into(), baseline_json: "[]".into() },
        ));
        given::<Baseline>([]).when(update("[]")).then_refused(Error::Unknown);
        let deleted = BaselineEvent::BaselineDeleted(BaselineDeleted { baseline_id: "pb-1".into() });
        given::<Baseline>([created.clone()]).when(Command::Delete).then(deleted.clone());
        given::<Baseline>([created, deleted]).when(Command::Delete).then_nothing();
    }
}
