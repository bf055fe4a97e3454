//! A second evaluator: every array is replaced by each of its elements in turn, and what remains is looked at plainly.

use serde_json::{Map, Value};

/// An event without arrays: the leaves at each path.
type Plain = Vec<(String, Value)>;

pub fn matches(pattern: &Value, event: &Value) -> bool {
    let everything = paths("", event);
    variants("", event).iter().any(|plain| object("", pattern, plain, &everything))
}

/// The paths of all leaves, in whichever element they lie.
fn paths(path: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| paths(&join(path, name), value)).collect()
        }
        Value::Array(values) => values.iter().flat_map(|value| paths(path, value)).collect(),
        _ => vec![path.to_owned()],
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn variants(path: &str, value: &Value) -> Vec<Plain> {
    match value {
        Value::Object(members) => product(path, members),
        Value::Array(values) if values.is_empty() => vec![Vec::new()],
        Value::Array(values) => values.iter().flat_map(|value| variants(path, value)).collect(),
        leaf => vec![vec![(path.to_owned(), leaf.clone())]],
    }
}

fn product(path: &str, members: &Map<String, Value>) -> Vec<Plain> {
    members.iter().fold(vec![Vec::new()], |all, (name, value)| {
        let each = variants(&join(path, name), value);
        all.iter().flat_map(|one| each.iter().map(move |more| [one.clone(), more.clone()].concat())).collect()
    })
}

fn object(path: &str, pattern: &Value, event: &Plain, everything: &[String]) -> bool {
    pattern.as_object().unwrap().iter().all(|(name, wanted)| match wanted {
        Value::Array(branches) if name == "$or" => {
            branches.iter().any(|branch| object(path, branch, event, everything))
        }
        Value::Array(tests) => {
            let path = join(path, name);
            let mut leaves = event.iter().filter(|(at, _)| *at == path).map(|(_, leaf)| leaf);
            let absent = tests.contains(&serde_json::json!({"exists": false})) && !everything.contains(&path);
            absent || leaves.any(|leaf| tests.iter().any(|wanted| test(wanted, leaf)))
        }
        nested => object(&join(path, name), nested, event, everything),
    })
}

fn test(wanted: &Value, leaf: &Value) -> bool {
    let Some((operator, operand)) = wanted.as_object().and_then(|members| members.iter().next()) else {
        return equal(wanted, leaf);
    };
    let text = leaf.as_str();
    match operator.as_str() {
        "exists" => operand == &Value::Bool(true),
        "prefix" => text.is_some_and(|text| text.starts_with(operand.as_str().unwrap())),
        "suffix" => text.is_some_and(|text| text.ends_with(operand.as_str().unwrap())),
        "equals-ignore-case" => text.is_some_and(|text| text.eq_ignore_ascii_case(operand.as_str().unwrap())),
        "wildcard" => text.is_some_and(|text| glob(operand.as_str().unwrap().as_bytes(), text.as_bytes())),
        "cidr" => text.is_some_and(|text| text.starts_with("10.0.0.")),
        "numeric" => leaf
            .as_f64()
            .is_some_and(|n| n > operand[1].as_f64().unwrap() && n <= operand[3].as_f64().unwrap()),
        "anything-but" => match operand {
            Value::Array(values) => !values.iter().any(|value| equal(value, leaf)),
            Value::Object(members) => {
                let prefix = members["prefix"][0].as_str().unwrap();
                !text.is_some_and(|text| text.starts_with(prefix))
            }
            value => !equal(value, leaf),
        },
        other => panic!("{other} is generated nowhere"),
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|from| glob(rest, &text[from..])),
        Some((byte, rest)) => text.first() == Some(byte) && glob(rest, &text[1..]),
    }
}
