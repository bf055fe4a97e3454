//! What happens to maintenance windows, as AWS tells it.

use serde_json::{Map, Value, json};

/// What AWS calls an event of the maintenance-windows service, with its detail; `None` for those that it does not tell.
pub(crate) fn event(name: &str, body: &Value) -> Option<(&'static str, Value)> {
    let text = |member: &str| body[member].as_str().unwrap_or_default();
    let state = |status: &str| {
        let detail = json!({"window-id": text("windowId"), "status": status});
        ("Maintenance Window State-change Notification", detail)
    };
    let registration = |kind: &'static str, id: &str, of: &str, status: &str| {
        (kind, json!({id: text(of), "window-id": text("windowId"), "status": status}))
    };
    let target = |status| {
        let kind = "Maintenance Window Target Registration Notification";
        registration(kind, "window-target-id", "windowTargetId", status)
    };
    let task = |status| {
        let kind = "Maintenance Window Task Registration Notification";
        registration(kind, "window-task-id", "windowTaskId", status)
    };
    Some(match name {
        "WindowCreated" => state("ENABLED"),
        "WindowUpdated" if body["isEnabled"] == body["wasEnabled"] => return None,
        "WindowUpdated" if body["isEnabled"] == true => state("ENABLED"),
        "WindowUpdated" => state("DISABLED"),
        "TargetRegistered" => target("REGISTERED"),
        "TargetDeregistered" => target("DEREGISTERED"),
        "TaskRegistered" => task("REGISTERED"),
        "TaskDeregistered" => task("DEREGISTERED"),
        "ExecutionStarted" => {
            ("Maintenance Window Execution State-change Notification", of(body, "IN_PROGRESS", &[]))
        }
        "ExecutionFinished" => {
            ("Maintenance Window Execution State-change Notification", of(body, text("status"), &[]))
        }
        "TaskStarted" => (
            "Maintenance Window Task Execution State-change Notification",
            of(body, "IN_PROGRESS", &[("task-execution-id", "taskExecutionId")]),
        ),
        "TaskFinished" => (
            "Maintenance Window Task Execution State-change Notification",
            of(body, text("status"), &[("task-execution-id", "taskExecutionId")]),
        ),
        "InvocationStarted" => invocation(body, "IN_PROGRESS"),
        "InvocationFinished" => invocation(body, text("status")),
        _ => return None,
    })
}

fn invocation(body: &Value, status: &str) -> (&'static str, Value) {
    let more = [
        ("task-execution-id", "taskExecutionId"),
        ("window-target-id", "windowTargetId"),
        ("owner-information", "ownerInformation"),
    ];
    ("Maintenance Window Task Target Invocation State-change Notification", of(body, status, &more))
}

/// What is said of an execution and its parts. What has no value is left out.
fn of(body: &Value, status: &str, more: &[(&str, &str)]) -> Value {
    let mut detail = Map::from_iter([("status".to_owned(), json!(status))]);
    let ids = [("window-id", "windowId"), ("window-execution-id", "executionId")];
    for (name, member) in ids.iter().chain(more) {
        if body[*member].as_str().is_some_and(|text| !text.is_empty()) {
            detail.insert((*name).to_owned(), body[*member].clone());
        }
    }
    for (name, member) in [("start-time", "startedMs"), ("end-time", "finishedMs")] {
        if let Some(ms) = body[member].as_i64().filter(|ms| *ms != 0) {
            detail.insert(name.to_owned(), json!(reeve_types::Timestamp(ms).rfc3339()));
        }
    }
    Value::Object(detail)
}
