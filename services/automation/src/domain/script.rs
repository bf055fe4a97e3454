//! aws:executeScript: a script runs on a node that the installation names, as a command; never in a service. What it returns is what
//! that command prints, as JSON: what the script itself prints goes to the command's errors.

use super::{
    outcome::{Outcome, Status},
    selector::shown,
};
use data_encoding::BASE64;
use reeve_contracts::run_command::CommandRequested;
use serde_json::{Map, Value, json};

pub const SCRIPT: &str = "aws:executeScript";
/// How long a script may take when its step does not say it (AWS).
pub const DEFAULT_TIMEOUT_MS: i64 = 600_000;
/// What runs a script: its program, and how it is run on the node.
const PYTHON: &str = include_str!("script.py");
const POWERSHELL: &str = include_str!("script.ps1");
/// As many of the last characters of what a script said are in the message of its failure.
const MAX_ERROR: usize = 1_000;
/// A node stops a script so long after the step has, whose end it may not hear of.
const GRACE_SECONDS: i64 = 60;

/// What a runtime of AWS's is called on a node; none: PowerShell.
enum Runtime {
    Python(String),
    PowerShell,
}

/// The command that runs a script, without the node; `timeout_ms` is the attempt's.
///
/// # Errors
/// A sentence that names the input.
pub fn command(inputs: &Map<String, Value>, timeout_ms: i64) -> Result<CommandRequested, String> {
    for name in inputs.keys() {
        match name.as_str() {
            "Runtime" | "Handler" | "Script" | "InputPayload" => {}
            "Attachment" => {
                return Err(
                    "Attachment is not available here: the script is to be given as Script".to_owned()
                );
            }
            other => return Err(format!("{other} is no input of {SCRIPT}")),
        }
    }
    let text = |name: &str| match inputs.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.as_str()),
        None => Err(format!("{name} is missing")),
        Some(other) => Err(format!("{name} is {}, which is no text", shown(other))),
    };
    let (script, runtime) = (text("Script")?, runtime(text("Runtime")?)?);
    let payload = inputs.get("InputPayload").cloned().unwrap_or_else(|| json!({}));
    if !payload.is_object() {
        return Err(format!("InputPayload is {}, which is no map", shown(&payload)));
    }
    let mut job = json!({"Script": script, "InputPayload": payload});
    let run = match &runtime {
        Runtime::Python(program) => {
            job["Handler"] = Value::from(text("Handler")?);
            format!(
                "P=$(command -v {program} || command -v python3) || {{ echo 'there is neither {program} nor python3 on \
                 this node'; exit 127; }}\n\"$P\" -c '{PYTHON}' <<'END'"
            )
        }
        Runtime::PowerShell => {
            let utf16: Vec<u8> = POWERSHELL.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let encoded = BASE64.encode(&utf16);
            format!(
                "P=$(command -v pwsh) || {{ echo 'there is no pwsh on this node'; exit 127; }}\n\
                 REEVE_RESULT=$(umask 077; mktemp) || exit 1\nexport REEVE_RESULT\ntrap 'rm -f \"$REEVE_RESULT\"' EXIT\n\
                 after() {{ cat \"$REEVE_RESULT\" >&3; }}\n\
                 \"$P\" -NoProfile -NonInteractive -EncodedCommand {encoded} <<'END'"
            )
        }
    };
    let after =
        if matches!(runtime, Runtime::PowerShell) { "\nE=$?; [ $E -eq 0 ] && after; exit $E" } else { "" };
    // The job has no character that a shell or a reference to a parameter could be made of.
    let job = BASE64.encode(job.to_string().as_bytes());
    let text = format!("exec 3>&1 1>&2\n{run}\n{job}\nEND{after}");
    let seconds = (timeout_ms / 1_000).saturating_add(GRACE_SECONDS).clamp(1, 172_800);
    let parameters = json!({"commands": [text], "executionTimeout": [seconds.to_string()]});
    Ok(CommandRequested {
        document_name: "AWS-RunShellScript".to_owned(),
        parameters_json: parameters.to_string(),
        comment: SCRIPT.to_owned(),
        ..CommandRequested::default()
    })
}

fn runtime(text: &str) -> Result<Runtime, String> {
    let is_version = |version: &str| version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match text.strip_prefix("python") {
        Some(version) if is_version(version) => Ok(Runtime::Python(text.to_owned())),
        None if text.starts_with("PowerShell") => Ok(Runtime::PowerShell),
        _ => Err(format!("Runtime is {text:?}, which is neither python3.… nor PowerShell …")),
    }
}

/// What came of a script whose command ended as `status`: what it returned, or the end of what it said.
pub fn outcome(command_id: &str, status: &str, (stdout, stderr): (&str, &str)) -> Outcome {
    if status != "Success" {
        let said = stderr.trim_end();
        let from = said.char_indices().rev().nth(MAX_ERROR - 1).map_or(0, |(at, _)| at);
        let end = said.get(from..).unwrap_or_default();
        let said = if end.is_empty() { String::new() } else { format!(": {end}") };
        return Outcome::failed(
            format!("the script's command {command_id} ended as {status}{said}"),
            Map::new(),
        );
    }
    if stdout.trim().is_empty() {
        let message = format!("the script's command {command_id} ended itself and returned nothing");
        return Outcome { status: Status::Failed, is_retried: false, ..Outcome::failed(message, Map::new()) };
    }
    if let Some(number) = inexact(stdout) {
        let message = format!(
            "the script returned the number {number}, which would not arrive as it is: return it as a text"
        );
        return Outcome { status: Status::Failed, is_retried: false, ..Outcome::failed(message, Map::new()) };
    }
    match serde_json::from_str::<Value>(stdout) {
        Ok(returned) => Outcome::success(Map::from_iter([("Payload".to_owned(), returned)])),
        Err(error) => {
            let message = format!("what the script's command {command_id} printed is no JSON: {error}");
            Outcome { status: Status::Failed, is_retried: false, ..Outcome::failed(message, Map::new()) }
        }
    }
}

/// The first number of a JSON text that is read as another one: a whole one of more than 64 bits, and one that is too large.
fn inexact(json: &str) -> Option<&str> {
    let mut rest = json;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let (found, after) = (&rest[at..], &rest[at + 1..]);
        if found.starts_with('"') {
            // To the end of the text: a quote behind a backslash does not end it.
            let mut is_escaped = false;
            let end = after.find(|c: char| {
                let ends = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                ends
            });
            rest = end.map_or("", |end| &after[end + 1..]);
            continue;
        }
        let end = found.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'));
        let (number, behind) = found.split_at(end.unwrap_or(found.len()));
        let is_whole = !number.contains(['.', 'e', 'E']);
        let is_exact = match is_whole {
            true => number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok(),
            false => number.parse::<f64>().is_ok_and(f64::is_finite),
        };
        if !is_exact {
            return Some(number);
        }
        rest = behind;
    }
    None
}

/// Whether inputs are what the action takes.
///
/// # Errors
/// A sentence that names the input.
pub fn check(inputs: &Map<String, Value>) -> Result<(), String> {
    command(inputs, DEFAULT_TIMEOUT_MS).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::inputs::list_of_texts;
    use std::process::{Command, Output, Stdio};

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    /// Runs the command's text as a node does.
    fn run(inputs: Value) -> Output {
        let request = command(&map(inputs), 1_000).unwrap();
        let parameters: Value = serde_json::from_str(&request.parameters_json).unwrap();
        let text = list_of_texts(&parameters["commands"]).unwrap().join("\n");
        let mut shell = Command::new("sh");
        shell.args(["-c", &text]).stdin(Stdio::null()).output().unwrap()
    }

    fn python(script: &str, payload: Value) -> Output {
        run(json!({"Runtime": "python3.11", "Handler": "main", "Script": script, "InputPayload": payload}))
    }

    fn of(output: &Output) -> Outcome {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let status = if output.status.success() { "Success" } else { "Failed" };
        outcome("c", status, (&text(&output.stdout), &text(&output.stderr)))
    }

    #[test]
    fn what_a_script_returns_is_its_payload_and_what_it_prints_is_not() {
        let script = "import os\ndef main(events, context):\n    print('noise', \"'\\\"{{ ssm:x }}\", flush=True)\n    os.system('echo more')\n    return {'sum': sum(events['of']), 'text': events['text']}\n";
        let payload = json!({"of": [1, 2, 3], "text": "ä '\" $(id) `id` {{ x }}\n"});
        let output = python(script, payload.clone());
        let outcome = of(&output);
        assert_eq!(outcome.outputs["Payload"], json!({"sum": 6, "text": payload["text"]}), "{outcome:?}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains("noise '\"{{ ssm:x }}") && errors.contains("more"), "{errors}");
        let none = of(&python("def main(events, context):\n    pass\n", json!({})));
        assert_eq!(none.outputs["Payload"], Value::Null);
    }

    #[test]
    fn a_number_that_would_change_on_its_way_fails_the_step() {
        for (returned, wanted) in [
            ("[2**63, -2**63, 0.1, 1e300, '120000000000000000000', 2**64 - 1]", None),
            ("{'n': 120000000000000000000000000000}", Some("120000000000000000000000000000")),
            ("['a \"9', 2**64]", Some("18446744073709551616")),
            ("[-2**63 - 1]", Some("-9223372036854775809")),
        ] {
            let outcome =
                of(&python(&format!("def main(events, context):\n    return {returned}\n"), json!({})));
            match wanted {
                None => assert_eq!(outcome.status, Status::Success, "{outcome:?}"),
                Some(number) => {
                    assert_eq!(outcome.status, Status::Failed, "{returned}");
                    assert!(outcome.message.contains(number), "{}", outcome.message);
                }
            }
        }
        assert_eq!(inexact(r#"{"a": "\\", "b": 1e999}"#), Some("1e999"));
        assert_eq!(inexact(r#"{"a": "\"99999999999999999999"}"#), None);
    }

    #[test]
    fn what_is_wrong_with_a_script_is_said_with_the_end_of_its_traceback() {
        for (script, said) in [
            ("def main(events, context):\n    return events['none']\n", "KeyError: 'none'"),
            ("def main(events, context):\n    return 'x' * 30000\n", "may have 20000"),
            ("def main(events, context):\n    return main\n", "not JSON serializable"),
            ("def main(events, context):\n    raise SystemExit(0)\n", "returned nothing"),
            ("def other(): pass\n", "defines no function main"),
            ("def main(:\n", "SyntaxError"),
        ] {
            let outcome = of(&python(script, json!({})));
            assert_eq!(outcome.status, Status::Failed, "{script}");
            assert!(outcome.message.contains(said), "{script}: {}", outcome.message);
            assert!(outcome.message.len() < 1_200, "{}", outcome.message.len());
        }
    }

    #[test]
    fn inputs_that_are_none_are_named() {
        for (inputs, named) in [
            (json!({"Runtime": "ruby3", "Script": "x"}), "Runtime"),
            (json!({"Runtime": "python3;id", "Handler": "m", "Script": "x"}), "Runtime"),
            (json!({"Runtime": "python3.8", "Script": "x"}), "Handler"),
            (json!({"Runtime": "python3.8", "Handler": "m"}), "Script"),
            (json!({"Runtime": "python3.8", "Handler": "m", "Attachment": "a.zip"}), "Attachment"),
            (json!({"Runtime": "PowerShell 7.0", "Script": "x", "InputPayload": []}), "InputPayload"),
            (json!({"Runtime": "PowerShell 7.0", "Script": "x", "Timeout": 1}), "Timeout"),
        ] {
            assert!(check(&map(inputs)).unwrap_err().contains(named), "{named}");
        }
    }

    /// A program in the place of PowerShell shows what it is given; PowerShell itself is not here.
    #[test]
    fn powershell_is_given_the_job_and_its_result_is_what_it_writes() {
        let folder = std::env::temp_dir().join(format!("reeve-pwsh-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let program = folder.join("pwsh");
        let text = "#!/bin/sh\necho \"$@\" | grep -q EncodedCommand || exit 9\nbase64 -d > \"$REEVE_RESULT\"\necho said\n";
        std::fs::write(&program, text).unwrap();
        Command::new("chmod").arg("+x").arg(&program).status().unwrap();
        let inputs = json!({"Runtime": "PowerShell 7.4", "Script": "return 1", "InputPayload": {"a": 1}});
        let request = command(&map(inputs), 1_000).unwrap();
        let parameters: Value = serde_json::from_str(&request.parameters_json).unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let text = parameters["commands"][0].as_str().unwrap();
        let output = Command::new("sh").args(["-c", text]).env("PATH", path).output().unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let outcome = of(&output);
        assert_eq!(
            outcome.outputs["Payload"],
            json!({"Script": "return 1", "InputPayload": {"a": 1}}),
            "{outcome:?}"
        );
    }
}
