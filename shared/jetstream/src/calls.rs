//! The keys with which calls, their answers and announcements of operations are authenticated: one for each service. The gateway
//! derives all of them from one key; a service has its own, with which it can neither call another service nor speak as one.

use crate::mac::MacKey;
use hmac::{Hmac, KeyInit, Mac, digest::common::Key};
use sha2::Sha256;
use std::fmt;

/// Where a machine asks to become a node.
pub const ENROLMENT_SUBJECT: &str = "reeve.enroll";
/// Where sources send events, by the gateway; themselves they do on `reeve.ingest.<source>`.
pub const INGEST_SUBJECT: &str = "reeve.ingest";
const NODES: &str = "nodes";
const INGEST: &str = "ingest";

/// Who is called, as the keys of calls tell them apart.
#[derive(Clone)]
pub enum CallKeys {
    /// From this key that of each service follows: for who calls.
    Root([u8; 32]),
    /// The key of one service: for that service, and for who calls it alone.
    Of { service: String, key: [u8; 32] },
}

impl fmt::Debug for CallKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallKeys")
    }
}

/// The key of a service's calls.
pub fn of_service(root: &[u8; 32], service: &str) -> [u8; 32] {
    derive(root, &format!("calls of {service}"))
}

/// A key that follows from another one (HMAC-SHA256 over what it is for).
pub(crate) fn derive(from: &[u8], purpose: &str) -> [u8; 32] {
    let mut block = Key::<Hmac<Sha256>>::default();
    let length = from.len().min(block.len());
    block[..length].copy_from_slice(&from[..length]);
    Hmac::<Sha256>::new(&block).chain_update(purpose).finalize().into_bytes().into()
}

impl CallKeys {
    pub(crate) fn get(&self, service: &str) -> Option<MacKey> {
        match self {
            Self::Root(root) => Some(MacKey::new(&of_service(root, service))),
            Self::Of { service: own, key } => (own == service).then(|| MacKey::new(key)),
        }
    }
}

/// The service that is called on a subject.
pub(crate) fn called_on(subject: &str) -> Option<&str> {
    match subject {
        ENROLMENT_SUBJECT => Some(NODES),
        INGEST_SUBJECT => Some(INGEST),
        other => other.strip_prefix("reeve.api.")?.split('.').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_told_by_the_subject() {
        let called = ["reeve.api.tags.AddTagsToResource", "reeve.enroll", "reeve.ingest", "reeve.evt.tags.x"];
        assert_eq!(called.map(called_on), [Some("tags"), Some("nodes"), Some("ingest"), None]);
    }

    #[test]
    fn each_service_has_its_own_key() {
        let root = [1; 32];
        let of = |service: &str| of_service(&root, service);
        assert_ne!(of("tags"), of("nodes"));
        let tags = CallKeys::Of { service: "tags".to_owned(), key: of("tags") };
        assert!(tags.get("tags").is_some() && tags.get("nodes").is_none());
        assert!(CallKeys::Root(root).get("nodes").is_some());
    }
}
