//! Places for the scripts of shells that are started ahead.
//!
//! A shell that is given a script opens it, and reads it as it goes. So one can be started on a place that leads to a pipe
//! of the agent's, and waits there: when a step comes, its script goes through the pipe, and the place becomes a file that
//! holds the same text, for scripts that read themselves. A shell whose agent has gone finds no pipe, or its end, and ends.
//!
//! The files of places are kept and used again, because files that are made for each step would be most of what the file
//! system does for it. Their names are not: whoever comes back to the script of a step that has ended finds nothing, and
//! never another one.

use super::{super::paths::create_private_folder, new_token, no_fork};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{CWD, RenameFlags, renameat_with},
    io::{DupFlags, dup3},
    pipe::{PipeFlags, pipe_with},
};
use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::fs::{MetadataExt, OpenOptionsExt, symlink},
    },
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The places of one agent.
pub(super) struct Places {
    folder: PathBuf,
    /// Tells names of this run from those of others.
    run: String,
    /// What an anchor holds when it holds nothing.
    nothing: OwnedFd,
    /// Whether the file system can exchange two names.
    exchanges: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What nobody uses.
    free: Vec<Files>,
    next: usize,
    /// Scripts of steps that left something running, the oldest first.
    left: VecDeque<PathBuf>,
}

/// As many scripts are kept for what steps left running.
const MAX_KEPT_SCRIPTS: usize = 1_000;

/// What a place is made of: two names, which may have been exchanged, and an end of a pipe.
struct Files {
    /// Leads to the number of the anchor.
    link: PathBuf,
    text: PathBuf,
    /// The writing end of the pipe, until the shell was told everything.
    anchor: OwnedFd,
}

/// A place that a shell can be started on. One that is dropped is not used again.
pub(super) struct Place {
    /// Where the link is at first, and then the text.
    path: PathBuf,
    /// Until they are given back.
    files: Option<Files>,
    places: Arc<Places>,
}

impl Places {
    /// What an earlier run of the agent left in the folder goes, but for scripts: what their steps left running may read
    /// them.
    pub(super) fn new(folder: &Path) -> io::Result<Arc<Self>> {
        create_private_folder(folder)?;
        let mut left = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let found = entry.metadata()?;
            match found.is_file() && entry.path().extension().is_some_and(|extension| extension == "sh") {
                true => left.push((found.modified()?, entry.path())),
                false => fs::remove_file(entry.path())?,
            }
        }
        left.sort();
        let state = State { left: left.into_iter().map(|(_, path)| path).collect(), ..State::default() };
        let mut places = Self {
            folder: folder.to_owned(),
            run: new_token(),
            nothing: File::open("/dev/null")?.into(),
            exchanges: true,
            state: Mutex::new(state),
        };
        let tried = places.make()?;
        places.exchanges = exchange(&tried.link, &tried.text).is_ok();
        if !places.exchanges {
            tracing::info!(folder = %folder.display(), "the file system cannot exchange names: scripts are written");
        }
        // Made anew: the names of these may be exchanged now.
        fs::remove_file(&tried.link)?;
        fs::remove_file(&tried.text)?;
        Ok(Arc::new(places))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a place can become a file here.
    pub(super) fn can_hold(&self) -> bool {
        self.exchanges
    }

    /// A place that leads to a pipe.
    pub(super) fn take(self: &Arc<Self>) -> io::Result<Place> {
        // Nobody waits for a pipe that is full. A shell opens its own reading end, which waits.
        let (_reading, writing) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let free = self.state().free.pop();
        let named = free.and_then(|files| match self.named_anew(files) {
            Ok(files) => Some(files),
            Err(error) => {
                tracing::warn!(%error, "the files of a script are made anew");
                None
            }
        });
        let mut files = match named {
            Some(files) => files,
            None => self.make()?,
        };
        dup3(&writing, &mut files.anchor, DupFlags::CLOEXEC)?;
        Ok(Place { path: files.link.clone(), files: Some(files), places: self.clone() })
    }

    /// Names that nothing in this folder ever had.
    fn names(&self) -> (PathBuf, PathBuf) {
        let number = {
            let mut state = self.state();
            state.next += 1;
            state.next
        };
        let name = |ending| self.folder.join(format!("{}-{number}.{ending}", self.run));
        (name("sh"), name("other"))
    }

    fn named_anew(&self, files: Files) -> io::Result<Files> {
        let (link, text) = self.names();
        fs::rename(files.link, &link)?;
        fs::rename(files.text, &text)?;
        Ok(Files { link, text, ..files })
    }

    fn make(&self) -> io::Result<Files> {
        // A script can remove the folder in which it is.
        create_private_folder(&self.folder)?;
        let (link, text) = self.names();
        let anchor = self.nothing.try_clone()?;
        symlink(format!("/proc/{}/fd/{}", std::process::id(), anchor.as_raw_fd()), &link)?;
        OpenOptions::new().write(true).create_new(true).mode(0o700).open(&text)?;
        Ok(Files { link, text, anchor })
    }
}

fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(io::Error::from)
}

impl Place {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until a shell has opened the place: from then on it reads the pipe, whatever the place becomes. `lives` says
    /// whether the shell does.
    pub(super) async fn opened(&self, mut lives: impl FnMut() -> bool) -> io::Result<()> {
        while !self.is_read()? {
            if !lives() {
                return Err(io::Error::other("the shell has not opened its script"));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Whether the pipe has a reading end.
    fn is_read(&self) -> io::Result<bool> {
        let Some(files) = &self.files else { return Ok(false) };
        let mut ends = [PollFd::new(&files.anchor, PollFlags::OUT)];
        poll(&mut ends, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
        Ok(!ends[0].revents().contains(PollFlags::ERR))
    }

    /// Whether as many bytes can be told at once.
    pub(super) fn fits(&self, bytes: usize) -> bool {
        let capacity = self.files.as_ref().map(|files| rustix::pipe::fcntl_getpipe_size(&files.anchor));
        capacity.is_some_and(|capacity| capacity.is_ok_and(|capacity| bytes <= capacity))
    }

    /// Makes the place a file that holds a script. After an error nothing has changed for the shell.
    pub(super) fn hold(&mut self, script: &str) -> io::Result<()> {
        let files = self.files.as_mut().ok_or_else(given_back)?;
        // Somebody who inherited the open file would keep it from being executed.
        let alone = no_fork();
        let mut file = OpenOptions::new().write(true).open(&files.text)?;
        file.write_all(script.as_bytes())?;
        // Not emptied before: some file systems write what was emptied at once.
        file.set_len(script.len() as u64)?;
        drop((file, alone));
        exchange(&files.link, &files.text)?;
        std::mem::swap(&mut files.link, &mut files.text);
        Ok(())
    }

    /// Tells the shell what to do, to the end.
    pub(super) fn tell(&mut self, text: &str) -> io::Result<()> {
        let anchor = &mut self.files.as_mut().ok_or_else(given_back)?.anchor;
        let written = rustix::io::write(&*anchor, text.as_bytes())?;
        dup3(&self.places.nothing, anchor, DupFlags::CLOEXEC)?;
        match written == text.len() {
            true => Ok(()),
            false => Err(io::Error::other("the shell was told only a part")),
        }
    }

    /// The shell has ended, and nobody that it started is left: what the place is made of can be used again.
    pub(super) fn give_back(mut self) -> io::Result<()> {
        let usable = |files: &Files| {
            let text = fs::symlink_metadata(&files.text)?;
            // A script can do what it wants with its own file.
            io::Result::Ok(
                text.is_file() && text.nlink() == 1 && fs::symlink_metadata(&files.link)?.is_symlink(),
            )
        };
        if self.files.as_ref().map(usable).transpose()? == Some(true) {
            self.places.state().free.extend(self.files.take());
        }
        Ok(())
    }
}

fn given_back() -> io::Error {
    io::Error::other("the place was given back")
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(files) = self.files.take() else { return };
        // The link's number is another file's soon. Whatever is gone already need not be removed.
        let _removed = fs::remove_file(&files.link).is_ok();
        let unused = match files.text == self.path {
            // What the step left running may read its script.
            true => {
                let mut state = self.places.state();
                state.left.push_back(files.text);
                if state.left.len() > MAX_KEPT_SCRIPTS { state.left.pop_front() } else { None }
            }
            false => Some(files.text),
        };
        if let Some(unused) = unused {
            let _removed = fs::remove_file(unused).is_ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Output, Stdio};

    fn places() -> (tempfile::TempDir, Arc<Places>) {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(&folder.path().join("scripts")).unwrap();
        (folder, places)
    }

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    fn shell(place: &Place) -> Child {
        let mut command = Command::new(super::super::shell());
        command.arg(place.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    async fn ran(place: &mut Place, script: &str, before: &str) -> Output {
        let shell = shell(place);
        place.opened(|| true).await.unwrap();
        place.hold(script).unwrap();
        let text = format!("{before}{script}");
        assert!(place.fits(text.len()) && !place.fits(1 << 30));
        place.tell(&text).unwrap();
        shell.wait_with_output().unwrap()
    }

    #[tokio::test]
    async fn given_a_place_when_used_again_and_again_then_each_script_is_itself() {
        let (_folder, places) = places();
        for (n, script) in
            ["echo a longer script\ncat \"$0\"\n", "exit 7\n", "cat \"$0\"\n"].into_iter().enumerate()
        {
            let mut place = places.take().unwrap();
            let output = ran(&mut place, script, "").await;
            let expected = ["a longer script\necho a longer script\ncat \"$0\"\n", "", "cat \"$0\"\n"][n];
            assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
            assert_eq!(output.status.code(), Some([0, 7, 0][n]));
            place.give_back().unwrap();
        }
        assert_eq!(files(&places.folder), 2, "one place's, used again");
    }

    #[tokio::test]
    async fn given_what_the_shell_is_told_before_when_a_line_fails_then_its_number_is_that_of_the_script() {
        let (_folder, places) = places();
        let mut place = places.take().unwrap();
        let output = ran(&mut place, "echo $X\nno_such_program\n", "export X='y'; ").await;
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "y\n");
        let again = Command::new(super::super::shell()).arg(place.path()).output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), String::from_utf8(again.stderr).unwrap());
    }

    #[tokio::test]
    async fn given_an_agent_that_goes_away_when_a_shell_waits_then_the_shell_ends() {
        let (_folder, places) = places();
        let place = places.take().unwrap();
        let shell = shell(&place);
        place.opened(|| true).await.unwrap();
        drop(place);
        assert!(shell.wait_with_output().unwrap().status.success());
    }

    #[test]
    fn given_an_agent_that_has_gone_when_a_shell_begins_then_it_ends() {
        let (_folder, places) = places();
        let place = places.take().unwrap();
        let path = place.path().to_owned();
        drop(place);
        let ended = Command::new(super::super::shell()).arg(path).stdin(Stdio::null()).output().unwrap();
        assert_eq!((ended.status.success(), ended.stdout), (false, Vec::new()));
        assert_eq!(files(&places.folder), 0);
    }

    #[tokio::test]
    async fn given_somebody_who_comes_back_to_a_script_when_its_files_are_used_again_then_he_finds_nothing() {
        let (_folder, places) = places();
        let mut first = places.take().unwrap();
        ran(&mut first, "echo first\n", "").await;
        let path = first.path().to_owned();
        first.give_back().unwrap();
        let mut second = places.take().unwrap();
        assert!(!path.exists());
        ran(&mut second, "echo second\n", "").await;
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn given_what_a_step_left_running_when_the_agent_begins_anew_then_its_script_is_still_there() {
        let (_folder, places) = places();
        let mut place = places.take().unwrap();
        ran(&mut place, "echo text\n", "").await;
        let path = place.path().to_owned();
        drop(place);
        drop(places.take().unwrap());
        let places = Places::new(&places.folder).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "echo text\n");
        assert_eq!(files(&places.folder), 1);
    }

    #[tokio::test]
    async fn given_scripts_that_change_their_own_files_when_given_back_then_those_are_not_used_again() {
        let (_folder, places) = places();
        for script in [
            "ln \"$0\" \"$0.again\"",
            "rm \"$0\"; ln -s /etc/passwd \"$0\"",
            "rm \"$0\"",
            "rm -r \"$(dirname \"$0\")\"",
        ] {
            let mut place = places.take().unwrap();
            let output = ran(&mut place, &format!("{script}\n"), "").await;
            assert!(output.status.success(), "{script}: {output:?}");
            // Where its file is gone that is an error; either way the next one has files of its own.
            let _gone = place.give_back().is_err();
            assert!(places.state().free.is_empty(), "{script}");
        }
    }
}
