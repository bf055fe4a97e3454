//! Contacts, on-call schedules and engagements, by the unmodified `aws` CLI: every operation that there is, and `reeve oncall`.

use crate::notifications::Outside;
use reeve_contracts::models::MODELS;
use reeve_e2e::{Answer, Instance, wait_for};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeSet};

/// Takes every webhook, and prints what it says.
const RECEIVER: &str = r#"
import http.server, json

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        print(json.dumps(json.loads(body)["data"]), flush=True)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(json.dumps(server.server_port), flush=True)
server.serve_forever()
"#;

/// The `aws` CLI, and what was asked with it.
struct Contacts {
    instance: Instance,
    pager: Outside,
    asked: RefCell<BTreeSet<String>>,
}

impl Contacts {
    fn start() -> Self {
        let instance = Instance::start(0);
        let pager = Outside::start(&instance, RECEIVER);
        let url = format!("http://127.0.0.1:{}/", pager.port);
        instance.reeve(&["notifications", "put-webhook", "pager", &url, "--allow-private-addresses"]).text();
        Self { instance, pager, asked: RefCell::default() }
    }

    fn answer(&self, arguments: &[&str]) -> Answer {
        self.asked.borrow_mut().insert(arguments[0].to_owned());
        self.instance.aws_of("ssm-contacts", arguments)
    }

    fn ask(&self, arguments: &[&str]) -> Value {
        let answer = self.answer(arguments);
        match answer.text().trim() {
            "" => Value::Null,
            _ => answer.json(),
        }
    }

    fn refused(&self, arguments: &[&str]) -> String {
        self.answer(arguments).complaint().to_owned()
    }

    /// The details of the nth message that came, with its text.
    fn message(&self, n: usize) -> Value {
        let all = wait_for(&format!("{n} messages came"), || {
            let all = self.pager.printed();
            (all.len() >= n).then_some(all)
        });
        all[n - 1].clone()
    }

    fn oncall(&self, arguments: &[&str]) -> Answer {
        self.instance.reeve(&[&["oncall"], arguments].concat())
    }

    fn create(&self, alias: &str, kind: &str, plan: &Value) -> String {
        let plan = plan.to_string();
        let made = self.ask(&["create-contact", "--alias", alias, "--type", kind, "--plan", &plan]);
        text(&made["ContactArn"])
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// A person with a webhook as her channel, activated by the code that came there.
fn a_person_has_a_channel(contacts: &Contacts) -> (String, String) {
    let ann = contacts.create("ann", "PERSONAL", &json!({"Stages": []}));
    assert!(ann.starts_with("arn:aws:ssm-contacts:") && ann.ends_with(":contact/ann"), "{ann}");
    let create = |address: &str, name: &str| {
        let address = format!("SimpleAddress={address}");
        let channel = ["create-contact-channel", "--contact-id", &ann, "--type", "EMAIL", "--name", name];
        contacts.answer(&[&channel[..], &["--delivery-address", &address]].concat())
    };
    let refused = create("https://hooks.example/1", "hook").complaint().to_owned();
    assert!(refused.contains("reeve notifications put-webhook NAME URL"), "{refused}");
    let channel = text(&create("webhook:pager", "pager").json()["ContactChannelArn"]);
    let status = || {
        contacts.ask(&["get-contact-channel", "--contact-channel-id", &channel])["ActivationStatus"].clone()
    };
    assert_eq!(status(), "NOT_ACTIVATED");
    let first = text(&contacts.message(1)["details"]["activationCode"]);
    contacts.ask(&["send-activation-code", "--contact-channel-id", &channel]);
    let second = text(&contacts.message(2)["details"]["activationCode"]);
    let activate = |code: &str| {
        contacts.answer(&[
            "activate-contact-channel",
            "--contact-channel-id",
            &channel,
            "--activation-code",
            code,
        ])
    };
    let refused = activate(&first).complaint().to_owned();
    assert!(refused.contains("ValidationException") && refused.contains("ActivationCode"), "{refused}");
    activate(&second).text();
    assert_eq!(status(), "ACTIVATED");
    let listed = contacts.ask(&["list-contact-channels", "--contact-id", &ann]);
    assert_eq!(listed["ContactChannels"][0]["DeliveryAddress"]["SimpleAddress"], "webhook:pager");
    let target = json!({"ChannelTargetInfo": {"ContactChannelId": channel, "RetryIntervalInMinutes": 1}});
    let plan = json!({"Stages": [{"DurationInMinutes": 5, "Targets": [target]}]});
    contacts.ask(&[
        "update-contact",
        "--contact-id",
        &ann,
        "--plan",
        &plan.to_string(),
        "--display-name",
        "Ann",
    ]);
    let got = contacts.ask(&["get-contact", "--contact-id", &ann]);
    assert_eq!((&got["Plan"], &got["DisplayName"], &got["Type"]), (&plan, &json!("Ann"), &json!("PERSONAL")));
    (ann, channel)
}

fn she_is_paged_and_acknowledges(contacts: &Contacts, ann: &str) {
    let start = ["start-engagement", "--contact-id", ann, "--sender", "ops", "--subject", "The shop is down"];
    let started = contacts.ask(&[&start[..], &["--content", "Nobody can buy."]].concat());
    let engagement = text(&started["EngagementArn"]);
    let message = contacts.message(3);
    assert_eq!(message["subject"], "The shop is down");
    let (page, code) = (text(&message["details"]["pageArn"]), text(&message["details"]["acceptCode"]));
    assert!(text(&message["text"]).contains(&code));
    let receipts = || {
        let listed = contacts.ask(&["list-page-receipts", "--page-id", &page]);
        let each = listed["Receipts"].as_array().unwrap().iter();
        each.map(|receipt| text(&receipt["ReceiptType"])).collect::<Vec<_>>()
    };
    wait_for("the page is sent", || (receipts() == ["SENT"]).then_some(()));
    let described = contacts.ask(&["describe-page", "--page-id", &page]);
    assert_eq!((&described["Content"], &described["ReadTime"]), (&json!("Nobody can buy."), &Value::Null));
    let path = contacts.ask(&["list-page-resolutions", "--page-id", &page]);
    assert_eq!(path["PageResolutions"][0]["Type"], "PERSONAL");
    for by in [
        ["list-pages-by-contact", "--contact-id", ann],
        ["list-pages-by-engagement", "--engagement-id", &engagement],
    ] {
        assert_eq!(contacts.ask(&by)["Pages"][0]["PageArn"], page);
    }
    let accept = |code: &str| {
        contacts.answer(&["accept-page", "--page-id", &page, "--accept-type", "READ", "--accept-code", code])
    };
    let wrong = if code == "00000000" { "00000001" } else { "00000000" };
    assert!(accept(wrong).complaint().contains("AcceptCode"));
    accept(&code).text();
    accept(&code).text();
    assert_eq!(receipts(), ["SENT", "READ"]);
    let described = contacts.ask(&["describe-engagement", "--engagement-id", &engagement]);
    assert!(described["StopTime"].is_number(), "{described}");

    // The same by reeve.
    let engagement =
        contacts.oncall(&["page", "ann", "--subject", "Again", "--content", "c"]).text().trim().to_owned();
    let message = contacts.message(4);
    let (page, code) = (text(&message["details"]["pageArn"]), text(&message["details"]["acceptCode"]));
    contacts.oncall(&["accept", &page, "--code", &code, "--note", "on it"]).text();
    let id = engagement.rsplit('/').next().unwrap();
    let shown = wait_for("it was sent and read", || {
        let shown = contacts.oncall(&["show", &id[..13]]).text().to_owned();
        (shown.contains("SENT") && shown.contains("READ on it")).then_some(shown)
    });
    assert!(
        shown.contains("ann: Again") && shown.contains("acknowledged") && shown.contains("stage 0"),
        "{shown}"
    );
    let listed = contacts.oncall(&["engagements"]).text().to_owned();
    assert!(listed.lines().nth(1).unwrap().starts_with(id), "the newest first: {listed}");

    let started = contacts.ask(&[&start[..], &["--content", "c"]].concat());
    let engagement = text(&started["EngagementArn"]);
    contacts.message(5);
    contacts.ask(&["stop-engagement", "--engagement-id", &engagement, "--reason", "a drill"]);
    let listed = contacts.ask(&["list-engagements"]);
    assert_eq!(listed["Engagements"][0]["EngagementArn"], engagement);
    assert!(listed["Engagements"][0]["StopTime"].is_number());
}

fn timeline(instance: &Instance, incident: &str) -> Vec<Value> {
    let list = ["list-timeline-events", "--incident-record-arn", incident];
    let listed = instance.aws_of("ssm-incidents", &list).json();
    let events = listed["eventSummaries"].as_array().unwrap().iter();
    let data = events.filter(|event| text(&event["eventType"]).contains("Contacts")).map(|event| {
        let id = text(&event["eventId"]);
        let get = ["get-timeline-event", "--incident-record-arn", incident, "--event-id", &id];
        let got = instance.aws_of("ssm-incidents", &get).json();
        serde_json::from_str(&text(&got["event"]["eventData"])).unwrap()
    });
    data.collect()
}

fn an_incident_engages_her(contacts: &Contacts, ann: &str) {
    let instance = &contacts.instance;
    let template = json!({"title": "Orders fail", "impact": 1}).to_string();
    let plan =
        ["create-response-plan", "--name", "orders", "--incident-template", &template, "--engagements", ann];
    let plan = text(&instance.aws_of("ssm-incidents", &plan).json()["arn"]);
    let start = || {
        let started = instance.aws_of("ssm-incidents", &["start-incident", "--response-plan-arn", &plan]);
        text(&started.json()["incidentRecordArn"])
    };
    let incident = start();
    let message = contacts.message(6);
    assert_eq!(
        (&message["subject"], &message["details"]["incidentId"]),
        (&json!("Orders fail"), &json!(incident))
    );
    let (page, code) = (text(&message["details"]["pageArn"]), text(&message["details"]["acceptCode"]));
    contacts.ask(&["accept-page", "--page-id", &page, "--accept-type", "READ", "--accept-code", &code]);
    wait_for("the timeline says who acknowledged", || {
        let told = timeline(instance, &incident);
        let says = |what: &str| told.iter().any(|data| data["action"] == what && data["contact"] == "ann");
        (says("Started") && says("Acknowledged")).then_some(())
    });
    // Another one is resolved before she answers: its engagement ends.
    let other = start();
    contacts.message(7);
    instance
        .aws_of("ssm-incidents", &["update-incident-record", "--arn", &other, "--status", "RESOLVED"])
        .text();
    wait_for("its engagement is over", || {
        let listed = contacts.ask(&["list-engagements", "--incident-id", &other]);
        listed["Engagements"][0]["StopTime"].is_number().then_some(())
    });
    let told = wait_for("the timeline says that it was stopped", || {
        timeline(instance, &other).into_iter().find(|data| data["action"] == "Stopped")
    });
    assert_eq!(told["details"], "the incident is over");
}

/// What a preview says, as `members start`, in seconds.
fn preview(
    contacts: &Contacts,
    zone: &str,
    start: &str,
    end: &str,
    recurrence: &Value,
    more: &[&str],
) -> Vec<(String, i64)> {
    let recurrence = recurrence.to_string();
    let preview = ["list-preview-rotation-shifts", "--time-zone-id", zone, "--rotation-start-time", start];
    let rest = ["--end-time", end, "--recurrence", &recurrence, "--members", "A", "B"];
    let shifts = contacts.ask(&[&preview[..], &rest, more].concat());
    let each = shifts["RotationShifts"].as_array().unwrap().iter();
    let told = each.map(|shift| {
        let who: Vec<String> = shift["ContactIds"].as_array().unwrap().iter().map(text).collect();
        (who.concat(), shift["StartTime"].as_f64().unwrap() as i64)
    });
    told.collect()
}

fn rotations_turn(contacts: &Contacts, ann: &str) {
    let seconds = |at: &str| reeve_types::Timestamp::parse_rfc3339(at).unwrap().0 / 1_000;
    let monday = json!([{"DayOfWeek": "MON", "HandOffTime": {"HourOfDay": 9, "MinuteOfHour": 0}}]);
    let weekly = json!({"NumberOfOnCalls": 1, "RecurrenceMultiplier": 1, "WeeklySettings": monday});
    let case_30 =
        preview(contacts, "America/Chicago", "2024-10-28T14:00:00Z", "2024-11-12T00:00:00Z", &weekly, &[]);
    let expected =
        [("A", "2024-10-28T14:00:00Z"), ("B", "2024-11-04T15:00:00Z"), ("A", "2024-11-11T15:00:00Z")];
    assert_eq!(case_30, expected.map(|(who, at)| (who.to_owned(), seconds(at))));
    let over = json!([{"NewMembers": ["B"], "StartTime": "2025-03-08T17:00:00Z", "EndTime": "2025-03-09T17:00:00Z"}]);
    let over = over.to_string();
    let more = ["--overrides", over.as_str()];
    let case_37 =
        preview(contacts, "America/New_York", "2025-03-03T14:00:00Z", "2025-03-10T00:00:00Z", &weekly, &more);
    assert_eq!(case_37[2].1 - case_37[1].1, 24 * 3_600, "{case_37:?}");

    let daily = json!({"NumberOfOnCalls": 1, "RecurrenceMultiplier": 1,
        "DailySettings": [{"HourOfDay": 9, "MinuteOfHour": 0}]})
    .to_string();
    let create =
        ["create-rotation", "--name", "days", "--contact-ids", ann, "--time-zone-id", "Europe/Paris"];
    let rest = ["--recurrence", &daily, "--start-time", "2024-01-01T08:00:00Z"];
    let rotation = text(&contacts.ask(&[&create[..], &rest].concat())["RotationArn"]);
    let refused = contacts.refused(&[&create[..6], &["PST"], &rest].concat());
    assert!(refused.contains("TimeZoneId is \"PST\""), "{refused}");
    let night = contacts.create("night", "ONCALL_SCHEDULE", &json!({"RotationIds": [rotation]}));
    let now = contacts.oncall(&["now"]).text().to_owned();
    let row = now.lines().nth(1).unwrap();
    assert!(
        row.starts_with("night") && row.contains("ann") && row.contains("days") && row.contains("turn"),
        "{now}"
    );

    let at = |hours: i64| reeve_types::Timestamp::now().plus_seconds(hours * 3_600).rfc3339();
    let (from, to) = (at(-1), at(5));
    let over =
        ["create-rotation-override", "--rotation-id", &rotation, "--start-time", &from, "--end-time", &to];
    // An empty list is nobody.
    let over = text(&contacts.ask(&[&over[..], &["--new-contact-ids", "[]"]].concat())["RotationOverrideId"]);
    let now = contacts.oncall(&["now"]).text().to_owned();
    assert!(now.contains("override instead of ann"), "{now}");
    let of = ["--rotation-id", &rotation, "--rotation-override-id", &over];
    let got = contacts.ask(&[&["get-rotation-override"], &of[..]].concat());
    assert_eq!((&got["NewContactIds"], &got["RotationArn"]), (&json!([]), &json!(rotation)));
    let range = ["--rotation-id", &rotation, "--start-time", &from, "--end-time", &to];
    let listed = contacts.ask(&[&["list-rotation-overrides"], &range[..]].concat());
    assert_eq!(listed["RotationOverrides"][0]["RotationOverrideId"], over);
    let shifts = contacts.ask(&[&["list-rotation-shifts"], &range[..]].concat());
    let types: Vec<_> =
        shifts["RotationShifts"].as_array().unwrap().iter().map(|shift| text(&shift["Type"])).collect();
    assert!(types.contains(&"OVERRIDDEN".to_owned()) && types.contains(&"REGULAR".to_owned()), "{shifts}");
    contacts.ask(&[&["delete-rotation-override"], &of[..]].concat());
    assert!(contacts.oncall(&["now"]).text().contains("turn"));
    assert!(contacts.oncall(&["shifts", "days", "--days", "3"]).text().lines().count() > 3);

    contacts.ask(&[
        "update-rotation",
        "--rotation-id",
        &rotation,
        "--recurrence",
        &daily,
        "--time-zone-id",
        "UTC",
    ]);
    let got = contacts.ask(&["get-rotation", "--rotation-id", &rotation]);
    assert_eq!((&got["TimeZoneId"], &got["ContactIds"]), (&json!("UTC"), &json!([ann])));
    assert_eq!(contacts.ask(&["list-rotations"])["Rotations"][0]["Name"], "days");
    let refused = contacts.refused(&["delete-contact", "--contact-id", ann]);
    assert!(refused.contains("ConflictException") && refused.contains(&rotation), "{refused}");
    contacts.ask(&["delete-rotation", "--rotation-id", &rotation]);
    wait_for("it has gone from the schedule", || {
        let got = contacts.ask(&["get-contact", "--contact-id", &night]);
        (got["Plan"]["RotationIds"] == json!([])).then_some(())
    });
    let refused = contacts.refused(&["get-rotation", "--rotation-id", &rotation]);
    assert!(refused.contains("ResourceNotFoundException"), "{refused}");
}

fn what_is_left(contacts: &Contacts, ann: &str, channel: &str) {
    let stages = json!({"Stages": [{"DurationInMinutes": 1, "Targets": []}]}).to_string();
    let wrong = ["create-contact", "--alias", "wrong", "--type", "ONCALL_SCHEDULE", "--plan", &stages];
    let refused = contacts.refused(&wrong);
    let said = "Invalid value provided - ONCALL SCHEDULE contact cannot have stages in plan";
    assert!(refused.contains("ValidationException") && refused.contains(said), "case 42: {refused}");
    contacts.ask(&["tag-resource", "--resource-arn", ann, "--tags", "Key=team,Value=shop"]);
    let tags = || contacts.ask(&["list-tags-for-resource", "--resource-arn", ann])["Tags"].clone();
    assert_eq!(tags(), json!([{"Key": "team", "Value": "shop"}]));
    contacts.ask(&["untag-resource", "--resource-arn", ann, "--tag-keys", "team"]);
    assert_eq!(tags(), json!([]));
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    contacts.ask(&["put-contact-policy", "--contact-arn", ann, "--policy", policy]);
    assert_eq!(contacts.ask(&["get-contact-policy", "--contact-arn", ann])["Policy"], policy);
    let listed = contacts.ask(&["list-contacts", "--alias-prefix", "a", "--type", "PERSONAL"]);
    assert_eq!(listed["Contacts"].as_array().unwrap().len(), 1);
    contacts.ask(&["deactivate-contact-channel", "--contact-channel-id", channel]);
    // Nothing is active any more: the engagement reaches nobody, and says so.
    let engagement =
        contacts.oncall(&["page", "ann", "--subject", "s", "--content", "c"]).text().trim().to_owned();
    wait_for("nobody was reached", || {
        let shown = contacts.oncall(&["show", &engagement]).text().to_owned();
        (shown.contains("reached nobody") && shown.contains("is not activated")).then_some(())
    });
    contacts.ask(&["update-contact-channel", "--contact-channel-id", channel, "--name", "other"]);
    assert_eq!(contacts.ask(&["get-contact-channel", "--contact-channel-id", channel])["Name"], "other");
    contacts.ask(&["delete-contact-channel", "--contact-channel-id", channel]);
    contacts.ask(&["delete-contact", "--contact-id", ann]);
    let refused = contacts.refused(&["get-contact", "--contact-id", ann]);
    assert!(refused.contains("ResourceNotFoundException"), "{refused}");
}

/// The operations of the model, as the CLI names them.
fn operations() -> BTreeSet<String> {
    let (_, model) = MODELS.iter().find(|(name, _)| *name == "ssm-contacts").unwrap();
    let model: Value = serde_json::from_str(model).unwrap();
    let kebab = |name: &String| {
        let mut text = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() && !text.is_empty() {
                text.push('-');
            }
            text.push(letter.to_ascii_lowercase());
        }
        text
    };
    model["operations"].as_object().unwrap().keys().map(kebab).collect()
}

#[test]
fn every_operation_of_contacts_by_the_aws_cli() {
    let contacts = Contacts::start();
    let (ann, channel) = a_person_has_a_channel(&contacts);
    she_is_paged_and_acknowledges(&contacts, &ann);
    an_incident_engages_her(&contacts, &ann);
    rotations_turn(&contacts, &ann);
    what_is_left(&contacts, &ann, &channel);
    let operations = operations();
    assert_eq!(operations.len(), 39);
    assert_eq!(*contacts.asked.borrow(), operations);
}

#[test]
fn pages_survive_kills_each_by_one_id_and_none_follows_its_acknowledgement() {
    const COUNT: usize = 12;
    let mut contacts = Contacts::start();
    let (ann, _) = a_person_has_a_channel(&contacts);
    let call = |contacts: &Contacts, operation: &str, input: Value| {
        let (status, answer) = contacts.instance.raw().call_of("ssm-contacts", operation, &input, None);
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    };
    for n in 0..COUNT {
        let input =
            json!({"ContactId": ann, "Sender": "s", "Subject": format!("number {n}"), "Content": "c"});
        call(&contacts, "StartEngagement", input);
        if n % 3 == 2 {
            // Whatever follows from the last ones is at some step of its way.
            std::thread::sleep(std::time::Duration::from_millis(n as u64 * 4));
            contacts.instance.kill();
            contacts.instance.restart();
        }
    }
    let of = |contacts: &Contacts| {
        let all = contacts
            .pager
            .printed()
            .into_iter()
            .filter(|message| text(&message["subject"]).starts_with("number"));
        all.collect::<Vec<_>>()
    };
    let distinct = |messages: &[Value], member: fn(&Value) -> &Value| {
        messages.iter().map(|message| text(member(message))).collect::<BTreeSet<_>>().len()
    };
    wait_for("each was paged", || (distinct(&of(&contacts), |it| &it["subject"]) == COUNT).then_some(()));
    wait_for("the log has it too", || {
        let listed = call(&contacts, "ListPagesByContact", json!({"ContactId": ann}));
        let pages = listed["Pages"].as_array().unwrap().clone();
        assert!(pages.len() <= COUNT, "no engagement has two pages");
        (pages.len() == COUNT && pages.iter().all(|page| page["SentTime"].is_number())).then_some(())
    });
    let messages = of(&contacts);
    assert_eq!(distinct(&messages, |it| &it["id"]), COUNT, "what came twice has one id: {messages:?}");
    for message in &messages {
        let details = &message["details"];
        let input =
            json!({"PageId": details["pageArn"], "AcceptType": "READ", "AcceptCode": details["acceptCode"]});
        call(&contacts, "AcceptPage", input);
    }
    contacts.instance.kill();
    std::fs::remove_dir_all(contacts.instance.data().join("views").join("contacts")).unwrap();
    contacts.instance.restart();
    let listed = call(&contacts, "ListEngagements", json!({}));
    assert!(
        listed["Engagements"].as_array().unwrap().iter().all(|one| one["StopTime"].is_number()),
        "{listed}"
    );
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(of(&contacts).len(), messages.len(), "views that were built anew page nobody");
}
