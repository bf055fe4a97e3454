//! The operations. Their model is `schemas/reeve/notifications.json`.

pub mod mail_server;
pub mod notifications;
pub mod webhooks;

use crate::{
    domain::{mail_server as server, notification, webhook},
    sending::certificates,
};
use reeve_runtime::ApiError;
use reeve_types::Timestamp;

fn no_such(message: impl Into<String>) -> ApiError {
    ApiError::new("NoSuchEntityException", message)
}

/// An instant, where there is one.
fn instant(at: Timestamp) -> Option<f64> {
    (at > Timestamp(0)).then(|| at.epoch_seconds())
}

impl From<webhook::Error> for ApiError {
    fn from(error: webhook::Error) -> Self {
        no_such(error.to_string())
    }
}

impl From<server::Error> for ApiError {
    fn from(error: server::Error) -> Self {
        no_such(error.to_string())
    }
}

impl From<notification::Error> for ApiError {
    fn from(error: notification::Error) -> Self {
        match error {
            notification::Error::Unknown(_) => no_such(error.to_string()),
        }
    }
}

/// # Errors
/// `ValidationException` when certificates are given that are none.
fn check_authority(pem: Option<&str>) -> Result<(), ApiError> {
    let Some(pem) = pem.filter(|pem| !pem.is_empty()) else { return Ok(()) };
    let invalid = |error| ApiError::invalid(format!("certificateAuthority: {error}."));
    certificates(pem).map(|_| ()).map_err(invalid)
}
