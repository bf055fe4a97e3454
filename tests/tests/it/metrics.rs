//! What an instance measures, as Prometheus reads it, and its logs as programs read them.

use reeve_e2e::{Instance, wait_for};
use reeve_testkit::free_port;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Series by their name and labels.
fn scraped(address: &str) -> BTreeMap<String, f64> {
    let mut response = ureq::get(format!("http://{address}/metrics")).call().unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let text = response.body_mut().read_to_string().unwrap();
    let (mut series, mut described) = (BTreeMap::new(), BTreeSet::new());
    for line in text.lines() {
        if let Some(about) = line.strip_prefix("# TYPE ") {
            let name = about.split_whitespace().next().unwrap();
            assert!(described.insert(name.to_owned()), "{name} is described twice");
        } else if !line.starts_with('#') {
            let (key, value) = line.rsplit_once(' ').unwrap();
            assert!(series.insert(key.to_owned(), value.parse().unwrap()).is_none(), "{key} is there twice");
        }
    }
    assert!(series.keys().all(|key| described.iter().any(|name| key.starts_with(name.as_str()))));
    series
}

#[test]
fn prometheus_reads_operations_handlers_views_timers_and_the_fleet() {
    let address = format!("127.0.0.1:{}", free_port());
    let instance = Instance::start_with(1, &[("REEVE_STATUS", &address)]);
    let command = instance.send("echo there");
    instance.ended(&command);
    let (status, _) = instance.raw().call("GetDocument", &json!({"Name": "nothing"}));
    assert_eq!(status, 400);
    let count = |series: &BTreeMap<String, f64>, key: &str| series.get(key).copied().unwrap_or_default();
    let series = scraped(&address);
    for key in [
        r#"reeve_call_duration_seconds_count{api="ssm",operation="SendCommand",outcome="ok"}"#,
        r#"reeve_operation_duration_seconds_count{operation="SendCommand",outcome="ok",service="run-command"}"#,
        r#"reeve_operation_duration_seconds_count{operation="GetDocument",outcome="InvalidDocument",service="documents"}"#,
        r#"reeve_handling_duration_seconds_count{handler="reports",outcome="ok",service="run-command"}"#,
    ] {
        assert!(count(&series, key) >= 1.0, "{key} is not in {series:#?}");
    }
    // These are sampled: the node was not there at the first time.
    wait_for("the node is counted", || {
        let series = scraped(&address);
        let connected = count(&series, r#"reeve_nodes{state="connected"}"#) >= 1.0;
        let lag = series.get(r#"reeve_view_lag{service="run-command",stream="NODES"}"#);
        let late = series.get(r#"reeve_timer_lateness_seconds{service="run-command",timer="rollout"}"#);
        let waiting = series
            .get(r#"reeve_consumer_waiting{handler="reports",service="run-command",stream="NODE_REPORTS"}"#);
        let letters = series.get("reeve_dead_letters");
        let asked = series
            .get(r#"reeve_consumer_waiting{handler="requests",service="gateway",stream="GATEWAY_REQUESTS"}"#);
        (connected && [lag, late, waiting, letters, asked].iter().all(|value| *value == Some(&0.0)))
            .then_some(())
    });
    let ready =
        ureq::get(format!("http://{address}/readyz")).call().unwrap().body_mut().read_to_string().unwrap();
    assert_eq!(ready, "ready\n");
}

#[test]
fn the_rules_and_the_targets_for_prometheus_name_what_there_is() {
    let address = format!("127.0.0.1:{}", free_port());
    let instance = Instance::start_with(0, &[("REEVE_STATUS", &address)]);
    instance.call("ListDocuments", &json!({}));
    let mut shown = include_str!("../../../docker/prometheus/rules.yml").to_owned();
    for dashboard in [
        include_str!("../../../docker/grafana/dashboards/fleet.json"),
        include_str!("../../../docker/grafana/dashboards/operations.json"),
        include_str!("../../../docker/grafana/dashboards/services.json"),
    ] {
        let dashboard: Value = serde_json::from_str(dashboard).unwrap();
        let targets = dashboard["panels"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|panel| panel["targets"].as_array().unwrap());
        for target in targets {
            shown.extend(["\n", target["expr"].as_str().unwrap()]);
        }
    }
    let named: BTreeSet<&str> = shown
        .split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_')
        .filter(|word| word.starts_with("reeve_"))
        .collect();
    assert!(named.len() > 5, "{named:?}");
    wait_for("all of them are there", || {
        let series = scraped(&address);
        let is_there = |name: &&str| series.keys().any(|key| key.split('{').next() == Some(*name));
        named.iter().all(is_there).then_some(())
    });
    let config: Value =
        serde_yaml_ng::from_str(include_str!("../../../docker/prometheus/prometheus.yml")).unwrap();
    let targets = config["scrape_configs"][0]["static_configs"][0]["targets"].as_array().unwrap();
    let targets: BTreeSet<&str> =
        targets.iter().map(|target| target.as_str().unwrap().trim_end_matches(":8410")).collect();
    let services = reeve_e2e::services();
    let expected = services.iter().map(String::as_str).chain(["gateway", "key-renewal", "streams"]);
    assert_eq!(targets, expected.collect());
}

#[test]
fn logs_are_json_and_say_who_called_what() {
    let environment = [("REEVE_LOG", "warn,reeve_gateway::access=info"), ("REEVE_LOG_FORMAT", "json")];
    let instance = Instance::start_with(0, &environment);
    instance.call("ListDocuments", &json!({}));
    let (status, _) = instance.raw().call("GetDocument", &json!({"Name": "nothing"}));
    assert_eq!(status, 400);
    let lines = || {
        let log = std::fs::read_to_string(instance.scratch().join("up.log")).unwrap();
        let parsed = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        parsed.filter(|line| line["target"] == "reeve_gateway::access").collect::<Vec<_>>()
    };
    let called = wait_for("both are logged", || Some(lines()).filter(|lines| lines.len() >= 2));
    let of = |action: &str| called.iter().find(|line| line["action"] == action).unwrap();
    assert_eq!(
        (&of("ssm:ListDocuments")["outcome"], &of("ssm:GetDocument")["outcome"]),
        (&json!("ok"), &json!("InvalidDocument"))
    );
    let line = of("ssm:GetDocument");
    assert_eq!(line["principal"], "administrator");
    assert!(
        line["source"].as_str().unwrap().starts_with("127.0.0.1") && line["request_id"].is_string(),
        "{line}"
    );
    assert!(line["milliseconds"].is_number() && line["timestamp"].is_string(), "{line}");
}
