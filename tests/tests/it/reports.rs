//! Reports that come twice, late, out of order or about nothing change nothing that has ended.

use bytes::Bytes;
use prost::Message;
use reeve_contracts::node::{Report, ReportKind};
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
    let report = |kind: ReportKind, status: &str, details: &str| Report {
        node_id: node.clone(),
        command_id: command.clone(),
        kind: kind.into(),
        status: status.to_owned(),
        status_details: details.to_owned(),
        at_ms: 1,
        ..Report::default()
    };
    let late = [
        report(ReportKind::Finished, "Failed", "Failed"),
        report(ReportKind::Started, "", ""),
        report(ReportKind::Finished, "Success", "Success"),
        report(ReportKind::Finished, "Failed", "Interrupted"),
        report(ReportKind::Started, "", ""),
        report(ReportKind::Finished, "Cancelled", "Cancelled"),
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

    // An end that is none, and a command that was never sent to the node, are set aside where they are seen.
    let aside = streams::last_sequence(&bus, streams::SET_ASIDE).await.unwrap();
    let odd = report(ReportKind::Finished, "Splendid", "Splendid");
    bus.store(&subject, &Headers::default(), odd.encode_to_vec().into()).await.unwrap();
    bus.store(&subject, &Headers::default(), Bytes::from_static(b"\xff\xff")).await.unwrap();
    wait_for("both are set aside", || {
        let last = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(streams::last_sequence(&bus, streams::SET_ASIDE))
        });
        (last.unwrap() == aside + 2).then_some(())
    });
    assert_eq!(shown(&instance), before);
}
