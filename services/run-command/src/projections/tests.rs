use super::*;
use crate::domain::{Progress, command::CommandEvent, invocation::InvocationEvent};
use reeve_contracts::run_command::{
    CommandCancelRequested, CommandSent, Dispatched, InvocationFinished, InvocationsDispatched,
};
use reeve_eventsourcing::{
    AggregateRef, Envelope, Event, MemoryView, Position, Projection, Recorded, ViewExt,
};
use reeve_testkit::context;

fn recorded<E: Event>(event: E) -> Recorded<E> {
    let envelope = Envelope::of(&AggregateRef::of::<E>("c"), &event, &context());
    Recorded { position: Position(1), envelope: envelope.into(), event }
}

#[derive(Default)]
struct Tables(MemoryView);

impl Tables {
    /// A command to three nodes, one after the other.
    fn sent() -> Self {
        let mut tables = Self::default();
        tables.command(CommandEvent::CommandSent(CommandSent {
            command_id: "c".to_owned(),
            node_ids: ["mi-1", "mi-2", "mi-3"].map(str::to_owned).to_vec(),
            max_concurrency: "1".to_owned(),
            max_errors: "0".to_owned(),
            ..CommandSent::default()
        }));
        tables
    }

    fn command(&mut self, event: CommandEvent) {
        Commands.apply(&mut self.0, &recorded(event));
    }

    fn dispatched(&mut self, node: &str, number: u64) {
        let dispatched = vec![Dispatched { node_id: node.to_owned(), number }];
        let told = InvocationsDispatched { command_id: "c".to_owned(), dispatched };
        self.command(CommandEvent::InvocationsDispatched(told));
    }

    fn cancel(&mut self, nodes: &[&str]) {
        let node_ids = nodes.iter().map(|node| (*node).to_owned()).collect();
        let asked = CommandCancelRequested { command_id: "c".to_owned(), node_ids };
        self.command(CommandEvent::CommandCancelRequested(asked));
    }

    /// Ends one node's invocation: the nodes whose turn that makes it.
    fn end(&mut self, node: &str, details: &str) -> Vec<String> {
        let finished = InvocationFinished {
            command_id: "c".to_owned(),
            node_id: node.to_owned(),
            status_details: details.to_owned(),
            ..InvocationFinished::default()
        };
        Invocations.apply(&mut self.0, &recorded(InvocationEvent::InvocationFinished(finished)));
        self.row(node).lets_in
    }

    fn row(&self, node: &str) -> InvocationRow {
        self.0.row(INVOCATIONS, &format!("c/{node}")).unwrap()
    }

    fn counted(&self) -> u32 {
        self.0.row::<Progress>(PROGRESS, "c").unwrap().counts.dispatched
    }
}

/// The log's order decides whether a node that is to be cancelled had its turn: nobody has to race for it.
#[test]
fn a_node_that_is_to_be_cancelled_is_passed_over() {
    let mut tables = Tables::sent();
    tables.cancel(&["mi-2"]);
    assert_eq!(tables.end("mi-1", "Success"), ["mi-3"]);
    assert!(!tables.row("mi-2").let_in && tables.row("mi-3").let_in);
    assert_eq!(tables.end("mi-2", "Cancelled"), [""; 0]);

    let mut tables = Tables::sent();
    assert_eq!(tables.end("mi-1", "Success"), ["mi-2"]);
    tables.cancel(&["mi-2"]);
    assert!(tables.row("mi-2").let_in, "it had its turn before");
    assert_eq!(tables.end("mi-2", "Cancelled"), ["mi-3"]);

    let mut tables = Tables::sent();
    tables.cancel(&[]);
    assert_eq!(tables.end("mi-1", "Success"), [""; 0]);
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
    tables.dispatched("mi-1", 4);
    tables.dispatched("mi-1", 6);
    assert_eq!((tables.row("mi-1").number, tables.counted()), (4, 1));
    assert_eq!(tables.0.row::<u64>(NUMBERS, "mi-1"), Some(6), "what may be taken is not tried first");
    tables.dispatched("mi-9", 1);
    assert_eq!(tables.counted(), 1, "a node that the command was not sent to");
}
