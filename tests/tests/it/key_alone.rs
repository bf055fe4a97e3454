//! A key and an address are enough for every client command: nothing of the instance's folder is needed, and policies
//! decide what its holder may do.

use reeve_e2e::{Agent, Answer, Apart, Instance, reeve, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The client of somebody who has this key, in a folder where there is nothing.
pub fn client(instance: &Instance, key: &Value, arguments: &[&str]) -> Command {
    let elsewhere = instance.scratch().join("elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    let announced = instance.announced();
    let mut command = Command::new(reeve());
    // It ends with this test, also with one that fails.
    command.args(["with-parent", &std::process::id().to_string(), "--"]).arg(reeve());
    command
        .args(arguments)
        .current_dir(&elsewhere)
        .env_remove("AWS_ENDPOINT_URL_SSM")
        .env_remove("REEVE_DATA");
    command.env("AWS_ENDPOINT_URL", announced["endpoint"].as_str().unwrap());
    command.env("AWS_REGION", announced["region"].as_str().unwrap());
    command.env("AWS_ACCESS_KEY_ID", key["accessKeyId"].as_str().unwrap());
    command.env("AWS_SECRET_ACCESS_KEY", key["secretAccessKey"].as_str().unwrap());
    command.stdin(Stdio::null());
    command
}

/// The key of the one who may do everything.
fn root(instance: &Instance) -> Value {
    let announced = instance.announced();
    json!({"accessKeyId": announced["access_key_id"], "secretAccessKey": announced["secret_access_key"]})
}

#[test]
fn every_client_command_works_with_a_key_alone() {
    let instance = Instance::start(2);
    let key = root(&instance);
    let ask = |arguments: &[&str]| Answer::of(&mut client(&instance, &key, arguments));
    let ran = ask(&["run", "--", "echo from afar; exit 3"]);
    assert!(!ran.success && ran.stdout.contains("from afar"), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("2 nodes") && ran.stderr.contains("Failed, exit code 3"), "{}", ran.stderr);
    let whole = ask(&["--output", "json", "run", "--", "echo twice"]).json();
    assert_eq!(
        (&whole["Status"], whole["CommandInvocations"].as_array().unwrap().len()),
        (&json!("Success"), 2)
    );
    let command = whole["CommandId"].as_str().unwrap();
    for arguments in [&["output", command][..], &["output", command, "--follow"]] {
        assert_eq!(ask(arguments).text(), "twice\ntwice\n");
    }
    for arguments in [
        &["nodes"][..],
        &["documents"],
        &["commands"],
        &["command", command],
        &["events"],
        &["inventory", "collect"],
        &["patch", "status"],
        &["compliance", "summary"],
        &["ops", "list"],
        &["incidents", "list"],
        &["oncall", "now"],
        &["associations", "list"],
        &["parameters", "list"],
        &["rules", "list"],
        &["changes", "rules"],
        &["changes", "list"],
        &["dead-letters", "list"],
        &["access", "principals"],
        &["keys", "show"],
        &["nodes", "add"],
        &["api", "ListDocuments"],
    ] {
        ask(arguments).text();
    }
}

#[test]
fn what_a_key_may_read_of_a_command_a_policy_says() {
    let instance = Instance::start(1);
    let (node, ann) = (instance.node(), instance.principal("ann", &[]));
    let command = instance.send("echo secret");
    instance.ended(&command);
    let ask = |arguments: &[&str]| Answer::of(&mut client(&instance, &ann, arguments));
    for arguments in [&["output", &command][..], &["output", &command, &node], &["run", "--", "true"]] {
        let refused = ask(arguments);
        assert!(refused.complaint().contains("AccessDenied"), "{arguments:?}: {}", refused.stderr);
        assert!(!refused.stdout.contains("secret"));
    }
    let policy = instance.scratch().join("ann.cedar");
    let text = format!(
        r#"permit (principal == Principal::"ann", action == Action::"run-command:ReadOutput", resource == Node::"{node}");
permit (principal == Principal::"ann", action == Action::"ssm:ListCommandInvocations", resource == Node::"{node}");"#
    );
    std::fs::write(&policy, &text).unwrap();
    instance.reeve(&["access", "put-policy", "ann", &policy.display().to_string()]).text();
    wait_for("she may", || ask(&["output", &command, &node]).success.then_some(()));
    assert_eq!(ask(&["output", &command, &node]).text(), "secret\n");
    // With SendCommand on it she runs something there, too.
    let more = format!(
        r#"{text}
permit (principal == Principal::"ann", action == Action::"ssm:SendCommand", resource == Document::"AWS-RunShellScript");
permit (principal == Principal::"ann", action == Action::"ssm:SendCommand", resource == Node::"{node}");"#
    );
    std::fs::write(&policy, more).unwrap();
    instance.reeve(&["access", "put-policy", "ann", &policy.display().to_string()]).text();
    let run = || ask(&["run", "--nodes", &node, "--", "echo hers"]);
    wait_for("she may run it", || run().success.then_some(()));
    assert_eq!(run().text(), "hers\n");
    // What all nodes print is more than she may read.
    assert!(ask(&["output", &command]).complaint().contains("AccessDenied"));
}

/// The bus has room for a thousand readers at once: who has read gives the place back.
#[test]
fn a_thousand_reads_one_after_the_other_leave_room_for_others() {
    let instance = Instance::start(1);
    let command = instance.send("echo there");
    instance.ended(&command);
    let raw = instance.raw();
    let input = json!({"commandId": command});
    for n in 0..1_200 {
        let (status, answer) = raw.call_of("run-command", "ReadOutput", &input, None);
        assert!(status == 200 && answer["hasEnded"] == true, "{n}: {answer}");
    }
}

#[test]
fn an_interrupted_run_says_that_the_command_goes_on() {
    let instance = Instance::start(1);
    let (key, file) = (root(&instance), instance.scratch().join("went-on"));
    let script = format!("echo begun; sleep 3; touch {}", file.display());
    // Without the program in between, which would get the signal.
    let mut command = Command::new(reeve());
    command.args(["--data", &instance.data().display().to_string(), "run", "--", &script]);
    command.env_remove("AWS_ENDPOINT_URL").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut run = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(run.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
    kill_process(Pid::from_raw(i32::try_from(run.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    let interrupted = Instant::now();
    let status = wait_for("it ends", || run.try_wait().unwrap());
    assert!(interrupted.elapsed() < Duration::from_secs(10), "it waited for an answer");
    let mut said = String::new();
    run.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(!status.success() && said.contains("goes on without this program"), "{said}");
    let id = said.split("reeve output ").nth(1).unwrap().split_whitespace().next().unwrap();
    assert!(said.contains(&format!("aws ssm cancel-command --command-id {id}")), "{said}");
    // What it advises works, and the command ends by itself.
    let followed = Answer::of(&mut client(&instance, &key, &["output", id, "--follow"]));
    assert_eq!(followed.text(), "begun\n");
    assert!(file.exists() && followed.stderr.contains("Success on"), "{}", followed.stderr);
}

#[test]
fn who_follows_waits_while_the_gateway_or_the_bus_is_away() {
    let mut apart = Apart::start();
    let agent = Agent::enrol(apart.instance(), "node");
    let node = agent.node();
    let file = apart.instance().scratch().join("go");
    let script = format!("echo begun; until [ -e {} ]; do sleep 0.1; done; echo done", file.display());
    let command = apart.instance().send_to(&node, &script);
    let mut follow = client(apart.instance(), &root(apart.instance()), &["output", &command, "--follow"]);
    let mut followed = follow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut printed = BufReader::new(followed.stdout.take().unwrap());
    let mut line = String::new();
    printed.read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
    for part in ["gateway", "run-command", "nats-server"] {
        apart.end(part);
        std::thread::sleep(Duration::from_secs(3));
        apart.start_all();
    }
    std::fs::write(&file, "").unwrap();
    let status = wait_for("it ends", || followed.try_wait().unwrap());
    line.clear();
    printed.read_to_string(&mut line).unwrap();
    let mut said = String::new();
    followed.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(status.success() && line == "done\n", "{line}{said}");
    assert!(said.contains("reeve: waiting, for 60 s at most"), "{said}");
}
