//! What a target is given of an event: all of it, a part, a constant, or what a template makes of it.

use super::{
    path::Path,
    target::TargetSettings,
    template::{EVENT, INGESTION_TIME, RULE_ARN, RULE_NAME, WHOLE_EVENT, filled},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// A rule, as templates may name it.
pub struct About<'a> {
    pub rule: &'a str,
    pub rule_arn: &'a str,
}

/// What a target is given: JSON.
///
/// # Errors
/// When a template makes something else than JSON of the event.
pub fn given(target: &TargetSettings, event: &Value, about: &About<'_>) -> Result<Value, String> {
    if !target.input.is_empty() {
        return serde_json::from_str(&target.input).map_err(|error| format!("its Input is no JSON: {error}"));
    }
    if !target.input_path.is_empty() {
        let found = Path::parse(&target.input_path).and_then(|path| path.of(event).cloned());
        return Ok(found.unwrap_or_default());
    }
    if target.input_template.is_empty() {
        return Ok(event.clone());
    }
    let mut values: BTreeMap<&str, Value> = BTreeMap::from([
        (RULE_NAME, about.rule.into()),
        (RULE_ARN, about.rule_arn.into()),
        (INGESTION_TIME, event["time"].clone()),
        (EVENT, without_detail(event)),
        (WHOLE_EVENT, event.clone()),
    ]);
    for (name, path) in &target.input_paths {
        let found = Path::parse(path).and_then(|path| path.of(event).cloned());
        values.insert(name, found.unwrap_or_default());
    }
    let text = filled(&target.input_template, &values);
    serde_json::from_str(&text)
        .map_err(|error| format!("what its InputTemplate makes of the event is no JSON: {error}"))
}

/// The paths that a target names, and at which the event has nothing.
pub fn missing<'a>(target: &'a TargetSettings, event: &Value) -> impl Iterator<Item = &'a str> {
    let named = target.input_paths.iter().map(|(_, path)| path).chain([&target.input_path]);
    let lacks = |path: &&String| Path::parse(path).is_some_and(|path| path.of(event).is_none());
    named.filter(lacks).map(String::as_str)
}

fn without_detail(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(members) = event.as_object_mut() {
        members.remove("detail");
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event() -> Value {
        json!({
            "source": "reeve.nodes", "time": "2026-01-01T00:00:00Z", "resources": ["node/mi-1"],
            "detail": {"state": "lost \"now\"", "count": 3, "a.b": {"c": [1, {"d": null}]}},
        })
    }

    fn with(paths: &[(&str, &str)], template: &str) -> Result<Value, String> {
        let input_paths = paths.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect();
        let target =
            TargetSettings { input_paths, input_template: template.into(), ..TargetSettings::default() };
        given(&target, &event(), &About { rule: "r", rule_arn: "arn:r" })
    }

    #[test]
    fn a_part_a_constant_or_all_of_it() {
        let about = About { rule: "r", rule_arn: "arn:r" };
        let given = |target: TargetSettings| given(&target, &event(), &about).unwrap();
        assert_eq!(given(TargetSettings::default()), event());
        let path =
            |path: &str| given(TargetSettings { input_path: path.into(), ..TargetSettings::default() });
        assert_eq!(path("$.detail.count"), json!(3));
        assert_eq!(path("$.resources[0]"), json!("node/mi-1"));
        assert_eq!(path("$.detail['a.b'].c[1]"), json!({"d": null}));
        assert_eq!((path("$.detail.none"), path("$")), (Value::Null, event()));
        assert_eq!(given(TargetSettings { input: "[1]".into(), ..TargetSettings::default() }), json!([1]));
    }

    #[test]
    fn paths_at_which_there_is_nothing_are_missing() {
        let input_paths = vec![("a".into(), "$.detail.count".into()), ("b".into(), "$.detail.cuont".into())];
        let target =
            TargetSettings { input_paths, input_path: "$.none[0]".into(), ..TargetSettings::default() };
        assert_eq!(missing(&target, &event()).collect::<Vec<_>>(), ["$.detail.cuont", "$.none[0]"]);
        assert_eq!(missing(&TargetSettings::default(), &event()).count(), 0);
    }

    #[test]
    fn a_template_takes_values_as_text_and_as_json() {
        let paths = [("state", "$.detail.state"), ("n", "$.detail.count"), ("none", "$.detail.none")];
        let made = with(
            &paths,
            r#"{"title":"<n> nodes: <state>","n":<n>,"s":<state>,"none":<none>,"in":"[<none>]"}"#,
        );
        let expected = json!({
            "title": "3 nodes: lost \"now\"", "n": 3, "s": "lost \"now\"", "none": null, "in": "[]",
        });
        assert_eq!(made, Ok(expected));
        assert_eq!(with(&[], r#""<aws.events.rule-name> <x> \"<""#), Ok(json!("r <x> \"<")));
        assert_eq!(with(&[], "<aws.events.event.json>"), Ok(event()));
        assert_eq!(with(&[], "<aws.events.event>").unwrap().get("detail"), None);
        assert!(with(&[], "plain <aws.events.rule-name>").unwrap_err().contains("no JSON"));
    }
}
