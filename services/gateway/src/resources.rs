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
        let ids = match input.get(member) {
            Some(Value::Array(ids)) => ids.as_slice(),
            Some(id) => std::slice::from_ref(id),
            None => &[],
        };
        resources.extend(ids.iter().filter_map(Value::as_str).map(|id| Resource::new(kind, id)));
    }
    if resources.is_empty() {
        resources.push(Resource::none());
    }
    resources
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
    }
}
