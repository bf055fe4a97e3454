//! EventBridge's PutEvents: each entry is accepted or refused for itself, and answered in its place.

use crate::cloud_event::CloudEvent;
use reeve_contracts::{
    events::{PutEventsRequest, PutEventsRequestEntry, PutEventsResponse, PutEventsResultEntry},
    ingest::{CloudEventReceived, Text},
};
use reeve_runtime::{ApiError, Call};
use reeve_types::{Timestamp, arn::id_or_arn};
use serde_json::{Map, Value};

/// The sender of what is put: no source may be named so.
const SENDER: &str = "aws.events";
/// AWS's limit of all entries of a call together.
const MAX_BYTES: usize = 256 * 1024;
/// As AWS counts a time.
const TIME_BYTES: usize = 14;

pub(crate) async fn put(call: Call<PutEventsRequest>) -> Result<PutEventsResponse, ApiError> {
    if call.input.endpoint_id.is_some() {
        return Err(ApiError::invalid("EndpointId: there are no global endpoints here."));
    }
    let entries = call.input.entries.as_deref().unwrap_or_default();
    let bytes: usize = entries.iter().map(size).sum();
    if bytes > MAX_BYTES {
        let message = format!(
            "Total size of the entries in the request is over the limit: {bytes} of {MAX_BYTES} bytes."
        );
        return Err(ApiError::invalid(message));
    }
    let (mut answered, mut failed) = (Vec::new(), 0);
    for (index, entry) in entries.iter().enumerate() {
        answered.push(match event(entry) {
            Ok(event) => {
                // Each is a command of its own; a retried call puts none twice.
                let context = call.context().derived(&index.to_string());
                let id = context.command_id.to_string();
                let event = CloudEventReceived { id: id.clone(), identity: id.clone(), ..event };
                call.handle.execute::<CloudEvent>(&format!("{SENDER}/{id}"), event, &context).await?;
                PutEventsResultEntry { event_id: Some(id), ..PutEventsResultEntry::default() }
            }
            Err((code, message)) => {
                failed += 1;
                PutEventsResultEntry {
                    error_code: Some(code.to_owned()),
                    error_message: Some(message),
                    event_id: None,
                }
            }
        });
    }
    Ok(PutEventsResponse { entries: Some(answered), failed_entry_count: Some(failed) })
}

fn size(entry: &PutEventsRequestEntry) -> usize {
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let resources: usize = entry.resources.iter().flatten().map(String::len).sum();
    let time = if entry.time.is_some() { TIME_BYTES } else { 0 };
    time + length(&entry.source) + length(&entry.detail_type) + length(&entry.detail) + resources
}

/// The event of an entry, without its id; or the code and the message of what is wrong.
fn event(entry: &PutEventsRequestEntry) -> Result<CloudEventReceived, (&'static str, String)> {
    let required = |name: &str, value: &Option<String>| {
        let missing = || {
            (
                "InvalidArgument",
                format!("Parameter {name} is not valid. Reason: {name} is a required argument."),
            )
        };
        value.clone().filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    let source = required("Source", &entry.source)?;
    if source.starts_with("reeve.") || source.starts_with("alertmanager.") {
        let reason = format!(
            "Parameter Source is not valid. Reason: {source} is not the source of other systems' events."
        );
        return Err(("NotAuthorizedForSourceException", reason));
    }
    let r#type = required("DetailType", &entry.detail_type)?;
    let detail = required("Detail", &entry.detail)?;
    serde_json::from_str::<Map<String, Value>>(&detail).map_err(|error| {
        ("MalformedDetail", format!("Detail is malformed: it is no object of JSON: {error}."))
    })?;
    if let Some(bus) = entry.event_bus_name.as_ref() {
        let name = id_or_arn("event-bus", bus);
        if name != "default" {
            return Err(("InvalidArgument", format!("Event bus {name} does not exist.")));
        }
    }
    let mut attributes = Vec::new();
    let mut attribute = |key: &str, value: String| attributes.push(Text { key: key.to_owned(), value });
    if let Some(resources) = entry.resources.as_ref().filter(|resources| !resources.is_empty()) {
        attribute("resources", Value::from(resources.clone()).to_string());
    }
    if let Some(time) = entry.time.and_then(Timestamp::from_epoch_seconds) {
        attribute("time", time.rfc3339());
    }
    if let Some(trace) = entry.trace_header.clone() {
        attribute("traceheader", trace);
    }
    let data_kind = "json".to_owned();
    let sender = SENDER.to_owned();
    Ok(CloudEventReceived {
        sender,
        source,
        r#type,
        attributes,
        data_kind,
        data: detail.into_bytes(),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(source: &str, kind: &str, detail: &str) -> PutEventsRequestEntry {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        PutEventsRequestEntry {
            source: given(source),
            detail_type: given(kind),
            detail: given(detail),
            ..PutEventsRequestEntry::default()
        }
    }

    #[test]
    fn an_entry_is_an_event_or_says_what_it_lacks() {
        let made = event(&PutEventsRequestEntry {
            resources: Some(vec!["a".into(), "b".into()]),
            time: Some(1.5),
            ..entry("shop", "Failed", r#"{"n":1}"#)
        });
        let made = made.unwrap();
        assert_eq!(
            (made.source.as_str(), made.r#type.as_str(), made.sender.as_str()),
            ("shop", "Failed", SENDER)
        );
        let attributes: Vec<_> = made.attributes.iter().map(|a| (a.key.as_str(), a.value.as_str())).collect();
        assert_eq!(attributes, [("resources", r#"["a","b"]"#), ("time", "1970-01-01T00:00:01.500Z")]);
        let missing = "Parameter Source is not valid. Reason: Source is a required argument.";
        assert_eq!(event(&entry("", "t", "{}")), Err(("InvalidArgument", missing.into())));
        assert_eq!(event(&entry("s", "", "{}")).unwrap_err().0, "InvalidArgument");
        assert_eq!(event(&entry("s", "t", "[1]")).unwrap_err().0, "MalformedDetail");
        assert_eq!(
            event(&entry("reeve.nodes", "NodeLost", "{}")).unwrap_err().0,
            "NotAuthorizedForSourceException"
        );
        let other = PutEventsRequestEntry { event_bus_name: Some("mine".into()), ..entry("s", "t", "{}") };
        assert_eq!(event(&other), Err(("InvalidArgument", "Event bus mine does not exist.".into())));
    }
}
