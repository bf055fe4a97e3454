//! A run of the engine with given outcomes and without any effect: what would follow what.

use super::{
    engine,
    execution::{Command, Execution, ExecutionEvent},
    outcome::Outcome,
    state::{Running, State},
};
use reeve_contracts::automation::ExecutionStarted;
use reeve_eventsourcing::{Actor, Context, Decider};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// How an attempt of a step comes out.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Success, Failed or TimedOut; of an approval also Approved or Rejected.
    pub status: String,
    #[serde(default)]
    pub outputs: Map<String, Value>,
}

/// By the names of steps, one for each attempt of it in their order; the last one counts for all that follow. A step without any
/// succeeds.
pub type Outcomes = BTreeMap<String, Vec<Given>>;

/// One line of what happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    pub step: String,
    pub action: String,
    pub attempt: u32,
    /// How the attempt came out; the last one's is the step's.
    pub status: String,
    /// What the step leads to; empty: nothing in its list.
    pub next_step: String,
    pub iteration: u32,
    pub message: String,
}

/// What a simulation came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    pub lines: Vec<Line>,
    pub status: String,
    pub outputs: BTreeMap<String, Vec<String>>,
    /// The same for the same runbook, parameters and outcomes.
    pub hash: String,
}

/// As many events a simulation has at most: a loop of 100 passes over a runbook of any size that there is has fewer.
const MAX_EVENTS: usize = 200_000;

/// Runs a runbook, as JSON that the document language has normalized, with the values of its parameters.
///
/// # Errors
/// A sentence about an outcome that there is not, and about a run that does not end.
pub fn simulate(
    document_json: &str,
    values: &Map<String, Value>,
    outcomes: &Outcomes,
) -> Result<Trace, String> {
    simulate_within(MAX_EVENTS, document_json, values, ("", outcomes))
}

/// The same of the child of a target, with another limit of how many events it may have.
///
/// # Errors
/// As [`simulate`].
pub fn simulate_within(
    max_events: usize,
    document_json: &str,
    values: &Map<String, Value>,
    (target, outcomes): (&str, &Outcomes),
) -> Result<Trace, String> {
    let mut run = Run { now_ms: 0, counts: BTreeMap::new(), outcomes };
    let started = ExecutionStarted {
        execution_id: "simulation".to_owned(),
        document_json: document_json.to_owned(),
        values_json: Value::Object(values.clone()).to_string(),
        principal: "simulation".to_owned(),
        target: target.to_owned(),
        ..ExecutionStarted::default()
    };
    let mut state = Execution::evolve(State::default(), &ExecutionEvent::ExecutionStarted(started));
    let mut lines = Vec::new();
    for _ in 0..max_events {
        let next = match engine::next(&state, run.now_ms) {
            Some(event) => event,
            None => run.wait(&state)?,
        };
        match &next {
            ExecutionEvent::StepAttemptFailed(e) => lines.push(Line {
                step: name_of(&state),
                action: e.action.clone(),
                attempt: e.attempt,
                status: e.status.clone(),
                next_step: String::new(),
                iteration: state.looping.as_ref().map_or(0, |looping| looping.iteration),
                message: e.message.clone(),
            }),
            ExecutionEvent::StepFinished(e) => lines.push(Line {
                step: e.step_name.clone(),
                action: e.action.clone(),
                attempt: e.attempt,
                status: e.status.clone(),
                next_step: e.next_step.clone(),
                iteration: state
                    .running
                    .as_ref()
                    .and(state.looping.as_ref())
                    .map_or(0, |looping| looping.iteration),
                message: e.failure_message.clone(),
            }),
            ExecutionEvent::ExecutionFinished(e) => {
                let outputs: Vec<(String, Vec<String>)> =
                    serde_json::from_str(&e.outputs_json).unwrap_or_default();
                let (status, outputs) = (e.status.clone(), outputs.into_iter().collect());
                let told = json!({"lines": lines, "status": status, "outputs": outputs}).to_string();
                let hash = Uuid::new_v5(&Uuid::NAMESPACE_OID, told.as_bytes()).simple().to_string();
                return Ok(Trace { lines, status, outputs, hash });
            }
            _ => {}
        }
        state = Execution::evolve(state, &next);
    }
    Err(format!("the runbook did not come to its end within {max_events} events"))
}

fn name_of(state: &State) -> String {
    state.running.as_ref().map(|running| running.name.clone()).unwrap_or_default()
}

struct Run<'a> {
    now_ms: i64,
    /// How many attempts each step had.
    counts: BTreeMap<String, usize>,
    outcomes: &'a Outcomes,
}

impl Run<'_> {
    /// What is waited for happens.
    fn wait(&mut self, state: &State) -> Result<ExecutionEvent, String> {
        let running = state.running.as_ref().ok_or("the run waits for nothing that could happen")?;
        let ended = |state: &State, now_ms: i64| {
            engine::next(state, now_ms)
                .ok_or_else(|| format!("the step {} does not come to its end", running.name))
        };
        if running.action == "aws:sleep" {
            let due = [running.wait_until_ms, running.due_ms].into_iter().filter(|at_ms| *at_ms > 0).min();
            self.now_ms = self.now_ms.max(due.unwrap_or_default());
            return ended(state, self.now_ms);
        }
        let given = self.next_given(&running.name);
        match given.status.as_str() {
            "TimedOut" => {
                if running.due_ms == 0 {
                    return Err(format!(
                        "the step {} is given as TimedOut, and has no timeoutSeconds",
                        running.name
                    ));
                }
                self.now_ms = self.now_ms.max(running.due_ms);
                ended(state, self.now_ms)
            }
            "Success" | "Approved" | "Failed" | "Rejected" => self.come_out(state, running, given),
            other => Err(format!(
                "the step {} is given as {other:?}, which is none of Success, Failed, TimedOut, Approved and Rejected",
                running.name
            )),
        }
    }

    fn next_given(&mut self, name: &str) -> Given {
        let count = self.counts.entry(name.to_owned()).or_default();
        let all = self.outcomes.get(name).map(Vec::as_slice).unwrap_or_default();
        let given = all.get(*count).or(all.last()).cloned();
        *count += 1;
        given.unwrap_or_else(|| Given { status: "Success".to_owned(), outputs: Map::new() })
    }

    fn come_out(&self, state: &State, running: &Running, given: Given) -> Result<ExecutionEvent, String> {
        let succeeds = matches!(given.status.as_str(), "Success" | "Approved");
        let (step_name, comment) = (running.name.clone(), String::new());
        match running.action.as_str() {
            "aws:approve" => {
                let demand = super::approval::Demand::read(&running.inputs)?;
                let names: Vec<String> = demand.lines.iter().map(|line| short(&line.approver)).collect();
                let has_decided = |name: &str| running.approvals.iter().any(|said| said.principal == name);
                // Of a group any number may approve.
                let undecided = names.iter().find(|name| !has_decided(name)).cloned();
                let approver =
                    undecided.unwrap_or_else(|| format!("approver {}", running.approvals.len() + 1));
                let groups = demand.groups().map(str::to_owned).collect();
                let command = match succeeds {
                    true => Command::Approve { step_name, comment, groups, deleted: Vec::new() },
                    false => Command::Reject { step_name, comment, groups },
                };
                self.command(state, command, &approver)
            }
            "aws:pause" if succeeds => self.command(state, Command::Resume { step_name }, "simulation"),
            "aws:pause" => Err(format!("the step {} is a pause, which does not fail", running.name)),
            _ => {
                let outcome = match succeeds {
                    true => Outcome::success(given.outputs),
                    false => Outcome::failed("it was given as Failed".to_owned(), given.outputs),
                };
                let (id, attempt) = (&running.step_execution_id, running.attempt);
                engine::take_outcome(state, id, attempt, outcome, self.now_ms)
                    .ok_or_else(|| format!("the step {} does not take its outcome", running.name))
            }
        }
    }

    fn command(&self, state: &State, command: Command, who: &str) -> Result<ExecutionEvent, String> {
        let context = Context {
            now: Timestamp(self.now_ms),
            actor: Actor { name: who.to_owned(), source: String::new() },
            command_id: Uuid::nil(),
            correlation_id: Uuid::nil(),
            cause_id: None,
            traceparent: None,
        };
        let decided = Execution::decide(state, command, &context).map_err(|error| error.to_string())?;
        decided.ok_or_else(|| "nothing was decided".to_owned())
    }
}

fn short(approver: &str) -> String {
    let name = approver.rsplit_once(":user/").map_or(approver, |(_, name)| name);
    name.strip_prefix("group:").map_or_else(|| name.to_owned(), |group| format!("somebody of {group}"))
}
