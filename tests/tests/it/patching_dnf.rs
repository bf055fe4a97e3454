//! Patches of a node with dnf: found out, installed, and told; in a root of its own.

use crate::patching_apt::{patch, patches, state};
use reeve_e2e::{Instance, Notice, Rpm, RpmRoot};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn rpm<'a>(name: &'a str, version: &'a str) -> Rpm<'a> {
    Rpm { name, version, ..Rpm::default() }
}

/// An instance with one node, whose packages are the root's.
fn start(root: &RpmRoot) -> Instance {
    let environment = root.environment();
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Instance::start_with(1, &environment)
}

/// Makes a baseline the default one of Rocky Linux.
fn default_baseline(instance: &Instance, baseline: &Value) -> String {
    let mut asked = json!({"Name": "tested", "OperatingSystem": "ROCKY_LINUX"});
    for (name, value) in baseline.as_object().unwrap() {
        asked[name] = value.clone();
    }
    let made = instance.call("CreatePatchBaseline", &asked);
    let id = made["BaselineId"].as_str().unwrap().to_owned();
    instance.call("RegisterDefaultPatchBaseline", &json!({"BaselineId": id}));
    id
}

/// One rule about a classification, without a wait.
fn rule(classification: &str, severities: &[&str], non_security: bool) -> Value {
    let mut filters = vec![
        json!({"Key": "PRODUCT", "Values": ["Rocky9"]}),
        json!({"Key": "CLASSIFICATION", "Values": [classification]}),
    ];
    if !severities.is_empty() {
        filters.push(json!({"Key": "SEVERITY", "Values": severities}));
    }
    json!({"PatchFilterGroup": {"PatchFilters": filters}, "ComplianceLevel": "CRITICAL", "ApproveAfterDays": 0,
        "EnableNonSecurity": non_security})
}

fn of(found: &BTreeMap<String, (String, String)>, name: &str) -> String {
    found[&format!("{name}.noarch")].0.clone()
}

#[test]
fn security_is_what_notices_say_and_nothing_else_is_installed() {
    let mut root = RpmRoot::rocky();
    for name in [
        "fixed",
        "fixednow",
        "bug",
        "ordinary",
        "hidden",
        "unclassified",
        "rejected",
        "needsnew",
        "blocked",
        "gone",
    ] {
        root.install(&rpm(name, "1.0-1.el9"));
    }
    root.install(&Rpm { has_configuration: true, ..rpm("configured", "1.0-1.el9") });
    std::fs::write(root.path().join("etc/configured.conf"), "mine\n").unwrap();
    for name in ["fixed", "bug", "hidden", "rejected"] {
        root.offer("base", &rpm(name, "1.0-2.el9"));
    }
    // The same version as it is, and a newer ordinary version that hides a fix from who looks at the newest alone.
    root.offer("base", &rpm("fixednow", "1.0-1.el9"));
    root.offer("base", &rpm("hidden", "1.1-1.el9"));
    root.offer("base", &rpm("ordinary", "1.1-1.el9"));
    root.offer("base", &Rpm { requires: "fresh", ..rpm("needsnew", "1.0-2.el9") });
    root.offer("base", &rpm("fresh", "1.0-1.el9"));
    root.offer("base", &Rpm { requires: "unwanted", ..rpm("blocked", "1.0-2.el9") });
    root.offer("base", &rpm("unwanted", "1.0-1.el9"));
    root.offer("base", &Rpm { has_configuration: true, ..rpm("configured", "1.0-2.el9") });
    let security = [
        ("fixed", "1.0-2.el9"),
        ("hidden", "1.0-2.el9"),
        ("rejected", "1.0-2.el9"),
        ("needsnew", "1.0-2.el9"),
        ("blocked", "1.0-2.el9"),
        ("configured", "1.0-2.el9"),
        ("fixednow", "1.0-1.el9"),
        // No repository has it.
        ("gone", "1.0-2.el9"),
    ];
    // By its type, whatever its id begins with.
    root.notice(
        "base",
        &Notice {
            id: "RLSA-2024:1234",
            kind: "security",
            severity: "Important",
            cves: &["CVE-2024-0001", "CVE-2024-0002"],
            bugzilla: &["2251234"],
            packages: &security,
        },
    );
    root.notice(
        "base",
        &Notice {
            id: "RLSA-2024:9999",
            kind: "bugfix",
            severity: "None",
            packages: &[("bug", "1.0-2.el9")],
            ..Notice::default()
        },
    );
    root.publish("base");
    // A repository that says nothing of what its packages are.
    root.offer("plain", &rpm("unclassified", "1.0-2.el9"));
    root.publish("plain");

    let instance = start(&root);
    let baseline = default_baseline(
        &instance,
        &json!({
        "ApprovalRules": {"PatchRules": [rule("Security", &["Critical", "Important"], false)]},
        "RejectedPatches": ["rejected", "unwanted"], "RejectedPatchesAction": "BLOCK"}),
    );

    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Success", "{said}");
    let scanned = state(&instance, "Scan");
    let found = patches(&instance);
    for name in ["fixed", "hidden", "needsnew", "blocked", "configured"] {
        assert_eq!(of(&found, name), "Missing", "{name}: {said}");
    }
    for name in ["bug", "ordinary", "unclassified", "gone"] {
        assert_eq!(of(&found, name), "InstalledOther", "{name}: {said}");
    }
    assert_eq!(
        (of(&found, "fixednow").as_str(), of(&found, "rejected").as_str()),
        ("Installed", "InstalledRejected")
    );
    assert_eq!(found["hidden.noarch"].1, "hidden.noarch:0:1.1-1.el9");
    assert!(said.contains("The repository plain has no update notices"), "{said}");
    assert!(!said.contains("The repository base has no"), "{said}");
    assert_eq!((&scanned["BaselineId"], &scanned["MissingCount"]), (&json!(baseline), &json!(5)));
    let listed = instance.call(
        "DescribeInstancePatches",
        &json!({"InstanceId": instance.node(),
        "Filters": [{"Key": "State", "Values": ["Missing"]}]}),
    );
    for one in listed["Patches"].as_array().unwrap() {
        let told = [&one["Classification"], &one["Severity"], &one["CVEIds"]];
        assert_eq!(told, ["Security", "Important", "CVE-2024-0001,CVE-2024-0002"], "{one}");
    }
    let available = instance.call(
        "DescribeAvailablePatches",
        &json!({"Filters": [
        {"Key": "PRODUCT", "Values": ["Rocky9.3"]}, {"Key": "SEVERITY", "Values": ["Important"]}]}),
    );
    let names: Vec<&str> =
        available["Patches"].as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap()).collect();
    assert!(names.contains(&"hidden") && !names.contains(&"bug"), "{available}");
    assert_eq!(root.version("fixed").as_deref(), Some("1.0-1.el9"), "a scan changes nothing");

    let (status, said) = patch(&instance, "Install", &json!({}));
    assert_eq!(status, "Failed", "one of them cannot be installed: {said}");
    state(&instance, "Install");
    let found = patches(&instance);
    for (name, version) in [
        ("fixed", "1.0-2.el9"),
        ("hidden", "1.1-1.el9"),
        ("needsnew", "1.0-2.el9"),
        ("fresh", "1.0-1.el9"),
        ("configured", "1.0-2.el9"),
    ] {
        assert_eq!(root.version(name).as_deref(), Some(version), "{name}: {said}");
    }
    for name in ["bug", "ordinary", "unclassified", "rejected", "blocked", "gone", "fixednow"] {
        assert_eq!(root.version(name).as_deref(), Some("1.0-1.el9"), "{name} is not touched: {said}");
    }
    assert_eq!(root.version("unwanted"), None);
    let kept = std::fs::read_to_string(root.path().join("etc/configured.conf")).unwrap();
    assert_eq!(kept, "mine\n", "a configuration that somebody changed stays, and nobody is asked");
    assert_eq!((of(&found, "fixed").as_str(), of(&found, "fresh").as_str()), ("Installed", "InstalledOther"));
    assert_eq!(of(&found, "blocked"), "Failed", "{said}");
    assert!(said.contains("unwanted.noarch 0:1.0-1.el9, which is rejected"), "{said}");
    assert!(said.contains("Comes along, needed by what is approved: fresh.noarch 0:1.0-1.el9"), "{said}");
}
