//! Ends by deadline.

use super::{AT_ONCE, to};
use crate::{
    domain::invocation::{self, Command, Invocation, expired},
    projections::{DEADLINES, due},
};
use futures::{TryStreamExt, stream};
use reeve_runtime::{Handle, React};
use reeve_types::{CommandId, Timestamp};
use std::time::Duration;

/// How often ends by deadline are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// As many are ended in one look.
const MOST: usize = 1000;

/// Invocations whose total time is over and that nobody reported on end as `DeliveryTimedOut`.
pub async fn deadlines(handle: Handle) -> Result<(), React> {
    loop {
        let now = Timestamp::now();
        let first = handle.views().scan::<()>(DEADLINES, "", None, MOST).rows;
        let due: Vec<(&str, &str)> = first.iter().map_while(|(key, ())| due(key, now)).collect();
        let each = stream::iter(due.iter().map(Ok::<_, React>));
        let handle = &handle;
        each.try_for_each_concurrent(AT_ONCE, |(command, node)| async move {
            let mut context = handle.context(now);
            if let Ok(CommandId(id)) = command.parse() {
                context.correlation_id = id;
            }
            let message = "No outcome arrived before the command expired.";
            let finish = to(command, node, Command::Finish(Box::new(expired(command, node, now, message))));
            handle.execute::<Invocation>(&invocation::id(command, node), finish, &context).await?;
            Ok(())
        })
        .await?;
        if due.len() < MOST {
            tokio::time::sleep(LOOK).await;
        }
    }
}
