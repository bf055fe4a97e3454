//! The files of the keys that sign, read.

use super::files::{DISPATCH, KEY_SET, ROOT_KEY};
use anyhow::Context;
use nkeys::KeyPair;
use std::{path::Path, sync::Arc};

/// The public root key of a folder.
pub fn root_key(folder: &Path) -> anyhow::Result<String> {
    let path = folder.join(ROOT_KEY);
    let key = std::fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
    Ok(key.trim().to_owned())
}

/// The set that a folder has; the log may have a newer one.
pub fn read_set(folder: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let path = folder.join(KEY_SET);
    let read = path.exists().then(|| std::fs::read(&path));
    read.transpose().with_context(|| format!("could not read {}", path.display()))
}

/// The keys that sign dispatches.
pub fn read_seeds(folder: &Path) -> anyhow::Result<Vec<KeyPair>> {
    let path = folder.join(DISPATCH);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
    let seeds = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let seeds = seeds.map(KeyPair::from_seed).collect::<Result<Vec<_>, _>>();
    seeds.with_context(|| format!("{} has a line that is not a seed", path.display()))
}

/// How run-command reads the seeds, again and again.
pub fn seeds_of(folder: &Path) -> reeve_run_command::Seeds {
    let folder = folder.to_owned();
    Arc::new(move || read_seeds(&folder).map_err(|error| format!("{error:#}")))
}
