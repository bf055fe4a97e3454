//! The command line on a real instance: what it refuses, when it ends, and how far it says a command is.

use reeve_e2e::{Instance, reeve};
use serde_json::Value;
use std::process::{Command, Stdio};

/// A client that has no end of its own ends with this test, also with one that fails.
fn with_this_test(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(reeve());
    command.args(["with-parent", &std::process::id().to_string(), "--"]).arg(program);
    command.env_remove("AWS_ENDPOINT_URL").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn a_closed_stdout_ends_every_client_quietly() {
    let instance = Instance::start(1);
    let (node, command) = (instance.node(), instance.send("echo there"));
    instance.ended(&command);
    let principal: Value = instance.principal("ada", &[]);
    assert!(principal["accessKeyId"].is_string());
    for arguments in [
        &["env"][..],
        &["run", "--", "echo there"],
        &["run", "--stream", "--", "echo there"],
        &["--output", "json", "run", "--", "echo there"],
        &["nodes"],
        &["nodes", "--output", "json"],
        &["documents"],
        &["commands"],
        &["events"],
        &["api", "ListDocuments"],
        &["access", "principals"],
        &["access", "create-key", "ada"],
        &["access", "check", "ada", "ssm:SendCommand"],
        &["keys", "show"],
        &["output", &command, &node],
        &["output", &command, &node, "--follow"],
        &["completions", "bash"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut client = with_this_test(reeve());
        client.arg("--data").arg(instance.data()).args(arguments);
        let ended = client.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.is_empty(), "{arguments:?}: {said}");
        assert_eq!(ended.status.code(), Some(141), "{arguments:?}");
    }
}
