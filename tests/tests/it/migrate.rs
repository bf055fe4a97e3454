//! An instance moves from `up`'s folder to parts that run apart, and back: through a pipe, with nothing running meanwhile. Nodes find
//! it where they did, and where it left it does not start.

use reeve_e2e::{Agent, Answer, Apart, Instance, reeve, wait_for};
use rustix::process::Signal;
use serde_json::json;
use std::{
    io::{Read, Write},
    path::Path,
    process::{Command, Stdio},
};

fn migrate(data: &Path, which: &str) -> Command {
    let mut command = Command::new(reeve());
    command.arg("--data").arg(data).args(["migrate", which]);
    command.env_remove("REEVE_BUS_STORE");
    command
}

fn leaving(data: &Path, store: Option<&Path>) -> Command {
    let mut out = migrate(data, "out");
    store.map(|store| out.arg("--bus-store").arg(store));
    out
}

fn arriving(data: &Path, store: Option<&Path>) -> Command {
    let mut arriving = migrate(data, "in");
    store.map(|store| arriving.arg("--bus-store").arg(store));
    arriving
}

/// One program's output is the other's input, as in a shell.
fn pipe(mut from: Command, mut to: Command) -> [Answer; 2] {
    let mut from = from.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let arrived = Answer::of(to.stdin(from.stdout.take().unwrap()));
    // It keeps the end of the pipe that it was given.
    drop(to);
    [from.wait_with_output().unwrap().into(), arrived]
}

#[track_caller]
fn refused(answer: &Answer, parts: &[&str]) {
    assert!(!answer.success, "{}", answer.stdout);
    assert!(parts.iter().all(|part| answer.stderr.contains(part)), "{parts:?}: {}", answer.stderr);
}

/// Where an instance is asked to start that was moved elsewhere.
#[track_caller]
fn does_not_start(instance: &Instance, parts: &[&str]) {
    let log = instance.scratch().join("refused.log");
    let mut up = instance.up(&log);
    assert!(!up.wait().unwrap().success());
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(parts.iter().all(|part| said.contains(part)), "{parts:?}: {said}");
    std::fs::remove_file(log).unwrap();
}

/// Everything that is written for `migrate in`, as nobody should keep it.
fn written(instance: &Instance) -> Vec<u8> {
    let mut out = leaving(&instance.data(), None).stdout(Stdio::piped()).spawn().unwrap();
    let mut bytes = Vec::new();
    out.stdout.take().unwrap().read_to_end(&mut bytes).unwrap();
    assert!(out.wait().unwrap().success());
    bytes
}

#[test]
fn an_instance_goes_from_up_to_parts_that_run_apart_and_comes_back() {
    // One node of `up`'s own, and one that is elsewhere.
    let mut instance = Instance::start(1);
    let mut agent = Agent::enrol_in(&instance, &instance.scratch().join("node"));
    let (node, ran) = (agent.node(), instance.scratch().join("ran"));
    let run = |instance: &Instance, word: &str| {
        let command = instance.send_to(&node, &format!("echo {word} >> {}", ran.display()));
        assert_eq!(instance.ended(&command)["Status"], "Success", "{word}");
    };
    let secret = json!({"Name": "/s", "Value": "hunter2", "Type": "SecureString"});
    instance.call("PutParameter", &secret);
    let read_secret = |instance: &Instance| {
        let input = json!({"Name": "/s", "WithDecryption": true});
        assert_eq!(instance.call("GetParameter", &input)["Parameter"]["Value"], "hunter2");
    };
    let checkpoint = instance.scratch().join("checkpoint").display().to_string();
    let environment = instance.scratch().join(".env");
    std::fs::write(&environment, "# The bus\nREEVE_BUS_PORT=4222\nREEVE_LOG=warn\n").unwrap();
    run(&instance, "up");
    let port = instance.announced()["endpoint"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();

    // It runs.
    let elsewhere = instance.scratch().join("elsewhere");
    let [left, arrived] = pipe(leaving(&instance.data(), None), arriving(&elsewhere, None));
    refused(&left, &["is held by another process"]);
    refused(&arrived, &["nothing came in"]);
    assert!(!elsewhere.exists());
    // What is pending when it leaves is done where it arrives.
    agent.end(Signal::TERM);
    let pending = instance.send_to(&node, &format!("echo pending >> {}", ran.display()));
    assert!(instance.reeve(&["verify", "--write-checkpoint", &checkpoint]).success);
    instance.stop();

    let mut apart = Apart::moved_in(|secrets, store| {
        let mut out = leaving(&instance.data(), None);
        out.arg("--env").arg(&environment);
        let [left, arrived] = pipe(out, arriving(secrets, Some(store)));
        assert!(left.success && arrived.success, "{left:?} {arrived:?}");
        assert!(left.stderr.contains("nodes/1"), "{}", left.stderr);
        let told = std::fs::read_to_string(&environment).unwrap();
        let keys = instance.keys();
        let account = format!("REEVE_ACCOUNT={}", keys["account"].as_str().unwrap());
        for line in
            ["# The bus", "REEVE_LOG=warn", "REEVE_TLS=false", "REEVE_BIND_ADDRESS=127.0.0.1", &account]
        {
            assert!(told.lines().any(|told| told == line), "{line}: {told}");
        }
        assert!(told.contains(&format!("REEVE_PORT={port}\n")), "{told}");
        let line = told.lines().find_map(|line| line.strip_prefix("REEVE_BUS_PORT=")).unwrap();
        line.parse().unwrap()
    });
    does_not_start(&instance, &["was moved out at", "migrate undo"]);
    apart.start_all();
    let mut undo = migrate(&instance.data(), "undo");
    refused(&Answer::of(undo.arg("--it-runs-nowhere")), &["the bus", "answers at 127.0.0.1:"]);
    // Nobody tells the agent anything.
    agent.start();
    agent.wait_until(apart.instance(), "Online");
    assert_eq!(apart.instance().ended(&pending)["Status"], "Success");
    run(apart.instance(), "apart");
    read_secret(apart.instance());
    let verified = apart.reeve(&["verify", "--checkpoint", &checkpoint]);
    assert_eq!(verified.code, Some(0), "{}", verified.stdout);

    // Back: the bus has to have ended.
    let (data, secrets, store) = (instance.data(), apart.secrets().to_owned(), apart.store());
    assert!(apart.reeve(&["verify", "--write-checkpoint", &checkpoint]).success);
    let [left, arrived] = pipe(leaving(&secrets, Some(&store)), arriving(&data, None));
    refused(&left, &["the bus", "answers at 127.0.0.1:"]);
    refused(&arrived, &["nothing came in"]);
    apart.end_all();
    // The keys are there, and the log is elsewhere: `up` would begin with nothing.
    let mut up = Command::new(reeve());
    let up = Answer::of(up.arg("--data").arg(&secrets).args(["up", "--http", "127.0.0.1:0", "--nodes", "0"]));
    refused(&up, &["does not hold its log", "migrate out --bus-store"]);
    let [left, arrived] = pipe(leaving(&secrets, Some(&store)), arriving(&data, None));
    assert!(left.success && arrived.success, "{left:?} {arrived:?}");
    assert!(arrived.stdout.contains(" up"), "{}", arrived.stdout);
    // Neither `init` nor a part starts there.
    refused(&apart.init(), &["was moved out at", "migrate undo"]);
    for part in std::fs::read_dir(secrets.join("parts")).unwrap() {
        let files = std::fs::read_dir(part.unwrap().path()).unwrap().count();
        assert_eq!(files, 0, "a part has something to start with");
    }
    instance.restart();
    agent.wait_until(&instance, "Online");
    run(&instance, "back");
    read_secret(&instance);
    assert_eq!(instance.reeve(&["verify", "--checkpoint", &checkpoint]).code, Some(0));
    assert_eq!(std::fs::read_to_string(&ran).unwrap(), "up\npending\napart\nback\n");
    // The node of `up`'s own is the same.
    wait_for("both nodes are there", || {
        (instance.reeve(&["--output", "json", "nodes"]).json().as_array()?.len() == 2).then_some(())
    });
}

#[test]
fn a_move_that_is_cut_off_leaves_one_instance_and_says_where() {
    let mut instance = Instance::start(0);
    let put = |instance: &Instance, value: &str| {
        instance
            .call("PutParameter", &json!({"Name": "/n", "Value": value, "Type": "String", "Overwrite": true}))
    };
    let value = |instance: &Instance| {
        instance.call("GetParameter", &json!({"Name": "/n"}))["Parameter"]["Value"].clone()
    };
    put(&instance, "one");
    instance.stop();
    let (data, other) = (instance.data(), instance.scratch().join("other"));

    // Keys are written into no file.
    let file = std::fs::File::create(instance.scratch().join("file")).unwrap();
    let mut out = leaving(&data, None);
    let refusal = out.stdout(file).stderr(Stdio::piped()).output().unwrap();
    assert!(
        !refusal.status.success() && String::from_utf8_lossy(&refusal.stderr).contains("stdout is no pipe")
    );
    assert_eq!(std::fs::metadata(instance.scratch().join("file")).unwrap().len(), 0);
    // Nobody reads to the end: it has not left.
    let mut head = Command::new("head");
    head.args(["--bytes", "100000"]);
    let [left, _] = pipe(leaving(&data, None), head);
    refused(&left, &["does not read any more", "the instance is where it was"]);
    instance.restart();
    put(&instance, "two");
    instance.stop();

    // It left, and did not arrive: cut off, changed, on a full disk, or where there is another one.
    let bytes = written(&instance);
    does_not_start(&instance, &["was moved out at"]);
    let [again, _] = pipe(leaving(&data, None), arriving(&other, None));
    refused(&again, &["was moved out at"]);
    let feed = |mut to: Command, bytes: &[u8]| -> Answer {
        let mut child =
            to.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It may refuse before it has read all.
        let _written = child.stdin.take().unwrap().write_all(bytes).is_ok();
        child.wait_with_output().unwrap().into()
    };
    refused(&feed(arriving(&data, None), &bytes), &["what comes is what left", "undo"]);
    refused(&Answer::of(Command::new(reeve()).arg("--data").arg(&data).arg("env")), &["was moved out at"]);
    let mut changed = bytes.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let nothing_is_there = || {
        let left: Vec<_> =
            std::fs::read_dir(&other).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| name == "lock" || name == "nats"), "{left:?}");
        assert_eq!(std::fs::read_dir(other.join("nats")).unwrap().count(), 0);
    };
    refused(&feed(arriving(&other, None), &bytes[..bytes.len() - 1]), &["nothing has arrived", "cut off"]);
    nothing_is_there();
    refused(&feed(arriving(&other, None), &changed), &["nothing has arrived"]);
    nothing_is_there();
    let disk = reeve_e2e::SmallDisk::mount(&instance.scratch().join("disk"), 128);
    let mut onto_disk = disk.command(reeve());
    onto_disk.arg("--data").arg(instance.scratch().join("disk/data")).args(["migrate", "in"]);
    refused(&feed(onto_disk, &bytes), &["nothing has arrived", "could not write", "No space left"]);
    assert!(!disk.path().join("data/keys.json").exists());

    // Killed in the middle it is half there, which is nothing that starts.
    let mut child = arriving(&other, None).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    to.write_all(&bytes[..middle]).unwrap();
    wait_for("it has begun", || other.join("moves.json").exists().then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    drop(to);
    assert!(!other.join("keys.json").exists());
    let mut up = Command::new(reeve());
    let up = Answer::of(up.arg("--data").arg(&other).args(["up", "--http", "127.0.0.1:0"]));
    refused(&up, &["was being moved into", "migrate in"]);

    // Undone it goes on; what it wrote since then is not lost to what left before.
    refused(&Answer::of(&mut migrate(&data, "undo")), &["--it-runs-nowhere"]);
    assert!(Answer::of(migrate(&data, "undo").arg("--it-runs-nowhere")).success);
    refused(&Answer::of(&mut migrate(&data, "undo")), &["was not moved out"]);
    instance.restart();
    assert_eq!(value(&instance), "two");
    put(&instance, "three");
    instance.stop();
    // The half that is there is replaced by a whole one.
    let [left, arrived] = pipe(leaving(&data, None), arriving(&other, None));
    assert!(left.success && arrived.success, "{left:?} {arrived:?}");
    refused(&feed(arriving(&other, None), &bytes), &["has an instance already"]);
    refused(&feed(arriving(&data, None), &bytes), &["does not come from what left"]);
    // From there it comes back, with all of it.
    let [left, arrived] = pipe(leaving(&other, None), arriving(&data, None));
    assert!(left.success && arrived.success, "{left:?} {arrived:?}");
    instance.restart();
    assert_eq!(value(&instance), "three");
    let sound = instance.reeve(&["verify"]);
    assert_eq!(sound.code, Some(0), "{}", sound.stdout);

    // Another instance is not mixed with it.
    let mut another = Instance::start(0);
    another.stop();
    refused(&feed(arriving(&other, None), &written(&another)), &["does not come from what left"]);
}
