//! Patches of a node with dnf: found out, installed, and told; in a root of its own.

use crate::patching_apt::{patch, patches, run, state};
use reeve_e2e::{Instance, Notice, Rpm, RpmRoot};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub fn rpm<'a>(name: &'a str, version: &'a str) -> Rpm<'a> {
    Rpm { name, version, ..Rpm::default() }
}

/// An instance with one node, whose packages are the root's.
pub fn start(root: &RpmRoot) -> Instance {
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

pub fn of(found: &BTreeMap<String, (String, String)>, name: &str) -> String {
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

#[test]
fn what_breaks_stops_no_other_and_what_is_not_known_is_said() {
    let mut root = RpmRoot::rocky();
    for name in ["one", "two", "broken"] {
        root.install(&rpm(name, "1-1"));
    }
    root.offer("base", &rpm("one", "2-1"));
    root.offer("base", &rpm("two", "2-1"));
    root.offer("base", &Rpm { is_broken: true, ..rpm("broken", "2-1") });
    let packages = [("one", "2-1"), ("two", "2-1"), ("broken", "2-1")];
    root.notice(
        "base",
        &Notice {
            id: "RLSA-1",
            kind: "security",
            severity: "Critical",
            packages: &packages,
            ..Notice::default()
        },
    );
    root.publish("base");
    let instance = start(&root);

    // Somebody else is at the packages: that is waited for, and who it is is said.
    let mut other = std::process::Command::new("sleep").arg("300").spawn().unwrap();
    let lock = root.path().join("var/cache/dnf/metadata_lock.pid");
    std::fs::write(&lock, other.id().to_string()).unwrap();
    let (status, said) = std::thread::scope(|scope| {
        let scan = scope.spawn(|| patch(&instance, "Scan", &json!({})));
        std::thread::sleep(std::time::Duration::from_secs(5));
        assert!(!scan.is_finished(), "it waits");
        other.kill().unwrap();
        other.wait().unwrap();
        scan.join().unwrap()
    });
    assert_eq!(status, "Success", "{said}");
    assert!(
        said.contains(&format!("Waiting for sleep ({}), which has locked the packages", other.id())),
        "{said}"
    );

    // By the predefined baseline: grave security updates that are old enough.
    let (status, said) = patch(&instance, "Install", &json!({}));
    assert_eq!(status, "Failed", "{said}");
    state(&instance, "Install");
    assert_eq!(
        (root.version("one").as_deref(), root.version("two").as_deref()),
        (Some("2-1"), Some("2-1")),
        "{said}"
    );
    assert_eq!(root.version("broken").as_deref(), Some("1-1"), "{said}");
    let found = patches(&instance);
    assert_eq!(
        ["one", "two", "broken"].map(|name| of(&found, name)),
        ["Installed", "Installed", "Failed"],
        "{said}"
    );

    // A repository that is gone: what is missing is not known, whatever dnf's own settings say of those.
    root.lose_repository("base");
    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Failed", "{said}");
    assert!(said.contains("What is missing is not known") && said.contains("'base'"), "{said}");
    let shown = instance.reeve(&["patch", "status"]);
    assert!(shown.stdout.contains("dnf"), "why is said: {}{}", shown.stdout, shown.stderr);
    assert_eq!(patches(&instance).len(), found.len(), "what was known stays");
}

#[test]
fn a_database_that_cannot_be_read_or_lists_nothing_is_no_machine_without_patches() {
    let root = RpmRoot::rocky();
    root.publish("base");
    let instance = start(&root);
    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Failed", "{said}");
    assert!(said.contains("rpm lists not one of them"), "{said}");
    root.damage_database();
    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Failed", "{said}");
    assert!(said.contains("What is missing is not known"), "{said}");
}

#[test]
fn what_the_machine_holds_stays_kernels_stand_side_by_side_and_nothing_is_removed() {
    let mut root = RpmRoot::rocky();
    for name in ["excluded", "locked", "streamed", "replaced", "byadvisory", "bycve", "openssl", "plain"] {
        root.install(&rpm(name, "1.0-1"));
    }
    for version in ["5.2.11-1", "5.2.13-1", "5.2.14-1"] {
        root.install(&rpm("kernel", version));
    }
    for name in ["excluded", "locked", "byadvisory", "bycve", "openssl", "plain"] {
        root.offer("base", &rpm(name, "1.0-2"));
    }
    root.offer("base", &rpm("openssl", "1.1-1"));
    root.offer("base", &rpm("streamed", "2.0-1"));
    root.offer("base", &Rpm { obsoletes: "plain", ..rpm("replaced", "1.0-2") });
    for version in ["5.2.13-1", "5.2.14-1"] {
        root.offer("base", &rpm("kernel", version));
    }
    let of_kernels = Notice {
        id: "RLSA-1",
        kind: "security",
        severity: "Important",
        packages: &[("kernel", "5.2.13-1")],
        ..Notice::default()
    };
    root.notice("base", &of_kernels);
    let grave = [("excluded", "1.0-2"), ("locked", "1.0-2"), ("streamed", "2.0-1"), ("replaced", "1.0-2")];
    root.notice("base", &Notice { id: "RLSA-2", packages: &grave, ..of_kernels.clone() });
    let named = |id, name| (id, [(name, "1.0-2")]);
    let (advisory, cve) = (named("RLEA-3", "byadvisory"), named("RLEA-4", "bycve"));
    root.notice(
        "base",
        &Notice { id: advisory.0, kind: "enhancement", packages: &advisory.1, ..Notice::default() },
    );
    root.notice(
        "base",
        &Notice {
            id: cve.0,
            kind: "enhancement",
            cves: &["CVE-2024-4"],
            packages: &cve.1,
            ..Notice::default()
        },
    );
    root.publish("base");
    root.add_stream("base", &["streamed-0:2.0-1.noarch"]);
    root.lock_version("locked");
    let settings = std::fs::read_to_string(root.path().join("etc/dnf/dnf.conf")).unwrap();
    std::fs::write(root.path().join("etc/dnf/dnf.conf"), settings + "exclude=excluded-1.0-2*\n").unwrap();

    let instance = start(&root);
    default_baseline(
        &instance,
        &json!({
        "ApprovalRules": {"PatchRules": [rule("Security", &["Important"], false)]},
        "ApprovedPatches": ["RLEA-3", "CVE-2024-4", "openssl-1.0-2*", "ker*nothing"], "ApprovedPatchesEnableNonSecurity": true}),
    );
    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Success", "{said}");
    state(&instance, "Scan");
    let found = patches(&instance);
    for name in ["excluded", "locked", "replaced", "byadvisory", "bycve", "openssl"] {
        assert_eq!(of(&found, name), "Missing", "{name}: {said}");
    }
    assert_eq!(found["openssl.noarch"].1, "openssl.noarch:0:1.0-2");
    assert_eq!(said.matches("It is held at 0:1.0-1").count(), 2, "{said}");
    assert_eq!(of(&found, "streamed"), "InstalledOther", "it is of a stream that nobody enabled: {said}");
    assert_eq!(of(&found, "kernel"), "Installed", "the notice is about an older one: {said}");
    assert_eq!(found["kernel.noarch"].1, "kernel.noarch:0:5.2.14-1");
    assert!(!found.contains_key("is.noarch"), "what a plugin prints is no package: {found:?}");

    // A kernel that comes stands beside the former ones, however many there are.
    root.offer("base", &rpm("kernel", "5.2.15-1"));
    root.notice("base", &Notice { id: "RLSA-5", packages: &[("kernel", "5.2.15-1")], ..of_kernels });
    root.publish("base");
    root.add_stream("base", &["streamed-0:2.0-1.noarch"]);
    let (status, said) = patch(&instance, "Install", &json!({"RebootOption": "NoReboot"}));
    assert_eq!(status, "Failed", "one of them would remove another: {said}");
    state(&instance, "Install");
    let kernels = ["5.2.11-1", "5.2.13-1", "5.2.14-1", "5.2.15-1"];
    assert_eq!(root.versions("kernel"), kernels, "{said}");
    for name in ["byadvisory", "bycve", "openssl"] {
        assert_eq!(root.version(name).as_deref(), Some("1.0-2"), "{name}: {said}");
    }
    for name in ["excluded", "locked", "streamed", "replaced", "plain"] {
        assert_eq!(root.version(name).as_deref(), Some("1.0-1"), "{name}: {said}");
    }
    assert!(said.contains("plain.noarch would have to be removed for it"), "{said}");
}

#[test]
fn a_list_is_installed_exactly_looked_at_before_and_taken_back() {
    let root = RpmRoot::rocky();
    for name in ["listed", "other", "rejected"] {
        root.install(&rpm(name, "1.0-1"));
        root.offer("base", &rpm(name, "1.0-1"));
        root.offer("base", &rpm(name, "1.1-1"));
    }
    root.offer("base", &rpm("listed", "2.0-1"));
    root.publish("base");
    let instance = start(&root);
    default_baseline(&instance, &json!({"RejectedPatches": ["rejected"], "RejectedPatchesAction": "BLOCK"}));
    let list = "patches:\n- id: 'listed.noarch'\n  title: '1.1*'\n";
    let versions = || ["listed", "other", "rejected"].map(|name| root.version(name).unwrap());

    let file = root.path().join("list.yaml");
    std::fs::write(&file, list).unwrap();
    let would = instance.reeve(&["patch", "install", "--dry-run", "--list", &file.display().to_string()]);
    assert!(would.success, "{}{}", would.stdout, would.stderr);
    assert!(would.stdout.contains("1. listed.noarch 0:1.0-1 -> 0:1.1-1 approved"), "{}", would.stdout);
    assert_eq!(versions(), ["1.0-1"; 3], "nothing is installed for a look: {}", would.stdout);

    let parameters = json!({"Operation": ["Install"], "InstallOverrideList": [list]});
    let (command, status, said) = run(&instance, "AWS-RunPatchBaseline", &parameters);
    assert_eq!(status, "Success", "{said}");
    assert_eq!(versions(), ["1.1-1", "1.0-1", "1.0-1"], "{said}");
    let rejected = "patches:\n- id: 'rejected*'\n";
    let (status, said) = patch(&instance, "Install", &json!({"InstallOverrideList": rejected}));
    assert_eq!(
        (status.as_str(), versions()[2].as_str()),
        ("Failed", "1.0-1"),
        "rejected stays rejected: {said}"
    );
    let (status, said) =
        patch(&instance, "Install", &json!({"InstallOverrideList": "patches:\n- id: 'a.amd64'\n"}));
    assert!(status == "Failed" && said.contains("a system with dpkg"), "{said}");

    let rolled = instance.reeve(&["patch", "rollback", &command]);
    assert!(rolled.success, "{}{}", rolled.stdout, rolled.stderr);
    assert_eq!(versions(), ["1.0-1"; 3], "{}", rolled.stdout);
}
