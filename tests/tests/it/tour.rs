//! README.md's first tour, line by line, as a newcomer types it.

use reeve_e2e::{Instance, reeve};
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// The lines of the tour.
fn tour() -> Vec<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("## A first tour").nth(1).unwrap().split("\n## ").next().unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix("    "));
    lines.filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn the_tour_works_as_it_is_written() {
    let instance = Instance::start_with(1, &[("REEVE_TAG", "role=web")]);
    let lines = tour();
    assert!(lines.len() >= 12, "{lines:?}");
    let mut script = String::from("set -e\n");
    for line in &lines {
        script.push_str(&format!("echo '== {}'\n{line}\n", line.replace('\'', "")));
    }
    let (programs, aws) = (reeve(), root().canonicalize().unwrap().join(".tools/bin"));
    let path = format!(
        "{}:{}:{}",
        programs.parent().unwrap().display(),
        aws.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    // The views of other services learn of the tag a moment after the node is there.
    let found = || {
        let targets = r#"{"DocumentName": "AWS-Noop", "Targets": [{"Key": "tag:role", "Values": ["web"]}]}"#;
        instance.call("SendCommand", &serde_json::from_str(targets).unwrap())["Command"]["TargetCount"] == 1
    };
    reeve_e2e::wait_for("the tag is known", || found().then_some(()));
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(&script).current_dir(root()).stdin(Stdio::null());
    shell.env("PATH", path).env("REEVE_DATA", instance.data());
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSM", "AWS_PROFILE"] {
        shell.env_remove(name);
    }
    let output = shell.output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{errors}");
    for words in
        ["Hello, reader, from ", "\"InstanceId\": \"mi-", "Filesystem", "load average", "DocumentCreated"]
    {
        assert!(said.contains(words), "{words} is missing:\n{said}\n{errors}");
    }
    println!("{} lines", lines.len());
}
