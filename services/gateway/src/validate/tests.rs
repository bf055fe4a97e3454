use super::{Error, validate};
use crate::models::model;
use serde_json::{Value, json};

fn check(operation: &str, input: Value) -> Result<(), String> {
    let ssm = model("ssm").unwrap();
    let input = input.as_object().unwrap().clone();
    validate(ssm, ssm.operation(operation).unwrap().input.unwrap(), &input).map_err(|error| error.to_string())
}

/// The one violation of an input.
fn one(operation: &str, input: Value) -> String {
    let text = check(operation, input).unwrap_err();
    text.strip_prefix("1 validation error detected: ").unwrap_or_else(|| panic!("{text}")).to_owned()
}

#[test]
fn what_keeps_to_the_model_is_taken() {
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": ["mi-0123456789abcdef0"], "TimeoutSeconds": 30,
        "Parameters": {"commands": ["uptime"]}, "Comment": null, "NobodyKnowsThis": [1],
    });
    assert_eq!(check("SendCommand", input), Ok(()));
    assert_eq!(check("ListDocuments", json!({})), Ok(()));
}

#[test]
fn a_required_member() {
    let wanted = "Value null at 'name' failed to satisfy constraint: Member must not be null";
    assert_eq!(one("GetDocument", json!({})), wanted);
    assert_eq!(one("GetDocument", json!({"Name": null})), wanted);
}

#[test]
fn all_violations_together() {
    assert_eq!(
        check("CreateDocument", json!({"DocumentFormat": "XML"})).unwrap_err(),
        "3 validation errors detected: \
         Value null at 'content' failed to satisfy constraint: Member must not be null; \
         Value 'XML' at 'documentFormat' failed to satisfy constraint: \
         Member must satisfy enum value set: [YAML, JSON, TEXT]; \
         Value null at 'name' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn a_pattern() {
    assert_eq!(
        one("DeleteDocument", json!({"Name": "no blanks"})),
        r"Value 'no blanks' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9_\-.]{3,128}$"
    );
}

#[test]
fn a_number() {
    let constraint = "at 'maxResults' failed to satisfy constraint: Member must have value";
    assert_eq!(
        one("ListDocuments", json!({"MaxResults": 0})),
        format!("Value '0' {constraint} greater than or equal to 1")
    );
    assert_eq!(
        one("ListDocuments", json!({"MaxResults": 51})),
        format!("Value '51' {constraint} less than or equal to 50")
    );
}

#[test]
fn a_length_counts_characters() {
    let name = |length: usize| json!({"Name": "Doc", "Content": "{}", "DisplayName": "é".repeat(length)});
    assert!(!check("CreateDocument", name(1024)).unwrap_err().contains("length"));
    assert!(
        check("CreateDocument", name(1025))
            .unwrap_err()
            .contains("Member must have length less than or equal to 1024")
    );
    assert_eq!(
        one("CreateDocument", json!({"Name": "Doc", "Content": ""})),
        "Value '' at 'content' failed to satisfy constraint: Member must have length greater than or equal to 1"
    );
}

#[test]
fn a_nested_member() {
    assert_eq!(
        one(
            "AddTagsToResource",
            json!({"ResourceType": "Document", "ResourceId": "Doc", "Tags": [
                {"Key": "a", "Value": "b"}, {"Key": "", "Value": "b"}
            ]})
        ),
        "Value '' at 'tags.2.member.key' failed to satisfy constraint: \
         Member must have length greater than or equal to 1"
            .to_owned()
    );
}

#[test]
fn a_list_of_scalars_is_told_once() {
    assert_eq!(
        one(
            "RemoveTagsFromResource",
            json!({"ResourceType": "Document", "ResourceId": "Doc", "TagKeys": ["a", "", ""]})
        ),
        r"Value '[a, , ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$]"
    );
}

#[test]
fn a_list_has_a_length_of_its_own() {
    let ids: Vec<_> = (0..51).map(|n| format!("mi-{n:017x}")).collect();
    let text = one("SendCommand", json!({"DocumentName": "AWS-RunShellScript", "InstanceIds": ids}));
    assert!(text.starts_with("Value '[mi-00000000000000000, "), "{text}");
    assert!(
        text.ends_with(
            "at 'instanceIds' failed to satisfy constraint: Member must have length less than or equal to 50"
        ),
        "{text}"
    );
}

#[test]
fn a_map() {
    let start = |parameters: Value| {
        check("StartAutomationExecution", json!({"DocumentName": "Doc", "Parameters": parameters}))
    };
    assert_eq!(start(json!({"a": ["b"]})), Ok(()));
    let text = start(json!({"": ["b"]})).unwrap_err();
    assert!(text.contains("Value '{=[b]}' at 'parameters' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 50, Member must have length greater than or equal to 1]"), "{text}");
    let text = start(json!({"a": ["b".repeat(513)]})).unwrap_err();
    assert!(text.contains("Map value must satisfy constraint: [Member must have length less than or equal to 50, Member must have length greater than or equal to 0, Member must satisfy constraint: [Member must have length less than or equal to 512, Member must have length greater than or equal to 1]]"), "{text}");
}

#[test]
fn a_sensitive_value_is_never_shown() {
    let text = one("PutParameter", json!({"Name": "p", "Value": "hunter2", "Type": "Secret"}));
    assert!(!text.contains("hunter2"));
    let text = one(
        "CreateMaintenanceWindow",
        json!({
            "Name": "window", "Schedule": "rate(1 day)", "Duration": 2, "Cutoff": 1, "AllowUnassociatedTargets": true,
            "Description": "",
        }),
    );
    assert_eq!(
        text,
        "Value at 'description' failed to satisfy constraint: Member must have length greater than or equal to 1"
    );
}

#[test]
fn a_wrong_type_names_its_member() {
    let error = |operation, input| check(operation, input).unwrap_err();
    assert_eq!(
        error("GetDocument", json!({"Name": 5})),
        "NUMBER_VALUE can not be converted to a String at 'name'"
    );
    assert_eq!(
        error("ListDocuments", json!({"MaxResults": "5"})),
        "STRING_VALUE can not be converted to an Integer at 'maxResults'"
    );
    assert_eq!(
        error("ListDocuments", json!({"MaxResults": 5_000_000_000_i64})),
        "NUMBER_VALUE can not be converted to an Integer at 'maxResults'"
    );
    assert_eq!(
        error("SendCommand", json!({"DocumentName": "Doc", "InstanceIds": {"a": 1}})),
        "START_OBJECT can not be converted to a list at 'instanceIds'"
    );
    assert_eq!(
        error("SendCommand", json!({"DocumentName": "Doc", "Parameters": {"commands": ["a", 1]}})),
        "NUMBER_VALUE can not be converted to a String at 'parameters.commands.member.2.member'"
    );
    assert_eq!(
        error("SendCommand", json!({"DocumentName": "Doc", "InstanceIds": [null]})),
        "NULL_VALUE can not be converted to a String at 'instanceIds.1.member'"
    );
    assert_eq!(
        error("AddTagsToResource", json!({"Tags": [true]})),
        "TRUE_VALUE can not be converted to a structure at 'tags.1.member'"
    );
}

#[test]
fn a_wrong_type_and_a_violation_have_their_codes() {
    let kind = Error::Type { path: String::new(), found: "", wanted: "" };
    assert_eq!(kind.code(), "SerializationException");
    assert_eq!(Error::Constraints { count: 1, told: Vec::new() }.code(), "ValidationException");
}

#[test]
fn a_long_value_is_cut() {
    let text = one("DeleteDocument", json!({"Name": "é".repeat(100_000)}));
    assert!(text.len() < 1300, "{}", text.len());
}
