//! Dispatches in order: live ones as hints, the rest by Direct Get, each number once.

use crate::{keys, run::Agent, work::Worker};
use futures::StreamExt;
use reeve_jetstream::{Bus, Error as BusError, streams::NODE_INBOX};
use reeve_node_protocol::subject;
use reeve_types::NodeId;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How often the inbox is looked at besides: a live message may be lost without a lost connection.
const LOOK_AGAIN: Duration = Duration::from_secs(120);

/// The number of the last message in a node's inbox; 0 when there is none.
pub async fn read_last(bus: &Bus, node: &NodeId) -> Result<u64, BusError> {
    let last = bus.direct_get(NODE_INBOX, &subject::last(node)).await?;
    Ok(last.and_then(|message| subject::number_of(&message.subject)).unwrap_or(0))
}

/// Takes dispatches in for ever.
pub async fn receive(agent: Arc<Agent>, worker: Arc<Worker>) {
    while let Err(error) = worker.resume().await {
        tracing::warn!(%error, "what waited before waits for the dispatch keys");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    loop {
        if let Err(error) = receive_once(&agent, &worker).await {
            tracing::warn!(%error, "the inbox is read again");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn receive_once(agent: &Arc<Agent>, worker: &Arc<Worker>) -> Result<(), anyhow::Error> {
    let node = &agent.identity.node_id;
    let mut connections = agent.bus.connections();
    let mut live = agent.bus.subscribe(&subject::live(node)).await?;
    catch_up(agent, worker).await?;
    // Two seconds after connecting once more: a replica's Direct Get may lag behind.
    let mut look_again = Duration::from_secs(2);
    // A live message whose key does not count tells of newer keys, or was written by anybody: the stream knows.
    let (mut doubted, mut doubt_at) = (false, Instant::now());
    loop {
        tokio::select! {
            message = live.next() => {
                let Some(message) = message else { anyhow::bail!("the subscription ended") };
                let Some(number) = subject::number_of(&message.subject) else { continue };
                let cursor = agent.ledger.cursor()?;
                // A live message is a hint, and another node can have a service's answer sent here: only the next
                // one with a signature that holds is begun, and only a signed one is a reason to read the stream.
                let next = number == cursor + 1 && worker.take_in_live(number, &message.data)?;
                if !next && number > cursor && worker.is_signed(number, &message.data) {
                    catch_up(agent, worker).await?;
                }
                doubted |= !next && number > cursor && worker.doubts_key(number, &message.data);
            }
            () = tokio::time::sleep_until(doubt_at), if doubted => {
                (doubted, doubt_at) = (false, Instant::now() + keys::BETWEEN);
                catch_up(agent, worker).await?;
            }
            changed = connections.changed() => {
                changed?;
                catch_up(agent, worker).await?;
                look_again = Duration::from_secs(2);
            }
            () = tokio::time::sleep(look_again) => {
                catch_up(agent, worker).await?;
                look_again = LOOK_AGAIN;
            }
        }
    }
}

/// Takes in what the stream has. All of it before the first is begun, so that a cancellation that waits behind
/// its command is seen in time. Numbers have no gaps, so one before the last that is not there has expired.
///
/// Keys are published before anything is signed with them. So one that was asked for after the last number was read
/// is known for all up to that number; and without an answer nothing is passed over.
async fn catch_up(agent: &Agent, worker: &Arc<Worker>) -> Result<(), anyhow::Error> {
    let mut last = read_last(&agent.bus, &agent.identity.node_id).await?;
    let mut asked = false;
    loop {
        let number = agent.ledger.cursor()? + 1;
        let subject = subject::inbox(&agent.identity.node_id, number);
        match agent.bus.direct_get(NODE_INBOX, &subject).await? {
            Some(message) => {
                if (!asked || number > last) && worker.doubts_key(number, &message.data) {
                    agent.keys.turn().await;
                    last = read_last(&agent.bus, &agent.identity.node_id).await?.max(last);
                    agent.keys.ask(agent).await?;
                    asked = true;
                }
                worker.take_in(number, &message.data)?;
            }
            None if number <= last => agent.ledger.set_cursor(number)?,
            None => break,
        }
    }
    worker.begin_waiting().await;
    Ok(())
}
