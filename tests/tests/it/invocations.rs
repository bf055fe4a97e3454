//! Equal calls are different calls, and the attempts of one call are one: by botocore, as the `aws` CLI and boto3 do it.

use reeve_e2e::{Answer, Apart, Instance, wait_for};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// As many as a script prints, one a line.
fn ids(printed: &str) -> Vec<String> {
    printed.lines().map(str::to_owned).collect()
}

fn commands(instance: &Instance) -> BTreeSet<String> {
    let listed = instance.call("ListCommands", &json!({}));
    let id = |command: &Value| command["CommandId"].as_str().unwrap().to_owned();
    listed["Commands"].as_array().unwrap().iter().map(id).collect()
}

const SEND: &str = r#"
def send():
    sent = client.send_command(DocumentName="AWS-RunShellScript", Parameters={"commands": ["true"]},
        Targets=[{"Key": "tag:role", "Values": ["none"]}])
    return sent["Command"]["CommandId"]
"#;

#[test]
fn a_loop_of_ten_equal_calls_is_ten_calls() {
    let instance = Instance::start(0);
    let script = format!("{SEND}\nfor _ in range(10): print(send())");
    let sent = ids(instance.botocore("ssm", &script).text());
    let distinct: BTreeSet<String> = sent.iter().cloned().collect();
    assert_eq!((sent.len(), distinct.len()), (10, 10), "{sent:?}");
    assert_eq!(commands(&instance), distinct);

    // Create, delete, create within a second.
    let content = json!({"schemaVersion": "2.2", "mainSteps": [{
        "action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": ["true"]},
    }]});
    let script = format!(
        "content = {:?}\ndef create(): client.create_document(Name='again', DocumentType='Command', Content=content)\n\
         for _ in range(5):\n    create()\n    client.delete_document(Name='again')\ncreate()\n\
         print(client.describe_document(Name='again')['Document']['Status'])",
        content.to_string()
    );
    assert_eq!(instance.botocore("ssm", &script).text().trim(), "Active");
    let script = "for _ in range(5): print(client.create_activation(IamRole='r')['ActivationId'])";
    let activations: BTreeSet<String> = ids(instance.botocore("ssm", script).text()).into_iter().collect();
    assert_eq!(activations.len(), 5);
}

#[test]
fn the_attempts_of_an_sdk_are_one_call() {
    let instance = Instance::start(0);
    // The answer to each attempt but the last is lost on its way: the SDK is shown a 503, and tries again, a second or
    // more later and signed anew.
    let script = format!(
        "{SEND}
import time
from awscli.botocore.httpsession import URLLib3Session
http, lost, dates = URLLib3Session(), [], []
class Raw:
    def stream(self, *_, **__): return [b'']
def lose(request, **_):
    dates.append(request.headers['X-Amz-Date'])
    if len(lost) == 2: return None
    lost.append(json.loads(http.send(request).content)['Command']['CommandId'])
    time.sleep(1.1)
    return AWSResponse(request.url, 503, {{}}, Raw())
client.meta.events.register('before-send.ssm.SendCommand', lose)
answered = send()
assert len(set(dates)) == 3, dates
print('\\n'.join(lost + [answered]))"
    );
    let sent = ids(instance.botocore("ssm", &script).text());
    assert_eq!(sent.len(), 3);
    let one: BTreeSet<String> = sent.into_iter().collect();
    assert_eq!(one.len(), 1, "{one:?}");
    assert_eq!(commands(&instance), one);
}

#[test]
fn bytes_that_are_sent_again_are_the_same_call_and_another_id_under_one_signature_is_refused() {
    let instance = Instance::start(0);
    let raw = instance.raw();
    let body = json!({"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]},
        "Targets": [{"Key": "tag:role", "Values": ["none"]}]})
    .to_string();
    // This client signs the id.
    let mut headers = raw.signed("ssm", "AmazonSSM.SendCommand", body.as_bytes());
    let first = raw.send(&headers, body.as_bytes());
    assert_eq!(first.0, 200, "{}", first.1);
    assert_eq!(raw.send(&headers, body.as_bytes()), first);
    for (name, value) in &mut headers {
        if *name == "amz-sdk-invocation-id" {
            "another".clone_into(value);
        }
    }
    let (status, answer) = raw.send(&headers, body.as_bytes());
    assert_eq!((status, answer["__type"].as_str()), (400, Some("InvalidSignatureException")), "{answer}");
    assert_eq!(commands(&instance).len(), 1);
}

#[test]
fn an_sdk_comes_again_while_a_service_is_late() {
    let mut apart = Apart::start();
    apart.end("documents");
    // A gateway that never saw the service.
    apart.kill("gateway");
    let raw = apart.instance().raw();
    wait_for("the gateway is back", || (raw.call("ListCommands", &json!({})).0 == 200).then_some(()));
    let refused = apart.instance().scratch().join("refused");
    let script = format!(
        "
answers = []
def note(response, **_):
    answers.append([response[0].status_code, response[0].headers.get('Retry-After')])
    open({refused:?}, 'w').close()
client.meta.events.register_first('needs-retry.ssm.ListDocuments', note)
client.list_documents()
print(json.dumps(answers))"
    );
    let mut sdk = apart.instance().botocore_command("ssm", &script);
    let asking = std::thread::spawn(move || Answer::of(sdk.env("AWS_MAX_ATTEMPTS", "20")).json());
    wait_for("it was refused", || refused.exists().then_some(()));
    apart.start_all();
    let answers = asking.join().unwrap();
    let answers = answers.as_array().unwrap();
    assert_eq!(answers[0], json!([503, "1"]), "{answers:?}");
    assert_eq!(answers.last(), Some(&json!([200, null])), "{answers:?}");
}
