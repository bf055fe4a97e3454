//! The unmodified `aws` CLI. Where it is missing these tests fail: it is what the gateway is for.

use crate::support::*;
use std::process::Output;
use tokio::process::Command;

async fn aws(gateway: &Running, arguments: &[&str]) -> Output {
    Command::new("aws")
        .args([
            "--endpoint-url",
            &format!("http://{}", gateway.address),
            "--region",
            REGION,
            "--output",
            "json",
        ])
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", ADMINISTRATOR)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_PAGER", "")
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_PROFILE")
        .output()
        .await
        .expect("the aws CLI has to be installed")
}

#[tokio::test]
async fn it_lists_documents_over_two_pages() {
    let gateway = start(FakeBus::new(|forward| {
        let second = forward.body.windows(8).any(|part| part == b"page two");
        Ok(if second {
            answer(&[], r#"{"DocumentIdentifiers": [{"Name": "Second", "CreatedDate": 1764000000.123}]}"#)
        } else {
            answer(&[], r#"{"DocumentIdentifiers": [{"Name": "First"}], "NextToken": "page two"}"#)
        })
    }))
    .await;
    let output = aws(&gateway, &["ssm", "list-documents"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(listed["DocumentIdentifiers"][0]["Name"], "First");
    assert_eq!(listed["DocumentIdentifiers"][1]["Name"], "Second");
    assert_eq!(gateway.bus.times_asked(), 2);
}

#[tokio::test]
async fn it_shows_what_is_wrong() {
    let gateway = start(FakeBus::saying("{}")).await;
    let output = aws(&gateway, &["ssm", "get-document", "--name", "no blanks"]).await;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(
        text.contains(
            "An error occurred (ValidationException) when calling the GetDocument operation: 1 validation error \
             detected: Value 'no blanks' at 'name' failed to satisfy constraint: Member must satisfy regular \
             expression pattern:"
        ),
        "{text}"
    );
}
