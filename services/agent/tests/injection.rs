//! Values that would run something if a shell read them as its text.

#![cfg(test)]

mod support;

use reeve_agent::execute::{Containment, Outcome};
use reeve_document_language as language;
use serde_json::{Value, json};
use std::{path::Path, sync::Arc};

/// Each would make the file `ran` in the working directory; `{}` stands for a line break.
const CORPUS: [&str; 26] = [
    "; touch ran",
    "& touch ran &",
    "| touch ran",
    "|| touch ran",
    "&& touch ran",
    "{}touch ran{}",
    "$(touch ran)",
    "`touch ran`",
    "\"; touch ran; \"",
    "'; touch ran; '",
    "\"$(touch ran)\"",
    "'$(touch ran)'",
    "\\\"; touch ran; #",
    "\\'; touch ran; #",
    "\"'`touch ran`'\"",
    ") ; touch ran ; (",
    "} ; touch ran ; {",
    "<(touch ran)",
    "> ran",
    ">> ran",
    "< /dev/null > ran",
    "{}EOF{}touch ran{}cat <<EOF{}",
    "${x:=$(touch ran)}",
    "$((`touch ran`))",
    "x=y touch ran",
    "\\{}touch ran",
];

/// The ways in which scripts write a parameter down.
const SCRIPTS: [&str; 6] = [
    "printf '[%s]' \"{{ p }}\"",
    "echo {{ p }} > /dev/null; printf '[%s]' \"{{ p }}\"",
    "cat <<EOF > /dev/null\n{{ p }}\nEOF\nprintf '[%s]' \"{{ p }}\"",
    "x=\"{{ p }}\"; printf '[%s]' \"$x\"",
    "x=$(printf '%s.' \"{{ p }}\"); printf '[%s]' \"${x%.}\"",
    "if [ \"{{ p }}\" = same ]; then :; fi; case \"{{ p }}\" in a) ;; esac; printf '[%s]' \"{{ p }}\"",
];

async fn execute(root: &Path, value: &str, folder: &Path) -> Outcome {
    let steps: Vec<Value> = SCRIPTS
        .iter()
        .enumerate()
        .map(|(n, script)| {
            let lines: Vec<&str> = script.split('\n').collect();
            json!({"action": "aws:runShellScript", "name": format!("s{n}"),
                "inputs": {"runCommand": lines, "workingDirectory": folder}})
        })
        .collect();
    let document = json!({"schemaVersion": "2.2", "mainSteps": steps,
        "parameters": {"p": {"type": "String", "interpolationType": "ENV_VAR"}}});
    let containment = Arc::new(Containment::group());
    support::execute(&root.join("documents"), &containment, "injection", document, &json!({"p": value})).await
}

#[tokio::test(flavor = "current_thread")]
async fn given_values_that_would_run_when_bound_as_env_var_then_they_are_text() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("work");
    std::fs::create_dir(&folder).unwrap();
    let mut cases = 0;
    for value in CORPUS {
        let value = value.replace("{}", "\n");
        let outcome = execute(root.path(), &value, &folder).await;
        for step in &outcome.steps {
            assert_eq!(step.stdout, format!("[{value}]"), "{value:?} in {}: {}", step.name, step.stderr);
            cases += 1;
        }
        assert_eq!(outcome.steps.len(), SCRIPTS.len(), "{value:?}: {outcome:?}");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "{value:?} has run");
    }
    println!("{cases} values in scripts: none has run, each is printed as it is");
}

#[test]
fn given_another_type_when_declared_as_env_var_then_the_document_is_refused() {
    for kind in ["StringList", "StringMap", "MapList", "Boolean", "Integer"] {
        let document = json!({"schemaVersion": "2.2",
            "parameters": {"p": {"type": kind, "interpolationType": "ENV_VAR"}},
            "mainSteps": [{"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ["true"]}}]});
        let checked = language::check("Command", language::Format::Json, &document.to_string());
        assert!(checked.is_err(), "{kind} cannot be carried by a variable");
    }
}

#[test]
fn given_a_pattern_when_a_value_does_not_match_whole_then_it_is_refused() {
    let document = json!({"schemaVersion": "2.2",
        "parameters": {"p": {"type": "String", "allowedPattern": "^[a-z]+$"},
                       "l": {"type": "StringList", "allowedPattern": "^[a-z]+$", "default": []}},
        "mainSteps": [{"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ["{{ p }}"]}}]});
    let checked = language::check("Command", language::Format::Json, &document.to_string()).unwrap();
    let bind = |name: &str, value: &str| {
        let mut given = std::collections::BTreeMap::from([("p".to_owned(), vec!["fine".to_owned()])]);
        given.insert(name.to_owned(), vec![value.to_owned()]);
        language::bind(&checked.inputs, &given.into_iter().collect())
    };
    assert!(bind("p", "fine").is_ok() && bind("l", "fine").is_ok());
    for value in CORPUS {
        let value = value.replace("{}", "\n");
        for name in ["p", "l"] {
            for text in [value.clone(), format!("fine{value}"), format!("fine\n{value}")] {
                assert!(bind(name, &text).is_err(), "{name} took {text:?}");
            }
        }
    }
}
