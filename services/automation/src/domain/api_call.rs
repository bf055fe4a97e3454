//! Steps that call an API of this installation: aws:executeAwsApi, aws:assertAwsResourceProperty,
//! aws:waitForAwsResourceProperty and aws:createTags. What is asked for, and what the answer means.

use super::{
    inputs::{list_of_texts, texts},
    outcome::Outcome,
    runbook::{Output, truth},
    selector::{shown, typed},
};
use reeve_contracts::{automation::ApiCallAnswered, gateway::ApiCallRequested};
use reeve_document_language::selector;
use serde_json::{Map, Value, json};

const ASSERT: &str = "aws:assertAwsResourceProperty";
const CALL: &str = "aws:executeAwsApi";
const TAG: &str = "aws:createTags";
const WAIT: &str = "aws:waitForAwsResourceProperty";

/// How long a step of these may take when it does not say it (AWS's, of the two that look at a property). A call itself takes half
/// a minute at most; the rest is for an installation of which a part is away.
pub const DEFAULT_TIMEOUT_MS: i64 = 3_600_000;
/// Between two looks at a property: doubled from the first to the last.
const FIRST_POLL_INTERVAL_MS: i64 = 1_000;
const LAST_POLL_INTERVAL_MS: i64 = 30_000;
/// As many resources aws:createTags tags in one step, and the kinds of those that have tags here.
const MAX_RESOURCES: usize = 50;
const TAGGED: [&str; 7] = [
    "Association",
    "Automation",
    "Document",
    "MaintenanceWindow",
    "ManagedInstance",
    "Parameter",
    "PatchBaseline",
];

/// What the codes of errors have that say that something is not there.
const NOT_THERE: [&str; 3] = ["NotFound", "DoesNotExist", "NotExist"];

pub fn is_api_call(action: &str) -> bool {
    matches!(action, ASSERT | CALL | TAG | WAIT)
}

/// What the gateway is asked for by the inputs of such a step, and for which parts of its answer.
///
/// # Errors
/// A sentence that names the input.
pub fn request(
    action: &str,
    inputs: &Map<String, Value>,
    declared: &[Output],
) -> Result<ApiCallRequested, String> {
    if action == TAG {
        return tags(inputs);
    }
    let mut own = inputs.clone();
    let mut text = |name: &str| match own.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        None => Err(format!("{name} is missing")),
        Some(other) => Err(format!("{name} is {}, which is no name", shown(&other))),
    };
    let (api, operation) = (text("Service")?, text("Api")?);
    let mut selectors: Vec<String> = declared.iter().map(|output| output.selector.clone()).collect();
    if action != CALL {
        selectors.push(text("PropertySelector")?);
        desired(inputs)?;
        own.remove("DesiredValues");
    }
    for text in &selectors {
        selector::select(text, &Value::Null)?;
    }
    // What it selects stands in the log.
    if own.get("WithDecryption").and_then(truth) == Some(true) {
        return Err("WithDecryption is true: the value would stand in the log in plain".to_owned());
    }
    if own.get("Type").and_then(Value::as_str) == Some("SecureString") {
        return Err("Type is SecureString: the value stands in the log in plain, as all inputs of steps do"
            .to_owned());
    }
    let inputs_json = vec![Value::Object(own).to_string()];
    // What looks at a property does so again and again.
    let reads_only = action != CALL;
    Ok(ApiCallRequested { reads_only, api, operation, inputs_json, selectors, ..ApiCallRequested::default() })
}

/// One call for each resource.
fn tags(inputs: &Map<String, Value>) -> Result<ApiCallRequested, String> {
    let known = ["ResourceIds", "ResourceType", "Tags"];
    if let Some(name) = inputs.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("{name} is no input of {TAG}"));
    }
    let kind = inputs.get("ResourceType").map_or(Some("EC2"), Value::as_str).unwrap_or_default();
    if !TAGGED.contains(&kind) {
        return Err(format!(
            "ResourceType is {kind:?} (EC2 when it is left out), which is not available here: there are {}",
            TAGGED.join(", ")
        ));
    }
    let resources = texts(inputs, "ResourceIds")?;
    if resources.is_empty() || resources.len() > MAX_RESOURCES {
        return Err(format!("ResourceIds has {} ids, and may have 1 to {MAX_RESOURCES}", resources.len()));
    }
    let given = inputs.get("Tags").unwrap_or(&Value::Null);
    let is_tag = |tag: &Value| {
        tag.get("Key").is_some_and(Value::is_string) && tag.get("Value").is_some_and(Value::is_string)
    };
    if !given.as_array().is_some_and(|tags| !tags.is_empty() && tags.iter().all(is_tag)) {
        return Err(format!("Tags is {}, which is no list of Key and Value", shown(given)));
    }
    let calls =
        resources.iter().map(|id| json!({"ResourceType": kind, "ResourceId": id, "Tags": given}).to_string());
    Ok(ApiCallRequested {
        api: "ssm".to_owned(),
        operation: "AddTagsToResource".to_owned(),
        inputs_json: calls.collect(),
        ..ApiCallRequested::default()
    })
}

/// What an answer means for the step.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    Ends(Outcome),
    /// The property is this, and not what the step waits for.
    NotYet(Option<Value>),
}

/// What came of a call.
pub fn outcome(
    action: &str,
    inputs: &Map<String, Value>,
    declared: &[Output],
    answer: &ApiCallAnswered,
) -> Answered {
    if !answer.code.is_empty() {
        let message = format!("{}: {}", answer.code, answer.message.trim_end_matches('.'));
        // What is waited for may not be there yet.
        if action == WAIT && NOT_THERE.iter().any(|words| answer.code.contains(words)) {
            return Answered::NotYet(Some(Value::from(message)));
        }
        // What there is not here another attempt does not find.
        return Answered::Ends(match answer.code.as_str() {
            "UnknownOperationException" => Outcome::refused(message),
            _ => Outcome::failed(message, Map::new()),
        });
    }
    let found = answer.values_json.iter().map(|json| serde_json::from_str(json).ok());
    let mut found: Vec<Option<Value>> = found.collect();
    let property = if matches!(action, ASSERT | WAIT) { found.pop().flatten() } else { None };
    if matches!(action, ASSERT | WAIT) && !meets(property.as_ref(), &desired(inputs).unwrap_or_default()) {
        if action == WAIT {
            return Answered::NotYet(property);
        }
        let selector = inputs.get("PropertySelector").and_then(Value::as_str).unwrap_or_default();
        let is = property
            .as_ref()
            .map_or_else(|| "finds nothing".to_owned(), |value| format!("finds {}", shown(value)));
        let desired = inputs.get("DesiredValues").map(shown).unwrap_or_default();
        let message = format!("PropertySelector {selector} {is}, and DesiredValues is {desired}");
        return Answered::Ends(Outcome::failed(message, Map::new()));
    }
    Answered::Ends(match typed(declared, found) {
        Ok(outputs) => Outcome::success(outputs),
        Err(problem) => Outcome { is_retried: false, ..Outcome::failed(problem, Map::new()) },
    })
}

/// The values of which one is waited for.
fn desired(inputs: &Map<String, Value>) -> Result<Vec<String>, String> {
    let given = inputs.get("DesiredValues").unwrap_or(&Value::Null);
    let values = match given {
        Value::Array(items) => items.iter().map(as_text).collect(),
        other => list_of_texts(other),
    };
    values
        .filter(|values| !values.is_empty())
        .ok_or_else(|| format!("DesiredValues is {}, which is no list of values", shown(given)))
}

/// A text, a number or a truth value, as DesiredValues may have it written.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Whether a property is one of these: of a list all elements are, and there is at least one. AWS writes True and False.
fn meets(property: Option<&Value>, desired: &[String]) -> bool {
    let is_desired = |value: &Value| match value {
        Value::Bool(flag) => desired
            .iter()
            .any(|text| text.parse() == Ok(*flag) || *text == if *flag { "True" } else { "False" }),
        other => as_text(other).is_some_and(|text| desired.contains(&text)),
    };
    match property {
        None => false,
        Some(Value::Array(items)) => !items.is_empty() && items.iter().all(is_desired),
        Some(value) => is_desired(value),
    }
}

/// How long it takes from a look at a property, of which so many were before, to the next one.
pub fn poll_interval_ms(polls: u32) -> i64 {
    let doubled = FIRST_POLL_INTERVAL_MS.checked_shl(polls.min(16)).unwrap_or(LAST_POLL_INTERVAL_MS);
    doubled.min(LAST_POLL_INTERVAL_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_asked_for_is_the_operation_its_members_and_the_parts_that_are_declared() {
        let declared = [Output {
            name: "Ids".into(),
            selector: "$..InstanceId".into(),
            kind: Some("StringList".into()),
        }];
        let inputs = map(json!({"Service": "ssm", "Api": "DescribeInstanceInformation", "MaxResults": 5,
            "PropertySelector": "$.A", "DesiredValues": ["x"]}));
        let asked = request(WAIT, &inputs, &declared).unwrap();
        assert_eq!((asked.api.as_str(), asked.operation.as_str()), ("ssm", "DescribeInstanceInformation"));
        assert_eq!(asked.inputs_json, [r#"{"MaxResults":5}"#]);
        assert_eq!(asked.selectors, ["$..InstanceId", "$.A"]);
        for (inputs, named) in [
            (json!({"Api": "X"}), "Service"),
            (json!({"Service": "ssm", "Api": 1}), "Api"),
            (json!({"Service": "ssm", "Api": "X", "PropertySelector": "A", "DesiredValues": ["x"]}), "A"),
            (
                json!({"Service": "ssm", "Api": "X", "PropertySelector": "$.A", "DesiredValues": []}),
                "DesiredValues",
            ),
            (
                json!({"Service": "ssm", "Api": "X", "PropertySelector": "$.A", "DesiredValues": [{}]}),
                "DesiredValues",
            ),
            (
                json!({"Service": "ssm", "Api": "GetParameter", "PropertySelector": "$.A", "DesiredValues": ["x"],
                "WithDecryption": true}),
                "WithDecryption",
            ),
        ] {
            assert!(request(ASSERT, &map(inputs), &[]).unwrap_err().contains(named), "{named}");
        }
    }

    #[test]
    fn tags_are_put_by_one_call_for_each_resource_that_there_is_a_kind_of() {
        let tags = json!([{"Key": "k", "Value": "v"}]);
        let asked = request(
            TAG,
            &map(json!({"ResourceType": "ManagedInstance", "ResourceIds": ["mi-1", "mi-2"], "Tags": tags})),
            &[],
        );
        assert_eq!(asked.unwrap().inputs_json.len(), 2);
        for (inputs, named) in [
            (json!({"ResourceIds": ["i-1"], "Tags": tags}), "EC2"),
            (json!({"ResourceType": "Parameter", "ResourceIds": [], "Tags": tags}), "ResourceIds"),
            (json!({"ResourceType": "Parameter", "ResourceIds": ["/a"], "Tags": {"k": "v"}}), "Tags"),
            (json!({"ResourceType": "Parameter", "ResourceIds": ["/a"], "Tags": tags, "Tag": 1}), "Tag"),
        ] {
            assert!(request(TAG, &map(inputs), &[]).unwrap_err().contains(named), "{named}");
        }
    }

    #[test]
    fn a_property_is_what_is_desired_by_its_value_and_all_of_a_list_are() {
        for (property, desired, wanted) in [
            (Some(json!("Online")), json!(["Online", "Lost"]), true),
            (Some(json!("online")), json!(["Online"]), false),
            (Some(json!(true)), json!(["True"]), true),
            (Some(json!(true)), json!([true]), true),
            (Some(json!(false)), json!(["True"]), false),
            (Some(json!(16)), json!(["16"]), true),
            (Some(json!(["a", "a"])), json!(["a"]), true),
            (Some(json!(["a", "b"])), json!(["a"]), false),
            (Some(json!([])), json!(["a"]), false),
            (Some(json!({"a": 1})), json!(["a"]), false),
            (None, json!(["a"]), false),
        ] {
            let desired = super::desired(&map(json!({"DesiredValues": desired}))).unwrap();
            assert_eq!(meets(property.as_ref(), &desired), wanted, "{property:?} {desired:?}");
        }
    }

    #[test]
    fn a_wait_goes_on_an_assertion_fails_and_an_error_ends_both() {
        let inputs = map(json!({"PropertySelector": "$.A", "DesiredValues": ["x"]}));
        let answer = |values: &[&str]| ApiCallAnswered {
            values_json: values.iter().map(|value| (*value).to_owned()).collect(),
            ..ApiCallAnswered::default()
        };
        assert_eq!(outcome(WAIT, &inputs, &[], &answer(&["\"y\""])), Answered::NotYet(Some(json!("y"))));
        assert_eq!(outcome(WAIT, &inputs, &[], &answer(&[""])), Answered::NotYet(None));
        assert_eq!(outcome(WAIT, &inputs, &[], &answer(&["\"x\""])), Answered::Ends(Outcome::default()));
        let Answered::Ends(failed) = outcome(ASSERT, &inputs, &[], &answer(&["\"y\""])) else { panic!() };
        assert!(
            failed.message.contains("$.A finds \"y\", and DesiredValues is [\"x\"]"),
            "{}",
            failed.message
        );
        let refused =
            ApiCallAnswered { code: "AccessDeniedException".into(), message: "No.".into(), ..answer(&[]) };
        let Answered::Ends(failed) = outcome(WAIT, &inputs, &[], &refused) else { panic!() };
        assert_eq!(failed.message, "AccessDeniedException: No");
        for code in ["ParameterNotFound", "DoesNotExistException", "InvocationDoesNotExist"] {
            let missing = ApiCallAnswered { code: code.into(), message: "No.".into(), ..answer(&[]) };
            let not_yet = Answered::NotYet(Some(json!(format!("{code}: No"))));
            assert_eq!(outcome(WAIT, &inputs, &[], &missing), not_yet, "it may come");
            assert!(matches!(outcome(ASSERT, &inputs, &[], &missing), Answered::Ends(_)));
        }
        assert_eq!([0, 1, 4, 5, 40].map(poll_interval_ms), [1_000, 2_000, 16_000, 30_000, 30_000]);
    }
}
