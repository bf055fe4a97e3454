//! Selectors of declared outputs: the subset of JSONPath that Automation documents use.

use serde_json::Value;

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Member(String),
    /// The same at any depth.
    Below(String),
    Index(i64),
    All,
    /// The elements whose member has a value.
    Where(Vec<String>, Value),
}

/// Reads a path.
fn parse(text: &str) -> Result<Vec<Part>, String> {
    let wrong = || format!("the selector {text:?} is not understood");
    let mut rest = text.strip_prefix('$').ok_or_else(wrong)?;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix("..") {
            let (name, behind) = name_of(behind);
            parts.push(Part::Below(name.ok_or_else(wrong)?));
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix(".*") {
            parts.push(Part::All);
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix('.') {
            let (name, behind) = name_of(behind);
            parts.push(Part::Member(name.ok_or_else(wrong)?));
            rest = behind;
        } else if let Some(inner) = rest.strip_prefix('[') {
            let (inside, behind) = inner.split_once(']').ok_or_else(wrong)?;
            parts.push(bracket(inside.trim()).ok_or_else(wrong)?);
            rest = behind;
        } else {
            return Err(wrong());
        }
    }
    Ok(parts)
}

fn name_of(text: &str) -> (Option<String>, &str) {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, behind) = text.split_at(end);
    ((!name.is_empty()).then(|| name.to_owned()), behind)
}

fn bracket(inside: &str) -> Option<Part> {
    if inside == "*" {
        return Some(Part::All);
    }
    if let Some(name) = quoted(inside) {
        return Some(Part::Member(name));
    }
    if let Some(condition) = inside.strip_prefix("?(").and_then(|rest| rest.strip_suffix(')')) {
        let (path, wanted) = condition.split_once("==")?;
        let path = path.trim().strip_prefix("@.")?;
        let wanted = wanted.trim();
        let wanted = match quoted(wanted) {
            Some(text) => Value::String(text),
            None => serde_json::from_str(wanted).ok()?,
        };
        return Some(Part::Where(path.split('.').map(str::to_owned).collect(), wanted));
    }
    inside.parse().ok().map(Part::Index)
}

fn quoted(text: &str) -> Option<String> {
    ['\'', '"'].into_iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        Some(inner.to_owned())
    })
}

fn below<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if key == name {
                    found.push(value);
                }
                below(value, name, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| below(item, name, found)),
        _ => {}
    }
}

fn step<'a>(part: &Part, value: &'a Value, found: &mut Vec<&'a Value>) {
    match (part, value) {
        (Part::Member(name), Value::Object(map)) => found.extend(map.get(name)),
        (Part::Below(name), value) => below(value, name, found),
        (Part::Index(index), Value::Array(items)) => {
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let at = if *index < 0 { length + index } else { *index };
            found.extend(usize::try_from(at).ok().and_then(|at| items.get(at)));
        }
        (Part::All, Value::Array(items)) => found.extend(items),
        (Part::All, Value::Object(map)) => found.extend(map.values()),
        (Part::Where(path, wanted), Value::Array(items)) => {
            let meets = |item: &&Value| {
                let at = path.iter().try_fold(*item, |at, name| at.get(name));
                at == Some(wanted)
            };
            found.extend(items.iter().filter(meets));
        }
        _ => {}
    }
}

/// What a selector finds; `None` when that is nothing. A path that can find several gives a list.
///
/// # Errors
/// A sentence about a selector that is not understood.
pub fn select(selector: &str, answer: &Value) -> Result<Option<Value>, String> {
    let parts = parse(selector)?;
    let gives_list = parts.iter().any(|part| matches!(part, Part::Below(_) | Part::All | Part::Where(..)));
    let mut found = vec![answer];
    for part in &parts {
        let mut next = Vec::new();
        found.iter().for_each(|value| step(part, value, &mut next));
        found = next;
    }
    if gives_list {
        let items: Vec<Value> = found.into_iter().cloned().collect();
        return Ok((!items.is_empty()).then_some(Value::Array(items)));
    }
    Ok(found.first().map(|value| (*value).clone()))
}

/// Whether a value is of a type; nothing is converted.
pub fn is_of_type(value: &Value, kind: &str) -> bool {
    match kind {
        "String" => value.is_string(),
        "Integer" => value.is_i64() || value.is_u64(),
        "Boolean" => value.is_boolean(),
        "StringMap" => value.is_object(),
        // A list found in an answer may be of other things, as a loop may go over them.
        "StringList" => value
            .as_array()
            .is_some_and(|items| items.iter().all(|item| !item.is_object() && !item.is_array())),
        "MapList" => value.as_array().is_some_and(|items| items.iter().all(Value::is_object)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer() -> Value {
        let instance = |n: u32| {
            json!({"ImageId": format!("ami-{n}"), "State": {"Code": 16, "Name": "running"},
                "BlockDeviceMappings": [{"Ebs": {"DeleteOnTermination": true, "VolumeId": format!("vol-{n}")}}]})
        };
        json!({"Reservations": [{"Instances": [instance(1)]}, {"Instances": [instance(2)]}]})
    }

    /// The table of AWS's guide.
    #[test]
    fn selectors_find_what_they_say() {
        let first = "$.Reservations[0].Instances[0]";
        for (selector, wanted, kind) in [
            (format!("{first}.ImageId"), json!("ami-1"), "String"),
            (format!("{first}.BlockDeviceMappings[0].Ebs.DeleteOnTermination"), json!(true), "Boolean"),
            (format!("{first}.State.Code"), json!(16), "Integer"),
            ("$.Reservations..BlockDeviceMappings..VolumeId".into(), json!(["vol-1", "vol-2"]), "StringList"),
            (
                format!("{first}.BlockDeviceMappings[0]"),
                json!({"Ebs": {"DeleteOnTermination": true, "VolumeId": "vol-1"}}),
                "StringMap",
            ),
            (
                "$.Reservations..Instances..State".into(),
                json!([{"Code": 16, "Name": "running"}, {"Code": 16, "Name": "running"}]),
                "MapList",
            ),
            ("$.Reservations[*].Instances[*].ImageId".into(), json!(["ami-1", "ami-2"]), "StringList"),
            (
                "$.Reservations..Instances[?(@.ImageId=='ami-2')]..VolumeId".into(),
                json!(["vol-2"]),
                "StringList",
            ),
            ("$['Reservations'][-1].Instances[0].ImageId".into(), json!("ami-2"), "String"),
        ] {
            let found = select(&selector, &answer()).unwrap().unwrap();
            assert_eq!(found, wanted, "{selector}");
            assert!(is_of_type(&found, kind), "{selector} is a {kind}");
        }
        assert_eq!(select("$.None[0]", &answer()), Ok(None));
        assert_eq!(select("$..None", &answer()), Ok(None));
        for selector in ["Reservations", "$.", "$[", "$[x]", "$x", "$.."] {
            assert!(select(selector, &answer()).is_err(), "{selector}");
        }
    }
}
