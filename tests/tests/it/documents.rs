//! Documents as clients write them: what is refused by name, and what runs as it says.

use reeve_e2e::{Instance, wait_for};
use serde_json::{Value, json};

fn document(parameters: Value, inputs: Value) -> String {
    json!({"schemaVersion": "2.2", "parameters": parameters, "mainSteps": [
        {"action": "aws:runShellScript", "name": "run", "inputs": inputs}]})
    .to_string()
}

fn create(instance: &Instance, name: &str, content: &str) -> Result<Value, String> {
    let answer = instance.aws(&[
        "create-document",
        "--name",
        name,
        "--document-type",
        "Command",
        "--content",
        content,
    ]);
    if answer.success { Ok(answer.json()) } else { Err(answer.complaint().to_owned()) }
}

/// Sends, waits for the end, and gives the invocation.
fn run(instance: &Instance, name: &str, parameters: &Value) -> Result<Value, String> {
    let node = instance.node();
    let input = json!({"DocumentName": name, "InstanceIds": [node], "Parameters": parameters});
    let (status, answer) = instance.raw().call("SendCommand", &input);
    if status != 200 {
        return Err(answer.to_string());
    }
    let command = answer["Command"]["CommandId"].as_str().unwrap().to_owned();
    let of = json!({"CommandId": command, "InstanceId": node});
    Ok(wait_for("it ends", || {
        let (_, got) = instance.raw().call("GetCommandInvocation", &of);
        let waits =
            ["Pending", "InProgress", "Delayed"].contains(&got["Status"].as_str().unwrap_or("Pending"));
        (!waits).then_some(got)
    }))
}

#[test]
fn what_an_author_wrote_has_its_effect_or_is_refused_by_name() {
    let instance = Instance::start(1);
    let script = |more: Value| {
        let mut inputs = json!({"runCommand": ["pwd"]});
        inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        document(json!({}), inputs)
    };
    for (content, named) in [
        (script(json!({"workingdirectory": "/tmp"})), "resembles workingDirectory"),
        (script(json!({"timeoutSecond": "5"})), "resembles timeoutSeconds"),
        (script(json!({"timeoutSeconds": "abc"})), "inputs.timeoutSeconds is"),
        (script(json!({"workingDirectory": "tmp"})), "a relative path"),
        (
            document(json!({"p": {"type": "String", "allowedpattern": "^a$"}}), json!({"runCommand": []})),
            "resembles allowedPattern",
        ),
        (
            document(
                json!({"p": {"type": "String", "allowedPattern": "^a$", "default": "b"}}),
                json!({"runCommand": []}),
            ),
            "parameters.p.default",
        ),
    ] {
        let refused = create(&instance, "Slip", &content).expect_err(named);
        assert!(refused.contains("(InvalidDocumentContent)") && refused.contains(named), "{refused}");
    }

    // A reference to what there is not is refused instead of being given to a script as text; other braces are the script's own.
    let echo = |default: Value| {
        document(
            json!({"p": {"type": "String", "default": default, "interpolationType": "ENV_VAR"}}),
            json!({"runCommand": ["echo \"[{{ p }}]\""]}),
        )
    };
    create(&instance, "Echo", &echo(json!("{{ ssm:db-pass }}"))).unwrap();
    for (parameters, reference) in [
        (json!({}), "{{ ssm:db-pass }}"),
        (json!({"p": ["{{ssm:other}}"]}), "{{ ssm:other }}"),
        (json!({"p": ["{{ ssm-secure:other }}"]}), "{{ ssm-secure:other }}"),
    ] {
        let refused = run(&instance, "Echo", &parameters).expect_err(reference);
        assert!(refused.contains("InvalidParameters") && refused.contains(reference), "{refused}");
    }
    let ran = run(&instance, "Echo", &json!({"p": ["{{.Names}}"]})).unwrap();
    assert_eq!(ran["StandardOutputContent"], "[{{.Names}}]\n", "{ran}");
    let refused =
        run(&instance, "AWS-RunShellScript", &json!({"commands": ["pwd"], "workingDirectory": ["tmp"]}))
            .unwrap_err();
    assert!(refused.contains("InvalidParameters") && refused.contains("a relative path"), "{refused}");

    // Three seconds are three seconds.
    let short = json!({"commands": ["sleep 600"], "executionTimeout": ["3"]});
    let ran = run(&instance, "AWS-RunShellScript", &short).unwrap();
    assert_eq!(
        (&ran["Status"], &ran["StatusDetails"]),
        (&json!("TimedOut"), &json!("ExecutionTimedOut")),
        "{ran}"
    );
}

#[test]
fn the_newer_types_of_parameters_reach_a_script() {
    let instance = Instance::start(1);
    let content = document(
        json!({"count": {"type": "Integer", "default": 2}, "loud": {"type": "Boolean"}, "who": {"type": "MapList"}}),
        json!({"runCommand": ["echo {{ count }} {{ loud }} '{{ who }}'"]}),
    );
    create(&instance, "Typed", &content).unwrap();
    let sent = json!({"loud": ["True"], "who": ["{\"name\":\"a\"}", "{}"]});
    let ran = run(&instance, "Typed", &sent).unwrap();
    assert_eq!(ran["StandardOutputContent"], "2 true [{\"name\":\"a\"},{}]\n", "{ran}");
    let refused = run(&instance, "Typed", &json!({"loud": ["loudly"], "who": []})).unwrap_err();
    assert!(refused.contains("InvalidParameters") && refused.contains("The parameter loud"), "{refused}");
}
