//! The command line on a real instance: what it refuses, when it ends, and how far it says a command is.

use reeve_e2e::{Agent, Instance, reeve, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
};

/// A client that has no end of its own ends with this test, also with one that fails.
fn with_this_test(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(reeve());
    command.args(["with-parent", &std::process::id().to_string(), "--"]).arg(program);
    command.env_remove("AWS_ENDPOINT_URL").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// `reeve output … --follow`, printing to a file.
fn follow(instance: &Instance, arguments: &[&str], file: &Path) -> Child {
    let mut command = with_this_test(reeve());
    command.arg("--data").arg(instance.data()).arg("output").args(arguments).arg("--follow");
    command.stdout(File::create(file).unwrap()).spawn().unwrap()
}

fn ends_well(what: &str, process: &mut Child) {
    let status = wait_for(what, || process.try_wait().unwrap());
    assert!(status.success(), "{what}: {status}");
}

fn id(instance: &Instance, number: u32) -> String {
    instance.identity(number)["node_id"].as_str().unwrap().to_owned()
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
    // The service that sends commands has read of it before it answers the same caller.
    let commands = json!({"commands": ["true"]});
    let input = json!({"DocumentName": "AWS-RunShellScript", "InstanceIds": [gone], "Parameters": commands});
    assert_eq!(instance.raw().call("SendCommand", &input).0, 400);
    let refused = run(&format!("{node},{gone}"));
    assert!(refused.complaint().contains(&format!("InvalidInstanceId: Instances [[{gone}]]")));
}

#[test]
fn output_of_what_was_not_sent_is_refused() {
    let instance = Instance::start(1);
    let (node, command) = (instance.node(), instance.send("echo there"));
    instance.ended(&command);
    assert_eq!(instance.reeve(&["output", &command, &node]).text(), "there\n");
    let unknown = "00000000-0000-0000-0000-000000000000";
    let of_node = |node: &str| format!("The command {command} was not sent to the node {node:?}.");
    let no_command = |id: &str| format!("InvalidCommandId: The command ID {id} does not exist.");
    for (arguments, says) in [
        (&[unknown][..], no_command(unknown)),
        (&[unknown, &node], no_command(unknown)),
        (&["a b.*.>"], no_command("a b.*.>")),
        (&[""], no_command("")),
        (&[&command, "mi-00000000000000000"], of_node("mi-00000000000000000")),
        (&[&command, "*"], of_node("*")),
    ] {
        for follow in [&[][..], &["--follow"]] {
            let refused = instance.reeve(&[&["output"], arguments, follow].concat());
            assert!(refused.complaint().contains(&says), "{arguments:?}: {}", refused.stderr);
        }
    }
}

#[test]
fn following_output_ends_with_the_command_and_shows_all() {
    let instance = Instance::start(2);
    let (quick, slow) = (id(&instance, 1), id(&instance, 2));
    let go = instance.scratch().join("go");
    let wait = format!("if [ $AWS_SSM_INSTANCE_ID = {slow} ]; then until [ -e {} ]", go.display());
    let script =
        format!("echo begun; {wait}; do sleep 0.1; done; fi; sleep 1; head -c 2000000 /dev/urandom | base64");
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [quick, slow],
        "Parameters": {"commands": [script]},
    });
    let sent = instance.call("SendCommand", &input);
    let command = sent["Command"]["CommandId"].as_str().unwrap();
    let file = |name: &str| instance.scratch().join(name);
    let mut both = follow(&instance, &[command], &file("both"));
    let mut one = follow(&instance, &[command, &quick], &file("one"));

    ends_well("the follower of one node ends", &mut one);
    let printed = std::fs::read_to_string(file("one")).unwrap();
    assert!(printed.len() > 2_000_000, "{} bytes", printed.len());
    assert!(printed == instance.reeve(&["output", command, &quick]).text());
    let listed = instance.call("ListCommands", &json!({"CommandId": command}));
    assert_eq!(listed["Commands"][0]["Status"], "InProgress");
    assert!(both.try_wait().unwrap().is_none(), "the command runs, and its follower ended");

    File::create(&go).unwrap();
    ends_well("the follower of the command ends", &mut both);
    let printed = std::fs::read(file("both")).unwrap();
    assert!(printed.len() > 4_000_000, "{} bytes", printed.len());
    assert!(printed == instance.printed(command));

    // Of one that has ended already, too.
    let mut late = follow(&instance, &[command], &file("late"));
    ends_well("the late follower ends", &mut late);
    assert!(printed == std::fs::read(file("late")).unwrap());
}

#[test]
fn the_live_line_catches_up_and_absent_nodes_wait() {
    let instance = Instance::start(2);
    let mut agent = Agent::enrol(&instance, "absent");
    agent.end(Signal::TERM);
    agent.wait_until(&instance, "ConnectionLost");
    let nodes = [id(&instance, 1), id(&instance, 2), agent.node()].join(",");
    let (go, shown) = (instance.scratch().join("go"), instance.scratch().join("shown"));
    let script = format!("until [ -e {} ]; do sleep 0.02; done", go.display());
    let run =
        format!("{} --data {} run --nodes {nodes} '{script}'", reeve().display(), instance.data().display());
    // A terminal of its own, from util-linux.
    let mut terminal = with_this_test("script");
    let mut terminal = terminal.args(["-qfec", &run]).arg(&shown).spawn().unwrap();
    let stands = |line: &str| {
        wait_for(line, || {
            let shown = std::fs::read_to_string(&shown).unwrap_or_default();
            (shown.rsplit("\x1b[K").next() == Some(line)).then_some(())
        });
    };
    stands("0 done, 2 running, 0 failed, 1 waiting");
    File::create(&go).unwrap();
    stands("2 done, 0 running, 0 failed, 1 waiting");
    agent.start();
    ends_well("the command ends", &mut terminal);
    let shown = std::fs::read_to_string(&shown).unwrap();
    println!("{}", shown.replace("\x1b[K", "\n"));
    assert!(shown.contains("Success (3 of 3 ended, 0 errors)"), "{shown}");
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
        // That a command was sent, and which, is told beside the output.
        let said = String::from_utf8_lossy(&ended.stderr);
        let said: Vec<&str> = said.lines().filter(|line| !line.ends_with(" is sent to 1 node")).collect();
        assert!(said.is_empty(), "{arguments:?}: {said:?}");
        assert_eq!(ended.status.code(), Some(141), "{arguments:?}");
    }
}

/// What the command line names wins over the environment, and no command uses something of both.
#[test]
fn of_two_instances_the_one_that_the_command_line_names_is_meant() {
    let (a, b) = (Instance::start(1), Instance::start(1));
    let announced = a.announced();
    let text = |name: &str| announced[name].as_str().unwrap().to_owned();
    let client = |named: bool, arguments: &[&str]| {
        let mut client = with_this_test(reeve());
        client.env("AWS_ENDPOINT_URL", text("endpoint")).env("AWS_REGION", text("region"));
        client.env("AWS_ACCESS_KEY_ID", text("access_key_id"));
        client.env("AWS_SECRET_ACCESS_KEY", text("secret_access_key"));
        match named {
            true => client.arg("--data").arg(b.data()),
            false => client.env("REEVE_DATA", b.data()),
        };
        client.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = client.output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success(), stdout, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (_, nodes, _) = client(true, &["nodes"]);
    assert!(nodes.contains(&b.node()) && !nodes.contains(&a.node()), "{nodes}");
    let (ran, printed, errors) = client(true, &["run", "--", "echo on b"]);
    assert!(ran && printed.contains("on b"), "{printed}{errors}");
    let (_, nodes, _) = client(false, &["nodes"]);
    assert!(nodes.contains(&a.node()), "without --data the environment is meant: {nodes}");
    let (ran, printed, errors) = client(false, &["run", "--", "echo on a"]);
    assert!(ran && printed.contains("on a"), "{printed}{errors}");
    for instance in [&a, &b] {
        let commands = instance.call("ListCommands", &json!({}))["Commands"].clone();
        assert_eq!(commands.as_array().unwrap().len(), 1, "nothing was sent to the other one: {commands}");
    }
}

#[test]
fn a_script_is_run_from_a_file_or_standard_input_and_a_document_with_its_parameters() {
    let instance = Instance::start(1);
    let file = instance.scratch().join("script.sh");
    std::fs::write(&file, "echo \"it's $((1 + 1))\"\nexit 3\n").unwrap();
    let ran = instance.reeve(&["run", "--comment", "from a file", "--file", &file.display().to_string()]);
    assert!(!ran.success && ran.stdout.contains("it's 2"), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("is sent to 1 node") && ran.stderr.contains("exit code 3"), "{}", ran.stderr);
    let commands = instance.call("ListCommands", &json!({}));
    assert_eq!(commands["Commands"][0]["Comment"], "from a file");

    let timed = instance.reeve(&["run", "--timeout", "1", "--", "sleep 60"]);
    assert!(!timed.success && timed.stderr.contains("TimedOut"), "{}", timed.stderr);
    let document = ["run", "--document", "AWS-RunShellScript", "--parameter", "commands=echo a=b"];
    let ran = instance.reeve(&[&document[..], &["--parameter", "commands=echo second"]].concat());
    assert!(ran.success && ran.stdout.contains("a=b\nsecond"), "{}{}", ran.stdout, ran.stderr);
    for (arguments, part) in [
        (&["run"][..], "SCRIPT"),
        (&["run", "--file", "/nowhere", "--", "true"], "--file"),
        (&["run", "--file", "/nowhere"], "/nowhere"),
        (&["run", "--document", "AWS-RunShellScript", "--parameter", "commands"], "NAME=VALUE"),
        (&["run", "--parameter", "a=b", "--", "true"], "--document"),
    ] {
        let refused = instance.reeve(arguments);
        assert!(!refused.success && refused.stderr.contains(part), "{arguments:?}: {}", refused.stderr);
    }
}

/// A person sees how each node ended and why, and what a command waits for.
#[test]
fn output_and_command_say_how_each_node_ended_and_what_is_waited_for() {
    let instance = Instance::start(1);
    let node = instance.node();
    let failed = instance.send("echo printed; exit 3");
    instance.ended(&failed);
    let output = instance.reeve(&["output", &failed]);
    assert_eq!(output.text(), "printed\n");
    assert!(output.stderr.contains(&format!("Failed on {node}")), "{}", output.stderr);
    let refused = instance.reeve(&["output", &failed, "--output", "json"]);
    assert!(refused.complaint().contains("reeve command ID --output json"), "{}", refused.stderr);
    let shown = instance.reeve(&["command", &failed]).text().to_owned();
    assert!(
        shown.contains("AWS-RunShellScript") && shown.contains("Failed") && shown.contains(&node),
        "{shown}"
    );
    let whole = instance.reeve(&["command", &failed, "--output", "json"]).json();
    assert_eq!(whole["CommandInvocations"][0]["CommandPlugins"][0]["ResponseCode"], 3, "{whole}");
    assert!(instance.reeve(&["command", "none"]).complaint().contains("none"));

    let filtered = |filter: &str| instance.reeve(&["nodes", "--filter", filter, "--output", "json"]).json();
    instance.reeve(&["nodes", "tag", &node, "role=web"]).text();
    assert_eq!(filtered("Key=tag:role,Values=web")[0]["nodeId"], node.as_str());
    assert_eq!(filtered("Key=tag:role,Values=db").as_array().unwrap().len(), 0);
    let wrong = instance.reeve(&["nodes", "--filter", "Key=pingstatus,Values=Onlin"]);
    assert!(wrong.complaint().contains("Online, ConnectionLost"), "{}", wrong.stderr);

    let mut agent = reeve_e2e::Agent::enrol(&instance, "away");
    agent.end(rustix::process::Signal::TERM);
    agent.wait_until(&instance, "ConnectionLost");
    let waiting = instance.send_to(&agent.node(), "true");
    let shown = instance.reeve(&["command", &waiting]).text().to_owned();
    assert!(shown.contains("waits for the node, which is not connected"), "{shown}");
    instance.reeve(&["nodes", "deregister", &agent.node()]).text();
    assert_eq!(instance.reeve(&["nodes", "--output", "json"]).json().as_array().unwrap().len(), 1);
}

/// The line that `nodes add` prints makes a node, and nobody sees the code in a list of processes.
#[test]
fn a_line_to_paste_makes_a_node() {
    let instance = Instance::start(0);
    let added = instance.reeve(&["nodes", "add", "--name", "pasted", "--tag", "role=web", "--enrol-only"]);
    let line = added.text().trim_end();
    assert_eq!(line.lines().count(), 1, "{line}");
    let folder = instance.data().join("nodes").join("pasted");
    let agent = reeve_e2e::agent_program();
    let here = line.replace("sudo reeve-agent", &format!("{} --data {}", agent.display(), folder.display()));
    let code = line.split('\'').nth(1).unwrap();
    assert!(!here.rsplit_once("| ").unwrap().1.contains(code), "the code is on the command line: {line}");
    let pasted = reeve_e2e::Answer::of(std::process::Command::new("sh").args(["-c", &here]));
    assert!(pasted.success, "{}", pasted.stderr);
    let nodes = instance.reeve(&["nodes", "--output", "json"]).json();
    assert_eq!((&nodes[0]["name"], &nodes[0]["tags"]["role"]), (&"pasted".into(), &"web".into()), "{nodes}");
    assert!(instance.reeve(&["nodes", "unit"]).text().contains("ExecStart=/usr/bin/reeve-agent"));
}
