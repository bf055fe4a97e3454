//! A pair of real Alertmanagers (Debian's `prometheus-alertmanager`) that notify one Reeve: what fires, repeats, is cut off and
//! resolves, also while Reeve is not there, is counted exactly.

use crate::{ingest::token, notifications::Outside};
use reeve_e2e::{Instance, Proxy, alertmanager, wait_for};
use reeve_testkit::free_port;
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// As long Reeve is not there.
const AWAY: Duration = Duration::from_secs(10);

/// A receiver of webhooks that prints what it is sent.
const RECEIVER: &str = r#"
import http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        print(body.decode(), flush=True)
        self.send_response(204)
        self.end_headers()
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(json.dumps(server.server_port), flush=True)
server.serve_forever()
"#;

fn free_address() -> String {
    format!("127.0.0.1:{}", free_port())
}

/// One of the pair.
struct Peer {
    child: Child,
    url: String,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Peer {
    fn start(folder: &Path, address: &str, cluster: &str, other: &str) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let child = Command::new(alertmanager())
            .arg(format!("--config.file={}", folder.parent().unwrap().join("alertmanager.yml").display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args([
                &format!("--cluster.listen-address={cluster}"),
                &format!("--cluster.advertise-address={cluster}"),
            ])
            .args([
                &format!("--cluster.peer={other}"),
                "--cluster.peer-timeout=1s",
                "--cluster.settle-timeout=2s",
            ])
            .args(["--cluster.gossip-interval=50ms", "--cluster.pushpull-interval=1s"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, url: format!("http://{address}") }
    }

    fn get(&self, path: &str) -> Option<String> {
        ureq::get(format!("{}{path}", self.url)).call().ok()?.body_mut().read_to_string().ok()
    }

    fn is_joined(&self) -> bool {
        let status = self.get("/api/v2/status").and_then(|text| serde_json::from_str::<Value>(&text).ok());
        status.is_some_and(|it| {
            it["cluster"]["status"] == "ready" && it["cluster"]["peers"].as_array().unwrap().len() == 2
        })
    }

    /// How many requests to the webhook it has made that were answered with success.
    fn delivered(&self) -> u64 {
        let metrics = self.get("/metrics").unwrap();
        let value = |name: &str| -> u64 {
            let line = format!("{name}{{integration=\"webhook\"}} ");
            let value = metrics.lines().find_map(|found| found.strip_prefix(&line));
            value.unwrap().parse().unwrap()
        };
        value("alertmanager_notification_requests_total")
            - value("alertmanager_notification_requests_failed_total")
    }
}

/// The whole of it.
struct Setup {
    instance: Instance,
    network: Proxy,
    peers: [Peer; 2],
    receiver: Outside,
    begun: Timestamp,
}

impl Setup {
    fn new() -> Self {
        let instance = Instance::start(0);
        let network = Proxy::to(&address(&instance));
        let bearer = token(&instance, "alertmanager");
        let receiver = Outside::start(&instance, RECEIVER);
        let hook = format!("http://127.0.0.1:{}/", receiver.port);
        instance.reeve(&["notifications", "put-webhook", "chat", &hook, "--allow-private-addresses"]).text();
        let pattern = r#"{"source": ["reeve.opscenter"], "detail-type": ["OpsItemCreated"]}"#;
        instance.aws_of("events", &["put-rule", "--name", "items", "--event-pattern", pattern]).text();
        let target =
            r#"[{"Id": "chat", "Arn": "arn:aws:events:us-east-1:123456789012:api-destination/chat"}]"#;
        instance.aws_of("events", &["put-targets", "--rule", "items", "--targets", target]).text();
        let folder = instance.scratch().join("alertmanagers");
        std::fs::create_dir_all(&folder).unwrap();
        let settings = json!({
            "route": {"receiver": "reeve", "group_by": ["alertname"], "group_wait": "1s", "group_interval": "2s",
                "repeat_interval": "3s"},
            "receivers": [{"name": "reeve", "webhook_configs": [{
                "url": format!("http://{}/webhooks/alertmanager", network.address()), "max_alerts": 2,
                "http_config": {"authorization": {"credentials": bearer}}}]}],
        });
        std::fs::write(folder.join("alertmanager.yml"), settings.to_string()).unwrap();
        let (one, two) = (free_address(), free_address());
        let peers = [
            Peer::start(&folder.join("1"), &free_address(), &one, &two),
            Peer::start(&folder.join("2"), &free_address(), &two, &one),
        ];
        wait_for("the two are a pair", || peers.iter().all(Peer::is_joined).then_some(()));
        Self { instance, network, peers, receiver, begun: Timestamp::now() }
    }

    /// Tells both of them of alerts of a name, as Prometheus does.
    fn tell(&self, name: &str, instances: &[&str], is_over: bool) {
        let alert = |instance: &&str| {
            let mut alert = json!({"labels": {"alertname": name, "instance": instance, "severity": "warning"},
                "annotations": {"summary": format!("{name} of some")}, "startsAt": self.begun.rfc3339()});
            if is_over {
                alert["endsAt"] = Timestamp::now().rfc3339().into();
            }
            alert
        };
        let body = Value::from(instances.iter().map(alert).collect::<Vec<_>>()).to_string();
        for peer in &self.peers {
            let request = ureq::post(format!("{}/api/v2/alerts", peer.url));
            request.header("content-type", "application/json").send(body.as_str()).unwrap();
        }
    }

    fn items(&self) -> Vec<Value> {
        let listed = self.instance.reeve(&["ops", "list", "--all", "--output", "json"]).json();
        let of_alerts = |item: &&Value| item["Source"] == "alertmanager";
        listed.as_array().unwrap().iter().filter(of_alerts).cloned().collect()
    }

    /// What is said of the item of a name, once it says that.
    fn says(&self, name: &str, words: &str) -> String {
        wait_for(&format!("{name}: {words}"), || {
            let title = format!("{name} of some");
            let item = self.items().into_iter().find(|item| item["Title"] == title.as_str())?;
            let shown = self.instance.reeve(&["ops", "show", item["OpsItemId"].as_str()?]).stdout;
            shown.contains(words).then_some(shown)
        })
    }

    /// The messages that Reeve has taken.
    fn messages(&self) -> Vec<Value> {
        let events = self.instance.reeve(&["events", "--service", "ingest", "--type", "AlertGroupReceived"]);
        let lines = events.text().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|event| event["data"].clone()).collect()
    }
}

fn address(instance: &Instance) -> String {
    instance.announced()["endpoint"].as_str().unwrap().trim_start_matches("http://").to_owned()
}

/// How often a firing alert of a name stands in messages.
fn firing(messages: &[Value], name: &str) -> usize {
    let alerts = messages.iter().flat_map(|message| message["alerts"].as_array().unwrap());
    alerts
        .filter(|alert| alert["firing"] == true && alert.to_string().contains(&format!("\"{name}\"")))
        .count()
}

#[test]
fn two_alertmanagers_that_repeat_cut_off_and_retry_are_counted_exactly() {
    let mut setup = Setup::new();
    setup.tell("Disk", &["b", "c"], false);
    setup.tell("Load", &["x"], false);
    setup.says("Disk", "2 of 2 firings go on");
    setup.says("Load", "1 of 1 firings go on");
    let repeats = |setup: &Setup| setup.messages().len();
    let before = repeats(&setup);
    wait_for("repeats", || (repeats(&setup) >= before + 3).then_some(()));

    // The third alert is cut off: a and b are shown, and c, which is not, ends unseen.
    setup.tell("Disk", &["a"], false);
    setup.says("Disk", "3 of 3 firings go on");
    setup.says("Disk", "cut off: 1 more");
    setup.tell("Disk", &["c"], true);
    let text = setup.says("Disk", "2 of 3 firings go on");
    assert!(text.contains("Absent"), "{text}");

    // Reeve is killed just after it has taken a message; what begins and ends meanwhile comes by retries.
    let before = repeats(&setup);
    wait_for("a message", || (repeats(&setup) > before).then_some(()));
    setup.instance.kill();
    setup.tell("Net", &["y"], false);
    setup.tell("Load", &["x"], true);
    std::thread::sleep(AWAY);
    setup.instance.restart();
    setup.network.lead_to(&address(&setup.instance));
    setup.says("Net", "1 of 1 firings go on");
    setup.says("Load", "0 of 1 firings go on");

    setup.tell("Disk", &["a", "b"], true);
    setup.tell("Net", &["y"], true);
    wait_for("all are resolved", || {
        let items = setup.items();
        (items.len() == 3 && items.iter().all(|item| item["Status"] == "Resolved")).then_some(())
    });
    // Nothing is told of what is resolved, so that both sides stand still and agree.
    std::thread::sleep(Duration::from_secs(5));
    let messages = setup.messages();
    let delivered: u64 = setup.peers.iter().map(Peer::delivered).sum();
    assert_eq!(
        u64::try_from(messages.len()).unwrap(),
        delivered,
        "what was acknowledged is in the log, once"
    );
    for name in ["Disk", "Load", "Net"] {
        let heard = format!("heard of {} times", firing(&messages, name));
        let shown = setup.says(name, "0 of ");
        assert!(shown.contains(&heard), "{name}: {heard}: {shown}");
    }
    assert_eq!(setup.items().len(), 3, "no repeat has opened another one");
    let told =
        wait_for("the webhook was told", || Some(setup.receiver.printed()).filter(|all| all.len() >= 3));
    assert_eq!(told.len(), 3, "{told:?}");
    let sent = ["--output", "json", "notifications", "list", "--status", "Sent"];
    assert_eq!(setup.instance.reeve(&sent).json().as_array().unwrap().len(), 3);
}
