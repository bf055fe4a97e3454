//! The parameters service on a real NATS.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use data_encoding::BASE64;
use futures::StreamExt;
use nkeys::KeyPair;
use reeve_contracts::{
    nodes::{NodeEvent, NodeRegistered},
    run_command::{
        CommandEvent, CommandFinished, CommandSent, Dispatched, InvocationEvent, InvocationFinished,
        InvocationsDispatched, SecretReference,
    },
};
use reeve_eventsourcing::{AggregateRef, Context, Envelope, Event, Position};
use reeve_jetstream::{Bus, Error, follow, serve, store, streams};
use reeve_node_protocol::sealed::{open, secret_name};
use reeve_parameters::{ParameterEvent, service};
use reeve_runtime::{Running, run};
use reeve_secrets::{KEY_LEN, KeyStore, Vault};
use reeve_testkit::{Caller, Nats, Refusal, context};
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

/// The data keys, to be counted.
#[derive(Clone, Default)]
struct Keys(Arc<Mutex<HashMap<String, Bytes>>>);

#[async_trait::async_trait]
impl KeyStore for Keys {
    async fn put(&self, name: &str, wrapped: Bytes) -> Result<(), Error> {
        self.0.lock().unwrap().insert(name.to_owned(), wrapped);
        Ok(())
    }
    async fn get(&self, name: &str) -> Result<Option<Bytes>, Error> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }
    async fn destroy(&self, name: &str) -> Result<(), Error> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

impl Keys {
    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Waits until there are so many.
    async fn are(&self, count: usize) {
        for _ in 0..200 {
            if self.count() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("there are {} keys, and not {count}", self.count());
    }
}

async fn start(bus: &Bus, keys: &Keys, folder: &Path) -> Running {
    let vault = Vault::over(Arc::new(keys.clone()), [7; KEY_LEN]);
    run(service(&vault), bus.clone(), folder).await.unwrap()
}

async fn call(bus: &Bus, operation: &str, input: Value) -> Result<Value, Refusal> {
    Caller::default().call(bus, &format!("reeve.api.parameters.{operation}"), &input).await
}

async fn put(bus: &Bus, name: &str, value: &str, more: Value) -> Result<Value, Refusal> {
    let mut input = json!({"Name": name, "Value": value});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    call(bus, "PutParameter", input).await
}

async fn code(bus: &Bus, operation: &str, input: Value) -> String {
    call(bus, operation, input).await.unwrap_err().code
}

fn names(answer: &Value) -> Vec<&str> {
    answer["Parameters"].as_array().unwrap().iter().map(|p| p["Name"].as_str().unwrap()).collect()
}

/// Every page of a list, and how many there were.
async fn pages(bus: &Bus, operation: &str, mut input: Value) -> (Vec<String>, usize) {
    let (mut all, mut count) = (Vec::new(), 0);
    loop {
        let answer = call(bus, operation, input.clone()).await.unwrap();
        all.extend(names(&answer).into_iter().map(str::to_owned));
        count += 1;
        match answer.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => return (all, count),
        }
    }
}

#[tokio::test]
async fn secrets_have_a_key_for_each_version_that_there_is_and_none_for_what_was_refused() {
    let nats = Nats::start();
    let (bus, keys) = (nats.bus().await, Keys::default());
    let running = start(&bus, &keys, &nats.folder().join("a")).await;
    let secure = || json!({"Type": "SecureString"});
    put(&bus, "/s/a", "hunter2", secure()).await.unwrap();
    put(&bus, "/s/a", "hunter3", json!({"Overwrite": true})).await.unwrap();
    put(&bus, "plain", "v", json!({"Type": "String"})).await.unwrap();
    assert_eq!(keys.count(), 2);
    for (name, value, more) in [
        ("/s/a", "x", secure()),
        ("/s/b", "", secure()),
        ("/s/b", "x", json!({"Type": "SecureString", "AllowedPattern": "y"})),
        ("/ssm/b", "x", secure()),
        ("/s/b", "x", json!({"Type": "SecureString", "Policies": "[{\"Type\": \"x\"}]"})),
        (
            "/s/b",
            "x",
            json!({"Type": "SecureString", "Overwrite": true, "Tags": [{"Key": "a", "Value": "b"}]}),
        ),
    ] {
        put(&bus, name, value, more.clone()).await.expect_err(&more.to_string());
        assert_eq!(keys.count(), 2, "{name} {more}");
    }
    let get = |name: &'static str, decrypt: bool| {
        let bus = bus.clone();
        async move {
            let answer = call(&bus, "GetParameter", json!({"Name": name, "WithDecryption": decrypt})).await;
            answer.unwrap()["Parameter"]["Value"].as_str().unwrap().to_owned()
        }
    };
    assert_eq!((get("/s/a", true).await, get("/s/a:1", true).await), ("hunter3".into(), "hunter2".into()));
    assert!(!get("/s/a", false).await.contains("hunter"));
    // Versions that go take their keys with them.
    for n in 0..99 {
        put(&bus, "/s/a", &format!("v{n}"), json!({"Overwrite": true})).await.unwrap();
    }
    keys.are(100).await;
    assert_eq!(code(&bus, "GetParameter", json!({"Name": "/s/a:1"})).await, "ParameterVersionNotFound");
    assert_eq!(get("/s/a:2", true).await, "hunter3");
    call(&bus, "LabelParameterVersion", json!({"Name": "/s/a", "ParameterVersion": 2, "Labels": ["l"]}))
        .await
        .unwrap();
    let refused = put(&bus, "/s/a", "v", json!({"Overwrite": true})).await.unwrap_err();
    assert_eq!(refused.code, "ParameterMaxVersionLimitExceeded", "{refused}");
    let (history, _) = pages(&bus, "GetParameterHistory", json!({"Name": "/s/a", "MaxResults": 50})).await;
    assert_eq!(history.len(), 100);
    let deleted = call(&bus, "DeleteParameters", json!({"Names": ["/s/a", "none", "/s/a"]})).await.unwrap();
    assert_eq!(deleted, json!({"DeletedParameters": ["/s/a"], "InvalidParameters": ["none"]}));
    keys.are(0).await;
    running.stop().await;
}

#[tokio::test]
async fn a_view_that_is_built_anew_answers_alike_and_two_replicas_decide_once() {
    let nats = Nats::start();
    let (bus, keys) = (nats.bus().await, Keys::default());
    let one = start(&bus, &keys, &nats.folder().join("a")).await;
    let two = start(&bus, &keys, &nats.folder().join("b")).await;
    let kinds = ["String", "SecureString", "StringList"];
    let puts = (0..30).map(|n| {
        let bus = bus.clone();
        async move {
            let more = json!({"Type": kinds[n % 3], "Overwrite": true});
            put(&bus, &format!("/r/{}", n % 6), &format!("v{n}"), more).await
        }
    });
    let answers = futures::future::join_all(puts).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let mut versions: Vec<i64> =
        answers.iter().map(|a| a.as_ref().unwrap()["Version"].as_i64().unwrap()).collect();
    versions.sort_unstable();
    let expected: Vec<i64> = (1..=5).flat_map(|n| [n; 6]).collect();
    assert_eq!(versions, expected, "each of six parameters has five versions");
    let label = json!({"Name": "/r/0", "ParameterVersion": 2, "Labels": ["a", "b"]});
    call(&bus, "LabelParameterVersion", label).await.unwrap();
    let label = json!({"Name": "/r/0", "ParameterVersion": 3, "Labels": ["a"]});
    call(&bus, "LabelParameterVersion", label).await.unwrap();
    call(&bus, "DeleteParameter", json!({"Name": "/r/5"})).await.unwrap();
    put(&bus, "/r/5", "anew", json!({"Type": "String"})).await.unwrap();
    two.stop().await;
    let asked = || async {
        let mut answers = Vec::new();
        for (operation, input) in [
            ("GetParametersByPath", json!({"Path": "/r", "WithDecryption": true})),
            ("GetParameterHistory", json!({"Name": "/r/0"})),
            ("GetParameterHistory", json!({"Name": "/r/5"})),
            ("GetParameter", json!({"Name": "/r/0:a"})),
            ("DescribeParameters", json!({})),
        ] {
            answers.push(call(&bus, operation, input).await.unwrap());
        }
        answers
    };
    let live = asked().await;
    assert_eq!(live[1]["Parameters"][1]["Labels"], json!(["b"]));
    assert_eq!(
        (&live[2]["Parameters"][0]["Version"], live[2]["Parameters"].as_array().unwrap().len()),
        (&json!(1), 1)
    );
    one.stop().await;
    let rebuilt = start(&bus, &keys, &nats.folder().join("c")).await;
    assert_eq!(asked().await, live);
    rebuilt.stop().await;
}

#[tokio::test]
async fn paths_have_their_edges_and_pages_are_full() {
    let nats = Nats::start();
    let (bus, keys) = (nats.bus().await, Keys::default());
    let running = start(&bus, &keys, &nats.folder().join("a")).await;
    for name in ["/p", "/p/a", "/p/a/c", "/pq/x"] {
        put(&bus, name, name, json!({"Type": "String"})).await.unwrap();
    }
    for (path, one_level, recursive) in [
        ("/p", &["/p/a"][..], &["/p/a", "/p/a/c"][..]),
        ("/p/", &["/p/a"], &["/p/a", "/p/a/c"]),
        ("/p/a", &["/p/a/c"], &["/p/a/c"]),
        ("/", &["/p"], &["/p/a", "/p/a/c", "/pq/x", "/p"]),
        ("/none", &[], &[]),
    ] {
        let answer = call(&bus, "GetParametersByPath", json!({"Path": path})).await.unwrap();
        assert_eq!(names(&answer), one_level, "{path}");
        let all = call(&bus, "GetParametersByPath", json!({"Path": path, "Recursive": true})).await.unwrap();
        assert_eq!(names(&all), recursive, "{path}");
    }
    assert_eq!(code(&bus, "GetParametersByPath", json!({"Path": "p"})).await, "ValidationException");
    let stray = json!({"Path": "/p", "NextToken": "/q//x"});
    assert_eq!(code(&bus, "GetParametersByPath", stray).await, "InvalidNextToken");
    for n in 0..120 {
        let kind = if n == 119 { "StringList" } else { "String" };
        put(&bus, &format!("/many/{n:03}"), "v", json!({"Type": kind})).await.unwrap();
    }
    for input in [json!({"Path": "/many"}), json!({"Path": "/many", "Recursive": true})] {
        let (all, count) = pages(&bus, "GetParametersByPath", input).await;
        assert_eq!((all.len(), count), (120, 12));
        assert!(all.is_sorted());
    }
    // What only the last one meets is found in one call.
    let only = json!({"ParameterFilters": [{"Key": "Type", "Values": ["StringList"]}]});
    assert_eq!(pages(&bus, "DescribeParameters", only).await, (vec!["/many/119".to_owned()], 1));
    let path = json!([{"Key": "Path", "Option": "Recursive", "Values": ["/p", "/pq"]}]);
    let below = call(&bus, "DescribeParameters", json!({"ParameterFilters": path.clone()})).await.unwrap();
    assert_eq!(names(&below), ["/p/a", "/p/a/c", "/pq/x"]);
    let one_by_one = json!({"ParameterFilters": path, "MaxResults": 1});
    let each = ["/p/a", "/p/a/c", "/pq/x"].map(str::to_owned).to_vec();
    assert_eq!(pages(&bus, "DescribeParameters", one_by_one).await, (each, 3));
    let old = json!({"Filters": [{"Key": "Name", "Values": ["/p"]}]});
    assert_eq!(
        names(&call(&bus, "DescribeParameters", old).await.unwrap()),
        ["/p/a", "/p/a/c", "/pq/x", "/p"]
    );
    let both = json!({"Filters": [{"Key": "Name", "Values": ["/p"]}],
        "ParameterFilters": [{"Key": "Type", "Values": ["String"]}]});
    assert_eq!(code(&bus, "DescribeParameters", both).await, "ValidationException");
    running.stop().await;
}

/// The types of the policies that have told something, and which parameters expired, in the log's order.
async fn policy_events(bus: &Bus) -> Vec<String> {
    let mut events = follow::follow(bus, "PARAMETERS", &[], 0).await.unwrap();
    let mut found = Vec::new();
    while let Ok(Some(event)) = tokio::time::timeout(Duration::from_millis(300), events.next()).await {
        let envelope = store::envelope(bus, &event.unwrap().message).unwrap();
        match ParameterEvent::decode(&envelope.schema, &envelope.data).unwrap() {
            ParameterEvent::ParameterPolicyFired(e) => found.push(e.policy_type),
            ParameterEvent::ParameterDeleted(e) if e.expired => found.push(format!("{} expired", e.name)),
            _ => {}
        }
    }
    found
}

#[tokio::test]
async fn policies_do_what_they_say_once_also_when_everything_was_down() {
    let nats = Nats::start();
    let (bus, keys) = (nats.bus().await, Keys::default());
    let folder = nats.folder().join("a");
    let running = start(&bus, &keys, &folder).await;
    let expires = |ms: i64| {
        let at = reeve_types::Timestamp(reeve_types::Timestamp::now().0 + ms).rfc3339();
        json!({"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": at}})
    };
    let tells = json!({"Type": "ExpirationNotification", "Version": "1.0",
        "Attributes": {"Before": "1", "Unit": "Hours"}});
    let policies = json!([expires(1_500), tells]).to_string();
    let input = json!({"Type": "SecureString", "Tier": "Advanced", "Policies": policies});
    put(&bus, "/soon", "secret", input).await.unwrap();
    put(&bus, "/kept", "v", json!({"Type": "String"})).await.unwrap();
    let described = || async {
        let only = json!({"ParameterFilters": [{"Key": "Name", "Values": ["/soon"]}]});
        call(&bus, "DescribeParameters", only).await.unwrap()["Parameters"][0]["Policies"].clone()
    };
    // The notification is over already, so it is told at once; the parameter is still there.
    for _ in 0..100 {
        if described().await[1]["PolicyStatus"] == "Finished" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let shown = described().await;
    assert_eq!(
        (&shown[0]["PolicyType"], &shown[0]["PolicyStatus"]),
        (&json!("Expiration"), &json!("Pending"))
    );
    assert_eq!(shown[1]["PolicyStatus"], "Finished");
    // An edit moves neither, and tells nothing again.
    put(&bus, "/soon", "other", json!({"Overwrite": true})).await.unwrap();
    running.stop().await;
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    keys.are(2).await;
    let running = start(&bus, &keys, &folder).await;
    // Its secrets go with it.
    keys.are(0).await;
    assert_eq!(code(&bus, "GetParameter", json!({"Name": "/soon"})).await, "ParameterNotFound");
    assert!(call(&bus, "GetParameter", json!({"Name": "/kept"})).await.is_ok());
    assert_eq!(policy_events(&bus).await, ["ExpirationNotification", "/soon expired"]);
    running.stop().await;
    // A rebuilt view fires nothing once more.
    let rebuilt = start(&bus, &keys, &nats.folder().join("b")).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(policy_events(&bus).await.len(), 2);
    for (policies, expected) in [
        (json!([expires(-1_000)]), "InvalidPolicyAttributeException"),
        (json!([{"Type": "Expire", "Version": "1.0"}]), "InvalidPolicyTypeException"),
        (json!([expires(9_000), expires(9_000)]), "IncompatiblePolicyException"),
        (json!(vec![expires(9_000); 11]), "PoliciesLimitExceededException"),
        (json!("x"), "ValidationException"),
    ] {
        let more = json!({"Type": "String", "Tier": "Advanced", "Policies": policies.to_string()});
        assert_eq!(put(&bus, "/refused", "v", more).await.unwrap_err().code, expected, "{policies}");
    }
    let standard = json!({"Type": "String", "Policies": json!([expires(9_000)]).to_string()});
    assert_eq!(put(&bus, "/refused", "v", standard).await.unwrap_err().code, "ValidationException");
    rebuilt.stop().await;
}

#[tokio::test]
async fn a_setting_says_the_tier_of_new_parameters_whose_callers_name_none() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, &Keys::default(), nats.folder()).await;
    let tier = "/ssm/parameter-store/default-parameter-tier";
    let setting = async || {
        call(&bus, "GetServiceSetting", json!({"SettingId": tier})).await.unwrap()["ServiceSetting"].clone()
    };
    let first = setting().await;
    assert_eq!(
        (&first["SettingValue"], &first["Status"], &first["LastModifiedUser"]),
        (&json!("Standard"), &json!("Default"), &json!("System"))
    );
    let arn = first["ARN"].as_str().unwrap().to_owned();
    assert_eq!(arn, format!("arn:aws:ssm:us-east-1:123456789012:servicesetting{tier}"));
    let put_tier = async |name: &str, more: Value| put(&bus, name, "v", more).await.unwrap()["Tier"].clone();
    assert_eq!(put_tier("a", json!({"Type": "String"})).await, "Standard");
    call(&bus, "UpdateServiceSetting", json!({"SettingId": arn, "SettingValue": "Advanced"})).await.unwrap();
    let now = setting().await;
    assert_eq!(
        (&now["SettingValue"], &now["Status"], &now["LastModifiedUser"]),
        (&json!("Advanced"), &json!("Customized"), &json!("tester"))
    );
    assert_eq!(put_tier("b", json!({"Type": "String"})).await, "Advanced");
    assert_eq!(put_tier("a", json!({"Overwrite": true})).await, "Standard", "it stays what it is");
    assert_eq!(put_tier("c", json!({"Type": "String", "Tier": "Standard"})).await, "Standard");
    let reset = call(&bus, "ResetServiceSetting", json!({"SettingId": tier})).await.unwrap();
    assert_eq!(reset["ServiceSetting"]["Status"], "Default");
    assert_eq!(put_tier("b", json!({"Overwrite": true})).await, "Advanced", "nor is it downgraded");
    let wrong = json!({"SettingId": tier, "SettingValue": "Gold"});
    let refused = call(&bus, "UpdateServiceSetting", wrong).await.unwrap_err();
    assert!(refused.to_string().contains("Standard, Advanced, Intelligent-Tiering"), "{refused}");
    let unknown = json!({"SettingId": "/ssm/automation/enable-adaptive-concurrency"});
    assert_eq!(code(&bus, "GetServiceSetting", unknown).await, "ServiceSettingNotFound");
    running.stop().await;
}

async fn publish<E: Event>(bus: &Bus, id: &str, event: E, expected: u64) -> u64 {
    let context = Context { command_id: new_uuid(), ..context() };
    let envelope = Envelope::of(&AggregateRef::of::<E>(id), &event, &context);
    store::append(bus, &envelope, Position(expected)).await.unwrap().0
}

/// What a node is answered that asks for a secret of a command: the value, once it has opened it, or the code of the error.
async fn asked(
    bus: &Bus,
    (node, key): (&str, &KeyPair),
    command: &str,
    name: &str,
) -> Result<String, String> {
    let body = json!({"commandId": command, "names": [name]}).to_string();
    let answer = serve::ask(bus, node, "secrets", body.into(), Duration::from_secs(10)).await.unwrap();
    let value: Value = serde_json::from_slice(&answer.data).unwrap();
    if let Some(code) = answer.headers.get("reeve-error") {
        return Err(code.to_owned());
    }
    let sealed = BASE64.decode(value["secrets"][name].as_str().unwrap().as_bytes()).unwrap();
    let plain = open(&key.seed().unwrap(), &secret_name(command, node, name), &sealed);
    plain.map(|plain| String::from_utf8(plain.to_vec()).unwrap()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_node_is_given_the_secrets_of_what_runs_there_sealed_for_it_and_nothing_else() {
    let (nats, keys) = (Nats::start(), Keys::default());
    let bus = nats.bus().await;
    for service in ["nodes", "run-command"] {
        streams::ensure_events(&bus, service).await.unwrap();
    }
    let running = start(&bus, &keys, nats.folder()).await;
    put(&bus, "/s/a", "first", json!({"Type": "SecureString"})).await.unwrap();
    put(&bus, "/s/a", "second", json!({"Overwrite": true})).await.unwrap();
    put(&bus, "/s/b", "other", json!({"Type": "SecureString"})).await.unwrap();
    let (one, two) =
        (("mi-00000000000000001", KeyPair::new_user()), ("mi-00000000000000002", KeyPair::new_user()));
    for (node, key) in [&one, &two] {
        let registered = NodeRegistered {
            node_id: (*node).into(),
            public_key: key.public_key(),
            ..NodeRegistered::default()
        };
        publish(&bus, node, NodeEvent::NodeRegistered(registered), 0).await;
    }
    let secret =
        |name: &str, path: &str, version| SecretReference { name: name.into(), path: path.into(), version };
    let sent = CommandSent {
        command_id: "c".into(),
        node_ids: vec![one.0.into(), two.0.into()],
        secrets: vec![secret("/s/a:1", "/s/a", 1), secret("/s/a", "/s/a", 2), secret("/s/b", "/s/b", 1)],
        requested_ms: Timestamp::now().0,
        ..CommandSent::default()
    };
    let at = publish(&bus, "c", CommandEvent::CommandSent(sent), 0).await;
    let of = |node: &'static str| if node == one.0 { (one.0, &one.1) } else { (two.0, &two.1) };
    assert_eq!(
        asked(&bus, of(one.0), "c", "/s/a").await,
        Err("AccessDeniedException".into()),
        "before its turn"
    );
    let dispatched = InvocationsDispatched {
        command_id: "c".into(),
        dispatched: vec![Dispatched { node_id: one.0.into(), number: 1 }],
        next_index: 1,
    };
    let at = publish(&bus, "c", CommandEvent::InvocationsDispatched(dispatched), at).await;
    // At once: the answer waits for the event by which it was sent the command.
    assert_eq!(asked(&bus, of(one.0), "c", "/s/a").await.unwrap(), "second");
    assert_eq!(
        asked(&bus, of(one.0), "c", "/s/a:1").await.unwrap(),
        "first",
        "in the version that there was"
    );
    let opened_by_another = asked(&bus, (one.0, &two.1), "c", "/s/a").await.unwrap_err();
    assert!(opened_by_another.contains("cannot be opened"), "{opened_by_another}");
    for (node, command, name) in [(two.0, "c", "/s/a"), (one.0, "d", "/s/a"), (one.0, "c", "/s/c")] {
        assert_eq!(
            asked(&bus, of(node), command, name).await,
            Err("AccessDeniedException".into()),
            "{node} {name}"
        );
    }
    // What was deleted, and put again, is another one.
    call(&bus, "DeleteParameter", json!({"Name": "/s/b"})).await.unwrap();
    put(&bus, "/s/b", "anew", json!({"Type": "SecureString"})).await.unwrap();
    assert_eq!(asked(&bus, of(one.0), "c", "/s/b").await, Err("ParameterVersionNotFound".into()));
    let finished =
        InvocationFinished { command_id: "c".into(), node_id: one.0.into(), ..InvocationFinished::default() };
    publish(&bus, &format!("c/{}", one.0), InvocationEvent::InvocationFinished(finished), 0).await;
    assert_eq!(
        asked(&bus, of(one.0), "c", "/s/a").await,
        Err("AccessDeniedException".into()),
        "it has ended there"
    );
    let finished = CommandFinished { command_id: "c".into(), ..CommandFinished::default() };
    publish(&bus, "c", CommandEvent::CommandFinished(finished), at).await;
    running.stop().await;
}
