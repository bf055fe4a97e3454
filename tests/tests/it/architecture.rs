//! Which crate may name which: read from `cargo metadata`.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};

const LAYERS: [&[&str]; 6] = [
    &["reeve-types"],
    &["reeve-eventsourcing"],
    &["reeve-contracts"],
    &["reeve-jetstream", "reeve-views", "reeve-telemetry"],
    &["reeve-runtime"],
    &[],
];

/// Who alone may name a library.
const OWNERS: [(&str, &str); 9] = [
    ("async-nats", "reeve-jetstream"),
    ("sled", "reeve-views"),
    ("axum", "reeve-gateway"),
    ("cedar-policy", "reeve-authz"),
    ("redb", "reeve-agent"),
    ("opentelemetry", "reeve-telemetry"),
    ("config", "reeve"),
    ("croner", "reeve-schedules"),
    ("lettre", "reeve-notifications"),
];

fn metadata() -> Metadata {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo metadata")
}

fn room(package: &Package) -> &str {
    let mut parts = package.manifest_path.components().rev().map(|part| part.as_str());
    let (_manifest, folder, above) = (parts.next(), parts.next(), parts.next());
    match (folder, above) {
        (Some("tests"), _) | (_, Some("fuzz")) => "tests",
        (_, Some("services")) => "services",
        (_, Some("shared")) => "shared",
        other => panic!("{} lies in {other:?}", package.name),
    }
}

/// What it needs to run; with `tests`, also what its tests need.
fn names(package: &Package, tests: bool) -> BTreeSet<&str> {
    let wanted = |kind| matches!(kind, DependencyKind::Normal) || tests;
    package.dependencies.iter().filter(|d| wanted(d.kind)).map(|d| d.name.as_str()).collect()
}

#[test]
fn only_the_host_and_these_tests_see_services() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let rooms: BTreeMap<&str, &str> = packages.iter().map(|p| (p.name.as_str(), room(p))).collect();
    let mut edges = 0;
    for package in &packages {
        for name in names(package, true) {
            let Some(target) = rooms.get(name) else { continue };
            edges += 1;
            let sees_all = matches!(package.name.as_str(), "reeve" | "reeve-e2e" | "reeve-fuzz-targets");
            assert!(
                sees_all || *target == "shared",
                "{} depends on the service {name}: services know each other by their events alone",
                package.name
            );
        }
    }
    println!("{} crates, {edges} dependencies between them", packages.len());
}

#[test]
fn the_layers_have_no_way_back() {
    let metadata = metadata();
    let layer = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    for package in metadata.workspace_packages() {
        let Some(own) = layer(&package.name) else { continue };
        for name in names(package, false) {
            if !name.starts_with("reeve") {
                continue;
            }
            let below = layer(name);
            assert!(
                below.is_some_and(|below| below < own),
                "{} (layer {own}) depends on {name} (layer {below:?})",
                package.name
            );
        }
    }
}

#[test]
fn one_crate_names_each_library() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        for (library, owner) in OWNERS {
            let foreign = package.name != owner && names(package, false).contains(library);
            assert!(!foreign, "{} names {library}, which only {owner} does", package.name);
        }
    }
}

/// The book's list of decisions has each of them by its title.
#[test]
fn every_decision_is_listed() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let listed = std::fs::read_to_string(docs.join("decisions.md")).unwrap();
    let mut count = 0;
    for entry in std::fs::read_dir(docs.join("adr")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let title = text.lines().next().unwrap().trim_start_matches("# ");
        let line = format!("- [{title}](adr/{})", path.file_name().unwrap().display());
        assert!(listed.contains(&line), "docs/decisions.md has no line {line}");
        count += 1;
    }
    assert_eq!(listed.lines().filter(|line| line.starts_with("- ")).count(), count);
}
