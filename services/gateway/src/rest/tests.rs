use super::*;
use crate::errors::Failure;
use crate::incoming::Incoming;
use crate::models::Model;
use crate::shapes::Error;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use reeve_types::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

fn model() -> Model {
    let text = json!({
        "metadata": {"protocol": "rest-json"},
        "operations": {
            "Tag": operation("POST", "/tags/{arn}", 204, "TagIn", None),
            "GetFile": operation("GET", "/files/{path+}", 200, "FileIn", Some("FileOut")),
            "GetIndex": operation("GET", "/files/index", 200, "FileIn", None),
            "PutFile": operation("PUT", "/files/{path+}", 201, "PutIn", None),
            "List": operation("GET", "/list/all", 200, "ListIn", None),
        },
        "shapes": {
            "Text": {"type": "string"}, "Whole": {"type": "integer"}, "Yes": {"type": "boolean"},
            "Time": {"type": "timestamp"}, "Bytes": {"type": "blob"},
            "Texts": {"type": "list", "member": {"shape": "Text"}},
            "TagIn": structure(json!({"arn": at("Text", "uri", "arn"), "keys": at("Texts", "querystring", "key"),
                "note": {"shape": "Text"}}), None),
            "FileIn": structure(json!({"path": at("Text", "uri", "path")}), None),
            "PutIn": structure(json!({"path": at("Text", "uri", "path"), "content": {"shape": "Bytes"},
                "version": at("Whole", "header", "Version")}), Some("content")),
            "FileOut": structure(json!({"content": {"shape": "Bytes"}, "kind": at("Text", "header", "Content-Type"),
                "code": at("Whole", "statusCode", "code")}), Some("content")),
            "ListIn": structure(json!({"most": at("Whole", "querystring", "most"),
                "since": at("Time", "querystring", "since"), "deep": at("Yes", "querystring", "deep")}), None),
            "Gone": {"type": "structure", "members": {}, "exception": true, "error": {"httpStatusCode": 410}},
        },
    });
    Model::parse("test", &text.to_string()).unwrap()
}

fn operation(method: &str, uri: &str, status: u16, input: &str, output: Option<&str>) -> Value {
    let http = json!({"method": method, "requestUri": uri, "responseCode": status});
    let mut operation = json!({"http": http, "input": {"shape": input}});
    if let Some(output) = output {
        operation["output"] = json!({"shape": output});
    }
    operation
}

fn structure(members: Value, payload: Option<&str>) -> Value {
    json!({"type": "structure", "members": members, "payload": payload})
}

fn at(shape: &str, location: &str, name: &str) -> Value {
    json!({"shape": shape, "location": location, "locationName": name})
}

fn asked(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<(String, Map<String, Value>), Failure> {
    let model = model();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()))
        .collect();
    let request = Incoming {
        method,
        path,
        query,
        headers: &headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
        source: String::new(),
        private: true,
        now: Timestamp(0),
        request_id: Uuid::nil(),
    };
    let Some(found) = find(&model, method, path) else { return Err(Failure::new("None", "")) };
    let input = input(&model, found.rest.as_ref().unwrap(), &request, |name| name != "unsigned")?;
    Ok((found.name.clone(), input))
}

#[test]
fn a_request_is_an_operation_and_its_input() {
    let arn = "arn%3Aaws%3Ax%3A%3A1%3Aplan%2Fa%20b";
    let cases = [
        (
            "POST",
            format!("/tags/{arn}?key=b&key=c%26d"),
            r#"{"note": "n", "arn": "another"}"#,
            "Tag",
            json!({"arn": "arn:aws:x::1:plan/a b", "keys": ["b", "c&d"], "note": "n"}),
        ),
        ("POST", "/tags/x?other=1".to_owned(), "", "Tag", json!({"arn": "x"})),
        ("GET", "/files/a/b%20c/d".to_owned(), "", "GetFile", json!({"path": "a/b c/d"})),
        ("GET", "/files/index".to_owned(), "", "GetIndex", json!({})),
        (
            "PUT",
            "/files/x".to_owned(),
            "hi",
            "PutFile",
            json!({"content": "aGk=", "path": "x", "version": 3}),
        ),
        (
            "GET",
            "/list/all?most=5&since=2026-01-31T12:00:00Z&deep=true".to_owned(),
            "",
            "List",
            json!({"most": 5, "since": 1_769_860_800.0, "deep": true}),
        ),
    ];
    for (method, target, body, name, expected) in cases {
        let (found, input) = asked(method, &target, &[("version", "3")], body).unwrap();
        assert_eq!((found.as_str(), Value::Object(input)), (name, expected), "{method} {target}");
    }
}

#[test]
fn what_names_no_operation_is_none() {
    for (method, target) in [
        ("GET", "/tags/x"),
        ("POST", "/tags/"),
        ("POST", "/tags/a/b"),
        ("POST", "/tags"),
        ("GET", "/files/"),
        ("GET", "/"),
        ("GET", "/list"),
        ("GET", "/list/all/"),
        ("GET", "/files/a/../b"),
        ("POST", "/tags/.."),
        ("GET", "/files/a//b"),
        ("get", "/list/all"),
    ] {
        assert_eq!(asked(method, target, &[], "").unwrap_err().code, "None", "{method} {target}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    for (target, headers, part) in [
        ("/list/all?most=five", vec![], "\"five\" can not be converted to an Integer at 'most'"),
        ("/list/all?most=1&most=2", vec![], "'most' is there 2 times"),
        ("/list/all?since=yesterday", vec![], "a Timestamp at 'since'"),
        ("/list/all?deep=1", vec![], "a Boolean at 'deep'"),
        ("/list/all?deep=%ff", vec![], "'deep'"),
        ("/files/%zz", vec![], "'path'"),
    ] {
        let failure = asked("GET", target, &headers, "").unwrap_err();
        assert_eq!(failure.code, "SerializationException", "{target}");
        assert!(failure.message.contains(part), "{target}: {}", failure.message);
    }
}

#[test]
fn a_header_that_means_something_is_signed() {
    let model = model();
    let rest = model.operation("PutFile").unwrap().rest.as_ref().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("version", HeaderValue::from_static("3"));
    let request = Incoming {
        method: "PUT",
        path: "/files/x",
        query: "",
        headers: &headers,
        body: Bytes::new(),
        source: String::new(),
        private: true,
        now: Timestamp(0),
        request_id: Uuid::nil(),
    };
    let refused = input(&model, rest, &request, |_| false).unwrap_err();
    assert_eq!(refused.code, "InvalidSignatureException");
    assert!(refused.message.contains("version"), "{}", refused.message);
}

#[tokio::test]
async fn an_answer_lies_where_the_model_says() {
    let model = model();
    let rest = |name: &str| model.operation(name).unwrap().rest.as_ref().unwrap();
    let body = json!({"content": "aGk=", "kind": "text/plain", "code": 206}).to_string();
    let answered = answer(&model, rest("GetFile"), body.into(), Uuid::nil()).unwrap();
    assert_eq!(answered.status(), 206);
    assert_eq!(answered.headers()["content-type"], "text/plain");
    let body = axum::body::to_bytes(answered.into_body(), 99).await.unwrap();
    assert_eq!(&body[..], b"hi");

    let answered = answer(&model, rest("Tag"), "{}".into(), Uuid::nil()).unwrap();
    assert_eq!((answered.status().as_u16(), answered.headers().get("content-type")), (204, None));
    assert!(axum::body::to_bytes(answered.into_body(), 99).await.unwrap().is_empty());
    let answered = answer(&model, rest("List"), r#"{"x":1}"#.into(), Uuid::nil()).unwrap();
    assert_eq!(axum::body::to_bytes(answered.into_body(), 99).await.unwrap(), r#"{"x":1}"#);
    for wrong in [r#"{"content": {}, "kind": []}"#, r#"{"content": "%"}"#, r#"{"code": 70000}"#, "[]"] {
        let failure = answer(&model, rest("GetFile"), wrong.into(), Uuid::nil()).unwrap_err();
        assert_eq!(failure.code, "InternalServerError", "{wrong}");
    }
}

#[tokio::test]
async fn an_error_has_the_models_status_and_its_code_in_a_header() {
    let model = model();
    let answered = Failure::new("Gone", "It went.").answer(Some(&model), Uuid::nil());
    assert_eq!(
        (answered.status().as_u16(), &answered.headers()["x-amzn-errortype"]),
        (410, &HeaderValue::from_static("Gone"))
    );
    let body = axum::body::to_bytes(answered.into_body(), 99).await.unwrap();
    assert_eq!(body, r#"{"__type":"Gone","message":"It went."}"#);
    assert_eq!(Failure::internal("x").answer(Some(&model), Uuid::nil()).status(), 500);
}

#[test]
fn a_model_that_lies_elsewhere_is_not_half_understood() {
    for (uri, members) in [
        ("/x?fixed=1", json!({})),
        ("/x/{missing}", json!({})),
        ("/x/{a}", json!({"a": at("Text", "uri", "b")})),
        ("/x", json!({"a": {"shape": "Text", "locationName": "b"}})),
        ("/x", json!({"a": at("Text", "headers", "x-")})),
    ] {
        let text = json!({
            "metadata": {"protocol": "rest-json"},
            "operations": {"X": operation("GET", uri, 200, "In", None)},
            "shapes": {"Text": {"type": "string"}, "In": structure(members, None)},
        });
        let error = Model::parse("test", &text.to_string()).unwrap_err();
        assert!(matches!(error, Error::Binding { .. }), "{uri}: {error}");
    }
}
