//! Firings of associations while the services that carry them are killed: each runs once.

use reeve_e2e::{Agent, Apart, wait_for};
use reeve_types::Timestamp;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

/// `REEVE_FIRINGS_KILLS` says how many instead.
const KILLS: i64 = 12;
const KILL_INTERVAL_MS: i64 = 400;
/// Associations that are due in each second in which something is killed.
const FIRINGS_PER_SECOND: i64 = 5;
const KILLED: [&str; 3] = ["state-manager", "run-command", "nats-server"];

#[test]
fn each_firing_runs_once_whatever_is_killed() {
    let kills = std::env::var("REEVE_FIRINGS_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let mut apart = Apart::start();
    let agent = Agent::enrol(apart.instance(), "one");
    let marks = apart.instance().scratch().join("marks");
    let raw = apart.instance().raw();
    wait_for("associations are there", || (raw.call("ListAssociations", &json!({})).0 == 200).then_some(()));
    let firings = kills * KILL_INTERVAL_MS / 1_000 * FIRINGS_PER_SECOND;
    let begin = Timestamp(Timestamp::now().plus_seconds(5 + firings / 20).0 / 1_000 * 1_000);
    for number in 0..firings {
        let at = begin.plus_seconds(number / FIRINGS_PER_SECOND).rfc3339();
        let association = json!({
            "Name": "AWS-RunShellScript",
            "AssociationName": format!("firing-{number}"),
            "Targets": [{"Key": "InstanceIds", "Values": [agent.node()]}],
            "Parameters": {"commands": [format!("echo {number} >> {}", marks.display())]},
            "ScheduleExpression": format!("at({})", &at[..19]),
            "ApplyOnlyAtCronInterval": true,
        });
        let (status, made) = raw.call("CreateAssociation", &association);
        assert_eq!(status, 200, "{made}");
    }
    assert!(Timestamp::now() < begin, "they were not there in time");
    while Timestamp::now() < begin {
        std::thread::sleep(Duration::from_millis(20));
    }
    for number in 0..kills {
        std::thread::sleep(Duration::from_millis(KILL_INTERVAL_MS.unsigned_abs()));
        apart.kill(KILLED[usize::try_from(number).unwrap() % KILLED.len()]);
        apart.revive();
    }
    let ran = || {
        let mut each = BTreeMap::<i64, u32>::new();
        let text = std::fs::read_to_string(&marks).unwrap_or_default();
        text.lines().for_each(|line| *each.entry(line.parse().unwrap()).or_default() += 1);
        each
    };
    wait_for("every firing has run", || {
        apart.revive();
        (ran().len() == usize::try_from(firings).unwrap()).then_some(())
    });
    // A second run of one would follow from what is repeated after the last kill.
    std::thread::sleep(Duration::from_secs(3));
    let twice: Vec<_> = ran().into_iter().filter(|(_, times)| *times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    println!("{kills} kills, {firings} firings: each ran once");
}
