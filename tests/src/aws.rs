//! The aws CLI, of the package that users have: as a program, and as calls of one process that has loaded its modules already.

use crate::programs::Answer;
use serde_json::json;
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
};

/// Another `aws` than that of the workspace: it is started for each call.
const OTHER: &str = "REEVE_AWS";
const SERVER: &str = include_str!("aws.py");

/// `REEVE_AWS`, else the workspace's.
///
/// # Panics
/// When it is not there.
pub(crate) fn program() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/bin/aws");
    let path = std::env::var_os(OTHER).map_or_else(own, PathBuf::from);
    assert!(path.exists(), "{} is not there: run ./test once, it installs it", path.display());
    path
}

/// The interpreter that runs it.
///
/// # Panics
/// When it is not there.
pub(crate) fn python() -> PathBuf {
    let python = program().with_file_name("python");
    assert!(python.exists(), "{} is not there", python.display());
    python
}

/// Runs what would start `aws`.
///
/// # Panics
/// When it cannot be run.
pub(crate) fn run(command: &mut Command) -> Answer {
    if std::env::var_os(OTHER).is_some() {
        return Answer::of(command);
    }
    static LOADED: Mutex<Option<Loaded>> = Mutex::new(None);
    // One whose call a test has left in the middle is not asked again.
    let mut loaded = LOADED.lock().unwrap_or_else(|left| {
        LOADED.clear_poison();
        let mut loaded = left.into_inner();
        *loaded = None;
        loaded
    });
    loaded.get_or_insert_with(Loaded::start).run(command)
}

/// A process that has loaded its modules. It ends with this one, whose end its standard input is.
struct Loaded {
    calls: ChildStdin,
    codes: BufReader<ChildStdout>,
    _process: Child,
}

impl Loaded {
    fn start() -> Self {
        let mut command = Command::new(python());
        command.args(["-I", "-c", SERVER]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("python could not be started");
        let (calls, codes) = (process.stdin.take().expect("a pipe"), process.stdout.take().expect("a pipe"));
        Self { calls, codes: BufReader::new(codes), _process: process }
    }

    fn run(&mut self, command: &Command) -> Answer {
        let text = |text: &OsStr| text.to_str().expect("UTF-8").to_owned();
        let arguments: Vec<_> = command.get_args().map(text).collect();
        let named =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        let mut environment: BTreeMap<_, _> = std::env::vars_os().filter_map(named).collect();
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => environment.insert(text(name), text(value)),
                None => environment.remove(&text(name)),
            };
        }
        let folder =
            command.get_current_dir().map_or_else(|| std::env::current_dir().expect("a folder"), Into::into);
        let (output, errors) = (temporary(), temporary());
        let call = json!({
            "arguments": arguments, "environment": environment, "folder": folder, "output": output.path(), "errors": errors.path(),
        });
        writeln!(self.calls, "{call}").expect("the process of the aws CLI has ended");
        let mut code = String::new();
        let read = self.codes.read_line(&mut code).expect("a pipe");
        assert!(read > 0, "the process of the aws CLI has ended");
        let code: i32 = code.trim().parse().expect("an exit code");
        let read = |file: &Path| String::from_utf8_lossy(&std::fs::read(file).expect("a file")).into_owned();
        Answer {
            success: code == 0,
            code: (code >= 0).then_some(code),
            stdout: read(output.path()),
            stderr: read(errors.path()),
        }
    }
}

fn temporary() -> tempfile::NamedTempFile {
    tempfile::NamedTempFile::new().expect("a temporary file")
}
