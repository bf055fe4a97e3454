//! Patch baselines and groups, as the `aws` CLI sees them.

use reeve_e2e::{Instance, wait_for};
use serde_json::{Value, json};

/// A rule as the CLI takes it.
fn rules(filters: &Value, more: &Value) -> String {
    let mut rule = json!({"PatchFilterGroup": {"PatchFilters": filters}});
    for (name, value) in more.as_object().unwrap() {
        rule[name] = value.clone();
    }
    json!({"PatchRules": [rule]}).to_string()
}

fn create(instance: &Instance, name: &str, system: &str, more: &[&str]) -> String {
    let create = ["create-patch-baseline", "--name", name, "--operating-system", system];
    instance.aws(&[&create[..], more].concat()).json()["BaselineId"].as_str().unwrap().to_owned()
}

#[test]
fn baselines_are_made_registered_and_chosen_by_group() {
    let instance = Instance::start(1);
    let filters = json!([{"Key": "PRIORITY", "Values": ["Required", "Important"]}]);
    let rules = rules(&filters, &json!({"ComplianceLevel": "HIGH"}));
    let own = create(
        &instance,
        "web-debian",
        "DEBIAN",
        &["--approval-rules", &rules, "--rejected-patches", "vim*", "--tags", "Key=team,Value=web"],
    );
    let got = instance.aws(&["get-patch-baseline", "--baseline-id", &own]).json();
    assert_eq!((&got["OperatingSystem"], &got["RejectedPatches"]), (&json!("DEBIAN"), &json!(["vim*"])));
    assert_eq!(got["RejectedPatchesAction"], "ALLOW_AS_DEPENDENCY");
    assert_eq!((&got["GlobalFilters"], &got["PatchGroups"]), (&json!({"PatchFilters": []}), &json!([])));
    assert_eq!(got["ApprovalRules"]["PatchRules"][0]["PatchFilterGroup"]["PatchFilters"], filters);

    let tags = ["list-tags-for-resource", "--resource-type", "PatchBaseline", "--resource-id", &own];
    wait_for("the tags are taken over", || {
        let listed = instance.aws(&tags).json();
        (listed["TagList"] == json!([{"Key": "team", "Value": "web"}])).then_some(())
    });

    // What is left out stays; with Replace it is as in a new one.
    let update = ["update-patch-baseline", "--baseline-id", &own, "--approved-patches", "openssl"];
    let updated = instance.aws(&update).json();
    assert_eq!(
        (&updated["RejectedPatches"], &updated["ApprovedPatches"]),
        (&json!(["vim*"]), &json!(["openssl"]))
    );
    let replaced =
        instance.aws(&["update-patch-baseline", "--baseline-id", &own, "--replace", "--name", "web"]).json();
    assert_eq!((&replaced["RejectedPatches"], &replaced["Name"]), (&json!([]), &json!("web")));

    let default = || instance.aws(&["get-default-patch-baseline", "--operating-system", "DEBIAN"]).json();
    let predefined = default()["BaselineId"].as_str().unwrap().to_owned();
    let listed =
        instance.aws(&["describe-patch-baselines", "--filters", "Key=OPERATING_SYSTEM,Values=DEBIAN"]).json();
    let names: Vec<&Value> =
        listed["BaselineIdentities"].as_array().unwrap().iter().map(|b| &b["BaselineName"]).collect();
    assert_eq!(names, [&json!("AWS-DebianDefaultPatchBaseline"), &json!("web")]);
    instance.aws(&["register-default-patch-baseline", "--baseline-id", &own]).text();
    assert_eq!(default()["BaselineId"], own);

    let ubuntu = create(&instance, "web-ubuntu", "UBUNTU", &[]);
    let other = create(&instance, "other-ubuntu", "UBUNTU", &[]);
    let register = |id: &str| {
        instance.aws(&[
            "register-patch-baseline-for-patch-group",
            "--baseline-id",
            id,
            "--patch-group",
            "web",
        ])
    };
    register(&own).text();
    register(&ubuntu).text();
    let refused = register(&other).complaint().to_owned();
    assert!(
        refused.contains("AlreadyExistsException")
            && refused.contains(
                "Patch Group baseline already has a baseline registered for OperatingSystem UBUNTU."
            ),
        "{refused}"
    );
    let of_group = |system: &str, group: &str| {
        let get =
            ["get-patch-baseline-for-patch-group", "--patch-group", group, "--operating-system", system];
        instance.aws(&get).json()["BaselineId"].as_str().unwrap().to_owned()
    };
    assert_eq!((of_group("DEBIAN", "web"), of_group("UBUNTU", "web")), (own.clone(), ubuntu.clone()));
    assert_eq!(of_group("DEBIAN", "nobody"), own, "the default");
    let mappings = instance.aws(&["describe-patch-groups"]).json();
    assert_eq!(mappings["Mappings"].as_array().unwrap().len(), 2);
    let slashes = ["--baseline-id", &own, "--patch-group", "eu/web"];
    instance.aws(&[&["register-patch-baseline-for-patch-group"], &slashes[..]].concat()).text();
    assert_eq!(of_group("DEBIAN", "eu/web"), own);
    instance.aws(&[&["deregister-patch-baseline-for-patch-group"], &slashes[..]].concat()).text();

    let delete = |id: &str| instance.aws(&["delete-patch-baseline", "--baseline-id", id]);
    let refused = delete(&own).complaint().to_owned();
    assert!(refused.contains("ResourceInUseException") && refused.contains("web"), "{refused}");
    instance.aws(&["register-default-patch-baseline", "--baseline-id", &predefined]).text();
    instance
        .aws(&["deregister-patch-baseline-for-patch-group", "--baseline-id", &own, "--patch-group", "web"])
        .text();
    delete(&own).text();
    delete(&own).text();
    let gone = instance.aws(&["get-patch-baseline", "--baseline-id", &own]).complaint().to_owned();
    assert!(gone.contains("DoesNotExistException"), "{gone}");
}

#[test]
fn a_baseline_that_cannot_mean_anything_is_refused() {
    let instance = Instance::start(0);
    let any = json!([{"Key": "PRODUCT", "Values": ["*"]}]);
    let until = rules(&any, &json!({"ApproveUntilDate": "2026-07-07", "ApproveAfterDays": 3}));
    let wait = rules(&any, &json!({"ApproveAfterDays": 3}));
    let key = rules(&json!([{"Key": "CLASSIFICATION", "Values": ["Security"]}]), &json!({}));
    let days = rules(&any, &json!({"ApproveAfterDays": 361}));
    let many = (0..51).map(|n| format!("p{n}")).collect::<Vec<_>>();
    let many: Vec<&str> =
        std::iter::once("--approved-patches").chain(many.iter().map(String::as_str)).collect();
    let long = "x".repeat(101);
    for (system, more, part) in [
        ("ROCKY_LINUX", &["--approval-rules", until.as_str()][..], "ApproveUntilDate"),
        ("ROCKY_LINUX", &["--approval-rules", days.as_str()], "360"),
        ("DEBIAN", &["--approval-rules", wait.as_str()], "carry no date"),
        ("DEBIAN", &["--approval-rules", key.as_str()], "CLASSIFICATION"),
        ("DEBIAN", &["--approved-patches", "a b"], "\"a b\""),
        ("DEBIAN", &["--approved-patches", long.as_str()], "100"),
        ("DEBIAN", &many[..], "50"),
        ("WINDOWS", &[], "WINDOWS"),
    ] {
        let create = ["create-patch-baseline", "--name", "wrong", "--operating-system", system];
        let refused = instance.aws(&[&create[..], more].concat()).complaint().to_owned();
        assert!(refused.contains("ValidationException") && refused.contains(part), "{more:?}: {refused}");
    }
    let predefined =
        instance.aws(&["get-default-patch-baseline", "--operating-system", "ROCKY_LINUX"]).json();
    let id = predefined["BaselineId"].as_str().unwrap();
    let refused = instance
        .aws(&["update-patch-baseline", "--baseline-id", id, "--name", "mine"])
        .complaint()
        .to_owned();
    assert!(refused.contains("predefined"), "{refused}");
    let none = instance.aws(&["get-default-patch-baseline"]).complaint().to_owned();
    assert!(none.contains("ValidationException") && none.contains("WINDOWS"), "{none}");
}
