//! ReadOutput of the API `run-command` (`schemas/reeve/run-command.json`): what a command prints and how far it is, for
//! those who have a key and no bus.
//!
//! Nothing of it is kept: each call reads the log behind the position that its reader has kept, and waits if nothing is
//! there. Chunks are answered as the stream has them: after a lost connection one may come twice or early, and its number
//! says which one it is.

use super::unknown_command;
use crate::{
    domain::{
        command::CommandEvent,
        invocation::{self, InvocationEvent},
    },
    projections::{COMMANDS, CommandRow, INVOCATIONS, InvocationRow},
};
use data_encoding::BASE64;
use futures::{StreamExt, stream::SelectAll};
use prost::Message as _;
use reeve_contracts::node::OutputChunk;
use reeve_eventsourcing::{AggregateRef, Event};
use reeve_jetstream::{
    Bus, Error,
    follow::{self, Stored},
    store,
    streams::{self, NODE_OUTPUT},
};
use reeve_node_protocol::subject;
use reeve_runtime::{ApiError, Call, Handle};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// An answer has no more bytes of output than this, or one chunk: the bus carries 1 MB, and base64 adds a third.
const MAX_ANSWER_BYTES: usize = 512 * 1024;
/// What a chunk or a change has in an answer beside its output.
const ITEM_BYTES: usize = 256;
/// What has come already is gathered for so long before an answer is given to somebody who waits.
const GATHER_TIME: Duration = Duration::from_millis(25);
/// As long as what the log has may take to come.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    command_id: String,
    node_id: Option<String>,
    after: Option<String>,
    wait_seconds: Option<u64>,
    omit_output: Option<bool>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    chunks: Vec<Chunk>,
    changes: Vec<Change>,
    /// Where the next call goes on.
    after: String,
    /// Whether there was more when this was read.
    more: bool,
    /// Whether it had ended before this was read: then nothing comes but what there is more of.
    has_ended: bool,
}

/// A part of what a step printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    node_id: String,
    step: String,
    /// From 1, for each step, over both channels.
    number: u64,
    is_stderr: bool,
    /// In base64.
    data: String,
}

/// A node has begun, or has ended.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    node_id: String,
    has_ended: bool,
    status: String,
    status_details: String,
    code: i32,
}

pub async fn read(call: Call<Input>) -> Result<Output, ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let wanted = Wanted::of(handle, input)?;
    // Before it is asked how far the log goes: all that was printed stands before the end.
    let has_ended = wanted.has_ended(handle);
    let (before, end) =
        (wanted.begin(input.after.as_deref())?, wanted.end(handle.bus()).await.map_err(away)?);
    refuse_another_log(handle.bus(), before, end).await?;
    let wait = if has_ended { 0 } else { input.wait_seconds.unwrap_or_default() };
    let mut reading = Reading { position: before, end, bytes: 0, output: Output::default() };
    reading.read(handle.bus(), &wanted, Duration::from_secs(wait)).await.map_err(away)?;
    let Reading { position, mut output, .. } = reading;
    if position.events > before.events {
        // The next call then knows whether that was the end.
        handle.views().wait_for(&streams::of_service(handle.service()), position.events).await;
    }
    (output.after, output.more, output.has_ended) =
        (position.to_string(), position.is_behind(end), has_ended);
    Ok(output)
}

fn away(error: Error) -> ApiError {
    ApiError::new("ServiceUnavailable", error.to_string())
}

/// A position behind the end of the log is of another log, or from before it went back to a copy.
async fn refuse_another_log(bus: &Bus, before: Position, end: Position) -> Result<(), ApiError> {
    for (stream, at, known) in [
        (NODE_OUTPUT.to_owned(), before.output, end.output),
        (streams::of_service("run-command"), before.events, end.events),
    ] {
        if at > known && at > streams::last_sequence(bus, &stream).await.map_err(away)? {
            let message = format!("after is {before}: this log has no {at} in the stream {stream}.");
            return Err(ApiError::new("InvalidPositionException", message));
        }
    }
    Ok(())
}

/// How far a reader has come in both streams, as `output:events`.
#[derive(Clone, Copy, Default)]
struct Position {
    output: u64,
    events: u64,
}

impl Position {
    fn parse(text: &str) -> Option<Self> {
        let (output, events) = text.split_once(':')?;
        let position = Self { output: output.parse().ok()?, events: events.parse().ok()? };
        (position.to_string() == text).then_some(position)
    }

    fn is_behind(self, end: Self) -> bool {
        self.output < end.output || self.events < end.events
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.output, self.events)
    }
}

/// What somebody reads: of a command, or of what it is on one node.
struct Wanted {
    command: String,
    node: Option<String>,
    omits_output: bool,
}

impl Wanted {
    fn of(handle: &Handle, input: &Input) -> Result<Self, ApiError> {
        let views = handle.views();
        let command = input.command_id.clone();
        views.look::<CommandRow>(COMMANDS, &command).ok_or_else(|| unknown_command(&command))?;
        if let Some(node) = &input.node_id {
            let id = invocation::id(&command, node);
            if views.look::<InvocationRow>(INVOCATIONS, &id).is_none() {
                let message = format!("The command {command} was not sent to the node {node:?}.");
                return Err(ApiError::new("InvocationDoesNotExist", message));
            }
        }
        Ok(Self { command, node: input.node_id.clone(), omits_output: input.omit_output == Some(true) })
    }

    fn begin(&self, after: Option<&str>) -> Result<Position, ApiError> {
        let Some(after) = after else { return Ok(Position::default()) };
        Position::parse(after).ok_or_else(|| {
            let message = format!("after is {after:?}: it is not what a call has answered.");
            ApiError::new("InvalidPositionException", message)
        })
    }

    fn has_ended(&self, handle: &Handle) -> bool {
        let views = handle.views();
        let of_node = |node: &String| {
            let row = views.look::<InvocationRow>(INVOCATIONS, &invocation::id(&self.command, node));
            row.is_some_and(|row| row.ended())
        };
        let of_all = || {
            let row = views.look::<CommandRow>(COMMANDS, &self.command);
            row.is_some_and(|row| row.finished.is_some())
        };
        self.node.as_ref().map_or_else(of_all, of_node)
    }

    fn output_subjects(&self) -> Vec<String> {
        if self.omits_output {
            Vec::new()
        } else {
            vec![subject::outputs(self.node.as_deref(), &self.command)]
        }
    }

    fn event_subjects(&self) -> Vec<String> {
        let of = |node| AggregateRef::of::<InvocationEvent>(&invocation::id(&self.command, node)).subject();
        match &self.node {
            Some(node) => vec![of(node)],
            None => {
                let one = of("any");
                let all =
                    one.rsplit_once('.').map_or_else(String::new, |(command, _)| format!("{command}.*"));
                vec![all, AggregateRef::of::<CommandEvent>(&self.command).subject()]
            }
        }
    }

    /// Where the log ends, as far as it is about this.
    async fn end(&self, bus: &Bus) -> Result<Position, Error> {
        let stream = streams::of_service("run-command");
        let mut end = Position::default();
        for subject in self.output_subjects() {
            end.output = follow::last_matching(bus, NODE_OUTPUT, &subject).await?;
        }
        for subject in self.event_subjects() {
            end.events = end.events.max(follow::last_matching(bus, &stream, &subject).await?);
        }
        Ok(end)
    }
}

/// What was read so far.
struct Reading {
    position: Position,
    /// Where the log ended when the reading began.
    end: Position,
    bytes: usize,
    output: Output,
}

impl Reading {
    /// Reads what is there; if that is nothing, waits for what comes.
    async fn read(&mut self, bus: &Bus, wanted: &Wanted, wait: Duration) -> Result<(), Error> {
        let mut merged = SelectAll::new();
        let events = streams::of_service("run-command");
        for (is_output, stream, subjects, after, end) in [
            (true, NODE_OUTPUT, wanted.output_subjects(), self.position.output, self.end.output),
            (false, events.as_str(), wanted.event_subjects(), self.position.events, self.end.events),
        ] {
            if !subjects.is_empty() && (after < end || !wait.is_zero()) {
                let stored = follow::follow(bus, stream, &subjects, after).await?;
                merged.push(stored.map(move |stored| (is_output, stored)));
            }
        }
        let give_up = Instant::now() + wait;
        while self.bytes < MAX_ANSWER_BYTES {
            let patience = match (self.position.is_behind(self.end), self.bytes == 0) {
                (true, _) => READ_TIMEOUT,
                (false, false) => GATHER_TIME,
                (false, true) => give_up.saturating_duration_since(Instant::now()),
            };
            let Ok(Some((is_output, stored))) = timeout(patience, merged.next()).await else { break };
            let stored = stored?;
            let has_room = if is_output { self.take_chunk(&stored) } else { self.take_event(bus, &stored) };
            if !has_room {
                break;
            }
        }
        Ok(())
    }

    /// Takes a chunk in, unless the answer has no room for it.
    fn take_chunk(&mut self, stored: &Stored) -> bool {
        let chunk = OutputChunk::decode(stored.message.data.clone());
        let node = subject::node_of(&stored.message.subject);
        if let (Ok(chunk), Some(node)) = (chunk, node) {
            if self.bytes > 0 && self.bytes + chunk.data.len() + ITEM_BYTES > MAX_ANSWER_BYTES {
                return false;
            }
            self.bytes += chunk.data.len() + ITEM_BYTES;
            self.output.chunks.push(Chunk {
                node_id: node.to_string(),
                step: chunk.step,
                number: chunk.number,
                is_stderr: chunk.stderr,
                data: BASE64.encode(&chunk.data),
            });
        } else {
            // No agent of ours has sent it.
            tracing::warn!(subject = stored.message.subject, "what a node printed cannot be read");
        }
        self.position.output = stored.sequence;
        true
    }

    /// Takes an event in. One that cannot be read is said elsewhere: the projections meet it too.
    fn take_event(&mut self, bus: &Bus, stored: &Stored) -> bool {
        self.position.events = stored.sequence;
        // Whoever waits is to ask again, whatever it is: it may be the end.
        self.bytes += ITEM_BYTES;
        let Ok(envelope) = store::envelope(bus, &stored.message) else { return true };
        let change = match InvocationEvent::decode(&envelope.schema, &envelope.data) {
            Ok(InvocationEvent::InvocationStarted(e)) => Change {
                node_id: e.node_id,
                has_ended: false,
                status: "InProgress".to_owned(),
                status_details: "InProgress".to_owned(),
                code: -1,
            },
            Ok(InvocationEvent::InvocationFinished(e)) => Change {
                node_id: e.node_id,
                has_ended: true,
                status: e.status,
                status_details: e.status_details,
                code: e.code,
            },
            Ok(InvocationEvent::InvocationCancelling(_)) | Err(_) => return true,
        };
        self.output.changes.push(change);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_position_is_none() {
        for odd in ["", "1", "1:", ":1", "a:b", "1:2:3", "-1:2", "1: 2", "+1:2", "01:2"] {
            assert!(Position::parse(odd).is_none(), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn positions_read_back(output: u64, events: u64) {
            let text = Position { output, events }.to_string();
            prop_assert_eq!(Position::parse(&text).map(|position| position.to_string()), Some(text));
        }
    }
}
