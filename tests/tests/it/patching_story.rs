//! `tests/stories/patch.sh`, as it is written: a fleet is patched in waves.

use reeve_e2e::{nats_server, reeve};
use std::{
    path::Path,
    process::{Command, Stdio},
};

#[test]
fn a_fleet_is_patched_in_waves_that_stop_and_go_on() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).canonicalize().unwrap();
    let programs = reeve();
    let path = format!(
        "{}:{}:{}",
        programs.parent().unwrap().display(),
        root.join(".tools/bin").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut story = Command::new("bash");
    story.arg(root.join("tests/stories/patch.sh")).stdin(Stdio::null());
    let output = story.env("PATH", path).env("REEVE_NATS_SERVER", nats_server()).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.contains("each with the command that caused it"), "{said}\n{errors}");
}
