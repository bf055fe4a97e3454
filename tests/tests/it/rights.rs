//! One service in the wrong hands: with the credentials and the key that `tags` has, a program does what `tags` may, and the bus
//! refuses it everything else.

use futures::StreamExt;
use reeve_e2e::{Apart, Instance, wait_for};
use reeve_jetstream::{
    Bus, Credentials, Error, Headers, Options,
    calls::CallKeys,
    follow,
    serve::{self, Announcement},
    streams,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

const LIMIT: Duration = Duration::from_secs(5);

/// A program that has what the service has.
async fn taken_over(instance: &Instance, part: &str) -> Bus {
    let options = Options {
        credentials: instance.credentials_of(part),
        inbox_prefix: format!("_INBOX_{part}"),
        ..instance.core_options()
    };
    let bus = instance.authenticating(Bus::connect(&options).await.unwrap());
    bus.with_call_keys(CallKeys::Of { service: part.to_owned(), key: instance.call_key_of(part) })
}

fn is_refused(answer: &Result<impl Sized, Error>) -> bool {
    matches!(answer, Err(Error::NotPermitted(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_was_taken_over_is_refused_what_is_anothers() {
    let instance = Instance::start(1);
    let tags = taken_over(&instance, "tags").await;
    let before = instance.events().len();
    let node = instance.node();
    // Each is what a part does that is not `tags`.
    let of_others = [
        "reeve.evt.documents.document.Evil".to_owned(),
        "reeve.evt.run-command.command.Evil".to_owned(),
        format!("reeve.node.{node}.cmd.1"),
        format!("reeve.live.{node}.cmd.1"),
        "reeve.request.run-command.state-manager.00000000-0000-4000-8000-000000000000".to_owned(),
        "reeve.request.automation.gateway.00000000-0000-4000-8000-000000000000".to_owned(),
        "reeve.request.run-command.tags.00000000-0000-4000-8000-000000000000".to_owned(),
        "reeve.api.access.CreatePrincipal".to_owned(),
        "reeve.api.documents.CreateDocument".to_owned(),
        "reeve.dead-letter.documents.evil".to_owned(),
        "reeve.secret-key.evil".to_owned(),
        "reeve.json.documents.document.Evil".to_owned(),
        "$JS.API.DIRECT.GET.SECRET_KEYS.reeve.secret-key.x".to_owned(),
        "$JS.API.STREAM.MSG.GET.SECRET_KEYS".to_owned(),
        "$JS.API.STREAM.MSG.DELETE.SECRET_KEYS".to_owned(),
        "$JS.API.CONSUMER.CREATE.SECRET_KEYS.evil".to_owned(),
        "$JS.API.CONSUMER.CREATE.NODE_OUTPUT.evil".to_owned(),
        "$JS.API.STREAM.DELETE.DOCUMENTS".to_owned(),
        "$JS.API.STREAM.DELETE.TAGS".to_owned(),
        "$JS.API.STREAM.PURGE.TAGS".to_owned(),
        "$JS.API.STREAM.MSG.DELETE.TAGS".to_owned(),
        "$JS.API.STREAM.UPDATE.DOCUMENTS".to_owned(),
        // With `sources` it would read SECRET_KEYS there, with `republish` it would write to DOCUMENTS.
        "$JS.API.STREAM.UPDATE.TAGS".to_owned(),
        "$JS.API.STREAM.CREATE.TAGS".to_owned(),
        "$JS.API.STREAM.RESTORE.EVIL".to_owned(),
        "$JS.API.CONSUMER.MSG.NEXT.DOCUMENTS.run-command-reports".to_owned(),
        "$JS.API.CONSUMER.DELETE.TAGS.tags-requests".replace("TAGS", "RUN_COMMAND_REQUESTS"),
        "$JS.ACK.NODE_REPORTS.run-command-reports.1.1.1.1.0".to_owned(),
    ];
    for subject in &of_others {
        let answer = tags.request(subject, &Headers::default(), "{}".into(), LIMIT).await;
        assert!(is_refused(&answer), "{subject}: {answer:?}");
        println!("{}", answer.unwrap_err());
    }
    // Its own it may: only the expectation does not hold.
    let expecting = Headers::default().with("Nats-Expected-Last-Subject-Sequence", "99");
    let own = tags.store("reeve.evt.tags.resource.Evil", &expecting, "".into()).await;
    assert!(matches!(own, Err(Error::Conflict(_))), "{own:?}");
    assert!(streams::exists(&tags, "TAGS").await.unwrap());
    assert_eq!(instance.events().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_hears_nothing_of_what_is_said_to_others() {
    let instance = Instance::start(0);
    let (tags, all) = (taken_over(&instance, "tags").await, instance.bus().await);
    let overheard =
        ["reeve.api.documents.*", "_INBOX_gateway.>", "_INBOX.>", "reeve.live.>", "reeve.evt.documents.>"];
    for pattern in overheard {
        let mut heard = tags.subscribe(pattern).await.unwrap();
        let subject = pattern.replace(['>', '*'], "x");
        all.publish(&subject, Headers::default(), "".into()).await.unwrap();
        all.round_trip().await.unwrap();
        tags.round_trip().await.unwrap();
        let next = tokio::time::timeout(Duration::from_millis(200), heard.next()).await;
        assert!(next.is_err() || next.is_ok_and(|message| message.is_none()), "it hears {pattern}");
    }
}

/// What a permission cannot say: where a consumer's messages are pushed to. The server pushes where somebody subscribes, and a stream is
/// nobody.
#[tokio::test(flavor = "multi_thread")]
async fn what_it_pushes_at_anothers_stream_is_not_stored() {
    let instance = Instance::start(0);
    let (tags, all) = (taken_over(&instance, "tags").await, instance.bus().await);
    let step = json!({"action": "aws:runShellScript", "name": "one", "inputs": {"runCommand": ["true"]}});
    let content = json!({"schemaVersion": "2.2", "mainSteps": [step]});
    instance.call(
        "CreateDocument",
        &json!({
            "Name": "Tagged", "DocumentType": "Command", "DocumentFormat": "JSON",
            "Content": content.to_string(),
        }),
    );
    instance.call(
        "AddTagsToResource",
        &json!({
            "ResourceType": "Document", "ResourceId": "Tagged", "Tags": [{"Key": "c", "Value": "d"}],
        }),
    );
    let before = streams::last_sequence(&all, "DOCUMENTS").await.unwrap();
    let target = "reeve.evt.documents.document.Evil";
    let config = json!({"stream_name": "TAGS", "config": {"name": "evil",
        "deliver_subject": target, "deliver_policy": "all", "ack_policy": "none", "inactive_threshold": 60_000_000_000_i64,
    }});
    let made = tags
        .request("$JS.API.CONSUMER.CREATE.TAGS.evil", &Headers::default(), config.to_string().into(), LIMIT)
        .await
        .unwrap();
    println!("a consumer that pushes elsewhere: {}", String::from_utf8_lossy(&made.data));
    let info = "$JS.API.CONSUMER.INFO.TAGS.evil";
    tokio::time::sleep(Duration::from_secs(2)).await;
    let told = all.request(info, &Headers::default(), "".into(), LIMIT).await.unwrap();
    println!("after two seconds: {}", String::from_utf8_lossy(&told.data));
    let stored = streams::last_sequence(&all, "DOCUMENTS").await.unwrap() - before;
    println!("{stored} messages were stored");
    assert_eq!(stored, 0);
    let (_, documents) = instance.raw().call("DescribeDocument", &json!({"Name": "Evil"}));
    assert!(documents["__type"].as_str().is_some_and(|code| code.contains("InvalidDocument")), "{documents}");
}

/// A reader names its consumer in the request's subject: never as another part's durable one.
#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_change_anothers_consumer() {
    let instance = Instance::start(0);
    let (tags, all) = (taken_over(&instance, "tags").await, instance.bus().await);
    let rights = instance.rights();
    let own: BTreeSet<&str> =
        rights["tags"]["reads"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let mut tried = 0;
    for (part, of) in rights.as_object().unwrap() {
        for (stream, names) in of["consumes"].as_object().unwrap() {
            let Some(name) = names[0].as_str().filter(|_| part != "tags" && own.contains(stream.as_str()))
            else {
                continue;
            };
            let info = format!("$JS.API.CONSUMER.INFO.{stream}.{name}");
            let config = async || -> Value {
                let answer = all.request(&info, &Headers::default(), "".into(), LIMIT).await.unwrap();
                serde_json::from_slice::<Value>(&answer.data).unwrap()["config"].clone()
            };
            let before = config().await;
            let change = json!({"stream_name": stream, "config": {
                "name": name, "ack_policy": "explicit", "deliver_policy": "all", "filter_subject": "reeve.evt.nothing",
            }});
            // With a name of its own in the subject, and another's in the body.
            let subject = format!("$JS.API.CONSUMER.CREATE.{stream}.evil");
            let answer =
                tags.request(&subject, &Headers::default(), change.to_string().into(), LIMIT).await.unwrap();
            println!("{name}: {}", String::from_utf8_lossy(&answer.data));
            assert_eq!(config().await, before, "{name}");
            // And with no name in the subject.
            let subject = format!("$JS.API.CONSUMER.CREATE.{stream}");
            let answer = tags.request(&subject, &Headers::default(), change.to_string().into(), LIMIT).await;
            assert!(is_refused(&answer), "{answer:?}");
            for action in [format!("CREATE.{stream}.{name}"), format!("DELETE.{stream}.{name}")] {
                let subject = format!("$JS.API.CONSUMER.{action}");
                let answer = tags.request(&subject, &Headers::default(), "{}".into(), LIMIT).await;
                assert!(is_refused(&answer), "{subject}: {answer:?}");
            }
            tried += 1;
        }
    }
    assert!(tried > 0);
}

/// What a consumer pushes to an endpoint bears the subject on which it was stored.
#[tokio::test(flavor = "multi_thread")]
async fn what_it_pushes_at_anothers_endpoint_is_no_call() {
    let instance = Instance::start(0);
    let tags = taken_over(&instance, "tags").await;
    let input = json!({"name": "evil", "groups": ["administrators"]});
    let expecting = Headers::default().with("Nats-Expected-Last-Subject-Sequence", "0");
    let headers = expecting.with("reeve-actor", "administrator").with("reeve-mac", "AAAA");
    tags.store("reeve.evt.tags.resource.Evil", &headers, input.to_string().into()).await.unwrap();
    let config = json!({"stream_name": "TAGS", "config": {
        "name": "evil", "deliver_subject": "reeve.api.access.CreatePrincipal", "ack_policy": "none",
        "filter_subject": "reeve.evt.tags.resource.Evil",
    }});
    let create = "$JS.API.CONSUMER.CREATE.TAGS.evil";
    tags.request(create, &Headers::default(), config.to_string().into(), LIMIT).await.unwrap();
    wait_for("access has refused it", || {
        instance.log().contains("what came in on reeve.evt.tags.resource.Evil is not trusted").then_some(())
    });
    let (_, principals) = instance.raw().call_of("access", "ListPrincipals", &json!({}), None);
    assert!(!principals.to_string().contains("evil"), "{principals}");
}

/// A service announces its own operations, on its own subjects, with its own key.
#[tokio::test(flavor = "multi_thread")]
async fn it_takes_no_calls_of_others() {
    let instance = Instance::start(0);
    let tags = taken_over(&instance, "tags").await;
    let own = "reeve.api.tags.AddTagsToResource";
    let announcement =
        |subject| Announcement { name: "PutParameter", api: "ssm", subject, writes: true, resources: &[] };
    let mut heard = Vec::new();
    let mut announced = Vec::new();
    // As the other one, with the key that it has; and as itself, where it hears other calls.
    for name in ["parameters", "tags"] {
        let keys = CallKeys::Of { service: name.to_owned(), key: instance.call_key_of("tags") };
        let service = serve::Service::start(&tags.clone().with_call_keys(keys), name, "9.0.0").await.unwrap();
        heard.push(service.endpoint(&announcement(own)).await.unwrap());
        announced.push(service);
    }
    // The gateway asks each second.
    for number in 0..5 {
        let input = json!({"Name": format!("secret-{number}"), "Value": "s", "Type": "SecureString"});
        let (status, answer) = instance.raw().call("PutParameter", &input);
        assert_eq!(status, 200, "{answer}");
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    for mut requests in heard {
        let next = tokio::time::timeout(Duration::from_millis(100), requests.next()).await;
        assert!(next.is_err(), "{next:?}");
    }
    assert!(instance.log().contains("an operation is announced by others"));
}

/// The server answers a request of the bus's own API wherever the request says, also on a subject that a stream holds: so something
/// that is no event comes to lie among an aggregate's.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_holds_up_no_aggregate() {
    let instance = Instance::start(0);
    let all = instance.bus().await;
    let content = |text: &str| {
        let step = json!({"action": "aws:runShellScript", "name": "one", "inputs": {"runCommand": [text]}});
        json!({"schemaVersion": "2.2", "mainSteps": [step]}).to_string()
    };
    instance.call(
        "CreateDocument",
        &json!({"Name": "Held", "DocumentType": "Command", "DocumentFormat": "JSON", "Content": content("true")}),
    );
    for id in ["Held", "NotThereYet"] {
        let subject = format!("reeve.evt.documents.document.{id}");
        let known = follow::last_matching(&all, "DOCUMENTS", &subject).await.unwrap();
        assert_eq!(known > 0, id == "Held");
        all.store(&subject, &Headers::default(), "{\"stream\":\"TAGS\"}".into()).await.unwrap();
    }
    let update = json!({
        "Name": "Held", "DocumentVersion": "$LATEST", "DocumentFormat": "JSON", "Content": content("false"),
    });
    let updated = instance.call("UpdateDocument", &update);
    assert_eq!(updated["DocumentDescription"]["DocumentVersion"], "2");
    instance.call(
        "CreateDocument",
        &json!({
            "Name": "NotThereYet", "DocumentType": "Command", "DocumentFormat": "JSON", "Content": content("true"),
        }),
    );
    wait_for("it is seen", || {
        let (_, letters) = instance.raw().call_of("dead-letters", "ListDeadLetters", &json!({}), None);
        (letters.to_string().matches("view:envelope").count() >= 2).then_some(())
    });
}

/// Who kept what every part had before there was a user for each: a user of the account itself, made some time ago.
#[tokio::test(flavor = "multi_thread")]
async fn former_credentials_are_let_in_no_more() {
    let instance = Instance::start(0);
    let core = nkeys::KeyPair::from_seed(instance.keys()["operator"]["core"].as_str().unwrap()).unwrap();
    let user = nkeys::KeyPair::new_user();
    let connect = async |issued: i64| {
        let encode = |value: &Value| data_encoding::BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let header = encode(&json!({"typ": "JWT", "alg": "ed25519-nkey"}));
        let claims = encode(&json!({
            "jti": issued.to_string(), "iat": issued, "iss": core.public_key(), "name": "services", "sub": user.public_key(),
            "nats": {"type": "user", "version": 2, "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1},
        }));
        let body = format!("{header}.{claims}");
        let signature = data_encoding::BASE64URL_NOPAD.encode(&core.sign(body.as_bytes()).unwrap());
        let credentials = Credentials::Jwt { jwt: format!("{body}.{signature}"), seed: user.seed().unwrap() };
        Bus::connect(&Options { credentials, ..instance.core_options() }).await.map(drop)
    };
    let now = reeve_types::Timestamp::now().0 / 1000;
    connect(now).await.unwrap();
    let former = connect(now - 3600).await.unwrap_err();
    println!("{former}");
    assert!(matches!(former, Error::NotLetIn(_)), "{former}");
}

#[test]
fn a_part_has_its_own_user_and_no_other() {
    let mut apart = Apart::prepared();
    let parts = apart.secrets().join("parts");
    let mut users = 0;
    for part in parts.read_dir().unwrap().map(|entry| entry.unwrap()) {
        let part_name = part.file_name().into_string().unwrap();
        for file in
            part.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap())
        {
            if let Some(of) = file.strip_suffix(".user.json").filter(|of| *of != "system") {
                assert_eq!(of, part_name);
                users += 1;
            }
            if file == "instance.json" {
                let text = std::fs::read_to_string(part.path().join(file)).unwrap();
                assert!(!text.contains("seed"), "{text}");
            }
        }
    }
    assert_eq!(users, reeve_e2e::services().len() + 3);
    apart.start_all();
    wait_for("a document is listed", || {
        let (_, answer) = apart.instance().raw().call("ListDocuments", &json!({}));
        answer["DocumentIdentifiers"].is_array().then_some(())
    });
}
