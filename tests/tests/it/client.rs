//! The command line on a real instance: what it refuses, when it ends, and how far it says a command is.

use reeve_e2e::{Agent, Instance, reeve, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

/// A client that has no end of its own ends with this test, also with one that fails.
fn with_this_test(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(reeve());
    command.args(["with-parent", &std::process::id().to_string(), "--"]).arg(program);
    command.env_remove("AWS_ENDPOINT_URL").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn nodes_that_are_not_known_are_refused_by_name() {
    let instance = Instance::start(1);
    let (node, unknown) = (instance.node(), "mi-00000000000000000");
    let run = |nodes: &str| instance.reeve(&["run", "--nodes", nodes, "--", "true"]);
    for nodes in [format!("{node},{unknown}"), unknown.to_owned()] {
        let refused = run(&nodes);
        println!("{}", refused.complaint().trim());
        let says = format!("InvalidInstanceId: Instances [[{unknown}]] not in a valid state");
        assert!(refused.complaint().contains(&says), "{}", refused.stderr);
    }
    let many: Vec<String> = (0..51).map(|n| format!("mi-{n:017}")).collect();
    let refused = run(&many.join(","));
    assert!(refused.complaint().contains("less than or equal to 50"), "{}", refused.stderr);
    assert_eq!(instance.reeve(&["--output", "json", "commands"]).json(), json!([]));

    let mut agent = Agent::enrol(&instance, "gone");
    let gone = agent.node();
    assert!(run(&format!("{node},{gone}")).text().is_empty());
    agent.end(Signal::TERM);
    instance.call("DeregisterManagedInstance", &json!({"InstanceId": gone}));
    // Until the service that sends commands has read of it, the command waits for a node that never comes.
    wait_for("it is not known any more", || {
        let commands = json!({"commands": ["true"]});
        let input =
            json!({"DocumentName": "AWS-RunShellScript", "InstanceIds": [gone], "Parameters": commands});
        (instance.raw().call("SendCommand", &input).0 == 400).then_some(())
    });
    let refused = run(&format!("{node},{gone}"));
    assert!(refused.complaint().contains(&format!("InvalidInstanceId: Instances [[{gone}]]")));
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
