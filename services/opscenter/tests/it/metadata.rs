//! OpsMetadata.

use crate::{call, config, refusal};
use reeve_runtime::run;
use reeve_testkit::Nats;
use serde_json::{Value, json};

#[tokio::test]
async fn metadata_is_kept_for_a_resource() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_opscenter::service(config()), bus.clone(), nats.folder()).await.unwrap();
    let create =
        json!({"ResourceId": "/apps/shop: one", "Metadata": {"a": {"Value": "1"}, "b": {"Value": "2"}}});
    let arn = call(&bus, "CreateOpsMetadata", create.clone()).await.unwrap()["OpsMetadataArn"].take();
    assert!(arn.as_str().unwrap().starts_with("arn:aws:ssm:eu-west-1:123456789012:opsmetadata/"), "{arn}");
    assert_eq!(refusal(&bus, "CreateOpsMetadata", create).await, "OpsMetadataAlreadyExistsException");

    let first = call(&bus, "GetOpsMetadata", json!({"OpsMetadataArn": arn, "MaxResults": 1})).await.unwrap();
    assert_eq!(first["Metadata"], json!({"a": {"Value": "1"}}));
    let next = json!({"OpsMetadataArn": arn, "MaxResults": 1, "NextToken": first["NextToken"]});
    let second = call(&bus, "GetOpsMetadata", next).await.unwrap();
    assert_eq!((&second["Metadata"], &second["NextToken"]), (&json!({"b": {"Value": "2"}}), &Value::Null));
    assert_eq!(second["ResourceId"], "/apps/shop: one");

    let update = |set: Value| json!({"OpsMetadataArn": arn, "MetadataToUpdate": set, "KeysToDelete": ["a"]});
    call(&bus, "UpdateOpsMetadata", update(json!({"b": {"Value": "3"}}))).await.unwrap();
    let read = call(&bus, "GetOpsMetadata", json!({"OpsMetadataArn": arn})).await.unwrap();
    assert_eq!(read["Metadata"], json!({"b": {"Value": "3"}}));
    let five: Value = (0..5).map(|n| (format!("k{n}"), json!({"Value": "v"}))).collect();
    let code = refusal(&bus, "UpdateOpsMetadata", update(five)).await;
    assert_eq!(code, "OpsMetadataKeyLimitExceededException");
    let both = refusal(&bus, "UpdateOpsMetadata", update(json!({"a": {"Value": "3"}}))).await;
    assert_eq!(both, "OpsMetadataInvalidArgumentException");

    let list = async |filters: Value| {
        let answer = call(&bus, "ListOpsMetadata", json!({"Filters": filters})).await.unwrap();
        answer["OpsMetadataList"].as_array().unwrap().len()
    };
    assert_eq!(list(json!([])).await, 1);
    assert_eq!(list(json!([{"Key": "ResourceId", "Values": ["/apps/shop: one"]}])).await, 1);
    assert_eq!(list(json!([{"Key": "ResourceId", "Values": ["/apps/shop"]}])).await, 0);
    let odd = json!({"Filters": [{"Key": "Colour", "Values": ["red"]}]});
    assert_eq!(refusal(&bus, "ListOpsMetadata", odd).await, "OpsMetadataInvalidArgumentException");

    call(&bus, "DeleteOpsMetadata", json!({"OpsMetadataArn": arn})).await.unwrap();
    for operation in ["GetOpsMetadata", "UpdateOpsMetadata", "DeleteOpsMetadata"] {
        let code = refusal(&bus, operation, json!({"OpsMetadataArn": arn})).await;
        assert_eq!(code, "OpsMetadataNotFoundException", "{operation}");
    }
    running.stop().await;
}
