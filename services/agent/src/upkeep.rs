//! Forgetting what is old: folders of ended commands, and the ledger's memory of them.

use crate::{agent::Agent, ledger::State};
use reeve_types::Timestamp;
use std::{fs, io, path::Path, sync::Arc, time::Duration};

/// The original agent keeps the folders of commands for 336 hours.
const FOLDER_RETENTION: Duration = Duration::from_secs(336 * 3600);
/// And a node that runs many commands keeps the newest of them.
const MAX_FOLDERS: usize = 1_000;
const CLEANUP_INTERVAL: Duration = Duration::from_secs(3600);

/// Cleans up now, and every hour.
pub async fn keep(agent: Arc<Agent>) {
    loop {
        let of = agent.clone();
        // Removing many files takes a while, and the agent has one thread.
        if let Err(error) = tokio::task::spawn_blocking(move || once(&of)).await {
            tracing::error!(%error, "cleaning up failed");
        }
        tokio::time::sleep(CLEANUP_INTERVAL).await;
    }
}

fn once(agent: &Agent) {
    let now = (agent.clock)();
    match agent.ledger.forget_old(now) {
        Ok(forgotten) => tracing::debug!(forgotten, "commands forgotten"),
        Err(error) => tracing::error!(%error, "old commands are remembered"),
    }
    let in_use = |command: &str| {
        // A ledger that cannot be read is no reason to remove anything.
        !matches!(agent.ledger.state(command), Ok(None | Some(State::Ended)))
    };
    if let Err(error) = remove_old(&agent.data.join("documents"), in_use, now, MAX_FOLDERS) {
        tracing::warn!(%error, "old folders of commands stay");
    }
}

/// Removes folders that are too old or too many, the oldest first; answers how many.
fn remove_old(root: &Path, in_use: impl Fn(&str) -> bool, now: Timestamp, most: usize) -> io::Result<usize> {
    let mut folders = Vec::new();
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    for entry in entries.flatten() {
        let changed = entry.metadata()?.modified()?.duration_since(std::time::UNIX_EPOCH);
        let changed_ms = i64::try_from(changed.unwrap_or_default().as_millis()).unwrap_or(i64::MAX);
        folders.push((changed_ms, entry.file_name()));
    }
    folders.sort_unstable_by(|a, b| b.cmp(a));
    let oldest_ms = now.0.saturating_sub(i64::try_from(FOLDER_RETENTION.as_millis()).unwrap_or(i64::MAX));
    let mut removed = 0;
    for (index, (changed_ms, name)) in folders.iter().enumerate() {
        let old = index >= most || *changed_ms < oldest_ms;
        if old && name.to_str().is_some_and(|name| !in_use(name)) {
            fs::remove_dir_all(root.join(name))?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_and_surplus_folders_that_nobody_uses_go() {
        let root = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        for (index, name) in ["used", "first", "second", "third"].into_iter().enumerate() {
            fs::create_dir_all(root.path().join(name).join("deep")).unwrap();
            let time = std::time::UNIX_EPOCH
                + Duration::from_millis(now.0.cast_unsigned() - 10_000 + 1_000 * index as u64);
            fs::File::open(root.path().join(name)).unwrap().set_modified(time).unwrap();
        }
        let in_use = |name: &str| name == "used";
        let left = || {
            let mut names: Vec<_> = fs::read_dir(root.path())
                .unwrap()
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort_unstable();
            names
        };
        assert_eq!(remove_old(root.path(), in_use, now, 10).unwrap(), 0);
        assert_eq!(remove_old(root.path(), in_use, now, 2).unwrap(), 1);
        assert_eq!(left(), ["second", "third", "used"]);
        let later = now.plus_seconds(336 * 3600 + 60);
        assert_eq!(remove_old(root.path(), in_use, later, 10).unwrap(), 2);
        assert_eq!(left(), ["used"]);
        assert_eq!(remove_old(&root.path().join("none"), in_use, now, 1).unwrap(), 0);
    }
}
