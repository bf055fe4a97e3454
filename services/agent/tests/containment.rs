//! What a step starts is ended with it, however it forks; what it leaves on purpose is left.

#![cfg(test)]

mod support;

use reeve_agent::execute::{Containment, Outcome};
use serde_json::json;
use std::{path::Path, sync::Arc};

/// Processes whose command line holds a text.
fn naming(text: &str) -> Vec<i32> {
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let holds = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).replace('\0', " ").contains(text)
    };
    pids.filter(holds).collect()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{what}: not so");
}

async fn execute(root: &Path, containment: &Arc<Containment>, script: &str, seconds: u32) -> Outcome {
    let step = json!({"action": "aws:runShellScript", "name": "a",
        "inputs": {"runCommand": [script], "timeoutSeconds": seconds}});
    let document = json!({"schemaVersion": "2.2", "mainSteps": [step]});
    support::execute(&root.join("documents"), containment, "c", document, &json!({})).await
}

/// Each way that works here, with the name of its cgroups.
async fn ways(root: &Path, name: &str) -> Vec<Arc<Containment>> {
    let found = Containment::find(root, name).await;
    found.end_leftovers().await.unwrap();
    println!("{name}: found {}", found.name());
    // The supervisor needs the agent's own program: see the end-to-end tests.
    let mut ways = vec![Arc::new(Containment::group())];
    if found.name() == "cgroups" {
        ways.push(Arc::new(found));
    }
    ways
}

/// Three hundred processes, each forked twice into a session of its own, that hold no pipe.
fn storm(mark: &str) -> String {
    format!(
        "i=0; while [ $i -lt 300 ]; do i=$((i+1)); \
         (setsid sh -c 'sleep 600.{mark} >/dev/null 2>&1 & sleep 600.{mark} >/dev/null 2>&1' \
         >/dev/null 2>&1 &) ; done; sleep 600.{mark}"
    )
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_fork_storm_when_the_time_is_over_then_nobody_survives() {
    let root = tempfile::tempdir().unwrap();
    for (index, way) in ways(root.path(), "test-storm").await.iter().enumerate() {
        let mark = format!("{}{index}1", std::process::id());
        let seen = std::cell::Cell::new(0);
        let watching = async {
            until("the storm is there", || {
                seen.set(seen.get().max(naming(&format!("sleep 600.{mark}")).len()));
                seen.get() > 600
            })
            .await;
            std::future::pending::<()>().await;
        };
        let script = storm(&mark);
        let outcome = tokio::select! {
            outcome = execute(root.path(), way, &script, 15) => outcome,
            () = watching => unreachable!(),
        };
        let left = naming(&format!("sleep 600.{mark}")).len();
        println!("{}: {} of the storm were seen, {left} survived", way.name(), seen.get());
        assert_eq!(outcome.status.name(), "TimedOut", "{outcome:?}");
        assert!(seen.get() > 300, "the storm did not happen");
        assert_eq!(left, 0);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_daemon_left_on_purpose_when_the_script_ends_then_it_lives_on() {
    let root = tempfile::tempdir().unwrap();
    for (index, way) in ways(root.path(), "test-daemon").await.iter().enumerate() {
        let mark = format!("{}{index}2", std::process::id());
        let script = format!("nohup sleep 600.{mark} >/dev/null 2>&1 & echo done");
        let outcome = execute(root.path(), way, &script, 60).await;
        assert_eq!((outcome.status.name(), outcome.steps[0].stdout.as_str()), ("Success", "done\n"));
        let name = format!("sleep 600.{mark}");
        // What becomes it names it too, and has no command line in the moment in which it does.
        let becoming = format!("nohup {name}");
        until("the daemon runs", || naming(&name).len() == 1 && naming(&becoming).is_empty()).await;
        assert_eq!(way.end_leftovers().await.unwrap(), 0, "it is no leftover");
        let pids = naming(&name);
        assert_eq!(pids.len(), 1);
        let pid = rustix::process::Pid::from_raw(pids[0]).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        until("the daemon is gone", || naming(&name).is_empty()).await;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_daemon_that_holds_the_output_when_the_script_ends_then_the_step_names_it_and_leaves_it() {
    let root = tempfile::tempdir().unwrap();
    for (index, way) in ways(root.path(), "test-holder").await.iter().enumerate() {
        let mark = format!("600.{}{index}3", std::process::id());
        let ticks = root.path().join(format!("ticks{index}"));
        let script = format!(
            "nohup sh -c 'while sleep 0.1; do echo tick; echo tick >> {}; done; : {mark}' & echo started; exit 3",
            ticks.display()
        );
        // Longer than the grace: the time is not what ends the step.
        let outcome = execute(root.path(), way, &script, 600).await;
        let step = &outcome.steps[0];
        assert_eq!((step.status().name(), step.code), ("Failed", 3), "{step:?}");
        assert!(step.stdout.starts_with("started\n"), "{step:?}");
        let pids = naming(&mark);
        assert_eq!(pids.len(), 1, "{}: {pids:?}", way.name());
        assert!(step.stderr.contains("The script has ended."), "{}", step.stderr);
        assert!(step.stderr.contains(&format!("{} (sh)", pids[0])), "{}", step.stderr);
        // What it prints goes nowhere, and does not end it.
        let printed = || std::fs::metadata(&ticks).map_or(0, |file| file.len());
        let before = printed();
        until("it prints on", || printed() > before + 20).await;
        assert_eq!(way.end_leftovers().await.unwrap(), 0, "it is no leftover");
        let pid = rustix::process::Pid::from_raw(pids[0]).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        until("the daemon is gone", || naming(&mark).is_empty()).await;
    }
}

/// What scripts can notice of how they were started.
const SCRIPTS: [&str; 26] = [
    "echo out; echo err >&2; exit 3",
    "no_such_program",
    "true\n\nno_such_program; echo $?",
    "if true; then",
    "echo 'never ends",
    ") echo",
    "# a comment first\necho second",
    "",
    "\n\necho third",
    "set -e\nfalse\necho never",
    "set -u; echo $nothing; echo never",
    "trap 'echo bye' EXIT; exit 5",
    "return 4",
    "cat <<EOF\n$SSM_COMMAND_ID\nEOF",
    "cat; read x; echo \"[$x] $?\"",
    "pwd; echo \"[$OLDPWD] [$#] [$*]\"; cd /usr; echo \"$OLDPWD\"",
    "grep -c . \"$0\"; tail -n 1 \"$0\"\n# the last line",
    "test -f \"$0\" && sh \"$0.none\" 2>/dev/null; echo $?",
    "if [ \"$1\" = again ]; then echo again; else sh \"$0\" again; fi",
    "kill -9 $$; echo never",
    "echo begun; kill $$; sleep 5",
    "ulimit -c 0; kill -SEGV $$; sleep 5",
    "kill -PIPE $$; sleep 5",
    "sh -c 'kill -9 $$'; echo $?",
    "env | grep -c '^REEVE_STEP='; env | grep '^AWS_SSM' | sort",
    "(sleep 0.2; echo late) & echo soon",
];

/// Places of scripts and process ids are different each time.
fn plain(outcome: &Outcome) -> (String, i32, Vec<String>) {
    let (step, temporary) = (&outcome.steps[0], std::env::temp_dir());
    let word = |word: &str| match word.find(&*temporary.to_string_lossy()) {
        _ if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) => "#".to_owned(),
        Some(at) if word.contains("script") => word[..at].to_owned() + &word[at..].replace(|c| c != ':', ""),
        _ => word.to_owned(),
    };
    let texts = [&step.stdout, &step.stderr, &step.output];
    let texts = texts.map(|text| text.split(' ').map(word).collect::<Vec<_>>().join(" "));
    (step.status().name().to_owned(), step.code, texts.to_vec())
}

#[tokio::test(flavor = "current_thread")]
async fn given_scripts_that_look_around_when_run_in_each_way_then_they_see_the_same() {
    let root = tempfile::tempdir().unwrap();
    let long = format!("echo first\n{}echo last", "# a line that does nothing\n".repeat(4_000));
    let ways = ways(root.path(), "test-same").await;
    for script in SCRIPTS.into_iter().chain([long.as_str()]) {
        let mut seen = Vec::new();
        for way in &ways {
            seen.push(plain(&execute(root.path(), way, script, 60).await));
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{script:?}: {seen:#?}");
    }
    println!("{} scripts in {} ways", SCRIPTS.len() + 1, ways.len());
}

/// The agent's own program under its other name, which the end-to-end tests have an agent start.
#[tokio::test(flavor = "current_thread")]
async fn given_a_supervisor_when_the_first_process_ends_then_its_name_says_so_and_it_waits_for_the_word() {
    use std::{
        io::{Read, Write},
        os::unix::process::CommandExt,
        process::{Command, Stdio},
    };
    let mark = format!("600.{}4", std::process::id());
    let mut supervisor = Command::new(env!("CARGO_BIN_EXE_reeve-agent"))
        .arg0("reeve-step")
        .args(["-", "-", "sh", "-c", &format!("sleep {mark} & read never; echo started; exit 3")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let comm = || std::fs::read_to_string(format!("/proc/{}/comm", supervisor.id())).unwrap_or_default();
    until("its name says that the first process has ended", || comm() == "reeve-step-end\n").await;
    // The supervisor's own command line names it, too.
    let own = supervisor.id().cast_signed();
    let sleepers =
        || naming(&format!("sleep {mark}")).into_iter().filter(|pid| *pid != own).collect::<Vec<_>>();
    assert_eq!(sleepers().len(), 1, "what holds the output lives on");
    let mut printed = [0; 8];
    supervisor.stdout.as_mut().unwrap().read_exact(&mut printed).unwrap();
    assert_eq!(&printed, b"started\n");
    supervisor.stdin.as_mut().unwrap().write_all(b"r").unwrap();
    assert_eq!(supervisor.wait().unwrap().code(), Some(3));
    for pid in sleepers() {
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }
}
