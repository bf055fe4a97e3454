//! What the default rules keep: which handler a dead letter is of, and when a lost node has been lost for long.

use crate::domain::watch::NodeWatchEvent;
use reeve_contracts::dead_letters::DeadLetterEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, timers};
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
