//! The programs under test and around them.

use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

/// `REEVE_BIN`, else the one that was built beside this test.
///
/// # Panics
/// When it is not there.
pub fn reeve() -> PathBuf {
    let beside = || {
        let test = std::env::current_exe().expect("the path of this test");
        test.parent().and_then(Path::parent).expect("a target folder").join("reeve")
    };
    let path = std::env::var_os("REEVE_BIN").map_or_else(beside, PathBuf::from);
    assert!(path.exists(), "{} is not there: build it with `cargo build -p reeve`", path.display());
    path
}

/// The agent as a program of its own, beside `reeve`.
pub fn agent() -> PathBuf {
    let path = reeve().with_file_name("reeve-agent");
    assert!(path.exists(), "{} is not there: build it with `cargo build -p reeve-agent`", path.display());
    path
}

/// The bus's server.
///
/// # Panics
/// When it is not there.
pub fn nats_server() -> PathBuf {
    let path = reeve_testkit::Nats::executable();
    assert!(path.exists(), "{} is not there: run ./test once, it installs it", path.display());
    path.canonicalize().expect("a path that can be read")
}

/// Debian's `prometheus-alertmanager`, which looks for its templates where the package has them.
///
/// # Panics
/// When it is not there.
pub fn alertmanager() -> PathBuf {
    let path = PathBuf::from("/usr/bin/prometheus-alertmanager");
    assert!(path.exists(), "{} is not there: apt-get install prometheus-alertmanager", path.display());
    path
}

/// The services that the program is made of.
///
/// # Panics
/// When it does not say so.
pub fn services() -> &'static [String] {
    static SERVICES: OnceLock<Vec<String>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let listed = Answer::of(Command::new(reeve()).args(["--output", "json", "services"]));
        assert!(listed.success, "{}", listed.stderr);
        let listed: Vec<Value> = serde_json::from_str(&listed.stdout).expect("JSON");
        listed.iter().map(|service| service["name"].as_str().expect("a text").to_owned()).collect()
    })
}

/// What a program said.
#[derive(Debug)]
pub struct Answer {
    pub success: bool,
    /// None when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Answer {
    /// Runs a program to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap_or_else(|e| panic!("{command:?} could not be started: {e}"));
        Self::from(output)
    }

    /// Its output.
    ///
    /// # Panics
    /// When the program failed.
    #[track_caller]
    pub fn text(&self) -> &str {
        assert!(self.success, "{}{}", self.stdout, self.stderr);
        &self.stdout
    }

    /// Its output as JSON.
    ///
    /// # Panics
    /// When the program failed or printed something else.
    #[track_caller]
    pub fn json(&self) -> Value {
        let text = self.text();
        if text.trim().is_empty() {
            return Value::Null;
        }
        serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// What it complained of.
    ///
    /// # Panics
    /// When it did not fail.
    #[track_caller]
    pub fn complaint(&self) -> &str {
        assert!(!self.success, "this ought to fail: {}", self.stdout);
        &self.stderr
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self {
            success: output.status.success(),
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}
