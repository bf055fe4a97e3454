use super::*;
use proptest::prelude::*;
use serde_json::json;

/// A mapping of the examples, and a message as that system posts it.
fn of(system: &str) -> (Mapping, Value) {
    let read = |path: &str| {
        std::fs::read_to_string(format!("{}/{path}/{system}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let mapping = Mapping::parse(&read("../../examples/webhooks")).unwrap();
    (mapping, serde_json::from_str(&read("tests/webhooks")).unwrap())
}

fn read(mapping: &Mapping, body: &Value) -> Mapped {
    mapping.read("s", body.to_string().as_bytes()).unwrap()
}

fn alerts(mapping: &Mapping, body: &Value) -> Vec<Alert> {
    let mapped = read(mapping, body);
    assert_eq!((mapped.ignored, &mapped.misfits), (0, &Vec::new()));
    mapped.group.unwrap().alerts
}

fn text<'a>(texts: &'a [Text], key: &str) -> Option<&'a str> {
    texts.iter().find(|text| text.key == key).map(|text| text.value.as_str())
}

#[test]
fn grafanas_alerts_have_their_own_status_and_start() {
    let (mapping, body) = of("grafana");
    let alerts = alerts(&mapping, &body);
    let told: Vec<_> = alerts.iter().map(|a| (a.firing, a.start_ms)).collect();
    assert_eq!(told, [(true, 1_769_860_800_000), (false, 1_769_857_200_000)]);
    assert_eq!(text(&alerts[0].labels, "severity"), Some("critical"));
    assert_eq!(text(&alerts[0].annotations, "summary"), Some("web-1 is busy"));
    let described = text(&alerts[0].annotations, "description").unwrap();
    assert!(described.starts_with("CPU above 90 %") && described.contains("viewPanel=2"), "{described}");
    assert_eq!(alerts[0].generator_url, "https://grafana.example.org/d/1?viewPanel=2");
    // What has no summary is called by its name, and what has no text by the message's.
    assert_eq!(text(&alerts[1].annotations, "summary"), Some("HighCpu"));
    assert_eq!(text(&alerts[1].annotations, "description"), Some("**Firing**\n\nValue: B=92"));
}

#[test]
fn githubs_workflow_is_one_alert_for_each_branch_whatever_its_run() {
    let (mapping, mut body) = of("github");
    let failed = alerts(&mapping, &body).remove(0);
    assert!(failed.firing && failed.start_ms == 0);
    let group = read(&mapping, &body).group.unwrap();
    assert_eq!(group.started_when_heard, std::slice::from_ref(&failed.fingerprint));
    assert_eq!(text(&failed.labels, "key"), Some("octo-org/octo-repo / Build / main"));
    body["workflow_run"]["id"] = json!(2);
    body["workflow_run"]["conclusion"] = json!("success");
    let fixed = alerts(&mapping, &body).remove(0);
    assert_eq!((fixed.firing, &fixed.fingerprint), (false, &failed.fingerprint));
    body["workflow_run"]["head_branch"] = json!("other");
    assert_ne!(alerts(&mapping, &body)[0].fingerprint, failed.fingerprint);
    body["workflow_run"]["conclusion"] = Value::Null;
    assert_eq!(read(&mapping, &body), Mapped { ignored: 1, ..Mapped::default() });
}

#[test]
fn zabbix_has_severities_of_its_own() {
    let (mapping, mut body) = of("zabbix");
    let problem = alerts(&mapping, &body).remove(0);
    assert_eq!((problem.firing, text(&problem.labels, "severity")), (true, Some("error")));
    body["event_value"] = json!("0");
    body["message"] = json!("Problem has been resolved");
    let recovered = alerts(&mapping, &body).remove(0);
    assert_eq!((recovered.firing, recovered.fingerprint), (false, problem.fingerprint));
}

#[test]
fn uptime_kumas_status_is_a_number_and_its_text_does_not_count() {
    let (mapping, mut body) = of("uptime-kuma");
    let down = alerts(&mapping, &body).remove(0);
    assert_eq!((down.firing, text(&down.annotations, "summary")), (true, Some("shop")));
    body["heartbeat"]["msg"] = json!("200 - OK");
    body["heartbeat"]["status"] = json!(1);
    let up = alerts(&mapping, &body).remove(0);
    assert_eq!((up.firing, up.fingerprint), (false, down.fingerprint));
    body["heartbeat"]["status"] = json!(3);
    assert_eq!(read(&mapping, &body).ignored, 1, "maintenance");
}

#[test]
fn what_a_mapping_does_not_fit_is_named_and_the_others_are_taken() {
    let (mapping, mut body) = of("grafana");
    let _removed = body["alerts"][0].as_object_mut().unwrap().shift_remove("fingerprint");
    let mapped = read(&mapping, &body);
    assert_eq!(mapped.group.unwrap().alerts.len(), 1);
    assert_eq!(mapped.misfits[0].to_string(), "/alerts/0/fingerprint is missing: it is a part of the key");
    let (mapping, mut body) = of("uptime-kuma");
    body["heartbeat"]["status"] = json!(7);
    let mapped = read(&mapping, &body);
    let said = "/heartbeat/status is \"7\", of which the mapping does not say what it means";
    assert_eq!((mapped.group, mapped.misfits[0].to_string().as_str()), (None, said));
    for odd in [json!({}), json!([]), json!(null), json!({"alerts": {}})] {
        let (mapping, _) = of("grafana");
        assert_eq!(read(&mapping, &odd).misfits[0].to_string(), "/alerts is missing, or no list");
    }
    assert!(of("grafana").0.read("s", b"{").unwrap_err().to_string().contains("is not JSON"));
}

#[test]
fn a_mapping_says_what_is_wrong_with_it() {
    let whole = || json!({"key": ["/id"], "status": {"from": "/s", "firing": ["a"], "resolved": ["b"]}});
    let parsed = |mapping: &Value| Mapping::parse(&mapping.to_string());
    assert!(parsed(&whole()).is_ok());
    for (pointer, value, words) in [
        ("/key", json!([]), "mapping.key is empty"),
        ("/key", json!(["id"]), "mapping.key is \"id\": a place is a JSON Pointer"),
        ("/status/from", json!("s"), "mapping.status.from is \"s\""),
        ("/status/firing", json!([]), "mapping.status.firing is empty"),
        ("/status/resolved", json!(["a"]), "mapping.status has \"a\" more than once"),
        ("/status", json!({"from": "/s"}), "missing field `firing`"),
    ] {
        let mut wrong = whole();
        *wrong.pointer_mut(pointer).unwrap() = value;
        let said = parsed(&wrong).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
    let mut unknown = whole();
    unknown["titel"] = json!("/t");
    assert!(parsed(&unknown).unwrap_err().to_string().contains("unknown field `titel`"));
    assert!(Mapping::parse("[").is_err());
}

proptest! {
    #[test]
    fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..100), key in any::<String>(), n in any::<i64>()) {
        for system in ["grafana", "github", "zabbix", "uptime-kuma"] {
            let (mapping, mut message) = of(system);
            let _ = mapping.read("s", &body);
            for (pointer, value) in [("/monitor/id", json!(key)), ("/alerts/0/startsAt", json!(n))] {
                // Each system has one of them, or neither.
                if let Some(member) = message.pointer_mut(pointer) {
                    *member = value;
                }
            }
            let _ = mapping.read("s", message.to_string().as_bytes());
        }
    }

    /// What two alerts are known by is the same only if each part of the key is.
    #[test]
    fn other_keys_are_other_alerts(a in "[a-z,\"\\[\\] ]{0,4}", b in "[a-z,\"\\[\\] ]{0,4}", c in "[a-z,\"\\[\\] ]{0,4}", d in "[a-z,\"\\[\\] ]{0,4}") {
        let same = fingerprint(&[a.clone(), b.clone()]) == fingerprint(&[c.clone(), d.clone()]);
        prop_assert_eq!(same, (a, b) == (c, d));
    }
}

/// One text of the message may stand in each of its alerts.
#[test]
fn alerts_that_do_not_fit_into_one_message_are_named_and_those_before_them_are_taken() {
    let (mapping, mut body) = of("grafana");
    let alert = |n: usize| {
        let mut alert = body["alerts"][1].clone();
        alert["fingerprint"] = json!(format!("{n:016x}"));
        alert["labels"]["instance"] = json!(n);
        alert
    };
    let many: Vec<Value> = (0..MAX_ALERTS).map(alert).collect();
    body["alerts"] = json!(many);
    body["message"] = json!("x".repeat(100_000));
    let mapped = read(&mapping, &body);
    let taken = mapped.group.unwrap().alerts;
    let bytes: usize = taken.iter().map(text_bytes).sum();
    assert!(taken.len() > 100 && taken.len() < MAX_ALERTS && bytes <= MAX_ALERTS_BYTES, "{}", taken.len());
    assert_eq!(mapped.misfits.len(), 1);
    assert!(mapped.misfits[0].to_string().contains(&format!("{} fit, of {MAX_ALERTS}", taken.len())));
    let described = text(&taken[0].annotations, "description").unwrap();
    assert_eq!(described.chars().count(), MAX_TEXT_CHARACTERS);
}
