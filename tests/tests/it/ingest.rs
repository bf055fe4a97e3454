//! Events of other systems over HTTP, and the OpsItems that alerts open.

use reeve_e2e::{Apart, Instance, wait_for};
use serde_json::{Value, json};

pub fn token(instance: &Instance, name: &str) -> String {
    let created = instance.reeve(&["access", "create-source", name, "--output", "json"]);
    created.json()["token"].as_str().unwrap().to_owned()
}

/// Posts a body; answers the status and the body.
pub fn post(instance: &Instance, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let url = format!("{}{path}", instance.announced()["endpoint"].as_str().unwrap());
    let mut request = ureq::post(&url).config().http_status_as_error(false).build();
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut answer = request.send(body).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn message(alerts: &[(&str, &str)]) -> String {
    let alert = |(status, fingerprint): &(&str, &str)| {
        json!({"status": status, "fingerprint": fingerprint, "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": if *status == "firing" { "0001-01-01T00:00:00Z" } else { "2026-01-01T00:05:00Z" },
            "labels": {"alertname": "KubePodCrash", "pod": fingerprint, "severity": "warning"},
            "annotations": {"summary": "a pod crashes"}, "generatorURL": ""})
    };
    json!({"version": "4", "status": "firing", "receiver": "reeve", "groupKey": "{}:{alertname=\"KubePodCrash\"}",
        "externalURL": "http://am-1:9093", "truncatedAlerts": 0, "groupLabels": {"alertname": "KubePodCrash"},
        "commonLabels": {}, "commonAnnotations": {"summary": "a pod crashes"},
        "alerts": alerts.iter().map(alert).collect::<Vec<_>>()})
    .to_string()
}

#[test]
fn alerts_open_an_item_and_close_it() {
    let instance = Instance::start(0);
    let bearer = format!("Bearer {}", token(&instance, "alertmanager"));
    let send = |alerts: &[(&str, &str)]| {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let answer = post(&instance, "/webhooks/alertmanager", &headers, &message(alerts));
        assert_eq!(answer, (200, json!({"alerts": alerts.len()})));
    };
    let items =
        || instance.reeve(&["ops", "list", "--all", "--output", "json"]).json().as_array().unwrap().clone();
    send(&[("firing", "a"), ("firing", "b")]);
    let listed = wait_for("an item", || Some(items()).filter(|items| items.len() == 1));
    let id = listed[0]["OpsItemId"].as_str().unwrap();
    assert_eq!((&listed[0]["Title"], &listed[0]["Severity"]), (&json!("a pod crashes"), &json!("3")));
    for _ in 0..9 {
        send(&[("firing", "a"), ("firing", "b")]);
    }
    let shown = || instance.reeve(&["ops", "show", id]).stdout;
    let text = wait_for("all repeats", || Some(shown()).filter(|text| text.contains("heard of 20 times")));
    println!("{text}");
    assert!(
        text.contains("2 of 2 firings go on") && text.contains("pod=a") && text.contains("pod=b"),
        "{text}"
    );
    send(&[("resolved", "a"), ("firing", "b")]);
    wait_for("one has ended", || shown().contains("1 of 2 firings go on").then_some(()));
    assert_eq!(items()[0]["Status"], "Open");
    send(&[("resolved", "b")]);
    wait_for("it is resolved", || (items()[0]["Status"] == "Resolved").then_some(()));
    let sources = instance.reeve(&["access", "sources", "--output", "json"]).json();
    assert_eq!(sources[0]["received"], 12);
}

#[test]
fn what_comes_in_is_stored_or_refused_with_a_reason() {
    let mut instance = Instance::start(0);
    let bearer = format!("Bearer {}", token(&instance, "ci"));
    let binary = |more: &[(&str, &str)]| {
        let whole = [
            ("authorization", bearer.as_str()),
            ("ce-specversion", "1.0"),
            ("ce-id", "1"),
            ("ce-source", "/ci"),
            ("ce-type", "build.failed"),
            ("content-type", "application/json"),
        ];
        let kept = whole.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let headers: Vec<(&str, &str)> =
            kept.chain(more.iter().copied()).filter(|(_, v)| *v != "-").collect();
        post(&instance, "/events", &headers, r#"{"branch": "main"}"#)
    };
    assert_eq!(binary(&[("ce-subject", "Euro%20%E2%82%AC")]), (200, json!({"id": "1"})));
    assert_eq!(binary(&[]).0, 200, "a repeat");
    for (more, status, words) in [
        (("ce-id", "-"), 400, "ce-id is missing"),
        (("ce-Bad-Name", "x"), 400, "ce-bad-name"),
        (("authorization", "-"), 401, "Authorization"),
        (("authorization", "Bearer ci.wrong"), 401, "no source"),
        (("content-type", "application/cloudevents+xml"), 415, "Content-Type"),
    ] {
        let (answered, body) = binary(&[more]);
        assert_eq!(answered, status, "{body}");
        assert!(body["message"].as_str().unwrap().contains(words), "{body}");
    }
    let received = || {
        let events = instance.events();
        events
            .into_iter()
            .filter(|event| event["type"] == "reeve.ingest.CloudEventReceived.v1")
            .collect::<Vec<_>>()
    };
    let events = received();
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(events[0].to_string().contains("Euro €"), "{}", events[0]);
    instance.stop();
    instance.restart();
    let bearer = format!("Bearer {}", token(&instance, "second"));
    let headers =
        [("authorization", bearer.as_str()), ("content-type", "application/cloudevents-batch+json")];
    assert_eq!(post(&instance, "/events", &headers, "[]").0, 200);
}

#[test]
fn whoever_sends_while_the_bus_or_the_service_is_away_is_told_to_come_again() {
    let mut apart = Apart::start();
    let bearer = format!("Bearer {}", token(apart.instance(), "am"));
    let send = |apart: &mut Apart| {
        let headers = [("authorization", bearer.as_str())];
        let alertmanager =
            post(apart.instance(), "/webhooks/alertmanager", &headers, &message(&[("firing", "a")]));
        let other = post(apart.instance(), "/webhooks/am", &headers, "{}");
        assert_eq!(alertmanager.0, other.0, "{}", other.1);
        alertmanager
    };
    assert_eq!(send(&mut apart).0, 200);
    apart.end("ingest");
    let (status, said) = send(&mut apart);
    assert_eq!(status, 503, "{said}");
    apart.end("nats-server");
    let (status, said) = send(&mut apart);
    assert_eq!(status, 503, "{said}");
    apart.start_all();
    wait_for("it is taken again", || (send(&mut apart).0 == 200).then_some(()));
}
