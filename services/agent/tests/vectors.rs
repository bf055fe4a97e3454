//! Forty documents with what the original agent made of them, run through our engine.
//!
//! Where we differ on purpose, [`DIFFERENCES`] says why. A difference without a reason fails the test, and so
//! does a reason without a difference.

#![cfg(test)]

mod support;

use std::{collections::BTreeSet, sync::Arc};

use reeve_agent::execute::{Containment, Outcome};
use reeve_contracts::outcome::StepOutcome;
use serde_json::Value;

const PLAIN_WORDS: &str =
    "we name the field in plain words; the original shows an error of its programming language";
const NO_DOCUMENT: &str = "we say which document is missing instead of the error of a cloud call";
const NO_DOCKER: &str = "the plugin is not built, and the node says so";
const NO_TIMEOUT: &str = "a signal is no time-out: TimedOut says that the agent's own timer fired, and the output names the signal";
const NO_FOLDER: &str = "we name the working directory; the original blames the shell";

/// Vector, field of a step, reason.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("list-in-list-mixed", "a.stderr", PLAIN_WORDS),
    ("list-in-list-mixed", "a.output", PLAIN_WORDS),
    ("string-whole", "a.stderr", PLAIN_WORDS),
    ("string-whole", "a.output", PLAIN_WORDS),
    ("list-given-as-string", "a.stderr", PLAIN_WORDS),
    ("list-given-as-string", "a.output", PLAIN_WORDS),
    ("runcommand-nonstring", "a.stderr", PLAIN_WORDS),
    ("runcommand-nonstring", "a.output", PLAIN_WORDS),
    ("v12-map-properties", "aws:runShellScript.stderr", PLAIN_WORDS),
    ("v12-map-properties", "aws:runShellScript.output", PLAIN_WORDS),
    ("rundoc-unknown", "a.stderr", NO_DOCUMENT),
    ("rundoc-unknown", "a.output", NO_DOCUMENT),
    ("docker-missing", "a.stderr", NO_DOCKER),
    ("docker-missing", "a.output", NO_DOCKER),
    ("signal", "documentStatus", NO_TIMEOUT),
    ("signal", "a.status", NO_TIMEOUT),
    ("signal", "a.stderr", NO_TIMEOUT),
    ("signal", "a.output", NO_TIMEOUT),
    ("workdir", "c.stderr", NO_FOLDER),
    ("workdir", "c.output", NO_FOLDER),
];

async fn execute(root: &std::path::Path, containment: &Arc<Containment>, vector: &Value) -> Outcome {
    let (command, document) = (vector["name"].as_str().unwrap(), vector["document"].clone());
    assert!(vector["parameters"].is_object(), "{command}");
    support::execute(root, containment, command, document, &vector["parameters"]).await
}

/// The texts of long outputs stand in the vectors as length, head and tail.
fn same_text(expected: &Value, found: &str) -> bool {
    match expected {
        Value::String(text) => text == found,
        long => {
            long["len"].as_u64() == Some(found.chars().count() as u64)
                && found.starts_with(long["head"].as_str().unwrap())
                && found.ends_with(long["tail"].as_str().unwrap())
        }
    }
}

fn compare(expected: &Value, found: &Outcome) -> Vec<(String, String)> {
    let mut differences = Vec::new();
    let mut differs = |field: String, expected: &Value, found: &str| {
        differences.push((field, format!("expected {expected}, found {found:?}")));
    };
    if expected["documentStatus"] != found.status.name() {
        differs("documentStatus".to_owned(), &expected["documentStatus"], found.status.name());
    }
    let steps = expected["steps"].as_object().unwrap();
    let names: BTreeSet<&str> =
        steps.keys().map(String::as_str).chain(found.steps.iter().map(|s| s.name.as_str())).collect();
    for name in names {
        let (Some(wanted), Some(step)) = (steps.get(name), found.steps.iter().find(|s| s.name == name))
        else {
            differs(name.to_owned(), steps.get(name).unwrap_or(&Value::Null), "a step on one side alone");
            continue;
        };
        let StepOutcome { action, code, stdout, stderr, output, .. } = step;
        for (field, text) in [("plugin", action.as_str()), ("status", step.status().name())] {
            if wanted[field] != text {
                differs(format!("{name}.{field}"), &wanted[field], text);
            }
        }
        if wanted["code"] != *code {
            differs(format!("{name}.code"), &wanted["code"], &code.to_string());
        }
        for (field, text) in [("stdout", stdout), ("stderr", stderr), ("output", output)] {
            if !same_text(&wanted[field], text) {
                differs(format!("{name}.{field}"), &wanted[field], text);
            }
        }
    }
    differences
}

#[tokio::test(flavor = "current_thread")]
async fn given_the_vectors_when_run_then_only_the_listed_differences_remain() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("agent-vectors.json")).unwrap();
    assert_eq!(vectors.len(), 40);
    let root = tempfile::tempdir().unwrap();
    // The best way that there is here: what it does to a step must not show.
    let containment = Arc::new(Containment::find(root.path(), "vectors").await);
    containment.end_leftovers().await.unwrap();
    let mut found = BTreeSet::new();
    let mut wrong = Vec::new();
    for vector in &vectors {
        let name = vector["name"].as_str().unwrap();
        let outcome = execute(root.path(), &containment, vector).await;
        for (field, detail) in compare(vector, &outcome) {
            if DIFFERENCES.iter().any(|(v, f, _)| *v == name && *f == field) {
                found.insert((name.to_owned(), field));
            } else {
                wrong.push(format!("{name}: {field}: {detail}"));
            }
        }
    }
    for (vector, field, reason) in DIFFERENCES {
        if !found.contains(&((*vector).to_owned(), (*field).to_owned())) {
            wrong.push(format!("{vector}: {field}: no difference any more ({reason})"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
