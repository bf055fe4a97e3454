//! A real nats-server for one test: a free port, a temporary folder, gone when dropped.

use reeve_jetstream::{Bus, Credentials, Options};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A running nats-server without accounts: everybody may do everything.
pub struct Nats {
    child: Child,
    pub url: String,
    port: u16,
    folder: tempfile::TempDir,
}

impl Nats {
    /// The server's executable: `REEVE_NATS_SERVER`, or `.tools/bin/nats-server` in the workspace.
    pub fn executable() -> PathBuf {
        if let Some(path) = std::env::var_os("REEVE_NATS_SERVER") {
            return path.into();
        }
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/bin/nats-server")
    }

    /// Starts a server and waits until it answers.
    ///
    /// # Panics
    /// When there is no nats-server or it does not start: a test without it must fail, never skip.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        Self { child: spawn(port, folder.path()), url: format!("nats://127.0.0.1:{port}"), port, folder }
    }

    /// Kills it, and starts it again with what it has stored.
    ///
    /// # Panics
    /// As [`Nats::start`].
    pub fn kill_and_start(&mut self) {
        self.end();
        self.child = spawn(self.port, self.folder.path());
    }

    fn end(&mut self) {
        // Both fail only when the server is gone already, which is what is wanted.
        let _killed = self.child.kill().is_ok();
        let _waited = self.child.wait().is_ok();
    }

    /// A connection to it.
    ///
    /// # Panics
    /// When the server does not answer within ten seconds.
    pub async fn bus(&self) -> Bus {
        let options = Options {
            url: self.url.clone(),
            credentials: Credentials::None,
            name: "test".to_owned(),
            inbox_prefix: "_INBOX".to_owned(),
            ca: None,
        };
        for _ in 0..500 {
            if let Ok(bus) = Bus::connect(&options).await {
                return bus;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("nats-server at {} does not answer", self.url);
    }

    /// A folder that lives as long as the server.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.end();
    }
}

fn spawn(port: u16, folder: &Path) -> Child {
    let executable = Nats::executable();
    Command::new(&executable)
        .args(["--addr", "127.0.0.1", "--jetstream", "--port", &port.to_string(), "--store_dir"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|e| {
            panic!("{} could not be started ({e}): run ./test once, it installs it", executable.display())
        })
}

/// A port that was free a moment ago.
///
/// # Panics
/// When the machine has none.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
