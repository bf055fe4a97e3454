//! What a patch run decides by instead of the registered baseline; hooks around it, a look at what it would do, and taking it back.

use crate::patching_apt::{deb, patch, patches, run, start, state};
use reeve_e2e::{Deb, DebianRoot, Instance, wait_for};
use serde_json::{Value, json};

/// The versions of some packages.
fn versions(root: &DebianRoot, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| root.version(name).unwrap_or_default()).collect()
}

#[test]
fn a_list_is_installed_exactly_and_taken_back() {
    let root = DebianRoot::new();
    let names = ["listed", "pattern", "approved", "rejected", "other"];
    for name in names {
        root.install(&deb(name, "1.0"));
        root.offer("stable", &deb(name, "1.0"));
    }
    root.offer("stable-security", &deb("approved", "1.1"));
    for name in ["listed", "pattern", "rejected", "other"] {
        root.offer("stable-updates", &deb(name, "1.1"));
    }
    root.offer("stable-updates", &deb("pattern", "2.0"));
    let instance = start(&root);
    let baseline = instance.call(
        "CreatePatchBaseline",
        &json!({"Name": "own", "OperatingSystem": "DEBIAN",
        "RejectedPatches": ["rejected"], "RejectedPatchesAction": "BLOCK", "ApprovedPatches": ["approved"]}),
    );
    instance.call("RegisterDefaultPatchBaseline", &json!({"BaselineId": baseline["BaselineId"]}));

    // What cannot be followed: nothing was touched, and it says why.
    for (parameters, part) in [
        (json!({"InstallOverrideList": "patches: []"}), "names no patch"),
        (json!({"InstallOverrideList": "patches:\n\t- id: listed"}), "line 2"),
        (json!({"InstallOverrideList": "patches: [{id: KB4487044}]"}), "Windows"),
        (json!({"InstallOverrideList": "patches: [{id: listed.x86_64}]"}), "rpm"),
        (json!({"InstallOverrideList": "http://example.org/list.yaml"}), "without encryption"),
        (json!({"InstallOverrideList": "file:///nowhere/list.yaml"}), "No such file"),
        (json!({"InstallOverrideList": "patches: [{id: a}]", "BaselineOverride": "[]"}), "both given"),
        (json!({"BaselineOverride": "[]"}), "no baseline for DEBIAN"),
        (
            json!({"BaselineOverride": "[{\"OperatingSystem\": \"DEBIAN\", \"Approve\": []}]"}),
            "Approve is no member",
        ),
    ] {
        let (status, said) = patch(&instance, "Install", &parameters);
        assert!(status == "Failed" && said.contains(part), "{parameters}: {status} {said}");
    }
    assert_eq!(versions(&root, &names), ["1.0"; 5]);

    let list = "patches:\n- id: listed\n- id: 'patt*'\n  title: '1.*'\n- id: rejected\n- id: nothing\n";
    let (status, said) = patch(&instance, "Scan", &json!({"InstallOverrideList": list}));
    assert_eq!(status, "Success", "{said}");
    let scanned = state(&instance, "Scan");
    assert_eq!(scanned["MissingCount"], 1, "a scan looks by the baseline: {said}");

    let file = instance.scratch().join("list.yaml");
    std::fs::write(&file, list).unwrap();
    let would = instance.reeve(&["patch", "install", "--dry-run", "--list", &file.display().to_string()]);
    assert!(would.stdout.contains("listed 1.0 -> 1.1 approved"), "{}{}", would.stdout, would.stderr);
    assert!(would.stdout.contains("pattern 1.0 -> 1.1 approved"), "{}", would.stdout);
    assert!(!would.stdout.contains(" approved 1.0"), "{}", would.stdout);
    assert!(would.stdout.contains("No restart would be due"), "{}", would.stdout);
    assert_eq!(versions(&root, &names), ["1.0"; 5], "nothing is done");

    let (command, status, said) = run(
        &instance,
        "AWS-RunPatchBaseline",
        &json!({
        "Operation": ["Install"], "InstallOverrideList": [format!("file://{}", file.display())]}),
    );
    assert_eq!(status, "Failed", "what the baseline rejects stays, whoever names it: {said}");
    assert!(said.contains("nothing") && said.contains("rejected"), "{said}");
    assert_eq!(versions(&root, &names), ["1.1", "1.1", "1.0", "1.0", "1.0"], "{said}");
    let installed = state(&instance, "Install");
    assert!(installed["InstallOverrideList"].as_str().unwrap().starts_with("file://"), "{installed}");
    assert_eq!(installed["MissingCount"], 1, "what the node is told of by is the baseline: {said}");

    // Back to what was there; what was changed since stays.
    let back = instance.reeve(&["patch", "rollback", &command]);
    assert!(back.success, "{}{}", back.stdout, back.stderr);
    assert_eq!(versions(&root, &names), ["1.0"; 5], "{}", back.stdout);
    let again = instance.reeve(&["patch", "rollback", &command]);
    assert!(again.success && again.stdout.contains("again already"), "{}{}", again.stdout, again.stderr);
    let unknown = instance.reeve(&["patch", "rollback", "11111111-2222-4333-8444-555555555555"]);
    assert!(!unknown.success && unknown.stderr.contains("not known"), "{}{}", unknown.stdout, unknown.stderr);
    // A former version that nobody has any more.
    let (command, status, said) = run(
        &instance,
        "AWS-RunPatchBaseline",
        &json!({"Operation": ["Install"],
            "InstallOverrideList": ["patches: [{id: other}]"]}),
    );
    assert_eq!((status.as_str(), versions(&root, &["other"])), ("Success", vec!["1.1".to_owned()]), "{said}");
    root.lose("other", "1.0");
    let lost = instance.reeve(&["patch", "rollback", &command]);
    assert!(!lost.success && lost.stderr.contains("cannot be had"), "{}{}", lost.stdout, lost.stderr);
    assert_eq!(versions(&root, &["other"]), ["1.1"]);
}

#[test]
fn another_baseline_counts_in_its_runs_alone() {
    let root = DebianRoot::new();
    for name in ["fixed", "ordinary"] {
        root.install(&deb(name, "1.0"));
    }
    root.offer("stable-security", &deb("fixed", "1.1"));
    root.offer("stable-updates", &deb("ordinary", "1.1"));
    let instance = start(&root);
    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Success", "{said}");
    state(&instance, "Scan");

    // What could be installed, approved or not; and what of it the baselines say.
    let available = wait_for("it is known what there is", || {
        let listed = instance.aws(&["describe-available-patches"]).json();
        let patches = listed["Patches"].as_array().unwrap().clone();
        (patches.len() == 2).then_some(patches)
    });
    assert_eq!((&available[0]["Name"], &available[0]["Version"]), (&json!("fixed"), &json!("1.1")));
    assert_eq!(
        (&available[0]["Classification"], &available[0]["Product"]),
        (&json!("Security"), &json!("Debian12"))
    );
    let filtered = |key: &str, value: &str| {
        let filter = format!("Key={key},Values={value}");
        instance.aws(&["describe-available-patches", "--filters", &filter]).json()["Patches"].clone()
    };
    assert_eq!(filtered("CLASSIFICATION", "Security").as_array().unwrap().len(), 1);
    assert_eq!(filtered("PRODUCT", "Debian11"), json!([]));
    let refused = instance.aws(&["describe-available-patches", "--filters", "Key=MSRC_NUMBER,Values=1"]);
    assert!(refused.complaint().contains("MSRC_NUMBER"), "{}", refused.complaint());
    let default = instance.aws(&["get-default-patch-baseline", "--operating-system", "DEBIAN"]).json();
    let registered = default["BaselineId"].as_str().unwrap().to_owned();
    let effective = |id: &str| {
        let listed =
            instance.aws(&["describe-effective-patches-for-patch-baseline", "--baseline-id", id]).json();
        let rows = listed["EffectivePatches"].as_array().unwrap().iter();
        rows.map(|row| {
            format!(
                "{} {}",
                row["Patch"]["Name"].as_str().unwrap(),
                row["PatchStatus"]["DeploymentStatus"].as_str().unwrap()
            )
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(effective(&registered), ["fixed APPROVED"]);
    let create = ["create-patch-baseline", "--name", "careful", "--operating-system", "DEBIAN"];
    let more = [
        "--approved-patches",
        "ordinary",
        "--approved-patches-enable-non-security",
        "--rejected-patches",
        "fixed",
        "--rejected-patches-action",
        "BLOCK",
        "--tags",
        "Key=use,Value=careful",
    ];
    let careful =
        instance.aws(&[&create[..], &more].concat()).json()["BaselineId"].as_str().unwrap().to_owned();
    assert_eq!(effective(&careful), ["fixed EXPLICIT_REJECTED", "ordinary EXPLICIT_APPROVED"]);

    // A snapshot carries what it decides by, and keeps it.
    let node = instance.node();
    let snapshot = "11111111-2222-4333-8444-555555555556";
    let get =
        ["get-deployable-patch-snapshot-for-instance", "--instance-id", &node, "--snapshot-id", snapshot];
    let got = instance.aws(&get).json();
    assert_eq!(got["Product"], "Debian12");
    let url = got["SnapshotDownloadUrl"].as_str().unwrap();
    let carried =
        data_encoding::BASE64.decode(url.strip_prefix("data:application/json;base64,").unwrap().as_bytes());
    let carried: Value = serde_json::from_slice(&carried.unwrap()).unwrap();
    assert_eq!(carried["BaselineId"], registered.as_str());
    let careful_rules = json!([{"OperatingSystem": "DEBIAN", "Name": "once", "ApprovedPatches": ["ordinary"],
        "ApprovedPatchesEnableNonSecurity": true, "RejectedPatches": ["fixed"], "RejectedPatchesAction": "BLOCK"}]);
    let (status, said) = patch(
        &instance,
        "Install",
        &json!({"BaselineOverride": careful_rules.to_string(), "SnapshotId": snapshot}),
    );
    assert!(status == "Failed" && said.contains("was taken without"), "{said}");

    let (status, said) = patch(&instance, "Install", &json!({"BaselineOverride": careful_rules.to_string()}));
    assert_eq!(status, "Success", "{said}");
    assert_eq!(versions(&root, &["fixed", "ordinary"]), ["1.0", "1.1"], "{said}");
    let installed = state(&instance, "Install");
    assert_eq!((&installed["BaselineId"], &installed["MissingCount"]), (&json!(registered), &json!(1)));
    assert_eq!(
        patches(&instance)[&root.id("fixed")].0,
        "Missing",
        "the registered baseline's word stays: {said}"
    );
    let found = instance.call(
        "ListInventoryEntries",
        &json!({"InstanceId": node, "TypeName": "Custom:PatchBaselineOverride"}),
    );
    let rows: Vec<String> = found["Entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {}", row["BaselineName"], row["KBId"], row["State"]).replace('"', ""))
        .collect();
    assert!(rows.contains(&format!("once {} InstalledRejected", root.id("fixed"))), "{rows:?}");
    assert!(rows.contains(&format!("once {} Installed", root.id("ordinary"))), "{rows:?}");

    // By a tag, as AWS-RunPatchBaselineAssociation does; exactly one baseline may have it.
    let tagged = |tag: &str| {
        let parameters = json!({"Operation": ["Scan"], "BaselineTags": [tag]});
        run(&instance, "AWS-RunPatchBaselineAssociation", &parameters)
    };
    let (_, status, said) = tagged("Key=use,Values=careful");
    assert!(status == "Success" && said.contains("careful"), "{said}");
    let (_, status, said) = tagged("Key=use,Values=other");
    assert!(status == "Failed" && said.contains("no patch baseline for DEBIAN"), "{said}");
    instance.aws(&[&create[..], &["--tags", "Key=use,Value=careful"]].concat()).json();
    wait_for("two have the tag", || {
        let (_, status, said) = tagged("Key=use,Values=careful");
        (status == "Failed" && said.contains("2 patch baselines")).then_some(())
    });
}

/// A document that leaves a line in a file.
fn hook(instance: &Instance, name: &str, line: &str, code: u8) {
    let file = instance.scratch().join("hooks");
    let script = format!("echo {line} >> {}; exit {code}", file.display());
    let content = json!({"schemaVersion": "2.2", "mainSteps": [
        {"action": "aws:runShellScript", "name": "leave", "inputs": {"runCommand": [script]}}]});
    let document = json!({"Name": name, "DocumentType": "Command", "Content": content.to_string()});
    instance.call("CreateDocument", &document);
}

#[test]
fn hooks_run_around_an_installation_and_the_last_one_always() {
    let root = DebianRoot::new();
    root.install(&deb("tool", "1.0"));
    root.install(&deb("late", "1.0"));
    root.offer("stable-security", &deb("tool", "1.1"));
    let instance = start(&root);
    for (name, line, code) in
        [("Before", "before", 0), ("After", "after", 0), ("Last", "last", 0), ("Broken", "broken", 3)]
    {
        hook(&instance, name, line, code);
    }
    let left = || {
        let file = instance.scratch().join("hooks");
        let lines = std::fs::read_to_string(&file).unwrap_or_default();
        std::fs::remove_file(&file).ok();
        lines.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let with_hooks = |operation: &str, before: &str| {
        let parameters = json!({"Operation": [operation], "RebootOption": ["NoReboot"],
            "PreInstallHookDocName": [before], "PostInstallHookDocName": ["After"], "OnExitHookDocName": ["Last"]});
        let (_, status, said) = run(&instance, "AWS-RunPatchBaselineWithHooks", &parameters);
        (status, said)
    };
    let (status, said) = with_hooks("Scan", "Before");
    assert_eq!((status.as_str(), left()), ("Success", vec!["last".to_owned()]), "{said}");
    let (status, said) = with_hooks("Install", "Broken");
    assert_eq!((status.as_str(), left()), ("Failed", vec!["broken".to_owned(), "last".to_owned()]), "{said}");
    assert_eq!(root.version("tool").as_deref(), Some("1.0"), "nothing is installed then");
    let (status, said) = with_hooks("Install", "Before");
    let all = ["before", "after", "last"].map(str::to_owned).to_vec();
    assert_eq!((status.as_str(), left()), ("Success", all), "{said}");
    assert_eq!(root.version("tool").as_deref(), Some("1.1"));
    let (status, said) = with_hooks("Install", "Before");
    assert_eq!((status.as_str(), left()), ("Success", vec!["last".to_owned()]), "nothing is missing: {said}");
    root.offer("stable-security", &Deb { is_broken: true, ..deb("late", "1.1") });
    let (status, said) = with_hooks("Install", "Before");
    let rest = ["before", "last"].map(str::to_owned).to_vec();
    assert_eq!((status.as_str(), left()), ("Failed", rest), "{said}");
    // A version that mends what is not whole is installed.
    root.offer("stable-security", &deb("late", "1.2"));
    let (status, said) = patch(&instance, "Install", &json!({}));
    assert_eq!((status.as_str(), root.version("late").as_deref()), ("Success", Some("1.2")), "{said}");
}
