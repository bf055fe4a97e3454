//! The drift test: the committed files are what the schemas generate, or this fails.
//!
//! `UPDATE_CONTRACTS=1 cargo test -p reeve-contracts` writes them.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "generate/aws.rs"]
mod aws;
#[path = "generate/events.rs"]
mod events;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The operations of each AWS model whose types are generated: those that a service offers.
const SSM: &[&str] = &[
    "CreateDocument",
    "UpdateDocument",
    "UpdateDocumentDefaultVersion",
    "UpdateDocumentMetadata",
    "GetDocument",
    "DescribeDocument",
    "ListDocuments",
    "ListDocumentVersions",
    "ListDocumentMetadataHistory",
    "DeleteDocument",
    "DescribeDocumentPermission",
    "ModifyDocumentPermission",
    "CreateActivation",
    "DescribeActivations",
    "DeleteActivation",
    "DescribeInstanceInformation",
    "DescribeInstanceProperties",
    "ListNodes",
    "ListNodesSummary",
    "GetConnectionStatus",
    "DeregisterManagedInstance",
    "UpdateManagedInstanceRole",
    "AddTagsToResource",
    "RemoveTagsFromResource",
    "ListTagsForResource",
    "SendCommand",
    "CancelCommand",
    "ListCommands",
    "ListCommandInvocations",
    "GetCommandInvocation",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Formats as the repository does, so that `cargo fmt` leaves the generated files alone.
fn format(source: &str) -> String {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt is part of the toolchain");
    let mut stdin = child.stdin.take().unwrap();
    let input = source.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "rustfmt refuses the generated source");
    String::from_utf8(output.stdout).unwrap()
}

/// Compares one committed file with what was generated; with `UPDATE_CONTRACTS=1` it writes it instead.
fn check(file: &str, generated: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
    let generated = format(generated);
    if fs::read_to_string(&path).is_ok_and(|committed| committed == generated) {
        return None;
    }
    if std::env::var_os("UPDATE_CONTRACTS").is_some_and(|value| value == "1") {
        fs::write(&path, generated).unwrap();
        return None;
    }
    Some(file.to_owned())
}

#[test]
fn the_committed_files_are_what_the_schemas_generate() {
    let mut drifted = Vec::new();
    for (module, source) in events::generate(&root().join("schemas")) {
        drifted.extend(check(&format!("events/{module}.rs"), &source));
    }
    let model = fs::read_to_string(root().join("schemas/aws/ssm.json")).unwrap();
    drifted.extend(check("ssm.rs", &aws::generate(&model, "ssm.json", SSM)));
    assert!(drifted.is_empty(), "{drifted:?} differ from schemas/: run this test with UPDATE_CONTRACTS=1");
}
