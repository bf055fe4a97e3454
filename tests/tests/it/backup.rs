//! A backup of an instance at work, restored: from an older point and from the newest. What was done is done once, what
//! was pending goes on, and the log is known again by its checkpoint.

use reeve_e2e::{Agent, Answer, Apart, Instance, SmallDisk, processes_naming, reeve, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the backups of an instance are.
struct Kept {
    folder: PathBuf,
    keys: PathBuf,
    passphrase: PathBuf,
}

impl Kept {
    fn of(instance: &Instance) -> Self {
        let passphrase = instance.scratch().join("passphrase");
        std::fs::write(&passphrase, "correct horse\n").unwrap();
        Self { folder: instance.scratch().join("backup"), keys: instance.scratch().join("keys"), passphrase }
    }

    fn arguments<'a>(&'a self, command: &'a str, beside: &[&'a str]) -> Vec<&'a str> {
        let text = |path: &'a Path| path.to_str().unwrap();
        let keys = ["--keys", text(&self.keys), "--passphrase-file", text(&self.passphrase)];
        [&["--output", "json", command, text(&self.folder)], &keys[..], beside].concat()
    }

    fn back_up(&self, instance: &Instance) -> Value {
        instance.reeve(&self.arguments("backup", &[])).json()
    }

    /// The command that restores the newest point into a folder.
    fn restoring_into(&self, data: &Path) -> Command {
        let mut restore = Command::new(reeve());
        restore.arg("--data").arg(data).args(self.arguments("restore", &[]));
        restore.env("REEVE_NATS_SERVER", reeve_testkit::Nats::executable());
        restore
    }

    fn restore(&self, instance: &Instance, beside: &[&str]) -> Answer {
        instance.reeve(&self.arguments("restore", beside))
    }
}

/// The instance's folder is lost, and another one takes its place.
fn lose_and_restore(instance: &mut Instance, kept: &Kept, beside: &[&str]) {
    instance.stop();
    std::fs::remove_dir_all(instance.data()).unwrap();
    let restored = kept.restore(instance, beside);
    let data = instance.data();
    assert_eq!(restored.json()["folder"], data.to_str().unwrap());
    instance.restart();
}

fn verify(instance: &Instance, arguments: &[&str]) -> (Option<i32>, Value) {
    let answer = instance.reeve(&[&["--output", "json", "verify"], arguments].concat());
    (answer.code, serde_json::from_str(&answer.stdout).unwrap_or_else(|_| panic!("{}", answer.stderr)))
}

fn findings(answer: &Value, stream: &str) -> Vec<(u64, u64, String)> {
    let of = answer["findings"].as_array().unwrap().iter().filter(|finding| finding["stream"] == stream);
    let number = |value: &Value| value.as_u64();
    of.map(|finding| {
        let sequence = number(&finding["sequence"]).unwrap();
        let until = number(&finding["until"]).unwrap_or(sequence);
        (sequence, until, finding["what"].as_str().unwrap().to_owned())
    })
    .collect()
}

fn times(file: &Path, word: &str) -> usize {
    std::fs::read_to_string(file).unwrap_or_default().lines().filter(|line| *line == word).count()
}

#[test]
fn an_instance_is_restored_from_an_older_and_from_the_newest_point() {
    let mut instance = Instance::start(0);
    let mut agent = Agent::enrol_in(&instance, &instance.scratch().join("node"));
    let (node, kept, ran) = (agent.node(), Kept::of(&instance), instance.scratch().join("ran"));
    let send = |instance: &Instance, word: &str| {
        instance.send_to(&node, &format!("echo {word} >> {}", ran.display()))
    };
    let run = |instance: &Instance, word: &str| {
        let command = send(instance, word);
        assert_eq!(instance.ended(&command)["Status"], "Success", "{word}");
        command
    };
    let secret = json!({"Name": "/s", "Value": "hunter2", "Type": "SecureString"});
    instance.call("PutParameter", &secret);
    let read_secret = |instance: &Instance| {
        instance.call("GetParameter", &json!({"Name": "/s", "WithDecryption": true}))["Parameter"]["Value"]
            .clone()
    };
    run(&instance, "before");
    let first = kept.back_up(&instance);
    assert_eq!(first["bytes"], first["newBytes"]);

    // What the first point does not have, and the second does.
    let between = run(&instance, "between");
    agent.end(Signal::TERM);
    let pending = send(&instance, "pending");
    let checkpoint = instance.scratch().join("checkpoint");
    let checkpoint = checkpoint.to_str().unwrap();
    assert_eq!(verify(&instance, &["--write-checkpoint", checkpoint]).0, Some(0));
    let second = kept.back_up(&instance);
    let bytes = |answer: &Value, name: &str| answer[name].as_u64().unwrap();
    assert_eq!(bytes(&second, "bytes"), bytes(&first, "bytes") + bytes(&second, "newBytes"));
    assert!(bytes(&second, "newBytes") < bytes(&first, "bytes") / 2, "{second}");
    let listed = |instance: &Instance| {
        ["ListCommands", "ListCommandInvocations", "ListDocuments", "DescribeParameters"]
            .map(|operation| instance.call(operation, &json!({})))
    };
    let before = listed(&instance);

    lose_and_restore(&mut instance, &kept, &["--point", "1"]);
    assert_eq!(read_secret(&instance), "hunter2");
    let (code, found) = verify(&instance, &["--checkpoint", checkpoint]);
    let truncated = findings(&found, "RUN_COMMAND");
    assert!(code == Some(1) && truncated.iter().any(|(.., what)| what.starts_with("truncated")), "{found}");
    // The same agent goes on, with numbers that it has seen already, and says what the log does not know.
    agent.start();
    agent.wait_until(&instance, "Online");
    for _ in 0..4 {
        run(&instance, "new");
    }
    let (code, found) = verify(&instance, &["--checkpoint", checkpoint]);
    let rolled_back = findings(&found, "RUN_COMMAND");
    assert!(
        code == Some(1) && rolled_back.iter().any(|(.., what)| what.starts_with("rolled back to")),
        "{found}"
    );
    wait_for("the node tells what the log lost", || {
        let events = instance.events();
        let recalled = events.iter().filter(|event| event["type"] == "reeve.run-command.RunsRecalled.v1");
        let mut runs = recalled.flat_map(|event| event["data"]["runs"].as_array().unwrap());
        runs.any(|run| run["commandId"] == between.as_str()).then_some(())
    });
    // It is not the continuation of what is in the folder, and its keys may be older than those of the folder's points.
    let sealed = std::fs::read(&kept.keys).unwrap();
    let refused = instance.reeve(&kept.arguments("backup", &[]));
    assert!(!refused.success && refused.stderr.contains("the log went back"), "{refused:?}");
    assert!(
        std::fs::read(&kept.keys).unwrap() == sealed,
        "a backup that was refused has written the keys anew"
    );
    agent.end(Signal::TERM);

    lose_and_restore(&mut instance, &kept, &[]);
    let (code, found) = verify(&instance, &["--checkpoint", checkpoint]);
    assert_eq!((code, &found["findings"]), (Some(0), &json!([])), "{found}");
    assert_eq!(listed(&instance), before, "what is read is what was read when the point was taken");
    assert_eq!(read_secret(&instance), "hunter2");
    agent.start();
    assert_eq!(instance.ended(&pending)["Status"], "Success");
    run(&instance, "last");
    let third = kept.back_up(&instance);
    assert_eq!(third["point"], 3);
    let counts = ["before", "between", "new", "pending", "last"].map(|word| times(&ran, word));
    assert_eq!(counts, [1, 1, 4, 1, 1]);
    assert!(instance.reeve(&["--output", "json", "dead-letters", "list"]).stdout.trim() == "[]");
}

#[test]
fn an_instance_is_restored_into_parts_that_run_apart_and_back() {
    let mut instance = Instance::start(0);
    let mut agent = Agent::enrol_in(&instance, &instance.scratch().join("node"));
    let (node, kept, ran) = (agent.node(), Kept::of(&instance), instance.scratch().join("ran"));
    let run = |instance: &Instance, word: &str| {
        let command = instance.send_to(&node, &format!("echo {word} >> {}", ran.display()));
        assert_eq!(instance.ended(&command)["Status"], "Success", "{word}");
    };
    run(&instance, "up");
    agent.end(Signal::TERM);
    kept.back_up(&instance);
    instance.stop();
    std::fs::remove_dir_all(instance.data()).unwrap();

    let apart = Apart::start_restored([&kept.folder, &kept.keys, &kept.passphrase]);
    // A bus that has a log is not given another one.
    let again = apart.reeve(&["restore", "--bus", kept.folder.to_str().unwrap()]);
    assert!(!again.success && again.stderr.contains("the log is not empty"), "{again:?}");
    agent.find_the_bus_at(apart.bus());
    agent.start();
    agent.wait_until(apart.instance(), "Online");
    run(apart.instance(), "apart");
    agent.end(Signal::TERM);
    assert_eq!(apart.reeve(&kept.arguments("backup", &[])).json()["point"], 2);
    drop(apart);

    assert!(kept.restore(&instance, &[]).success);
    instance.restart();
    // The keys say where the nodes of parts that run apart find the bus.
    agent.start();
    agent.wait_until(&instance, "Online");
    run(&instance, "back");
    assert_eq!(std::fs::read_to_string(&ran).unwrap(), "up\napart\nback\n");
    assert_eq!(verify(&instance, &[]).0, Some(0));
}

/// Changes a byte of a file, so far from its end.
fn flip(path: &Path, from_end: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.len() - from_end;
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn first_file(folder: &Path) -> PathBuf {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.remove(0)
}

#[test]
fn what_cannot_be_backed_up_restored_or_verified_says_why() {
    let mut instance = Instance::start(0);
    let kept = Kept::of(&instance);
    kept.back_up(&instance);
    let refused = |answer: Answer, parts: &[&str]| {
        assert!(!answer.success, "{}", answer.stdout);
        assert!(parts.iter().all(|part| answer.stderr.contains(part)), "{parts:?}: {}", answer.stderr);
    };
    let scratch = instance.scratch().to_owned();
    let into = |name: &str, kept: &Kept| Answer::of(&mut kept.restoring_into(&scratch.join(name)));
    // An instance that is there; keys of another; a passphrase of another.
    refused(kept.restore(&instance, &[]), &["is not empty"]);
    let other = Instance::start(0);
    let of_other = Kept::of(&other);
    of_other.back_up(&other);
    let mixed = Kept { folder: kept.folder.clone(), ..Kept::of(&other) };
    refused(into("mixed", &mixed), &["the keys do not belong to this log"]);
    refused(other.reeve(&mixed.arguments("backup", &[])), &["backups of another instance"]);
    let swapped = Kept { keys: kept.keys.clone(), ..Kept::of(&other) };
    refused(other.reeve(&swapped.arguments("backup", &[])), &["--keys", "the keys of another instance"]);
    // Where the keys cannot be written no point is taken, and the answer is the same the next time.
    let astray =
        Kept { folder: scratch.join("astray"), keys: scratch.join("no/such/folder"), ..Kept::of(&instance) };
    for _ in 0..2 {
        refused(instance.reeve(&astray.arguments("backup", &[])), &["--keys", "could not write"]);
    }
    assert!(!astray.folder.join("point-000001.json").exists());
    let wrong = instance.scratch().join("wrong");
    std::fs::write(&wrong, "battery staple\n").unwrap();
    let guessed = Kept { folder: kept.folder.clone(), keys: kept.keys.clone(), passphrase: wrong };
    refused(into("guessed", &guessed), &["the passphrase does not open it", "--keys"]);
    // Nor is the file written anew under another one.
    refused(instance.reeve(&guessed.arguments("backup", &[])), &["the passphrase does not open it"]);
    refused(kept.restore(&instance, &["--point", "9"]), &["--point 9", "has the points 1"]);
    drop(other);

    // One that was cut off left the point before it as it was.
    let documents = kept.folder.join("DOCUMENTS");
    std::fs::write(documents.join("new"), "half of a file").unwrap();
    std::fs::write(documents.join("30-40.2"), "a file that no point names").unwrap();
    assert_eq!(verify(&instance, &["--backup", kept.folder.to_str().unwrap()]).0, Some(0));
    // A full disk ends the second, and the first stays.
    let disk = SmallDisk::mount(&instance.scratch().join("disk"), 2048);
    let on_disk = Kept { folder: instance.scratch().join("disk/backup"), ..Kept::of(&instance) };
    let back_up = || {
        let mut command = disk.command(reeve());
        Answer::of(command.arg("--data").arg(instance.data()).args(on_disk.arguments("backup", &[])))
    };
    assert!(back_up().success);
    disk.fill();
    instance.call("PutParameter", &json!({"Name": "/n", "Value": "n", "Type": "String"}));
    refused(back_up(), &["could not write", "No space left"]);
    disk.clear();
    assert_eq!(back_up().json()["point"], 2);

    // A checkpoint names what was changed; of a backup also without one.
    let folder = kept.folder.to_str().unwrap();
    let part = first_file(&documents);
    let sound = std::fs::read(&part).unwrap();
    flip(&part, 40);
    let (code, found) = verify(&instance, &["--backup", folder]);
    let damaged = findings(&found, "DOCUMENTS");
    assert!(code == Some(1) && damaged[0].2.contains("damaged in DOCUMENTS/1-"), "{found}");
    let last = sound_last(&found);
    assert_eq!(damaged[0].0, last, "the last message of the file: {found}");
    refused(into("damaged", &kept), &["the backup cannot be restored", "DOCUMENTS"]);
    std::fs::write(&part, &sound[..sound.len() - 10]).unwrap();
    let (code, found) = verify(&instance, &["--backup", folder]);
    assert!(code == Some(1) && findings(&found, "DOCUMENTS")[0].2.contains("cannot be read"), "{found}");
    std::fs::remove_file(&part).unwrap();
    refused(into("lost", &kept), &["the backup cannot be restored", "lost"]);
    std::fs::write(&part, sound).unwrap();
    // A manifest that was changed, or is of a later form.
    let manifest = kept.folder.join("point-000001.json");
    let written = std::fs::read_to_string(&manifest).unwrap();
    let shorter = written.replace(&format!("\"last\": {last}"), &format!("\"last\": {}", last - 1));
    assert_ne!(shorter, written);
    std::fs::write(&manifest, shorter).unwrap();
    refused(into("changed", &kept), &["point-000001.json, or the .sig beside it, is damaged", "signature"]);
    std::fs::write(&manifest, written.replace("\"version\": 2", "\"version\": 3")).unwrap();
    refused(into("later", &kept), &["version 3", "up to version 2"]);
    std::fs::write(&manifest, &written).unwrap();

    // A checkpoint that was changed, and a bus that is away.
    let checkpoint = instance.scratch().join("checkpoint");
    verify(&instance, &["--write-checkpoint", checkpoint.to_str().unwrap()]);
    let key = written.split("\"key\": \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    refused(instance.reeve(&["verify", "--key", key]), &["--key", "--backup or --checkpoint"]);
    flip(&checkpoint, 100);
    let changed = instance.reeve(&["verify", "--checkpoint", checkpoint.to_str().unwrap()]);
    refused(changed, &["--checkpoint", "the signature"]);
    let announced = std::fs::read(instance.data().join("instance.json")).unwrap();
    instance.stop();
    refused(instance.reeve(&kept.arguments("backup", &[])), &["no instance runs in"]);
    std::fs::write(instance.data().join("instance.json"), announced).unwrap();
    refused(instance.reeve(&kept.arguments("backup", &[])), &["could not connect to the bus"]);
    // A byte of the log itself, on the bus's disk: the server gives that message out no more, and the others still.
    let account = first_file(&instance.data().join("nats/jetstream"));
    let file = account.join("streams/DOCUMENTS/msgs/1.blk");
    let intact = std::fs::read(&file).unwrap();
    flip(&file, intact.len() / 2);
    instance.restart();
    let (code, found) = verify(&instance, &[]);
    let missing = findings(&found, "DOCUMENTS");
    let is_one = missing.len() == 1 && missing[0].0 == missing[0].1 && missing[0].2.starts_with("missing");
    assert!(code == Some(1) && is_one && (1..last).contains(&missing[0].0), "{found}");
    let kept_elsewhere = Kept { folder: scratch.join("another"), ..Kept::of(&instance) };
    let refusal = format!("its message {} is missing", missing[0].0);
    refused(instance.reeve(&kept_elsewhere.arguments("backup", &[])), &["DOCUMENTS", &refusal]);
    instance.stop();
    // Nothing of what was refused has made a backup worse.
    let restored = into("restored", &kept);
    assert!(restored.success, "{}", restored.stderr);
}

/// Whether the bus of a restore has begun, in the folder of all restores into a place.
fn bus_of(restoring: &Path) -> Option<()> {
    let mut each = restoring.read_dir().ok()?.flatten();
    each.any(|one| one.path().join("nats/jetstream").exists()).then_some(())
}

#[test]
fn a_restore_that_is_stopped_leaves_nothing_behind() {
    let instance = Instance::start(0);
    let kept = Kept::of(&instance);
    for number in 0..200 {
        instance
            .call("PutParameter", &json!({"Name": format!("/p/{number}"), "Value": "v", "Type": "String"}));
    }
    kept.back_up(&instance);
    let data = instance.scratch().join("restored");
    let half = data.join(".reeve-restoring");
    let mut restore = kept.restoring_into(&data);
    let restoring = restore.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("its bus runs", || bus_of(&half));
    let pid = Pid::from_raw(i32::try_from(restoring.id()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let ended = restoring.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("it was stopped, and nothing is restored"), "{said}");
    assert_eq!(processes_naming(&half.display().to_string()), []);
    let left: Vec<_> = data.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"]);
    assert!(Answer::of(&mut kept.restoring_into(&data)).success);
}

#[test]
fn a_folder_is_restored_into_by_one_at_a_time_and_where_it_is() {
    let instance = Instance::start(0);
    let kept = Kept::of(&instance);
    kept.back_up(&instance);
    let refused = |answer: Answer, part: &str| {
        assert!(!answer.success && answer.stderr.contains(part), "{part}: {answer:?}");
    };
    // By a link, and while others try the same, or begin with the folder.
    let (place, data) = (instance.scratch().join("place"), instance.scratch().join("link"));
    std::fs::create_dir(&place).unwrap();
    std::os::unix::fs::symlink("place", &data).unwrap();
    let first = kept.restoring_into(&data).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("it is under way", || bus_of(&place.join(".reeve-restoring")));
    refused(Answer::of(&mut kept.restoring_into(&place)), "is held by");
    let up = |data: &Path| {
        let mut up = Command::new(reeve());
        up.arg("--data").arg(data).args(["up", "--http", "127.0.0.1:0"]);
        Answer::of(up.env("REEVE_NATS_SERVER", reeve_testkit::Nats::executable()))
    };
    refused(up(&data), "is held by");
    let ended = first.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(
        place.join("keys.json").exists()
            && place.join("nats").is_dir()
            && !place.join(".reeve-restoring").exists()
    );
    refused(Answer::of(&mut kept.restoring_into(&data)), "is not empty");
    // One that was killed is no instance, and is begun anew.
    let killed = instance.scratch().join("killed");
    let mut restoring = kept.restoring_into(&killed).stdout(Stdio::null()).spawn().unwrap();
    wait_for("it is under way", || bus_of(&killed.join(".reeve-restoring")));
    restoring.kill().unwrap();
    assert!(!restoring.wait().unwrap().success());
    refused(up(&killed), "a restore into");
    assert!(Answer::of(&mut kept.restoring_into(&killed)).success);
    assert!(killed.join("keys.json").exists() && !killed.join(".reeve-restoring").exists());
}

#[test]
fn keys_are_written_where_a_link_leads_and_into_nothing_that_has_no_end() {
    let instance = Instance::start(0);
    let kept = Kept::of(&instance);
    let (link, target) = (instance.scratch().join("link"), instance.scratch().join("elsewhere/keys"));
    std::fs::create_dir(instance.scratch().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere/keys", &link).unwrap();
    let by_link = Kept { keys: link.clone(), ..Kept::of(&instance) };
    for _ in 0..2 {
        by_link.back_up(&instance);
        assert!(link.is_symlink() && target.is_file());
    }
    let foreign = instance.scratch().join("foreign");
    std::fs::write(&foreign, "mine").unwrap();
    let refused = |answer: Answer, part: &str| {
        assert!(!answer.success && answer.stderr.contains(part), "{part}: {answer:?}");
    };
    for keys in ["/dev/full", "/dev/zero"] {
        let endless = Kept { keys: keys.into(), ..Kept::of(&instance) };
        refused(instance.reeve(&endless.arguments("backup", &[])), "it is no regular file");
    }
    let passphrase = Kept { passphrase: "/dev/zero".into(), ..Kept::of(&instance) };
    refused(instance.reeve(&passphrase.arguments("backup", &[])), "it has more than");
    let path = foreign.to_str().unwrap();
    refused(instance.reeve(&["verify", "--write-checkpoint", path]), "no checkpoint of this instance");
    assert_eq!(std::fs::read(&foreign).unwrap(), b"mine");
    // A mark that an editor puts before a text is no part of the passphrase.
    std::fs::write(&kept.passphrase, "\u{feff}correct horse\r\n").unwrap();
    by_link.back_up(&instance);
    // And what is needed may stand in a file.
    let config = instance.scratch().join("reeve.toml");
    let text = |path: &Path| path.display().to_string();
    let table =
        format!("[backup]\nkeys = {:?}\npassphrase-file = {:?}\n", text(&link), text(&kept.passphrase));
    std::fs::write(&config, table).unwrap();
    instance.reeve(&["--config", &text(&config), "backup", &text(&kept.folder)]).text();
    refused(instance.reeve(&["backup", &text(&kept.folder)]), "--keys FILE");
}

/// The last sequence of the documents' stream.
fn sound_last(found: &Value) -> u64 {
    let streams = found["streams"].as_array().unwrap();
    streams.iter().find(|stream| stream["stream"] == "DOCUMENTS").unwrap()["last"].as_u64().unwrap()
}
