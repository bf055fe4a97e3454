//! A small disk of a test's own: a tmpfs in a mount namespace, which is gone with the process that holds it.
//!
//! As root the namespace is made at once; anybody else makes one of users around it, where the system lets them.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A mounted disk. Dropping it unmounts it, once nobody runs on it any more; so does the end of the test's process.
pub struct SmallDisk {
    holder: Child,
    folder: PathBuf,
}

impl SmallDisk {
    /// Mounts a disk of so many KiB on a folder, for those that are started by [`SmallDisk::command`].
    ///
    /// # Panics
    /// When the system does not let this be done: a test without it must fail, never skip.
    pub fn mount(folder: &Path, kib: u64) -> Self {
        std::fs::create_dir_all(folder).expect("a folder");
        let mut unshare = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            unshare.args(["--user", "--map-root-user"]);
        }
        // It ends when the pipe of the test's process is closed, however that comes to pass.
        let script = "mount -t tmpfs -o size=\"$1\"k,mode=700 tmpfs \"$0\" && echo mounted && exec cat";
        unshare.args(["--mount", "--propagation", "private", "sh", "-c", script]).arg(folder);
        unshare.arg(kib.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = unshare.spawn().expect("unshare (util-linux) could not be started");
        let mut said = String::new();
        let mut output = BufReader::new(holder.stdout.take().expect("a pipe"));
        output.read_line(&mut said).expect("a pipe that can be read");
        assert!(
            said == "mounted\n",
            "a tmpfs could not be mounted in a namespace of the test's own: run it as root with CAP_SYS_ADMIN, or \
             where the system allows user namespaces"
        );
        Self { holder, folder: folder.to_owned() }
    }

    /// The disk, as seen from outside.
    pub fn path(&self) -> PathBuf {
        let folder = self.folder.strip_prefix("/").expect("an absolute path");
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(folder)
    }

    /// A command that will see the disk at its folder.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        let mut target = OsString::from("--target=");
        target.push(self.holder.id().to_string());
        command.arg(target).arg("--mount");
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program);
        command
    }

    /// Fills it to the last byte.
    ///
    /// # Panics
    /// When it does not become full.
    pub fn fill(&self) {
        let filler = File::options().create(true).append(true).open(self.path().join("filler"));
        let mut filler = filler.expect("a file");
        let piece = vec![0; 4096];
        let error = loop {
            if let Err(error) = filler.write_all(&piece) {
                break error;
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{error}");
    }

    /// Fills it but for so many KiB.
    ///
    /// # Panics
    /// When it does not become so full.
    pub fn fill_but(&self, kib: usize) {
        self.fill();
        let filler = File::options().write(true).open(self.path().join("filler")).expect("a file");
        let length = filler.metadata().expect("a file").len();
        filler.set_len(length - ((kib as u64) << 10)).expect("a shorter file");
    }

    /// Makes room again.
    ///
    /// # Panics
    /// When it was not filled.
    pub fn clear(&self) {
        std::fs::remove_file(self.path().join("filler")).expect("a file");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        // It has nothing else to do than to end.
        let _ended = self.holder.wait().is_ok();
    }
}
