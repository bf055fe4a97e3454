//! Events in the form that EventBridge's patterns are about.

use crate::{Error, change_calendar, data, maintenance_windows, parameter_store};
use data_encoding::BASE64;
use reeve_eventsourcing::{Envelope, event_name};
use serde_json::{Map, Value, json};

/// The installation, as events name it.
#[derive(Clone, Debug)]
pub struct Place {
    pub account: String,
    pub region: String,
}

/// What rules see of an event: one thing, or each of the alerts of a group.
///
/// - Reeve's own: `source` is `reeve.<service>`, `detail-type` the event's name, `detail` its body, and `resources` has what
///   it happened to, as `<aggregate>/<id>`.
/// - What happens to parameters: as AWS's Parameter Store tells it, without values.
/// - What happens to maintenance windows and to calendars: as AWS tells it, where it does.
/// - Another system's CloudEvent: its `source`, its type, its data; `resources` has its subject, if it has one.
/// - An event of PutEvents: as it was put.
/// - Alertmanager's: `source` is `alertmanager.<sender>`, `detail-type` is `Alert`, and `detail` has `status`, `labels`,
///   `annotations`, `startsAt`, `endsAt`, `fingerprint`, `receiver`, `groupLabels`.
///
/// # Errors
/// As [`data`].
pub fn for_rules(envelope: &Envelope, place: &Place) -> Result<Vec<Value>, Error> {
    let body = data(envelope)?;
    let event = |id: String, source: &str, kind: &str, resources: Value, detail: Value| {
        json!({
            "version": "0",
            "id": id,
            "detail-type": kind,
            "source": source,
            "account": place.account,
            "time": envelope.time.rfc3339(),
            "region": place.region,
            "resources": resources,
            "detail": detail,
        })
    };
    let name = event_name(&envelope.schema);
    let aggregate = &envelope.aggregate;
    Ok(match (aggregate.service.as_str(), name) {
        ("ingest", "CloudEventReceived") => {
            let text = |name: &str| body[name].as_str().unwrap_or_default();
            let attributes = texts(&body["attributes"]);
            let resources =
                match (attributes.get("resources").and_then(Value::as_str), attributes.get("subject")) {
                    (Some(listed), _) => serde_json::from_str(listed).unwrap_or_else(|_| json!([])),
                    (None, Some(subject)) => json!([subject]),
                    (None, None) => json!([]),
                };
            vec![event(envelope.id.to_string(), text("source"), text("type"), resources, received(&body))]
        }
        ("ingest", "AlertGroupReceived") => {
            let source = format!("alertmanager.{}", body["sender"].as_str().unwrap_or_default());
            let alerts = body["alerts"].as_array().into_iter().flatten().enumerate();
            let each = alerts.map(|(n, alert)| {
                event(format!("{}-{n}", envelope.id), &source, "Alert", json!([]), detail(&body, alert))
            });
            each.collect()
        }
        ("parameters", name) if let Some(told) = parameter_store::events(name, &body) => {
            let resources = parameter_store::resource(&body, &place.region, &place.account);
            let each = told.into_iter().enumerate().map(|(n, (kind, detail))| {
                let id = if n == 0 { envelope.id.to_string() } else { format!("{}-{n}", envelope.id) };
                event(id, "aws.ssm", kind, resources.clone(), detail)
            });
            each.collect()
        }
        ("change-calendar", "CalendarStateChanged") => {
            let resources = change_calendar::resource(&body, &place.region, &place.account);
            let detail = change_calendar::detail(&body);
            vec![event(envelope.id.to_string(), "aws.ssm", "Calendar State Change", resources, detail)]
        }
        ("maintenance-windows", name)
            if let Some((kind, detail)) = maintenance_windows::event(name, &body) =>
        {
            vec![event(envelope.id.to_string(), "aws.ssm", kind, json!([]), detail)]
        }
        (service, _) => {
            let resources = json!([format!("{}/{}", aggregate.aggregate, aggregate.id)]);
            vec![event(envelope.id.to_string(), &format!("reeve.{service}"), name, resources, body)]
        }
    })
}

/// A list of texts with keys, as an object.
fn texts(list: &Value) -> Map<String, Value> {
    let each = list.as_array().into_iter().flatten();
    each.filter_map(|text| Some((text["key"].as_str()?.to_owned(), text["value"].clone()))).collect()
}

/// The data of a CloudEvent: JSON as such, text as text, and bytes in Base64.
fn received(body: &Value) -> Value {
    let bytes = BASE64.decode(body["data"].as_str().unwrap_or_default().as_bytes()).unwrap_or_default();
    match body["dataKind"].as_str() {
        Some("json") => serde_json::from_slice(&bytes).unwrap_or_default(),
        Some("text") => String::from_utf8_lossy(&bytes).into(),
        Some("binary") => body["data"].clone(),
        _ => json!({}),
    }
}

fn detail(group: &Value, alert: &Value) -> Value {
    let status = if alert["firing"] == json!(true) { "firing" } else { "resolved" };
    let at = |name: &str| {
        let ms = alert[name].as_i64().filter(|ms| *ms != 0);
        ms.map(|ms| reeve_types::Timestamp(ms).rfc3339())
    };
    json!({
        "status": status,
        "labels": texts(&alert["labels"]),
        "annotations": texts(&alert["annotations"]),
        "startsAt": at("startMs"),
        "endsAt": at("endMs"),
        "fingerprint": alert["fingerprint"],
        "generatorURL": alert["generatorUrl"],
        "receiver": group["receiver"],
        "groupLabels": texts(&group["groupLabels"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;
    use reeve_contracts::ingest::{Alert, AlertGroupReceived, CloudEventReceived, Text};
    use reeve_eventsourcing::AggregateRef;
    use reeve_types::Timestamp;
    use uuid::Uuid;

    fn envelope(service: &str, aggregate: &str, id: &str, schema: &str, body: &impl Message) -> Envelope {
        Envelope {
            id: Uuid::nil(),
            schema: schema.to_owned(),
            time: Timestamp(0),
            aggregate: AggregateRef::new(service, aggregate, id),
            actor: "service:ingest".into(),
            actor_source: String::new(),
            correlation_id: Uuid::nil(),
            causation_id: Uuid::nil(),
            cause_id: None,
            traceparent: None,
            data: body.encode_to_vec().into(),
        }
    }

    fn seen(envelope: &Envelope) -> Vec<Value> {
        let place = Place { account: "123456789012".into(), region: "eu-west-1".into() };
        for_rules(envelope, &place).unwrap()
    }

    fn text(key: &str, value: &str) -> Text {
        Text { key: key.into(), value: value.into() }
    }

    #[test]
    fn our_events_have_every_field_also_empty_ones() {
        let body = reeve_contracts::nodes::NodeLost { node_id: "mi-1".into(), ..Default::default() };
        let events = seen(&envelope("nodes", "node", "mi-1", "reeve.nodes.NodeLost.v1", &body));
        assert_eq!(events.len(), 1);
        let event = &events[0];
        assert_eq!((&event["source"], &event["detail-type"]), (&json!("reeve.nodes"), &json!("NodeLost")));
        assert_eq!(
            (&event["resources"], &event["detail"]["nodeId"]),
            (&json!(["node/mi-1"]), &json!("mi-1"))
        );
        assert_eq!(event["time"], "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn what_happens_to_parameters_is_told_as_aws_does_and_without_values() {
        use reeve_contracts::parameters::{ParameterDeleted, ParameterPolicyFired, ParameterPut};
        let told = |name: &str, body: &dyn Fn(&str) -> Envelope| {
            let events = seen(&body(&format!("reeve.parameters.{name}.v1")));
            let of = |event: Value| (event["detail-type"].clone(), event["detail"].clone(), event);
            events.into_iter().map(of).collect::<Vec<_>>()
        };
        let put = |version| ParameterPut {
            name: "/a/b".into(),
            path: "/a/b".into(),
            version,
            r#type: "String".into(),
            value: "hidden".into(),
            data_type: "text".into(),
            ..Default::default()
        };
        for (version, operation) in [(1, "Create"), (2, "Update")] {
            let body = put(version);
            let events =
                told("ParameterPut", &|schema| envelope("parameters", "parameter", "/a/b", schema, &body));
            let [(kind, detail, event)] = &events[..] else { panic!("{events:?}") };
            assert_eq!((kind, &event["source"]), (&json!("Parameter Store Change"), &json!("aws.ssm")));
            let expected =
                json!({"operation": operation, "name": "/a/b", "type": "String", "dataType": "text"});
            assert_eq!(detail, &expected);
            assert_eq!(event["resources"], json!(["arn:aws:ssm:eu-west-1:123456789012:parameter/a/b"]));
            assert!(!event.to_string().contains("hidden"));
        }
        let gone = ParameterDeleted { name: "x".into(), expired: true, ..Default::default() };
        let events =
            told("ParameterDeleted", &|schema| envelope("parameters", "parameter", "x", schema, &gone));
        assert_eq!(events[0].1, json!({"parameter-name": "x", "policy-type": "Expiration"}));
        assert_eq!(events[1].1["operation"], "Delete");
        let fired = ParameterPolicyFired {
            name: "x".into(),
            policy_type: "NoChangeNotification".into(),
            ..Default::default()
        };
        let events =
            told("ParameterPolicyFired", &|schema| envelope("parameters", "parameter", "x", schema, &fired));
        assert_eq!(events[0].0, "Parameter Store Policy Action");
        assert_eq!(events[0].1["policy-type"], "NoChangeNotification");
    }

    #[test]
    fn a_calendars_change_is_told_as_aws_does() {
        use reeve_contracts::change_calendar::CalendarStateChanged;
        let body = CalendarStateChanged {
            name: "freeze".into(),
            state: "CLOSED".into(),
            at_ms: 1_000,
            next_ms: 61_000,
            ..Default::default()
        };
        let schema = "reeve.change-calendar.CalendarStateChanged.v1";
        let event = seen(&envelope("change-calendar", "calendar", "freeze", schema, &body)).remove(0);
        assert_eq!(
            (&event["source"], &event["detail-type"]),
            (&json!("aws.ssm"), &json!("Calendar State Change"))
        );
        assert_eq!(event["resources"], json!(["arn:aws:ssm:eu-west-1:123456789012:document/freeze"]));
        let (at, next) = ("1970-01-01T00:00:01Z", "1970-01-01T00:01:01Z");
        let expected = json!({"state": "CLOSED", "atTime": at, "nextTransitionTime": next});
        assert_eq!(event["detail"], expected);
    }

    #[test]
    fn what_happens_to_windows_is_told_as_aws_does() {
        use reeve_contracts::maintenance_windows::{InvocationFinished, WindowFired, WindowUpdated};
        let told = |name: &str, aggregate: &str, body: &dyn Fn(&str) -> Envelope| {
            let event = seen(&body(&format!("reeve.maintenance-windows.{name}.v1"))).remove(0);
            assert_eq!(event["source"] == "aws.ssm", aggregate != "fired", "{event}");
            (event["detail-type"].clone(), event["detail"].clone())
        };
        let updated = WindowUpdated { window_id: "mw-1".into(), was_enabled: true, ..Default::default() };
        let (kind, detail) = told("WindowUpdated", "window", &|schema| {
            envelope("maintenance-windows", "window", "mw-1", schema, &updated)
        });
        assert_eq!(kind, "Maintenance Window State-change Notification");
        assert_eq!(detail, json!({"window-id": "mw-1", "status": "DISABLED"}));
        let finished = InvocationFinished {
            execution_id: "e".into(),
            window_id: "mw-1".into(),
            task_execution_id: "t".into(),
            status: "FAILED".into(),
            window_target_id: "w".into(),
            owner_information: "o".into(),
            started_ms: 1_000,
            finished_ms: 2_000,
            ..Default::default()
        };
        let (kind, detail) = told("InvocationFinished", "execution", &|schema| {
            envelope("maintenance-windows", "execution", "e", schema, &finished)
        });
        assert_eq!(kind, "Maintenance Window Task Target Invocation State-change Notification");
        let expected = json!({"window-id": "mw-1", "window-execution-id": "e", "task-execution-id": "t",
            "window-target-id": "w", "owner-information": "o", "status": "FAILED",
            "start-time": "1970-01-01T00:00:01.000Z", "end-time": "1970-01-01T00:00:02.000Z"});
        assert_eq!(detail, expected);
        let fired = WindowFired { window_id: "mw-1".into(), ..Default::default() };
        let (kind, _) = told("WindowFired", "fired", &|schema| {
            envelope("maintenance-windows", "window", "mw-1", schema, &fired)
        });
        assert_eq!(kind, "WindowFired", "what AWS does not tell is told as ours");
    }

    #[test]
    fn another_systems_event_is_seen_as_it_was_sent() {
        let body = CloudEventReceived {
            source: "/shop".into(),
            r#type: "OrderFailed".into(),
            attributes: vec![text("subject", "order/7")],
            data_kind: "json".into(),
            data: br#"{"total":3}"#.to_vec(),
            ..Default::default()
        };
        let sent = |body: &CloudEventReceived| {
            seen(&envelope("ingest", "cloud-event", "s/i", "reeve.ingest.CloudEventReceived.v1", body))
                .remove(0)
        };
        let event = sent(&body);
        assert_eq!((&event["source"], &event["detail-type"]), (&json!("/shop"), &json!("OrderFailed")));
        assert_eq!((&event["resources"], &event["detail"]), (&json!(["order/7"]), &json!({"total": 3})));
        let put = CloudEventReceived { attributes: vec![text("resources", r#"["a","b"]"#)], ..body.clone() };
        assert_eq!(sent(&put)["resources"], json!(["a", "b"]));
        let plain = CloudEventReceived { data_kind: "text".into(), data: b"it broke".to_vec(), ..body };
        assert_eq!(sent(&plain)["detail"], json!("it broke"));
    }

    #[test]
    fn each_alert_of_a_group_is_an_event() {
        let alert = |firing, name: &str| Alert {
            firing,
            labels: vec![text("alertname", name)],
            start_ms: 1_000,
            ..Default::default()
        };
        let body = AlertGroupReceived {
            sender: "am".into(),
            alerts: vec![alert(true, "Down"), alert(false, "Slow")],
            ..Default::default()
        };
        let events =
            seen(&envelope("ingest", "alert-group", "am/g", "reeve.ingest.AlertGroupReceived.v1", &body));
        let told: Vec<_> =
            events.iter().map(|e| (&e["detail"]["status"], &e["detail"]["labels"]["alertname"])).collect();
        assert_eq!(told, [(&json!("firing"), &json!("Down")), (&json!("resolved"), &json!("Slow"))]);
        assert_eq!(
            (&events[0]["source"], &events[0]["detail"]["endsAt"]),
            (&json!("alertmanager.am"), &Value::Null)
        );
        assert_eq!(events[0]["detail"]["startsAt"], "1970-01-01T00:00:01.000Z");
        assert_ne!(events[0]["id"], events[1]["id"]);
    }

    #[test]
    fn what_no_schema_has_is_an_error_that_names_it() {
        let odd = envelope("nodes", "node", "mi-1", "reeve.nodes.Nonsense.v1", &Text::default());
        assert_eq!(data(&odd).unwrap_err().to_string(), "no schema has the message reeve.nodes.Nonsense");
        let broken = Envelope {
            data: vec![0xff].into(),
            ..envelope("n", "n", "1", "reeve.nodes.NodeLost.v1", &Text::default())
        };
        assert!(
            data(&broken)
                .unwrap_err()
                .to_string()
                .starts_with("the body is not a valid reeve.nodes.NodeLost")
        );
    }
}
