//! The notifications service on a real NATS, with receivers that answer in every way.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use data_encoding::BASE64;
use reeve_contracts::notifications::{NotificationCancellationRequested, NotificationRequested};
use reeve_eventsourcing::{Actor, Context};
use reeve_jetstream::Bus;
use reeve_notifications::{Config, service};
use reeve_runtime::{Handle, Running, Service, run};
use reeve_secrets::{KEY_LEN, Vault};
use reeve_testkit::{Caller, Nats, NotMallory, Refusal};
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};
use support::{Answer, MailServer, Receiver, answer};

struct Fixture {
    nats: Nats,
    bus: Bus,
    running: Running,
    /// The service that asks for messages.
    asking: Running,
}

async fn start(bus: &Bus, folder: &Path) -> Running {
    let vault = Vault::open(bus, [7; KEY_LEN]).await.unwrap();
    run(service(&Config { vault, authorizer: Arc::new(NotMallory) }), bus.clone(), folder).await.unwrap()
}

impl Fixture {
    async fn new() -> Self {
        let nats = Nats::start();
        let bus = nats.bus().await;
        let running = start(&bus, &nats.folder().join("a")).await;
        let asking = run(Service::new("asking"), bus.clone(), &nats.folder().join("asking")).await.unwrap();
        Self { nats, bus, running, asking }
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, Refusal> {
        Caller::default().call(&self.bus, &format!("reeve.api.notifications.{operation}"), &input).await
    }

    async fn webhook(&self, name: &str, url: &str) -> String {
        let put = json!({"name": name, "url": url, "allowPrivateAddresses": true});
        self.call("PutWebhook", put).await.unwrap()["secret"].as_str().unwrap().to_owned()
    }

    /// Asks as another service does; answers the notification's id.
    async fn ask(&self, destination: &str, actor: &str, expires_ms: i64) -> String {
        let id = new_uuid();
        ask(self.asking.handle(), destination, actor, expires_ms, id).await;
        id.to_string()
    }

    async fn shown(&self, id: &str) -> Option<Value> {
        self.call("GetNotification", json!({"notificationId": id})).await.ok()
    }

    /// Waits until a notification has a status.
    async fn is(&self, id: &str, status: &str) -> Value {
        for _ in 0..1_200 {
            match self.shown(id).await {
                Some(shown) if shown["status"] == status => return shown,
                _ => tokio::time::sleep(Duration::from_millis(25)).await,
            }
        }
        panic!("{id} is not {status}: {:?}", self.shown(id).await);
    }
}

fn context(actor: &str, id: uuid::Uuid) -> Context {
    let actor = Actor { name: actor.to_owned(), source: String::new() };
    Context {
        now: Timestamp::now(),
        actor,
        command_id: id,
        correlation_id: id,
        cause_id: None,
        traceparent: None,
    }
}

async fn ask(handle: &Handle, destination: &str, actor: &str, expires_ms: i64, id: uuid::Uuid) {
    let request = NotificationRequested {
        origin_kind: "page".into(),
        origin_id: "p-1".into(),
        destination: destination.into(),
        subject: "Disk full".into(),
        text: "Only 3 % are free.".into(),
        details_json: r#"{"free":3}"#.into(),
        expires_ms,
        account: "123456789012".into(),
        region: "us-east-1".into(),
    };
    handle.request(&request, &context(actor, id)).await.unwrap();
}

#[tokio::test]
async fn a_message_is_signed_and_repeated_with_the_same_id_until_it_is_taken() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start(vec![answer("503 Service Unavailable", "retry-after: 1\r\n")]);
    let secret = fixture.webhook("chat", &receiver.url).await;
    assert!(secret.starts_with("whsec_"), "{secret}");
    let put = json!({"name": "chat", "url": receiver.url, "allowPrivateAddresses": true, "format": "SLACK"});
    assert_eq!(fixture.call("PutWebhook", put).await.unwrap(), json!({"name": "chat"}), "the key stays");

    let id = fixture.ask("webhook:chat", "ann", 0).await;
    let shown = fixture.is(&id, "Sent").await;
    assert_eq!(
        (&shown["attempts"], &shown["receipt"], &shown["originKind"]),
        (&json!(2), &json!("HTTP 200"), &json!("page"))
    );
    let posted = receiver.posted();
    assert_eq!(posted.len(), 2);
    for post in &posted {
        assert_eq!(post.header("webhook-id"), id);
        assert_eq!(post.header("content-type"), "application/json");
        assert_eq!(post.body, r#"{"text":"*Disk full*\nOnly 3 % are free."}"#);
        assert_eq!(post.header("webhook-signature"), signature(&secret, post));
    }
    // While the key is changed, both count.
    let other = fixture.call("RotateWebhookSecret", json!({"name": "chat"})).await.unwrap();
    let other = other["secret"].as_str().unwrap().to_owned();
    assert_ne!(other, secret);
    let id = fixture.ask("webhook:chat", "ann", 0).await;
    fixture.is(&id, "Sent").await;
    let last = receiver.posted().pop().unwrap();
    let both = format!("{} {}", signature(&other, &last), signature(&secret, &last));
    assert_eq!(last.header("webhook-signature"), both);
}

/// What a receiver works out, from the key as it was shown.
fn signature(secret: &str, post: &support::Posted) -> String {
    let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
    let signed = format!("{}.{}.{}", post.header("webhook-id"), post.header("webhook-timestamp"), post.body);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    format!("v1,{}", BASE64.encode(ring::hmac::sign(&key, signed.as_bytes()).as_ref()))
}

#[tokio::test]
async fn what_the_limits_of_a_destination_hold_back_stands_in_its_next_message() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start(Vec::new());
    let limits = json!([{"messages": 1, "seconds": 2}, {"messages": 100, "seconds": 3600}]);
    let put = json!({"name": "chat", "url": receiver.url, "allowPrivateAddresses": true, "limits": limits});
    fixture.call("PutWebhook", put).await.unwrap();
    let first = fixture.ask("webhook:chat", "ann", 0).await;
    fixture.is(&first, "Sent").await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(fixture.ask("webhook:chat", "ann", 0).await);
    }
    for id in &ids {
        fixture.is(id, "Held").await;
    }
    // What is called back is not told of, also when it was the first.
    let called_back = json!({"notificationId": ids.remove(0)});
    fixture.call("CancelNotification", called_back).await.unwrap();
    let mut shown = Vec::new();
    for id in &ids {
        shown.push(fixture.is(id, "Sent").await);
    }
    let posted = receiver.posted();
    assert_eq!(posted.len(), 2, "{posted:?}");
    let body: Value = serde_json::from_str(&posted[1].body).unwrap();
    let carrier = shown.iter().find(|shown| shown["receipt"] == "HTTP 200").unwrap();
    assert_eq!(
        (&body["data"]["id"], &body["data"]["held"]["count"]),
        (&carrier["notificationId"], &json!(2))
    );
    let text = body["data"]["text"].as_str().unwrap();
    assert!(text.starts_with("And 2 more since 20") && text.contains(": Disk full; Disk full\n\n"), "{text}");
    let with = format!("sent with {}", carrier["notificationId"].as_str().unwrap());
    assert_eq!(shown.iter().filter(|shown| shown["receipt"] == with).count(), 2, "{shown:?}");
    let sent_at = |shown: &Value| shown["sent"].as_f64().unwrap();
    let first = fixture.shown(&first).await.unwrap();
    assert!(sent_at(carrier) >= sent_at(&first) + 2.0, "{first} {carrier}");

    // Without the limits the next one goes at once. Live equals rebuilt.
    let put = json!({"name": "chat", "url": receiver.url, "allowPrivateAddresses": true});
    fixture.call("PutWebhook", put).await.unwrap();
    let last = fixture.ask("webhook:chat", "ann", 0).await;
    let last = fixture.is(&last, "Sent").await;
    assert!(sent_at(&last) < sent_at(carrier) + 2.0, "{last} {carrier}");
    let live = fixture.running.handle().views().dump();
    let rebuilt = start(&fixture.bus, &fixture.nats.folder().join("rebuilt")).await;
    assert_eq!(rebuilt.handle().views().dump(), live);
    assert_eq!(receiver.posted().len(), 3);
    for (input, words) in [
        (json!({"limits": [{"messages": 0, "seconds": 1}]}), "limits[0].messages is 0"),
        (json!({"limits": [{"messages": 1, "seconds": 1}], "format": "DETAILS"}), "limits: a webhook of"),
    ] {
        let mut put = json!({"name": "odd", "url": "https://hooks.example"});
        put.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        let refused = fixture.call("PutWebhook", put).await.unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
    let odd = fixture.call("ListNotifications", json!({"status": "Lost"})).await.unwrap_err().to_string();
    assert!(odd.contains("status is \"Lost\": it is one of Waiting, Held,"), "{odd}");
    let odd = json!({"destination": "chat"});
    let odd = fixture.call("ListNotifications", odd).await.unwrap_err().to_string();
    assert!(odd.contains("destination: \"chat\" is no destination"), "{odd}");
}

#[tokio::test]
async fn a_destination_that_is_away_holds_up_no_other_and_a_message_whose_time_is_over_is_given_up() {
    let fixture = Fixture::new().await;
    let slow = Answer { after: Duration::from_secs(8), ..answer("200 OK", "") };
    let away = Receiver::start(vec![slow.clone(), slow]);
    let there = Receiver::start(Vec::new());
    fixture.webhook("away", &away.url).await;
    fixture.webhook("there", &there.url).await;
    fixture.webhook("nowhere", "http://127.0.0.1:9/").await;
    let hanging = fixture.ask("webhook:away", "ann", 0).await;
    fixture.is(&hanging, "Sending").await;
    let soon = Timestamp::now().0 + 2_000;
    let late = fixture.ask("webhook:away", "ann", soon).await;
    let lost = fixture.ask("webhook:nowhere", "ann", soon).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(fixture.ask("webhook:there", "ann", 0).await);
    }
    for id in &ids {
        fixture.is(id, "Sent").await;
    }
    assert_eq!(fixture.shown(&hanging).await.unwrap()["status"], "Sending", "the others did not wait for it");
    let reason = fixture.is(&late, "Failed").await["reason"].as_str().unwrap().to_owned();
    assert_eq!(reason, "its time was over before its turn came");
    let reason = fixture.is(&lost, "Failed").await["reason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("its time is over after one attempt: 127.0.0.1:9 is not reached"), "{reason}");
    assert_eq!(fixture.is(&hanging, "Sent").await["attempts"], 1);
    // The newest first, and by status.
    let failed =
        fixture.call("ListNotifications", json!({"status": "Failed", "maxResults": 1})).await.unwrap();
    let more = json!({"status": "Failed", "maxResults": 1, "nextToken": failed["nextToken"]});
    let more = fixture.call("ListNotifications", more).await.unwrap();
    // Which of the two was taken on first is not said: requests have no order between them.
    let listed = [&failed, &more].map(|page| page["notifications"][0]["notificationId"].as_str().unwrap());
    assert_eq!(BTreeSet::from(listed), BTreeSet::from([late.as_str(), lost.as_str()]));
}

#[tokio::test]
async fn what_is_gone_is_paused_and_what_will_never_be_taken_is_not_sent_again() {
    let fixture = Fixture::new().await;
    let gone = Receiver::start(vec![answer("410 Gone", "")]);
    fixture.webhook("gone", &gone.url).await;
    let first = fixture.ask("webhook:gone", "ann", 0).await;
    assert_eq!(fixture.is(&first, "Failed").await["reason"], "HTTP 410");
    let second = fixture.ask("webhook:gone", "ann", 0).await;
    let reason = fixture.is(&second, "Failed").await["reason"].as_str().unwrap().to_owned();
    assert!(
        reason.starts_with("the webhook gone is paused since ") && reason.ends_with(": HTTP 410"),
        "{reason}"
    );
    assert_eq!(gone.posted().len(), 1);
    let listed = fixture.call("ListWebhooks", json!({})).await.unwrap();
    assert_eq!(listed["webhooks"][0]["paused"], "HTTP 410");
    fixture.call("ResumeWebhook", json!({"name": "gone"})).await.unwrap();
    let third = fixture.ask("webhook:gone", "ann", 0).await;
    fixture.is(&third, "Sent").await;

    for (status, head, reason) in [
        ("400 Bad Request", "", "HTTP 400"),
        (
            "302 Found",
            "location: http://127.0.0.1:1/\r\n",
            "HTTP 302, which leads to http://127.0.0.1:1/: no redirect is followed",
        ),
    ] {
        let receiver = Receiver::start(vec![answer(status, head)]);
        fixture.webhook("strict", &receiver.url).await;
        let id = fixture.ask("webhook:strict", "ann", 0).await;
        assert_eq!(fixture.is(&id, "Failed").await["reason"], reason);
        fixture.call("DeleteWebhook", json!({"name": "strict"})).await.unwrap();
    }
    let own = json!({"name": "own", "url": gone.url});
    fixture.call("PutWebhook", own).await.unwrap();
    let id = fixture.ask("webhook:own", "ann", 0).await;
    let reason = fixture.is(&id, "Failed").await["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("one's own network"), "{reason}");
}

#[tokio::test]
async fn what_nobody_may_send_or_nobody_takes_is_refused_and_said() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start(Vec::new());
    fixture.webhook("chat", &receiver.url).await;
    for (destination, actor, reason) in [
        ("webhook:chat", "mallory", "is not authorized to perform: notifications:Send"),
        ("webhook:other", "ann", "destination is \"webhook:other\": there is no webhook other."),
        ("mail:ann@example.org", "ann", "destination is \"mail:ann@example.org\": there is no mail server"),
        ("https://hooks.example", "ann", "is no destination"),
    ] {
        let id = fixture.ask(destination, actor, 0).await;
        let said = fixture.is(&id, "Refused").await["reason"].as_str().unwrap().to_owned();
        assert!(said.contains(reason), "{said}");
    }
    for (operation, input, message) in [
        ("PutWebhook", json!({"name": "a b", "url": "https://x.example"}), "name is \"a b\""),
        ("PutWebhook", json!({"name": "a", "url": "ftp://x.example"}), "does not begin with https://HOST"),
        ("PutWebhook", json!({"name": "a", "url": "https://me:pw@x.example"}), "a name or a password"),
        (
            "PutWebhook",
            json!({"name": "a", "url": "https://x.example", "format": "slack"}),
            "there are STANDARD",
        ),
        (
            "PutWebhook",
            json!({"name": "a", "url": "https://x.example", "certificateAuthority": "x"}),
            "no certificate",
        ),
        ("PutMailServer", json!({"host": "h", "sender": "nobody"}), "sender: \"nobody\" is no address"),
        ("PutMailServer", json!({"host": "h", "sender": "a@b.example", "userName": "u"}), "together"),
        (
            "PutMailServer",
            json!({"host": "h", "sender": "a@b.example", "security": "SSL"}),
            "there are STARTTLS",
        ),
        ("Send", json!({"destination": "webhook:chat", "subject": " "}), "subject is empty"),
        (
            "Send",
            json!({"destination": "webhook:chat", "subject": "s", "details": "{"}),
            "details is no JSON",
        ),
        (
            "Send",
            json!({"destination": "webhook:no", "subject": "s"}),
            "destination is \"webhook:no\": there is no webhook no",
        ),
    ] {
        let refused = fixture.call(operation, input).await.unwrap_err();
        assert!(refused.code == "ValidationException" && refused.to_string().contains(message), "{refused}");
    }
    // To reach one's own network takes more than the permission to put a webhook.
    let put = json!({"name": "own", "url": "http://127.0.0.1", "allowPrivateAddresses": true});
    let mallory = Caller { actor: "mallory", ..Caller::default() };
    let denied = mallory.call(&fixture.bus, "reeve.api.notifications.PutWebhook", &put).await.unwrap_err();
    assert!(
        denied.code == "AccessDeniedException" && denied.to_string().contains("AllowPrivateAddresses"),
        "{denied}"
    );
    for (operation, input) in [
        ("DeleteWebhook", json!({"name": "no"})),
        ("ResumeWebhook", json!({"name": "no"})),
        ("RotateWebhookSecret", json!({"name": "no"})),
        ("GetMailServer", json!({})),
        ("DeleteMailServer", json!({})),
        ("GetNotification", json!({"notificationId": "no"})),
        ("CancelNotification", json!({"notificationId": "no"})),
    ] {
        let named = input.as_object().unwrap().keys().next().map(|name| format!("{name} is \"no\""));
        let refused = fixture.call(operation, input).await.unwrap_err();
        assert_eq!(refused.code, "NoSuchEntityException", "{operation}");
        assert!(refused.to_string().contains(&named.unwrap_or_default()), "{operation}: {refused}");
    }
    assert_eq!(receiver.posted().len(), 0);
}

#[tokio::test]
async fn nothing_is_sent_after_a_cancellation_twice_by_replicas_or_again_by_rebuilt_views() {
    let fixture = Fixture::new().await;
    let second = start(&fixture.bus, &fixture.nats.folder().join("b")).await;
    let receiver = Receiver::start(vec![Answer { after: Duration::from_secs(1), ..answer("200 OK", "") }]);
    fixture.webhook("chat", &receiver.url).await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(fixture.ask("webhook:chat", "ann", 0).await);
    }
    fixture.is(&ids[0], "Sending").await;
    let cancelled =
        NotificationCancellationRequested { notification_id: ids[5].clone(), reason: "acknowledged".into() };
    let asking = fixture.asking.handle();
    asking.request(&cancelled, &context("ann", new_uuid())).await.unwrap();
    assert_eq!(fixture.is(&ids[5], "Cancelled").await["reason"], "acknowledged");
    for id in ids.iter().filter(|id| **id != ids[5]) {
        fixture.is(id, "Sent").await;
    }
    let posted = || {
        let mut ids: Vec<_> =
            receiver.posted().iter().map(|post| post.header("webhook-id").to_owned()).collect();
        ids.sort_unstable();
        ids
    };
    let mut expected: Vec<_> = ids.iter().filter(|id| **id != ids[5]).cloned().collect();
    expected.sort_unstable();
    assert_eq!(posted(), expected, "each once");

    let answers = || async {
        let listed = fixture.call("ListNotifications", json!({})).await.unwrap();
        (listed, fixture.call("ListWebhooks", json!({})).await.unwrap())
    };
    second.stop().await;
    let live = answers().await;
    let Fixture { nats, bus, running, asking } = fixture;
    running.stop().await;
    let running = start(&bus, &nats.folder().join("c")).await;
    let fixture = Fixture { nats, bus, running, asking };
    let listed = fixture.call("ListNotifications", json!({})).await.unwrap();
    assert_eq!((listed, fixture.call("ListWebhooks", json!({})).await.unwrap()), live);
    let id = fixture.ask("webhook:chat", "ann", 0).await;
    fixture.is(&id, "Sent").await;
    assert_eq!(receiver.posted().len(), expected.len() + 1);
}

#[tokio::test]
async fn mail_goes_to_the_mail_server_and_its_refusal_is_final() {
    let fixture = Fixture::new().await;
    let mail = MailServer::start();
    let put = json!({"host": "127.0.0.1", "port": mail.port, "security": "NONE", "sender": "Reeve <ops@example.org>"});
    fixture.call("PutMailServer", put).await.unwrap();
    let id = fixture.ask("mail:ann@example.org", "ann", 0).await;
    let shown = fixture.is(&id, "Sent").await;
    assert_eq!(shown["receipt"], "SMTP 250 2.0.0 queued as 4711");
    let letter = mail.letters().pop().unwrap();
    for line in
        ["From: Reeve <ops@example.org>", "To: ann@example.org", "Subject: Disk full", "Only 3 % are free."]
    {
        assert!(letter.contains(line), "{letter}");
    }
    assert!(letter.contains(&format!("Message-ID: <{id}@example.org>")), "{letter}");
    let refused = fixture.ask("mail:nobody@example.org", "ann", 0).await;
    let reason = fixture.is(&refused, "Failed").await["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("5.1.1 no such user"), "{reason}");
    // What the server has against its sender is no message's fault: it waits until that is mended.
    let put =
        json!({"host": "127.0.0.1", "port": mail.port, "security": "NONE", "sender": "unwanted@example.org"});
    fixture.call("PutMailServer", put.clone()).await.unwrap();
    let waiting = fixture.ask("mail:bob@example.org", "ann", 0).await;
    for _ in 0..400 {
        if fixture
            .shown(&waiting)
            .await
            .is_some_and(|shown| shown["attempts"] == 1 && shown["status"] == "Waiting")
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let shown = fixture.shown(&waiting).await.unwrap();
    assert!(shown["reason"].as_str().unwrap().contains("5.7.1 sender rejected"), "{shown}");
    let mended = json!({"sender": "ops@example.org"});
    let put = put.as_object().unwrap().clone().into_iter().chain(mended.as_object().unwrap().clone());
    fixture.call("PutMailServer", put.collect()).await.unwrap();
    assert_eq!(fixture.is(&waiting, "Sent").await["attempts"], 2);
    // Who does not offer STARTTLS is given nothing.
    let put = json!({"host": "127.0.0.1", "port": mail.port, "sender": "ops@example.org"});
    fixture.call("PutMailServer", put).await.unwrap();
    let plain = fixture.ask("mail:ann@example.org", "ann", Timestamp::now().0 + 1_000).await;
    let reason = fixture.is(&plain, "Failed").await["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("STARTTLS"), "{reason}");
    assert_eq!(mail.letters().len(), 2);
}

#[tokio::test]
async fn each_message_of_a_burst_is_sent_once() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start(Vec::new());
    fixture.webhook("chat", &receiver.url).await;
    let handle = fixture.asking.handle();
    let ids: Vec<_> = (0..200).map(|_| new_uuid()).collect();
    // Some come while others are sent.
    futures::future::join_all(ids.iter().map(|id| ask(handle, "webhook:chat", "ann", 0, *id))).await;
    for id in &ids {
        assert_eq!(fixture.is(&id.to_string(), "Sent").await["attempts"], 1);
    }
    let mut posted: Vec<_> =
        receiver.posted().iter().map(|post| post.header("webhook-id").to_owned()).collect();
    posted.sort_unstable();
    let mut expected: Vec<_> = ids.iter().map(ToString::to_string).collect();
    expected.sort_unstable();
    assert_eq!(posted, expected);
}
