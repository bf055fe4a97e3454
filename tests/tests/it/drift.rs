//! Drift: a node that is not as an association wants it, found by a check that changes nothing.

use reeve_e2e::{Instance, wait_for};
use reeve_types::Timestamp;
use serde_json::{Value, json};

fn drift(instance: &Instance, more: &Value) -> Vec<Value> {
    let (status, listed) = instance.raw().call_of("state-manager", "ListDrift", more, None);
    assert_eq!(status, 200, "{listed}");
    listed["drift"].as_array().unwrap().clone()
}

#[test]
fn a_check_finds_what_differs_says_it_once_and_what_is_no_check_does_not_run() {
    let instance = Instance::start(1);
    let (node, file) = (instance.node(), instance.scratch().join("wanted"));
    let script = format!("[ -e {0} ] || {{ echo {0} is not there; exit 3; }}", file.display());
    let document = |check: Value| {
        let step =
            json!({"action": "aws:runShellScript", "name": "look", "inputs": {"runCommand": [script]}});
        json!({"schemaVersion": "2.2", "check": check, "mainSteps": [step]}).to_string()
    };
    let make = |name: &str, content: &str| {
        instance.aws(&["create-document", "--name", name, "--document-type", "Command", "--content", content])
    };
    let refused = make("Wrong", &document(json!("yes")));
    assert!(refused.stderr.contains("check must be true or false"), "{}", refused.stderr);
    assert!(make("Check", &document(json!(true))).success);
    assert!(make("Change", &document(json!(false))).success);
    let begun = Timestamp::now();
    let associate = |document: &str| {
        let targets = format!("Key=InstanceIds,Values={node}");
        let made = instance.aws(&["create-association", "--name", document, "--targets", &targets]).json();
        made["AssociationDescription"]["AssociationId"].as_str().unwrap().to_owned()
    };
    let (check, change) = (associate("Check"), associate("Change"));
    let found =
        wait_for("both have run", || Some(drift(&instance, &json!({}))).filter(|rows| rows.len() == 2));
    let of = |id: &str| found.iter().find(|row| row["associationId"] == id).unwrap().clone();
    let said = format!("{} is not there", file.display());
    assert_eq!(
        (&of(&check)["cause"], &of(&check)["step"], &of(&check)["isCheck"]),
        (&json!("Failed"), &json!("look"), &json!(true))
    );
    assert!(of(&check)["output"].as_str().unwrap().starts_with(&said), "{found:?}");
    assert_eq!(of(&change)["isCheck"], false);
    let only = drift(&instance, &json!({"associationId": check, "nodeId": node}));
    assert_eq!(only, [of(&check)]);

    // An audit runs the one that declares itself a check, and says why not the other.
    let audited = instance.reeve(&["associations", "audit", "--output", "json"]);
    assert!(audited.success, "{}", audited.stderr);
    assert!(
        audited.stdout.contains("The document Change does not declare itself a check"),
        "{}",
        audited.stdout
    );
    let executions = |id: &str| {
        let listed = instance.call("DescribeAssociationExecutions", &json!({"AssociationId": id}));
        let all = listed["AssociationExecutions"].as_array().unwrap().clone();
        all.iter().filter(|run| run["Status"] != "InProgress").count()
    };
    wait_for("the audit has run", || (executions(&check) == 2).then_some(()));
    assert_eq!(executions(&change), 1);
    // Found as it was: said once, as the log shows.
    let events = |instance: &Instance| {
        let all = instance.events();
        let count = |name: &str| {
            all.iter()
                .filter(|event| event["type"].as_str().is_some_and(|of| of.contains(&format!(".{name}"))))
                .count()
        };
        (count("DriftFound"), count("DriftEnded"))
    };
    assert_eq!(events(&instance), (2, 0));

    // What is put right is right after the next look; what nobody looked at stays as it was found.
    std::fs::write(&file, "").unwrap();
    assert!(instance.reeve(&["associations", "audit", &check]).success);
    wait_for("the check succeeds", || {
        drift(&instance, &json!({"associationId": check})).is_empty().then_some(())
    });
    assert_eq!(drift(&instance, &json!({})), [of(&change)]);
    assert_eq!(events(&instance), (2, 1));
    let shown = instance.reeve(&["associations", "drift", &change[..8]]);
    assert!(shown.stdout.contains(&said), "{}", shown.stdout);
    // What is gone wants nothing.
    instance.call("DeleteAssociation", &json!({"AssociationId": change}));
    wait_for("nothing is wanted", || drift(&instance, &json!({})).is_empty().then_some(()));

    let trend = instance.reeve(&[
        "compliance",
        "trend",
        &begun.rfc3339(),
        "--points",
        "2",
        "--type",
        "Association",
        "--output",
        "json",
    ]);
    assert!(trend.success, "{}", trend.stderr);
    let last = trend.stdout.lines().last().unwrap_or_default();
    assert!(last.contains("\"CompliantCount\":1") && last.contains("Association"), "{}", trend.stdout);
    let wrong = instance.reeve(&["compliance", "trend", "yesterday"]);
    assert!(!wrong.success && wrong.stderr.contains("\"yesterday\" is no instant"), "{}", wrong.stderr);
}
