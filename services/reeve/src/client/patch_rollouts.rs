//! Patching in waves: a roll-out is started or resumed, and followed to where it ends or stops.

use super::{
    Format,
    connection::{Connection, PATCHING},
    held::Hold,
    list::{Kind, all, all_of, one_of, print},
    stdout,
    table::{cell, instant},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
    time::Duration,
};

const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Starts one, as StartPatchRollout takes it, and follows it.
pub async fn start(connection: &Connection, input: &Value, format: Format) -> anyhow::Result<ExitCode> {
    let started = connection.call_of(&PATCHING, "StartPatchRollout", input).await?;
    let progress = Progress { format, ..Progress::default() };
    follow(connection, &cell(&started, "rolloutId"), progress).await
}

pub async fn resume(connection: &Connection, meant: &str, format: Format) -> anyhow::Result<ExitCode> {
    let id = find(connection, meant).await?;
    // What was before is not told again.
    let before = connection.call_of(&PATCHING, "GetPatchRollout", &json!({"rolloutId": id})).await?;
    let mut progress = Progress { format, is_quiet: true, ..Progress::default() };
    progress.show(connection, &before["rollout"]).await?;
    connection.call_of(&PATCHING, "ResumePatchRollout", &json!({"rolloutId": id})).await?;
    follow(connection, &id, Progress { is_quiet: false, failures: BTreeMap::new(), ..progress }).await
}

async fn every(connection: &Connection) -> anyhow::Result<Vec<Value>> {
    all_of(&PATCHING, connection, "ListPatchRollouts", json!({}), "rollouts").await
}

/// The id of the roll-out that is meant.
async fn find(connection: &Connection, meant: &str) -> anyhow::Result<String> {
    let kind = Kind { article: "a", noun: "roll-out", id: "rolloutId", name: None };
    one_of(&kind, meant, every(connection)).await
}

pub async fn list(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let heading =
        ["ROLL-OUT", "STATUS", "WAVE", "NODES", "FAILED", "LEFT OUT", "STARTED", "STOPPED, BECAUSE"];
    print(format, &every(connection).await?, &heading, |rollout| {
        let waves = rollout["waves"].as_array().cloned().unwrap_or_default();
        let begun = waves.iter().filter(|wave| wave["status"] != "Pending").count();
        let nodes: usize = waves.iter().filter_map(|wave| wave["nodeIds"].as_array()).map(Vec::len).sum();
        let sum = |member: &str| waves.iter().filter_map(|wave| wave[member].as_u64()).sum::<u64>();
        vec![
            cell(rollout, "rolloutId"),
            cell(rollout, "status"),
            format!("{begun} of {}", waves.len()),
            nodes.to_string(),
            sum("failed").to_string(),
            sum("leftOut").to_string(),
            instant(rollout, "startedTime"),
            rollout["reason"].as_str().unwrap_or_default().to_owned(),
        ]
    })
}

/// Prints what happens until it ends or stops. Who ends this program does not end the roll-out.
async fn follow(connection: &Connection, id: &str, mut progress: Progress) -> anyhow::Result<ExitCode> {
    progress.say(&format!("roll-out {id}; it goes on without this program"))?;
    loop {
        let answer = connection.call_of(&PATCHING, "GetPatchRollout", &json!({"rolloutId": id})).await?;
        let rollout = &answer["rollout"];
        progress.show(connection, rollout).await?;
        match rollout["status"].as_str() {
            Some("Completed") => {
                progress.end(rollout, &format!("roll-out {id}: Completed"))?;
                return Ok(ExitCode::SUCCESS);
            }
            Some("Stopped") => {
                let reason = cell(rollout, "reason");
                progress.say_failures()?;
                let hint = format!("`reeve patch resume {id}` lets it go on");
                progress.end(rollout, &format!("roll-out {id}: Stopped, because {reason}; {hint}"))?;
                return Ok(ExitCode::FAILURE);
            }
            _ => tokio::time::sleep(POLL_INTERVAL).await,
        }
    }
}

/// What was printed of a roll-out so far.
#[derive(Default)]
struct Progress {
    format: Format,
    /// Whether it only takes note.
    is_quiet: bool,
    /// The waves' attempts and statuses, and the nodes of commands, of which something was said.
    told: BTreeSet<String>,
    /// Packages and their nodes, by why they could not be installed.
    failures: BTreeMap<String, Vec<String>>,
}

impl Progress {
    fn say(&self, line: &str) -> anyhow::Result<()> {
        match self.format {
            Format::Text if !self.is_quiet => stdout::line(line),
            Format::Text | Format::Json => Ok(()),
        }
    }

    fn end(&self, rollout: &Value, line: &str) -> anyhow::Result<()> {
        match self.format {
            Format::Json => stdout::line(rollout),
            Format::Text => stdout::line(line),
        }
    }

    async fn show(&mut self, connection: &Connection, rollout: &Value) -> anyhow::Result<()> {
        let waves = rollout["waves"].as_array().cloned().unwrap_or_default();
        for wave in waves.iter().filter(|wave| wave["status"] != "Pending") {
            let (number, status, attempt) = (cell(wave, "wave"), cell(wave, "status"), cell(wave, "attempt"));
            let nodes = wave["nodeIds"].as_array().map_or(0, Vec::len);
            let begun = format!("{number}/{attempt}");
            if self.told.insert(begun.clone()) {
                let again = if attempt == "1" { "" } else { " again" };
                let (of, command) = (waves.len(), cell(wave, "commandId"));
                self.say(&format!("wave {number} of {of}{again}: {nodes} nodes, command {command}"))?;
            }
            self.show_nodes(connection, wave).await?;
            self.show_hold(connection, wave).await?;
            if status != "Patching" && self.told.insert(format!("{begun}/{status}")) {
                let count = |member: &str| wave[member].as_u64().unwrap_or_default();
                let gone = match count("leftOut") {
                    0 => String::new(),
                    left_out => format!(", {left_out} deregistered meanwhile"),
                };
                let failed = count("failed");
                self.say(&format!("wave {number}: {status}, {failed} of {nodes} nodes failed{gone}"))?;
            }
        }
        Ok(())
    }

    /// Says what a wave's command waits for before it is sent, once.
    async fn show_hold(&mut self, connection: &Connection, wave: &Value) -> anyhow::Result<()> {
        let member = match cell(wave, "status").as_str() {
            "Patching" => "commandId",
            "CheckingHealth" => "healthCommandId",
            _ => return Ok(()),
        };
        if self.is_quiet || self.format == Format::Json {
            return Ok(());
        }
        let command = cell(wave, member);
        // What a node told of was sent.
        if self.told.iter().any(|told| told.starts_with(&format!("{command}/mi-"))) {
            return Ok(());
        }
        // Who follows a roll-out may not be who may know that.
        let hold = Hold::of(connection, &command).await.ok().flatten();
        if let Some(words) = hold.and_then(|hold| hold.words())
            && self.told.insert(format!("{command}/{words}"))
        {
            self.say(&format!("  command {command}: {words}"))?;
        }
        Ok(())
    }

    /// Says of each of a wave's nodes how it ended, once.
    async fn show_nodes(&mut self, connection: &Connection, wave: &Value) -> anyhow::Result<()> {
        for member in ["commandId", "healthCommandId"] {
            let Some(command) = wave[member].as_str() else { continue };
            if self.told.contains(&format!("{command}/all")) {
                continue;
            }
            let input = json!({"CommandId": command});
            // A moment after it was asked for, the command is not there yet.
            let Ok(listed) = all(connection, "ListCommandInvocations", input, "CommandInvocations").await
            else {
                continue;
            };
            let mut ended = 0;
            for invocation in &listed {
                let (node, status) = (cell(invocation, "InstanceId"), cell(invocation, "Status"));
                if matches!(status.as_str(), "Pending" | "InProgress" | "Delayed" | "Cancelling") {
                    continue;
                }
                ended += 1;
                if self.told.insert(format!("{command}/{node}")) {
                    let details = cell(invocation, "StatusDetails");
                    match member {
                        "commandId" => self.show_node(connection, &node, &details).await?,
                        _ => self.say(&format!("  {node}: health {details}"))?,
                    }
                }
            }
            if ended > 0 && Some(ended) == wave["nodeIds"].as_array().map(Vec::len) {
                self.told.insert(format!("{command}/all"));
            }
        }
        Ok(())
    }

    /// Says how a node ended, and remembers its packages that could not be installed.
    async fn show_node(&mut self, connection: &Connection, node: &str, details: &str) -> anyhow::Result<()> {
        if details == "Undeliverable" {
            return self.say(&format!("  {node}: deregistered"));
        }
        let input = json!({"InstanceIds": [node]});
        let states = all(connection, "DescribeInstancePatchStates", input, "InstancePatchStates").await?;
        let state = states.first().cloned().unwrap_or_default();
        let counts = ["InstalledCount", "MissingCount", "FailedCount", "InstalledPendingRebootCount"];
        let [installed, missing, failed, pending] = counts.map(|name| cell(&state, name));
        self.say(&format!(
            "  {node}: {details}; {installed} installed, {missing} missing, {failed} failed, {pending} pending a restart"
        ))?;
        let input = json!({"InstanceId": node, "TypeName": "AWS:PatchCompliance",
            "Filters": [{"Key": "State", "Values": ["Failed"], "Type": "Equal"}]});
        let patches = match all(connection, "ListInventoryEntries", input, "Entries").await {
            Ok(patches) => patches,
            // It was deregistered after it had ended.
            Err(error) if error.to_string().contains("InvalidInstanceId") => return Ok(()),
            Err(error) => return Err(error),
        };
        for patch in patches {
            let (package, reason) = (cell(&patch, "Title"), cell(&patch, "Reason"));
            self.say(&format!("    {package}: {reason}"))?;
            self.failures.entry(reason).or_default().push(format!("{node} {package}"));
        }
        Ok(())
    }

    fn say_failures(&self) -> anyhow::Result<()> {
        for (reason, packages) in &self.failures {
            self.say(&format!("{} failed: {reason}", packages.len()))?;
            packages.iter().try_for_each(|package| self.say(&format!("  {package}")))?;
        }
        Ok(())
    }
}
