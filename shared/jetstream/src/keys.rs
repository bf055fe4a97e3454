//! Wrapped data keys, each on a subject of its own in a stream whose messages can be taken away again.

use crate::{Bus, Error, follow, streams::SECRET_KEYS};
use bytes::Bytes;
use reeve_types::subject::escape;

fn subject(name: &str) -> String {
    format!("reeve.secret-key.{}", escape(name))
}

/// Stores the wrapped key of a name that has none yet.
///
/// # Errors
/// [`Error::Conflict`] when it has one.
pub async fn put(bus: &Bus, name: &str, wrapped: Bytes) -> Result<(), Error> {
    crate::store::append_first(bus, SECRET_KEYS, &subject(name), wrapped).await.map(|_| ())
}

/// The wrapped key of a name; `None` when there is none, or none any more.
///
/// # Errors
/// When the bus does not answer.
pub async fn get(bus: &Bus, name: &str) -> Result<Option<Bytes>, Error> {
    Ok(bus.direct_get(SECRET_KEYS, &subject(name)).await?.map(|message| message.data))
}

/// Takes the key of a name away, for good: the server overwrites what it erases.
///
/// # Errors
/// When the bus does not answer.
pub async fn destroy(bus: &Bus, name: &str) -> Result<(), Error> {
    let sequence = follow::last_matching(bus, SECRET_KEYS, &subject(name)).await?;
    if sequence == 0 {
        return Ok(());
    }
    let failed = |e: String| Error::bus("destroy a key")(e);
    let stream = bus.context.get_stream_no_info(SECRET_KEYS).await.map_err(|e| failed(e.to_string()))?;
    stream.delete_message(sequence).await.map(|_| ()).map_err(|e| failed(e.to_string()))
}
