//! The stories in `tests/stories`, as they are written.

use reeve_e2e::{nats_server, reeve};
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Runs a story to its end; answers what it said.
fn told(name: &str) -> String {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).canonicalize().unwrap();
    let programs = reeve();
    let path = format!(
        "{}:{}:{}",
        programs.parent().unwrap().display(),
        root.join(".tools/bin").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut story = Command::new("bash");
    story.arg(root.join("tests/stories").join(name)).stdin(Stdio::null());
    let output = story.env("PATH", path).env("REEVE_NATS_SERVER", nats_server()).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{errors}");
    said.into_owned()
}

#[test]
fn a_fleet_is_patched_in_waves_that_stop_and_go_on() {
    let said = told("patch.sh");
    assert!(said.contains("each with the command that caused it"), "{said}");
}

#[test]
fn a_change_waits_for_its_calendar_and_its_approval_and_goes_on_after_a_kill() {
    let said = told("change.sh");
    assert!(said.contains("taken over from"), "{said}");
    assert!(said.contains("after an approval, a calendar and a kill"), "{said}");
}

#[test]
fn an_alert_is_an_ops_item_an_incident_and_pages_until_it_is_acknowledged() {
    let said = told("alert.sh");
    assert!(said.contains("one acknowledgement ended them"), "{said}");
}
