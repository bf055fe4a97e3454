//! Where a step takes secrets, by `{{ ssm-secure:name }}`: in what reaches a script by its environment, in the credentials of a
//! download, and in what an included document is given. Never in the text of a script, which a value could change and which may be
//! written to a file.

use crate::{plugins, references};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The members of sourceInfo that are credentials.
pub const CREDENTIALS: [&str; 2] = ["username", "password"];

/// The secrets that texts refer to, as they are written there, each with its selector.
pub(crate) fn names_in(texts: impl Iterator<Item = String>) -> BTreeSet<String> {
    let names = |text: String| -> Vec<String> {
        references::secrets_in(&text).into_iter().map(str::to_owned).collect()
    };
    texts.flat_map(names).collect()
}

/// The first reference of a step's inputs that nothing resolves.
pub fn misplaced(action: &str, inputs: &Value) -> Option<String> {
    let (taken, rest) = split(action, inputs);
    let is_plain = |text: &String| {
        let left = references::replace_secrets(text, |_| Ok::<_, ()>(String::new())).unwrap_or_default();
        references::in_value(&Value::String(left))
    };
    references::in_value(&rest).or_else(|| taken.iter().find_map(is_plain))
}

/// The texts of a step's inputs in which secrets may stand, and the inputs without them.
pub(crate) fn split(action: &str, inputs: &Value) -> (Vec<String>, Value) {
    let mut rest = inputs.clone();
    let mut taken = Vec::new();
    if plugins::is_script(action)
        && let Some(environment) = rest.get_mut("environment")
    {
        texts_of(&environment.take(), &mut taken);
    }
    if action == "aws:runDocument"
        && let Some(parameters) = rest.get_mut("documentParameters")
    {
        texts_of(&parameters.take(), &mut taken);
    }
    if action == "aws:downloadContent"
        && let Some(info) = rest.get_mut("sourceInfo")
        && let Some(mut members) = members(info)
    {
        for name in CREDENTIALS {
            texts_of(&members.remove(name).unwrap_or_default(), &mut taken);
        }
        *info = Value::Object(members);
    }
    (taken, rest)
}

/// A map, or the JSON text of one.
fn members(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

fn texts_of(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, found)),
        Value::Object(map) => map.values().for_each(|item| texts_of(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_executable;
    use serde_json::json;

    #[test]
    fn secrets_stand_in_environments_credentials_and_what_a_document_is_given() {
        for (action, inputs, wrong) in [
            (
                "aws:runShellScript",
                json!({"runCommand": ["x"], "environment": {"A": "a{{ssm-secure:/p:3}}b"}}),
                None,
            ),
            (
                "aws:runShellScript",
                json!({"runCommand": ["echo {{ ssm-secure:/p }}"]}),
                Some("{{ ssm-secure:/p }}"),
            ),
            (
                "aws:runShellScript",
                json!({"workingDirectory": "{{ssm-secure:p}}"}),
                Some("{{ ssm-secure:p }}"),
            ),
            ("aws:runShellScript", json!({"environment": {"A": "{{ssm:p}}"}}), Some("{{ ssm:p }}")),
            ("aws:runDocument", json!({"documentParameters": {"A": ["{{ssm-secure:p}}"]}}), None),
            ("aws:runDocument", json!({"documentPath": "{{ssm-secure:p}}"}), Some("{{ ssm-secure:p }}")),
            (
                "aws:downloadContent",
                json!({"sourceInfo": "{\"password\": \"{{ssm-secure:p}}\", \"url\": \"u\"}"}),
                None,
            ),
            (
                "aws:downloadContent",
                json!({"sourceInfo": {"url": "{{ssm-secure:p}}"}}),
                Some("{{ ssm-secure:p }}"),
            ),
        ] {
            assert_eq!(misplaced(action, &inputs).as_deref(), wrong, "{action} {inputs}");
        }
    }

    #[test]
    fn a_parameter_that_is_interpolated_as_a_variable_takes_one() {
        let document = json!({"schemaVersion": "2.2",
            "parameters": {"Password": {"type": "String", "interpolationType": "ENV_VAR"}, "L": {"type": "StringList",
                "interpolationType": "ENV_VAR", "default": []}},
            "mainSteps": [{"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ["echo {{ Password }}"]}}]});
        let given = json!({"Password": "{{ssm-secure:/app/password}}"}).as_object().unwrap().clone();
        let plan = parse_executable(&document, &given).unwrap();
        assert_eq!(plan.secrets().into_iter().collect::<Vec<_>>(), ["/app/password"]);
        assert_eq!(misplaced(&plan.steps[0].action, plan.steps[0].inputs()), None);
        // In the JSON of a list a value could end the text that it stands in.
        let list = json!({"L": ["{{ssm-secure:p}}"]}).as_object().unwrap().clone();
        let refused = parse_executable(&document, &list).unwrap_err().to_string();
        assert!(refused.contains("parameters.L"), "{refused}");
    }
}
