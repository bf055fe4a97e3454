//! A sent command: what was sent to whom, whose turn came when, whether it was cancelled, and how it ended.

use super::{Counts, settle};
pub use reeve_contracts::run_command::CommandEvent;
use reeve_contracts::run_command::{
    CommandApproved, CommandCancelRequested, CommandFinished, CommandHeld, CommandRefused, CommandSent,
    Dispatched, InvocationsDispatched, TargetsListed,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("The command does not exist.")]
    Unknown,
    #[error("The command was to be sent to {wanted} nodes more than the {listed} that were listed for it.")]
    Targets { listed: u32, wanted: u32 },
    #[error("Nodes were listed for the command as it was asked for at {listed} ms, not at {wanted} ms.")]
    OtherListing { listed: i64, wanted: i64 },
    #[error("The command is not sent yet, as a change rule holds it: it can be cancelled as a whole alone.")]
    Held,
}

/// What may be asked of a sent command.
#[derive(Clone, Debug)]
pub enum Command {
    /// It will be sent to these nodes as well.
    ListTargets(TargetsListed),
    Send(Box<CommandSent>),
    /// Change rules hold it.
    Hold(Box<CommandHeld>),
    /// Those who were asked have approved it.
    Approve {
        execution_id: String,
    },
    /// Nothing holds it any more.
    Release(Box<CommandSent>),
    /// It cannot be sent.
    Refuse(Box<CommandRefused>),
    /// These nodes have their turn.
    Admit(Admission),
    /// For these nodes; for all when there are none.
    Cancel {
        node_ids: Vec<String>,
    },
    /// It is never sent, if change rules hold it still.
    Withdraw {
        reason: String,
    },
    /// All invocations have ended.
    Finish(Counts),
}

/// Whose turn it is, as somebody has worked it out. It counts only if nothing that it was worked out from has changed.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The place in the command's order whose turn was next.
    pub from: u32,
    /// The place whose turn is next now.
    pub next: u32,
    /// How many cancellations were known of.
    pub cancellations: u32,
    /// Those that are sent to; others between the two places have ended before their turn.
    pub dispatched: Vec<Dispatched>,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    pub id: String,
    /// How many nodes it goes to; before it is sent, how many were listed for it.
    pub targets: u32,
    /// When the command was asked for that nodes were listed for, in milliseconds since 1970.
    listed_for_ms: i64,
    /// The place in its order whose turn is next.
    next: u32,
    cancellations: u32,
    sent: bool,
    /// Whether change rules hold it, and whether it is still to be approved.
    #[serde(default)]
    held: bool,
    #[serde(default)]
    awaits_approval: bool,
    max_errors: String,
    cancel_requested: bool,
    pub finished: bool,
    request_id: String,
    origin_kind: String,
    origin_id: String,
    origin_service: String,
}

/// The aggregate.
pub struct SentCommand;

impl Decider for SentCommand {
    type Command = Command;
    type Event = CommandEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<CommandEvent>, Error> {
        Ok(match command {
            Command::ListTargets(_)
            | Command::Send(_)
            | Command::Hold(_)
            | Command::Approve { .. }
            | Command::Release(_)
            | Command::Refuse(_)
                if state.sent =>
            {
                None
            }
            // It is sent by its release.
            Command::ListTargets(_) | Command::Send(_) | Command::Hold(_) if state.held => None,
            Command::Hold(held) => Some(CommandEvent::CommandHeld(*held)),
            Command::Approve { .. } if !state.awaits_approval => None,
            Command::Approve { execution_id } => {
                let command_id = state.id.clone();
                Some(CommandEvent::CommandApproved(CommandApproved { command_id, execution_id }))
            }
            Command::Release(_) if !state.held || state.awaits_approval => None,
            Command::Release(sent) => Some(CommandEvent::CommandSent(*sent)),
            Command::Refuse(refused) if state.held => {
                Some(CommandEvent::CommandRefused(state.refused(refused.code, refused.reason)))
            }
            Command::Cancel { node_ids } if state.held && node_ids.is_empty() => {
                let reason = "It was cancelled before it was sent.".to_owned();
                Some(CommandEvent::CommandRefused(state.refused("Cancelled".to_owned(), reason)))
            }
            Command::Cancel { .. } if state.held => return Err(Error::Held),
            Command::Withdraw { reason } => state
                .held
                .then(|| CommandEvent::CommandRefused(state.refused("Cancelled".to_owned(), reason))),
            Command::ListTargets(TargetsListed { first_index, requested_ms, .. })
                if first_index > 0 && requested_ms != state.listed_for_ms =>
            {
                return Err(state.other_listing(requested_ms));
            }
            Command::ListTargets(listed) => {
                let follows = listed.first_index == 0 || listed.first_index == state.targets;
                follows.then_some(CommandEvent::TargetsListed(listed))
            }
            Command::Send(sent) if sent.first_index != state.targets => {
                return Err(Error::Targets { listed: state.targets, wanted: sent.first_index });
            }
            Command::Send(sent) if sent.first_index > 0 && sent.requested_ms != state.listed_for_ms => {
                return Err(state.other_listing(sent.requested_ms));
            }
            Command::Send(sent) => Some(CommandEvent::CommandSent(*sent)),
            Command::Refuse(refused) => Some(CommandEvent::CommandRefused(*refused)),
            _ if !state.sent => return Err(Error::Unknown),
            Command::Admit(admission) => state.admit(admission).map(CommandEvent::InvocationsDispatched),
            Command::Cancel { .. } if state.finished => None,
            Command::Cancel { node_ids } => {
                let command_id = state.id.clone();
                Some(CommandEvent::CommandCancelRequested(CommandCancelRequested { command_id, node_ids }))
            }
            Command::Finish(counts) if state.finished || !counts.all_ended() => None,
            Command::Finish(counts) => Some(CommandEvent::CommandFinished(state.finish(&counts))),
        })
    }

    fn evolve(mut state: State, event: &CommandEvent) -> State {
        match event {
            CommandEvent::TargetsListed(e) => {
                state.targets = e.first_index + count(&e.node_ids);
                state.listed_for_ms = e.requested_ms;
            }
            CommandEvent::CommandHeld(e) => {
                if let Some(sent) = &e.command {
                    state.asked(sent);
                }
                (state.held, state.awaits_approval) = (true, !e.approvals.is_empty());
            }
            CommandEvent::CommandApproved(_) => state.awaits_approval = false,
            CommandEvent::CommandSent(e) => {
                (state.sent, state.held) = (true, false);
                state.asked(e);
                // Nobody was meant: there is nothing to wait for.
                state.finished = state.targets == 0;
            }
            CommandEvent::CommandRefused(e) => {
                (state.sent, state.finished, state.held) = (true, true, false);
                state.id.clone_from(&e.command_id);
            }
            CommandEvent::InvocationsDispatched(e) => state.next = e.next_index,
            CommandEvent::CommandCancelRequested(e) => {
                state.cancel_requested = true;
                state.cancellations += 1;
                if e.node_ids.is_empty() {
                    state.next = state.targets;
                }
            }
            CommandEvent::CommandFinished(_) => state.finished = true,
        }
        state
    }
}

fn count(node_ids: &[String]) -> u32 {
    u32::try_from(node_ids.len()).unwrap_or(u32::MAX)
}

impl State {
    /// Whether it is what this service asked for; `None` when it was neither sent nor refused. A command that was sent before the
    /// services stood in the log is nobody's but automation's, whose kind of origin has its name.
    pub fn is_of(&self, service: &str) -> Option<bool> {
        let asked = if self.origin_service.is_empty() { &self.origin_kind } else { &self.origin_service };
        (self.sent || self.held).then(|| asked == service || self.origin_kind.is_empty() && self.finished)
    }

    /// Whether nodes were listed for a command that was not sent.
    pub fn is_listing(&self) -> bool {
        !self.sent && self.targets > 0
    }

    /// What was asked for.
    fn asked(&mut self, sent: &CommandSent) {
        self.id.clone_from(&sent.command_id);
        self.targets = sent.first_index + count(&sent.node_ids);
        self.max_errors.clone_from(&sent.max_errors);
        self.request_id.clone_from(&sent.request_id);
        self.origin_kind.clone_from(&sent.origin_kind);
        self.origin_id.clone_from(&sent.origin_id);
        self.origin_service.clone_from(&sent.origin_service);
    }

    /// The end of a command that was held and is never sent.
    fn refused(&self, code: String, reason: String) -> CommandRefused {
        CommandRefused {
            command_id: self.id.clone(),
            request_id: self.request_id.clone(),
            origin_kind: self.origin_kind.clone(),
            origin_id: self.origin_id.clone(),
            code,
            reason,
        }
    }

    fn other_listing(&self, wanted: i64) -> Error {
        Error::OtherListing { listed: self.listed_for_ms, wanted }
    }

    fn admit(&self, admission: Admission) -> Option<InvocationsDispatched> {
        let Admission { from, next, cancellations, dispatched } = admission;
        let current = from == self.next && cancellations == self.cancellations && !self.finished;
        (current && next > from && next <= self.targets).then(|| InvocationsDispatched {
            command_id: self.id.clone(),
            dispatched,
            next_index: next,
        })
    }

    fn finish(&self, counts: &Counts) -> CommandFinished {
        let (status, details) = settle(counts, self.cancel_requested, &self.max_errors);
        CommandFinished {
            command_id: self.id.clone(),
            status: status.to_owned(),
            status_details: details.to_owned(),
            completed: counts.completed,
            errors: counts.errors,
            delivery_timed_out: counts.delivery_timed_out,
            success: Some(counts.success),
            undeliverable: counts.undeliverable,
            request_id: self.request_id.clone(),
            origin_kind: self.origin_kind.clone(),
            origin_id: self.origin_id.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
