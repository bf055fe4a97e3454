//! A roll-out: nodes are patched in waves, one after the other, and it stops by itself where too many nodes of a wave failed or
//! are not well afterwards.

pub use reeve_contracts::patching::RolloutEvent;
use reeve_contracts::patching::{
    HealthCheckPassed, HealthCheckStarted, RolloutCompleted, RolloutResumed, RolloutStarted, RolloutStopped,
    WavePatched, WaveStarted,
};
use reeve_eventsourcing::{Context, Decider};
use reeve_fleet::rate_control::allowed_errors;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What run-command's events call the origin of a command of ours. Its id is the roll-out's.
pub const ORIGIN: &str = "patch-rollout";

/// What may be asked of a roll-out.
#[derive(Clone, Debug)]
pub enum Command {
    Start(RolloutStarted),
    /// What comes next, where nothing is waited for.
    Advance,
    /// A command of it has ended, or was refused.
    CommandEnded {
        command_id: String,
        ended: Ended,
        refused: Option<String>,
    },
    Resume,
}

/// To how many nodes a command was sent that are nodes still, and how many of them did not carry it out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ended {
    pub nodes: u32,
    pub failed: u32,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the roll-out does not exist")]
    Unknown,
    #[error("the roll-out is {0}: only one that has stopped is resumed")]
    NotStopped(&'static str),
}

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// There is none.
    #[default]
    None,
    /// The wave is to begin.
    Ready,
    Patching,
    /// The wave's nodes were patched.
    Patched,
    Checking,
    /// They are well.
    Well,
    Stopped,
    Completed,
}

impl Phase {
    /// As the API calls it.
    pub fn status(self) -> &'static str {
        match self {
            Self::Stopped => "Stopped",
            Self::Completed => "Completed",
            _ => "InProgress",
        }
    }
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub rollout_id: String,
    /// How many nodes each wave has.
    pub sizes: Vec<u32>,
    pub max_errors: String,
    pub has_health_check: bool,
    pub phase: Phase,
    /// The wave that is on, from 1.
    pub wave: u32,
    pub attempt: u32,
    /// What is waited for.
    pub command_id: String,
    /// Whether all nodes of the wave that was patched are gone.
    pub is_empty_wave: bool,
}

impl State {
    fn size(&self) -> u32 {
        let at = usize::try_from(self.wave).unwrap_or_default().saturating_sub(1);
        self.sizes.get(at).copied().unwrap_or_default()
    }

    fn is_last(&self) -> bool {
        usize::try_from(self.wave).is_ok_and(|wave| wave >= self.sizes.len())
    }

    fn begin(&self, wave: u32, attempt: u32, cx: &Context) -> RolloutEvent {
        RolloutEvent::WaveStarted(WaveStarted {
            rollout_id: self.rollout_id.clone(),
            wave,
            attempt,
            command_id: Uuid::new_v5(&cx.command_id, b"wave").to_string(),
            started_ms: cx.now.0,
        })
    }

    fn advance(&self, cx: &Context) -> Option<RolloutEvent> {
        let rollout_id = self.rollout_id.clone();
        match self.phase {
            Phase::Ready => Some(self.begin(self.wave, self.attempt + 1, cx)),
            // Of nodes that are gone nobody asks whether they are well.
            Phase::Patched if self.has_health_check && !self.is_empty_wave => {
                Some(RolloutEvent::HealthCheckStarted(HealthCheckStarted {
                    rollout_id,
                    wave: self.wave,
                    command_id: Uuid::new_v5(&cx.command_id, b"health").to_string(),
                    started_ms: cx.now.0,
                }))
            }
            Phase::Patched | Phase::Well if self.is_last() => {
                Some(RolloutEvent::RolloutCompleted(RolloutCompleted { rollout_id, completed_ms: cx.now.0 }))
            }
            Phase::Patched | Phase::Well => Some(self.begin(self.wave + 1, 1, cx)),
            Phase::None | Phase::Patching | Phase::Checking | Phase::Stopped | Phase::Completed => None,
        }
    }

    fn ended(&self, ended: Ended, refused: Option<String>, cx: &Context) -> Option<RolloutEvent> {
        let Ended { nodes, failed } = ended;
        let allowed = allowed_errors(&self.max_errors, nodes);
        let (wave, rollout_id) = (self.wave, self.rollout_id.clone());
        let left_out = if refused.is_some() { 0 } else { self.size().saturating_sub(nodes) };
        let reason = match (self.phase, refused) {
            (_, Some(refused)) => Some(format!("its command was refused: {refused}")),
            (Phase::Patching, None) if failed > allowed => Some(format!(
                "{failed} of the {nodes} nodes of wave {wave} were not patched, and {allowed} may fail"
            )),
            (Phase::Checking, None) if failed > 0 => {
                Some(format!("after wave {wave} {failed} of its {nodes} nodes are not well"))
            }
            (Phase::Patching | Phase::Checking, None) => None,
            _ => return None,
        };
        if let Some(reason) = reason {
            let stopped_ms = cx.now.0;
            return Some(RolloutEvent::RolloutStopped(RolloutStopped {
                rollout_id,
                wave,
                failed,
                reason,
                stopped_ms,
                left_out,
            }));
        }
        let finished_ms = cx.now.0;
        Some(match self.phase {
            Phase::Patching => {
                RolloutEvent::WavePatched(WavePatched { rollout_id, wave, failed, finished_ms, left_out })
            }
            _ => RolloutEvent::HealthCheckPassed(HealthCheckPassed { rollout_id, wave, finished_ms }),
        })
    }
}

/// The aggregate.
pub struct Rollout;

impl Decider for Rollout {
    type Command = Command;
    type Event = RolloutEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<RolloutEvent>, Error> {
        match command {
            // The same call again: it is there already.
            Command::Start(started) => {
                Ok((state.phase == Phase::None).then_some(RolloutEvent::RolloutStarted(started)))
            }
            Command::Advance => Ok(state.advance(cx)),
            Command::CommandEnded { command_id, ended, refused } => {
                let is_waited_for = !state.command_id.is_empty() && state.command_id == command_id;
                Ok(if is_waited_for { state.ended(ended, refused, cx) } else { None })
            }
            Command::Resume => match state.phase {
                Phase::None => Err(Error::Unknown),
                Phase::Stopped => Ok(Some(RolloutEvent::RolloutResumed(RolloutResumed {
                    rollout_id: state.rollout_id.clone(),
                    wave: state.wave,
                    principal: cx.actor.name.clone(),
                    resumed_ms: cx.now.0,
                }))),
                phase => Err(Error::NotStopped(phase.status())),
            },
        }
    }

    fn evolve(state: State, event: &RolloutEvent) -> State {
        match event {
            RolloutEvent::RolloutStarted(e) => State {
                rollout_id: e.rollout_id.clone(),
                sizes: e
                    .waves
                    .iter()
                    .map(|wave| u32::try_from(wave.node_ids.len()).unwrap_or(u32::MAX))
                    .collect(),
                max_errors: e.max_errors.clone(),
                has_health_check: !e.health_document.is_empty(),
                phase: Phase::Ready,
                wave: 1,
                attempt: 0,
                command_id: String::new(),
                is_empty_wave: false,
            },
            RolloutEvent::WaveStarted(e) => State {
                phase: Phase::Patching,
                wave: e.wave,
                attempt: e.attempt,
                command_id: e.command_id.clone(),
                ..state
            },
            RolloutEvent::WavePatched(e) => {
                let is_empty_wave = e.left_out >= state.size();
                State { phase: Phase::Patched, command_id: String::new(), is_empty_wave, ..state }
            }
            RolloutEvent::HealthCheckStarted(e) => {
                State { phase: Phase::Checking, command_id: e.command_id.clone(), ..state }
            }
            RolloutEvent::HealthCheckPassed(_) => {
                State { phase: Phase::Well, command_id: String::new(), ..state }
            }
            RolloutEvent::RolloutStopped(_) => {
                State { phase: Phase::Stopped, command_id: String::new(), ..state }
            }
            RolloutEvent::RolloutResumed(_) => State { phase: Phase::Ready, ..state },
            RolloutEvent::RolloutCompleted(_) => State { phase: Phase::Completed, ..state },
        }
    }
}

#[cfg(test)]
mod tests;
