//! Parameters, by the aws CLI.

use reeve_e2e::Instance;
use serde_json::{Value, json};
use std::path::Path;

fn put(instance: &Instance, name: &str, value: &str, more: &[&str]) -> Value {
    let arguments = [&["put-parameter", "--name", name, "--value", value], more].concat();
    instance.aws(&arguments).json()
}

fn get(instance: &Instance, name: &str, more: &[&str]) -> Value {
    instance.aws(&[&["get-parameter", "--name", name], more].concat()).json()["Parameter"].clone()
}

#[test]
fn the_ten_operations_by_the_aws_cli() {
    let instance = Instance::start(0);
    let created = put(&instance, "/app/db", "first", &["--type", "String", "--tags", "Key=team,Value=web"]);
    assert_eq!((&created["Version"], &created["Tier"]), (&json!(1), &json!("Standard")));
    let again = instance.aws(&["put-parameter", "--name", "/app/db", "--value", "x", "--type", "String"]);
    assert!(again.complaint().contains("(ParameterAlreadyExists)"), "{}", again.complaint());
    assert_eq!(put(&instance, "/app/db", "second", &["--overwrite"])["Version"], 2);
    put(&instance, "x", "a, b", &["--type", "StringList"]);
    put(&instance, "/app/deep/er", "5", &["--type", "String"]);

    let latest = get(&instance, "/app/db", &[]);
    assert_eq!(
        (&latest["Value"], &latest["Version"], &latest["Name"]),
        (&json!("second"), &json!(2), &json!("/app/db"))
    );
    assert!(latest["ARN"].as_str().unwrap().ends_with(":parameter/app/db"), "{latest}");
    let first = get(&instance, "/app/db:1", &[]);
    assert_eq!((&first["Value"], &first["Selector"]), (&json!("first"), &json!(":1")));
    assert_eq!(get(&instance, latest["ARN"].as_str().unwrap(), &[])["Value"], "second");
    assert_eq!(get(&instance, "/x", &[])["Value"], "a,b");

    let label =
        ["label-parameter-version", "--name", "/app/db", "--parameter-version", "1", "--labels", "prod", "5"];
    let labeled = instance.aws(&label).json();
    assert_eq!((&labeled["InvalidLabels"], &labeled["ParameterVersion"]), (&json!(["5"]), &json!(1)));
    assert_eq!(get(&instance, "/app/db:prod", &[])["Value"], "first");
    let missing = instance.aws(&["get-parameter", "--name", "/app/db:7"]);
    assert!(missing.complaint().contains("(ParameterVersionNotFound)"), "{}", missing.complaint());
    let many = instance.aws(&["get-parameters", "--names", "x", "/app/db:prod", "/none", "/app/db:9"]).json();
    let names: Vec<_> = many["Parameters"].as_array().unwrap().iter().map(|p| p["Name"].clone()).collect();
    assert_eq!(names, [json!("/app/db"), json!("x")]);
    assert_eq!(many["InvalidParameters"], json!(["/app/db:9", "/none"]));

    let path = |path: &str, more: &[&str]| {
        let listed = instance.aws(&[&["get-parameters-by-path", "--path", path], more].concat()).json();
        let values = listed["Parameters"].as_array().unwrap().iter().map(|p| p["Value"].clone());
        values.collect::<Vec<_>>()
    };
    assert_eq!(path("/app", &[]), [json!("second")]);
    assert_eq!(path("/app/", &["--recursive"]), [json!("second"), json!("5")]);
    assert_eq!(path("/", &[]), [json!("a,b")]);
    assert_eq!(path("/none", &["--recursive"]), [] as [Value; 0]);
    assert_eq!(path("/app", &["--parameter-filters", "Key=Label,Values=prod"]), [json!("first")]);

    let history = instance.aws(&["get-parameter-history", "--name", "/app/db"]).json();
    assert_eq!(history["Parameters"][0]["Labels"], json!(["prod"]));
    assert_eq!(
        (&history["Parameters"][1]["Value"], &history["Parameters"][1]["Labels"]),
        (&json!("second"), &json!([]))
    );
    let described = |filter: &str| {
        let listed = instance.aws(&["describe-parameters", "--parameter-filters", filter]).json();
        let names = listed["Parameters"].as_array().unwrap().iter().map(|p| p["Name"].clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(described("Key=Type,Values=StringList"), [json!("x")]);
    assert_eq!(described("Key=tag:team,Values=web"), [json!("/app/db")]);
    let tags = ["list-tags-for-resource", "--resource-type", "Parameter", "--resource-id", "/app/db:1"];
    assert_eq!(instance.aws(&tags).json()["TagList"], json!([{"Key": "team", "Value": "web"}]));

    let unlabel = [
        "unlabel-parameter-version",
        "--name",
        "/app/db",
        "--parameter-version",
        "1",
        "--labels",
        "prod",
        "none",
    ];
    let unlabeled = instance.aws(&unlabel).json();
    assert_eq!(
        (&unlabeled["RemovedLabels"], &unlabeled["InvalidLabels"]),
        (&json!(["prod"]), &json!(["none"]))
    );
    instance.aws(&["delete-parameter", "--name", "/x"]).text();
    let deleted = instance.aws(&["delete-parameters", "--names", "/app/db", "/app/deep/er", "x"]).json();
    assert_eq!(deleted["DeletedParameters"], json!(["/app/db", "/app/deep/er"]));
    assert_eq!(deleted["InvalidParameters"], json!(["x"]));
    let gone = instance.aws(&["get-parameter", "--name", "/app/db"]);
    assert!(gone.complaint().contains("(ParameterNotFound)"), "{}", gone.complaint());
    assert_eq!(put(&instance, "/app/db", "anew", &["--type", "String"])["Version"], 1);
}

/// Whether any file below a folder holds a text.
pub fn holds(folder: &Path, text: &str) -> Option<String> {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = holds(&path, text) {
                return Some(found);
            }
        } else if let Ok(bytes) = std::fs::read(&path)
            && bytes.windows(text.len()).any(|window| window == text.as_bytes())
        {
            return Some(path.display().to_string());
        }
    }
    None
}

#[test]
fn a_secret_is_in_no_file_in_plain_and_is_destroyed_with_its_parameter() {
    let mut instance = Instance::start_with(0, &[("REEVE_LOG", "debug")]);
    let (secret, plain) = ("canary-3f9d61c2", "visible-77aa10ce");
    put(&instance, "/s/secret", secret, &["--type", "SecureString"]);
    put(&instance, "/s/secret", &format!("{secret}-2"), &["--overwrite"]);
    put(&instance, "/s/plain", plain, &["--type", "String"]);
    // Refused ones, too.
    for more in [
        &["--type", "SecureString", "--allowed-pattern", "x"][..],
        &["--type", "SecureString", "--tier", "Odd"],
    ] {
        let arguments = [&["put-parameter", "--name", "/s/refused", "--value", secret], more].concat();
        assert!(!instance.aws(&arguments).success);
    }
    let sealed = get(&instance, "/s/secret", &[]);
    assert!(!sealed["Value"].as_str().unwrap().contains(secret), "{sealed}");
    assert_eq!(get(&instance, "/s/secret", &["--with-decryption"])["Value"], format!("{secret}-2"));
    assert_eq!(get(&instance, "/s/secret:1", &["--with-decryption"])["Value"], secret);
    let history = instance.aws(&["get-parameter-history", "--name", "/s/secret", "--with-decryption"]).json();
    assert_eq!(history["Parameters"][0]["Value"], secret);
    assert_eq!(history["Parameters"][1]["KeyId"], "alias/aws/ssm");
    let by_path = instance.aws(&["get-parameters-by-path", "--path", "/s"]).json();
    assert!(!by_path.to_string().contains(secret), "{by_path}");
    assert_eq!(
        instance.reeve(&["parameters", "get", "/s/secret", "--decrypt"]).text().trim(),
        format!("{secret}-2")
    );
    std::thread::sleep(std::time::Duration::from_millis(5));
    let before = reeve_types::Timestamp::now().rfc3339();

    instance.aws(&["delete-parameter", "--name", "/s/secret"]).text();
    reeve_e2e::wait_for("its keys are gone", || {
        let get = ["--as-of", &before, "parameters", "get", "/s/secret", "--decrypt"];
        instance.reeve(&get).stderr.contains("its key was destroyed").then_some(())
    });
    instance.stop();
    // Also not in the log of the program, which lies beside its folder.
    let folder = instance.scratch();
    assert!(instance.data().starts_with(folder));
    assert_eq!(holds(folder, secret), None);
    assert!(holds(&instance.data(), plain).is_some(), "the search finds what is there");
}

#[test]
fn who_may_read_one_parameter_reads_it_by_any_spelling_and_no_other() {
    let instance = Instance::start(0);
    put(&instance, "/a/mine", "1", &["--type", "String"]);
    put(&instance, "/a/other", "2", &["--type", "String"]);
    let ann = instance.principal("ann", &[]);
    let policy = r#"permit(principal == Principal::"ann", action == Action::"ssm:GetParameter", resource == Parameter::"/a/mine");"#;
    std::fs::write(instance.scratch().join("ann.cedar"), policy).unwrap();
    instance.reeve(&["access", "put-policy", "ann", "ann.cedar"]).text();
    let ann = instance.raw_as(&ann);
    let code = |name: &str| ann.call("GetParameter", &json!({"Name": name})).0;
    reeve_e2e::wait_for("she may", || (code("/a/mine") == 200).then_some(()));
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/a/";
    assert_eq!((code("/a/mine:1"), code(&format!("{arn}mine"))), (200, 200));
    assert_eq!((code("/a/other"), code(&format!("{arn}other")), code("/a/other:1")), (400, 400, 400));
}

#[test]
fn the_command_line_puts_lists_and_shows() {
    let instance = Instance::start(0);
    instance.reeve(&["parameters", "put", "/cli/a", "one", "--type", "String"]).text();
    let text = instance.reeve(&["parameters", "put", "/cli/a", "two", "--overwrite"]).text().to_owned();
    assert_eq!(text.trim(), "version 2");
    std::fs::write(instance.scratch().join("secret"), "hidden\n").unwrap();
    instance.reeve(&["parameters", "put", "/cli/s", "--file", "secret", "--type", "SecureString"]).text();
    assert_eq!(instance.reeve(&["parameters", "get", "/cli/s", "--decrypt"]).text().trim(), "hidden");
    assert_eq!(instance.reeve(&["parameters", "get", "/cli/a:1"]).text().trim(), "one");
    let listed = instance.reeve(&["parameters", "list", "/cli"]).text().to_owned();
    assert!(
        listed.contains("/cli/a") && listed.contains("SecureString") && !listed.contains("hidden"),
        "{listed}"
    );
    let history = instance.reeve(&["parameters", "history", "/cli/a"]).text().to_owned();
    assert!(history.contains("one") && history.contains("two"), "{history}");
    instance.reeve(&["parameters", "delete", "/cli/a"]).text();
    let gone = instance.reeve(&["parameters", "get", "/cli/a"]);
    assert!(!gone.success && gone.stderr.contains("ParameterNotFound"), "{}", gone.stderr);
}

/// A command that prints a text, with its outcome.
fn printed(instance: &Instance, text: &str) -> String {
    let node = instance.node();
    let parameters = json!({"commands": [format!("echo '{text}'")]}).to_string();
    let arguments = [
        "send-command",
        "--document-name",
        "AWS-RunShellScript",
        "--instance-ids",
        &node,
        "--parameters",
        &parameters,
    ];
    let sent = instance.aws(&arguments).json();
    assert_eq!(
        sent["Command"]["Parameters"]["commands"],
        json!([format!("echo '{text}'")]),
        "as it was given"
    );
    let id = sent["Command"]["CommandId"].as_str().unwrap();
    instance.ended(id);
    let ran = instance.aws(&["get-command-invocation", "--command-id", id, "--instance-id", &node]).json();
    ran["StandardOutputContent"].as_str().unwrap().to_owned()
}

#[test]
fn a_command_s_parameters_refer_to_versions_that_are_fixed_when_it_is_sent() {
    let instance = Instance::start(1);
    put(&instance, "/app/url", "one", &["--type", "String"]);
    put(&instance, "/app/url", "two", &["--overwrite"]);
    put(&instance, "list", "a,b", &["--type", "StringList"]);
    put(&instance, "/app/secret", "canary-5b1f", &["--type", "SecureString"]);
    let label =
        ["label-parameter-version", "--name", "/app/url", "--parameter-version", "1", "--labels", "old"];
    instance.aws(&label).json();
    let text = "{{ssm:/app/url}} {{ ssm:/app/url:1 }} {{ssm:/app/url:old}} {{.Names}}";
    assert_eq!(printed(&instance, text), "two one one {{.Names}}\n");
    let events = instance.events();
    let sent = events.iter().find(|event| event["type"] == "reeve.run-command.CommandSent.v1").unwrap();
    let versions = sent["data"]["references"].to_string();
    assert!(versions.contains("/app/url") && versions.contains('2'), "{sent}");

    let refused = |script: &str| {
        let parameters = json!({"commands": [script]}).to_string();
        let node = instance.node();
        let sent = instance.aws(&[
            "send-command",
            "--document-name",
            "AWS-RunShellScript",
            "--instance-ids",
            &node,
            "--parameters",
            &parameters,
        ]);
        sent.complaint().to_owned()
    };
    for (script, reason) in [
        ("echo {{ssm:/app/secret}}", "is a SecureString"),
        ("echo {{ssm:/none}}", "does not exist"),
        ("echo {{ssm:/app/url:7}}", "no such version or label"),
        ("echo {{ssm:list}}", "must stand alone"),
        ("echo {{ssm-secure:/app/secret}}", "InvalidParameters"),
    ] {
        let complaint = refused(script);
        assert!(
            complaint.contains("InvalidParameters") && complaint.contains(reason),
            "{script}: {complaint}"
        );
    }
    // Who may send, and not read the parameter, does not get it by a command.
    let ann = instance.principal("ann", &[]);
    let policy = r#"permit(principal == Principal::"ann", action == Action::"ssm:SendCommand", resource);"#;
    std::fs::write(instance.scratch().join("ann.cedar"), policy).unwrap();
    instance.reeve(&["access", "put-policy", "ann", "ann.cedar"]).text();
    let ann = instance.raw_as(&ann);
    let send = |script: &str| {
        let input = json!({"DocumentName": "AWS-RunShellScript", "InstanceIds": [instance.node()],
            "Parameters": {"commands": [script]}});
        ann.call("SendCommand", &input)
    };
    reeve_e2e::wait_for("she may send", || (send("true").0 == 200).then_some(()));
    let (status, answer) = send("echo {{ssm:/app/url}}");
    assert_eq!(status, 400, "{answer}");
    assert!(answer.to_string().contains("ssm:GetParameters"), "{answer}");
}

#[test]
fn a_list_of_a_command_takes_the_items_of_a_list() {
    let instance = Instance::start(1);
    put(&instance, "lines", "echo a, echo b", &["--type", "StringList"]);
    let node = instance.node();
    let arguments = [
        "send-command",
        "--document-name",
        "AWS-RunShellScript",
        "--instance-ids",
        &node,
        "--parameters",
        r#"{"commands":["{{ssm:lines}}","echo c"]}"#,
    ];
    let sent = instance.aws(&arguments).json();
    let id = sent["Command"]["CommandId"].as_str().unwrap();
    instance.ended(id);
    let ran = instance.aws(&["get-command-invocation", "--command-id", id, "--instance-id", &node]).json();
    assert_eq!(ran["StandardOutputContent"], "a\nb\nc\n");
}

/// A tree of parameters goes from one installation to another, tells what changed, and comes back as it was.
#[test]
fn a_tree_is_exported_imported_compared_and_restored() {
    let (one, other) = (Instance::start(0), Instance::start(0));
    let string = ["--type", "String"];
    put(&one, "/app/url", "old.example", &[&string[..], &["--description", "where"]].concat());
    put(&one, "/app/kept", "same", &string);
    put(&one, "/app/secret", "hidden", &["--type", "SecureString"]);
    put(&one, "/app/lost", "deep", &["--type", "SecureString"]);
    let file = one.scratch().join("tree");
    std::fs::write(&file, one.reeve(&["parameters", "export", "/app", "--decrypt"]).text()).unwrap();
    let path = file.display().to_string();
    let planned = other.reeve(&["parameters", "import", &path, "--dry-run", "--output", "json"]).json();
    assert_eq!(planned.as_array().unwrap().len(), 4, "{planned}");
    assert_eq!(other.reeve(&["parameters", "list", "--output", "json"]).json(), json!([]));
    other.reeve(&["parameters", "import", &path]).text();
    assert_eq!(get(&other, "/app/secret", &["--with-decryption"])["Value"], "hidden");
    let again = other.reeve(&["parameters", "import", &path, "--output", "json"]).json();
    assert!(again.as_array().unwrap().iter().all(|row| row["change"] == "unchanged"), "{again}");
    put(&other, "/app/url", "other.example", &["--overwrite"]);
    let refused = other.reeve(&["parameters", "import", &path]);
    assert!(refused.complaint().contains("1 of 4 parameters stay"), "{}", refused.stderr);
    // What was not opened is not imported as something empty.
    let sealed = one.scratch().join("sealed");
    std::fs::write(&sealed, one.reeve(&["parameters", "export", "/app"]).text()).unwrap();
    let refused = other.reeve(&["parameters", "import", &sealed.display().to_string()]);
    assert!(refused.complaint().contains("/app/lost has no Value"), "{}", refused.stderr);

    std::thread::sleep(std::time::Duration::from_millis(20));
    let then = reeve_types::Timestamp::now().rfc3339();
    std::thread::sleep(std::time::Duration::from_millis(20));
    put(&one, "/app/url", "new.example", &["--overwrite"]);
    put(&one, "/app/secret", "changed", &["--overwrite"]);
    put(&one, "/app/added", "later", &string);
    one.aws(&["delete-parameter", "--name", "/app/lost"]).text();
    let diff = one.reeve(&["parameters", "diff", "/app", "--from", &then, "--output", "json"]).json();
    let told: Vec<_> = diff.as_array().unwrap().iter().map(|row| (&row["name"], &row["change"])).collect();
    let expected = [
        (&json!("/app/added"), &json!("added")),
        (&json!("/app/lost"), &json!("removed")),
        (&json!("/app/secret"), &json!("changed")),
        (&json!("/app/url"), &json!("changed")),
    ];
    assert_eq!(told, expected);
    assert!(!diff.to_string().contains("hidden") && diff.to_string().contains("old.example"), "{diff}");
    let restore = ["parameters", "restore", "/app", "--to", &then];
    let planned = one.reeve(&[&restore[..], &["--dry-run"]].concat());
    assert!(planned.complaint().contains("1 of 4"), "{}", planned.stderr);
    assert_eq!(get(&one, "/app/url", &[])["Value"], "new.example");
    // The secret of what was deleted is destroyed: all others come back, and that one is named.
    let restored = one.reeve(&restore);
    assert!(
        restored.complaint().contains("1 of 4") && restored.stdout.contains("/app/lost"),
        "{}",
        restored.stdout
    );
    assert_eq!(get(&one, "/app/url", &[])["Value"], "old.example");
    assert_eq!(get(&one, "/app/secret", &["--with-decryption"])["Value"], "hidden");
    assert!(one.aws(&["get-parameter", "--name", "/app/added"]).complaint().contains("ParameterNotFound"));
}
