//! Backups of an instance, restored and verified.
//!
//! - [`take`]: `reeve backup`: the streams of a running instance into a folder, and its keys into a file.
//! - [`restore`]: `reeve restore`: both into an instance that is empty.
//! - [`target`]: the folder that it is restored into.
//! - [`verify`]: `reeve verify`: whether a log, or a backup, is what it was, also by a checkpoint that was kept elsewhere.
//! - [`prune`]: `reeve prune`: the oldest points, and what only they are made of, go.
//! - [`archive`]: the folder: points in time, each with a signed manifest, and the parts that they are made of.
//! - [`part`]: the files of messages; [`digest`]: their hashes; [`sealed_keys`]: the keys under a passphrase.

mod archive;
mod audit;
mod checkpoint;
mod digest;
mod part;
mod prune;
mod restore;
pub(crate) mod sealed_keys;
mod signer;
mod take;
mod target;
mod verify;

pub use prune::{Args as PruneArgs, prune};
pub use restore::{Args as RestoreArgs, restore};
pub use take::{Args as BackupArgs, backup};
pub use verify::{Args as VerifyArgs, verify};
