//! What was installed here by patching, and in which start of the machine: until it is started anew, it is pending where a
//! restart is due.

use crate::files::write_private;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io, path::Path};

/// The file, below the agent's data.
const FILE: &str = "patched.json";
/// As many runs are remembered, so that they can be rolled back.
const MAX_RUNS: usize = 20;

/// A package that a run changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The version that was there; empty: none.
    pub before: String,
    pub after: String,
}

/// What a run changed, by `name.arch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    pub command_id: String,
    pub changes: BTreeMap<String, Change>,
}

/// What is remembered.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Installed {
    /// Which start of the machine this is about.
    boot_id: String,
    /// The versions that were installed, by `name.arch`.
    versions: BTreeMap<String, String>,
    /// The command for which the machine was restarted: it is not, twice.
    pub restarted_for: String,
    /// The last runs that changed something, the oldest first.
    runs: Vec<RunRecord>,
}

impl Installed {
    /// Reads it; what is about an earlier start is over, and what cannot be read is nothing.
    pub fn read(folder: &Path, boot_id: &str) -> Self {
        let read = std::fs::read(folder.join(FILE)).ok();
        let mut read: Self = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if read.boot_id != boot_id {
            read.versions.clear();
            boot_id.clone_into(&mut read.boot_id);
        }
        read
    }

    /// # Errors
    /// When it cannot be kept.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let bytes = serde_json::to_vec(self).map_err(io::Error::other)?;
        write_private(&folder.join(FILE), &bytes)
    }

    pub fn add(&mut self, id: String, version: String) {
        self.versions.insert(id, version);
    }

    /// Remembers what a run changed. One that goes on after a restart changed what it did before as well.
    pub fn record(&mut self, command_id: &str, changes: BTreeMap<String, Change>) {
        if changes.is_empty() {
            return;
        }
        let known = self.runs.iter().position(|run| run.command_id == command_id);
        let mut run = known.map(|at| self.runs.remove(at)).unwrap_or_default();
        command_id.clone_into(&mut run.command_id);
        for (id, change) in changes {
            let before = run.changes.get(&id).map(|earlier| earlier.before.clone());
            run.changes.insert(id, Change { before: before.unwrap_or(change.before), after: change.after });
        }
        self.runs.push(run);
        let surplus = self.runs.len().saturating_sub(MAX_RUNS);
        self.runs.drain(..surplus);
    }

    /// What a run changed, if that is still known.
    pub fn run(&self, command_id: &str) -> Option<&RunRecord> {
        self.runs.iter().find(|run| run.command_id == command_id)
    }

    /// Whether this version was installed since the machine was started.
    pub fn has(&self, id: &str, version: &str) -> bool {
        self.versions.get(id).is_some_and(|installed| installed == version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_remembered_from_its_first_version_to_its_last_and_old_runs_are_forgotten() {
        let change = |before: &str, after: &str| Change { before: before.into(), after: after.into() };
        let of =
            |id: &str, before: &str, after: &str| BTreeMap::from([(id.to_owned(), change(before, after))]);
        let mut installed = Installed::default();
        installed.record("c", of("a", "1", "2"));
        installed.record("c", of("b", "", "1"));
        installed.record("c", of("a", "2", "3"));
        installed.record("nothing", BTreeMap::new());
        let run = installed.run("c").unwrap();
        assert_eq!((&run.changes["a"], &run.changes["b"]), (&change("1", "3"), &change("", "1")));
        assert_eq!(installed.run("nothing"), None);
        for n in 0..MAX_RUNS {
            installed.record(&format!("c{n}"), of("a", "3", "4"));
        }
        assert!(installed.run("c").is_none() && installed.run("c0").is_some());
    }

    #[test]
    fn it_is_over_with_the_start_it_is_about() {
        let folder = tempfile::tempdir().unwrap();
        let mut installed = Installed::read(folder.path(), "one");
        installed.add("libc6.amd64".to_owned(), "2".to_owned());
        "command".clone_into(&mut installed.restarted_for);
        installed.write(folder.path()).unwrap();
        let same = Installed::read(folder.path(), "one");
        assert!(same.has("libc6.amd64", "2") && !same.has("libc6.amd64", "1"));
        let next = Installed::read(folder.path(), "two");
        assert!(!next.has("libc6.amd64", "2") && next.restarted_for == "command");
    }
}
