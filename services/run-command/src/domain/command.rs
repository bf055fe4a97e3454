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
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn sent() -> CommandSent {
        CommandSent { command_id: "c".into(), node_ids: vec!["mi-1".into()], ..CommandSent::default() }
    }

    fn finished() -> CommandFinished {
        CommandFinished {
            command_id: "c".into(),
            status: "Success".into(),
            status_details: "Success".into(),
            completed: 1,
            success: Some(1),
            ..CommandFinished::default()
        }
    }

    fn listed(first_index: u32, nodes: &[&str]) -> TargetsListed {
        let node_ids = nodes.iter().map(|node| (*node).to_owned()).collect();
        TargetsListed { command_id: "c".into(), requested_ms: 1, first_index, node_ids }
    }

    #[test]
    fn it_is_sent_once() {
        given::<SentCommand>([])
            .when(Command::Send(Box::new(sent())))
            .then(CommandEvent::CommandSent(sent()));
        given::<SentCommand>([CommandEvent::CommandSent(sent())])
            .when(Command::Send(Box::new(sent())))
            .then_nothing();
    }

    #[test]
    fn what_is_withdrawn_is_never_sent_if_it_is_held_still() {
        let held = CommandHeld { command_id: "c".into(), command: Some(sent()), ..CommandHeld::default() };
        let withdraw = || Command::Withdraw { reason: "It is too late.".into() };
        let refused = CommandRefused {
            command_id: "c".into(),
            code: "Cancelled".into(),
            reason: "It is too late.".into(),
            ..CommandRefused::default()
        };
        let refused = CommandEvent::CommandRefused(refused);
        given::<SentCommand>([CommandEvent::CommandHeld(held.clone())])
            .when(withdraw())
            .then(refused.clone());
        given::<SentCommand>([CommandEvent::CommandHeld(held.clone()), refused])
            .when(withdraw())
            .then_nothing();
        given::<SentCommand>([CommandEvent::CommandHeld(held), CommandEvent::CommandSent(sent())])
            .when(withdraw())
            .then_nothing();
    }

    #[test]
    fn its_nodes_are_listed_in_order_and_may_be_listed_anew_until_it_is_sent() {
        let first = CommandEvent::TargetsListed(listed(0, &["a", "b"]));
        given::<SentCommand>([]).when(Command::ListTargets(listed(0, &["a", "b"]))).then(first.clone());
        given::<SentCommand>([first.clone()])
            .when(Command::ListTargets(listed(2, &["c"])))
            .then(CommandEvent::TargetsListed(listed(2, &["c"])));
        given::<SentCommand>([first.clone()]).when(Command::ListTargets(listed(3, &["d"]))).then_nothing();
        given::<SentCommand>([first.clone()])
            .when(Command::ListTargets(listed(0, &["x"])))
            .then(CommandEvent::TargetsListed(listed(0, &["x"])));
        given::<SentCommand>([first.clone()])
            .when(Command::Send(Box::new(sent())))
            .then_refused(Error::Targets { listed: 2, wanted: 0 });
        let behind = CommandSent { first_index: 2, requested_ms: 1, ..sent() };
        // Two that were asked at different times do not put together one list.
        let others = TargetsListed { requested_ms: 9, ..listed(2, &["c"]) };
        given::<SentCommand>([first.clone()])
            .when(Command::ListTargets(others))
            .then_refused(Error::OtherListing { listed: 1, wanted: 9 });
        given::<SentCommand>([first.clone()])
            .when(Command::Send(Box::new(CommandSent { requested_ms: 9, ..behind.clone() })))
            .then_refused(Error::OtherListing { listed: 1, wanted: 9 });
        given::<SentCommand>([first])
            .when(Command::Send(Box::new(behind.clone())))
            .then(CommandEvent::CommandSent(behind));
        given::<SentCommand>([CommandEvent::CommandSent(sent())])
            .when(Command::ListTargets(listed(0, &["x"])))
            .then_nothing();
    }

    #[test]
    fn what_was_refused_is_never_sent() {
        let refused = CommandRefused { command_id: "c".into(), code: "Denied".into(), ..Default::default() };
        let event = CommandEvent::CommandRefused(refused.clone());
        given::<SentCommand>([]).when(Command::Refuse(Box::new(refused))).then(event.clone());
        given::<SentCommand>([event.clone()]).when(Command::Send(Box::new(sent()))).then_nothing();
        given::<SentCommand>([event]).when(Command::Cancel { node_ids: vec![] }).then_nothing();
    }

    #[test]
    fn what_rules_hold_is_sent_once_when_it_is_approved_and_released_or_never() {
        let with = |approvals| CommandHeld {
            command_id: "c".into(),
            command: Some(sent()),
            approvals,
            ..CommandHeld::default()
        };
        let demanded = with(vec![reeve_contracts::run_command::Approval::default()]);
        let hold = |held: &CommandHeld| Command::Hold(Box::new(held.clone()));
        let release = || Command::Release(Box::new(sent()));
        let approve = || Command::Approve { execution_id: "e".into() };
        let held = CommandEvent::CommandHeld(with(vec![]));
        given::<SentCommand>([]).when(hold(&with(vec![]))).then(held.clone());
        given::<SentCommand>([]).when(release()).then_nothing();
        given::<SentCommand>([held.clone()]).when(hold(&with(vec![]))).then_nothing();
        given::<SentCommand>([held.clone()]).when(Command::Send(Box::new(sent()))).then_nothing();
        given::<SentCommand>([held.clone()]).when(release()).then(CommandEvent::CommandSent(sent()));
        given::<SentCommand>([held.clone(), CommandEvent::CommandSent(sent())])
            .when(release())
            .then_nothing();
        given::<SentCommand>([held.clone()])
            .when(Command::Cancel { node_ids: vec!["mi-1".into()] })
            .then_refused(Error::Held);
        let cancelled = CommandEvent::CommandRefused(CommandRefused {
            command_id: "c".into(),
            code: "Cancelled".into(),
            reason: "It was cancelled before it was sent.".into(),
            ..CommandRefused::default()
        });
        given::<SentCommand>([held.clone()])
            .when(Command::Cancel { node_ids: vec![] })
            .then(cancelled.clone());
        given::<SentCommand>([held.clone(), cancelled]).when(release()).then_nothing();
        let asked = CommandEvent::CommandHeld(demanded);
        given::<SentCommand>([asked.clone()]).when(release()).then_nothing();
        let approved = CommandApproved { command_id: "c".into(), execution_id: "e".into() };
        let approved = CommandEvent::CommandApproved(approved);
        given::<SentCommand>([asked.clone()]).when(approve()).then(approved.clone());
        given::<SentCommand>([asked.clone(), approved.clone()]).when(approve()).then_nothing();
        given::<SentCommand>([asked, approved]).when(release()).then(CommandEvent::CommandSent(sent()));
    }

    #[test]
    fn without_a_node_it_has_ended_as_it_is_sent() {
        let nobody = CommandSent { node_ids: vec![], ..sent() };
        let history = [CommandEvent::CommandSent(nobody)];
        given::<SentCommand>(history.clone()).when(Command::Finish(Counts::default())).then_nothing();
        given::<SentCommand>(history).when(Command::Cancel { node_ids: vec![] }).then_nothing();
    }

    #[test]
    fn an_admission_counts_only_as_what_it_was_worked_out_from() {
        let dispatched = vec![Dispatched { node_id: "mi-1".into(), number: 3 }];
        let admission = Admission { from: 0, next: 1, cancellations: 0, dispatched: dispatched.clone() };
        let admit = |admission: &Admission| Command::Admit(admission.clone());
        let told = InvocationsDispatched { command_id: "c".into(), dispatched, next_index: 1 };
        let told = CommandEvent::InvocationsDispatched(told);
        let history = [CommandEvent::CommandSent(sent())];
        given::<SentCommand>(history.clone()).when(admit(&admission)).then(told.clone());
        // Another has done so before, or somebody has cancelled since.
        given::<SentCommand>([history[0].clone(), told]).when(admit(&admission)).then_nothing();
        let cancel = |nodes: &[&str]| {
            let node_ids = nodes.iter().map(|node| (*node).to_owned()).collect();
            let cancel = CommandCancelRequested { command_id: "c".into(), node_ids };
            CommandEvent::CommandCancelRequested(cancel)
        };
        for cancelled in [cancel(&[]), cancel(&["mi-1"])] {
            given::<SentCommand>([history[0].clone(), cancelled.clone()])
                .when(admit(&admission))
                .then_nothing();
        }
        let knowing = Admission { cancellations: 1, ..admission.clone() };
        given::<SentCommand>([history[0].clone(), cancel(&[])]).when(admit(&knowing)).then_nothing();
        let beyond = Admission { next: 2, ..admission.clone() };
        given::<SentCommand>(history.clone()).when(admit(&beyond)).then_nothing();
        let over = [history[0].clone(), CommandEvent::CommandFinished(finished())];
        given::<SentCommand>(over).when(admit(&admission)).then_nothing();
    }

    #[test]
    fn it_finishes_once_and_only_when_all_invocations_ended() {
        let counts = Counts { targets: 1, completed: 1, success: 1, ..Counts::default() };
        let history = [CommandEvent::CommandSent(sent())];
        given::<SentCommand>(history.clone())
            .when(Command::Finish(counts.clone()))
            .then(CommandEvent::CommandFinished(finished()));
        let early = Counts { completed: 0, ..counts.clone() };
        given::<SentCommand>(history.clone()).when(Command::Finish(early)).then_nothing();
        let over = [history[0].clone(), CommandEvent::CommandFinished(finished())];
        given::<SentCommand>(over.clone()).when(Command::Finish(counts)).then_nothing();
        given::<SentCommand>(over).when(Command::Cancel { node_ids: vec![] }).then_nothing();
    }
}
