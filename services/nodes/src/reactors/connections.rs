//! Which connections the server has, by its word on its own account; and that a session is lost with its own.

use crate::{
    Shared,
    domain::node::{Command, Node},
};
use reeve_jetstream::{Bus, Error, Headers};
use reeve_runtime::{Handle, HandlerError};
use reeve_types::Timestamp;
use serde::Deserialize;
use std::time::Duration;

const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection of the server.
pub(crate) struct Connection {
    server: String,
    number: u64,
}

#[derive(Deserialize)]
struct Listed {
    server: Server,
    data: Connections,
}

#[derive(Deserialize)]
struct Server {
    id: String,
}

#[derive(Deserialize)]
struct Connections {
    #[serde(default)]
    connections: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    cid: u64,
    #[serde(default)]
    name: String,
}

/// The connection of a node's session, if the server has it.
pub(crate) async fn of_session(
    shared: &Shared,
    public_key: &str,
    node: &str,
    session: &str,
) -> Result<Option<Connection>, HandlerError> {
    let config = &shared.config;
    let question = serde_json::json!({
        "auth": true, "acc": config.enrolment.agents_account, "user": public_key,
    });
    let subject = "$SYS.REQ.SERVER.PING.CONNZ";
    let answer = config
        .system
        .request(subject, &Headers::default(), question.to_string().into(), ANSWER_TIMEOUT)
        .await?;
    let listed: Listed = serde_json::from_slice(&answer.data)
        .map_err(|e| HandlerError::Unavailable(format!("the server's list of connections: {e}")))?;
    let name = format!("{node}/{session}");
    let found = listed.data.connections.into_iter().find(|entry| entry.name == name);
    Ok(found.map(|entry| Connection { server: listed.server.id, number: entry.cid }))
}

/// Ends a connection.
pub(crate) async fn cut_off(system: &Bus, server: &str, number: u64) -> Result<(), Error> {
    let body = serde_json::json!({"cid": number}).to_string();
    let kick = format!("$SYS.REQ.SERVER.{server}.KICK");
    // Without a subject for its answer the server does nothing.
    system.request(&kick, &Headers::default(), body.into(), ANSWER_TIMEOUT).await.map(|_| ())
}

impl Connection {
    pub async fn cut_off(&self, system: &Bus) -> Result<(), Error> {
        cut_off(system, &self.server, self.number).await
    }
}

/// A session has ended; its node was heard last when this replica heard it. One that was started a moment ago, on a restored log even,
/// has heard nobody.
pub(crate) async fn lose(
    shared: &Shared,
    handle: &Handle,
    node: &str,
    session: &str,
    reason: &str,
) -> Result<(), HandlerError> {
    let context = handle.context(Timestamp::now());
    let last_heard_ms = shared.presence.last_heard(node).map_or(0, |heard| heard.0);
    let command = Command::Lose { session: session.to_owned(), reason: reason.to_owned(), last_heard_ms };
    handle.execute::<Node>(node, command, &context).await?;
    Ok(())
}
