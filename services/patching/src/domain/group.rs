//! Which baseline a patch group has for one operating system.

pub use reeve_contracts::patching::PatchGroupEvent;
use reeve_contracts::patching::{BaselineDeregisteredForGroup, BaselineRegisteredForGroup};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// What may be asked of a patch group.
#[derive(Clone, Debug)]
pub enum Command {
    Register { operating_system: String, patch_group: String, baseline_id: String },
    Deregister { baseline_id: String },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("Patch Group baseline already has a baseline registered for OperatingSystem {0}")]
    Registered(String),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    operating_system: String,
    patch_group: String,
    /// Empty: none.
    pub baseline_id: String,
}

/// The aggregate's id.
pub fn id(operating_system: &str, patch_group: &str) -> String {
    format!("{operating_system}/{patch_group}")
}

/// The aggregate.
pub struct PatchGroup;

impl Decider for PatchGroup {
    type Command = Command;
    type Event = PatchGroupEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<PatchGroupEvent>, Error> {
        Ok(match command {
            Command::Register { baseline_id, .. } if baseline_id == state.baseline_id => None,
            Command::Register { operating_system, .. } if !state.baseline_id.is_empty() => {
                return Err(Error::Registered(operating_system));
            }
            Command::Register { operating_system, patch_group, baseline_id } => {
                let registered = BaselineRegisteredForGroup { operating_system, patch_group, baseline_id };
                Some(PatchGroupEvent::BaselineRegisteredForGroup(registered))
            }
            Command::Deregister { baseline_id } => (baseline_id == state.baseline_id).then(|| {
                let (operating_system, patch_group) =
                    (state.operating_system.clone(), state.patch_group.clone());
                let gone = BaselineDeregisteredForGroup { operating_system, patch_group, baseline_id };
                PatchGroupEvent::BaselineDeregisteredForGroup(gone)
            }),
        })
    }

    fn evolve(_: State, event: &PatchGroupEvent) -> State {
        match event {
            PatchGroupEvent::BaselineRegisteredForGroup(e) => State {
                operating_system: e.operating_system.clone(),
                patch_group: e.patch_group.clone(),
                baseline_id: e.baseline_id.clone(),
            },
            PatchGroupEvent::BaselineDeregisteredForGroup(_) => State::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn a_group_has_one_baseline_for_a_system() {
        let (operating_system, patch_group) = ("UBUNTU".to_owned(), "web".to_owned());
        let register = |id: &str| Command::Register {
            operating_system: operating_system.clone(),
            patch_group: patch_group.clone(),
            baseline_id: id.into(),
        };
        let registered = PatchGroupEvent::BaselineRegisteredForGroup(BaselineRegisteredForGroup {
            operating_system: operating_system.clone(),
            patch_group: patch_group.clone(),
            baseline_id: "a".into(),
        });
        given::<PatchGroup>([]).when(register("a")).then(registered.clone());
        given::<PatchGroup>([registered.clone()]).when(register("a")).then_nothing();
        given::<PatchGroup>([registered.clone()])
            .when(register("b"))
            .then_refused(Error::Registered("UBUNTU".into()));
        let deregister = |id: &str| Command::Deregister { baseline_id: id.into() };
        given::<PatchGroup>([registered.clone()]).when(deregister("b")).then_nothing();
        let gone = PatchGroupEvent::BaselineDeregisteredForGroup(BaselineDeregisteredForGroup {
            operating_system: operating_system.clone(),
            patch_group: patch_group.clone(),
            baseline_id: "a".into(),
        });
        given::<PatchGroup>([registered.clone()]).when(deregister("a")).then(gone.clone());
        given::<PatchGroup>([registered.clone(), gone]).when(register("a")).then(registered);
    }
}
