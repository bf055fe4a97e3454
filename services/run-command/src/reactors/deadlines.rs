//! Ends by deadline, and turns that are owed.

use super::{
    AT_ONCE, open, to,
    turns::{Turns, about},
};
use crate::{
    dispatch::Dispatcher,
    domain::invocation::{Command, Invocation, Untold},
    projections::{DEADLINES, command_of, due},
};
use futures::{TryStreamExt, stream};
use reeve_runtime::{Handle, HandlerError};
use reeve_types::Timestamp;
use std::time::Duration;

/// How often ends by deadline are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// A node ends what it runs at the deadline; so long its report may take.
const GRACE_SECONDS: i64 = 3;
/// As many commands are looked at in one look.
const MOST: usize = 1000;

/// Invocations whose total time is over and that nobody reported on end as `DeliveryTimedOut`.
pub async fn deadlines(dispatcher: Dispatcher, handle: Handle) -> Result<(), HandlerError> {
    loop {
        let now = Timestamp::now();
        let first = handle.views().scan::<()>(DEADLINES, "", None, MOST).rows;
        let over = now.plus_seconds(-GRACE_SECONDS);
        for command in first.iter().map_while(|(key, ())| due(key, over)) {
            expire(&dispatcher, &handle, command, now).await?;
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn expire(
    dispatcher: &Dispatcher,
    handle: &Handle,
    command: &str,
    now: Timestamp,
) -> Result<(), HandlerError> {
    let each = stream::iter(open(handle, command, |_| true).into_iter().map(Ok::<_, HandlerError>));
    each.try_for_each_concurrent(AT_ONCE, |(key, row)| async move {
        let node = &row.node_id;
        let message = match row.started {
            Some(_) => "The node began the command and told no outcome before the command expired.",
            None => "No outcome arrived before the command expired.",
        };
        let end = Untold::DeliveryTimedOut.end(command, node, now, message);
        let finish = to(command, node, Command::Finish(Box::new(end)));
        handle.execute::<Invocation>(&key, finish, &about(command, handle.context(now))).await?;
        Ok(())
    })
    .await?;
    // Nobody's turn comes any more, so that the command's own end is all that follows.
    Turns::new(dispatcher, handle, command, handle.context(now)).follow(Vec::new()).await
}

/// Catches up with turns that nobody came through with: at the start those of every open command, because what a
/// former run left is not delivered again by itself, and afterwards those that waited for a key.
pub async fn owed(dispatcher: Dispatcher, handle: Handle) -> Result<(), HandlerError> {
    for (key, ()) in handle.views().scan::<()>(DEADLINES, "", None, usize::MAX).rows {
        dispatcher.owe(command_of(&key));
    }
    loop {
        for command in dispatcher.take_owed() {
            let reopened = handle.views().reopened();
            let turns = Turns::new(&dispatcher, &handle, &command, handle.context(Timestamp::now()));
            let result = turns.catch_up().await;
            if let Err(error) = &result {
                tracing::warn!(%error, command, "turns stay owed");
            }
            // What was not seen because the views went back is seen later.
            if result.is_err() || reopened.has_changed().unwrap_or(true) {
                dispatcher.owe(&command);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}
