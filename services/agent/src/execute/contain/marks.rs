//! A file for each step that runs: what a later run of the agent must end if this one does not.
//!
//! The files are kept and written over. Files that are made and removed with each step would be most of what the file
//! system does for it. No fsync: after a power failure there are no processes either.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The files of one agent.
pub(super) struct Marks {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Files that stand for no step.
    free: Vec<File>,
    /// The number of the next file.
    next: usize,
}

/// A file that stands for a step. When it is dropped it goes on standing for it.
pub(super) struct Mark {
    file: File,
    marks: Arc<Marks>,
}

/// What an earlier run left: the step's token, and where it is.
pub(super) struct Left {
    pub(super) token: String,
    pub(super) place: PathBuf,
    pub(super) mark: Mark,
}

impl Marks {
    pub(super) fn new(folder: &Path) -> Arc<Self> {
        Arc::new(Self { folder: folder.to_owned(), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The steps that an earlier run did not end. Called once, before the first step.
    pub(super) fn left(self: &Arc<Self>) -> io::Result<Vec<Left>> {
        fs::create_dir_all(&self.folder)?;
        self.state().free.clear();
        let mut left = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let Some(number) = entry.file_name().to_str().and_then(|name| name.parse::<usize>().ok()) else {
                continue;
            };
            let mut file = OpenOptions::new().read(true).write(true).open(entry.path())?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let text = String::from_utf8_lossy(&bytes);
            let mut state = self.state();
            state.next = state.next.max(number + 1);
            // Behind the first line there may be more of what the file said before.
            match text.lines().next().and_then(|line| line.split_once(' ')) {
                Some((token, place)) => left.push(Left {
                    token: token.to_owned(),
                    place: place.into(),
                    mark: Mark { file, marks: self.clone() },
                }),
                None => state.free.push(file),
            }
        }
        Ok(left)
    }

    /// Says that a step runs, and where.
    pub(super) fn set(self: &Arc<Self>, token: &str, place: &Path) -> io::Result<Mark> {
        let free = self.state().free.pop();
        let file = match free {
            Some(file) => file,
            None => self.make()?,
        };
        let mark = Mark { file, marks: self.clone() };
        let mut line = format!("{token} ").into_bytes();
        line.extend_from_slice(place.as_os_str().as_encoded_bytes());
        line.push(b'\n');
        mark.file.write_all_at(&line, 0)?;
        Ok(mark)
    }

    fn make(&self) -> io::Result<File> {
        fs::create_dir_all(&self.folder)?;
        let mut state = self.state();
        let path = self.folder.join(state.next.to_string());
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        state.next += 1;
        Ok(file)
    }
}

impl Mark {
    /// Nothing of the step runs any more, or it may go on.
    pub(super) fn clear(self) -> io::Result<()> {
        self.file.write_all_at(b"\n", 0)?;
        self.marks.state().free.push(self.file);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_steps_that_ran_and_one_that_runs_when_looked_at_later_then_that_one_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let marks = Marks::new(&folder.path().join("running"));
        assert!(marks.left().unwrap().is_empty());
        marks.set("first", Path::new("/a/longer/place")).unwrap().clear().unwrap();
        let _stays = marks.set("second", Path::new("/b")).unwrap();
        marks.set("third", Path::new("")).unwrap().clear().unwrap();
        let _stays = marks.set("fourth", Path::new("")).unwrap();

        let later = Marks::new(&folder.path().join("running"));
        let mut left = later.left().unwrap();
        left.sort_by(|a, b| a.token.cmp(&b.token));
        let found: Vec<_> =
            left.iter().map(|left| (left.token.as_str(), left.place.to_str().unwrap())).collect();
        assert_eq!(found, [("fourth", ""), ("second", "/b")]);
        left.into_iter().for_each(|left| left.mark.clear().unwrap());
        assert!(Marks::new(&folder.path().join("running")).left().unwrap().is_empty());
        assert_eq!(fs::read_dir(folder.path().join("running")).unwrap().count(), 2, "files are used again");
    }
}
