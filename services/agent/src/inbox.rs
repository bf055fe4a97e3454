//! Dispatches in order: live ones as hints, the rest by Direct Get, each number once.

use crate::{agent::Agent, keys, timeline, work::Worker};
use futures::StreamExt;
use reeve_jetstream::{Bus, Error as BusError, streams::NODE_INBOX};
use reeve_node_protocol::{dispatch::Refusal, subject};
use reeve_types::NodeId;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How often the inbox is looked at besides: a live message may be lost without a lost connection.
const CATCH_UP_INTERVAL: Duration = Duration::from_secs(120);

/// The number of the last message in a node's inbox; 0 when there is none.
pub async fn read_last(bus: &Bus, node: &NodeId) -> Result<u64, BusError> {
    let last = bus.direct_get(NODE_INBOX, &subject::last(node)).await?;
    Ok(last.and_then(|message| subject::number_of(&message.subject)).unwrap_or(0))
}

/// Takes dispatches in for ever, while this agent is the node.
pub async fn receive(agent: Arc<Agent>, worker: Arc<Worker>) {
    agent.admission.valid().await;
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
    agent.admission.valid().await;
    // A live message whose key does not count tells of newer keys, or was written by anybody: the stream knows. And what
    // is too early is looked at again.
    let mut doubted = catch_up(agent, worker).await?;
    let mut doubt_at = Instant::now() + if doubted { keys::REQUEST_INTERVAL } else { Duration::ZERO };
    // Two seconds after connecting once more: a replica's Direct Get may lag behind.
    let mut look_again = Duration::from_secs(2);
    loop {
        tokio::select! {
            message = live.next() => {
                let Some(message) = message else { anyhow::bail!("the subscription ended") };
                let Some(number) = subject::number_of(&message.subject) else { continue };
                // It is in the stream as well.
                if !agent.admission.is_valid() {
                    agent.admission.valid().await;
                    doubted |= catch_up(agent, worker).await?;
                    continue;
                }
                let cursor = agent.ledger.cursor()?;
                // A live message is a hint, and another node can have a service's answer sent here: only the next
                // one with a signature that holds is begun, and only a signed one is a reason to read the stream.
                if number <= cursor {
                    continue;
                }
                let verdict = worker.verify(number, &message.data);
                let is_signed = verdict.as_ref().map_or_else(Refusal::is_signed, |_| true);
                let is_of_keys = verdict.as_ref().is_err_and(Refusal::is_of_keys);
                let taken = number == cursor + 1 && worker.take_in_live(number, verdict, &message.data)?;
                if taken {
                    timeline::mark(agent, number, &message.data);
                }
                if !taken && is_signed {
                    doubted |= catch_up(agent, worker).await?;
                }
                doubted |= !taken && is_of_keys;
            }
            () = tokio::time::sleep_until(doubt_at), if doubted => {
                doubted = catch_up(agent, worker).await?;
                doubt_at = Instant::now() + keys::REQUEST_INTERVAL;
            }
            changed = connections.changed() => {
                changed?;
                agent.admission.valid().await;
                doubted |= catch_up(agent, worker).await?;
                look_again = Duration::from_secs(2);
            }
            () = tokio::time::sleep(look_again) => {
                agent.admission.valid().await;
                doubted |= catch_up(agent, worker).await?;
                look_again = CATCH_UP_INTERVAL;
            }
        }
    }
}

/// Takes in what the stream has. All of it before the first is begun, so that a cancellation that waits behind
/// its command is seen in time. Numbers have no gaps, so one before the last that is not there has expired.
///
/// Keys are published before anything is signed with them. So one that was asked for after the last number was read
/// is known for all up to that number; and without an answer nothing is passed over. Nor is what is too early by this
/// node's clock: then the answer is that it must be looked at again soon.
async fn catch_up(agent: &Agent, worker: &Arc<Worker>) -> Result<bool, anyhow::Error> {
    let mut last = read_last(&agent.bus, &agent.identity.node_id).await?;
    timeline::compare(agent, last).await?;
    let (mut asked, mut too_early) = (false, false);
    let mut number = agent.ledger.cursor()?;
    loop {
        number += 1;
        let subject = subject::inbox(&agent.identity.node_id, number);
        match agent.bus.direct_get(NODE_INBOX, &subject).await? {
            Some(message) => {
                let mut verdict = worker.verify(number, &message.data);
                if (!asked || number > last) && verdict.as_ref().is_err_and(Refusal::is_of_keys) {
                    agent.keys.turn().await;
                    last = read_last(&agent.bus, &agent.identity.node_id).await?.max(last);
                    agent.ask_for_keys().await?;
                    asked = true;
                    verdict = worker.verify(number, &message.data);
                }
                too_early = verdict.as_ref().is_err_and(Refusal::is_too_early);
                if too_early {
                    let clock = agent.admission.clock();
                    tracing::warn!(
                        number,
                        clock,
                        "a dispatch is not to be run yet: is this node's clock behind?"
                    );
                    break;
                }
                worker.take_in(number, verdict, &message.data)?;
                timeline::mark(agent, number, &message.data);
            }
            None if number <= last => {}
            None => break,
        }
    }
    worker.begin_waiting().await;
    Ok(too_early)
}
