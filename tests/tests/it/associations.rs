//! Associations, as the `aws` CLI sees them, on real nodes.

use reeve_e2e::{Agent, Instance, wait_for};
use reeve_types::Timestamp;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn create(instance: &Instance, more: &[&str]) -> Value {
    let create = ["create-association", "--name", "AWS-RunShellScript"];
    instance.aws(&[&create[..], more].concat()).json()["AssociationDescription"].clone()
}

fn id_of(association: &Value) -> String {
    association["AssociationId"].as_str().unwrap().to_owned()
}

/// The executions of an association, the newest first.
fn executions(instance: &Instance, id: &str) -> Vec<Value> {
    let listed = instance.aws(&["describe-association-executions", "--association-id", id]).json();
    listed["AssociationExecutions"].as_array().unwrap().clone()
}

/// The executions, once there are so many and all have ended.
fn ended(instance: &Instance, id: &str, count: usize) -> Vec<Value> {
    wait_for("the executions have ended", || {
        let all = executions(instance, id);
        let end = all.iter().all(|one| one["Status"] != "InProgress");
        (all.len() >= count && end).then_some(all)
    })
}

fn targets(instance: &Instance, id: &str, execution: &Value) -> Vec<Value> {
    let execution = execution["ExecutionId"].as_str().unwrap();
    let describe =
        ["describe-association-execution-targets", "--association-id", id, "--execution-id", execution];
    instance.aws(&describe).json()["AssociationExecutionTargets"].as_array().unwrap().clone()
}

fn described(instance: &Instance, id: &str) -> Value {
    let describe = ["describe-association", "--association-id", id];
    instance.aws(&describe).json()["AssociationDescription"].clone()
}

#[test]
fn an_association_runs_at_once_and_shows_what_came_of_it() {
    let instance = Instance::start(1);
    let (node, file) = (instance.node(), instance.scratch().join("ran"));
    let script = json!({"commands": [format!("echo x >> {}", file.display())]}).to_string();
    let made = create(
        &instance,
        &[
            "--association-name",
            "keep",
            "--targets",
            "Key=instanceids,Values=*",
            "--parameters",
            &script,
            "--schedule-expression",
            "rate(30 minutes)",
            "--compliance-severity",
            "HIGH",
        ],
    );
    let id = id_of(&made);
    assert_eq!((&made["AssociationVersion"], &made["DocumentVersion"]), (&json!("1"), &json!("$DEFAULT")));
    assert_eq!(made["Status"]["Name"], "Associated");
    assert_eq!(made["Status"]["Message"], "Associated with AWS-RunShellScript");
    assert_eq!(made["Targets"], json!([{"Key": "InstanceIds", "Values": ["*"]}]));

    let ran = ended(&instance, &id, 1);
    assert_eq!((ran.len(), &ran[0]["Status"]), (1, &json!("Success")), "{ran:?}");
    assert_eq!(ran[0]["ResourceCountByStatus"], "{Success=1}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "x\n");
    let target = &targets(&instance, &id, &ran[0])[0];
    assert_eq!((&target["ResourceId"], &target["Status"]), (&json!(node), &json!("Success")));
    assert_eq!(target["OutputSource"]["OutputSourceType"], "RunCommand");
    // The output lies where the command's does.
    let command = target["OutputSource"]["OutputSourceId"].as_str().unwrap();
    let get = ["get-command-invocation", "--command-id", command, "--instance-id", &node];
    assert_eq!(instance.aws(&get).json()["StatusDetails"], "Success");

    let now = described(&instance, &id);
    assert_eq!((&now["Overview"]["Status"], &now["ComplianceSeverity"]), (&json!("Success"), &json!("HIGH")));
    assert_eq!(now["Overview"]["AssociationStatusAggregatedCount"], json!({"Success": 1}));
    assert!(now["LastSuccessfulExecutionDate"].is_number(), "{now}");
    let filter = "key=AssociationName,value=keep";
    let listed = instance.aws(&["list-associations", "--association-filter-list", filter]).json();
    assert_eq!(listed["Associations"][0]["AssociationId"], json!(id));
    let of_node = instance.aws(&["describe-instance-associations-status", "--instance-id", &node]).json();
    let info = &of_node["InstanceAssociationStatusInfos"][0];
    assert_eq!((&info["Status"], &info["AssociationName"]), (&json!("Success"), &json!("keep")));
    assert_eq!(
        info["ExecutionSummary"],
        "1 out of 1 plugin processed, 1 success, 0 failed, 0 timedout, 0 skipped. "
    );
    let shown = instance.reeve(&["associations", "show", "keep"]);
    assert!(shown.success && shown.stdout.contains("schedule: rate(30 minutes)"), "{}", shown.stderr);
    assert!(shown.stdout.contains("{Success=1}"), "{}", shown.stdout);
    let preview = instance.reeve(&["associations", "preview", "keep", "--firings", "3"]);
    assert!(preview.success && preview.stdout.lines().count() == 6, "{}{}", preview.stdout, preview.stderr);
    assert!(preview.stdout.contains(&node) && preview.stdout.contains("now"), "{}", preview.stdout);
    let effective =
        instance.aws(&["describe-effective-instance-associations", "--instance-id", &node]).json();
    assert!(effective["Associations"][0]["Content"].as_str().unwrap().contains("schemaVersion"));

    // A restarted instance, and with it its agent, fires nothing again.
    let mut instance = instance;
    instance.stop();
    instance.restart();
    wait_for("the node is back", || {
        let nodes = instance.call("DescribeInstanceInformation", &json!({}));
        (nodes["InstanceInformationList"][0]["PingStatus"] == "Online").then_some(())
    });
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(executions(&instance, &id).len(), 1);
    instance.aws(&["start-associations-once", "--association-ids", &id]).text();
    assert_eq!(ended(&instance, &id, 2).len(), 2);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "x\nx\n");
}

#[test]
fn a_node_that_gets_the_tag_later_runs_within_seconds_and_a_selection_that_matches_nobody_says_so() {
    let instance = Instance::start(1);
    let file = instance.scratch().join("ran");
    let script = json!({"commands": [format!("echo x >> {}", file.display())]}).to_string();
    let of_tag = ["--targets", "Key=tag:role,Values=web", "--parameters", script.as_str()];
    let id = id_of(&create(&instance, &of_tag));
    let none = ended(&instance, &id, 1);
    assert_eq!((&none[0]["Status"], &none[0]["DetailedStatus"]), (&json!("Skipped"), &json!("NoTargets")));
    assert_eq!(described(&instance, &id)["Overview"]["DetailedStatus"], "NoTargets");
    assert!(!file.exists());

    let node = instance.node();
    let tag = ["add-tags-to-resource", "--resource-type", "ManagedInstance", "--resource-id", &node];
    let begun = Instant::now();
    instance.aws(&[&tag[..], &["--tags", "Key=role,Value=web"]].concat()).text();
    let ran = ended(&instance, &id, 2);
    println!("a tagged node ran after {:?}, the aws CLI's own time included", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(
        (&ran[0]["Status"], std::fs::read_to_string(&file).unwrap().as_str()),
        (&json!("Success"), "x\n")
    );

    // A document of one's own: its next version runs at once, since the association has its default.
    let content = |word: &str| {
        json!({"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runShellScript", "name": "s",
            "inputs": {"runCommand": [format!("echo {word} >> {}", file.display())]}}]})
        .to_string()
    };
    let document = json!({"Name": "Own", "DocumentType": "Command", "Content": content("one")});
    instance.call("CreateDocument", &document);
    let made = json!({"Name": "Own", "Targets": [{"Key": "InstanceIds", "Values": [node]}]});
    let own = id_of(&instance.call("CreateAssociation", &made)["AssociationDescription"]);
    ended(&instance, &own, 1);
    let update = json!({"Name": "Own", "Content": content("two"), "DocumentVersion": "$LATEST"});
    instance.call("UpdateDocument", &update);
    instance.call("UpdateDocumentDefaultVersion", &json!({"Name": "Own", "DocumentVersion": "2"}));
    ended(&instance, &own, 2);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "x\none\ntwo\n");

    // An edit is a version, and runs; what is deleted is not there.
    let updated = instance.aws(&["update-association", "--association-id", &own, "--max-errors", "3"]).json();
    assert_eq!(updated["AssociationDescription"]["AssociationVersion"], "2");
    ended(&instance, &own, 3);
    let versions = instance.aws(&["list-association-versions", "--association-id", &own]).json();
    assert_eq!(versions["AssociationVersions"].as_array().unwrap().len(), 2);
    assert_eq!(versions["AssociationVersions"][1]["MaxErrors"], "3");
    instance.aws(&["delete-association", "--association-id", &own]).text();
    let gone = instance.aws(&["describe-association", "--association-id", &own]).complaint().to_owned();
    assert!(gone.contains("AssociationDoesNotExist"), "{gone}");
    let refused =
        instance.aws(&["create-association", "--name", "Nothing", "--targets", "Key=InstanceIds,Values=*"]);
    assert!(refused.complaint().contains("InvalidDocument"), "{}", refused.complaint());
}

#[test]
fn what_its_maker_may_not_do_does_not_run_and_says_so() {
    let instance = Instance::start(1);
    let maker = instance.principal("maker", &[]);
    let policy =
        r#"permit(principal == Principal::"maker", action == Action::"ssm:CreateAssociation", resource);"#;
    let put = instance.reeve(&[
        "api",
        "access:PutPolicy",
        "--json",
        &json!({"name": "makers", "text": policy}).to_string(),
    ]);
    assert!(put.success, "{}", put.stderr);
    let made = json!({"Name": "AWS-RunShellScript", "Parameters": {"commands": ["true"]},
        "Targets": [{"Key": "InstanceIds", "Values": [instance.node()]}]});
    let raw = instance.raw_as(&maker);
    let made = wait_for("the policy is in force", || {
        let (status, answer) = raw.call("CreateAssociation", &made);
        (status == 200).then_some(answer)
    });
    let id = id_of(&made["AssociationDescription"]);
    let ran = ended(&instance, &id, 1);
    assert_eq!(
        (&ran[0]["Status"], &ran[0]["DetailedStatus"]),
        (&json!("Failed"), &json!("AccessDeniedException"))
    );
    assert_eq!(targets(&instance, &id, &ran[0])[0]["Status"], "Failed");
    assert_eq!(described(&instance, &id)["Overview"]["Status"], "Failed");
}

#[test]
fn an_instant_in_an_outage_fires_once_and_a_node_that_was_away_runs_once_when_it_returns() {
    let mut instance = Instance::start(1);
    let mut second = Agent::enrol(&instance, "second");
    second.end(Signal::TERM);
    second.wait_until(&instance, "ConnectionLost");
    let file = instance.scratch().join("ran");
    let at = Timestamp(Timestamp::now().0 + 4_000).rfc3339();
    let made = json!({"Name": "AWS-RunShellScript", "Targets": [{"Key": "InstanceIds", "Values": ["*"]}],
        "Parameters": {"commands": [format!("echo x >> {}", file.display())]},
        "ScheduleExpression": format!("at({})", &at[..19]), "ApplyOnlyAtCronInterval": true});
    let id = id_of(&instance.call("CreateAssociation", &made)["AssociationDescription"]);
    assert!(executions(&instance, &id).is_empty() && !file.exists(), "it waits for its instant");
    instance.kill();
    std::thread::sleep(Duration::from_secs(5));
    instance.restart();
    let lines = || std::fs::read_to_string(&file).unwrap_or_default().lines().count();
    wait_for("the instant has fired", || (lines() == 1).then_some(()));
    second.start();
    let begun = Instant::now();
    wait_for("the node that was away runs", || (lines() == 2).then_some(()));
    println!("a node that was away ran {:?} after its agent's start", begun.elapsed());
    let ran = ended(&instance, &id, 2);
    assert!(ran.iter().all(|one| one["Status"] == "Success" || one["Status"] == "Skipped"), "{ran:?}");
    // Nothing that restarts runs it again.
    second.end(Signal::KILL);
    instance.kill();
    instance.restart();
    second.start();
    second.wait_until(&instance, "Online");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(lines(), 2);
    assert_eq!(executions(&instance, &id), ran);
}

#[test]
fn a_document_that_is_deleted_later_is_a_failed_execution_with_its_reason() {
    let instance = Instance::start(1);
    let command = crate::story::greet(&instance);
    instance.ended(&command);
    let made = json!({"Name": "Greet", "Targets": [{"Key": "InstanceIds", "Values": ["*"]}]});
    let id = id_of(&instance.call("CreateAssociation", &made)["AssociationDescription"]);
    ended(&instance, &id, 1);
    instance.call("DeleteDocument", &json!({"Name": "Greet"}));
    let run = instance.reeve(&["associations", "run", &id]);
    assert!(run.success, "{}", run.stderr);
    let ran = ended(&instance, &id, 2);
    assert_eq!((&ran[0]["Status"], &ran[0]["DetailedStatus"]), (&json!("Failed"), &json!("InvalidDocument")));
    let listed = instance.reeve(&["associations", "list"]);
    assert!(
        listed.success && listed.stdout.contains("InvalidDocument"),
        "{}{}",
        listed.stdout,
        listed.stderr
    );
}
