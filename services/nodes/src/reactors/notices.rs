//! What the server tells on its own account of the nodes' connections.

use crate::Shared;
use futures::{Stream, StreamExt, future::ready};
use reeve_runtime::HandlerError;
use serde::Deserialize;

/// A connection began or ended.
#[derive(Deserialize)]
pub(crate) struct Notice {
    pub server: Server,
    pub client: Client,
    #[serde(default)]
    pub reason: String,
}

#[derive(Deserialize)]
pub(crate) struct Server {
    pub id: String,
}

#[derive(Deserialize)]
pub(crate) struct Client {
    /// Its number on that server.
    pub id: u64,
    /// The public key that logged in.
    #[serde(default)]
    pub user: String,
    /// `<node>/<session>`, chosen by the agent; it counts only together with the key that logged in.
    #[serde(default)]
    pub name: String,
}

/// The notices of one kind, `CONNECT` or `DISCONNECT`, that can be read.
pub(crate) async fn of(
    shared: &Shared,
    kind: &str,
) -> Result<impl Stream<Item = Notice> + use<>, HandlerError> {
    let config = &shared.config;
    let subject = format!("$SYS.ACCOUNT.{}.{kind}", config.enrolment.agents_account);
    let notices = config.system.subscribe(&subject).await?;
    Ok(notices.filter_map(|notice| ready(serde_json::from_slice(&notice.data).ok())))
}

/// Why a reader of notices ends.
pub(crate) fn ended() -> HandlerError {
    HandlerError::Unavailable("the subscription to the server's notices ended".to_owned())
}
