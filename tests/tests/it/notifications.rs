//! What leaves the installation, and who takes it: a receiver of Standard Webhooks with their own library, and aiosmtpd.

use crate::{
    parameters::holds,
    rules::{events, put_event},
};
use reeve_e2e::{Answer, Instance, wait_for};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread,
};

/// Takes webhooks that are signed with one of the keys in the file SECRETS, and 503 otherwise.
const RECEIVER: &str = r#"
import http.server, json, os
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = 503
        for secret in open("secrets").read().split():
            try:
                Webhook(secret).verify(body, headers)
                status = 200
            except WebhookVerificationError:
                pass
        print(json.dumps({"status": status, "path": self.path, "id": headers["webhook-id"], "body": json.loads(body)}), flush=True)
        self.send_response(status)
        self.send_header("retry-after", "1")
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(json.dumps(server.server_port), flush=True)
server.serve_forever()
"#;

/// Takes mail over STARTTLS from who signs in as reeve, for everybody but nobody@example.org.
const MAIL: &str = r#"
import json, socket, ssl, threading
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP

class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None,
            "user": session.auth_data and session.auth_data.login.decode(), "letter": envelope.content.decode()}), flush=True)
        return "250 2.0.0 taken"

def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"reeve" and data.password == b"correct horse", auth_data=data)

context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain("mail.crt", "mail.key")
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
controller = Controller(Handler(), hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True,
    authenticator=authenticate, auth_required=True)
controller.start()
print(json.dumps(port), flush=True)
threading.Event().wait()
"#;

/// A program at the other end, and what it has printed.
pub(crate) struct Outside {
    child: Child,
    pub(crate) port: u16,
    printed: Arc<Mutex<Vec<Value>>>,
}

impl Outside {
    pub(crate) fn start(instance: &Instance, script: &str) -> Self {
        let mut child = instance.python_command(script, &[]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        let printed: Arc<Mutex<Vec<Value>>> = Arc::default();
        let taken = printed.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                taken.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, port, printed }
    }

    pub(crate) fn printed(&self) -> Vec<Value> {
        self.printed.lock().unwrap().clone()
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn notifications(instance: &Instance, arguments: &[&str]) -> Answer {
    instance.reeve(&[&["notifications"], arguments].concat())
}

/// Waits until the newest notification to a destination has a status; answers it.
fn newest_is(instance: &Instance, destination: &str, status: &str) -> Value {
    wait_for(&format!("the newest to {destination} is {status}"), || {
        let list = ["--output", "json", "notifications", "list", "--destination", destination];
        let listed = instance.reeve(&list).json();
        Some(listed[0].clone()).filter(|newest| newest["status"] == status)
    })
}

fn items(instance: &Instance, status: &str) -> usize {
    let filters = [
        "Key=Source,Values=reeve.notifications,Operator=Equal".to_owned(),
        format!("Key=Status,Values={status},Operator=Equal"),
    ];
    let [source, status] = &filters;
    let found = instance.aws(&["describe-ops-items", "--ops-item-filters", source, status]).json();
    found["OpsItemSummaries"].as_array().unwrap().len()
}

#[test]
fn a_rule_tells_a_webhook_and_what_is_refused_is_an_ops_item() {
    let instance = Instance::start(0);
    std::fs::write(instance.scratch().join("secrets"), "").unwrap();
    let receiver = Outside::start(&instance, RECEIVER);
    let url = format!("http://127.0.0.1:{}/orders", receiver.port);
    let put = ["put-webhook", "orders", &url, "--format", "DETAILS", "--allow-private-addresses"];
    let secret = notifications(&instance, &put).text().to_owned();
    let calm =
        ["put-webhook", "calm", &url, "--allow-private-addresses", "--limit", "5/1m", "--limit", "50/1d"];
    notifications(&instance, &calm).text();
    let listed = notifications(&instance, &["webhooks"]).text().to_owned();
    assert!(listed.contains("5/60s 50/86400s"), "{listed}");
    let odd =
        notifications(&instance, &["put-webhook", "calm", &url, "--limit", "5/1w"]).complaint().to_owned();
    assert!(odd.contains("--limit") && odd.contains("a time in s, m, h or d"), "{odd}");
    let pattern = r#"{"source":["shop"]}"#;
    events(&instance, &["put-rule", "--name", "orders", "--event-pattern", pattern]).json();
    let target = json!([{"Id": "hook", "Arn": "arn:aws:events:us-east-1:123456789012:api-destination/orders",
        "InputTransformer": {"InputPathsMap": {"total": "$.detail.total"}, "InputTemplate": "{\"total\": <total>}"}}]);
    events(&instance, &["put-targets", "--rule", "orders", "--targets", &target.to_string()]).json();
    put_event(&instance, &json!({"total": 20}));
    // The receiver does not know the key yet: it is asked again, with the same id.
    wait_for("it was asked", || receiver.printed().pop());
    std::fs::write(instance.scratch().join("secrets"), &secret).unwrap();
    let sent = newest_is(&instance, "webhook:orders", "Sent");
    let posted = receiver.printed();
    let last = posted.last().unwrap();
    assert_eq!((&last["status"], &last["body"]), (&json!(200), &json!({"total": 20})));
    assert!(
        posted.iter().all(|post| post["id"] == sent["notificationId"] && post["path"] == "/orders"),
        "{posted:?}"
    );
    assert_eq!((&sent["originKind"], &sent["originId"]), (&json!("rule"), &json!("orders/hook")));

    let refused = instance.reeve(&["notifications", "send", "webhook:orders", "--subject", ""]);
    assert!(refused.complaint().contains("subject"), "{}", refused.complaint());
    notifications(&instance, &["delete-webhook", "orders"]).text();
    put_event(&instance, &json!({"total": 21}));
    let failed = newest_is(&instance, "webhook:orders", "Refused");
    assert_eq!(failed["reason"], "destination is \"webhook:orders\": there is no webhook orders.");
    wait_for("an item is open", || (items(&instance, "Open") == 1).then_some(()));
    let secret = notifications(&instance, &put).text().to_owned();
    std::fs::write(instance.scratch().join("secrets"), &secret).unwrap();
    put_event(&instance, &json!({"total": 22}));
    newest_is(&instance, "webhook:orders", "Sent");
    // Whose messages are refused has to mend what asks for them, and says when that is done.
    assert_eq!((items(&instance, "Open"), items(&instance, "Resolved")), (1, 0));
    let shown =
        notifications(&instance, &["show", sent["notificationId"].as_str().unwrap()]).text().to_owned();
    for text in ["status: Sent", "receipt: HTTP 200", "originId: orders/hook", "\n{\"total\":20}"] {
        assert!(shown.contains(text), "{shown}");
    }
}

#[test]
fn mail_goes_over_tls_from_who_has_signed_in_and_no_password_is_in_the_log() {
    let mut instance = Instance::start(0);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let scratch = instance.scratch().to_owned();
    std::fs::write(scratch.join("mail.crt"), certificate.pem()).unwrap();
    std::fs::write(scratch.join("mail.key"), key.serialize_pem()).unwrap();
    std::fs::write(scratch.join("password"), "correct horse\n").unwrap();
    let mail = Outside::start(&instance, MAIL);
    let port = mail.port.to_string();
    let put = ["put-mail-server", "localhost", "--port", &port, "--sender", "Reeve <ops@example.org>"];
    let trusted =
        ["--certificate-authority", "mail.crt", "--user-name", "reeve", "--password-file", "password"];
    // An authority that is not the one of the server is not believed.
    notifications(&instance, &put).text();
    let send = ["send", "mail:ann@example.org", "--subject", "Disk full", "--text", "Only 3 % are free: é"];
    let unsafe_one = notifications(&instance, &send).text().trim().to_owned();
    let shown = wait_for("an attempt failed", || {
        let shown = instance.reeve(&["--output", "json", "notifications", "show", &unsafe_one]).json();
        shown["reason"].is_string().then_some(shown)
    });
    let reason = shown["reason"].as_str().unwrap();
    assert!(reason.contains("localhost") && reason.to_lowercase().contains("certificate"), "{reason}");
    assert_eq!(mail.printed().len(), 0);
    notifications(&instance, &["cancel", &unsafe_one]).text();

    notifications(&instance, &[&put[..], &trusted[..]].concat()).text();
    notifications(&instance, &send).text();
    let sent = newest_is(&instance, "mail:ann@example.org", "Sent");
    assert_eq!(sent["receipt"], "SMTP 250 2.0.0 taken");
    let taken = mail.printed().pop().unwrap();
    assert_eq!(
        (&taken["from"], &taken["to"], &taken["tls"], &taken["user"]),
        (&json!("ops@example.org"), &json!(["ann@example.org"]), &json!(true), &json!("reeve"))
    );
    let letter = taken["letter"].as_str().unwrap();
    assert!(letter.contains("Subject: Disk full") && letter.contains("Message-ID: <"), "{letter}");
    notifications(&instance, &["send", "mail:nobody@example.org", "--subject", "s"]).text();
    let failed = newest_is(&instance, "mail:nobody@example.org", "Failed");
    assert!(failed["reason"].as_str().unwrap().contains("5.1.1 no such user"), "{failed}");
    // But where this test has put it.
    std::fs::remove_file(scratch.join("password")).unwrap();
    let folder = scratch.to_owned();
    instance.stop();
    assert_eq!(holds(&folder, "correct horse"), None);
    assert!(holds(&folder, "Only 3 % are free").is_some(), "the search finds what is there");
}

#[test]
fn a_runbook_invokes_a_webhook_and_fails_where_there_is_none() {
    let instance = Instance::start(0);
    std::fs::write(instance.scratch().join("secrets"), "").unwrap();
    let receiver = Outside::start(&instance, RECEIVER);
    let url = format!("http://127.0.0.1:{}/runbook", receiver.port);
    let put = ["put-webhook", "chat", &url, "--format", "DETAILS", "--allow-private-addresses"];
    let secret = notifications(&instance, &put).text().to_owned();
    std::fs::write(instance.scratch().join("secrets"), &secret).unwrap();
    let runbook = json!({"schemaVersion": "0.3", "parameters": {"Hook": {"type": "String"}}, "mainSteps": [
        {"name": "tell", "action": "aws:invokeWebhook", "maxAttempts": 1,
            "inputs": {"IntegrationName": "{{ Hook }}", "Body": "{\"done\": true}"}},
    ]});
    let document = json!({"Name": "Tell", "DocumentType": "Automation", "Content": runbook.to_string()});
    instance.call("CreateDocument", &document);
    let ran = |hook: &str| {
        let input = json!({"DocumentName": "Tell", "Parameters": {"Hook": [hook]}});
        // The service may not know the document yet.
        let id = wait_for("it starts", || {
            let (status, started) = instance.raw().call("StartAutomationExecution", &input);
            (status == 200).then(|| started["AutomationExecutionId"].clone())
        });
        wait_for("it has ended", || {
            let shown = instance.call("GetAutomationExecution", &json!({"AutomationExecutionId": id}));
            let shown = shown["AutomationExecution"].clone();
            ["Success", "Failed"]
                .iter()
                .any(|end| shown["AutomationExecutionStatus"] == *end)
                .then_some(shown)
        })
    };
    let told = ran("chat");
    assert_eq!(told["AutomationExecutionStatus"], "Success", "{told}");
    assert_eq!(told["StepExecutions"][0]["Outputs"]["ResponseCode"], json!(["200"]), "{told}");
    assert_eq!(receiver.printed()[0]["body"], json!({"done": true}));
    let failed = ran("nowhere");
    let message = failed["StepExecutions"][0]["FailureMessage"].as_str().unwrap().to_owned();
    assert!(message.contains("there is no webhook nowhere"), "{message}");
}
