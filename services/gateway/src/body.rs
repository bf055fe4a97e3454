//! The body of a request: whole, no longer than it may be, and in time.

use crate::errors::Failure;
use axum::body::{Body, BodyDataStream};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use std::time::Duration;

/// A body that takes longer than this to arrive is not worth the memory it holds.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a refused client may take to finish its body.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// As much of a body that is too large is let through, so that its sender reads why it was refused.
const MAX_DRAINED_BYTES: usize = 16 * 1024 * 1024;

/// The whole body, if it is no longer than `limit` and comes in time. One that announces more is refused, and
/// not asked for when its sender waits to be asked.
pub async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Failure> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        if !headers.contains_key(EXPECT) {
            drain(body, MAX_DRAINED_BYTES).await;
        }
        return Err(too_large(limit));
    }
    if announced == Some(0) {
        return Ok(Bytes::new());
    }
    match tokio::time::timeout(BODY_TIMEOUT, collect(body.into_data_stream(), limit)).await {
        Ok(read) => read,
        Err(_) => Err(Failure::new("RequestTimeoutException", "The body did not arrive in time.")),
    }
}

/// Lets a refused client finish what it is sending, so that it reads the refusal and not a broken connection;
/// within limits, and keeping nothing.
pub async fn drain(body: Body, limit: usize) {
    let mut chunks = body.into_data_stream();
    let drained = async {
        let mut length = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            length += chunk.len();
            if length > limit {
                break;
            }
        }
    };
    // Slower than this and the connection may as well break.
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, drained).await;
}

async fn collect(mut chunks: BodyDataStream, limit: usize) -> Result<Bytes, Failure> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_| Failure::new("SerializationException", "The body could not be read."))?;
        if first.len() + all.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        // Most bodies are one chunk, which then need not be copied.
        if first.is_empty() && all.is_empty() {
            first = chunk;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&chunk);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

pub fn too_large(limit: usize) -> Failure {
    Failure::new("RequestEntityTooLargeException", format!("The body is longer than {limit} bytes."))
}
