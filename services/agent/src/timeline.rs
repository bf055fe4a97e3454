//! Whether the log is still the one that this node knew: an operator may have gone back to an earlier copy of it.
//!
//! Then other dispatches come under numbers that this node has passed. It notices because the message that it took in last
//! is not there any more or another one: it goes back to the newest that it knows, looks at all that follows, and runs what
//! its ledger does not know. And it says what it has run, so that the control plane can tell what the log lost.

use crate::agent::Agent;
use prost::Message;
use reeve_contracts::node::{Dispatch, DispatchKind, RecalledCommand, RecalledCommands, SignedDispatch};
use reeve_jetstream::{Headers, streams::NODE_INBOX};
use reeve_node_protocol::{dispatch::message_hash, subject};

/// As many commands are told at most, the newest; the rest are counted.
const MAX_RECALLED: usize = 2_000;

/// Remembers the message that was taken in.
pub fn mark(agent: &Agent, number: u64, data: &[u8]) {
    if let Err(error) = agent.ledger.mark(number, &message_hash(data)) {
        tracing::warn!(%error, number, "a message is not remembered");
    }
}

/// Compares what was taken in last with what the inbox has there, and goes back if it is not the same.
pub async fn compare(agent: &Agent, last: u64) -> anyhow::Result<()> {
    let Some((number, hash)) = agent.ledger.marked()? else { return Ok(()) };
    let subject = subject::inbox(&agent.identity.node_id, number);
    let went_back = match agent.bus.direct_get(NODE_INBOX, &subject).await? {
        Some(message) => message_hash(&message.data) != hash,
        // One before the last has expired, and so have all before it.
        None => last < number,
    };
    if !went_back {
        return Ok(());
    }
    recall(agent).await?;
    let known = newest_known(agent, last).await?;
    tracing::warn!(
        number,
        last,
        known,
        "the inbox of this node went back: what is new in it is run, and nothing a second time"
    );
    Ok(agent.ledger.go_back(known)?)
}

/// The number of the newest run in the inbox that this node knows; 0 when it knows none that is there.
async fn newest_known(agent: &Agent, last: u64) -> anyhow::Result<u64> {
    for number in (1..=last).rev() {
        let subject = subject::inbox(&agent.identity.node_id, number);
        let Some(message) = agent.bus.direct_get(NODE_INBOX, &subject).await? else { return Ok(number) };
        let signed = SignedDispatch::decode(message.data).unwrap_or_default();
        let dispatch = Dispatch::decode(signed.dispatch.as_slice()).unwrap_or_default();
        // A cancellation may be newer than what it cancels.
        if dispatch.kind() == DispatchKind::Run && agent.ledger.state(&dispatch.command_id)?.is_some() {
            return Ok(number);
        }
    }
    Ok(0)
}

/// Tells the control plane what this node has run, as far as it remembers.
async fn recall(agent: &Agent) -> anyhow::Result<()> {
    let mut begun = agent.ledger.begun()?;
    begun.sort_unstable_by_key(|(_, started)| std::cmp::Reverse(*started));
    let omitted = begun.len().saturating_sub(MAX_RECALLED);
    let commands = begun.into_iter().take(MAX_RECALLED);
    let recalled = RecalledCommands {
        node_id: agent.identity.node_id.to_string(),
        commands: commands
            .map(|(command_id, started)| RecalledCommand { command_id, started_ms: started.0 })
            .collect(),
        omitted: u32::try_from(omitted).unwrap_or(u32::MAX),
    };
    let subject = subject::recalled(&agent.identity.node_id);
    agent.bus.store(&subject, &Headers::default(), recalled.encode_to_vec().into()).await?;
    Ok(())
}
