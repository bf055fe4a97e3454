//! Why the API takes nothing new, for whoever watches what it stores on.

use tokio::sync::watch;

/// What a gateway asks before it takes a call that is no read.
pub struct WriteGate(watch::Sender<Option<String>>);

impl WriteGate {
    /// Open, and what a gateway looks at.
    pub fn new() -> (Self, watch::Receiver<Option<String>>) {
        let (sender, receiver) = watch::channel(None);
        (Self(sender), receiver)
    }

    pub fn is_closed(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// What is said stays true: somebody who looks whether it becomes better reads it.
    pub fn close(&self, reason: String) {
        if !self.is_closed() {
            tracing::error!(reason, "the API takes nothing new");
        }
        self.0.send_replace(Some(reason));
    }

    pub fn open(&self) {
        if self.0.send_replace(None).is_some() {
            tracing::warn!("the API takes everything again");
        }
    }
}
