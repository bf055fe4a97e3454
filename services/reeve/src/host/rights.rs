//! What each part may do on the bus. `rights.json` has it for all parts: it is made from the services' descriptions, and a test holds
//! it to them, so that a right that is added is seen where it is looked over.

use reeve_jetstream::rights::{Parts, Rights};
use std::sync::LazyLock;

static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    // A test reads the same.
    serde_json::from_str(include_str!("rights.json")).unwrap_or_default()
});

/// What each part may do, by the names under which `serve` runs them.
pub fn parts() -> &'static Parts {
    &PARTS
}

/// The names of those that have a user of their own.
pub fn names() -> impl Iterator<Item = &'static str> {
    PARTS.keys().map(String::as_str)
}

/// What one part may do.
pub fn of(part: &str) -> Rights {
    PARTS.get(part).cloned().unwrap_or_default()
}
