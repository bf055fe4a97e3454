//! What happens to parameters, as AWS's Parameter Store tells it: without values.

use serde_json::{Value, json};

/// What AWS calls an event of the parameters service, each with its detail; `None` for those that it does not tell.
pub(crate) fn events(name: &str, body: &Value) -> Option<Vec<(&'static str, Value)>> {
    let text = |member: &str| body[member].as_str().unwrap_or_default();
    let change = |operation: &str| {
        let mut detail = json!({"operation": operation, "name": text("name"), "type": text("type")});
        for member in ["description", "dataType"] {
            if !text(member).is_empty() {
                detail[member] = body[member].clone();
            }
        }
        ("Parameter Store Change", detail)
    };
    let action = |policy: &str| {
        ("Parameter Store Policy Action", json!({"parameter-name": text("name"), "policy-type": policy}))
    };
    Some(match name {
        // A number of 64 bits is a text in JSON of protobuf.
        "ParameterPut" if text("version") == "1" || body["version"] == 1 => vec![change("Create")],
        "ParameterPut" => vec![change("Update")],
        "ParameterDeleted" if body["expired"] == true => vec![action("Expiration"), change("Delete")],
        "ParameterDeleted" => vec![change("Delete")],
        "ParameterVersionLabeled" => vec![change("LabelParameterVersion")],
        "ParameterPolicyFired" => vec![action(text("policyType"))],
        _ => return None,
    })
}

/// The parameter's ARN, with one slash before its name.
pub(crate) fn resource(body: &Value, region: &str, account: &str) -> Value {
    let name = body["name"].as_str().unwrap_or_default().trim_start_matches('/');
    json!([format!("arn:aws:ssm:{region}:{account}:parameter/{name}")])
}
