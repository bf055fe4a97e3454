//! The contacts service on a real NATS, with a stand-in for the notifications service.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reeve_contracts::contacts::{EngagementRequested, EngagementStopRequested};
use reeve_contracts::notifications::{
    NotificationCancellationRequested, NotificationEvent, NotificationFailed, NotificationRequested,
    NotificationSent,
};
use reeve_eventsourcing::{Context, Decider};
use reeve_jetstream::Bus;
use reeve_runtime::{Running, Service, run};
use reeve_secrets::{KEY_LEN, Vault};
use reeve_testkit::{Caller, Nats, NotMallory};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Says what it is told to.
struct Notification;

impl Decider for Notification {
    type Command = NotificationEvent;
    type Event = NotificationEvent;
    type State = ();
    type Error = Infallible;
    fn decide(
        _: &(),
        event: NotificationEvent,
        _: &Context,
    ) -> Result<Option<NotificationEvent>, Infallible> {
        Ok(Some(event))
    }
    fn evolve((): (), _: &NotificationEvent) {}
}

/// What was asked of the notifications service.
#[derive(Clone, Default)]
struct Asked {
    sent: Arc<Mutex<Vec<(String, NotificationRequested)>>>,
    cancelled: Arc<Mutex<Vec<NotificationCancellationRequested>>>,
}

/// Answers each at once: `bad` fails, `slow` is not answered, everything else is sent.
fn notifications(asked: Asked) -> Service {
    let cancelled = asked.cancelled.clone();
    Service::new("notifications")
        .aggregate::<Notification>()
        .request(move |request: reeve_runtime::Request<NotificationRequested>| {
            let sent = asked.sent.clone();
            async move {
                let (id, message) = (request.id.to_string(), &request.message);
                let actor = request.context.actor.name.clone();
                sent.lock().unwrap().push((actor, message.clone()));
                let (origin_kind, origin_id) = (message.origin_kind.clone(), message.origin_id.clone());
                let answer = if message.destination.contains("bad") {
                    let reason = "connection refused".to_owned();
                    let failed =
                        NotificationFailed { id, origin_kind, origin_id, reason, ..Default::default() };
                    NotificationEvent::NotificationFailed(failed)
                } else if message.destination.contains("slow") {
                    return Ok(());
                } else {
                    let receipt = "250 queued".to_owned();
                    let sent = NotificationSent { id, origin_kind, origin_id, receipt, ..Default::default() };
                    NotificationEvent::NotificationSent(sent)
                };
                let id = request.id.to_string();
                request.handle.execute::<Notification>(&id, answer, &request.context).await.unwrap();
                Ok(())
            }
        })
        .request(move |request: reeve_runtime::Request<NotificationCancellationRequested>| {
            cancelled.lock().unwrap().push(request.message);
            async move { Ok(()) }
        })
}

/// A service that asks for engagements.
fn asking(asked: EngagementRequested, name: &'static str) -> Service {
    Service::new(name).startup(move |handle| {
        let asked = asked.clone();
        async move {
            let mut context = handle.context(reeve_types::Timestamp::now());
            context.actor.name = if asked.sender == "mallory" { "mallory" } else { "ann" }.to_owned();
            handle.request(&asked, &context).await.unwrap();
            let engagement_id = context.command_id.to_string();
            let (origin_kind, origin_id) = (asked.origin_kind.clone(), asked.origin_id.clone());
            if asked.subject == "stopped" {
                let reason = "resolved".to_owned();
                let stop = EngagementStopRequested { engagement_id, reason, origin_kind, origin_id };
                handle.request(&stop, &context.derived("stop")).await.unwrap();
            }
            Ok(())
        }
    })
}

struct World {
    nats: Nats,
    bus: Bus,
    asked: Asked,
    _sender: Running,
}

impl World {
    async fn start() -> Self {
        let nats = Nats::start();
        let bus = nats.bus().await;
        let asked = Asked::default();
        let sender = run(notifications(asked.clone()), bus.clone(), &nats.folder().join("n")).await.unwrap();
        Self { nats, bus, asked, _sender: sender }
    }

    async fn contacts(&self, folder: &str) -> Running {
        let vault = Vault::open(&self.bus, [7; KEY_LEN]).await.unwrap();
        let config = reeve_contacts::Config { vault, authorizer: Arc::new(NotMallory) };
        let path: &Path = &self.nats.folder().join(folder);
        run(reeve_contacts::service(config), self.bus.clone(), path).await.unwrap()
    }

    async fn refused(&self, operation: &str, input: Value) -> String {
        self.try_call(operation, input).await.expect_err(operation)
    }

    async fn try_call(&self, operation: &str, input: Value) -> Result<Value, String> {
        let caller = Caller { actor: "ann", ..Caller::default() };
        let answer = caller.call(&self.bus, &format!("reeve.api.contacts.{operation}"), &input).await;
        answer.map_err(|refusal| refusal.to_string())
    }

    async fn call(&self, operation: &str, input: Value) -> Value {
        self.try_call(operation, input).await.unwrap_or_else(|refused| panic!("{operation}: {refused}"))
    }

    /// Waits until an answer is as it should be.
    async fn until(&self, operation: &str, input: Value, is_it: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..400 {
            last = self.call(operation, input.clone()).await;
            if is_it(&last) {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{operation} {input} stays {last}");
    }

    /// Messages to a destination, as they were asked for.
    fn messages(&self, destination: &str) -> Vec<(String, NotificationRequested)> {
        let sent = self.asked.sent.lock().unwrap();
        sent.iter().filter(|(_, message)| message.destination == destination).cloned().collect()
    }

    /// The last code that was sent somewhere.
    async fn code(&self, destination: &str, member: &str, count: usize) -> String {
        for _ in 0..400 {
            let messages = self.messages(destination);
            if messages.len() >= count {
                let details: Value = serde_json::from_str(&messages[count - 1].1.details_json).unwrap();
                if let Some(code) = details[member].as_str() {
                    assert!(messages[count - 1].1.text.contains(code));
                    return code.to_owned();
                }
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("nothing came to {destination}: {:?}", self.messages(destination));
    }

    /// A person with activated channels, all in the first stage.
    async fn person(&self, alias: &str, addresses: &[&str]) -> String {
        let new = json!({"Alias": alias, "Type": "PERSONAL", "Plan": {"Stages": []}});
        let arn = self.call("CreateContact", new).await["ContactArn"].as_str().unwrap().to_owned();
        let mut targets = Vec::new();
        for address in addresses {
            let new = json!({"ContactId": arn, "Name": "mail", "Type": "EMAIL",
                "DeliveryAddress": {"SimpleAddress": address}});
            let channel = self.call("CreateContactChannel", new).await["ContactChannelArn"].clone();
            let destination =
                if address.contains('@') { format!("mail:{address}") } else { (*address).to_owned() };
            let code = self.code(&destination, "activationCode", 1).await;
            let input = json!({"ContactChannelId": channel, "ActivationCode": code});
            self.call("ActivateContactChannel", input).await;
            targets.push(
                json!({"ChannelTargetInfo": {"ContactChannelId": channel, "RetryIntervalInMinutes": 0}}),
            );
        }
        if targets.is_empty() {
            return arn;
        }
        let plan = json!({"Stages": [{"DurationInMinutes": 0, "Targets": targets}]});
        self.call("UpdateContact", json!({"ContactId": arn, "Plan": plan})).await;
        arn
    }

    async fn engage(&self, contact: &str, incident: Option<&str>) -> String {
        let mut input =
            json!({"ContactId": contact, "Sender": "ops", "Subject": "Down", "Content": "The shop is down."});
        if let Some(incident) = incident {
            input["IncidentId"] = json!(incident);
        }
        self.call("StartEngagement", input).await["EngagementArn"].as_str().unwrap().to_owned()
    }

    async fn page(&self, engagement: &str, count: usize) -> Vec<Value> {
        let listed = self
            .until("ListPagesByEngagement", json!({"EngagementId": engagement}), |listed| {
                listed["Pages"].as_array().unwrap().len() >= count
            })
            .await;
        listed["Pages"].as_array().unwrap().clone()
    }
}

/// The type and info of each receipt of a page.
fn receipts(of: &Value) -> Vec<(String, String)> {
    let each = of["Receipts"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    each.map(|receipt| (text(&receipt["ReceiptType"]), text(&receipt["ReceiptInfo"]))).collect()
}

#[tokio::test]
async fn a_person_is_paged_acknowledges_and_rebuilt_views_answer_the_same_and_page_nobody() {
    let world = World::start().await;
    let running = world.contacts("a").await;
    let ann = world.person("ann", &["ann@example.org", "webhook:slow"]).await;
    let engagement =
        world.engage(&ann, Some("arn:aws:ssm-incidents::123456789012:incident-record/p/1")).await;
    let code = world.code("mail:ann@example.org", "acceptCode", 2).await;
    let (actor, message) = world.messages("mail:ann@example.org")[1].clone();
    assert_eq!(
        (actor.as_str(), message.subject.as_str()),
        ("ann", "Down"),
        "on behalf of who made the channel"
    );
    let pages = world.page(&engagement, 2).await;
    let mut page = Value::Null;
    for one in &pages {
        let of = json!({"PageId": one["PageArn"]});
        if message.text.contains(one["PageArn"].as_str().unwrap()) {
            let sent = world.until("ListPageReceipts", of, |it| !receipts(it).is_empty()).await;
            assert_eq!(receipts(&sent), [("SENT".to_owned(), "250 queued".to_owned())]);
            page = one["PageArn"].clone();
        }
    }
    let accept = |code: &str, validation: &str, kind: &str| {
        json!({"PageId": page, "AcceptType": kind, "AcceptCode": code, "AcceptCodeValidation": validation,
            "Note": "on it"})
    };
    let wrong = format!("{}{}", if code.starts_with('1') { 2 } else { 1 }, &code[1..]);
    let refused = world.refused("AcceptPage", accept(&wrong, "ENFORCE", "READ")).await;
    assert!(refused.starts_with("ValidationException: AcceptCode"), "{refused}");
    world.call("AcceptPage", accept("000000", "IGNORE", "DELIVERED")).await;
    world.call("AcceptPage", accept(&code, "ENFORCE", "READ")).await;
    world.call("AcceptPage", accept(&code, "ENFORCE", "READ")).await;
    let told = receipts(&world.call("ListPageReceipts", json!({"PageId": page})).await);
    let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["SENT", "DELIVERED", "READ"], "once each");
    let described = world.call("DescribeEngagement", json!({"EngagementId": engagement})).await;
    assert!(described["StopTime"].is_number(), "{described}");
    // The other page was on its way: it is called back.
    for _ in 0..400 {
        if !world.asked.cancelled.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let cancelled = world.asked.cancelled.lock().unwrap().clone();
    let other =
        pages.iter().map(|one| one["PageArn"].as_str().unwrap()).find(|arn| json!(arn) != page).unwrap();
    assert_eq!(cancelled.len(), 1);
    assert!(other.ends_with(&cancelled[0].notification_id), "{other} {cancelled:?}");

    let questions = [
        ("DescribeEngagement", json!({"EngagementId": engagement})),
        ("ListEngagements", json!({})),
        ("ListPagesByEngagement", json!({"EngagementId": engagement})),
        ("ListPagesByContact", json!({"ContactId": ann})),
        ("ListPageReceipts", json!({"PageId": page})),
        ("ListPageReceipts", json!({"PageId": other})),
        ("ListPageResolutions", json!({"PageId": page})),
        ("ListContacts", json!({})),
        ("ListContactChannels", json!({"ContactId": ann})),
        ("GetContact", json!({"ContactId": ann})),
        ("GetEngagementProgress", json!({"engagementId": engagement})),
    ];
    let mut live = Vec::new();
    for (operation, input) in &questions {
        live.push(world.call(operation, input.clone()).await);
    }
    let count = world.asked.sent.lock().unwrap().len();
    running.stop().await;
    let rebuilt = world.contacts("b").await;
    for ((operation, input), live) in questions.iter().zip(&live) {
        assert_eq!(&world.call(operation, input.clone()).await, live, "{operation}");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.asked.sent.lock().unwrap().len(), count, "a rebuilt view pages nobody");
    rebuilt.stop().await;
}

#[tokio::test]
async fn a_channel_that_fails_is_tried_again_once_and_then_nobody_was_reached() {
    let world = World::start().await;
    let (first, second) = (world.contacts("a").await, world.contacts("b").await);
    // Its code comes to nobody, but its message is seen here.
    let bob = world.person("bob", &["webhook:bad"]).await;
    let engagement = world.engage(&bob, None).await;
    let asked = json!({"engagementId": engagement});
    let ended = world
        .until("GetEngagementProgress", asked, |it| it["lines"][0]["ended"] == json!("reached nobody"))
        .await;
    assert_eq!(ended["pages"].as_array().unwrap().len(), 2, "{ended}");
    for page in world.page(&engagement, 2).await {
        let of = world.call("ListPageReceipts", json!({"PageId": page["PageArn"]})).await;
        assert_eq!(receipts(&of), [("ERROR".to_owned(), "connection refused".to_owned())]);
    }
    assert_eq!(world.messages("webhook:bad").len(), 3, "a code, and two pages: two replicas ask once");
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn who_is_on_call_in_a_schedule_of_a_plan_is_paged_by_the_path_that_is_told() {
    let world = World::start().await;
    let running = world.contacts("a").await;
    let ann = world.person("ann", &["ann@example.org"]).await;
    let bob = world.person("bob", &["bob@example.org"]).await;
    let recurrence = json!({"NumberOfOnCalls": 1, "RecurrenceMultiplier": 1,
        "DailySettings": [{"HourOfDay": 9, "MinuteOfHour": 0}]});
    let rotation = json!({"Name": "days", "ContactIds": [ann, bob], "TimeZoneId": "Europe/Paris",
        "StartTime": 1_700_000_000, "Recurrence": recurrence, "Tags": [{"Key": "team", "Value": "shop"}]});
    let rotation = world.call("CreateRotation", rotation).await["RotationArn"].clone();
    let new = |alias: &str, kind: &str, plan: Value| json!({"Alias": alias, "Type": kind, "Plan": plan});
    let plan = json!({"Stages": [{"DurationInMinutes": 1, "Targets": []}]});
    let refused = world.refused("CreateContact", new("wrong", "ONCALL_SCHEDULE", plan)).await;
    let said = "Invalid value provided - ONCALL SCHEDULE contact cannot have stages in plan";
    assert_eq!(refused, format!("ValidationException: {said}"), "case 42");
    let schedule = new("night", "ONCALL_SCHEDULE", json!({"RotationIds": [rotation]}));
    let schedule = world.call("CreateContact", schedule).await["ContactArn"].clone();
    let target = json!({"ContactTargetInfo": {"ContactId": schedule, "IsEssential": true}});
    let stages = json!({"Stages": [{"DurationInMinutes": 5, "Targets": [target]}]});
    let plan = world.call("CreateContact", new("shop", "ESCALATION", stages)).await["ContactArn"].clone();

    let now = world.call("ListOnCall", json!({})).await;
    let who = now["onCall"][0]["contacts"][0].as_str().unwrap().to_owned();
    assert_eq!(
        (&now["onCall"][0]["reason"], &now["onCall"][0]["schedule"]),
        (&json!("turn"), &json!("night"))
    );
    let engagement = world.engage(plan.as_str().unwrap(), None).await;
    let pages = world.page(&engagement, 1).await;
    assert_eq!(pages.len(), 1);
    let contact = pages[0]["ContactArn"].as_str().unwrap();
    assert!(contact.ends_with(&format!("contact/{who}")), "{pages:?} {now}");
    let path = world.call("ListPageResolutions", json!({"PageId": pages[0]["PageArn"]})).await;
    let path: Vec<_> = path["PageResolutions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["Type"].as_str().unwrap().to_owned(), step["StageIndex"].as_i64()))
        .collect();
    let step = |kind: &str, stage| (kind.to_owned(), stage);
    assert_eq!(path, [step("ESCALATION", Some(0)), step("ONCALL_SCHEDULE", None), step("PERSONAL", None)]);

    // A member cannot be deleted; the rotation can, and goes from the schedule.
    let refused = world.refused("DeleteContact", json!({"ContactId": ann})).await;
    assert!(refused.starts_with("ConflictException") && refused.contains("rotation/"), "{refused}");
    let shifts = json!({"RotationId": rotation, "StartTime": 1_700_000_000, "EndTime": 1_700_200_000});
    assert_eq!(world.call("ListRotationShifts", shifts).await["RotationShifts"].as_array().unwrap().len(), 3);
    world.call("DeleteRotation", json!({"RotationId": rotation})).await;
    let of = json!({"ContactId": schedule});
    world.until("GetContact", of, |it| it["Plan"]["RotationIds"] == json!([])).await;
    let engagement = world.engage(schedule.as_str().unwrap(), None).await;
    let asked = json!({"engagementId": engagement});
    let ended = world
        .until("GetEngagementProgress", asked, |it| it["lines"][0]["ended"] == json!("reached nobody"))
        .await;
    assert_eq!(ended["lines"][0]["stages"][0]["skipped"], json!(["night: the schedule has no rotation"]));
    running.stop().await;
}

#[tokio::test]
async fn another_service_asks_and_is_told_when_that_is_not_permitted() {
    let world = World::start().await;
    let running = world.contacts("a").await;
    let ann = world.person("ann", &["webhook:slow"]).await;
    let asked = |sender: &str, subject: &str| EngagementRequested {
        origin_kind: "incident".into(),
        origin_id: "i".into(),
        contact: ann.clone(),
        sender: sender.into(),
        subject: subject.into(),
        content: "c".into(),
        incident_id: "i".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
    };
    let folder = |name: &str| world.nats.folder().join(name);
    let first = run(asking(asked("ops", "stopped"), "one"), world.bus.clone(), &folder("one")).await.unwrap();
    let listed = world
        .until("ListEngagements", json!({"IncidentId": "i"}), |it| {
            it["Engagements"][0]["StopTime"].is_number()
        })
        .await;
    assert_eq!(listed["Engagements"].as_array().unwrap().len(), 1);
    let second = run(asking(asked("mallory", "s"), "two"), world.bus.clone(), &folder("two")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let listed = world.call("ListEngagements", json!({"IncidentId": "i"})).await;
    assert_eq!(listed["Engagements"].as_array().unwrap().len(), 1, "that one was refused");
    for running in [first, second, running] {
        running.stop().await;
    }
}

#[tokio::test]
async fn wrong_input_is_told_by_the_name_of_its_member() {
    let world = World::start().await;
    let running = world.contacts("a").await;
    let ann = world.person("ann", &[]).await;
    let channel = |kind: &str, address: &str| json!({"ContactId": ann, "Name": "n", "Type": kind, "DeliveryAddress": {"SimpleAddress": address}});
    for (operation, input, says) in [
        ("CreateContactChannel", channel("EMAIL", "https://hooks.example/1"), "put-webhook NAME URL"),
        ("CreateContactChannel", channel("EMAIL", "ann"), "a mail address or webhook:NAME"),
        ("CreateContactChannel", channel("SMS", "12"), "DeliveryAddress.SimpleAddress"),
        ("GetContact", json!({"ContactId": "arn:aws:ssm-contacts:us-east-1:1:page/a/b"}), "ContactId is"),
        ("GetContact", json!({"ContactId": ann.replace("ann", "none")}), "There is no contact \"none\""),
        ("ListContacts", json!({"NextToken": "!"}), "NextToken"),
        ("ListContacts", json!({"MaxResults": 1_025}), "MaxResults"),
        ("PutContactPolicy", json!({"ContactArn": ann, "Policy": "x"}), "Policy"),
        (
            "CreateRotation",
            json!({"Name": "r", "ContactIds": [ann], "TimeZoneId": "PST", "Recurrence": {}}),
            "TimeZoneId is \"PST\"",
        ),
        (
            "CreateRotation",
            json!({"Name": "r", "ContactIds": [ann], "TimeZoneId": "UTC",
                "Recurrence": {"NumberOfOnCalls": 1, "RecurrenceMultiplier": 1}}),
            "exactly one of DailySettings",
        ),
        (
            "UpdateContact",
            json!({"ContactId": ann, "Plan": {"Stages": [{"DurationInMinutes": 0, "Targets": []}]}}),
            "Plan.Stages[0]",
        ),
    ] {
        let refused = world.refused(operation, input.clone()).await;
        assert!(refused.contains(says), "{operation} {input}: {refused}");
    }
    let mallory = Caller { actor: "mallory", ..Caller::default() };
    let input = channel("EMAIL", "webhook:pager");
    let denied =
        mallory.call(&world.bus, "reeve.api.contacts.CreateContactChannel", &input).await.unwrap_err();
    let denied = denied.to_string();
    assert!(denied.starts_with("AccessDeniedException") && denied.contains("notifications:Send"), "{denied}");
    // SMS is taken, and its code does not leave; another code counts only when it is the last.
    let sms =
        world.call("CreateContactChannel", channel("SMS", "+15550100")).await["ContactChannelArn"].clone();
    let activate = json!({"ContactChannelId": sms, "ActivationCode": "123456"});
    let refused = world.refused("ActivateContactChannel", activate).await;
    assert!(refused.contains("ActivationCode is \"123456\""), "{refused}");
    running.stop().await;
}
