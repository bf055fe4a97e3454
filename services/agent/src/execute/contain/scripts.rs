//! Places for the scripts of shells that are started ahead.
//!
//! A shell that is given a script opens it, and reads it as it goes. So one can be started on a place that leads to a pipe
//! of the agent's, and waits there: when a step comes, its script goes through the pipe, and the place becomes a file that
//! holds the same text, for scripts that read themselves. A shell whose agent has gone finds no pipe, or its end, and ends.
//!
//! Places are kept and used again: files that are made for each step would be most of what the file system does for it.

use super::super::{paths::create_private_folder, process::no_fork};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{CWD, RenameFlags, renameat_with},
    io::{DupFlags, dup3},
    pipe::{PipeFlags, pipe_with},
};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::fs::{OpenOptionsExt, symlink},
    },
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The places of one agent.
pub(super) struct Places {
    folder: PathBuf,
    /// What an anchor holds when it holds nothing.
    nothing: OwnedFd,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Places that nobody uses.
    free: Vec<(usize, OwnedFd)>,
    next: usize,
}

/// A place that a shell can be started on. One that is dropped is not used again.
pub(super) struct Place {
    number: usize,
    /// The writing end of the pipe, until the shell was told everything. A link leads to its number, which stays.
    anchor: OwnedFd,
    places: Arc<Places>,
}

/// How long a shell may take to open what it is to run.
const PATIENCE: Duration = Duration::from_secs(10);

impl Places {
    /// Nobody may be running what an earlier agent put there.
    pub(super) fn new(folder: &Path) -> io::Result<Arc<Self>> {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        create_private_folder(folder)?;
        let nothing = File::open("/dev/null")?.into();
        Ok(Arc::new(Self { folder: folder.to_owned(), nothing, state: Mutex::default() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place that leads to a pipe.
    pub(super) fn take(self: &Arc<Self>) -> io::Result<Place> {
        let free = self.state().free.pop();
        let (number, mut anchor) = match free {
            Some(free) => free,
            None => self.make()?,
        };
        // Nobody waits for a pipe that is full. A shell opens its own reading end, which waits.
        let (_reading, writing) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        dup3(&writing, &mut anchor, DupFlags::CLOEXEC)?;
        Ok(Place { number, anchor, places: self.clone() })
    }

    fn make(&self) -> io::Result<(usize, OwnedFd)> {
        let number = {
            let mut state = self.state();
            state.next += 1;
            state.next
        };
        let anchor = self.nothing.try_clone()?;
        symlink(format!("/proc/{}/fd/{}", std::process::id(), anchor.as_raw_fd()), self.path(number))?;
        OpenOptions::new().write(true).create_new(true).mode(0o700).open(self.other(number))?;
        Ok((number, anchor))
    }

    fn path(&self, number: usize) -> PathBuf {
        self.folder.join(format!("{number}.sh"))
    }

    /// Where what the place is not at the moment waits: the file or the link.
    fn other(&self, number: usize) -> PathBuf {
        self.folder.join(format!("{number}.other"))
    }
}

impl Place {
    pub(super) fn path(&self) -> PathBuf {
        self.places.path(self.number)
    }

    /// Waits until a shell has opened the place: from then on it reads the pipe, whatever the place becomes.
    pub(super) async fn opened(&self) -> io::Result<()> {
        let begun = Instant::now();
        while !self.is_read()? {
            if begun.elapsed() > PATIENCE {
                return Err(io::Error::other("the shell does not open its script"));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Whether the pipe has a reading end.
    fn is_read(&self) -> io::Result<bool> {
        let mut ends = [PollFd::new(&self.anchor, PollFlags::OUT)];
        poll(&mut ends, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
        Ok(!ends[0].revents().contains(PollFlags::ERR))
    }

    /// Whether as many bytes can be told at once.
    pub(super) fn fits(&self, bytes: usize) -> bool {
        rustix::pipe::fcntl_getpipe_size(&self.anchor).is_ok_and(|capacity| bytes <= capacity)
    }

    fn exchange(&self) -> io::Result<()> {
        let (path, other) = (self.path(), self.places.other(self.number));
        renameat_with(CWD, &path, CWD, &other, RenameFlags::EXCHANGE).map_err(io::Error::from)
    }

    /// Makes the place a file that holds a script.
    pub(super) fn hold(&self, script: &str) -> io::Result<()> {
        // Somebody who inherited the open file would keep it from being executed.
        let alone = no_fork();
        let mut file = OpenOptions::new().write(true).open(self.places.other(self.number))?;
        file.write_all(script.as_bytes())?;
        // Not emptied before: some file systems write what was emptied at once.
        file.set_len(script.len() as u64)?;
        drop((file, alone));
        self.exchange()
    }

    /// Tells the shell what to do, to the end.
    pub(super) fn tell(&mut self, text: &str) -> io::Result<()> {
        let written = rustix::io::write(&self.anchor, text.as_bytes())?;
        dup3(&self.places.nothing, &mut self.anchor, DupFlags::CLOEXEC)?;
        match written == text.len() {
            true => Ok(()),
            false => Err(io::Error::other("the shell was told only a part")),
        }
    }

    /// The shell has ended, and nobody else uses what it was told: the place can be used again.
    pub(super) fn give_back(self) -> io::Result<()> {
        if fs::symlink_metadata(self.path())?.is_file() {
            self.exchange()?;
        }
        let Self { number, anchor, places } = self;
        places.state().free.push((number, anchor));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Output, Stdio};

    fn shell(place: &Place) -> Child {
        let mut command = Command::new(super::super::shell());
        command.arg(place.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    async fn ran(place: &mut Place, script: &str, before: &str) -> Output {
        let shell = shell(place);
        place.opened().await.unwrap();
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
        assert_eq!(fs::read_dir(folder.path().join("scripts")).unwrap().count(), 2, "one place, used again");
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
        place.opened().await.unwrap();
        drop(place);
        assert!(shell.wait_with_output().unwrap().status.success());
    }

    #[test]
    fn given_an_agent_that_has_gone_when_a_shell_begins_then_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(folder.path()).unwrap();
        let place = places.take().unwrap();
        let path = place.path();
        drop(place);
        // Whatever has that number now is no script, or there is none.
        let ended = Command::new(super::super::shell()).arg(path).stdin(Stdio::null()).output().unwrap();
        assert_eq!(ended.stdout, b"");
    }
}
