//! What the agent says of its enrolment.

#![cfg(test)]

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

/// Port 9 has nobody who listens.
const AWAY: &str = "http://127.0.0.1:9";

/// An agent whose gateway is not there; answers its first line.
fn first_line(gateway: &str, proxy: Option<(&str, &str)>) -> String {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_reeve-agent"));
    for variable in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        command.env_remove(variable).env_remove(variable.to_lowercase());
    }
    command.args(["--gateway", gateway, "--activation-id", "a", "--activation-code", "c", "--data"]);
    let mut agent = command
        .arg(data.path())
        .env_remove("REEVE_LOG")
        .envs(proxy)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(agent.stderr.take().unwrap()).read_line(&mut line).unwrap();
    // It is still trying.
    assert!(agent.try_wait().unwrap().is_none(), "{line}");
    agent.kill().unwrap();
    agent.wait().unwrap();
    line
}

#[test]
fn the_first_failure_is_said_at_once_without_colours() {
    let line = first_line(AWAY, None);
    assert!(line.contains("http://127.0.0.1:9") && line.contains("trying again for 30 s"), "{line}");
    assert!(!line.contains('\u{1b}') && !line.contains("proxy"), "{line}");
}

#[test]
fn a_failure_behind_a_proxy_names_the_proxy_and_its_variable_and_no_password() {
    let line = first_line("http://192.0.2.1:9", Some(("http_proxy", "http://me:secret@127.0.0.1:19")));
    assert!(line.contains("127.0.0.1:19") && line.contains("the variable http_proxy"), "{line}");
    assert!(!line.contains("secret"), "{line}");
    // No proxy gets to this machine's loopback.
    let line = first_line(AWAY, Some(("http_proxy", "http://127.0.0.1:19")));
    assert!(line.contains(AWAY) && !line.contains("proxy"), "{line}");
}
