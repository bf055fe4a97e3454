//! Pseudo parameters: what a task's parameters say of its window and of what it runs on, such as `{{WINDOW_ID}}`.

use std::collections::BTreeMap;

/// A task's parameters: name to values.
pub type Parameters = BTreeMap<String, Vec<String>>;

/// The names that there are.
pub const NAMES: [&str; 9] = [
    "TARGET_ID",
    "TARGET_TYPE",
    "RESOURCE_ID",
    "WINDOW_ID",
    "WINDOW_TARGET_ID",
    "WINDOW_TASK_ID",
    "WINDOW_EXECUTION_ID",
    "TASK_EXECUTION_ID",
    "INVOCATION_ID",
];

/// Of a command's nodes there are many: these name one.
const OF_ONE_NODE: [&str; 2] = ["TARGET_ID", "RESOURCE_ID"];

/// The values with each name in braces replaced. What is no pseudo parameter stays, such as a reference to a parameter.
pub fn replaced(parameters: &Parameters, values: &BTreeMap<&str, String>) -> Parameters {
    let each = |text: &String| {
        values.iter().fold(text.clone(), |text, (name, value)| {
            let text = text.replace(&format!("{{{{{name}}}}}"), value);
            text.replace(&format!("{{{{ {name} }}}}"), value)
        })
    };
    parameters.iter().map(|(name, texts)| (name.clone(), texts.iter().map(each).collect())).collect()
}

/// A name that stands for one node, where a task runs on many at once.
pub fn of_one_node(parameters: &Parameters) -> Option<&'static str> {
    let has = |name: &str| {
        let written = [format!("{{{{{name}}}}}"), format!("{{{{ {name} }}}}")];
        parameters.values().flatten().any(|text| written.iter().any(|written| text.contains(written)))
    };
    OF_ONE_NODE.into_iter().find(|name| has(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(texts: &[&str]) -> Parameters {
        BTreeMap::from([("commands".to_owned(), texts.iter().map(|text| (*text).to_owned()).collect())])
    }

    #[test]
    fn names_are_replaced_and_what_is_none_stays() {
        let values = BTreeMap::from([("WINDOW_ID", "mw-1".to_owned()), ("RESOURCE_ID", String::new())]);
        let given = parameters(&[
            "{{WINDOW_ID}}/{{ WINDOW_ID }}",
            "x{{RESOURCE_ID}}y",
            "{{ssm:a}} {{X}} {{window_id}}",
        ]);
        let expected = parameters(&["mw-1/mw-1", "xy", "{{ssm:a}} {{X}} {{window_id}}"]);
        assert_eq!(replaced(&given, &values), expected);
    }

    #[test]
    fn what_stands_for_one_node_is_found() {
        assert_eq!(of_one_node(&parameters(&["a", "b {{RESOURCE_ID}}"])), Some("RESOURCE_ID"));
        assert_eq!(of_one_node(&parameters(&["{{ TARGET_ID }}"])), Some("TARGET_ID"));
        assert_eq!(of_one_node(&parameters(&["{{WINDOW_TARGET_ID}} TARGET_ID"])), None);
    }
}
