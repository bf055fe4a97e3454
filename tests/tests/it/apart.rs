//! Services that run apart are killed one by one, again and again, while commands are sent.
//!
//! Which and when follows from a seed, which is printed: `REEVE_FAULTS_SEED` repeats it, `REEVE_FAULTS_KILLS` makes
//! it long.

use crate::history::{History, Sender, answers, random};
use reeve_e2e::{Agent, Apart, parts, wait_for};
use reeve_testkit::Dice;
use rustix::process::Signal;
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

const KILLS: usize = 60;
/// Commands that are accepted at least.
const COMMANDS: usize = 60;

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}

#[test]
fn parts_that_are_killed_lose_nothing_and_run_nothing_twice() {
    let kills = number("REEVE_FAULTS_KILLS").map_or(KILLS, |n| usize::try_from(n).unwrap());
    let seed = number("REEVE_FAULTS_SEED").unwrap_or_else(|| random(u64::MAX));
    println!("REEVE_FAULTS_SEED={seed}");
    let mut dice = Dice(seed);
    let mut apart = Apart::start();
    let mut agents = ["one", "two"].map(|name| Agent::enrol(apart.instance(), name));
    let nodes: Vec<String> = agents.iter().map(Agent::node).collect();
    let file = apart.instance().scratch().join("marks");
    let raw = Arc::new(Mutex::new(apart.instance().raw()));
    let sender = Sender::start(raw, nodes, file.to_string_lossy().into_owned());
    let (mut killed, mut ended): (BTreeMap<&str, usize>, usize) = (BTreeMap::new(), 0);
    for _ in 0..kills {
        std::thread::sleep(Duration::from_millis(50 + dice.number() % 350));
        let which = dice.below(parts().len() + 1);
        let what = parts().get(which).copied().unwrap_or("agent");
        if what == "agent" {
            let agent = &mut agents[dice.below(2)];
            agent.end(Signal::KILL);
            agent.start();
        } else {
            apart.kill(what);
        }
        ended += apart.revive();
        *killed.entry(what).or_default() += 1;
    }
    wait_for("enough commands are accepted", || {
        ended += apart.revive();
        (sender.count() >= COMMANDS).then_some(())
    });
    let accepted = sender.finish();
    let open = json!({"Filters": [{"key": "ExecutionStage", "value": "Executing"}], "MaxResults": 1});
    wait_for("every command has ended", || {
        ended += apart.revive();
        let (status, answer) = apart.instance().raw().call("ListCommands", &open);
        (status == 200 && answer["Commands"].as_array()?.is_empty()).then_some(())
    });

    let history = History::read(&apart.instance().events());
    let marks = std::fs::read_to_string(&file).unwrap();
    let violations = history.violations(&accepted, &marks, &["Success", "Interrupted"]);
    println!(
        "{kills} kills {killed:?}, {ended} ended by themselves: {} commands accepted, {} in the log, {} ran; ends {:?}; \
         {} violations",
        accepted.len(),
        history.commands.len(),
        marks.lines().count(),
        history.ends(),
        violations.len()
    );
    assert!(violations.is_empty(), "{violations:#?}");
    let live = answers(&apart.instance().raw());
    apart.forget_views();
    apart.start_all();
    wait_for("the rebuilt views answer the same", || {
        (answers(&apart.instance().raw()) == live).then_some(())
    });
}
