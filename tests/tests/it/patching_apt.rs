//! Patches of a node with apt: found out, installed, and told; in a root of its own.

use reeve_e2e::{Deb, DebianRoot, Instance, wait_for};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub fn deb<'a>(name: &'a str, version: &'a str) -> Deb<'a> {
    Deb { name, version, ..Deb::default() }
}

/// An instance with one node, whose packages are the root's.
pub fn start(root: &DebianRoot) -> Instance {
    Instance::start_with(1, &[("REEVE_AGENT_PACKAGE_ROOT", &root.path().display().to_string())])
}

/// Runs AWS-RunPatchBaseline; answers the status and all that the step printed.
pub fn patch(instance: &Instance, operation: &str, more: &Value) -> (String, String) {
    let mut parameters = json!({"Operation": [operation]});
    for (name, value) in more.as_object().unwrap() {
        parameters[name] = json!([value]);
    }
    let (_, status, said) = run(instance, "AWS-RunPatchBaseline", &parameters);
    (status, said)
}

/// Runs a document on the node; answers the command, its status, and all that its steps printed.
pub fn run(instance: &Instance, document: &str, parameters: &Value) -> (String, String, String) {
    let node = instance.node();
    let sent = instance.call(
        "SendCommand",
        &json!({"DocumentName": document, "InstanceIds": [node], "Parameters": parameters}),
    );
    let command = sent["Command"]["CommandId"].as_str().unwrap().to_owned();
    instance.ended(&command);
    let got = instance.call("GetCommandInvocation", &json!({"CommandId": command, "InstanceId": node}));
    let text = |name: &str| got[name].as_str().unwrap_or_default().to_owned();
    let said = text("StandardOutputContent") + &text("StandardErrorContent");
    (command, text("StatusDetails"), said)
}

/// The state and the title of each patch, by its id.
pub fn patches(instance: &Instance) -> BTreeMap<String, (String, String)> {
    let listed = instance.aws(&["describe-instance-patches", "--instance-id", &instance.node()]).json();
    let text = |patch: &Value, name: &str| patch[name].as_str().unwrap_or_default().to_owned();
    let rows = listed["Patches"].as_array().unwrap().iter();
    rows.map(|patch| (text(patch, "KBId"), (text(patch, "State"), text(patch, "Title")))).collect()
}

/// The node's counts, once they are of a run that ended after another.
pub fn state(instance: &Instance, operation: &str) -> Value {
    wait_for("the run is told of", || {
        let listed = instance.call("DescribeInstancePatchStates", &json!({"InstanceIds": [instance.node()]}));
        let state = listed["InstancePatchStates"].get(0).cloned()?;
        (state["Operation"] == operation).then_some(state)
    })
}

#[test]
fn what_is_approved_is_found_out_and_installed_and_nothing_else() {
    let root = DebianRoot::new();
    for name in ["fixed", "ordinary", "hidden", "held", "rejected", "needsnew", "blocked", "current"] {
        root.install(&deb(name, "1.0-1"));
    }
    root.install(&Deb { has_configuration: true, ..deb("configured", "1.0-1") });
    std::fs::write(root.path().join("etc/configured.conf"), "mine\n").unwrap();
    root.hold("held");
    root.offer("stable", &deb("current", "1.0-1"));
    root.offer("stable-security", &deb("fixed", "1.0-2"));
    root.offer("stable-updates", &deb("ordinary", "1.1-1"));
    // A newer ordinary version hides the fix from whoever looks at the newest alone.
    root.offer("stable-security", &deb("hidden", "1.0-2"));
    root.offer("stable-updates", &deb("hidden", "1.1-1"));
    root.offer("stable-security", &deb("held", "1.0-2"));
    root.offer("stable-security", &deb("rejected", "1.0-2"));
    root.offer("stable-security", &Deb { depends: "fresh", ..deb("needsnew", "1.0-2") });
    root.offer("stable", &deb("fresh", "1.0-1"));
    root.offer("stable-security", &Deb { depends: "unwanted", ..deb("blocked", "1.0-2") });
    root.offer("stable", &deb("unwanted", "1.0-1"));
    root.offer("stable-security", &Deb { has_configuration: true, ..deb("configured", "1.0-2") });

    let instance = start(&root);
    let rules = json!({"PatchRules": [{"PatchFilterGroup": {"PatchFilters": [
        {"Key": "PRODUCT", "Values": ["Debian12"]}]}, "ComplianceLevel": "CRITICAL"}]});
    let baseline = instance.call("CreatePatchBaseline", &json!({"Name": "security", "OperatingSystem": "DEBIAN",
        "ApprovalRules": rules, "RejectedPatches": ["rejected", "unwanted"], "RejectedPatchesAction": "BLOCK"}));
    let baseline = baseline["BaselineId"].as_str().unwrap();
    instance.call("RegisterDefaultPatchBaseline", &json!({"BaselineId": baseline}));

    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Success", "{said}");
    let scanned = state(&instance, "Scan");
    let found = patches(&instance);
    let of = |found: &BTreeMap<String, (String, String)>, name: &str| found[&root.id(name)].0.clone();
    for name in ["fixed", "hidden", "held", "needsnew", "blocked", "configured"] {
        assert_eq!(of(&found, name), "Missing", "{name}: {said}");
    }
    assert!(found[&root.id("hidden")].1.ends_with(":1.1-1"), "{found:?}");
    assert_eq!(
        (of(&found, "ordinary").as_str(), of(&found, "current").as_str()),
        ("InstalledOther", "InstalledOther")
    );
    assert_eq!(of(&found, "rejected"), "InstalledRejected");
    assert_eq!((&scanned["MissingCount"], &scanned["InstalledRejectedCount"]), (&json!(6), &json!(1)));
    assert_eq!(
        (&scanned["BaselineId"], &scanned["CriticalNonCompliantCount"]),
        (&json!(baseline), &json!(6))
    );
    assert_eq!(root.version("fixed").as_deref(), Some("1.0-1"), "a scan changes nothing");

    let (status, said) = patch(&instance, "Install", &json!({}));
    assert_eq!(status, "Failed", "one of them cannot be installed: {said}");
    let installed = state(&instance, "Install");
    let found = patches(&instance);
    for (name, version) in [
        ("fixed", "1.0-2"),
        ("hidden", "1.1-1"),
        ("needsnew", "1.0-2"),
        ("fresh", "1.0-1"),
        ("configured", "1.0-2"),
    ] {
        assert_eq!(root.version(name).as_deref(), Some(version), "{name}: {said}");
    }
    for name in ["ordinary", "held", "rejected", "blocked", "current"] {
        assert_eq!(root.version(name).as_deref(), Some("1.0-1"), "{name} is not touched: {said}");
    }
    assert_eq!(root.version("unwanted"), None);
    let kept = std::fs::read_to_string(root.path().join("etc/configured.conf")).unwrap();
    assert_eq!(kept, "mine\n", "a configuration that somebody changed stays, and nobody is asked");
    assert_eq!((of(&found, "fixed").as_str(), of(&found, "fresh").as_str()), ("Installed", "InstalledOther"));
    assert_eq!((of(&found, "held").as_str(), of(&found, "blocked").as_str()), ("Missing", "Failed"));
    assert!(said.contains("unwanted 1.0-1, which is rejected"), "{said}");
    assert!(said.contains("apt-mark unhold held"), "{said}");
    let listed = instance.reeve(&["patch", "status"]);
    let line = listed.stdout.lines().nth(1).unwrap_or_default();
    assert!(
        line.starts_with(&instance.node()) && line.contains(" Install "),
        "{}{}",
        listed.stdout,
        listed.stderr
    );
    let failed = instance.reeve(&["patch", "show", &instance.node(), "--state", "Failed"]).stdout;
    assert!(failed.lines().count() == 2 && failed.contains("blocked"), "{failed}");
    let again = instance.reeve(&["patch", "scan"]);
    assert!(again.success && again.stdout.contains("Missing: blocked"), "{}{}", again.stdout, again.stderr);
    assert_eq!((&installed["FailedCount"], &installed["MissingCount"]), (&json!(1), &json!(1)));
}

#[test]
fn what_breaks_stops_no_other_and_what_is_not_known_is_said() {
    let root = DebianRoot::new();
    for name in ["one", "two", "broken", "lost"] {
        root.install(&deb(name, "1"));
    }
    root.offer("stable-security", &deb("one", "2"));
    root.offer("stable-security", &deb("two", "2"));
    root.offer("stable-security", &Deb { is_broken: true, ..deb("broken", "2") });
    root.offer("stable-security", &deb("lost", "2"));
    root.lose("lost", "2");
    let instance = start(&root);

    // By the predefined baseline: security updates of any priority.
    let (status, said) = patch(&instance, "Install", &json!({}));
    assert_eq!(status, "Failed", "{said}");
    state(&instance, "Install");
    assert_eq!(
        (root.version("one").as_deref(), root.version("two").as_deref()),
        (Some("2"), Some("2")),
        "{said}"
    );
    let found = patches(&instance);
    let of = |name: &str| found[&root.id(name)].0.clone();
    assert_eq!(
        (of("one").as_str(), of("two").as_str(), of("lost").as_str()),
        ("Installed", "Installed", "Failed")
    );
    assert_eq!(
        (of("broken").as_str(), root.version("broken")),
        ("Failed", None),
        "it is not configured: {said}"
    );

    // It stays so, until somebody mends it: a scan does not take it for a patched one.
    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Success", "{said}");
    state(&instance, "Scan");
    assert_eq!(patches(&instance)[&root.id("broken")].0, "Failed", "{said}");
    let found = patches(&instance);

    // A repository that is gone: what is missing is not known, and is not said to be nothing.
    root.lose_repository();
    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Failed", "{said}");
    assert!(said.contains("What is missing is not known"), "{said}");
    let listed = instance.call("DescribeInstancePatchStates", &json!({"InstanceIds": [instance.node()]}));
    assert_eq!(listed["InstancePatchStates"][0]["Operation"], "Scan", "what was known stays: {listed}");
    let shown = instance.reeve(&["patch", "status"]);
    assert!(shown.stdout.contains("apt-get"), "why is said: {}{}", shown.stdout, shown.stderr);
    assert_eq!(patches(&instance).len(), found.len());
}

#[test]
fn a_restart_that_is_due_is_waited_for_and_a_snapshot_keeps_its_decision() {
    let root = DebianRoot::new();
    root.install(&deb("kernel", "1"));
    root.install(&deb("tool", "1"));
    root.offer("stable-security", &deb("kernel", "2"));
    root.offer("stable-security", &deb("tool", "2"));
    let boot = root.path().join("boot-id");
    std::fs::write(&boot, "one\n").unwrap();
    let environment = [
        ("REEVE_AGENT_PACKAGE_ROOT", root.path().display().to_string()),
        ("REEVE_AGENT_BOOT_ID_FILE", boot.display().to_string()),
    ];
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let instance = Instance::start_with(1, &environment);

    let snapshot = "11111111-2222-4333-8444-555555555555";
    let (status, said) = patch(&instance, "Scan", &json!({"SnapshotId": snapshot}));
    assert_eq!(status, "Success", "{said}");
    // From now on the tool is rejected, but not in runs with that snapshot.
    let baseline = instance.call(
        "CreatePatchBaseline",
        &json!({"Name": "later", "OperatingSystem": "DEBIAN",
        "RejectedPatches": ["*"], "RejectedPatchesAction": "BLOCK"}),
    );
    instance.call("RegisterDefaultPatchBaseline", &json!({"BaselineId": baseline["BaselineId"]}));
    std::fs::write(root.path().join("run/reboot-required"), "").unwrap();
    let options = json!({"SnapshotId": snapshot, "RebootOption": "NoReboot"});
    let (status, said) = patch(&instance, "Install", &options);
    assert_eq!(status, "Success", "{said}");
    assert!(said.contains("A restart is due"), "{said}");
    assert_eq!((root.version("kernel").as_deref(), root.version("tool").as_deref()), (Some("2"), Some("2")));
    let pending = state(&instance, "Install");
    assert_eq!(
        (&pending["InstalledPendingRebootCount"], &pending["SnapshotId"]),
        (&json!(2), &json!(snapshot))
    );
    let summary = instance.call("DescribePatchGroupState", &json!({"PatchGroup": "none"}));
    assert_eq!(summary["Instances"], 0);

    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Success", "{said}");
    let rejected = state(&instance, "Scan");
    assert_eq!(rejected["InstalledRejectedCount"], 2, "without the snapshot the new baseline counts: {said}");
}

#[test]
fn what_the_machines_own_settings_keep_back_stays_and_nothing_comes_along_that_is_not_needed() {
    let root = DebianRoot::new();
    for name in ["pinned", "forbidden", "backported", "recommending"] {
        root.install(&deb(name, "1.0"));
    }
    for name in ["pinned", "forbidden", "backported"] {
        root.offer("stable-security", &deb(name, "1.1"));
    }
    root.offer("stable-security", &Deb { recommends: "extra", ..deb("recommending", "1.1") });
    root.offer("stable", &deb("extra", "1"));
    // What is there for those who ask for it: apt takes nothing of it by itself.
    root.offer("stable-backports", &deb("backported", "2.0"));
    let preferences = "Package: pinned\nPin: version 1.0\nPin-Priority: 1001\n\n\
        Package: forbidden\nPin: version *\nPin-Priority: -1\n";
    std::fs::write(root.path().join("etc/apt/preferences"), preferences).unwrap();
    let instance = start(&root);

    let (status, said) = patch(&instance, "Install", &json!({}));
    assert_eq!(status, "Success", "{said}");
    state(&instance, "Install");
    assert_eq!(root.version("backported").as_deref(), Some("1.1"), "the fix, and not what hides it: {said}");
    assert_eq!(
        (root.version("recommending").as_deref(), root.version("extra")),
        (Some("1.1"), None),
        "{said}"
    );
    for name in ["pinned", "forbidden"] {
        assert_eq!(root.version(name).as_deref(), Some("1.0"), "{name}: {said}");
        assert_eq!(patches(&instance)[&root.id(name)].0, "Missing", "{name}: {said}");
    }
    assert_eq!(said.matches("keep it at").count(), 2, "{said}");
}

#[test]
fn who_has_locked_the_packages_is_waited_for_and_named() {
    let root = DebianRoot::new();
    root.install(&deb("fixed", "1"));
    root.offer("stable-security", &deb("fixed", "2"));
    let instance = start(&root);
    let lock = root.path().join("var/lib/dpkg/lock-frontend");
    let script = "import fcntl, sys, time\n\
        held = open(sys.argv[1], 'w')\nfcntl.lockf(held, fcntl.LOCK_EX)\nprint('held', flush=True)\ntime.sleep(300)";
    let mut other = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(&lock)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut held = [0; 4];
    std::io::Read::read_exact(other.stdout.as_mut().unwrap(), &mut held).unwrap();
    let (status, said) = std::thread::scope(|scope| {
        let install = scope.spawn(|| patch(&instance, "Install", &json!({})));
        std::thread::sleep(std::time::Duration::from_secs(5));
        assert_eq!((install.is_finished(), root.version("fixed").as_deref()), (false, Some("1")), "it waits");
        other.kill().unwrap();
        other.wait().unwrap();
        install.join().unwrap()
    });
    assert_eq!(status, "Success", "{said}");
    let named = format!("({}), which has locked the packages", other.id());
    assert!(said.contains("Waiting for python3") && said.contains(&named), "{said}");
    assert_eq!(root.version("fixed").as_deref(), Some("2"), "{said}");
}

#[test]
fn a_phased_version_has_a_state_of_its_own_and_who_lists_it_gets_it() {
    let root = DebianRoot::new();
    for name in ["phased", "fix"] {
        root.install(&deb(name, "1"));
    }
    root.offer("stable-updates", &Deb { phased: "0", ..deb("phased", "2") });
    // A security fix is for all at once.
    root.offer("stable-security", &Deb { phased: "0", ..deb("fix", "2") });
    let instance = start(&root);
    let rules = json!({"PatchRules": [{"PatchFilterGroup": {"PatchFilters": [
        {"Key": "PRODUCT", "Values": ["*"]}]}, "EnableNonSecurity": true}]});
    let baseline = json!({"Name": "all", "OperatingSystem": "DEBIAN", "ApprovalRules": rules});
    let baseline = instance.call("CreatePatchBaseline", &baseline);
    instance.call("RegisterDefaultPatchBaseline", &json!({"BaselineId": baseline["BaselineId"]}));
    for _ in 0..2 {
        let (status, said) = patch(&instance, "Scan", &json!({}));
        assert_eq!(status, "Success", "{said}");
        state(&instance, "Scan");
        let found = patches(&instance);
        let of = |name: &str| found[&root.id(name)].0.clone();
        assert_eq!((of("phased").as_str(), of("fix").as_str()), ("Phased", "Missing"), "{said}");
    }
    let (status, said) = patch(&instance, "Install", &json!({}));
    assert_eq!(status, "Success", "{said}");
    assert_eq!(
        (root.version("phased").as_deref(), root.version("fix").as_deref()),
        (Some("1"), Some("2")),
        "{said}"
    );
    let list = json!({"InstallOverrideList": "patches:\n- id: 'phased*'\n"});
    let (status, said) = patch(&instance, "Install", &list);
    assert_eq!(status, "Success", "{said}");
    assert_eq!(root.version("phased").as_deref(), Some("2"), "{said}");
}
