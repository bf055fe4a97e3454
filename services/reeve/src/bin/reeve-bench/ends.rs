//! Waiting for a command's end without asking for it again and again: who asks often measures the asking.

use anyhow::{Context, bail};
use futures::StreamExt;
use reeve_jetstream::{Bus, Subscription};
use std::time::Duration;

/// Longer than any command of a benchmark takes.
const END_TIMEOUT: Duration = Duration::from_secs(600);

/// The events of all sent commands as they pass by. That one has passed does not say that it is readable yet.
pub struct Ends(Subscription);

impl Ends {
    pub async fn listen(bus: &Bus) -> anyhow::Result<Self> {
        Ok(Self(bus.subscribe("reeve.evt.run-command.command.*").await?))
    }

    /// Waits until a command that was sent since has ended.
    pub async fn of(&mut self, command: &str) -> anyhow::Result<()> {
        let ended = async {
            loop {
                let message = self.0.next().await.context("the connection to the bus was closed")?;
                let kind = message.headers.get("ce-type").unwrap_or_default();
                if message.subject.ends_with(command) && kind.contains("CommandFinished") {
                    return anyhow::Ok(());
                }
            }
        };
        match tokio::time::timeout(END_TIMEOUT, ended).await {
            Ok(ended) => ended,
            Err(_) => bail!("the command {command} did not end in {} s", END_TIMEOUT.as_secs()),
        }
    }
}
