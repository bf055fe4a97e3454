//! Bad input: a 4xx in AWS's shape that names what is wrong, and nothing in the log.

use reeve_e2e::{Instance, Raw};
use reeve_jetstream::streams;
use serde_json::{Value, json};

/// What was sent, the code that is expected, and a text that the message must hold.
struct Case {
    name: &'static str,
    operation: &'static str,
    body: Vec<u8>,
    code: &'static str,
    names: &'static str,
}

fn case(
    name: &'static str,
    operation: &'static str,
    input: &Value,
    code: &'static str,
    names: &'static str,
) -> Case {
    bytes(name, operation, input.to_string().as_bytes(), code, names)
}

fn bytes(
    name: &'static str,
    operation: &'static str,
    body: &[u8],
    code: &'static str,
    names: &'static str,
) -> Case {
    Case { name, operation, body: body.to_vec(), code, names }
}

const VALIDATION: &str = "ValidationException";
const UNREADABLE: &str = "SerializationException";
const CONTENT: &str = "InvalidDocumentContent";

fn document(content: &str) -> Value {
    json!({"Name": "Bad", "DocumentType": "Command", "DocumentFormat": "YAML", "Content": content})
}

fn shell(extra: &Value, node: &str) -> Value {
    let mut input = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Parameters": {"commands": ["hostname"]},
    });
    for (name, value) in extra.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

fn malformed() -> Vec<Case> {
    vec![
        case("unknown operation", "MakeCoffee", &json!({}), "UnknownOperationException", "MakeCoffee"),
        bytes("malformed JSON", "ListDocuments", b"{\"MaxResults\": ", UNREADABLE, ""),
        bytes("not UTF-8", "GetDocument", b"{\"Name\": \"\xff\xfe\"}", UNREADABLE, ""),
        bytes("a list as the whole", "GetDocument", b"[]", UNREADABLE, ""),
        bytes("deeply nested", "GetDocument", "[".repeat(200_000).as_bytes(), UNREADABLE, ""),
        case("a list as a text", "GetDocument", &json!({"Name": ["a"]}), UNREADABLE, "ame"),
        case(
            "a text as a list",
            "SendCommand",
            &json!({"DocumentName": "a", "InstanceIds": "b"}),
            UNREADABLE,
            "nstanceIds",
        ),
        case("a text as a number", "ListDocuments", &json!({"MaxResults": "ten"}), UNREADABLE, "axResults"),
    ]
}

fn constraints(node: &str) -> Vec<Case> {
    let many: Vec<&str> = vec![node; 51];
    vec![
        case("required", "GetDocument", &json!({}), VALIDATION, "Value null at 'name'"),
        case("pattern", "GetDocument", &json!({"Name": "no blanks"}), VALIDATION, "at 'name'"),
        case("shortest text", "CreateDocument", &document(""), VALIDATION, "at 'content'"),
        case(
            "longest text",
            "SendCommand",
            &shell(&json!({"Comment": "x".repeat(101)}), node),
            VALIDATION,
            "at 'comment'",
        ),
        case(
            "least number",
            "SendCommand",
            &shell(&json!({"TimeoutSeconds": 29}), node),
            VALIDATION,
            "at 'timeoutSeconds'",
        ),
        case(
            "largest number",
            "SendCommand",
            &shell(&json!({"TimeoutSeconds": 2_592_001}), node),
            VALIDATION,
            "at 'timeoutSeconds'",
        ),
        case(
            "enum",
            "CreateDocument",
            &json!({"Name": "Bad", "Content": "{}", "DocumentFormat": "XML"}),
            VALIDATION,
            "at 'documentFormat'",
        ),
        case(
            "longest list",
            "SendCommand",
            &shell(&json!({"InstanceIds": many}), node),
            VALIDATION,
            "at 'instanceIds'",
        ),
        case(
            "member of a list",
            "SendCommand",
            &shell(&json!({"InstanceIds": ["no node"]}), node),
            VALIDATION,
            "at 'instanceIds'",
        ),
        case(
            "nodes and targets",
            "SendCommand",
            &shell(&json!({"Targets": [{"Key": "tag:a", "Values": ["b"]}]}), node),
            VALIDATION,
            "InstanceIds",
        ),
    ]
}

fn meaningless(node: &str, command: &str) -> Vec<Case> {
    let plugin = "schemaVersion: '2.2'\nmainSteps:\n  - {action: 'aws:makeCoffee', name: brew, inputs: {}}\n";
    let nobody = "mi-00000000000000000";
    let nothing = "00000000-0000-4000-8000-000000000000";
    let large = "x".repeat(700_000);
    vec![
        case("not YAML", "CreateDocument", &document("a: [b"), CONTENT, ""),
        case("unknown plugin", "CreateDocument", &document(plugin), CONTENT, "aws:makeCoffee"),
        case(
            "a large document",
            "CreateDocument",
            &document(&format!("a: {large}")),
            "MaxDocumentSizeExceeded",
            "65536",
        ),
        case(
            "a document that is there",
            "CreateDocument",
            &json!({"Name": "AWS-RunShellScript", "DocumentType": "Command", "Content": "{\"schemaVersion\":\"2.2\",\"mainSteps\":[{\"action\":\"aws:runShellScript\",\"name\":\"a\",\"inputs\":{\"runCommand\":[\"ls\"]}}]}"}),
            "",
            "AWS",
        ),
        case(
            "unknown document",
            "SendCommand",
            &json!({"DocumentName": "Nothing", "InstanceIds": [node]}),
            "InvalidDocument",
            "Nothing",
        ),
        case(
            "undeclared parameter",
            "SendCommand",
            &shell(&json!({"Parameters": {"commands": ["ls"], "nope": ["x"]}}), node),
            "InvalidParameters",
            "nope",
        ),
        case(
            "parameter against its pattern",
            "SendCommand",
            &shell(&json!({"Parameters": {"commands": ["ls"], "executionTimeout": ["soon"]}}), node),
            "InvalidParameters",
            "executionTimeout",
        ),
        case(
            "parameters larger than a message",
            "SendCommand",
            &shell(&json!({"Parameters": {"commands": [large]}}), node),
            "InvalidParameters",
            "Parameters",
        ),
        case("unknown node", "SendCommand", &shell(&json!({}), nobody), "InvalidInstanceId", nobody),
        case(
            "unknown target key",
            "SendCommand",
            &json!({"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["ls"]}, "Targets": [{"Key": "colour", "Values": ["b"]}]}),
            "InvalidTarget",
            "colour",
        ),
        case(
            "cancelling nothing",
            "CancelCommand",
            &json!({"CommandId": nothing}),
            "InvalidCommandId",
            nothing,
        ),
        case(
            "asking of nothing",
            "GetCommandInvocation",
            &json!({"CommandId": nothing, "InstanceId": node}),
            "InvalidCommandId",
            nothing,
        ),
        case(
            "asking another node",
            "GetCommandInvocation",
            &json!({"CommandId": command, "InstanceId": nobody}),
            "InvocationDoesNotExist",
            nobody,
        ),
        case(
            "cancelling on another node",
            "CancelCommand",
            &json!({"CommandId": command, "InstanceIds": [nobody]}),
            "InvalidInstanceId",
            nobody,
        ),
        case(
            "unknown filter",
            "ListCommands",
            &json!({"Filters": [{"key": "Colour", "value": "b"}]}),
            VALIDATION,
            "filters.1.member.key",
        ),
        case(
            "a token of somebody's own",
            "ListDocuments",
            &json!({"NextToken": "abc"}),
            "InvalidNextToken",
            "",
        ),
    ]
}

fn code(answer: &Value) -> &str {
    answer["__type"].as_str().unwrap_or_default()
}

fn message(answer: &Value) -> &str {
    answer["message"].as_str().or(answer["Message"].as_str()).unwrap_or_default()
}

fn wrong_callers(instance: &Instance) -> Vec<(&'static str, Raw, &'static str)> {
    let mut forged = instance.raw();
    forged.secret_access_key = "0".repeat(40);
    let mut unknown = instance.raw();
    unknown.access_key_id = "AKIA0000000000000000".to_owned();
    let mut stale = instance.raw();
    stale.now = stale.now.plus_seconds(-3600);
    let mut early = instance.raw();
    early.now = early.now.plus_seconds(3600);
    let mut elsewhere = instance.raw();
    elsewhere.region = "eu-west-9".to_owned();
    vec![
        ("forged signature", forged, "InvalidSignatureException"),
        ("unknown key", unknown, "UnrecognizedClientException"),
        ("stale clock", stale, "InvalidSignatureException"),
        ("early clock", early, "InvalidSignatureException"),
        ("another region", elsewhere, "InvalidSignatureException"),
    ]
}

async fn written(instance: &Instance) -> (usize, u64, u64) {
    let bus = instance.bus().await;
    let inbox = streams::last_sequence(&bus, streams::NODE_INBOX).await.unwrap();
    let aside = streams::last_sequence(&bus, streams::DEAD_LETTER_QUEUE).await.unwrap();
    (instance.events().len(), inbox, aside)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_refused_by_name_and_writes_nothing() {
    let instance = Instance::start(1);
    let node = instance.node();
    let command = instance.send("echo done");
    instance.ended(&command);
    let before = written(&instance).await;

    let mut wrong = Vec::new();
    let mut cases = malformed();
    cases.extend(constraints(&node));
    cases.extend(meaningless(&node, &command));
    let callers = wrong_callers(&instance);
    let total = cases.len() + callers.len();
    for case in &cases {
        let (status, answer) = instance.raw().post(case.operation, &case.body);
        let fits = (400..500).contains(&status)
            && if case.code.is_empty() { !code(&answer).is_empty() } else { code(&answer) == case.code }
            && message(&answer).contains(case.names)
            && !message(&answer).is_empty();
        println!("{}: {status} {}", case.name, answer.to_string().chars().take(220).collect::<String>());
        if !fits {
            wrong.push(format!(
                "{}: {status} {answer}, expected {} naming {:?}",
                case.name, case.code, case.names
            ));
        }
    }
    for (name, caller, expected) in callers {
        let (status, answer) = caller.call("ListDocuments", &json!({}));
        println!("{name}: {status} {answer}");
        if !(400..500).contains(&status) || code(&answer) != expected {
            wrong.push(format!("{name}: {status} {answer}, expected {expected}"));
        }
    }
    let oversize = format!("{{\"Name\": \"{}\"}}", "x".repeat(4 << 20));
    let (status, answer) = instance.raw().post("GetDocument", oversize.as_bytes());
    if status != 413 || code(&answer) != "RequestEntityTooLargeException" {
        wrong.push(format!("oversize body: {status} {answer}"));
    }

    // A token counts only as it was given, and only for the same question.
    let page = instance.call("ListDocuments", &json!({"MaxResults": 1}));
    let token = page["NextToken"].as_str().expect("a second page").to_owned();
    let mut altered = token.clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    for (operation, token) in [("ListDocuments", altered.as_str()), ("ListCommands", &token)] {
        let (status, answer) = instance.raw().call(operation, &json!({"MaxResults": 1, "NextToken": token}));
        if status != 400 || code(&answer) != "InvalidNextToken" {
            wrong.push(format!("a wrong token for {operation}: {status} {answer}"));
        }
    }

    // A command that has ended stays as it is; the answer is AWS's, which is none.
    instance.aws(&["cancel-command", "--command-id", &command]).text();
    let refused = instance.aws(&["send-command", "--document-name", "Nothing", "--instance-ids", &node]);
    assert!(refused.complaint().contains("(InvalidDocument)"), "{}", refused.complaint());

    let after = written(&instance).await;
    println!("{} bad requests: events, inbox and dead letters {before:?} before, {after:?} after", total + 5);
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(before, after, "something was half-written");
    let command = instance.send("echo works");
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
}
