//! What a request is done to, as the service that serves the operation says where to look.

use reeve_authz::Resource;
use serde_json::{Map, Value};

/// The resources that an input names; [`Resource::none`] when it names none.
pub fn named(announced: &[(String, String)], input: &Map<String, Value>) -> Vec<Resource> {
    let mut resources = Vec::new();
    for (kind, member) in announced {
        let kind = match kind.strip_prefix('@') {
            Some(member) => input.get(member).and_then(Value::as_str).unwrap_or_default(),
            None => kind,
        };
        let mut ids = Vec::new();
        follow(input, member, &mut ids);
        resources.extend(ids.into_iter().map(|id| Resource::new(kind, id)));
    }
    if resources.is_empty() {
        resources.push(Resource::none());
    }
    resources
}

/// The strings at the end of a path of members, through lists: `Entries.Name` is the name of each entry.
fn follow<'a>(input: &'a Map<String, Value>, path: &str, found: &mut Vec<&'a str>) {
    let (member, rest) = path.split_once('.').map_or((path, None), |(member, rest)| (member, Some(rest)));
    let values = match input.get(member) {
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    for value in values {
        match (value, rest) {
            (Value::String(id), None) => found.push(id),
            (Value::Object(value), Some(rest)) => follow(value, rest, found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_of_an_input_is_named() {
        let announced = [("Document", "DocumentName"), ("ManagedInstance", "InstanceIds"), ("@Kind", "Id")];
        let announced = announced.map(|(kind, member)| (kind.to_owned(), member.to_owned()));
        let of = |input: Value| named(&announced, input.as_object().unwrap());
        let input = serde_json::json!({
            "DocumentName": "arn:aws:ssm:us-east-1:1:document/deploy", "InstanceIds": ["mi-1", "mi-2"],
            "Kind": "Parameter", "Id": "/db", "Other": "x",
        });
        let expected = [
            Resource::new("Document", "deploy"),
            Resource::new("ManagedInstance", "mi-1"),
            Resource::new("ManagedInstance", "mi-2"),
            Resource::new("Parameter", "/db"),
        ];
        assert_eq!(of(input), expected);
        assert_eq!(of(serde_json::json!({"Other": "x"})), [Resource::none()]);
        let announced = [("Document".to_owned(), "Entries.Name".to_owned())];
        let input = serde_json::json!({"Entries": [{"Name": "a"}, {"Other": 1}, {"Name": "b"}, 7]});
        let expected = [Resource::new("Document", "a"), Resource::new("Document", "b")];
        assert_eq!(named(&announced, input.as_object().unwrap()), expected);
    }
}
