//! The tables. Those of OpsItems, causes, OpsMetadata and lost nodes are written from this service's stream; how often a
//! firing was heard of is counted from the stream of ingest, and what a dead letter is about is kept from that of
//! dead-letters.

pub(crate) mod causes;
pub(crate) mod firings;
pub(crate) mod items;
pub(crate) mod metadata;
pub(crate) mod others;
pub(crate) mod timeline;

/// Sorts what is later first.
fn later_first(number: i64) -> String {
    format!("{:019}", i64::MAX - number.max(0))
}
