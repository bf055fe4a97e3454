//! The incidents service on a real NATS.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reeve_jetstream::Bus;
use reeve_runtime::run;
use reeve_testkit::{Caller, Nats, NotMallory};
use serde_json::{Value, json};
use std::sync::Arc;

async fn call(bus: &Bus, operation: &str, input: Value) -> Result<Value, String> {
    let caller = Caller { actor: "ann", ..Caller::default() };
    let answer = caller.call(bus, &format!("reeve.api.incidents.{operation}"), &input).await;
    answer.map_err(|refusal| refusal.to_string())
}

async fn answers(bus: &Bus, arn: &str) -> Vec<Value> {
    let of = json!({"incidentRecordArn": arn});
    let mut answers = Vec::new();
    for (operation, input) in [
        ("GetIncidentRecord", json!({"arn": arn})),
        ("ListIncidentRecords", json!({})),
        ("ListTimelineEvents", of.clone()),
        ("ListRelatedItems", of),
        ("ListResponsePlans", json!({})),
        ("ListReplicationSets", json!({})),
        ("ListTagsForResource", json!({"resourceArn": arn})),
    ] {
        answers.push(call(bus, operation, input).await.unwrap());
    }
    let set = answers[5]["replicationSetArns"][0].clone();
    answers.push(call(bus, "ListTagsForResource", json!({"resourceArn": set})).await.unwrap());
    answers
}

#[tokio::test]
async fn rebuilt_views_answer_as_the_live_ones_and_two_replicas_start_one_incident() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let folder = |name: &str| nats.folder().join(name);
    let first = run(reeve_incidents::service(Arc::new(NotMallory)), bus.clone(), &folder("a")).await.unwrap();
    let second =
        run(reeve_incidents::service(Arc::new(NotMallory)), bus.clone(), &folder("b")).await.unwrap();
    let template = json!({"title": "t", "impact": 2, "dedupeString": "same"});
    let plan = json!({"name": "p", "incidentTemplate": template});
    let plan = call(&bus, "CreateResponsePlan", plan).await.unwrap()["arn"].clone();
    let starts = (0..8).map(|n| {
        let details = json!({"source": format!("s{n}"), "timestamp": 1});
        let input = json!({"responsePlanArn": plan, "triggerDetails": details});
        let bus = bus.clone();
        async move {
            // The other replica may not know the plan yet.
            loop {
                match call(&bus, "StartIncident", input.clone()).await {
                    Ok(started) => break started["incidentRecordArn"].as_str().unwrap().to_owned(),
                    Err(error) => assert!(error.contains("There is no response plan"), "{error}"),
                }
            }
        }
    });
    let arns = futures::future::join_all(starts).await;
    assert!(arns.iter().all(|arn| *arn == arns[0]), "{arns:?}");
    let note = json!({"incidentRecordArn": arns[0], "eventType": "Note", "eventTime": 5.5, "eventData": "d"});
    call(&bus, "CreateTimelineEvent", note).await.unwrap();
    let item =
        json!({"identifier": {"type": "TASK", "value": {"arn": "arn:aws:ssm:x:123456789012:document/d"}}});
    let related = json!({"incidentRecordArn": arns[0], "relatedItemsUpdate": {"itemToAdd": item}});
    call(&bus, "UpdateRelatedItems", related).await.unwrap();
    let set = json!({"regions": {"us-east-1": {}}, "tags": {"team": "ops", "stage": "test"}});
    let set = call(&bus, "CreateReplicationSet", set).await.unwrap()["arn"].clone();
    let more = json!({"resourceArn": set, "tags": {"stage": "prod"}});
    call(&bus, "TagResource", more).await.unwrap();
    call(&bus, "UntagResource", json!({"resourceArn": set, "tagKeys": ["team", "none"]})).await.unwrap();
    second.stop().await;
    let live = answers(&bus, &arns[0]).await;
    assert_eq!(live[2]["eventSummaries"].as_array().unwrap().len(), 8 + 1 + 1);
    assert_eq!(live[7], json!({"tags": {"stage": "prod"}}));
    first.stop().await;

    let rebuilt =
        run(reeve_incidents::service(Arc::new(NotMallory)), bus.clone(), &folder("c")).await.unwrap();
    assert_eq!(answers(&bus, &arns[0]).await, live);
    rebuilt.stop().await;
}

#[tokio::test]
async fn pages_join_in_either_order_and_a_clients_token_makes_one_of_two_calls() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running =
        run(reeve_incidents::service(Arc::new(NotMallory)), bus.clone(), nats.folder()).await.unwrap();
    let plan = json!({"name": "p", "incidentTemplate": {"title": "t", "impact": 2}});
    let plan = call(&bus, "CreateResponsePlan", plan).await.unwrap()["arn"].clone();
    let start = json!({"responsePlanArn": plan, "clientToken": "one"});
    let first = call(&bus, "StartIncident", start.clone()).await.unwrap();
    assert_eq!(call(&bus, "StartIncident", start).await.unwrap(), first);
    let other = call(&bus, "StartIncident", json!({"responsePlanArn": plan})).await.unwrap();
    assert_ne!(other, first, "without a deduplication string each is its own");

    let arn = &first["incidentRecordArn"];
    for n in 0..7 {
        let time = if n % 2 == 0 { 100 } else { 200 + n };
        let note =
            json!({"incidentRecordArn": arn, "eventType": "Note", "eventTime": time, "eventData": "d"});
        call(&bus, "CreateTimelineEvent", note).await.unwrap();
    }
    for order in ["ASCENDING", "DESCENDING"] {
        let mut input = json!({"incidentRecordArn": arn, "sortOrder": order, "maxResults": 3});
        let (mut times, mut ids) = (Vec::new(), std::collections::BTreeSet::new());
        loop {
            let page = call(&bus, "ListTimelineEvents", input.clone()).await.unwrap();
            for event in page["eventSummaries"].as_array().unwrap() {
                times.push(event["eventTime"].as_f64().unwrap());
                assert!(ids.insert(event["eventId"].as_str().unwrap().to_owned()), "{event} comes twice");
            }
            match page.get("nextToken") {
                Some(token) => input["nextToken"] = token.clone(),
                None => break,
            }
        }
        // The seven, and that it was started.
        assert_eq!(ids.len(), 8);
        if order == "DESCENDING" {
            times.reverse();
        }
        assert!(times.is_sorted(), "{order}: {times:?}");
    }
    let automatic = call(&bus, "ListTimelineEvents", json!({"incidentRecordArn": arn, "maxResults": 1}));
    let automatic = automatic.await.unwrap()["eventSummaries"][0]["eventId"].clone();
    for operation in ["UpdateTimelineEvent", "DeleteTimelineEvent"] {
        let input = json!({"incidentRecordArn": arn, "eventId": automatic});
        let refused = call(&bus, operation, input).await.unwrap_err();
        assert!(refused.starts_with("ValidationException") && refused.contains("nobody"), "{refused}");
    }
    call(&bus, "DeleteIncidentRecord", json!({"arn": arn})).await.unwrap();
    call(&bus, "DeleteIncidentRecord", json!({"arn": arn})).await.unwrap();
    let gone = call(&bus, "ListTimelineEvents", json!({"incidentRecordArn": arn})).await.unwrap_err();
    assert!(gone.starts_with("ResourceNotFoundException"), "{gone}");
    running.stop().await;
}
