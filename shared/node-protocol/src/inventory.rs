//! How large what a node reports of its inventory may be.

/// As many bytes of entries one report holds: the bus carries 1 MiB, with headers and all.
pub const MAX_PART_BYTES: usize = 600_000;
/// As many reports one collection of one type has at most.
pub const MAX_PARTS: u32 = 64;
/// As many entries one type has at most: as in AWS's PutInventory.
pub const MAX_ENTRIES: usize = 10_000;
/// As many characters a value, a reason or a note has at most: as AWS's values.
pub const MAX_TEXT_CHARS: usize = 4_096;
