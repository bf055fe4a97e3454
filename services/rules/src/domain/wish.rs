//! What a match asks of another service, made of what the target is given. It is bounded: what is too long is cut, where a
//! person reads it, and refused, where a program does.

use super::target::Destination;
use reeve_contracts::{
    automation::AutomationRequested,
    incidents::{IncidentRequested, Trigger},
    notifications::NotificationRequested,
    opscenter::{OperationalDatum, OpsItemRequested},
    rules::{Invocation, RuleMatched},
    run_command::CommandRequested,
};
use reeve_types::{arn::Arn, text::cut};
use serde_json::{Map, Value, json};

/// The kind of origin of everything that a rule asks for.
pub const ORIGIN_KIND: &str = "rule";
/// As much may be asked of one target, as JSON.
pub const MAX_INPUT_BYTES: usize = 64 * 1024;
const MAX_TITLE_CHARACTERS: usize = 1_024;
const MAX_INCIDENT_TITLE_CHARACTERS: usize = 200;
const MAX_DESCRIPTION_CHARACTERS: usize = 2_048;
const MAX_RAW_DATA_CHARACTERS: usize = 10_000;

/// A request to another service.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    OpsItem(OpsItemRequested),
    Incident(IncidentRequested),
    Command(CommandRequested),
    Runbook(AutomationRequested),
    Notification(NotificationRequested),
}

/// The ARN of a rule.
pub fn rule_arn(name: &str, region: &str, account: &str) -> String {
    Arn { partition: "aws", service: "events", region, account, resource: &format!("rule/{name}") }
        .to_string()
}

/// What is kept of what a target is given, so that a match has a bounded size: the members that its destination takes.
///
/// # Errors
/// What is wrong with it.
pub fn input(
    destination: Destination<'_>,
    given: &Value,
    event: &Value,
    rule: &str,
) -> Result<Value, String> {
    let taken = match destination {
        Destination::OpsItem => ops_item(given, event, rule)?,
        Destination::ResponsePlan(_) => incident(given, event)?,
        Destination::Document(_) => parameters(given)?,
        // An event as it is has no parameters of a runbook.
        Destination::Runbook(..) if given == event => json!({}),
        Destination::Runbook(..) => parameters(given)?,
        // A webhook is given whatever it is, as EventBridge does.
        Destination::Webhook(_) => given.clone(),
    };
    let bytes = taken.to_string().len();
    match bytes > MAX_INPUT_BYTES {
        true => Err(format!("its input has {bytes} bytes: at most {MAX_INPUT_BYTES} are taken")),
        false => Ok(taken),
    }
}

/// A member of an input as text; a number is taken as it is written.
fn text(given: &Value, name: &str) -> Result<Option<String>, String> {
    match &given[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(format!("{name} of its input is no text")),
    }
}

/// Members of an OpsItem, as EventBridge gives them. What is not given says which event it was.
fn ops_item(given: &Value, event: &Value, rule: &str) -> Result<Value, String> {
    let is_event = given == event;
    let given = if is_event || !given.is_object() { &Value::Null } else { given };
    let or = |name: &str, other: String| Ok::<_, String>(text(given, name)?.unwrap_or(other));
    let kind = event["detail-type"].as_str().unwrap_or_default();
    let resources: Vec<&str> =
        event["resources"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let about = if resources.is_empty() { String::new() } else { format!(" ({})", resources.join(", ")) };
    let title = or("title", format!("{kind}{about}"))?;
    let description = or("description", format!("The rule {rule} matched: {}", event["detail"]))?;
    let mut data = Map::new();
    for (key, datum) in given["operationalData"].as_object().into_iter().flatten() {
        let value = text(datum, "value")?
            .ok_or_else(|| format!("operationalData.{key} of its input has no value"))?;
        let kind = text(datum, "type")?.unwrap_or_else(|| "SearchableString".to_owned());
        data.insert(key.clone(), json!({"value": value, "type": kind}));
    }
    Ok(json!({
        "title": cut(&title, MAX_TITLE_CHARACTERS),
        "description": cut(&description, MAX_DESCRIPTION_CHARACTERS),
        "source": text(given, "source")?,
        "severity": text(given, "severity")?,
        "category": text(given, "category")?,
        "priority": text(given, "priority")?,
        "operationalData": data,
    }))
}

fn incident(given: &Value, event: &Value) -> Result<Value, String> {
    let named = if given == event { &Value::Null } else { given };
    let impact = named["impact"].as_i64().filter(|impact| (1..=5).contains(impact));
    if impact.is_none() && !named["impact"].is_null() {
        return Err("impact of its input is not 1 to 5".to_owned());
    }
    Ok(json!({
        "title": text(named, "title")?.map(|title| cut(&title, MAX_INCIDENT_TITLE_CHARACTERS)),
        "impact": impact,
        "rawData": cut(&given.to_string(), MAX_RAW_DATA_CHARACTERS),
    }))
}

/// The parameters of a document: texts, or lists of texts.
fn parameters(given: &Value) -> Result<Value, String> {
    let Some(members) = given.as_object() else {
        return Err("its input is no object of the document's parameters".to_owned());
    };
    let list = |(name, value): (&String, &Value)| {
        let values = match value {
            Value::Array(values) => values.clone(),
            value => vec![value.clone()],
        };
        let texts: Option<Vec<String>> =
            values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
        let texts = texts.ok_or_else(|| format!("{name} of its input is no text and no list of texts"))?;
        Ok::<_, String>((name.clone(), Value::from(texts)))
    };
    members.iter().map(list).collect::<Result<Map<_, _>, _>>().map(Value::Object)
}

/// The request of an invocation; `None` where there is a problem with it.
pub fn wish(matched: &RuleMatched, invocation: &Invocation) -> Option<Wish> {
    if !invocation.problem.is_empty() {
        return None;
    }
    let input: Value = serde_json::from_str(&invocation.input_json).ok()?;
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let (origin_kind, origin_id) =
        (ORIGIN_KIND.to_owned(), format!("{}/{}", matched.rule, invocation.target_id));
    let (account, region) = (matched.account.clone(), matched.region.clone());
    Some(match Destination::of(&invocation.arn).ok()? {
        Destination::OpsItem => {
            let data = input["operationalData"].as_object().into_iter().flatten();
            let data = data.map(|(key, datum)| OperationalDatum {
                key: key.clone(),
                value: datum["value"].as_str().unwrap_or_default().to_owned(),
                searchable: datum["type"] == json!("SearchableString"),
            });
            Wish::OpsItem(OpsItemRequested {
                origin_kind,
                origin_id,
                title: text("title"),
                description: text("description"),
                source: match text("source") {
                    source if source.is_empty() => "reeve.rules".to_owned(),
                    source => source,
                },
                priority: text("priority").parse().unwrap_or_default(),
                severity: text("severity"),
                category: text("category"),
                operational_data: data.collect(),
                // Repeats about the same thing are one item.
                deduplication: json!([matched.rule, matched.event_source, matched.resources]).to_string(),
                account,
                region,
            })
        }
        Destination::ResponsePlan(plan) => {
            let trigger = Trigger {
                source: "aws.events".to_owned(),
                arn: rule_arn(&matched.rule, &region, &account),
                raw_data: text("rawData"),
                occurred_ms: matched.event_ms,
            };
            Wish::Incident(IncidentRequested {
                origin_kind,
                origin_id,
                plan: plan.to_owned(),
                title: text("title"),
                impact: input["impact"]
                    .as_i64()
                    .and_then(|impact| i32::try_from(impact).ok())
                    .unwrap_or_default(),
                trigger: Some(trigger),
                account,
                region,
            })
        }
        Destination::Document(document) => Wish::Command(CommandRequested {
            origin_kind,
            origin_id,
            document_name: document.to_owned(),
            parameters_json: invocation.input_json.clone(),
            targets_json: invocation.run_command_targets_json.clone(),
            comment: cut(&format!("Rule {}", matched.rule), 100),
            account,
            region,
            ..CommandRequested::default()
        }),
        Destination::Runbook(name, version) => Wish::Runbook(AutomationRequested {
            origin_kind,
            origin_id,
            document_name: name.to_owned(),
            document_version: version.to_owned(),
            parameters_json: invocation.input_json.clone(),
            account,
            region,
        }),
        Destination::Webhook(name) => Wish::Notification(NotificationRequested {
            origin_kind,
            origin_id,
            destination: format!("webhook:{name}"),
            subject: about(matched),
            text: format!("The rule {} matched.", matched.rule),
            details_json: invocation.input_json.clone(),
            expires_ms: 0,
            account,
            region,
        }),
    })
}

/// Which event it was, for people.
fn about(matched: &RuleMatched) -> String {
    match matched.resources.as_slice() {
        [] => format!("{} of {}", matched.event_type, matched.event_source),
        resources => format!("{} of {} ({})", matched.event_type, matched.event_source, resources.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Value {
        json!({"detail-type": "NodeLost", "source": "reeve.nodes", "resources": ["node/mi-1"], "detail": {"x": 1}})
    }

    fn asked(arn: &str, given: &Value) -> Result<Wish, String> {
        let taken = input(Destination::of(arn).unwrap(), given, &event(), "r")?;
        let invocation = Invocation {
            target_id: "t".into(),
            arn: arn.into(),
            input_json: taken.to_string(),
            run_command_targets_json: "[]".into(),
            ..Invocation::default()
        };
        let matched = RuleMatched {
            rule: "r".into(),
            account: "1".into(),
            region: "x".into(),
            ..RuleMatched::default()
        };
        Ok(wish(&matched, &invocation).unwrap())
    }

    #[test]
    fn an_ops_item_says_which_event_it_was_unless_it_is_told_otherwise() {
        let arn = "arn:aws:ssm:x:1:opsitem";
        let Wish::OpsItem(item) = asked(arn, &event()).unwrap() else { panic!("another wish") };
        assert_eq!((item.title.as_str(), item.source.as_str()), ("NodeLost (node/mi-1)", "reeve.rules"));
        assert_eq!(item.description, r#"The rule r matched: {"x":1}"#);
        let given = json!({
            "title": "T", "severity": 2, "priority": "3", "description": "é".repeat(5_000),
            "operationalData": {"/aws/dedup": {"value": "{\"dedupString\":\"d\"}", "type": "SearchableString"}},
        });
        let Wish::OpsItem(item) = asked(arn, &given).unwrap() else { panic!("another wish") };
        assert_eq!((item.title.as_str(), item.severity.as_str(), item.priority), ("T", "2", 3));
        assert_eq!(item.description.chars().count(), MAX_DESCRIPTION_CHARACTERS);
        assert_eq!(item.operational_data[0].key, "/aws/dedup");
        assert_eq!(asked(arn, &json!({"title": []})), Err("title of its input is no text".into()));
        let large = json!({"operationalData": {"k": {"value": "x".repeat(MAX_INPUT_BYTES)}}});
        assert!(asked(arn, &large).unwrap_err().contains("at most 65536 are taken"));
    }

    #[test]
    fn a_document_takes_texts_and_lists_of_them() {
        let arn = "arn:aws:ssm:x:1:document/AWS-RunShellScript";
        let Wish::Command(command) =
            asked(arn, &json!({"commands": ["ls"], "workingDirectory": "/"})).unwrap()
        else {
            panic!("another wish")
        };
        assert_eq!(command.parameters_json, r#"{"commands":["ls"],"workingDirectory":["/"]}"#);
        assert_eq!((command.origin_kind.as_str(), command.origin_id.as_str()), ("rule", "r/t"));
        assert!(asked(arn, &json!([1])).unwrap_err().contains("no object"));
        assert!(asked(arn, &json!({"commands": [1]})).unwrap_err().contains("commands of its input"));
    }

    #[test]
    fn a_runbook_has_its_parameters_or_none() {
        let arn = "arn:aws:ssm:x:1:automation-definition/Mend:2";
        let Wish::Runbook(started) = asked(arn, &json!({"Node": "mi-1", "Steps": ["a", "b"]})).unwrap()
        else {
            panic!("another wish")
        };
        assert_eq!((started.document_name.as_str(), started.document_version.as_str()), ("Mend", "2"));
        assert_eq!((started.origin_kind.as_str(), started.origin_id.as_str()), ("rule", "r/t"));
        assert_eq!(started.parameters_json, r#"{"Node":["mi-1"],"Steps":["a","b"]}"#);
        let Wish::Runbook(started) = asked(arn, &event()).unwrap() else { panic!("another wish") };
        assert_eq!(started.parameters_json, "{}");
        assert!(asked(arn, &json!({"Node": 1})).unwrap_err().contains("Node of its input"));
    }

    #[test]
    fn a_webhook_is_given_what_the_rule_says() {
        let arn = "arn:aws:events:x:1:api-destination/chat/0a1b";
        let Wish::Notification(message) = asked(arn, &json!(["anything", 1])).unwrap() else {
            panic!("another wish")
        };
        assert_eq!((message.destination.as_str(), message.origin_id.as_str()), ("webhook:chat", "r/t"));
        assert_eq!(message.details_json, r#"["anything",1]"#);
        let large = json!("x".repeat(MAX_INPUT_BYTES));
        assert!(asked(arn, &large).unwrap_err().contains("at most 65536 are taken"));
    }

    #[test]
    fn an_incident_has_the_rule_as_its_trigger() {
        let arn = "arn:aws:ssm-incidents::1:response-plan/shop";
        let Wish::Incident(incident) = asked(arn, &event()).unwrap() else { panic!("another wish") };
        let trigger = incident.trigger.unwrap();
        assert_eq!((incident.plan.as_str(), incident.title.as_str(), incident.impact), ("shop", "", 0));
        assert_eq!(
            (trigger.arn.as_str(), trigger.raw_data),
            ("arn:aws:events:x:1:rule/r", event().to_string())
        );
        assert!(asked(arn, &json!({"impact": 9})).unwrap_err().contains("impact"));
    }
}
