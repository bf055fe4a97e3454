use super::*;
use crate::domain::{
    Rollout,
    command::CommandEvent,
    invocation::InvocationEvent,
    rollout::{Step, Stop},
};
use reeve_contracts::run_command::{
    CommandCancelRequested, CommandFinished, CommandHeld, CommandRefused, CommandSent, Dispatched,
    InvocationFinished, InvocationsDispatched, TargetsListed,
};
use reeve_eventsourcing::{
    AggregateRef, Envelope, Event, MemoryView, Position, Projection, Recorded, ViewExt, timers,
};
use reeve_testkit::context;
use reeve_types::Timestamp;

fn recorded<E: Event>(event: E) -> Recorded<E> {
    let envelope = Envelope::of(&AggregateRef::of::<E>("c"), &event, &context());
    Recorded { position: Position(1), envelope: envelope.into(), event }
}

#[derive(Default)]
struct Tables(MemoryView);

fn names(nodes: &[&str]) -> Vec<String> {
    nodes.iter().map(|node| (*node).to_owned()).collect()
}

impl Tables {
    /// A command to three nodes, one after the other.
    fn sent() -> Self {
        let mut tables = Self::default();
        tables.command(CommandEvent::CommandSent(CommandSent {
            command_id: "c".to_owned(),
            node_ids: names(&["mi-1", "mi-2", "mi-3"]),
            max_concurrency: "1".to_owned(),
            max_errors: "0".to_owned(),
            expires_ms: 1_000,
            ..CommandSent::default()
        }));
        tables
    }

    fn command(&mut self, event: CommandEvent) {
        Commands.apply(&mut self.0, &recorded(event));
    }

    fn dispatched(&mut self, node: &str, number: u64, next_index: u32) {
        let dispatched = vec![Dispatched { node_id: node.to_owned(), number }];
        let told = InvocationsDispatched { command_id: "c".to_owned(), dispatched, next_index };
        self.command(CommandEvent::InvocationsDispatched(told));
    }

    fn cancel(&mut self, nodes: &[&str]) {
        let asked = CommandCancelRequested { command_id: "c".to_owned(), node_ids: names(nodes) };
        self.command(CommandEvent::CommandCancelRequested(asked));
    }

    fn list(&mut self, requested_ms: i64, first_index: u32, nodes: &[&str]) {
        let (command_id, node_ids) = ("c".to_owned(), names(nodes));
        let listed = TargetsListed { command_id, requested_ms, first_index, node_ids };
        self.command(CommandEvent::TargetsListed(listed));
    }

    /// Ends one node's invocation, and answers what is to be done then.
    fn end(&mut self, node: &str, details: &str) -> Step {
        let finished = InvocationFinished {
            command_id: "c".to_owned(),
            node_id: node.to_owned(),
            status_details: details.to_owned(),
            ..InvocationFinished::default()
        };
        Invocations.apply(&mut self.0, &recorded(InvocationEvent::InvocationFinished(finished)));
        self.step()
    }

    /// What is to be done; the timer is set exactly when something is.
    fn step(&self) -> Step {
        let step = self.rollout().step();
        let is_set = timers::due_at(&self.0, ROLLOUT_TIMER, "c").is_some();
        assert_eq!(is_set, step != Step::Wait);
        step
    }

    fn deadline(&self) -> Option<Timestamp> {
        timers::due_at(&self.0, DEADLINE_TIMER, "c")
    }

    fn row(&self, node: &str) -> InvocationRow {
        self.0.row(INVOCATIONS, &format!("c/{node}")).unwrap()
    }

    fn rollout(&self) -> Rollout {
        self.0.row(ROLLOUTS, "c").unwrap()
    }
}

#[test]
fn a_command_is_rolled_out_until_it_has_finished() {
    let mut tables = Tables::sent();
    assert_eq!((tables.step(), tables.deadline()), (Step::Admit(1), Some(Timestamp(4_000))));
    for (place, node) in ["mi-1", "mi-2", "mi-3"].iter().enumerate() {
        tables.dispatched(node, 1, u32::try_from(place).unwrap() + 1);
        assert_eq!(tables.step(), Step::Wait);
        let then = if place < 2 { Step::Admit(1) } else { Step::Finish };
        assert_eq!(tables.end(node, "Success"), then);
    }
    assert_eq!(tables.deadline(), None, "all have ended");
    tables.command(CommandEvent::CommandFinished(CommandFinished {
        command_id: "c".into(),
        ..CommandFinished::default()
    }));
    assert_eq!(tables.step(), Step::Wait);
}

/// The log's order decides whether a node that is to be cancelled had its turn: nobody has to race for it.
#[test]
fn a_node_that_is_to_be_cancelled_is_passed_over() {
    let mut tables = Tables::sent();
    tables.dispatched("mi-1", 1, 1);
    tables.cancel(&["mi-2"]);
    assert!(!tables.row("mi-2").is_waiting() && tables.row("mi-3").is_waiting());
    assert_eq!(tables.rollout().cancellations, 1, "what was worked out before does not count");
    assert_eq!(tables.end("mi-2", "Cancelled"), Step::Wait, "it had not had its turn");
    assert_eq!(tables.end("mi-1", "Success"), Step::Admit(1));

    let mut tables = Tables::sent();
    tables.dispatched("mi-1", 1, 1);
    tables.end("mi-1", "Success");
    tables.dispatched("mi-2", 1, 2);
    tables.cancel(&["mi-2"]);
    assert_eq!(tables.row("mi-2").number, 1, "it had its turn before");
    assert_eq!(tables.end("mi-2", "Cancelled"), Step::Admit(1));

    let mut tables = Tables::sent();
    tables.dispatched("mi-1", 1, 1);
    tables.cancel(&[]);
    assert_eq!(tables.rollout().stop, Stop::Cancelled);
    assert_eq!(tables.end("mi-1", "Success"), Step::Wait);
}

#[test]
fn who_waits_when_the_errors_are_too_many_is_terminated() {
    let mut tables = Tables::sent();
    tables.dispatched("mi-1", 1, 1);
    assert_eq!(tables.end("mi-1", "Failed"), Step::Terminate);
    assert_eq!(tables.end("mi-2", "Terminated"), Step::Terminate);
    assert_eq!(tables.end("mi-3", "Terminated"), Step::Finish);
}

#[test]
fn a_command_is_to_be_cancelled_when_all_of_its_nodes_are() {
    let asked = |nodes: &[&str]| {
        let mut tables = Tables::sent();
        tables.cancel(nodes);
        tables.0.row::<CommandRow>(COMMANDS, "c").unwrap().cancel_requested
    };
    assert!(asked(&[]) && asked(&["mi-1", "mi-2", "mi-3"]));
    assert!(!asked(&["mi-1"]) && !asked(&["mi-1", "mi-2", "mi-2"]));

    let mut tables = Tables::sent();
    tables.cancel(&[]);
    tables.cancel(&["mi-1"]);
    assert!(tables.0.row::<CommandRow>(COMMANDS, "c").unwrap().cancel_requested, "it stays so");
}

#[test]
fn a_node_that_is_told_twice_counts_the_first_time() {
    let mut tables = Tables::sent();
    tables.dispatched("mi-1", 4, 1);
    tables.dispatched("mi-1", 6, 1);
    let counted = |tables: &Tables| tables.rollout().counts.dispatched;
    assert_eq!((tables.row("mi-1").number, counted(&tables)), (4, 1));
    assert_eq!(tables.0.row::<u64>(NUMBERS, "mi-1"), Some(6), "what may be taken is not tried first");
    tables.dispatched("mi-9", 1, 1);
    assert_eq!(counted(&tables), 1, "a node that the command was not sent to");
}

#[test]
fn nodes_that_are_listed_anew_replace_the_former_ones() {
    let mut tables = Tables::default();
    tables.list(5, 0, &["mi-1", "mi-2"]);
    tables.list(6, 0, &["mi-2", "mi-3"]);
    let sent =
        CommandSent { command_id: "c".to_owned(), first_index: 2, requested_ms: 6, ..CommandSent::default() };
    tables.command(CommandEvent::CommandSent(sent));
    assert_eq!(tables.rollout().counts.targets, 2);
    let known = |node: &str| tables.0.row::<InvocationRow>(INVOCATIONS, &format!("c/{node}")).is_some();
    assert_eq!(["mi-1", "mi-2", "mi-3"].map(known), [false, true, true]);
    let by_node = tables.0.0.keys().filter(|(table, _)| table == BY_NODE);
    let by_node: Vec<_> = by_node.map(|(_, key)| String::from_utf8_lossy(&key[..5]).into_owned()).collect();
    assert_eq!(by_node, ["mi-2/", "mi-3/"], "each is found once");
    let row: Vec<String> = tables.0.row(TARGETS, &targets_key("c", 1)).unwrap();
    assert_eq!(row, ["mi-2", "mi-3"]);
}

#[test]
fn a_held_command_has_a_row_and_nothing_else_until_it_is_sent_or_refused() {
    let held = || {
        let sent = CommandSent {
            command_id: "c".to_owned(),
            node_ids: names(&["mi-1"]),
            expires_ms: 1_000,
            ..CommandSent::default()
        };
        let event = CommandHeld {
            command_id: "c".to_owned(),
            command: Some(sent.clone()),
            rules: vec!["freeze".to_owned()],
            ..CommandHeld::default()
        };
        let mut tables = Tables::default();
        tables.command(CommandEvent::CommandHeld(event));
        (tables, sent)
    };
    let waits = |tables: &Tables| {
        let index = tables.0.row::<String>(HELD_BY_RULE, "freeze/c");
        (tables.0.row::<HeldRow>(HELD, "c").is_some(), index.is_some())
    };
    let (tables, _) = held();
    assert_eq!(waits(&tables), (true, true));
    assert!(tables.0.row::<InvocationRow>(INVOCATIONS, "c/mi-1").is_none());
    assert_eq!(timers::due_at(&tables.0, DEADLINE_TIMER, "c"), None);
    let (mut tables, sent) = held();
    tables.command(CommandEvent::CommandSent(sent));
    assert_eq!(waits(&tables), (false, false));
    assert!(tables.0.row::<InvocationRow>(INVOCATIONS, "c/mi-1").is_some());
    for (code, status) in [("Cancelled", "Cancelled"), ("NotApproved", "Failed")] {
        let (mut tables, _) = held();
        let refused =
            CommandRefused { command_id: "c".into(), code: code.into(), ..CommandRefused::default() };
        tables.command(CommandEvent::CommandRefused(refused));
        assert_eq!(waits(&tables), (false, false));
        let row: CommandRow = tables.0.row(COMMANDS, "c").unwrap();
        assert_eq!(row.finished.unwrap().0, status);
    }
}
