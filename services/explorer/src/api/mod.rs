//! One handler for each operation.

pub(crate) mod summary;
pub(crate) mod syncs;
