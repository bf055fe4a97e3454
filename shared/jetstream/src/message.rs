//! Messages.

use crate::Headers;
use bytes::Bytes;

/// A message as it came in.
#[derive(Clone, Debug)]
pub struct Message {
    pub subject: String,
    pub reply: Option<String>,
    pub headers: Headers,
    pub data: Bytes,
    /// The server's status, such as 404 for a Direct Get of a message that is not there.
    pub status: Option<u16>,
}

impl From<async_nats::Message> for Message {
    fn from(m: async_nats::Message) -> Self {
        Self {
            headers: m.headers.map(Headers::from).unwrap_or_default(),
            subject: m.subject.into_string(),
            reply: m.reply.map(async_nats::Subject::into_string),
            data: m.payload,
            status: m.status.map(|s| s.as_u16()),
        }
    }
}
