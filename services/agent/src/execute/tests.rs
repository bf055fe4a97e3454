//! What the recorded vectors do not show: time, cancel, groups, includes and downloads.

use std::{
    collections::{BTreeMap, HashMap},
    io::{Read, Write},
    net::TcpListener,
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::*;
use crate::local_policy::Rules;

#[derive(Default)]
struct Recorded(Vec<(String, bool, Vec<u8>)>);

impl Sink for Recorded {
    async fn ready(&mut self) {}
    fn push(&mut self, step: &str, stderr: bool, data: Bytes) {
        self.0.push((step.to_owned(), stderr, data.to_vec()));
    }
}

#[derive(Default)]
struct Documents(HashMap<String, Value>);

impl ControlPlane for Documents {
    async fn document(&self, name: &str, _: Option<&str>) -> Result<String, String> {
        self.0.get(name).map(Value::to_string).ok_or_else(|| "it does not exist.".to_owned())
    }

    async fn inventory_hashes(&self, _: Vec<String>) -> Result<BTreeMap<String, String>, String> {
        Err("nobody answers".to_owned())
    }

    /// The secret of a name is `secret of <name>`.
    async fn secrets(
        &self,
        _: &str,
        names: Vec<String>,
    ) -> Result<BTreeMap<String, Zeroizing<String>>, String> {
        match names.iter().any(|name| name == "/denied") {
            true => Err("AccessDeniedException: no".to_owned()),
            false => {
                Ok(names.into_iter().map(|name| (name.clone(), format!("secret of {name}").into())).collect())
            }
        }
    }

    async fn patch_baseline(&self, _: &PatchQuestion<'_>) -> Result<PatchBaseline, String> {
        Err("nobody answers".to_owned())
    }

    async fn report_inventory(&self, _: InventoryReport) -> Result<(), String> {
        Err("nobody answers".to_owned())
    }
}

struct Bench {
    root: tempfile::TempDir,
    documents: Documents,
    sink: Recorded,
    no_reboot: Option<String>,
    resume: Option<Resume>,
    paused: Option<Paused>,
    time: Duration,
}

const LONG: Duration = Duration::from_secs(3600);

fn deadline(time: Duration) -> Deadline {
    Deadline { clock: Arc::new(Timestamp::now), at: Timestamp(i64::MAX) }.or_after(time)
}

impl Bench {
    fn new() -> Self {
        Bench {
            root: tempfile::tempdir().unwrap(),
            documents: Documents::default(),
            sink: Recorded::default(),
            no_reboot: None,
            resume: None,
            paused: None,
            time: LONG,
        }
    }

    async fn run(&mut self, steps: Value) -> Outcome {
        let (_keep, cancel) = watch::channel(false);
        self.run_until(steps, cancel).await
    }

    async fn run_until(&mut self, steps: Value, cancel: watch::Receiver<bool>) -> Outcome {
        let document = json!({"schemaVersion": "2.2", "mainSteps": steps});
        self.run_job(document, json!({}), None, cancel).await
    }

    async fn run_job(
        &mut self,
        document: Value,
        parameters: Value,
        run_as: Option<&str>,
        cancel: watch::Receiver<bool>,
    ) -> Outcome {
        let host = Host {
            root: self.root.path().to_path_buf(),
            inventory: self.root.path().join("inventory"),
            patching: self.root.path().join("patching"),
            package_root: "/".into(),
            boot_id: String::new(),
            node_id: "mi-1".to_owned(),
            containment: Arc::new(Containment::group()),
            output_limit: DEFAULT_OUTPUT_LIMIT_BYTES,
            rules: Rules::default(),
            own: super::Own::default(),
            no_reboot: self.no_reboot.clone(),
            region: "here".to_owned(),
            platform_name: "Linux".to_owned(),
            platform_version: "7".to_owned(),
        };
        let job = Job {
            command_id: "c-1".to_owned(),
            document,
            parameters: parameters.as_object().unwrap().clone(),
            run_as: run_as.map(str::to_owned),
            resume: self.resume.take(),
            deadline: deadline(self.time),
        };
        match run(&host, job, &self.documents, &mut self.sink, cancel).await {
            Ended::Outcome(outcome) => outcome,
            Ended::Reboot(paused) => {
                self.paused = Some(*paused);
                Outcome::without_steps(InvocationStatus::Unspecified, "rebooting")
            }
        }
    }
}

fn script(name: &str, lines: &[&str]) -> Value {
    json!({"action": "aws:runShellScript", "name": name, "inputs": {"runCommand": lines}})
}

fn include(name: &str, document: &str) -> Value {
    json!({"action": "aws:runDocument", "name": name,
        "inputs": {"documentType": "SSMDocument", "documentPath": document}})
}

fn alive(pid: &str) -> bool {
    match std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())) {
        Ok(stat) => !stat.contains(") Z "),
        Err(_) => false,
    }
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_script_that_a_signal_ends_when_run_then_it_failed_and_did_not_time_out() {
    for (text, code, said) in [
        ("exit 137", 137, "exit status 137 (128 + 9: the code of a process that SIGKILL ended)"),
        ("kill -9 $$", 137, "exit status 137 (128 + 9: the code of a process that SIGKILL ended)"),
        (
            "kill -TERM $$; sleep 60",
            143,
            "exit status 143 (128 + 15: the code of a process that SIGTERM ended)",
        ),
        ("exit 255", 255, "exit status 255"),
    ] {
        let outcome = Bench::new().run(json!([script("a", &[text])])).await;
        assert_eq!((outcome.status.name(), outcome.code), ("Failed", code), "{text}");
        assert_eq!(outcome.status.details(), "Failed", "{text}");
        assert_eq!((outcome.steps[0].status().name(), outcome.steps[0].code), ("Failed", code), "{text}");
        let stderr = &outcome.steps[0].stderr;
        assert!(stderr.ends_with(said), "{text}: {stderr}");
        assert_eq!(stderr.contains("Killed\n"), text.contains("-9"), "{stderr}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn given_the_code_169_when_run_then_both_streams_say_so() {
    let outcome = Bench::new().run(json!([script("a", &["exit 169"]), script("b", &["echo b"])])).await;
    let word = "\nStep exited with code 169. Therefore, marking step as Failed. \
                Further document steps will be skipped.";
    let step = &outcome.steps[0];
    assert_eq!((step.status().name(), step.code, step.stdout.as_str()), ("Failed", 169, word));
    assert_eq!(step.stderr.split_once('\n').unwrap().1, &word[1..]);
    assert!(step.stderr.starts_with("failed to run commands: exit status 169"), "{}", step.stderr);
    assert!(step.output.starts_with("\n----------ERROR-------\nfailed to run commands: exit status 169"));
    assert_eq!(outcome.steps[1].status().name(), "Skipped");
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_step_over_its_time_when_run_then_the_group_dies_and_later_steps_run() {
    let mut bench = Bench::new();
    let mut slow = script("a", &["echo begun", "sleep 100 & echo $!", "wait"]);
    slow["inputs"]["timeoutSeconds"] = json!("5");
    let outcome = bench.run(json!([slow, script("b", &["echo b"])])).await;
    assert_eq!((outcome.status.name(), outcome.code), ("TimedOut", 137));
    assert_eq!(outcome.status.details(), "ExecutionTimedOut");
    assert_eq!((outcome.steps[0].status().name(), outcome.steps[0].code), ("TimedOut", 137));
    let pid = outcome.steps[0].stdout.strip_prefix("begun\n").unwrap();
    assert!(!alive(pid));
    assert_eq!(outcome.steps[1].stdout, "b\n");
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_cancel_when_running_then_the_step_and_the_rest_are_cancelled() {
    let mut bench = Bench::new();
    let (sender, cancel) = watch::channel(false);
    let steps = json!([script("a", &["echo x", "sleep 100"]), script("b", &["echo b"])]);
    let (outcome, ()) = tokio::join!(bench.run_until(steps, cancel), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        sender.send(true).unwrap();
    });
    assert_eq!(outcome.status.name(), "Cancelled");
    let states: Vec<_> = outcome.steps.iter().map(|s| (s.status().name(), s.code)).collect();
    assert_eq!(states, [("Cancelled", 137), ("Cancelled", 137)]);
    assert_eq!(outcome.steps[0].stdout, "x\n");
    assert_eq!(outcome.steps[1].stdout, "");
}

#[tokio::test(flavor = "current_thread")]
async fn given_much_output_when_run_then_all_is_passed_on_and_the_head_is_kept() {
    let mut bench = Bench::new();
    let outcome = bench.run(json!([script("a", &["head -c 3000000 /dev/zero", "printf '\\377' >&2"])])).await;
    let step = &outcome.steps[0];
    assert_eq!((step.stdout_bytes, step.stderr_bytes), (3_000_000, 1));
    assert_eq!(step.stdout.chars().count(), 24_000);
    assert_eq!(step.stderr, "\u{fffd}");
    let passed: usize = bench.sink.0.iter().filter(|(_, stderr, _)| !stderr).map(|(_, _, d)| d.len()).sum();
    assert_eq!(passed, 3_000_000);
}

#[tokio::test(flavor = "current_thread")]
async fn given_the_environment_when_run_then_the_documented_variables_are_there() {
    let mut bench = Bench::new();
    let line =
        "echo $AWS_SSM_INSTANCE_ID $AWS_SSM_REGION_NAME $AWS_SSM_PLATFORM_VERSION $SSM_COMMAND_ID; cat";
    let outcome = bench.run(json!([script("a", &[line])])).await;
    assert_eq!(outcome.steps[0].stdout, "mi-1 here 7 c-1\n");
}

#[tokio::test(flavor = "current_thread")]
async fn given_special_exit_codes_when_run_then_the_flow_follows() {
    let mut bench = Bench::new();
    let mut last = script("c", &["echo fin"]);
    last["inputs"]["finallyStep"] = json!(true);
    let outcome = bench.run(json!([script("a", &["exit 169"]), script("b", &["echo b"]), last])).await;
    assert_eq!((outcome.status.name(), outcome.code), ("Failed", 169));
    let states: Vec<_> = outcome.steps.iter().map(|s| s.status().name()).collect();
    assert_eq!(states, ["Failed", "Skipped", "Success"]);
    let mut bench = Bench::new();
    bench.no_reboot = Some("this machine stays up".to_owned());
    let reboot = bench.run(json!([script("a", &["exit 194"])])).await;
    assert_eq!((reboot.status.name(), reboot.code), ("Failed", 194));
    assert!(reboot.steps[0].stderr.contains("this machine stays up"));
}

#[tokio::test(flavor = "current_thread")]
async fn given_included_documents_when_run_then_their_output_is_that_of_the_step() {
    let mut bench = Bench::new();
    let inner = json!({"schemaVersion": "2.2", "parameters": {"p": {"type": "String", "maxChars": 3}},
        "mainSteps": [script("x", &["echo 'in {{ p }}'"]), script("y", &["exit 4"])]});
    bench.documents.0.insert("Inner".to_owned(), inner);
    let mut step = include("a", "Inner:1");
    step["inputs"]["documentParameters"] = json!({"p": "abc"});
    let outcome = bench.run(json!([step])).await;
    assert_eq!((outcome.status.name(), outcome.code), ("Failed", 4));
    assert_eq!(outcome.steps[0].stdout, "in abc\n");
    assert_eq!(outcome.steps[0].stderr, "failed to run commands: exit status 4");
    step["inputs"]["documentParameters"] = json!("{\"p\": \"long\"}");
    let outcome = bench.run(json!([step])).await;
    assert!(outcome.steps[0].stderr.contains("parameter p"), "{}", outcome.steps[0].stderr);
}

#[tokio::test(flavor = "current_thread")]
async fn given_circles_and_depths_when_included_then_they_are_refused() {
    let mut bench = Bench::new();
    let of = |inner: Value| json!({"schemaVersion": "2.2", "mainSteps": [inner]});
    bench.documents.0.insert("Self".to_owned(), of(include("s", "Self")));
    for level in 1..5 {
        let next = format!("Level{}", level + 1);
        bench.documents.0.insert(format!("Level{level}"), of(include("l", &next)));
    }
    let outcome = bench.run(json!([include("a", "Self"), include("b", "Level1")])).await;
    assert!(outcome.steps[0].stderr.contains("includes itself"), "{}", outcome.steps[0].stderr);
    assert!(outcome.steps[1].stderr.contains("levels deep"), "{}", outcome.steps[1].stderr);
    assert_eq!(outcome.status.name(), "Failed");
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_downloaded_document_when_included_then_it_runs_in_the_downloads() {
    let mut bench = Bench::new();
    let inner = json!({"schemaVersion": "2.2", "mainSteps": [script("x", &["pwd"])]});
    bench.documents.0.insert("Inner".to_owned(), inner);
    let download = |to: &str| {
        json!({"action": "aws:downloadContent", "name": "d", "inputs": {"sourceType": "SSMDocument",
            "sourceInfo": "{\"name\": \"Inner\"}", "destinationPath": to}})
    };
    let local = json!({"action": "aws:runDocument", "name": "l",
        "inputs": {"documentType": "LocalPath", "documentPath": "sub/Inner.json"}});
    let outcome = bench.run(json!([download("sub/"), local])).await;
    assert_eq!(outcome.status.name(), "Success", "{outcome:?}");
    assert!(outcome.steps[1].stdout.ends_with("/c-1/downloads\n"), "{}", outcome.steps[1].stdout);
    for bad in ["../out", "/etc/cron.d/x", "sub/../../x"] {
        let outcome = bench.run(json!([download(bad)])).await;
        assert_eq!(outcome.status.name(), "Failed", "{bad}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_web_server_when_downloaded_then_the_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello").unwrap();
    });
    let mut bench = Bench::new();
    let step = |info: Value| {
        json!({"action": "aws:downloadContent", "name": "d",
            "inputs": {"sourceType": "HTTP", "sourceInfo": info}})
    };
    let url = format!("http://127.0.0.1:{port}/a/file.txt?x=1");
    let refused = bench.run(json!([step(json!({"url": url}))])).await;
    assert!(refused.steps[0].stderr.contains("allowInsecureDownload"));
    let outcome = bench.run(json!([step(json!({"url": url, "allowInsecureDownload": "true"}))])).await;
    assert_eq!(outcome.status.name(), "Success", "{outcome:?}");
    let file = bench.root.path().join("c-1/downloads/file.txt");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "hello");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "current_thread")]
async fn given_sources_that_are_not_there_when_downloaded_then_the_reason_is_clear() {
    let mut bench = Bench::new();
    let step = json!({"action": "aws:downloadContent", "name": "d",
        "inputs": {"sourceType": "S3", "sourceInfo": {"path": "https://s3/x"}}});
    let known = json!({"action": "aws:refreshAssociation", "name": "i", "inputs": {}});
    let outcome = bench.run(json!([step, known])).await;
    assert!(outcome.steps[0].stderr.contains("S3 are not configured"));
    assert!(outcome.steps[1].stderr.contains("unsupported plugin: aws:refreshAssociation"));
}

#[tokio::test(flavor = "current_thread")]
async fn given_two_property_sets_when_run_then_the_outputs_are_joined_and_the_worst_decides() {
    let document = json!({"schemaVersion": "1.2", "runtimeConfig": {"aws:runShellScript": {"properties": [
        {"id": "0.aws:runShellScript", "runCommand": ["echo 1", "exit 3"]},
        {"id": "1.aws:runShellScript", "runCommand": ["echo 2"]}]}}});
    let (_keep, cancel) = watch::channel(false);
    let outcome = Bench::new().run_job(document, json!({}), None, cancel).await;
    assert_eq!((outcome.status.name(), outcome.code), ("Failed", 3));
    assert_eq!(outcome.steps[0].stdout, "1\n\n2\n");
    assert_eq!(outcome.steps[0].name, "aws:runShellScript");
}

#[tokio::test(flavor = "current_thread")]
async fn given_an_env_var_parameter_when_run_then_the_shell_does_not_interpret_it() {
    let document = json!({"schemaVersion": "2.2",
        "parameters": {"p": {"type": "String", "interpolationType": "ENV_VAR"}},
        "mainSteps": [script("a", &["echo \"[{{ p }}]\""])]});
    let (_keep, cancel) = watch::channel(false);
    let value = "\"; echo $(id) `id`; $$";
    let outcome = Bench::new().run_job(document, json!({"p": value}), None, cancel).await;
    assert_eq!(outcome.steps[0].stdout, format!("[{value}]\n"));
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_process_that_left_the_group_when_the_time_is_over_then_the_step_ends_all_the_same() {
    let mut bench = Bench::new();
    let mut step = script("a", &["setsid sleep 100 & echo $!; wait"]);
    step["inputs"]["timeoutSeconds"] = json!(5);
    let outcome = bench.run(json!([step])).await;
    assert_eq!(outcome.status.name(), "TimedOut");
    let pid = outcome.steps[0].stdout.trim();
    assert!(!alive(pid), "{pid} survived");
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_run_as_user_when_run_then_the_script_is_theirs_or_the_step_fails() {
    use std::os::unix::fs::PermissionsExt;
    let mut bench = Bench::new();
    std::fs::set_permissions(bench.root.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let document =
        json!({"schemaVersion": "2.2", "mainSteps": [script("a", &["id -un; echo $USER; id -G | wc -w"])]});
    let (_keep, cancel) = watch::channel(false);
    let unknown = bench.run_job(document.clone(), json!({}), Some("no-such-user"), cancel.clone()).await;
    assert!(unknown.steps[0].stderr.contains("no-such-user does not exist"));
    let outcome = bench.run_job(document, json!({}), Some("nobody"), cancel).await;
    if rustix::process::geteuid().is_root() {
        assert_eq!(outcome.steps[0].stdout.split_whitespace().collect::<Vec<_>>(), ["nobody", "nobody", "1"]);
    } else {
        assert_eq!(outcome.status.name(), "Failed", "only root may change the user");
    }
}

/// A bus that takes nothing, as when it is away.
struct Stuck;

impl Sink for Stuck {
    async fn ready(&mut self) {
        std::future::pending().await
    }
    fn push(&mut self, _: &str, _: bool, _: Bytes) {}
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_stuck_bus_when_cancelled_then_the_script_dies_and_the_job_ends() {
    let root = tempfile::tempdir().unwrap();
    let host = Host {
        root: root.path().to_path_buf(),
        inventory: root.path().join("inventory"),
        patching: root.path().join("patching"),
        package_root: "/".into(),
        boot_id: String::new(),
        node_id: String::new(),
        containment: Arc::new(Containment::group()),
        output_limit: DEFAULT_OUTPUT_LIMIT_BYTES,
        rules: Rules::default(),
        own: super::Own::default(),
        no_reboot: None,
        region: String::new(),
        platform_name: String::new(),
        platform_version: String::new(),
    };
    let job = Job {
        command_id: "c".to_owned(),
        document: json!({"schemaVersion": "2.2", "mainSteps": [script("a", &["echo $$; yes"])]}),
        parameters: Map::new(),
        run_as: None,
        resume: None,
        deadline: deadline(LONG),
    };
    let (sender, cancel) = watch::channel(false);
    let documents = Documents::default();
    let mut sink = Stuck;
    let (outcome, ()) = tokio::join!(run(&host, job, &documents, &mut sink, cancel), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        sender.send(true).unwrap();
    });
    let Ended::Outcome(outcome) = outcome else { panic!("{outcome:?}") };
    assert_eq!(outcome.status.name(), "Cancelled");
    let step = &outcome.steps[0];
    assert!(step.stdout_bytes < 1 << 20, "the pipe was not read while the bus was stuck");
    assert!(!alive(step.stdout.lines().next().unwrap()));
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_running_step_when_the_agent_lets_go_of_it_then_the_group_dies() {
    let mut bench = Bench::new();
    let pids = bench.root.path().join("pids");
    let line = format!("sleep 100 & echo $! $$ > {0}.new; mv {0}.new {0}; wait", pids.display());
    let written = async {
        while !pids.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        outcome = bench.run(json!([script("a", &[line.as_str()])])) => panic!("it ended: {outcome:?}"),
        () = written => {}
    }
    for pid in std::fs::read_to_string(&pids).unwrap().split_whitespace() {
        while alive(pid) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_step_that_asks_for_a_reboot_when_resumed_then_it_runs_again_and_the_rest_follows() {
    let mut bench = Bench::new();
    let mark = bench.root.path().join("mark");
    let line = format!("echo run; test -e {0} && exit 0; touch {0}; exit 194", mark.display());
    let steps =
        json!([script("a", &["echo a", "exit 3"]), script("b", &[line.as_str()]), script("c", &["echo c"])]);
    assert_eq!(bench.run(steps.clone()).await.message, "rebooting");
    let paused = bench.paused.take().unwrap();
    assert_eq!(paused.reboots, 1);
    let paused: Paused = serde_json::from_str(&serde_json::to_string(&paused).unwrap()).unwrap();
    bench.resume = Some(Resume { paused, refused: None });
    let outcome = bench.run(steps).await;
    let of: Vec<_> = outcome.steps.iter().map(|s| (s.status().name(), s.code, s.stdout.as_str())).collect();
    assert_eq!(of, [("Failed", 3, "a\n"), ("Success", 0, "run\nrun\n"), ("Success", 0, "c\n")]);
    assert_eq!((outcome.status.name(), outcome.code), ("Failed", 3));
    let texts: Vec<&str> = bench.sink.0.iter().map(|(step, _, _)| step.as_str()).collect();
    assert_eq!(texts.iter().filter(|step| **step == "c").count(), 1, "{texts:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_paused_document_when_it_may_not_go_on_then_its_step_says_why() {
    let mut bench = Bench::new();
    let steps = json!([script("a", &["echo a; exit 194"]), script("b", &["echo b"])]);
    bench.run(steps.clone()).await;
    let paused = bench.paused.take().unwrap();
    let states = |outcome: &Outcome| -> Vec<(String, i32, String)> {
        outcome.steps.iter().map(|s| (s.status().name().to_owned(), s.code, s.stdout.clone())).collect()
    };
    let state = |status: &str, code: i32, stdout: &str| (status.to_owned(), code, stdout.to_owned());
    bench.resume = Some(Resume { paused: paused.clone(), refused: None });
    bench.time = Duration::ZERO;
    let outcome = bench.run(steps.clone()).await;
    bench.time = LONG;
    assert_eq!(states(&outcome), [state("TimedOut", 137, "a\n"), state("Skipped", 0, "")]);
    assert_eq!(outcome.status.details(), "ExecutionTimedOut");
    let no = Refused("it said no".to_owned());
    bench.resume = Some(Resume { paused: paused.clone(), refused: Some(no) });
    let outcome = bench.run(steps.clone()).await;
    assert_eq!(states(&outcome), [state("Failed", 194, "a\n"), state("Skipped", 0, "")]);
    bench.resume = Some(Resume { paused: paused.clone(), refused: None });
    let (_keep, cancel) = watch::channel(true);
    let outcome = bench.run_until(steps.clone(), cancel).await;
    assert_eq!(states(&outcome), [state("Cancelled", 137, "a\n"), state("Cancelled", 137, "")]);
    assert_eq!(outcome.steps[0].output, "The command was cancelled while the step a waited for a reboot.");
    bench.resume = Some(Resume { paused: Paused { reboots: 10, ..paused }, refused: None });
    let outcome = bench.run(steps).await;
    assert_eq!((outcome.status.name(), outcome.code), ("Failed", 194));
    assert!(outcome.steps[0].stderr.contains("more than 10 reboots"), "{outcome:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_document_over_its_time_when_run_then_what_runs_dies_and_nothing_else_begins() {
    let mut bench = Bench::new();
    let file = bench.root.path().join("late");
    let late = format!("touch {}", file.display());
    let slow = script("slow", &["echo begun; sleep 60"]);
    let inner =
        json!({"schemaVersion": "2.2", "mainSteps": [slow.clone(), script("inner", &[late.as_str()])]});
    bench.documents.0.insert("Inner".to_owned(), inner);
    for first in [slow, include("slow", "Inner")] {
        bench.time = Duration::from_millis(1500);
        let outcome = bench.run(json!([first, script("late", &[late.as_str()])])).await;
        let steps: Vec<_> =
            outcome.steps.iter().map(|s| (s.name.as_str(), s.status().name(), s.code)).collect();
        assert_eq!(steps, [("slow", "TimedOut", 137), ("late", "TimedOut", 137)]);
        assert!(outcome.steps[0].stdout.starts_with("begun\n"), "{outcome:?}");
        assert_eq!(outcome.steps[1].output, "The time of the command was over before the step late began.");
        assert_eq!(outcome.status.details(), "ExecutionTimedOut");
        assert!(!file.exists());
    }
}

#[tokio::test(flavor = "current_thread")]
async fn given_a_step_of_several_sets_over_its_time_when_run_then_no_further_one_begins() {
    let mut bench = Bench::new();
    let file = bench.root.path().join("late");
    let sets = [
        json!({"id": "a", "runCommand": ["echo begun; sleep 60"]}),
        json!({"id": "b", "runCommand": [format!("touch {}", file.display())]}),
    ];
    let document =
        json!({"schemaVersion": "1.2", "runtimeConfig": {"aws:runShellScript": {"properties": sets}}});
    bench.time = Duration::from_millis(1500);
    let (_keep, cancel) = watch::channel(false);
    let outcome = bench.run_job(document, json!({}), None, cancel).await;
    assert_eq!(
        (outcome.status.details(), outcome.steps[0].stdout.as_str()),
        ("ExecutionTimedOut", "begun\n")
    );
    assert!(!file.exists());
}

#[test]
fn a_deadline_is_the_sooner_one() {
    let deadline = Deadline { clock: Arc::new(|| Timestamp(1_000)), at: Timestamp(3_500) };
    assert_eq!(deadline.left(), Duration::from_millis(2_500));
    assert_eq!(deadline.or_after(Duration::from_secs(2)).at, Timestamp(3_000));
    assert_eq!(deadline.or_after(Duration::MAX).at, Timestamp(3_500));
    let over = Deadline { at: Timestamp(999), ..deadline };
    assert_eq!((over.left(), over.or_after(LONG).left()), (Duration::ZERO, Duration::ZERO));
}

#[tokio::test(flavor = "current_thread")]
async fn given_secrets_when_a_script_takes_them_then_it_has_them_and_what_it_prints_of_them_is_masked() {
    let document = json!({"schemaVersion": "2.2",
        "parameters": {"Password": {"type": "String", "interpolationType": "ENV_VAR"}},
        "mainSteps": [
            {"action": "aws:runShellScript", "name": "takes", "inputs": {"environment": {"URL": "db://u:{{ssm-secure:/b:2}}@h"},
                "runCommand": ["#!/bin/sh", "printf '%s' \"{{ Password }}$URL\" | tr a-z A-Z; echo; echo {{ Password }}",
                    "echo \"the url is $URL\" >&2"]}},
            {"action": "aws:runShellScript", "name": "later", "inputs": {"runCommand": ["echo 'secret'' of /a'"]}}]});
    let mut bench = Bench::new();
    let given = json!({"Password": "{{ssm-secure:/a}}"});
    let (_keep, cancel) = watch::channel(false);
    let outcome = bench.run_job(document.clone(), given, None, cancel).await;
    assert_eq!(outcome.status.name(), "Success", "{outcome:?}");
    assert_eq!(outcome.steps[0].stdout, "SECRET OF /ADB://U:SECRET OF /B:2@H\n***\n");
    assert_eq!(outcome.steps[0].stderr, "the url is db://u:***@h\n");
    assert_eq!(outcome.steps[1].stdout, "***\n", "and in the output of later steps");
    let pushed: Vec<u8> = bench.sink.0.iter().flat_map(|(_, _, data)| data.clone()).collect();
    let pushed = String::from_utf8(pushed).unwrap();
    assert!(!pushed.contains("secret of") && !outcome.steps[0].output.contains("secret of"), "{pushed}");
    for file in walk(bench.root.path()) {
        let text = std::fs::read(&file).unwrap();
        assert!(!text.windows(9).any(|bytes| bytes == b"secret of"), "{}", file.display());
    }
    // What is not given does not begin.
    let (_keep, cancel) = watch::channel(false);
    let denied =
        Bench::new().run_job(document, json!({"Password": "{{ssm-secure:/denied}}"}), None, cancel).await;
    assert_eq!(denied.status.name(), "Failed");
    assert!(denied.steps[0].stderr.contains("AccessDeniedException"), "{denied:?}");
    assert!(denied.steps[0].stdout.is_empty());
}

/// The files below a folder.
fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
