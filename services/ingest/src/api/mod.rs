//! The operations of the API `ingest`, PutEvents, and what the gateway forwards.

pub mod publish;
pub mod put_events;
pub mod receive;
pub mod sources;

use crate::source::Error;
use data_encoding::HEXLOWER;
use reeve_runtime::ApiError;
use sha2::{Digest, Sha256};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Exists(_) => "EntityAlreadyExistsException",
            Error::Unknown(_) => "NoSuchEntityException",
            Error::Reserved { .. } | Error::Malformed(_) | Error::HasPath(_) => "ValidationException",
        };
        Self::new(code, error.to_string())
    }
}

/// What the log has of a token, which has 256 random bits: a hash without a salt tells nothing of it.
fn hash(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}
