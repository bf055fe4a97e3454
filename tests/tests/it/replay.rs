//! Everything that a node was ever sent is sent to it again, by whoever is in CORE: nothing runs twice.

use reeve_e2e::{Agent, Instance, Proxy, wait_for};
use reeve_jetstream::{Bus, Headers, Message, streams::NODE_INBOX};
use reeve_node_protocol::subject;
use reeve_types::NodeId;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::path::Path;

/// Every message of a node's inbox, in order.
async fn inbox(bus: &Bus, node: &NodeId) -> Vec<Message> {
    let mut found = Vec::new();
    while let Some(message) =
        bus.direct_get(NODE_INBOX, &subject::inbox(node, found.len() as u64 + 1)).await.unwrap()
    {
        found.push(message);
    }
    found
}

fn outcomes(instance: &Instance) -> Vec<Value> {
    let page = instance.call("ListCommandInvocations", &json!({"Details": true, "MaxResults": 50}));
    assert!(page.get("NextToken").is_none(), "all on one page");
    page["CommandInvocations"].as_array().unwrap().clone()
}

fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap_or_default().lines().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_inbox_sent_again_runs_nothing_and_changes_no_outcome() {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol(&instance, "replayed");
    let proxy = Proxy::to(&agent.bus_address());
    agent.end(Signal::TERM);
    agent.find_the_bus_at(proxy.address());
    let (id, file) = (agent.node(), instance.scratch().join("marks"));
    let node: NodeId = id.parse().unwrap();
    // One that is cancelled before it is begun, one that is cut off, and others that succeed or fail.
    let mark = format!("echo x >> {}", file.display());
    let cancelled = instance.send_to(&id, &mark);
    instance.call("CancelCommand", &json!({"CommandId": cancelled}));
    agent.start();
    let cut_off = instance.send_to(&id, &format!("{mark}; sleep 600"));
    wait_for("it runs", || (lines(&file) == 1).then_some(()));
    agent.end(Signal::KILL);
    agent.start();
    let mut sent = vec![cancelled, cut_off];
    for number in 0..8 {
        sent.push(instance.send_to(&id, &format!("{mark}; exit {}", number % 2)));
    }
    sent.iter().for_each(|command| _ = instance.ended(command));
    let (before, ran) = (outcomes(&instance), lines(&file));
    assert_eq!((before.len(), ran), (10, 9));

    let bus = instance.bus().await;
    let messages = inbox(&bus, &node).await;
    assert!(messages.len() >= 11, "ten commands and a cancellation");
    let none = Headers::default();
    for round in 0..3 {
        for (index, message) in messages.iter().enumerate() {
            // As a hint, under its own number and as if it were the next; and stored, under both.
            let (own, next) = (index as u64 + 1, (messages.len() * (round + 1) + index) as u64 + 1);
            for number in [own, next] {
                let live = format!("reeve.live.{id}.cmd.{number}");
                bus.publish(&live, none.clone(), message.data.clone()).await.unwrap();
                bus.store(&subject::inbox(&node, number), &none, message.data.clone()).await.unwrap();
            }
            if index == messages.len() / 2 {
                proxy.cut();
                proxy.heal();
            }
        }
        agent.end(if round == 1 { Signal::KILL } else { Signal::TERM });
        agent.start();
    }
    // Behind all of it in the same inbox: when this has run, everything before it was read.
    let last = instance.send_to(&id, "true");
    assert_eq!(instance.ended(&last)["StatusDetails"], "Success");
    let mut after = outcomes(&instance);
    after.retain(|invocation| invocation["CommandId"] != last.as_str());
    assert_eq!(after, before, "each outcome stays");
    assert_eq!(lines(&file), ran, "nothing ran again");
    assert!(agent.logged().contains("a dispatch was refused"), "they came to it: {}", agent.logged());
    println!("{} messages sent again twelve times each: {ran} runs before and after", messages.len());

    // Nor does it go on without its memory: cursor and commands are one file, and a missing one is not a new one.
    agent.end(Signal::TERM);
    std::fs::remove_file(agent.folder().join("ledger.redb")).unwrap();
    agent.start();
    agent.wait_until_ended();
    assert!(agent.logged().contains("its ledger is gone"), "{}", agent.logged());
    assert_eq!(lines(&file), ran);
}
