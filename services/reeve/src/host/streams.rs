//! The streams of an instance: `up` makes them itself; where parts run apart, the part that does nothing else. Who may set a stream's
//! settings may have it copy another one, or have what is stored published anywhere; so no service may.

use super::{bus::ensure_restored, rights};
use futures::{StreamExt, TryStreamExt, stream};
use reeve_jetstream::{Bus, Error, streams};
use std::{collections::BTreeSet, time::Duration};

/// How often it is looked whether all are there: somebody may remove one.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);
const MADE_AT_ONCE: usize = 8;

/// Those that some part needs.
pub fn names() -> BTreeSet<&'static str> {
    let needed = rights::parts()
        .values()
        .flat_map(|part| part.finds.iter().chain(&part.reads).chain(part.consumes.keys()));
    needed.map(String::as_str).collect()
}

/// Makes those that are not there, and changes those whose settings are others than this release wants.
///
/// # Errors
/// When the bus refuses.
pub async fn make(bus: &Bus) -> Result<(), Error> {
    let made: Vec<_> = names().into_iter().map(|name| streams::ensure(bus, name)).collect();
    stream::iter(made).buffer_unordered(MADE_AT_ONCE).try_collect().await
}

/// Makes them again and again, for ever.
pub async fn keep_made(bus: &Bus) {
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        // A restore makes them itself.
        let made = async {
            ensure_restored(bus).await?;
            anyhow::Ok(make(bus).await?)
        };
        if let Err(error) = made.await {
            tracing::warn!(%error, "streams could not be made, or looked for");
        }
    }
}
