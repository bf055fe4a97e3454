//! Places for the scripts of shells that are started ahead.
//!
//! A shell that is given a script opens it, and reads it as it goes. So one can be started on a place that leads to a pipe
//! of the agent's, and waits there: when a step comes, its script goes through the pipe, and the place becomes a file that
//! holds the same text, for scripts that read themselves. A shell whose agent has gone finds no pipe, or its end, and ends.
//!
//! The files of places are kept and used again, because files that are made for each step would be most of what the file
//! system does for it. Their names are not: whoever comes back to the script of a step that has ended finds nothing, and
//! never another one.

use super::{
    super::{paths::create_private_folder, process::no_fork},
    new_token,
};
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
const LEFT: usize = 1_000;

/// What a place is made of.
struct Files {
    /// Leads to the number of the anchor.
    link: PathBuf,
    text: PathBuf,
    /// The writing end of the pipe, until the shell was told everything.
    anchor: OwnedFd,
}

/// A place that a shell can be started on. One that is dropped is not used again.
pub(super) struct Place {
    path: PathBuf,
    /// Where what the place is not at the moment waits: the file or the link.
    other: PathBuf,
    held: bool,
    anchor: Option<OwnedFd>,
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
        let Files { link, text, anchor } = files;
        Ok(Place { path: link, other: text, held: false, anchor: Some(anchor), places: self.clone() })
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

    fn anchor(&self) -> io::Result<&OwnedFd> {
        self.anchor.as_ref().ok_or_else(|| io::Error::other("the place was given back"))
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
        let mut ends = [PollFd::new(self.anchor()?, PollFlags::OUT)];
        poll(&mut ends, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
        Ok(!ends[0].revents().contains(PollFlags::ERR))
    }

    /// Whether as many bytes can be told at once.
    pub(super) fn fits(&self, bytes: usize) -> bool {
        let capacity = self.anchor.as_ref().map(rustix::pipe::fcntl_getpipe_size);
        capacity.is_some_and(|capacity| capacity.is_ok_and(|capacity| bytes <= capacity))
    }

    /// Makes the place a file that holds a script. After an error nothing has changed for the shell.
    pub(super) fn hold(&mut self, script: &str) -> io::Result<()> {
        // Somebody who inherited the open file would keep it from being executed.
        let alone = no_fork();
        let mut file = OpenOptions::new().write(true).open(&self.other)?;
        file.write_all(script.as_bytes())?;
        // Not emptied before: some file systems write what was emptied at once.
        file.set_len(script.len() as u64)?;
        drop((file, alone));
        exchange(&self.path, &self.other)?;
        self.held = true;
        Ok(())
    }

    /// Tells the shell what to do, to the end.
    pub(super) fn tell(&mut self, text: &str) -> io::Result<()> {
        let anchor = self.anchor.as_mut().ok_or_else(|| io::Error::other("the place was given back"))?;
        let written = rustix::io::write(&*anchor, text.as_bytes())?;
        dup3(&self.places.nothing, anchor, DupFlags::CLOEXEC)?;
        match written == text.len() {
            true => Ok(()),
            false => Err(io::Error::other("the shell was told only a part")),
        }
    }

    /// The shell has ended, and nobody that it started is left: what the place is made of can be used again.
    pub(super) fn give_back(mut self) -> io::Result<()> {
        let (text, link) = match self.held {
            true => (self.path.clone(), self.other.clone()),
            false => (self.other.clone(), self.path.clone()),
        };
        let found = fs::symlink_metadata(&text)?;
        // A script can do what it wants with its own file.
        if !found.is_file() || found.nlink() != 1 || !fs::symlink_metadata(&link)?.is_symlink() {
            return Ok(());
        }
        if let Some(anchor) = self.anchor.take() {
            self.places.state().free.push(Files { link, text, anchor });
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.anchor.is_none() {
            return;
        }
        // The link's number is another file's soon. Whatever is gone already need not be removed.
        let _removed = fs::remove_file(&self.other).is_ok();
        if !self.held {
            let _removed = fs::remove_file(&self.path).is_ok();
            return;
        }
        let oldest = {
            let mut state = self.places.state();
            state.left.push_back(self.path.clone());
            if state.left.len() > LEFT { state.left.pop_front() } else { None }
        };
        if let Some(oldest) = oldest {
            let _removed = fs::remove_file(oldest).is_ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Output, Stdio};

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
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(&folder.path().join("scripts")).unwrap();
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
        assert_eq!(files(&folder.path().join("scripts")), 2, "one place's, used again");
    }

    #[tokio::test]
    async fn given_what_the_shell_is_told_before_when_a_line_fails_then_its_number_is_that_of_the_script() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(folder.path()).unwrap();
        let mut place = places.take().unwrap();
        let output = ran(&mut place, "echo $X\nno_such_program\n", "export X='y'; ").await;
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "y\n");
        let again = Command::new(super::super::shell()).arg(place.path()).output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), String::from_utf8(again.stderr).unwrap());
    }

    #[tokio::test]
    async fn given_an_agent_that_goes_away_when_a_shell_waits_then_the_shell_ends() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(folder.path()).unwrap();
        let place = places.take().unwrap();
        let shell = shell(&place);
        place.opened(|| true).await.unwrap();
        drop(place);
        assert!(shell.wait_with_output().unwrap().status.success());
    }

    #[test]
    fn given_an_agent_that_has_gone_when_a_shell_begins_then_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(folder.path()).unwrap();
        let place = places.take().unwrap();
        let path = place.path().to_owned();
        drop(place);
        let ended = Command::new(super::super::shell()).arg(path).stdin(Stdio::null()).output().unwrap();
        assert_eq!((ended.status.success(), ended.stdout), (false, Vec::new()));
        assert_eq!(files(folder.path()), 0);
    }

    #[tokio::test]
    async fn given_somebody_who_comes_back_to_a_script_when_its_files_are_used_again_then_he_finds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(folder.path()).unwrap();
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
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(folder.path()).unwrap();
        let mut place = places.take().unwrap();
        ran(&mut place, "echo text\n", "").await;
        let path = place.path().to_owned();
        drop(place);
        drop(places.take().unwrap());
        drop(places);
        let _later = Places::new(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "echo text\n");
        assert_eq!(files(folder.path()), 1);
    }

    #[tokio::test]
    async fn given_scripts_that_change_their_own_files_when_given_back_then_those_are_not_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(&folder.path().join("scripts")).unwrap();
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
