//! State Manager on a real NATS, with the events of the other services written by hand.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use reeve_contracts::state_manager::AssociationEvent;
use reeve_testkit::Nats;
use serde_json::json;
use std::time::Duration;
use support::{Fleet, node};

fn all() -> serde_json::Value {
    json!([{"Key": "InstanceIds", "Values": ["*"]}])
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_fire_once_and_rebuilt_views_are_the_live_ones() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 3).await;
    let second = fleet.replica(&nats).await;
    let mut ids = Vec::new();
    for n in 0..20 {
        let input = json!({"Name": "Doc", "AssociationName": format!("name-{n}"), "Targets": all()});
        ids.push(fleet.create(input).await);
    }
    fleet.until("all have run", async || fleet.requests().await.len() >= 20).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let requests = fleet.requests().await;
    assert_eq!(requests.len(), 20, "each was asked for once");
    for id in &ids {
        let started = fleet.started(id).await;
        assert_eq!(started.len(), 1, "{started:?}");
        assert_eq!((started[0].firing, started[0].node_ids.len()), (1, 3));
    }
    fleet.rebuilt_equals_live(&nats).await;
    second.stop().await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_runs_once_when_it_returns_and_an_agent_that_restarts_does_not() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 2).await;
    fleet.lost(1).await;
    let id = fleet.create(json!({"Name": "Doc", "Targets": all()})).await;
    fleet.until("it has begun", async || fleet.started(&id).await.len() == 1).await;
    let first = fleet.started(&id).await[0].clone();
    assert_eq!((first.node_ids, first.away_node_ids), (vec![node(0)], vec![node(1)]));
    // It returns while the others still run: its turn comes when they have ended.
    fleet.connected(1).await;
    fleet.until("it waits", async || fleet.joined().await == 1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fleet.started(&id).await.len(), 1);
    fleet.finish(&first.execution_id, &id, &[node(0)]).await;
    fleet.until("it has run", async || fleet.started(&id).await.len() == 2).await;
    let second = fleet.started(&id).await[1].clone();
    assert_eq!((second.firing, second.cause.as_str()), (1, "TargetsJoined"));
    assert_eq!(second.node_ids, vec![node(1)]);
    fleet.finish(&second.execution_id, &id, &[node(1)]).await;
    // All of them connect anew, several times: nothing runs.
    for _ in 0..3 {
        for n in 0..2 {
            fleet.lost(n).await;
            fleet.connected(n).await;
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((fleet.started(&id).await.len(), fleet.joined().await), (2, 1));
    fleet.rebuilt_equals_live(&nats).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_join_while_it_runs_run_together_afterwards() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 11).await;
    let web = json!([{"Key": "tag:role", "Values": ["web"]}]);
    fleet.tag(0, "role", "web").await;
    let id = fleet.create(json!({"Name": "Doc", "Targets": web, "MaxConcurrency": "3"})).await;
    fleet.until("it has begun", async || fleet.started(&id).await.len() == 1).await;
    for n in 1..11 {
        fleet.tag(n, "role", "web").await;
    }
    fleet.until("ten wait", async || fleet.joined().await == 10).await;
    // One is no target any more when its turn comes.
    fleet.untag(10, "role").await;
    let first = fleet.started(&id).await[0].clone();
    fleet.finish(&first.execution_id, &id, &[node(0)]).await;
    fleet.until("they run", async || fleet.started(&id).await.len() == 2).await;
    let joined = fleet.started(&id).await[1].clone();
    assert_eq!(joined.node_ids.len() + joined.dropped_node_ids.len(), 10);
    assert_eq!(joined.dropped_node_ids, vec![node(10)]);
    fleet.until("it is asked for", async || fleet.requests().await.len() == 2).await;
    let asked = fleet.requests().await;
    assert_eq!((asked[1].max_concurrency.as_str(), asked[1].node_ids.len()), ("3", 9));
    assert!(asked[1].passes_over_deregistered, "who is gone by then keeps no other from it");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firing_that_fell_into_an_outage_is_made_up_for_once() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 1).await;
    // Made long ago, due every hour since, with nobody there.
    let id = fleet.write_old_association(8).await;
    fleet.until("it fires", async || fleet.started(&id).await.len() == 1).await;
    let first = fleet.started(&id).await[0].clone();
    fleet.finish(&first.execution_id, &id, &[node(0)]).await;
    fleet.restart(&nats).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(fleet.started(&id).await.len(), 1, "eight hours are one run, and a restart is none");
    let last = fleet.events(&id).await.into_iter().next_back();
    assert!(matches!(last, Some(AssociationEvent::ExecutionFinished(_))), "{last:?}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_while_a_calendar_is_closed_runs_once_when_all_are_open() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 2).await;
    let second = fleet.replica(&nats).await;
    for name in ["Freeze", "Night"] {
        fleet.calendar(name, "CLOSED").await;
    }
    let arn = "arn:aws:ssm:us-east-1:123456789012:document/Night";
    let id = fleet.create(json!({"Name": "Doc", "Targets": all(), "CalendarNames": ["Freeze", arn]})).await;
    let held = async || {
        let events = fleet.events(&id).await.into_iter();
        events.filter(|event| matches!(event, AssociationEvent::ExecutionHeld(_))).count()
    };
    fleet.until("it is held", async || held().await == 1).await;
    fleet.calendar("Freeze", "OPEN").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(fleet.started(&id).await.len(), 0, "the other one is closed");
    fleet.calendar("Night", "OPEN").await;
    fleet.until("it runs", async || fleet.started(&id).await.len() == 1).await;
    let first = fleet.started(&id).await[0].clone();
    assert_eq!((first.cause.as_str(), first.node_ids.len()), ("CalendarOpened", 2));
    fleet.finish(&first.execution_id, &id, &first.node_ids).await;
    // Another transition starts nothing that nothing holds.
    for state in ["CLOSED", "OPEN", "CLOSED"] {
        fleet.calendar("Night", state).await;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(fleet.started(&id).await.len(), 1);
    for _ in 0..2 {
        fleet.call("StartAssociationsOnce", json!({"AssociationIds": [id]})).await.unwrap();
    }
    fleet.until("it is held", async || held().await >= 2).await;
    // Nor does a restart without views forget it.
    fleet.restart(&nats).await;
    fleet.calendar("Night", "OPEN").await;
    fleet.until("it runs", async || fleet.started(&id).await.len() == 2).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!((fleet.started(&id).await.len(), fleet.requests().await.len()), (2, 2));
    fleet.rebuilt_equals_live(&nats).await;
    second.stop().await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_by_name_and_value() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 1).await;
    let with = |more: serde_json::Value| {
        let mut input = json!({"Name": "Doc", "Targets": all()});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let cases = [
        (json!({"Name": "Nothing"}), "InvalidDocument", "\"Nothing\""),
        (json!({"Name": "Auto"}), "InvalidDocument", "Automation"),
        (json!({"DocumentVersion": "7"}), "InvalidDocumentVersion", "\"7\""),
        (json!({"Parameters": {"colour": ["red"]}}), "InvalidParameters", "colour"),
        (json!({"Targets": []}), "InvalidTarget", "Targets"),
        (json!({"Targets": [{"Key": "tag:role", "Values": []}]}), "InvalidTarget", "tag:role"),
        (json!({"Targets": [{"Key": "colour", "Values": ["red"]}]}), "InvalidTarget", "colour"),
        (
            json!({"Targets": [{"Key": "resource-groups:Name", "Values": ["g"]}]}),
            "InvalidTarget",
            "resource-groups",
        ),
        (json!({"ScheduleExpression": "every day"}), "InvalidSchedule", "every day"),
        (json!({"ScheduleExpression": "cron(0 25 ? * * *)"}), "InvalidSchedule", "hours"),
        (json!({"ScheduleExpression": "cron(0/5 * ? * * *)"}), "InvalidSchedule", "30 minutes"),
        (json!({"ScheduleExpression": "rate(5 minutes)"}), "InvalidSchedule", "30 minutes"),
        (json!({"ScheduleExpression": "cron(0 2 ? * * 2001)"}), "InvalidSchedule", "does not fire"),
        (
            json!({"ScheduleExpression": "at(2001-01-01T00:00:00)", "ApplyOnlyAtCronInterval": true}),
            "InvalidSchedule",
            "does not fire",
        ),
        (
            json!({"ScheduleExpression": "rate(1 hour)", "ApplyOnlyAtCronInterval": true}),
            "InvalidSchedule",
            "ApplyOnlyAtCronInterval",
        ),
        (json!({"ApplyOnlyAtCronInterval": true}), "InvalidSchedule", "ApplyOnlyAtCronInterval"),
        (
            json!({"ScheduleExpression": "cron(0 2 ? * * *)", "ScheduleOffset": 2}),
            "InvalidSchedule",
            "ScheduleOffset",
        ),
        (json!({"Duration": 3}), "ValidationException", "Duration is 3: it goes with"),
        (
            json!({"Duration": 3, "ScheduleExpression": "rate(1 hour)"}),
            "ValidationException",
            "Duration is 3: it goes with",
        ),
        (json!({"CalendarNames": ["c"]}), "InvalidDocument", "CalendarNames"),
        (json!({"Tags": [{"Key": "aws:a", "Value": "b"}]}), "ValidationException", "Tags"),
        (json!({"InstanceId": node(0)}), "InvalidTarget", "InstanceId"),
        (
            json!({"InstanceId": node(0), "Targets": []}),
            "ValidationException",
            "schema 1.x, and this one has 2.2",
        ),
    ];
    for (more, code, words) in cases {
        let refused = fleet.call("CreateAssociation", with(more.clone())).await.unwrap_err();
        assert!(refused.starts_with(code) && refused.contains(words), "{more}: {refused}");
    }
    assert!(fleet.requests().await.is_empty());
    let unknown = json!({"AssociationId": "00000000-0000-0000-0000-000000000000"});
    for operation in ["DescribeAssociation", "DeleteAssociation", "DescribeAssociationExecutions"] {
        let refused = fleet.call(operation, unknown.clone()).await.unwrap_err();
        assert!(refused.starts_with("AssociationDoesNotExist"), "{operation}: {refused}");
    }
    // One of a batch is made, and the other one is told with its reason.
    let entries = json!({"Entries": [with(json!({})), with(json!({"Name": "Nothing"}))]});
    let made = fleet.call("CreateAssociationBatch", entries).await.unwrap();
    assert_eq!(made["Successful"].as_array().unwrap().len(), 1);
    assert!(made["Failed"][0]["Message"].as_str().unwrap().contains("Nothing"), "{made}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_still_runs_when_its_duration_is_over_is_cancelled_once() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 1).await;
    let soon = reeve_types::Timestamp::now().0 + 500;
    let (id, execution) = fleet.write_running_association(soon).await;
    fleet.until("its command is to end", async || !fleet.cancellations().is_empty()).await;
    assert!(reeve_types::Timestamp::now().0 >= soon);
    let ended = |event: &AssociationEvent| matches!(event, AssociationEvent::ExecutionTimeEnded(e) if e.execution_id == execution);
    assert_eq!(fleet.events(&id).await.iter().filter(|event| ended(event)).count(), 1);
    let asked = fleet.cancellations().pop().unwrap();
    assert_eq!((asked.command_id, asked.origin_id), (execution, format!("{id}/1")));
    fleet.rebuilt_equals_live(&nats).await;
    fleet.restart(&nats).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(fleet.cancellations().len(), 1);
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_on_a_node_has_one_association_of_the_old_form() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 2).await;
    let old = json!({"Name": "Old", "InstanceId": node(0)});
    let id = fleet.create(old.clone()).await;
    let again = fleet.call("CreateAssociation", old.clone()).await.unwrap_err();
    assert!(again.starts_with("AssociationAlreadyExists"), "{again}");
    fleet.until("it runs", async || fleet.started(&id).await.len() == 1).await;
    assert_eq!(fleet.started(&id).await[0].node_ids, vec![node(0)]);
    let described = fleet.call("DescribeAssociation", old.clone()).await.unwrap();
    assert_eq!(described["AssociationDescription"]["AssociationId"], json!(id));
    let status = json!({"Date": 1_700_000_000.0, "Name": "Success", "Message": "by hand"});
    let update = json!({"Name": "Old", "InstanceId": node(0), "AssociationStatus": status});
    let updated = fleet.call("UpdateAssociationStatus", update.clone()).await.unwrap();
    assert_eq!(updated["AssociationDescription"]["Status"]["Message"], "by hand");
    let refused = fleet.call("UpdateAssociationStatus", update).await.unwrap_err();
    assert!(refused.starts_with("StatusUnchanged"), "{refused}");
    let newer = json!({"Name": "Old", "InstanceId": node(1), "ScheduleExpression": "rate(1 hour)"});
    let refused = fleet.call("CreateAssociation", newer).await.unwrap_err();
    assert!(refused.contains("ScheduleExpression"), "{refused}");
    fleet.call("DeleteAssociation", old.clone()).await.unwrap();
    let gone = fleet.call("DescribeAssociation", old.clone()).await.unwrap_err();
    assert!(gone.starts_with("AssociationDoesNotExist") && gone.contains("Old"), "{gone}");
    // It may be made anew, and runs anew when the former command has nothing to say any more.
    assert_eq!(fleet.create(old).await, id);
    fleet.until("it runs again", async || fleet.started(&id).await.len() == 2).await;
    let of = json!({"AssociationId": id});
    fleet
        .until("those of its former life are gone", async || {
            let listed = fleet.call("DescribeAssociationExecutions", of.clone()).await.unwrap();
            listed["AssociationExecutions"].as_array().unwrap().len() == 1
        })
        .await;
    let listed = fleet.call("ListAssociationVersions", of).await.unwrap();
    assert_eq!(listed["AssociationVersions"].as_array().unwrap().len(), 1);
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_fail_or_have_no_turn_are_told_each_by_itself_and_in_pages() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 3).await;
    let id = fleet.create(json!({"Name": "Doc", "Targets": all(), "MaxErrors": "0"})).await;
    fleet.until("it has begun", async || fleet.started(&id).await.len() == 1).await;
    let execution = fleet.started(&id).await[0].execution_id.clone();
    let of = |more: serde_json::Value| {
        let mut input = json!({"AssociationId": id, "ExecutionId": execution});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    // The log is ahead of the views.
    fleet
        .until("it is shown", async || {
            fleet.call("DescribeAssociationExecutionTargets", of(json!({}))).await.is_ok()
        })
        .await;
    let pending = fleet.call("DescribeAssociationExecutionTargets", of(json!({}))).await.unwrap();
    assert_eq!(pending["AssociationExecutionTargets"][2]["Status"], "Pending");
    let nodes = [node(0), node(1), node(2)];
    let ends = [
        (nodes[0].as_str(), "Success", "Success"),
        (nodes[1].as_str(), "Failed", "Failed"),
        (nodes[2].as_str(), "Cancelled", "Terminated"),
    ];
    fleet.finish_with(&execution, &id, &ends, ("Failed", "Failed")).await;
    let executions = json!({"AssociationId": id});
    fleet
        .until("all ends are counted", async || {
            let listed = fleet.call("DescribeAssociationExecutions", executions.clone()).await.unwrap();
            let one = &listed["AssociationExecutions"][0];
            one["Status"] == "Failed" && one["ResourceCountByStatus"] == "{Failed=1, Skipped=1, Success=1}"
        })
        .await;
    let (mut seen, mut input) = (Vec::new(), of(json!({"MaxResults": 1})));
    loop {
        let page = fleet.call("DescribeAssociationExecutionTargets", input.clone()).await.unwrap();
        let target = &page["AssociationExecutionTargets"][0];
        seen.push((target["Status"].clone(), target["DetailedStatus"].clone()));
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    let expected = [("Success", "Success"), ("Failed", "Failed"), ("Skipped", "Terminated")];
    assert_eq!(seen, expected.map(|(status, detail)| (json!(status), json!(detail))));
    let failed = of(json!({"Filters": [{"Key": "Status", "Value": "Failed"}]}));
    let failed = fleet.call("DescribeAssociationExecutionTargets", failed).await.unwrap();
    assert_eq!(failed["AssociationExecutionTargets"].as_array().unwrap().len(), 1);
    assert_eq!(failed["AssociationExecutionTargets"][0]["ResourceId"], json!(node(1)));
    let described = fleet.call("DescribeAssociation", executions).await.unwrap();
    let overview = &described["AssociationDescription"]["Overview"];
    assert_eq!(overview["Status"], "Failed");
    assert_eq!(
        overview["AssociationStatusAggregatedCount"],
        json!({"Failed": 1, "Skipped": 1, "Success": 1})
    );
    let none = json!({"AssociationId": id, "ExecutionId": "00000000-0000-0000-0000-000000000000"});
    let refused = fleet.call("DescribeAssociationExecutionTargets", none).await.unwrap_err();
    assert!(refused.starts_with("AssociationExecutionDoesNotExist"), "{refused}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_other_platforms_do_not_run_and_keep_nobody_else_from_it() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 3).await;
    fleet.connected_as(1, "Windows").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let id = fleet.create(json!({"Name": "Doc", "Targets": all()})).await;
    fleet.until("it has begun", async || fleet.started(&id).await.len() == 1).await;
    let started = fleet.started(&id).await[0].clone();
    assert_eq!((started.node_ids, started.other_platform_node_ids), (vec![node(0), node(2)], vec![node(1)]));
    fleet.finish(&started.execution_id, &id, &[node(0), node(2)]).await;
    fleet.lost(1).await;
    fleet.connected_as(1, "Windows").await;
    let of = json!({"AssociationId": id, "ExecutionId": started.execution_id,
        "Filters": [{"Key": "ResourceId", "Value": node(1)}]});
    let told = fleet.call("DescribeAssociationExecutionTargets", of).await.unwrap();
    assert_eq!(told["AssociationExecutionTargets"][0]["DetailedStatus"], "UnsupportedPlatform");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((fleet.started(&id).await.len(), fleet.joined().await), (1, 0));
    fleet.rebuilt_equals_live(&nats).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_got_its_command_runs_when_it_returns() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 1).await;
    let id = fleet.create(json!({"Name": "Doc", "Targets": all()})).await;
    fleet.until("it has begun", async || fleet.started(&id).await.len() == 1).await;
    let execution = fleet.started(&id).await[0].execution_id.clone();
    fleet.lost(0).await;
    let gone = node(0);
    let ends = [(gone.as_str(), "TimedOut", "DeliveryTimedOut")];
    fleet.finish_with(&execution, &id, &ends, ("TimedOut", "DeliveryTimedOut")).await;
    fleet.connected(0).await;
    fleet.until("it runs", async || fleet.started(&id).await.len() == 2).await;
    assert_eq!(fleet.started(&id).await[1].cause, "TargetsJoined");
    fleet.stop().await;
}
