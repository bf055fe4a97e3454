//! Who may call, and what they may do.
//!
//! [`Principals`] knows the access keys, [`Authorizer`] decides; [`Keyring`] is the first implementation of
//! both, read from a file that only its owner may read. A policy engine can take its place behind the same
//! two traits.
//!
//! **Invariants**
//! - What nobody allowed is denied: there is no way to build a [`Keyring`] that says yes by default.
//! - A secret is never printed: no `Debug` here shows one.

mod keyring;

pub use keyring::{Error, Keyring};

use std::fmt;
use std::sync::Arc;

/// Somebody whose requests are signed with a key that we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name that audit records and messages use: letters, digits and `+=,.@_-`.
    pub name: String,
}

/// An access key, as the verifier of a signature needs it.
#[derive(Clone)]
pub struct AccessKey {
    pub principal: Arc<Principal>,
    pub secret: Arc<str>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("principal", &self.principal).finish_non_exhaustive()
    }
}

/// The access keys that are known.
pub trait Principals: Send + Sync {
    /// The key with this id, or none: then whoever signed with it is a stranger.
    fn secret(&self, access_key_id: &str) -> Option<AccessKey>;
}

/// What an authorizer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    Allow,
    Deny,
}

/// Decides whether a principal may do something. Asked once for every request, whatever the operation.
pub trait Authorizer: Send + Sync {
    /// `action` as IAM writes it (`ssm:SendCommand`), `resource` an ARN or `*`.
    fn check(&self, principal: &Principal, action: &str, resource: &str) -> Decision;
}
