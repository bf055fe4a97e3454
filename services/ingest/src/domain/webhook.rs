//! Alerts of whatever another system posts as JSON: a mapping of its source says where in the body key, status, severity, text
//! and links are. A place is a JSON Pointer (RFC 6901), in the alert, or after `^` in the whole body.

use super::Unacceptable;
use reeve_contracts::ingest::{Alert, AlertGroupReceived, Text};
use reeve_types::{Timestamp, text::cut};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// What comes before the pointer of a place in the whole body.
const IN_THE_BODY: char = '^';
/// As many alerts one message may have.
const MAX_ALERTS: usize = 1_000;
/// As long as one text of an alert may be.
const MAX_TEXT_CHARACTERS: usize = 4_000;
/// As many bytes the texts of all alerts of one message may have: they become one message of the bus, which carries 1 MB.
const MAX_ALERTS_BYTES: usize = 600 * 1024;

/// A place, or several of which the first that is there counts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Places {
    One(String),
    Several(Vec<String>),
}

impl Default for Places {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Places {
    fn all(&self) -> &[String] {
        match self {
            Self::One(place) => std::slice::from_ref(place),
            Self::Several(places) => places,
        }
    }
}

/// Where the status is, and which of its values say what.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    from: String,
    firing: Vec<String>,
    resolved: Vec<String>,
    /// Those that say nothing of an alert.
    #[serde(default)]
    ignored: Vec<String>,
}

/// What a source's messages mean.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Where the list of alerts is; without it the body is one.
    alerts: Option<String>,
    /// What tells an alert from others, all of it together.
    key: Vec<String>,
    status: Status,
    #[serde(default)]
    severity: Places,
    /// What severities are called here, where it is not what monitoring calls them.
    #[serde(default)]
    severities: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    title: Places,
    #[serde(default)]
    text: Places,
    /// All that are there.
    #[serde(default)]
    links: Places,
    /// An instant in RFC 3339. Without one an alert has begun when it was heard of.
    start: Option<String>,
}

/// What a message holds.
#[derive(Debug, Default, PartialEq)]
pub struct Mapped {
    /// None when no alert is told of.
    pub group: Option<AlertGroupReceived>,
    /// As many say nothing of an alert.
    pub ignored: usize,
    /// What the mapping does not fit, by field.
    pub misfits: Vec<Unacceptable>,
}

impl Mapping {
    /// Reads a mapping, which is a JSON object.
    ///
    /// # Errors
    /// Which member is wrong, and why.
    pub fn parse(text: &str) -> Result<Self, Unacceptable> {
        let mapping: Self = serde_json::from_str(text)
            .map_err(|error| Unacceptable::new("mapping", format!("is none: {error}")))?;
        let wrong =
            |member: &str, problem: String| Err(Unacceptable::new(format!("mapping.{member}"), problem));
        if mapping.key.is_empty() {
            return wrong("key", "is empty: all alerts would be one".to_owned());
        }
        let single = |place: &Option<String>| place.iter().cloned().collect::<Vec<_>>();
        for (member, places) in [
            ("alerts", single(&mapping.alerts)),
            ("key", mapping.key.clone()),
            ("status.from", vec![mapping.status.from.clone()]),
            ("severity", mapping.severity.all().to_vec()),
            ("title", mapping.title.all().to_vec()),
            ("text", mapping.text.all().to_vec()),
            ("links", mapping.links.all().to_vec()),
            ("start", single(&mapping.start)),
        ] {
            let is_pointer = |place: &String| place.trim_start_matches(IN_THE_BODY).starts_with('/');
            if let Some(odd) = places.iter().find(|place| !is_pointer(place)) {
                let problem = format!("is {odd:?}: a place is a JSON Pointer, such as /labels/severity");
                return wrong(member, problem);
            }
        }
        let Status { firing, resolved, ignored, .. } = &mapping.status;
        for (member, values) in [("status.firing", firing), ("status.resolved", resolved)] {
            if values.is_empty() {
                return wrong(member, "is empty: nothing would ever be so".to_owned());
            }
        }
        let twice = firing.iter().find(|value| resolved.contains(value) || ignored.contains(value));
        match twice.or_else(|| resolved.iter().find(|value| ignored.contains(value))) {
            Some(value) => wrong("status", format!("has {value:?} more than once")),
            None => Ok(mapping),
        }
    }

    /// Reads a message that came with the token of `sender`. What fits is taken, whatever else does not.
    ///
    /// # Errors
    /// When it is not JSON: that can never be accepted.
    pub fn read(&self, sender: &str, body: &[u8]) -> Result<Mapped, Unacceptable> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|error| Unacceptable::new("The body", format!("is not JSON: {error}")))?;
        let mut mapped = Mapped::default();
        let several: Vec<(String, &Value)> = match &self.alerts {
            None => vec![(String::new(), &body)],
            Some(place) => match body.pointer(place).and_then(Value::as_array) {
                Some(list) => {
                    list.iter().enumerate().map(|(n, alert)| (format!("{place}/{n}"), alert)).collect()
                }
                None => {
                    mapped.misfits.push(Unacceptable::new(place.as_str(), "is missing, or no list"));
                    Vec::new()
                }
            },
        };
        let (mut alerts, count, mut bytes) = (Vec::new(), several.len(), 0);
        for (place, alert) in several.into_iter().take(MAX_ALERTS) {
            match self.alert(&Seen { body: &body, alert, place: &place }) {
                Ok(Some(alert)) if bytes + text_bytes(&alert) > MAX_ALERTS_BYTES => {
                    let problem = format!(
                        "has texts that do not fit into one message with those before it: {} fit, of {count}",
                        alerts.len()
                    );
                    mapped.misfits.push(Unacceptable::new(place, problem));
                    break;
                }
                Ok(Some(alert)) => {
                    bytes += text_bytes(&alert);
                    alerts.push(alert);
                }
                Ok(None) => mapped.ignored += 1,
                Err(misfit) => mapped.misfits.push(misfit),
            }
        }
        if count > MAX_ALERTS {
            let problem = format!("has {count} alerts: {MAX_ALERTS} were taken");
            mapped.misfits.push(Unacceptable::new(self.alerts.clone().unwrap_or_default(), problem));
        }
        let group = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("webhook {sender}").as_bytes());
        let startless = alerts.iter().filter(|alert: &&Alert| alert.start_ms == 0);
        let started_when_heard = startless.map(|alert| alert.fingerprint.clone()).collect();
        mapped.group = (!alerts.is_empty()).then(|| AlertGroupReceived {
            sender: sender.to_owned(),
            group: group.simple().to_string(),
            alerts,
            started_when_heard,
            ..AlertGroupReceived::default()
        });
        Ok(mapped)
    }

    fn alert(&self, seen: &Seen<'_>) -> Result<Option<Alert>, Unacceptable> {
        let mut key = Vec::new();
        for place in &self.key {
            key.push(
                seen.text(place).ok_or_else(|| seen.misfit(place, "is missing: it is a part of the key"))?,
            );
        }
        let from = &self.status.from;
        // Some senders have a null where nothing is decided yet.
        let status = seen.value(from).map(|value| plain(value).unwrap_or_else(|| value.to_string()));
        let status = status.ok_or_else(|| seen.misfit(from, "is missing: it is the status"))?;
        let has = |values: &[String]| values.iter().any(|value| value.eq_ignore_ascii_case(&status));
        if has(&self.status.ignored) {
            return Ok(None);
        }
        let firing = has(&self.status.firing);
        if !firing && !has(&self.status.resolved) {
            return Err(seen.misfit(
                from,
                format!(
                    "is {:?}, of which the mapping does not say what it means",
                    cut(&status, MAX_TEXT_CHARACTERS)
                ),
            ));
        }
        let start_ms = match self.start.as_ref().and_then(|place| Some((place, seen.text(place)?))) {
            None => 0,
            Some((place, text)) => match Timestamp::parse_rfc3339(&text) {
                Some(start) => start.0,
                None => {
                    return Err(seen.misfit(place, format!("is {text:?}, which is no instant in RFC 3339")));
                }
            },
        };
        let first = |places: &Places| places.all().iter().find_map(|place| seen.text(place));
        let severity = first(&self.severity).map(|said| self.severities.get(&said).cloned().unwrap_or(said));
        let links: Vec<String> = self.links.all().iter().filter_map(|place| seen.text(place)).collect();
        let text = first(&self.text).into_iter().chain(links.iter().cloned()).collect::<Vec<_>>().join("\n");
        let named = |key: &str, value: Option<String>| value.map(|value| Text { key: key.to_owned(), value });
        Ok(Some(Alert {
            fingerprint: fingerprint(&key),
            firing,
            start_ms,
            end_ms: 0,
            labels: [named("key", Some(key.join(" / "))), named("severity", severity)]
                .into_iter()
                .flatten()
                .collect(),
            annotations: [
                named("summary", first(&self.title)),
                named("description", Some(text).filter(|text| !text.is_empty())),
            ]
            .into_iter()
            .flatten()
            .collect(),
            generator_url: links.into_iter().next().unwrap_or_default(),
        }))
    }
}

fn text_bytes(alert: &Alert) -> usize {
    let named = alert.labels.iter().chain(&alert.annotations);
    named.map(|text| text.key.len() + text.value.len()).sum::<usize>() + alert.generator_url.len()
}

/// An alert, where it is seen.
struct Seen<'a> {
    body: &'a Value,
    alert: &'a Value,
    /// Where in the body it is.
    place: &'a str,
}

impl Seen<'_> {
    fn value(&self, place: &str) -> Option<&Value> {
        match place.strip_prefix(IN_THE_BODY) {
            Some(pointer) => self.body.pointer(pointer),
            None => self.alert.pointer(place),
        }
    }

    /// A text, a number or a boolean as text; nothing when it is empty, or something else. It is short: one text of the body
    /// may stand in every alert, and all of them together have to fit into a message.
    fn text(&self, place: &str) -> Option<String> {
        let text = self.value(place).and_then(plain).filter(|text| !text.trim().is_empty());
        text.map(|text| cut(&text, MAX_TEXT_CHARACTERS))
    }

    fn misfit(&self, place: &str, problem: impl Into<String>) -> Unacceptable {
        match place.strip_prefix(IN_THE_BODY) {
            Some(pointer) => Unacceptable::new(pointer, problem),
            None => Unacceptable::new(format!("{}{place}", self.place), problem),
        }
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What an alert is known by: neither its text nor anything else counts.
fn fingerprint(key: &[String]) -> String {
    let named = serde_json::json!(key).to_string();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, named.as_bytes()).simple().to_string()
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
