//! Runbooks whose steps call the API of this installation, as who started them; by the aws CLI, killed in the middle.

use crate::automation::{create, get, start, until};
use reeve_e2e::{Instance, wait_for};
use serde_json::{Value, json};

fn step<'a>(execution: &'a Value, name: &str) -> &'a Value {
    let steps = execution["StepExecutions"].as_array().unwrap();
    steps.iter().find(|step| step["StepName"] == name).unwrap()
}

#[test]
fn steps_call_the_api_wait_for_properties_and_put_tags() {
    let mut instance = Instance::start(1);
    let node = instance.node();
    instance.aws(&["put-parameter", "--name", "/gate", "--type", "String", "--value", "closed"]).json();
    let look = json!({"Service": "ssm", "Api": "GetParameter", "Name": "/gate", "PropertySelector": "$.Parameter.Value"});
    let with = |values: Value| {
        let mut inputs = look.clone();
        inputs["DesiredValues"] = values;
        inputs
    };
    let runbook = json!({"schemaVersion": "0.3", "mainSteps": [
        {"name": "find", "action": "aws:executeAwsApi", "inputs": {"Service": "ssm", "Api": "describe_instance_information",
            "Filters": [{"Key": "InstanceIds", "Values": [node]}]},
            "outputs": [{"Name": "Ids", "Selector": "$.InstanceInformationList..InstanceId", "Type": "StringList"},
                {"Name": "Status", "Selector": "$.InstanceInformationList[0].PingStatus"}]},
        {"name": "closed", "action": "aws:assertAwsResourceProperty", "inputs": with(json!(["closed"]))},
        {"name": "open", "action": "aws:waitForAwsResourceProperty", "inputs": with(json!(["open"]))},
        {"name": "tag", "action": "aws:createTags", "inputs": {"ResourceType": "ManagedInstance",
            "ResourceIds": "{{ find.Ids }}", "Tags": [{"Key": "found", "Value": "{{ find.Status }}"}]}},
        {"name": "put", "action": "aws:executeAwsApi", "inputs": {"Service": "ssm", "Api": "PutParameter", "Name": "/gate",
            "Value": "through", "Overwrite": true}, "outputs": [{"Name": "Version", "Selector": "$.Version", "Type": "Integer"}]},
        {"name": "cloud", "action": "aws:executeAwsApi", "onFailure": "Continue",
            "inputs": {"Service": "ec2", "Api": "DescribeInstances"}},
        {"name": "shut", "action": "aws:assertAwsResourceProperty", "inputs": with(json!(["closed"]))}],
        "outputs": ["find.Status", "put.Version"]});
    create(&instance, "Through", &runbook);
    let id = start(&instance, "Through", &[]);
    // It has looked in vain, is killed, and goes on.
    wait_for("the gate was looked at", || {
        let execution = get(&instance, &id);
        (step(&execution, "open")["Outputs"]["reeve:lastValue"] == json!(["\"closed\""])).then_some(())
    });
    instance.kill();
    instance.restart();
    instance.aws(&["put-parameter", "--name", "/gate", "--value", "open", "--overwrite"]).json();
    let ended = until(&instance, &id, "Failed");
    let status = |name: &str| step(&ended, name)["StepStatus"].as_str().unwrap().to_owned();
    let all = ["find", "closed", "open", "tag", "put", "cloud", "shut"].map(status);
    assert_eq!(all, ["Success", "Success", "Success", "Success", "Success", "Failed", "Failed"], "{ended:#}");
    let because = |name: &str| step(&ended, name)["FailureMessage"].as_str().unwrap().to_owned();
    assert!(because("cloud").contains("\"ec2\" is not available here"), "{}", because("cloud"));
    let shut = "PropertySelector $.Parameter.Value finds \"through\", and DesiredValues is [\"closed\"]";
    assert!(because("shut").contains(shut), "{}", because("shut"));
    assert_eq!(ended["Outputs"]["find.Status"], json!(["Online"]));
    // It was put once: closed, open, through.
    assert_eq!(ended["Outputs"]["put.Version"], json!(["3"]));
    let tags =
        instance.call("ListTagsForResource", &json!({"ResourceType": "ManagedInstance", "ResourceId": node}));
    assert!(
        tags["TagList"].as_array().unwrap().contains(&json!({"Key": "found", "Value": "Online"})),
        "{tags}"
    );
    // It was done by who started the runbook.
    let last = instance.events().into_iter().rfind(|event| {
        let of_store = event["type"].as_str().is_some_and(|name| name.starts_with("reeve.parameters."));
        of_store && event.to_string().contains("/gate")
    });
    assert_eq!(last.unwrap()["actor"], "administrator");
}

/// Whenever it is killed, each call that changes something does so once.
#[test]
fn calls_that_write_write_once_whenever_they_are_killed() {
    let mut instance = Instance::start(0);
    let passes: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let put = json!({"name": "put", "action": "aws:executeAwsApi", "inputs": {"Service": "ssm", "Api": "PutParameter",
        "Name": "counter", "Value": "{{ each.CurrentIteratorValue }}", "Type": "String", "Overwrite": true}});
    create(
        &instance,
        "Count",
        &json!({"schemaVersion": "0.3", "mainSteps": [
        {"name": "each", "action": "aws:loop", "inputs": {"Iterators": passes, "Steps": [put]}}]}),
    );
    let id = start(&instance, "Count", &[]);
    let mut in_the_middle = 0;
    for round in 0..5 {
        std::thread::sleep(std::time::Duration::from_millis(20 + 37 * round));
        in_the_middle += u32::from(get(&instance, &id)["AutomationExecutionStatus"] == "InProgress");
        instance.kill();
        instance.restart();
    }
    assert!(in_the_middle >= 2, "it was too fast for {in_the_middle} kills to say anything");
    until(&instance, &id, "Success");
    let history = instance.aws(&["get-parameter-history", "--name", "counter"]).json();
    let values = history["Parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["Value"].as_str().unwrap().to_owned());
    assert_eq!(values.collect::<Vec<_>>(), passes);
}

#[test]
fn a_script_runs_on_the_node_that_is_named_for_it_and_returns_what_it_returns() {
    let instance = Instance::start(1);
    let script = "import os\ndef main(events, context):\n    print('noise')\n    if not events['of']:\n        raise ValueError('nothing to add')\n    return {'sum': sum(events['of']), 'where': os.environ.get('AWS_SSM_INSTANCE_ID', '')}\n";
    let step_of = |name: &str, of: Value| {
        json!({"name": name, "action": "aws:executeScript", "onFailure": "Continue", "inputs": {"Runtime": "python3.11",
            "Handler": "main", "Script": script, "InputPayload": {"of": of}}, "outputs": [
                {"Name": "Sum", "Selector": "$.Payload.sum", "Type": "Integer"}, {"Name": "Where", "Selector": "$.Payload.where"}]})
    };
    let runbook = json!({"schemaVersion": "0.3", "mainSteps": [step_of("add", json!([1, 2, 3])), step_of("none", json!([]))],
        "outputs": ["add.Sum", "add.Where"]});
    create(&instance, "Add", &runbook);
    let refused = until(&instance, &start(&instance, "Add", &[]), "Success");
    let why = step(&refused, "add")["FailureMessage"].as_str().unwrap();
    assert!(
        why.contains(
            "no node runs scripts here: the service setting /reeve/automation/script-node names one"
        ),
        "{why}"
    );
    let setting =
        ["update-service-setting", "--setting-id", "/reeve/automation/script-node", "--setting-value"];
    let wrong = instance.aws(&[&setting[..], &["somewhere"]].concat());
    assert!(wrong.complaint().contains("may be the id of a node"), "{}", wrong.complaint());
    let node = instance.node();
    assert!(instance.aws(&[&setting[..], &[node.as_str()]].concat()).success);
    let ended = until(&instance, &start(&instance, "Add", &[]), "Success");
    assert_eq!(ended["Outputs"], json!({"add.Sum": ["6"], "add.Where": [node]}), "{ended:#}");
    let why = step(&ended, "none")["FailureMessage"].as_str().unwrap();
    assert!(why.contains("ValueError: nothing to add"), "{why}");
}

#[test]
fn targets_are_nodes_by_their_tags_and_parameters_refer_to_the_parameter_store() {
    let instance = Instance::start(3);
    let nodes = [1, 2, 3].map(|n| instance.identity(n)["node_id"].as_str().unwrap().to_owned());
    for node in &nodes[..2] {
        let tags = json!([{"Key": "role", "Value": "web"}]);
        instance.call(
            "AddTagsToResource",
            &json!({"ResourceType": "ManagedInstance", "ResourceId": node, "Tags": tags}),
        );
    }
    instance.aws(&["put-parameter", "--name", "/app/word", "--type", "String", "--value", "first"]).json();
    instance
        .aws(&["put-parameter", "--name", "secret", "--type", "SecureString", "--value", "hidden"])
        .json();
    let runbook = json!({"schemaVersion": "0.3", "parameters": {"Node": {"type": "String"},
            "Word": {"type": "String", "default": "{{ ssm:/app/word }}"}, "Other": {"type": "String", "default": "none"}},
        "mainSteps": [{"name": "say", "action": "aws:runCommand", "inputs": {"DocumentName": "AWS-RunShellScript",
            "InstanceIds": ["{{ Node }}"], "Parameters": {"commands": ["echo {{ Word }} {{ Other }}"]}}}],
        "outputs": ["say.Output"]});
    create(&instance, "Say", &runbook);
    let targets = ["--target-parameter-name", "Node", "--max-errors", "0", "--targets"];
    let id = start(&instance, "Say", &[&targets[..], &["Key=tag:role,Values=web"]].concat());
    // Which version it is was decided when it was started.
    instance.aws(&["put-parameter", "--name", "/app/word", "--value", "second", "--overwrite"]).json();
    let ended = until(&instance, &id, "Success");
    let resolved = &ended["ResolvedTargets"]["ParameterValues"];
    let mut expected = nodes[..2].to_vec();
    expected.sort();
    assert_eq!(*resolved, json!(expected), "{ended:#}");
    assert_eq!(ended["Parameters"]["Word"], json!(["{{ssm:/app/word:1}}"]));
    let filter = json!({"Filters": [{"Key": "ParentExecutionId", "Values": [id]}]});
    let children =
        instance.call("DescribeAutomationExecutions", &filter)["AutomationExecutionMetadataList"].clone();
    let said = |child: &Value| {
        let child = get(&instance, child["AutomationExecutionId"].as_str().unwrap());
        child["Outputs"]["say.Output"][0].as_str().unwrap().trim().to_owned()
    };
    assert_eq!(
        children.as_array().unwrap().iter().map(said).collect::<Vec<_>>(),
        ["first none", "first none"]
    );
    for (more, said) in [
        (vec!["--parameters", r#"{"Node": ["x"], "Other": ["{{ssm:secret}}"]}"#], "SecureString"),
        (vec!["--parameters", r#"{"Node": ["x"], "Other": ["{{ssm:/none}}"]}"#], "does not exist"),
        (vec!["--parameters", r#"{"Node": ["x"], "Other": ["{{ssm:/app/word:9}}"]}"#], "no such version"),
        ([&targets[..], &["Key=ResourceGroup,Values=g"]].concat(), "resource groups"),
        ([&targets[..], &["Key=tag:role,Values=db"]].concat(), "none meets tag:role=db"),
    ] {
        let refused =
            instance.aws(&[&["start-automation-execution", "--document-name", "Say"][..], &more].concat());
        assert!(refused.complaint().contains(said), "{more:?}: {}", refused.complaint());
    }
    let inputs = json!({"Automation": {"TargetParameterName": "Node", "Targets": [{"Key": "tag:role", "Values": ["web"]}]}});
    let inputs = inputs.to_string();
    let preview = ["start-execution-preview", "--document-name", "Say", "--execution-inputs", &inputs];
    let preview = instance.aws(&preview).json()["ExecutionPreviewId"].as_str().unwrap().to_owned();
    let preview = instance.aws(&["get-execution-preview", "--execution-preview-id", &preview]).json();
    assert_eq!(
        (&preview["Status"], preview["StatusMessage"].as_str()),
        (&json!("Success"), Some("When each step succeeds it ends as Success: say"))
    );
    let of = &preview["ExecutionPreview"]["Automation"];
    assert_eq!(of["TargetPreviews"], json!([{"Count": 2, "TargetType": "tag:role"}]), "{preview}");
    assert_eq!(of["StepPreviews"], json!({"Mutating": 0, "NonMutating": 0, "Undetermined": 1}));
    let missing = instance.aws(&["start-execution-preview", "--document-name", "Say"]);
    assert!(missing.complaint().contains("Missing required parameter: Node"), "{}", missing.complaint());

    let mut in_step = runbook.clone();
    in_step["mainSteps"][0]["inputs"]["Comment"] = json!("{{ ssm:/app/word }}");
    let content = in_step.to_string();
    let create =
        ["create-document", "--name", "InStep", "--document-type", "Automation", "--content", &content];
    let refused = instance.aws(&create).complaint().to_owned();
    assert!(
        refused.contains("InvalidDocumentContent") && refused.contains("mainSteps[0].inputs.Comment"),
        "{refused}"
    );
}

#[test]
fn a_step_does_nothing_that_is_for_people_to_decide_or_would_never_end() {
    let instance = Instance::start(0);
    let call = |name: &str, action: &str, inputs: Value| json!({"name": name, "action": action, "onFailure": "Continue", "inputs": inputs});
    let api = "aws:executeAwsApi";
    let id = "11111111-1111-1111-1111-111111111111";
    let steps = [
        (
            call(
                "keys",
                api,
                json!({"Service": "access", "Api": "CreateAccessKey", "principal": "administrator"}),
            ),
            "not available to runbooks",
        ),
        (
            call(
                "approve",
                api,
                json!({"Service": "ssm", "Api": "send_automation_signal", "AutomationExecutionId": id, "SignalType": "Approve"}),
            ),
            "not available to runbooks",
        ),
        (
            call(
                "again",
                api,
                json!({"Service": "ssm", "Api": "StartAutomationExecution", "DocumentName": "Never"}),
            ),
            "aws:executeAutomation is there for it",
        ),
        (
            call("code", api, json!({"Service": "ssm", "Api": "CreateActivation", "IamRole": "x"})),
            "its secret would stand",
        ),
        (
            call(
                "secret",
                api,
                json!({"Service": "ssm", "Api": "PutParameter", "Name": "/s", "Value": "v", "Type": "SecureString"}),
            ),
            "Type is SecureString",
        ),
        (
            call(
                "look",
                "aws:assertAwsResourceProperty",
                json!({"Service": "ssm", "Api": "PutParameter", "Name": "/p", "Value": "v",
                "Type": "String", "PropertySelector": "$.Version", "DesiredValues": ["1"]}),
            ),
            "ssm:PutParameter writes",
        ),
    ];
    let all: Vec<&Value> = steps.iter().map(|(step, _)| step).collect();
    create(&instance, "Never", &json!({"schemaVersion": "0.3", "mainSteps": all}));
    let ended = until(&instance, &start(&instance, "Never", &[]), "Success");
    for (of, named) in &steps {
        let name = of["name"].as_str().unwrap();
        let said = step(&ended, name)["FailureMessage"].as_str().unwrap_or_default();
        assert!(said.contains(named), "{name}: {said}");
    }
    assert!(!instance.aws(&["get-parameter", "--name", "/p"]).success, "nothing was put");
}

#[test]
fn a_step_may_do_what_who_started_the_runbook_may() {
    let instance = Instance::start(0);
    instance.aws(&["put-parameter", "--name", "/mine", "--type", "String", "--value", "v"]).json();
    let call = |name: &str| {
        json!({"name": name, "action": "aws:executeAwsApi", "onFailure": "Continue", "inputs": {"Service": "ssm",
            "Api": "GetParameter", "Name": format!("/{name}")}, "outputs": [{"Name": "Value", "Selector": "$.Parameter.Value"}]})
    };
    create(&instance, "Read", &json!({"schemaVersion": "0.3", "mainSteps": [call("mine"), call("other")]}));
    let alice = instance.raw_as(&instance.principal("alice", &[]));
    let file = instance.scratch().join("read.cedar");
    let policy = r#"permit(principal == Principal::"alice", action == Action::"ssm:StartAutomationExecution", resource);
permit(principal == Principal::"alice", action == Action::"ssm:GetParameter", resource == Parameter::"mine");"#;
    std::fs::write(&file, policy).unwrap();
    assert_eq!(instance.reeve(&["access", "put-policy", "read", file.to_str().unwrap()]).text(), "");
    let started = alice.call("StartAutomationExecution", &json!({"DocumentName": "Read"}));
    assert_eq!(started.0, 200, "{}", started.1);
    let ended = until(&instance, started.1["AutomationExecutionId"].as_str().unwrap(), "Success");
    assert_eq!(step(&ended, "mine")["Outputs"]["Value"], json!(["v"]), "{ended:#}");
    let denied = step(&ended, "other")["FailureMessage"].as_str().unwrap();
    assert!(
        denied.contains("AccessDeniedException")
            && denied.contains("alice")
            && denied.contains("ssm:GetParameter"),
        "{denied}"
    );
}
