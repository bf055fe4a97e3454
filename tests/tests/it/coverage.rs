//! The book's page of operations: what the services on the bus say that they serve, beside what the models have.

use crate::matrix::models;
use reeve_e2e::Instance;
use reeve_jetstream::serve;
use std::{collections::BTreeMap, fmt::Write, path::Path, time::Duration};

const BEGINNING: &str = "# Operations

Which operations of each API are served, and by which service. This page is made of the models in `schemas/` and of what the
services say on the bus (`$SRV.INFO`); a test holds it, and `UPDATE_CONTRACTS=1` writes it anew. An operation that is not built
answers `UnknownOperationException`, or `404` where operations have paths.
";

fn page(served: &[serve::Served]) -> String {
    let mut page = BEGINNING.to_owned();
    for (api, model) in models() {
        let by: BTreeMap<&str, &str> = served
            .iter()
            .filter(|operation| operation.api == api)
            .map(|operation| (operation.operation.as_str(), service(operation)))
            .collect();
        let operations = model["operations"].as_object().unwrap();
        writeln!(page, "\n## {api}: {} of {}\n", by.len(), operations.len()).unwrap();
        writeln!(page, "| Operation | Service |\n|---|---|").unwrap();
        let mut names: Vec<&String> = operations.keys().collect();
        names.sort();
        for name in names {
            writeln!(page, "| {name} | {} |", by.get(name.as_str()).unwrap_or(&"not built")).unwrap();
        }
    }
    page
}

/// The service behind `reeve.api.<service>.<Operation>`.
fn service(operation: &serve::Served) -> &str {
    operation.subject.split('.').nth(2).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_operations_says_what_is_served() {
    let instance = Instance::start(0);
    let served = serve::discover(&instance.bus().await, Duration::from_secs(1)).await.unwrap();
    let made = page(&served);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
    if std::env::var_os("UPDATE_CONTRACTS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/operations.md is not what is served: UPDATE_CONTRACTS=1 writes it anew");
}
