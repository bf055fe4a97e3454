//! Messages of Alertmanager's webhook, version 4.

use super::Unacceptable;
use reeve_contracts::ingest::{Alert, AlertGroupReceived, Text};
use reeve_types::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

/// What Alertmanager writes for no end.
const NO_END: &str = "0001-01-01T00:00:00Z";
/// What of an alert goes into subjects: Alertmanager's has 16.
const MAX_FINGERPRINT_BYTES: usize = 128;

/// Reads a message that came with the token of `sender`.
///
/// # Errors
/// Which field is wrong, and why: such a message can never be accepted.
pub fn read(sender: &str, body: &[u8]) -> Result<AlertGroupReceived, Unacceptable> {
    let message: Value = serde_json::from_slice(body)
        .map_err(|error| Unacceptable::new("The body", format!("is not JSON: {error}")))?;
    let Value::Object(message) = message else {
        return Err(Unacceptable::new("The body", "is not a JSON object"));
    };
    let version = text(&message, "", "version")?;
    if version != "4" {
        return Err(Unacceptable::new(
            "version",
            format!("is {version:?}: messages of version \"4\" are read"),
        ));
    }
    let Some(Value::Array(alerts)) = message.get("alerts") else {
        return Err(Unacceptable::new("alerts", "is missing, or no list"));
    };
    let alerts = alerts.iter().enumerate().map(|(n, value)| alert(&format!("alerts[{n}]."), value));
    let group_labels = texts(&message, "", "groupLabels")?;
    let truncated = message.get("truncatedAlerts").unwrap_or(&Value::Null);
    let truncated_alerts = match truncated {
        Value::Null => 0,
        value => value
            .as_u64()
            .and_then(|count| u32::try_from(count).ok())
            .ok_or_else(|| Unacceptable::new("truncatedAlerts", format!("is {value}, which is no count")))?,
    };
    Ok(AlertGroupReceived {
        sender: sender.to_owned(),
        group: group_of(sender, &group_labels),
        receiver: text(&message, "", "receiver")?,
        group_key: text(&message, "", "groupKey")?,
        external_url: text(&message, "", "externalURL")?,
        common_annotations: texts(&message, "", "commonAnnotations")?,
        alerts: alerts.collect::<Result<_, _>>()?,
        group_labels,
        truncated_alerts,
        follows_truncated: false,
        started_when_heard: Vec::new(),
    })
}

/// The group's id: neither the Alertmanager that sent it, nor its route, nor the order of the labels count.
fn group_of(sender: &str, labels: &[Text]) -> String {
    let mut labels: Vec<[&str; 2]> =
        labels.iter().map(|text| [text.key.as_str(), text.value.as_str()]).collect();
    labels.sort_unstable();
    let named = serde_json::json!([sender, labels]).to_string();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, named.as_bytes()).simple().to_string()
}

fn alert(place: &str, value: &Value) -> Result<Alert, Unacceptable> {
    let Value::Object(alert) = value else {
        return Err(Unacceptable::new(place.trim_end_matches('.'), "is no JSON object"));
    };
    let status = text(alert, place, "status")?;
    let firing = match status.as_str() {
        "firing" => true,
        "resolved" => false,
        _ => {
            let problem = format!("is {status:?}: it must be firing or resolved");
            return Err(Unacceptable::new(format!("{place}status"), problem));
        }
    };
    let fingerprint = text(alert, place, "fingerprint")?;
    if fingerprint.is_empty() || fingerprint.len() > MAX_FINGERPRINT_BYTES || fingerprint.contains('/') {
        let problem =
            format!("is {fingerprint:?}: it must have 1 to {MAX_FINGERPRINT_BYTES} bytes, and no slash");
        return Err(Unacceptable::new(format!("{place}fingerprint"), problem));
    }
    let end = text(alert, place, "endsAt")?;
    let ends = !end.is_empty() && end != NO_END;
    Ok(Alert {
        fingerprint,
        firing,
        start_ms: instant(place, "startsAt", &text(alert, place, "startsAt")?)?,
        end_ms: if ends { instant(place, "endsAt", &end)? } else { 0 },
        labels: texts(alert, place, "labels")?,
        annotations: texts(alert, place, "annotations")?,
        generator_url: text(alert, place, "generatorURL")?,
    })
}

fn instant(place: &str, member: &str, text: &str) -> Result<i64, Unacceptable> {
    let instant = Timestamp::parse_rfc3339(text).map(|instant| instant.0);
    instant.ok_or_else(|| {
        Unacceptable::new(format!("{place}{member}"), format!("is {text:?}, which is no instant in RFC 3339"))
    })
}

/// A member that is a text; empty when it is not there.
fn text(object: &Map<String, Value>, place: &str, member: &str) -> Result<String, Unacceptable> {
    match object.get(member) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => {
            Err(Unacceptable::new(format!("{place}{member}"), format!("is {other}, which is no text")))
        }
    }
}

/// A member that is a map of texts; empty when it is not there.
fn texts(object: &Map<String, Value>, place: &str, member: &str) -> Result<Vec<Text>, Unacceptable> {
    let map = match object.get(member) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(map)) => map,
        Some(_) => return Err(Unacceptable::new(format!("{place}{member}"), "is no JSON object")),
    };
    let place = format!("{place}{member}.");
    map.keys().map(|key| Ok(Text { key: key.clone(), value: text(map, &place, key)? })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn message() -> Value {
        json!({"version": "4", "status": "firing", "receiver": "reeve", "groupKey": "{}:{}",
            "externalURL": "http://am-1:9093", "truncatedAlerts": 2,
            "groupLabels": {"alertname": "Down", "cluster": "a"}, "commonLabels": {}, "commonAnnotations": {},
            "alerts": [{"status": "resolved", "fingerprint": "00000000000000ff",
                "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2026-01-01T00:05:00.123Z",
                "labels": {"alertname": "Down"}, "annotations": {"summary": "s"}, "generatorURL": ""},
                {"status": "firing", "fingerprint": "0000000000000001", "startsAt": "2026-01-01T00:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z", "labels": {}, "annotations": {}}]})
    }

    fn parsed(message: &Value) -> Result<AlertGroupReceived, Unacceptable> {
        read("am", message.to_string().as_bytes())
    }

    #[test]
    fn each_alert_has_its_own_status() {
        let group = parsed(&message()).unwrap();
        let alerts: Vec<(bool, i64, i64)> =
            group.alerts.iter().map(|alert| (alert.firing, alert.start_ms, alert.end_ms)).collect();
        let start = 1_767_225_600_000;
        assert_eq!(alerts, [(false, start, start + 300_123), (true, start, 0)]);
        assert_eq!((group.truncated_alerts, group.receiver.as_str()), (2, "reeve"));
    }

    #[test]
    fn the_group_is_the_same_from_two_alertmanagers() {
        let mut other = message();
        other["externalURL"] = json!("http://am-2:9093");
        other["groupLabels"] = json!({"cluster": "a", "alertname": "Down"});
        assert_eq!(parsed(&other).unwrap().group, parsed(&message()).unwrap().group);
        other["groupLabels"] = json!({"cluster": "b", "alertname": "Down"});
        assert_ne!(parsed(&other).unwrap().group, parsed(&message()).unwrap().group);
    }

    #[test]
    fn what_can_never_be_accepted_names_the_field() {
        for (pointer, value, words) in [
            ("/version", json!("3"), "version is \"3\""),
            ("/alerts", json!({}), "alerts is missing"),
            ("/alerts/1/status", json!("odd"), "alerts[1].status is \"odd\""),
            ("/alerts/0/startsAt", json!("noon"), "alerts[0].startsAt is \"noon\""),
            ("/alerts/0/fingerprint", json!(""), "alerts[0].fingerprint is \"\""),
            ("/alerts/0/labels/alertname", json!(7), "alerts[0].labels.alertname is 7"),
            ("/alerts/1", json!("x"), "alerts[1] is no JSON object"),
            ("/truncatedAlerts", json!(-1), "truncatedAlerts is -1"),
            ("/groupLabels", json!([]), "groupLabels is no JSON object"),
        ] {
            let mut wrong = message();
            *wrong.pointer_mut(pointer).unwrap() = value;
            let said = parsed(&wrong).unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
        let said = read("am", b"{\"version\": 4").unwrap_err().to_string();
        assert!(said.contains("line 1 column"), "{said}");
    }

    proptest! {
        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200), text in any::<String>()) {
            let _ = read("am", &body);
            let mut message = message();
            message["alerts"][0]["startsAt"] = json!(text);
            let _ = parsed(&message);
        }
    }
}
