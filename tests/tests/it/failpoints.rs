//! An agent dies at every point between receiving a dispatch and having its outcome acknowledged.

use reeve_e2e::{Agent, Instance};
use rustix::process::Signal;

/// Each point, and what may be said afterwards.
const POINTS: &[(&str, &[&str])] = &[
    ("after-receive", &["Success"]),
    ("after-accept", &["Success"]),
    ("before-intent", &["Success"]),
    ("after-intent", &["Interrupted"]),
    ("after-spawn", &["Interrupted"]),
    ("mid-output", &["Interrupted"]),
    ("before-outcome", &["Interrupted"]),
    ("after-outcome", &["Success"]),
    // It may be the report of the start, before or while the script runs, or of the end.
    ("before-report", &["Interrupted", "Success"]),
    ("after-report-before-ack", &["Interrupted", "Success"]),
];

#[test]
fn an_agent_killed_at_each_point_runs_once_at_most_and_says_what_happened() {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol(&instance, "failing");
    let node = agent.node();
    for (point, allowed) in POINTS {
        // While it is away the dispatch comes to its inbox, so that every point lies on its way.
        agent.end(Signal::TERM);
        let file = instance.scratch().join(format!("ran-{point}"));
        let command = instance.send_to(&node, &format!("echo once >> {}; echo printed", file.display()));
        let marker = instance.scratch().join(format!("died-{point}"));
        agent.set("REEVE_AGENT_FAILPOINT", &format!("{point}={}", marker.display()));
        agent.start();
        agent.wait_until_ended();
        assert!(marker.exists(), "{point} was not reached");
        agent.start();
        instance.ended(&command);
        let details = instance.details(&command);
        let ran = std::fs::read_to_string(&file).unwrap_or_default().lines().count();
        let events = instance.events();
        let ends = events.iter().filter(|event| {
            event["type"] == "reeve.run-command.InvocationFinished.v1" && event["correlationid"] == *command
        });
        let ends = ends.count();
        println!("{point}: {details}, ran {ran} times, {ends} outcome");
        assert!(allowed.contains(&details.as_str()), "{point}: {details}");
        assert!(ran <= 1 && (ran == 1 || details == "Interrupted"), "{point}: {details}, ran {ran} times");
        assert_eq!(ends, 1, "{point}");
    }
}
