//! Reports that come twice, late, out of order or about nothing change nothing that has ended.

use bytes::Bytes;
use prost::Message;
use reeve_contracts::{
    node::{Report, ReportKind},
    outcome::{InvocationStatus, StepOutcome},
};
use reeve_e2e::{Instance, wait_for};
use reeve_jetstream::{Headers, streams};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_end_stays_what_it_was() {
    let instance = Instance::start(1);
    let node = instance.node();
    let command = instance.send("echo once");
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    let shown = |instance: &Instance| -> Value {
        instance.call("GetCommandInvocation", &json!({"CommandId": command, "InstanceId": node}))
    };
    let (before, events) = (shown(&instance), instance.events().len());

    let bus = instance.bus().await;
    let subject = format!("reeve.report.{node}.status");
    let report = |kind: ReportKind, status: InvocationStatus| Report {
        node_id: node.clone(),
        command_id: command.clone(),
        kind: kind.into(),
        status: status.into(),
        at_ms: 1,
        ..Report::default()
    };
    let late = [
        report(ReportKind::Finished, InvocationStatus::Failed),
        report(ReportKind::Started, InvocationStatus::Unspecified),
        report(ReportKind::Finished, InvocationStatus::Success),
        report(ReportKind::Finished, InvocationStatus::Interrupted),
        report(ReportKind::Started, InvocationStatus::Unspecified),
        report(ReportKind::Finished, InvocationStatus::Cancelled),
    ];
    for report in late.iter().chain(&late) {
        let bytes = Bytes::from(report.encode_to_vec());
        bus.store(&subject, &Headers::default(), bytes).await.unwrap();
    }
    // They are worked off before one that is sent after them.
    let after = instance.send("echo after");
    assert_eq!(instance.ended(&after)["StatusDetails"], "Success");
    assert_eq!(shown(&instance), before);
    let told = instance.events().iter().filter(|event| event["correlationid"] == command.as_str()).count();
    let log = instance.events();
    let of_it: Vec<&Value> = log.iter().filter(|event| event["correlationid"] == command.as_str()).collect();
    assert_eq!(told, of_it.len());
    assert_eq!(of_it.iter().filter(|e| e["type"] == "reeve.run-command.InvocationFinished.v1").count(), 1);
    println!(
        "{} late reports: {} events before, {} after them and one more command",
        late.len() * 2,
        events,
        log.len()
    );

    // An end that is none, and a command that was never sent to the node, are dead letters, where they are seen.
    let aside = streams::last_sequence(&bus, streams::DEAD_LETTER_QUEUE).await.unwrap();
    let odd = Report { status: 99, ..report(ReportKind::Finished, InvocationStatus::Failed) };
    bus.store(&subject, &Headers::default(), odd.encode_to_vec().into()).await.unwrap();
    let steps = vec![StepOutcome { status: 99, ..StepOutcome::default() }];
    let odd = Report { steps, ..report(ReportKind::Finished, InvocationStatus::Failed) };
    bus.store(&subject, &Headers::default(), odd.encode_to_vec().into()).await.unwrap();
    bus.store(&subject, &Headers::default(), Bytes::from_static(b"\xff\xff")).await.unwrap();
    // So is one that no event could hold.
    let large =
        Report { message: "x".repeat(1_000_000), ..report(ReportKind::Finished, InvocationStatus::Success) };
    bus.store(&subject, &Headers::default(), large.encode_to_vec().into()).await.unwrap();
    // And what leaves no room for the reason.
    let steps = vec![StepOutcome { name: "x".repeat(600_000), ..StepOutcome::default() }];
    let wordy = Report { steps, ..report(ReportKind::Finished, InvocationStatus::Failed) };
    bus.store(&subject, &Headers::default(), wordy.encode_to_vec().into()).await.unwrap();
    let headers = Headers::default().with("x-much", "y".repeat(60_000)).with("x-little", "z");
    bus.store(&subject, &headers, Bytes::from(vec![255; 980_000])).await.unwrap();
    wait_for("all are dead letters", || {
        let last = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current()
                .block_on(streams::last_sequence(&bus, streams::DEAD_LETTER_QUEUE))
        });
        (last.unwrap() == aside + 6).then_some(())
    });
    assert_eq!(shown(&instance), before);
}

/// A message of the bus has 1 MiB, and the node has one outbox for all of its reports.
#[test]
fn what_prints_more_than_a_report_holds_has_its_outcome() {
    let instance = Instance::start(1);
    let node = instance.node();
    let step = |number: usize| {
        json!({"action": "aws:runShellScript", "name": format!("step{number}"),
            "inputs": {"runCommand": ["head -c 30000 /dev/zero | tr '\\0' x | tee /dev/stderr"]}})
    };
    let steps: Vec<Value> = (0..25).map(step).collect();
    let content = json!({"schemaVersion": "2.2", "mainSteps": steps}).to_string();
    let document = json!({"Name": "Chatty", "DocumentType": "Command", "Content": content});
    instance.call("CreateDocument", &document);
    let sent = instance.call("SendCommand", &json!({"DocumentName": "Chatty", "InstanceIds": [node]}));
    let command = sent["Command"]["CommandId"].as_str().unwrap();
    assert_eq!(instance.ended(command)["StatusDetails"], "Success");
    let input = json!({"CommandId": command, "InstanceId": node, "PluginName": "step24"});
    let kept = instance.call("GetCommandInvocation", &input)["StandardOutputContent"].as_str().unwrap().len();
    assert!((1_000..24_000).contains(&kept), "{kept} characters are kept");
    // The log of the output has everything; this shows the standard output.
    assert_eq!(instance.printed(command).iter().filter(|byte| **byte == b'x').count(), 25 * 30_000);
    let after = instance.send("echo after");
    assert_eq!(instance.ended(&after)["StatusDetails"], "Success");
    println!("25 steps of 60,000 bytes: {kept} characters of each are kept with the outcome");
}
