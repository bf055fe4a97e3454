//! The streams of an instance: `up` makes them itself; where parts run apart, the part that does nothing else. Who may set a stream's
//! settings may have it copy another one, or have what is stored published anywhere; so no service may.

use super::{bus::ensure_restored, rights, services::STREAMS};
use futures::{StreamExt, stream};
use reeve_jetstream::{Bus, Error, streams};
use std::time::Duration;

/// How often it is looked whether all are there: somebody may remove one.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);
const MADE_AT_ONCE: usize = 8;

/// Makes those that are not there, and changes those whose settings are others than this release wants. The server reserves the room that a
/// stream may take, and refuses one for which its disk is too small: what is needed comes first, and there may be no room for copies.
/// These come one by one: of several at once it lets in more than there is room for, and refuses whatever comes then. All are of one size:
/// after the first that is refused no other is tried.
///
/// # Errors
/// When the bus refuses what is needed.
pub async fn make(bus: &Bus) -> Result<(), Error> {
    let (copies, needed): (Vec<_>, Vec<_>) =
        rights::of(STREAMS).makes.into_iter().partition(|name| streams::is_copy(name));
    let each: Vec<_> =
        needed.into_iter().map(|name| async move { streams::ensure(bus, &name).await }).collect();
    let made: Vec<_> = stream::iter(each).buffer_unordered(MADE_AT_ONCE).collect().await;
    made.into_iter().collect::<Result<Vec<()>, _>>()?;
    let mut refused = Ok(());
    for name in copies {
        if refused.is_ok() {
            refused = streams::ensure(bus, &name).await;
        }
        if let Err(error) = &refused {
            tracing::warn!(name, %error, "there is no stream of these events as JSON");
        }
    }
    Ok(())
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
