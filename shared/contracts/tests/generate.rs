//! The drift test: the committed files are what the schemas generate, or this fails.
//!
//! `UPDATE_CONTRACTS=1 cargo test -p reeve-contracts` writes them.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "generate/asyncapi.rs"]
mod asyncapi;
#[path = "generate/aws.rs"]
mod aws;
#[path = "generate/events.rs"]
mod events;
#[path = "generate/golden.rs"]
mod golden;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The operations whose types are generated, by the name of their API: those that a service offers.
const OPERATIONS: &str = "schemas/aws/served.json";
/// The members that AWS sends also when they are empty, by API and shape.
const ALWAYS_SENT: &str = "schemas/aws/always-sent.json";

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
    differs(&path, file, format(generated).as_bytes())
}

fn differs(path: &Path, file: &str, generated: &[u8]) -> Option<String> {
    if fs::read(path).is_ok_and(|committed| committed == generated) {
        return None;
    }
    if std::env::var_os("UPDATE_CONTRACTS").is_some_and(|value| value == "1") {
        fs::write(path, generated).unwrap();
        return None;
    }
    Some(file.to_owned())
}

/// A module of modules.
fn modules<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> String {
    let modules: String = names.map(|name| format!("pub mod {name};\n")).collect();
    format!("//! Generated from schemas: do not edit. {what}\n\n{modules}")
}

/// The models of AWS's APIs and of ours.
fn models() -> String {
    let mut lines = String::new();
    for folder in ["aws", "reeve"] {
        let files = fs::read_dir(root().join("schemas").join(folder)).unwrap();
        let names = files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
        let mut names: Vec<_> = names.filter(|name| name != "served" && name != "always-sent").collect();
        names.sort();
        for name in names {
            let file = format!("../../../schemas/{folder}/{name}.json");
            lines.push_str(&format!("({name:?}, include_str!({file:?})),\n"));
        }
    }
    format!(
        "//! Generated from schemas: do not edit.\n\n/// The models of all APIs, by the name that credentials are scoped \
         to: AWS's, and ours in the same form.\npub const MODELS: &[(&str, &str)] = &[{lines}];\n"
    )
}

#[test]
fn the_committed_files_are_what_the_schemas_generate() {
    let mut drifted = Vec::new();
    let generated = events::generate(&root().join("schemas"));
    drifted.extend(check(
        "events/mod.rs",
        &modules("Protobuf messages, one file per package.", generated.modules.iter().map(|m| &m.0)),
    ));
    for (module, source) in generated.modules {
        drifted.extend(check(&format!("events/{module}.rs"), &source));
    }
    drifted.extend(check("models.rs", &models()));
    let descriptors = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/events/descriptors.bin");
    drifted.extend(differs(&descriptors, "events/descriptors.bin", &generated.descriptors));
    let described = asyncapi::describe(&root().join("schemas"));
    drifted.extend(differs(&root().join("asyncapi.yaml"), "asyncapi.yaml", described.as_bytes()));
    let served = fs::read(root().join(OPERATIONS)).unwrap();
    let served: BTreeMap<String, Vec<String>> = serde_json::from_slice(&served).unwrap();
    let always_sent = fs::read(root().join(ALWAYS_SENT)).unwrap();
    let always_sent: BTreeMap<String, aws::AlwaysSent> = serde_json::from_slice(&always_sent).unwrap();
    let names: Vec<String> = served.keys().map(|api| api.replace('-', "_")).collect();
    drifted.extend(check("aws/mod.rs", &modules("AWS's types, one file per API.", names.iter())));
    for (api, operations) in served {
        let model = fs::read_to_string(root().join(format!("schemas/aws/{api}.json"))).unwrap();
        drifted.extend(check(
            &format!("aws/{}.rs", api.replace('-', "_")),
            &aws::generate(
                &model,
                &format!("{api}.json"),
                &operations,
                always_sent.get(&api).unwrap_or(&aws::AlwaysSent::new()),
            ),
        ));
    }
    assert!(drifted.is_empty(), "{drifted:?} differ from schemas/: run this test with UPDATE_CONTRACTS=1");
}
