//! A node's own file narrows what is run there.

use reeve_e2e::Instance;
use serde_json::json;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

#[test]
fn what_the_nodes_root_user_does_not_accept_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.json");
    let instance = Instance::start_with(1, &[("REEVE_AGENT_LOCAL_POLICY", file.to_str().unwrap())]);
    let ran = instance.scratch().join("ran");
    let script = format!("echo run >> {}", ran.display());
    let lines = || std::fs::read_to_string(&ran).unwrap_or_default().lines().count();
    let send = || {
        let command = instance.send(&script);
        let status = instance.ended(&command)["Status"].as_str().unwrap().to_owned();
        let events = instance.events();
        let end = events.iter().rev().find(|event| {
            event["data"]["commandId"] == command.as_str()
                && event["type"].as_str().unwrap().contains("InvocationFinished")
        });
        (status, end.unwrap()["data"]["message"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(send().0, "Success");
    assert_eq!(lines(), 1);

    let write = |text: &str, mode: u32| {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    write("{}", 0o666);
    let (status, message) = send();
    assert!(
        status == "Failed" && message.contains("others than root") || message.contains("and not to root"),
        "{message}"
    );
    if std::fs::metadata(&file).unwrap().uid() == 0 {
        write(r#"{"plugins": ["aws:runDocument"]}"#, 0o644);
        let (status, message) = send();
        assert_eq!(status, "Failed");
        assert!(message.contains("does not accept the plugin aws:runShellScript"), "{message}");
        // Nor by way of a document that includes another one.
        let input = json!({
            "DocumentName": "AWS-RunDocument", "InstanceIds": [instance.node()],
            "Parameters": {
                "sourceType": ["SSMDocument"], "sourceInfo": [json!({"name": "AWS-RunShellScript"}).to_string()],
                "documentParameters": [json!({"commands": [script]}).to_string()],
            },
        });
        let sent = instance.call("SendCommand", &input);
        let command = sent["Command"]["CommandId"].as_str().unwrap().to_owned();
        assert_eq!(instance.ended(&command)["Status"], "Failed");
    }
    assert_eq!(lines(), 1, "what was refused has run");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(send().0, "Success");
    assert_eq!(lines(), 2);
}
