//! Patches of a node with zypper: found out, installed, and told; in a root of its own.

use crate::{
    patching_apt::{patch, patches, state},
    patching_dnf::{of, rpm, start},
};
use reeve_e2e::{Notice, Rpm, RpmRoot};
use serde_json::json;

#[test]
fn what_is_approved_is_found_out_and_installed_and_nothing_else() {
    let mut root = RpmRoot::suse();
    for name in [
        "fixed",
        "hidden",
        "recommended",
        "unclassified",
        "locked",
        "rejected",
        "needsnew",
        "broken",
        "replaced",
        "old",
    ] {
        root.install(&rpm(name, "1.0-1"));
    }
    for name in ["fixed", "hidden", "recommended", "locked", "rejected"] {
        root.offer("base", &rpm(name, "1.0-2"));
    }
    root.offer("base", &rpm("hidden", "1.1-1"));
    root.offer("base", &Rpm { requires: "fresh", recommends: "extra", ..rpm("needsnew", "1.0-2") });
    root.offer("base", &rpm("fresh", "1.0-1"));
    root.offer("base", &rpm("extra", "1.0-1"));
    root.offer("base", &Rpm { is_broken: true, ..rpm("broken", "1.0-2") });
    root.offer("base", &Rpm { obsoletes: "old", ..rpm("replaced", "1.0-2") });
    let grave = ["fixed", "hidden", "locked", "rejected", "needsnew", "broken", "replaced"]
        .map(|name| (name, "1.0-2"));
    root.notice(
        "base",
        &Notice {
            id: "SUSE-2024-1",
            kind: "security",
            severity: "important",
            cves: &["CVE-2024-1"],
            packages: &grave,
            ..Notice::default()
        },
    );
    root.notice(
        "base",
        &Notice {
            id: "SUSE-2024-2",
            kind: "recommended",
            severity: "low",
            packages: &[("recommended", "1.0-2")],
            ..Notice::default()
        },
    );
    root.publish("base");
    root.offer("plain", &rpm("unclassified", "1.0-2"));
    root.publish("plain");
    root.zypper_lock("locked");
    let instance = start(&root);
    let rules = json!({"PatchRules": [{"PatchFilterGroup": {"PatchFilters": [
        {"Key": "CLASSIFICATION", "Values": ["Security"]}, {"Key": "SEVERITY", "Values": ["Important"]}]},
        "ApproveAfterDays": 0}]});
    let baseline = instance.call(
        "CreatePatchBaseline",
        &json!({"Name": "suse", "OperatingSystem": "SUSE",
        "ApprovalRules": rules, "RejectedPatches": ["rejected"], "RejectedPatchesAction": "BLOCK"}),
    );
    instance.call("RegisterDefaultPatchBaseline", &json!({"BaselineId": baseline["BaselineId"]}));

    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Success", "{said}");
    state(&instance, "Scan");
    let found = patches(&instance);
    for name in ["fixed", "hidden", "locked", "needsnew", "broken", "replaced"] {
        assert_eq!(of(&found, name), "Missing", "{name}: {said}");
    }
    for name in ["recommended", "unclassified", "old"] {
        assert_eq!(of(&found, name), "InstalledOther", "{name}: {said}");
    }
    assert_eq!(found["hidden.noarch"].1, "hidden.noarch:0:1.1-1");
    assert!(said.contains("The repository plain has no update notices"), "{said}");
    assert!(said.contains("`zypper removelock locked`"), "{said}");

    let (status, said) = patch(&instance, "Install", &json!({}));
    assert_eq!(status, "Failed", "some of them cannot be installed: {said}");
    state(&instance, "Install");
    for (name, version) in
        [("fixed", "1.0-2"), ("hidden", "1.1-1"), ("needsnew", "1.0-2"), ("fresh", "1.0-1")]
    {
        assert_eq!(root.version(name).as_deref(), Some(version), "{name}: {said}");
    }
    for name in ["recommended", "unclassified", "locked", "rejected", "broken", "replaced", "old"] {
        assert_eq!(root.version(name).as_deref(), Some("1.0-1"), "{name} is not touched: {said}");
    }
    assert_eq!(root.version("extra"), None, "what is merely recommended stays away: {said}");
    let found = patches(&instance);
    assert_eq!(
        ["fixed", "broken", "replaced"].map(|name| of(&found, name)),
        ["Installed", "Failed", "Failed"],
        "{said}"
    );
    assert!(said.contains("old.noarch would have to be removed for it"), "{said}");

    // A repository that is gone: what is missing is not known.
    root.lose_repository("plain");
    let (status, said) = patch(&instance, "Scan", &json!({}));
    assert_eq!(status, "Failed", "{said}");
    assert!(said.contains("What is missing is not known") && said.contains("'plain'"), "{said}");
}
