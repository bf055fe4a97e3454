//! What the default rules keep: which handler a dead letter is of, when a lost node has been lost for long, and which of
//! the rules are disabled.

use crate::domain::watch::NodeWatchEvent;
use reeve_contracts::{dead_letters::DeadLetterEvent, rules::RuleEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, timers};
use reeve_runtime::Handle;
use reeve_types::Timestamp;

/// The service and the handler of dead letters, by number.
pub(crate) const DEAD_LETTERS: &str = "dead-letters";
/// The timer of a lost node, by its id.
pub(crate) const NODE_LOSS: &str = "node-loss";

/// Keeps [`DEAD_LETTERS`].
pub(crate) struct DeadLetters;

impl Projection for DeadLetters {
    const NAME: &'static str = "dead-letters";
    const VERSION: u32 = 1;
    type Event = DeadLetterEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DeadLetterEvent>) {
        if let DeadLetterEvent::DeadLetterRecorded(e) = &event.event {
            view.put_row(DEAD_LETTERS, &e.number, (e.service.clone(), e.handler.clone()));
        }
    }
}

/// Keeps the timers of lost nodes.
pub(crate) struct LostNodes {
    /// How long a node is lost before an item tells of it.
    pub seconds: i64,
}

impl Projection for LostNodes {
    const NAME: &'static str = "lost-nodes";
    const VERSION: u32 = 1;
    type Event = NodeWatchEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<NodeWatchEvent>) {
        match &event.event {
            NodeWatchEvent::NodeLossNoticed(e) => {
                timers::set(view, NODE_LOSS, &e.node_id, Timestamp(e.lost_ms).plus_seconds(self.seconds));
            }
            NodeWatchEvent::NodeLossReported(e) => timers::cancel(view, NODE_LOSS, &e.node_id),
            NodeWatchEvent::NodeLossEnded(e) => timers::cancel(view, NODE_LOSS, &e.node_id),
        }
    }
}

/// The rules that are disabled, by name.
const DISABLED_RULES: &str = "disabled-rules";

/// Keeps [`DISABLED_RULES`].
pub(crate) struct DisabledRules;

impl Projection for DisabledRules {
    const NAME: &'static str = "disabled-rules";
    const VERSION: u32 = 1;
    type Event = RuleEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<RuleEvent>) {
        match &event.event {
            RuleEvent::RuleDisabled(e) => view.put_row(DISABLED_RULES, &e.name, ()),
            RuleEvent::RuleEnabled(e) => view.remove(DISABLED_RULES, e.name.as_bytes()),
            _ => {}
        }
    }
}

/// Whether a default rule is disabled: what it is about opens no items then; those that it has opened are still closed.
pub(crate) fn is_disabled(handle: &Handle, rule: &str) -> bool {
    handle.views().look::<()>(DISABLED_RULES, rule).is_some()
}
