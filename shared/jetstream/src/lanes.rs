//! What waits for each stream to be stored together.

use crate::{Error, Headers};
use bytes::Bytes;
use std::{collections::HashMap, sync::Mutex};
use tokio::sync::{mpsc, oneshot};

/// A message that waits to be stored.
pub(crate) struct Append {
    pub subject: String,
    pub headers: Headers,
    pub data: Bytes,
    pub answer: oneshot::Sender<Result<u64, Error>>,
}

impl Append {
    pub fn answer(self, result: Result<u64, Error>) {
        // The one who asked may have gone away; what is stored stays stored.
        let _gone = self.answer.send(result).is_err();
    }
}

/// A queue for each stream, made when it is first written to. What comes as one waits as one.
#[derive(Default)]
pub(crate) struct Groups(pub Mutex<HashMap<String, mpsc::UnboundedSender<Vec<Append>>>>);
