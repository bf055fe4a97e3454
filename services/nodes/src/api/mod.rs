//! The operations.

pub mod activations;
pub mod enrol;
pub mod instances;
pub mod keys;
pub mod list;
mod read;
pub mod sessions;

use crate::domain::{activation, node};
use reeve_runtime::ApiError;

impl From<activation::Error> for ApiError {
    fn from(error: activation::Error) -> Self {
        let code = match error {
            activation::Error::Unknown(_) => "InvalidActivationId",
            activation::Error::Expiration | activation::Error::Limit => "ValidationException",
            activation::Error::NotValid => "InvalidActivation",
        };
        Self::new(code, error.to_string())
    }
}

impl From<node::Error> for ApiError {
    fn from(error: node::Error) -> Self {
        let code = match error {
            node::Error::Unknown(_) => "InvalidInstanceId",
            node::Error::NoSuchSession(..) => "NoSuchEntityException",
            node::Error::Occupied(_) => "ServiceUnavailable",
        };
        Self::new(code, error.to_string())
    }
}
