//! Views that hold what the log holds now: for who decides on them that something is not there, or is done to all that are.
//!
//! A delivered event is in the views of its own stream. What else they hold may be older, in one of two replicas more than in the
//! other: a handler that would do nothing, or leave somebody out, because of what they lack catches up first.

use crate::{Handle, HandlerError};
use futures::future::try_join_all;
use reeve_eventsourcing::Event;
use reeve_jetstream::streams;
use std::time::Duration;

/// As long the views may be behind what the log holds, before what needs it is tried again.
const MAX_LAG: Duration = Duration::from_secs(10);

impl Handle {
    /// Waits until the views hold what the log holds now of all events that they follow.
    ///
    /// # Errors
    /// `Unavailable`: the bus did not answer, or the views are behind.
    pub async fn catch_up(&self) -> Result<(), HandlerError> {
        let each = self.inner.followed.iter().map(|stream| self.catch_up_with_stream(stream));
        try_join_all(each).await.map(drop)
    }

    /// The same of the events of `F`'s service alone. Of two handlers that each append an event and then look for the other's, at least
    /// one sees it then, in whichever replicas they run.
    ///
    /// # Errors
    /// As [`Handle::catch_up`]; `Permanent` when these views do not follow that service.
    pub async fn catch_up_with<F: Event>(&self) -> Result<(), HandlerError> {
        self.catch_up_with_stream(&streams::of_service(F::SERVICE)).await
    }

    async fn catch_up_with_stream(&self, stream: &str) -> Result<(), HandlerError> {
        if !self.inner.followed.contains(stream) {
            let reason = format!("the views of {} do not follow the stream {stream}", self.service());
            return Err(HandlerError::Permanent(reason));
        }
        let caught_up = async {
            let end = self.inner.ends.of(self.bus(), stream).await?;
            self.views().wait_for(stream, end).await;
            Ok(())
        };
        let behind = |_| HandlerError::Unavailable(format!("the views are behind the stream {stream}"));
        tokio::time::timeout(MAX_LAG, caught_up).await.map_err(behind)?
    }
}
