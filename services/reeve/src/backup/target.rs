//! The folder that a backup is restored into: everything is put together in a folder within it, and gets its place once all is there.
//! So it may be a disk of its own, or be reached by a link, and nobody else begins with it meanwhile.

use crate::host::{
    files::{self, RESTORING, make_private_folder, remove, remove_folder, sync_disk_of, write_private},
    folder::{LOCK, is_half_restored, lock},
};
use anyhow::{Context, anyhow, ensure};
use reeve_types::ids::new_uuid;
use std::{
    fs::{DirEntry, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// In [`RESTORING`]: the names of what is about to get its place, so that a restore that was cut off there knows what is its.
const SETTLING: &str = "settling.json";
/// What a file system of its own begins with.
const LOST_AND_FOUND: &str = "lost+found";
/// The server of a restore that was killed writes into its folder until it ends.
const REMOVAL_TIMEOUT: Duration = Duration::from_secs(10);

/// A folder that is held until what is restored has its place, or is given up.
pub struct Target {
    data: PathBuf,
    within: PathBuf,
    _lock: File,
}

impl Target {
    /// Takes a folder that has nothing; what a restore that was cut off has left in it goes.
    ///
    /// # Errors
    /// When another process has it, or it is not empty.
    pub fn take(data: &Path) -> anyhow::Result<Self> {
        make_private_folder(data)?;
        // Nothing is written into a folder that is somebody's, not even a lock.
        if !is_half_restored(data) {
            ensure_empty(data)?;
        }
        let held = lock(data)?;
        let within = data.join(RESTORING).join(new_uuid().to_string());
        let target = Self { data: data.to_owned(), within, _lock: held };
        if is_half_restored(data) {
            target.forget()?;
        }
        ensure_empty(data)?;
        Ok(target)
    }

    /// Where everything is put together: another place each time, because the server of a restore that was killed may be at work still.
    pub fn within(&self) -> &Path {
        &self.within
    }

    /// Gives everything its place, the keys last: with them it is an instance.
    ///
    /// # Errors
    /// When that is not possible; then it is no instance, and another restore begins anew.
    pub fn settle(self) -> anyhow::Result<()> {
        self.put().with_context(|| {
            format!(
                "what was restored could not be put into its place in {}: restore once more",
                self.data.display()
            )
        })?;
        if let Err(error) = remove_folder(&self.data.join(RESTORING), REMOVAL_TIMEOUT) {
            tracing::warn!(error = format!("{error:#}"), "an empty folder of the restore stays");
        }
        Ok(())
    }

    fn put(&self) -> anyhow::Result<()> {
        let Self { data, within, .. } = self;
        let others = entries(data)?.into_iter().map(|entry| entry.file_name()).find(|name| name != RESTORING);
        ensure!(others.is_none(), "{:?} came into it meanwhile", others.unwrap_or_default());
        std::fs::set_permissions(data, Permissions::from_mode(0o700))?;
        let mut names = names(within)?;
        names.sort_by_key(|name| name == files::KEYS);
        write_private(&data.join(RESTORING).join(SETTLING), &serde_json::to_vec(&names)?)?;
        for name in &names {
            if name == files::KEYS {
                sync_disk_of(data)?;
            }
            std::fs::rename(within.join(name), data.join(name))?;
        }
        sync_disk_of(data)
    }

    /// Leaves nothing but an empty folder and its lock, no keys above all.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn abandon(self) -> anyhow::Result<()> {
        self.forget().context("what was restored so far could not be removed, keys among it")
    }

    /// Removes what is a restore's, and nothing else; last what says that it is.
    fn forget(&self) -> anyhow::Result<()> {
        let settling = self.data.join(RESTORING).join(SETTLING);
        let names: Vec<String> = if settling.exists() { files::read(&settling)? } else { Vec::new() };
        for name in names {
            let path = self.data.join(name);
            if path.is_dir() { remove_folder(&path, REMOVAL_TIMEOUT)? } else { remove(&path)? }
        }
        remove_folder(&self.data.join(RESTORING), REMOVAL_TIMEOUT)
    }
}

fn ensure_empty(data: &Path) -> anyhow::Result<()> {
    ensure!(entries(data)?.is_empty(), "{} is not empty: restore into another folder", data.display());
    Ok(())
}

/// What a folder has beside its lock.
fn entries(folder: &Path) -> anyhow::Result<Vec<DirEntry>> {
    let listed = folder.read_dir().and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut listed = listed.with_context(|| format!("could not read {}", folder.display()))?;
    listed.retain(|entry| ![LOCK, LOST_AND_FOUND].iter().any(|own| entry.file_name() == *own));
    Ok(listed)
}

fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let name = |entry: DirEntry| entry.file_name().into_string();
    let names = entries(folder)?.into_iter().map(name).collect::<Result<Vec<_>, _>>();
    names.map_err(|name| anyhow!("{} is no name of a restore's", name.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put_together(data: &Path) -> Target {
        let target = Target::take(data).unwrap();
        std::fs::create_dir_all(target.within().join("nats")).unwrap();
        for name in [files::KEYS, "root.seed", LOCK] {
            std::fs::write(target.within().join(name), name).unwrap();
        }
        target
    }

    fn listed(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = names(folder).unwrap();
        names.sort();
        names
    }

    #[test]
    fn everything_has_its_target_and_then_the_folder_is_not_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(LOST_AND_FOUND)).unwrap();
        put_together(folder.path()).settle().unwrap();
        assert_eq!(listed(folder.path()), [files::KEYS, "nats", "root.seed"]);
        assert!(Target::take(folder.path()).is_err());
        // With its keys it is an instance, whatever else lies there.
        std::fs::create_dir(folder.path().join(RESTORING)).unwrap();
        assert!(Target::take(folder.path()).is_err());
        assert!(folder.path().join(files::KEYS).exists());
    }

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("new");
        put_together(&data).abandon().unwrap();
        assert_eq!(listed(&data), Vec::<String>::new());
        // What came into it meanwhile is somebody's.
        let target = put_together(&data);
        std::fs::write(data.join("mine"), "").unwrap();
        let refused = format!("{:#}", target.settle().unwrap_err());
        assert!(refused.contains("\"mine\" came into it meanwhile"), "{refused}");
        assert!(Target::take(&data).is_err());
        assert_eq!(listed(&data), ["mine"]);
    }

    #[test]
    fn one_that_was_cut_off_while_it_settled_takes_back_what_is_its_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let target = put_together(folder.path());
        let names = names(target.within()).unwrap();
        write_private(&folder.path().join(RESTORING).join(SETTLING), &serde_json::to_vec(&names).unwrap())
            .unwrap();
        std::fs::rename(target.within().join("nats"), folder.path().join("nats")).unwrap();
        drop(target);
        std::fs::write(folder.path().join("mine"), "").unwrap();
        let refused = Target::take(folder.path()).err().unwrap().to_string();
        assert!(refused.contains("is not empty"), "{refused}");
        assert_eq!(listed(folder.path()), ["mine"]);
        std::fs::remove_file(folder.path().join("mine")).unwrap();
        assert!(Target::take(folder.path()).is_ok());
    }
}
