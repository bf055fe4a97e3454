//! The path of an operation: authenticate, validate, authorize, forward, answer.

use crate::support::*;
use reeve_gateway::{BusError, Written};
use serde_json::json;

#[tokio::test]
async fn a_signed_call_reaches_its_service_as_it_was_sent() {
    let gateway = start(FakeBus::saying(r#"{"Name": "Doc", "Unknown": 1}"#)).await;
    let response = gateway.call("GetDocument", r#"{ "Name" : "Doc" }"#).await;
    assert_eq!((response.status, response.body.as_str()), (200, r#"{"Name": "Doc", "Unknown": 1}"#));
    assert_eq!(response.header("content-type"), Some("application/x-amz-json-1.1"));
    let forward = gateway.bus.last();
    assert_eq!(forward.subject, "reeve.api.documents.GetDocument");
    assert_eq!(&forward.body[..], br#"{ "Name" : "Doc" }"#);
    assert_eq!(header(&forward, "reeve-actor"), Some("administrator"));
    assert_eq!(header(&forward, "reeve-source"), Some("127.0.0.1"));
    assert_eq!(header(&forward, "reeve-account"), Some("123456789012"));
    assert_eq!(header(&forward, "reeve-region"), Some(REGION));
    assert_eq!(header(&forward, "reeve-min-position"), None);
    let id = response.header("x-amzn-requestid").unwrap();
    assert_eq!(header(&forward, "reeve-request-id"), Some(id));
    let trace = format!("00-{}-", id.replace('-', ""));
    assert!(header(&forward, "traceparent").unwrap().starts_with(&trace));
}

#[tokio::test]
async fn a_valid_trace_is_carried_on_and_another_is_not() {
    let gateway = start(FakeBus::saying("{}")).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    gateway.call_as(ADMINISTRATOR, "ListDocuments", "{}", &[("traceparent", trace)]).await;
    assert_eq!(header(&gateway.bus.last(), "traceparent"), Some(trace));
    gateway.call_as(ADMINISTRATOR, "ListDocuments", "{}", &[("traceparent", "00-x")]).await;
    assert_eq!(header(&gateway.bus.last(), "traceparent").unwrap().len(), trace.len());
}

#[tokio::test]
async fn no_body_is_an_input_without_members() {
    let gateway = start(FakeBus::saying("{}")).await;
    assert_eq!(gateway.call("ListDocuments", "").await.status, 200);
    assert_eq!(&gateway.bus.last().body[..], b"{}");
}

#[tokio::test]
async fn what_is_wrong_never_reaches_the_bus() {
    let gateway = start(FakeBus::saying("{}")).await;
    let cases = [
        ("NoSuchOperation", "{}", "UnknownOperationException"),
        ("DeleteDocument", r#"{"Name": "Doc"}"#, "UnknownOperationException"),
        ("GetDocument", r#"{"Name": "#, "SerializationException"),
        ("GetDocument", "[]", "SerializationException"),
        ("GetDocument", "\u{feff}{}", "SerializationException"),
        ("GetDocument", r#"{"Name": 1}"#, "SerializationException"),
        ("GetDocument", "{}", "ValidationException"),
        ("ListDocuments", r#"{"NextToken": "made-up"}"#, "InvalidNextToken"),
    ];
    for (operation, body, code) in cases {
        let (status, answered, message) = gateway.call(operation, body).await.error();
        assert_eq!((status, answered.as_str()), (400, code), "{operation} {body}: {message}");
        assert!(!message.is_empty());
    }
    assert_eq!(gateway.bus.times_asked(), 0);
}

#[tokio::test]
async fn the_target_has_to_be_of_the_service() {
    let gateway = start(FakeBus::saying("{}")).await;
    for target in ["GetDocument", "AmazonSSMGetDocument", "AmazonEC2.GetDocument", "AmazonSSM.", ""] {
        let mut head = "POST / HTTP/1.1\r\ncontent-length: 2\r\n".to_owned();
        for (name, value) in gateway.signed(ADMINISTRATOR, target, "{}") {
            head += &format!("{name}: {value}\r\n");
        }
        let response = gateway.raw(&format!("{head}\r\n{{}}")).await;
        assert_eq!(response.error().1, "UnknownOperationException", "{target}");
    }
}

#[tokio::test]
async fn an_unsigned_or_altered_call_is_refused() {
    let gateway = start(FakeBus::saying("{}")).await;
    let response = gateway.post("/", "{}").await;
    assert_eq!(response.error().1, "MissingAuthenticationTokenException");
    assert!(response.header("x-amzn-requestid").is_some());
    let mut head = "POST / HTTP/1.1\r\ncontent-length: 15\r\n".to_owned();
    for (name, value) in gateway.signed(ADMINISTRATOR, "AmazonSSM.GetDocument", r#"{"Name": "One"}"#) {
        head += &format!("{name}: {value}\r\n");
    }
    let response = gateway.raw(&format!("{head}\r\n{}", r#"{"Name": "Two"}"#)).await;
    assert_eq!(response.error().1, "InvalidSignatureException");
    let response = gateway.call_as("AKIASTRANGER000000", "ListDocuments", "{}", &[]).await;
    let message = "The security token included in the request is invalid.";
    assert_eq!(response.error(), (400, "UnrecognizedClientException".to_owned(), message.to_owned()));
}

#[tokio::test]
async fn what_is_not_allowed_is_denied() {
    let gateway = start(FakeBus::saying("{}")).await;
    assert_eq!(gateway.call_as(READER, "ListDocuments", "{}", &[]).await.status, 200);
    let response = gateway.call_as(READER, "GetDocument", r#"{"Name": "Doc"}"#, &[]).await;
    let message = "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: ssm:GetDocument on \
                   resource: arn:aws:ssm:eu-central-1:123456789012:document/Doc";
    assert_eq!(response.error(), (400, "AccessDeniedException".to_owned(), message.to_owned()));
    assert_eq!(gateway.bus.times_asked(), 1);
}

#[tokio::test]
async fn a_service_error_is_spelt_as_its_model_does() {
    let gateway = start(FakeBus::new(|forward| {
        let name: serde_json::Value = serde_json::from_slice(&forward.body).unwrap();
        Ok(answer(&[("reeve-error", name["Name"].as_str().unwrap())], r#"{"message": "said so", "More": 1}"#))
    }))
    .await;
    let ask = async |code: &str| {
        let response = gateway.call("GetDocument", &json!({ "Name": code }).to_string()).await;
        (response.status, response.json())
    };
    let expected = json!({"__type": "InvalidDocument", "Message": "said so", "More": 1});
    assert_eq!(ask("InvalidDocument").await, (400, expected));
    let expected = json!({"__type": "ParameterNotFound", "message": "said so", "More": 1});
    assert_eq!(ask("ParameterNotFound").await, (400, expected));
    let expected = json!({"__type": "InternalServerError", "Message": "said so", "More": 1});
    assert_eq!(ask("InternalServerError").await, (500, expected));
}

#[tokio::test]
async fn a_service_that_is_away_is_unavailable() {
    for error in [BusError::NoResponders, BusError::TimedOut, BusError::Other("inner secret".to_owned())] {
        let gateway = start(FakeBus::new(move |_| Err(error.clone()))).await;
        let (status, code, message) = gateway.call("ListDocuments", "{}").await.error();
        assert_eq!((status, code.as_str()), (503, "ServiceUnavailable"));
        assert!(!message.contains("secret"));
    }
}

#[tokio::test]
async fn an_answer_that_is_no_object_is_never_a_success() {
    for body in ["", "<html>", "[]", "null", "\"{}\""] {
        let gateway = start(FakeBus::saying(body)).await;
        let (status, code, _) = gateway.call("ListDocuments", "{}").await.error();
        assert_eq!((status, code.as_str()), (500, "InternalServerError"), "{body}");
    }
}

#[tokio::test]
async fn tokens_are_sealed_for_operation_and_principal() {
    let gateway = start(FakeBus::new(|forward| {
        let input: serde_json::Value = serde_json::from_slice(&forward.body).unwrap();
        Ok(match input["NextToken"].as_str() {
            None => answer(&[], r#"{"DocumentIdentifiers": [], "NextToken": "page two"}"#),
            Some("page two") => answer(&[], r#"{"DocumentIdentifiers": [], "NextToken": ""}"#),
            other => panic!("{other:?}"),
        })
    }))
    .await;
    let token = gateway.call("ListDocuments", "{}").await.json()["NextToken"].as_str().unwrap().to_owned();
    assert!(!token.contains("page"));
    let next = json!({ "NextToken": token, "MaxResults": 5 }).to_string();
    let last = gateway.call("ListDocuments", &next).await;
    assert_eq!((last.status, last.json()), (200, json!({"DocumentIdentifiers": []})));
    assert_eq!(gateway.bus.last().body, json!({ "NextToken": "page two", "MaxResults": 5 }).to_string());
    assert_eq!(gateway.call_as(READER, "ListDocuments", &next, &[]).await.error().1, "InvalidNextToken");
    let other = json!({ "NextToken": token, "Filters": [{"Key": "Owner", "Values": ["Self"]}] }).to_string();
    assert_eq!(gateway.call("ListDocuments", &other).await.error().1, "InvalidNextToken");
    let altered = json!({ "NextToken": format!("{}A", &token[..token.len() - 1]) }).to_string();
    let altered = gateway.call("ListDocuments", &altered).await.error();
    assert_eq!((altered.0, altered.1.as_str()), (400, "InvalidNextToken"));
}

#[tokio::test]
async fn a_caller_reads_what_it_wrote() {
    let gateway = start(FakeBus::new(|forward| {
        let position = if forward.subject.ends_with("CreateDocument") { "DOCUMENTS:12" } else { "nonsense" };
        Ok(answer(&[("reeve-position", position)], "{}"))
    }))
    .await;
    let minimum = || header(&gateway.bus.last(), "reeve-min-position").map(str::to_owned);
    gateway.call("ListDocuments", "{}").await;
    assert_eq!(minimum(), None);
    gateway.call("CreateDocument", r#"{"Name": "Doc", "Content": "{}"}"#).await;
    gateway.call("CreateDocument", r#"{"Name": "Other", "Content": "{}"}"#).await;
    let told = Written { caller: ADMINISTRATOR.to_owned(), positions: vec!["DOCUMENTS:12".to_owned()] };
    assert_eq!(*gateway.bus.told.lock().unwrap(), [told], "the other gateways are told once");
    gateway.call("ListDocuments", "{}").await;
    assert_eq!(minimum().as_deref(), Some("DOCUMENTS:12"));
    gateway.call_as(READER, "ListDocuments", "{}", &[]).await;
    assert_eq!(minimum(), None);
}

#[tokio::test]
async fn an_operation_that_appears_is_found() {
    let gateway = start(FakeBus::saying("{}")).await;
    let delete = || gateway.call("DeleteDocument", r#"{"Name": "Doc"}"#);
    assert_eq!(delete().await.error().1, "UnknownOperationException");
    gateway.bus.served.lock().unwrap().push(served("DeleteDocument"));
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(delete().await.status, 200);
}
