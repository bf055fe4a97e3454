//! Alerts that other systems post as JSON: by a mapping they open OpsItems, as Alertmanager's do.

use crate::ingest::{post, token};
use reeve_e2e::{Instance, wait_for};
use serde_json::{Value, json};

/// What a system posts.
fn fixture(system: &str) -> Value {
    let path = format!("{}/../services/ingest/tests/webhooks/{system}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Makes a source with the mapping of the examples; answers its token.
fn source(instance: &Instance, system: &str) -> String {
    let token = token(instance, system);
    let mapping = format!("{}/../examples/webhooks/{system}.json", env!("CARGO_MANIFEST_DIR"));
    instance.reeve(&["access", "put-mapping", system, &mapping]).text();
    token
}

#[test]
fn a_posted_alert_opens_an_item_and_closes_it() {
    let instance = Instance::start(0);
    let items = |source: &str| -> Vec<Value> {
        let listed = instance.reeve(&["ops", "list", "--all", "--output", "json"]).json();
        listed.as_array().unwrap().iter().filter(|item| item["Source"] == source).cloned().collect()
    };
    // Each with its status, and what says that it has ended.
    for (system, title, severity, status, ended) in [
        ("grafana", "web-1 is busy", Some("1"), "/alerts/0/status", json!("resolved")),
        ("github", "Update README.md", None, "/workflow_run/conclusion", json!("success")),
        ("zabbix", "Free disk space is less than 5% on /", Some("2"), "/event_value", json!("0")),
        ("uptime-kuma", "shop", None, "/heartbeat/status", json!(1)),
    ] {
        let bearer = format!("Bearer {}", source(&instance, system));
        let send = |body: &Value| {
            let headers = [("authorization", bearer.as_str())];
            let (code, answer) = post(&instance, &format!("/webhooks/{system}"), &headers, &body.to_string());
            assert_eq!((code, &answer["setAside"]), (200, &json!([])), "{answer}");
            answer
        };
        let mut body = fixture(system);
        let answer = send(&body);
        println!("{system}: {answer}");
        let opened = wait_for(system, || Some(items(system)).filter(|items| items.len() == 1));
        assert_eq!((opened[0]["Title"].as_str(), opened[0]["Severity"].as_str()), (Some(title), severity));
        for _ in 0..3 {
            send(&body);
        }
        let id = opened[0]["OpsItemId"].as_str().unwrap();
        wait_for("repeats are counted", || {
            instance.reeve(&["ops", "show", id]).stdout.contains("heard of 4 times").then_some(())
        });
        *body.pointer_mut(status).unwrap() = ended;
        send(&body);
        wait_for("it is resolved", || (items(system)[0]["Status"] == "Resolved").then_some(()));
        // Once more is another one.
        send(&fixture(system));
        if system == "grafana" {
            // By its own start it is the one that has ended.
            assert_eq!(items(system).len(), 1);
        } else {
            wait_for("another one", || (items(system).len() == 2).then_some(()));
        }
    }
}

#[test]
fn what_cannot_be_mapped_is_a_dead_letter_and_what_can_never_be_accepted_is_refused() {
    let instance = Instance::start(0);
    let key = source(&instance, "uptime-kuma");
    let bare = token(&instance, "bare");
    let send = |path: &str, token: &str, body: &str| {
        let bearer = format!("Bearer {token}");
        post(&instance, path, &[("authorization", bearer.as_str())], body)
    };
    let mut odd = fixture("uptime-kuma");
    odd["heartbeat"]["status"] = json!(7);
    let (status, answer) = send("/webhooks/uptime-kuma", &key, &odd.to_string());
    assert_eq!((status, &answer["alerts"]), (200, &json!(0)), "{answer}");
    assert_eq!(answer["setAside"][0]["field"], "/heartbeat/status");
    let (status, answer) = send("/webhooks/bare", &bare, "{}");
    assert_eq!((status, &answer["setAside"][0]["field"]), (200, &json!("The source bare")), "{answer}");
    let letters = wait_for("both letters", || {
        let listed = instance.reeve(&["dead-letters", "list", "--output", "json"]).json();
        Some(listed).filter(|listed| listed.as_array().is_some_and(|letters| letters.len() == 2))
    });
    println!("{letters}");
    assert!(
        letters.to_string().contains("/heartbeat/status is")
            && letters.to_string().contains("has no mapping")
    );
    assert!(!letters.to_string().contains(key.split_once('.').unwrap().1), "the token is in no letter");
    for (path, token, body, code, words) in [
        ("/webhooks/uptime-kuma", key.as_str(), "{", 400, "The body is not JSON"),
        ("/webhooks/uptime-kuma", bare.as_str(), "{}", 401, "not of uptime-kuma"),
        ("/webhooks/nobody", key.as_str(), "{}", 401, "not of nobody"),
        ("/webhooks/uptime-kuma", "uptime-kuma.wrong", "{}", 401, "no source"),
    ] {
        let (status, answer) = send(path, token, body);
        assert!(status == code && answer["message"].as_str().unwrap().contains(words), "{status} {answer}");
    }
    // A sender that can set no header has the token in the query.
    let body = fixture("uptime-kuma").to_string();
    assert_eq!(post(&instance, &format!("/webhooks/uptime-kuma?token={key}"), &[], &body).0, 200);
    assert_eq!(post(&instance, "/webhooks/uptime-kuma?token=x", &[], &body).0, 401);
    assert_eq!(post(&instance, &format!("/events?token={key}"), &[], &body).0, 401);
    let mapping = instance.scratch().join("mapping.json");
    std::fs::write(&mapping, r#"{"key": ["/id"], "titel": "/t"}"#).unwrap();
    let refused = instance.reeve(&["access", "put-mapping", "bare", &mapping.display().to_string()]);
    assert!(refused.complaint().contains("unknown field `titel`"), "{}", refused.stderr);
}
