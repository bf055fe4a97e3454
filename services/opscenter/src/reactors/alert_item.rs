//! The OpsItem that tells of alerts.

use crate::opening::deduplication_key;
use reeve_contracts::{
    ingest::{Alert, AlertGroupReceived, Text},
    opscenter::{OperationalDatum, OpsItemCreated},
};
use reeve_types::text::cut;
use serde_json::{Map, Value};

const MAX_TITLE_CHARS: usize = 1_024;
const MAX_DESCRIPTION_CHARS: usize = 2_048;
const MAX_LISTED_ALERTS: usize = 10;
const MAX_DATUM_BYTES: usize = 16 * 1024;

/// What monitoring calls severities, the worst first, and what OpsItems do.
const SEVERITIES: [(&str, &[&str]); 4] = [
    ("1", &["critical", "fatal", "emergency", "disaster", "page", "sev1", "p1"]),
    ("2", &["error", "high", "major", "sev2", "p2"]),
    ("3", &["warning", "warn", "average", "medium", "minor", "sev3", "p3"]),
    ("4", &["info", "information", "informational", "low", "notice", "none", "sev4", "p4"]),
];

/// The deduplication key of the item that tells of an alert. Alertmanager's group labels say what belongs together; where
/// it groups by nothing, each alert has an item of its own.
pub(super) fn key(group: &AlertGroupReceived, alert: &Alert) -> String {
    match group.group_labels.is_empty() {
        true => deduplication_key(&["alert", &group.group, &alert.fingerprint]),
        false => deduplication_key(&["alert-group", &group.group]),
    }
}

fn value<'a>(texts: &'a [Text], names: &[&str]) -> Option<&'a str> {
    let of = |name: &&str| texts.iter().find(|text| text.key == *name).map(|text| text.value.as_str());
    names.iter().find_map(of).filter(|value| !value.trim().is_empty())
}

fn pairs(texts: &[Text]) -> String {
    let pairs: Vec<String> = texts.iter().map(|text| format!("{}={}", text.key, text.value)).collect();
    pairs.join(" ")
}

/// The worst severity of alerts, as OpsItems have it; empty when none says one that is known.
pub(super) fn severity(alerts: &[&Alert]) -> &'static str {
    let said = alerts.iter().filter_map(|alert| value(&alert.labels, &["severity", "priority"]));
    let said: Vec<String> = said.map(str::to_lowercase).collect();
    let worst = SEVERITIES.iter().find(|(_, names)| said.iter().any(|said| names.contains(&said.as_str())));
    worst.map_or("", |(severity, _)| severity)
}

/// The item of a key, for the alerts that fire.
pub(super) fn item(group: &AlertGroupReceived, key: &str, firing: &[&Alert]) -> OpsItemCreated {
    let grouped = !group.group_labels.is_empty();
    let first = firing.first();
    let annotation = |names: &[&str]| {
        value(&group.common_annotations, names).or_else(|| {
            first.filter(|_| firing.len() == 1).and_then(|alert| value(&alert.annotations, names))
        })
    };
    let labels = match first {
        Some(alert) if !grouped => &alert.labels,
        _ => &group.group_labels,
    };
    let title = match annotation(&["summary", "title"]) {
        Some(summary) => summary.to_owned(),
        None => match pairs(labels) {
            pairs if pairs.trim().is_empty() => "An alert without labels".to_owned(),
            pairs => pairs,
        },
    };
    let datum = |key: &str, value: String| OperationalDatum {
        key: key.to_owned(),
        value: cut(&value, MAX_DATUM_BYTES / 4),
        searchable: true,
    };
    let json = |texts: &[Text]| {
        let texts = texts.iter().map(|text| (text.key.clone(), Value::from(text.value.clone())));
        Value::Object(texts.collect::<Map<_, _>>()).to_string()
    };
    let mut operational_data = vec![
        datum("alertLabels", json(labels)),
        datum("groupedBy", if grouped { "group labels" } else { "fingerprint" }.to_owned()),
    ];
    if !group.receiver.trim().is_empty() {
        operational_data.push(datum("receiver", group.receiver.clone()));
    }
    OpsItemCreated {
        title: cut(&title, MAX_TITLE_CHARS),
        description: cut(
            &description(annotation(&["description", "message"]), firing),
            MAX_DESCRIPTION_CHARS,
        ),
        source: group.sender.clone(),
        severity: severity(firing).to_owned(),
        ops_item_type: "/aws/issue".to_owned(),
        operational_data,
        deduplication_key: key.to_owned(),
        ..OpsItemCreated::default()
    }
}

fn description(said: Option<&str>, firing: &[&Alert]) -> String {
    let mut lines: Vec<String> = said.map(str::to_owned).into_iter().collect();
    lines.extend(
        firing.iter().take(MAX_LISTED_ALERTS).map(|alert| format!("- {}", cut(&pairs(&alert.labels), 150))),
    );
    if firing.len() > MAX_LISTED_ALERTS {
        lines.push(format!("(+{} more)", firing.len() - MAX_LISTED_ALERTS));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: &str, value: &str) -> Text {
        Text { key: key.into(), value: value.into() }
    }

    fn alert(severity: &str) -> Alert {
        Alert { labels: vec![text("alertname", "Down"), text("severity", severity)], ..Alert::default() }
    }

    #[test]
    fn the_worst_severity_counts_and_an_unknown_one_is_none() {
        let of = |names: &[&str]| {
            let alerts: Vec<Alert> = names.iter().map(|name| alert(name)).collect();
            severity(&alerts.iter().collect::<Vec<_>>())
        };
        assert_eq!((of(&["warning", "Critical", "info"]), of(&["warning"]), of(&["odd"])), ("1", "3", ""));
    }

    #[test]
    fn what_is_too_long_is_cut_at_a_character_and_says_so() {
        let group = AlertGroupReceived {
            sender: "am".into(),
            group_labels: vec![text("alertname", "Down")],
            common_annotations: vec![
                text("summary", &"é".repeat(2_000)),
                text("description", &"ü".repeat(5_000)),
            ],
            ..AlertGroupReceived::default()
        };
        let alerts: Vec<Alert> = (0..40).map(|_| alert("info")).collect();
        let item = item(&group, "k", &alerts.iter().collect::<Vec<_>>());
        assert_eq!((item.title.chars().count(), item.description.chars().count()), (1_024, 2_048));
        assert!(item.title.ends_with('…') && item.description.ends_with('…'));
        let plain = AlertGroupReceived { common_annotations: Vec::new(), ..group };
        let item = super::item(&plain, "k", &alerts.iter().collect::<Vec<_>>());
        assert_eq!(item.title, "alertname=Down");
        assert!(item.description.ends_with("(+30 more)"), "{}", item.description);
    }
}
