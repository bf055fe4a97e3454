//! Storing what came of something that was done outside.

use crate::{ExecuteError, Executed, Handle, RetryPolicy};
use reeve_eventsourcing::{Context, Decider};

impl Handle {
    /// As [`Handle::execute`], for what came of something that was done outside and must not be done again because the bus was away: the bus
    /// is asked until it has stored it.
    ///
    /// # Errors
    /// All of [`Handle::execute`], but that the bus does not answer.
    pub async fn execute_until_stored<D: Decider>(
        &self,
        id: &str,
        command: D::Command,
        context: &Context,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Error>> {
        let mut failures = 0;
        loop {
            match self.execute::<D>(id, command.clone(), context).await {
                Err(ExecuteError::Bus(error)) => {
                    failures += 1;
                    tracing::warn!(%error, aggregate = D::AGGREGATE, id, "an outcome is not stored yet");
                    tokio::time::sleep(RetryPolicy::DEFAULT.delay(failures)).await;
                }
                executed => return executed,
            }
        }
    }
}
