//! Changes of calendars, as AWS's Change Calendar tells them.

use serde_json::{Value, json};

/// What is said of a change.
pub(crate) fn detail(body: &Value) -> Value {
    let mut detail = json!({"state": body["state"]});
    for (name, member) in [("atTime", "atMs"), ("nextTransitionTime", "nextMs")] {
        if let Some(ms) = body[member].as_i64().filter(|ms| *ms != 0) {
            let text = reeve_types::Timestamp(ms).rfc3339();
            detail[name] = json!(format!("{}Z", text.get(..19).unwrap_or(&text)));
        }
    }
    detail
}

/// The ARN of the calendar's document.
pub(crate) fn resource(body: &Value, region: &str, account: &str) -> Value {
    let name = body["name"].as_str().unwrap_or_default();
    json!([format!("arn:aws:ssm:{region}:{account}:document/{name}")])
}
