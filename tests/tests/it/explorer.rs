//! The state of the fleet and exports of it, by the aws CLI.

use crate::notifications::Outside;
use reeve_e2e::{Answer, Instance, wait_for};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn content(answer: &Value, kind: &str) -> Value {
    answer["Entities"][0]["Data"][kind]["Content"].clone()
}

fn summary(instance: &Instance, more: &[&str]) -> Value {
    instance.aws(&[&["get-ops-summary"], more].concat()).json()
}

#[test]
fn the_state_of_the_fleet_is_counted_filtered_and_shown_on_one_page() {
    let instance = Instance::start(1);
    let node = instance.node();
    for (title, severity) in [("disk", "1"), ("load", "2"), ("swap", "2")] {
        let item = ["create-ops-item", "--title", title, "--description", "d", "--source", "nagios"];
        instance.aws(&[&item[..], &["--severity", severity]].concat()).text();
    }
    let nested = json!([{"AggregatorType": "count", "TypeName": "AWS:OpsItem", "AttributeName": "Status",
        "Aggregators": [{"AggregatorType": "count", "AttributeName": "Severity"}]}])
    .to_string();
    let expected = json!([{"Count": "1", "Severity": "1", "Status": "Open"}, {"Count": "2", "Severity": "2", "Status": "Open"}]);
    let counted = wait_for("the items are counted", || {
        Some(summary(&instance, &["--aggregators", &nested]))
            .filter(|it| content(it, "AWS:OpsItem") == expected)
    });
    assert_eq!(counted["Entities"].as_array().unwrap().len(), 1, "{counted}");
    assert!(counted["Entities"][0].get("Id").is_none(), "{counted}");

    let filter = "Key=AWS:OpsItem.Severity,Values=2,Type=Equal";
    let items = summary(&instance, &["--filters", filter, "--max-results", "1"]);
    let first = &items["Entities"][0];
    assert!(first["Id"].as_str().unwrap().starts_with("oi-"), "{items}");
    assert_eq!(first["Data"]["AWS:OpsItem"]["Content"][0]["Status"], "Open", "{items}");
    let all = instance.aws(&["get-ops-summary", "--filters", filter, "--page-size", "1"]).json();
    assert_eq!(all["Entities"].as_array().unwrap().len(), 2, "the pages join: {all}");

    let nodes = ["--result-attributes", "TypeName=AWS:EC2InstanceInformation"];
    let nodes = summary(&instance, &nodes);
    let row = &nodes["Entities"][0]["Data"]["AWS:EC2InstanceInformation"]["Content"][0];
    assert_eq!((&row["InstanceId"], &row["PingStatus"]), (&json!(node), &json!("Online")), "{nodes}");

    for (more, words) in [
        (["--filters", "Key=AWS:OpsItem.Stauts,Values=Open"], "InvalidFilter"),
        (["--result-attributes", "TypeName=AWS:Odd"], "InvalidTypeNameException"),
        (["--aggregators", "AggregatorType=sum,TypeName=AWS:OpsItem"], "InvalidAggregatorException"),
        (["--sync-name", "none"], "ResourceDataSyncNotFoundException"),
    ] {
        let refused = instance.aws(&[&["get-ops-summary"], &more[..]].concat());
        assert!(refused.complaint().contains(words), "{}", refused.complaint());
    }
    let page = instance.reeve(&["explorer"]);
    let page = page.text();
    for (area, state, count) in
        [("Nodes", "Online", "1"), ("OpsItems", "not over", "3"), ("Compliance", "Patch, not known", "1")]
    {
        let shown = page.lines().any(|line| {
            line.starts_with(area) && line.contains(state) && line.trim_end().ends_with(&format!(" {count}"))
        });
        assert!(shown, "{area} {state} {count}: {page}");
    }
}

/// The objects below a folder, by their paths in it.
fn objects(root: &Path, folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    let below = |path: &Path| match path.is_dir() {
        true => objects(root, path),
        false => vec![path.strip_prefix(root).unwrap().display().to_string()],
    };
    let mut all: Vec<String> = entries.flat_map(|entry| below(&entry.path())).collect();
    all.sort();
    all
}

#[test]
fn a_sync_writes_json_lines_where_the_operator_lets_it_and_says_how_that_went() {
    let instance = Instance::start(1);
    let item = ["create-ops-item", "--title", "disk", "--description", "d", "--source", "nagios"];
    instance.aws(&item).text();
    wait_for("the item is counted", || {
        let found = summary(&instance, &[]);
        Some(()).filter(|()| found["Entities"].as_array().is_some_and(|all| all.len() == 1))
    });
    let destination = "BucketName=fleet,Prefix=daily,SyncFormat=JsonSerDe,Region=us-east-1";
    let create = ["create-resource-data-sync", "--sync-name", "nightly", "--s3-destination"];
    instance.aws(&[&create[..], &[destination]].concat()).text();
    let listed = wait_for("it has run", || {
        let listed = instance.aws(&["list-resource-data-sync"]).json();
        let listed = listed["ResourceDataSyncItems"][0].clone();
        Some(listed).filter(|sync| sync["LastStatus"] == "Successful")
    });
    assert_eq!(listed["S3Destination"]["BucketName"], "fleet");
    assert_eq!(listed["LastSyncTime"], listed["LastSuccessfulSyncTime"], "{listed}");
    let root = instance.data().join("exports");
    let written = objects(&root, &root);
    let of_items = written.iter().find(|path| path.contains("/AWS:OpsItem/")).unwrap();
    assert!(
        of_items.starts_with("fleet/daily/AWS:OpsItem/accountid=") && of_items.ends_with("/nightly.json")
    );
    let lines = fs::read_to_string(root.join(of_items)).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["Title"]), (1, &json!("disk")), "{lines:?}");

    for (bucket, words) in [("../..", "BucketName is \"../..\""), ("/etc", "BucketName is \"/etc\"")] {
        let odd = format!("BucketName={bucket},SyncFormat=JsonSerDe,Region=us-east-1");
        let refused =
            instance.aws(&["create-resource-data-sync", "--sync-name", "odd", "--s3-destination", &odd]);
        let complaint = refused.complaint();
        assert!(
            complaint.contains("InvalidConfigurationException") && complaint.contains(words),
            "{complaint}"
        );
    }
    let again = instance.aws(&[&create[..], &[destination]].concat());
    assert!(again.complaint().contains("ResourceDataSyncAlreadyExistsException"), "{}", again.complaint());

    let source = "SourceType=SingleAccountMultiRegions,SourceRegions=us-east-1";
    let from = ["--sync-name", "all", "--sync-type", "SyncFromSource", "--sync-source"];
    instance.aws(&[&["create-resource-data-sync"], &from[..], &[source]].concat()).text();
    let changed = format!("{source},IncludeFutureRegions=true");
    instance.aws(&[&["update-resource-data-sync"], &from[..], &[&changed]].concat()).text();
    let listed = instance.aws(&["list-resource-data-sync", "--sync-type", "SyncFromSource"]).json();
    assert_eq!(listed["ResourceDataSyncItems"][0]["SyncSource"]["IncludeFutureRegions"], true, "{listed}");
    let elsewhere = "SourceType=SingleAccountMultiRegions,SourceRegions=eu-west-1";
    let refused = instance.aws(&[&["update-resource-data-sync"], &from[..], &[elsewhere]].concat());
    assert!(refused.complaint().contains("SourceRegions has \"eu-west-1\""), "{}", refused.complaint());
    assert_eq!(summary(&instance, &["--sync-name", "all"])["Entities"].as_array().unwrap().len(), 1);

    instance.aws(&["delete-resource-data-sync", "--sync-name", "nightly"]).text();
    let gone = instance.aws(&["delete-resource-data-sync", "--sync-name", "nightly"]);
    assert!(gone.complaint().contains("ResourceDataSyncNotFoundException"), "{}", gone.complaint());
}

/// moto's S3 server, which checks signatures and permissions once it has a bucket and a user.
const S3: &str = r#"
import json, threading
import boto3
from moto import settings
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
at = dict(endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
boto3.client("s3", **at).create_bucket(Bucket="fleet")
iam = boto3.client("iam", **at)
iam.create_user(UserName="reeve")
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy(UserName="reeve", PolicyName="all", PolicyDocument=json.dumps(policy))
key = iam.create_access_key(UserName="reeve")["AccessKey"]
settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
print(port, flush=True)
print(json.dumps({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}), flush=True)
threading.Event().wait()
"#;

/// Every object of the bucket, by boto3.
const READ: &str = r#"
import boto3, json, os
s3 = boto3.client("s3", endpoint_url=os.environ["S3"], region_name="us-east-1",
    aws_access_key_id=os.environ["ID"], aws_secret_access_key=os.environ["SECRET"])
listed = s3.list_objects_v2(Bucket="fleet")
read = lambda key: s3.get_object(Bucket="fleet", Key=key)["Body"].read().decode()
print(json.dumps({each["Key"]: read(each["Key"]) for each in listed.get("Contents", [])}))
"#;

/// Starts the instance anew with exports to an S3-compatible address.
fn export_to(instance: &mut Instance, endpoint: &str, id: &str, secret: &str) {
    instance.stop();
    instance.set_environment(&[
        ("REEVE_EXPORT_S3_ENDPOINT", endpoint),
        ("REEVE_EXPORT_S3_ACCESS_KEY_ID", id),
        ("REEVE_EXPORT_S3_SECRET_ACCESS_KEY", secret),
    ]);
    instance.restart();
}

/// Makes a sync and waits for what came of its first run.
fn first_run(instance: &Instance, name: &str, bucket: &str) -> Value {
    let destination = format!("BucketName={bucket},Prefix=daily,SyncFormat=JsonSerDe,Region=us-east-1");
    let create = ["create-resource-data-sync", "--sync-name", name, "--s3-destination", &destination];
    instance.aws(&create).text();
    wait_for("the sync has run", || {
        let listed = instance.aws(&["list-resource-data-sync"]).json();
        let all = listed["ResourceDataSyncItems"].as_array()?.clone();
        all.into_iter().find(|sync| sync["SyncName"] == name && sync["LastSyncTime"].is_number())
    })
}

#[test]
fn a_sync_writes_to_an_s3_server_that_checks_signatures_and_says_what_that_refused() {
    let mut instance = Instance::start(0);
    let item = ["create-ops-item", "--title", "disk", "--description", "d", "--source", "nagios"];
    instance.aws(&item).text();
    let server = Outside::start(&instance, S3);
    let key = wait_for("the user has a key", || server.printed().pop());
    let (id, secret) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    let endpoint = format!("http://127.0.0.1:{}", server.port);
    export_to(&mut instance, &endpoint, id, "another-secret");
    let run = first_run(&instance, "wrong-key", "fleet");
    assert_eq!(run["LastStatus"], "Failed", "{run}");
    let message = run["LastSyncStatusMessage"].as_str().unwrap();
    assert!(message.contains("HTTP 403") && message.contains("SignatureDoesNotMatch"), "{message}");
    assert!(!message.contains("another-secret"), "{message}");

    export_to(&mut instance, &endpoint, id, secret);
    let run = first_run(&instance, "no-bucket", "elsewhere");
    let message = run["LastSyncStatusMessage"].as_str().unwrap();
    assert!(run["LastStatus"] == "Failed" && message.contains("NoSuchBucket"), "{run}");
    let read = || -> Value {
        let environment = [("S3", endpoint.as_str()), ("ID", id), ("SECRET", secret)];
        Answer::of(&mut instance.python_command(READ, &environment)).json()
    };
    assert_eq!(read(), json!({}), "nothing was written with the wrong key");
    let run = first_run(&instance, "right", "fleet");
    assert_eq!(run["LastStatus"], "Successful", "{run}");
    let objects = read();
    let (_, items) = objects
        .as_object()
        .unwrap()
        .iter()
        .find(|(key, _)| key.starts_with("daily/AWS:OpsItem/accountid=") && key.ends_with("/right.json"))
        .unwrap();
    let lines: Vec<Value> =
        items.as_str().unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["Title"]), (1, &json!("disk")), "{lines:?}");
}
