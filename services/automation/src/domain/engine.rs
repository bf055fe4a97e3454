//! The engine: what comes next in an execution. A pure function of its state and of the instant: what it answers is the next
//! event, or nothing while somebody or some instant is waited for.

use super::{
    WAIT_FOR_CALENDARS,
    actions::{self, Beginning, Kind},
    api_call::{self, Answered},
    approval::warning_ms,
    conditions,
    outcome::{self, Outcome, Status, end},
    outputs,
    runbook::{OnFailure, Runbook, Step, truth, whole_number},
    selector,
    state::{Looping, Running, State, Stopping, step_execution_id},
    targets,
    values::Scope,
};
use reeve_contracts::automation::{
    ApiCallAnswered, ApprovalExpiring, ExecutionEvent, StepAttemptFailed, StepFinished, StepPolled,
    StepStarted,
};
use reeve_document_language::selector::is_of_type;
use serde_json::{Map, Value, json};

/// What is decided on: an execution and its runbook, at an instant.
struct Engine<'a> {
    state: &'a State,
    runbook: &'a Runbook,
    now_ms: i64,
}

/// What comes next in an execution; `None` while it waits, and when it has ended.
pub fn next(state: &State, now_ms: i64) -> Option<ExecutionEvent> {
    if !state.is_running() {
        return None;
    }
    if let Some(children) = &state.children {
        return targets::next(state, children, now_ms);
    }
    let runbook = Runbook::parse(&state.document_json).unwrap_or_default();
    Engine { state, runbook: &runbook, now_ms }.next()
}

/// What follows when what an attempt has asked for came out; `None` when that attempt does not run any more.
pub fn take_outcome(
    state: &State,
    step_execution_id: &str,
    attempt: u32,
    outcome: Outcome,
    now_ms: i64,
) -> Option<ExecutionEvent> {
    let running = state.running.as_ref().filter(|_| state.is_running())?;
    if running.step_execution_id != step_execution_id || running.attempt != attempt {
        return None;
    }
    let runbook = Runbook::parse(&state.document_json).unwrap_or_default();
    Some(Engine { state, runbook: &runbook, now_ms }.settle(running, outcome))
}

/// What follows when the API has answered what an attempt has asked; `None` when that attempt does not run any more, or has this
/// answer already.
pub fn take_answer(
    state: &State,
    step_execution_id: &str,
    (attempt, poll): (u32, u32),
    answer: &ApiCallAnswered,
    now_ms: i64,
) -> Option<ExecutionEvent> {
    let running = state.running.as_ref().filter(|_| state.is_running())?;
    if running.step_execution_id != step_execution_id || (running.attempt, running.polls) != (attempt, poll) {
        return None;
    }
    let runbook = Runbook::parse(&state.document_json).unwrap_or_default();
    let declared = runbook.step(&running.loop_name, &running.name).map(|step| step.outputs.as_slice());
    match api_call::outcome(&running.action, &running.inputs, declared.unwrap_or_default(), answer) {
        Answered::Ends(outcome) => Some(Engine { state, runbook: &runbook, now_ms }.settle(running, outcome)),
        Answered::NotYet(value) => Some(ExecutionEvent::StepPolled(StepPolled {
            execution_id: state.id.clone(),
            step_execution_id: step_execution_id.to_owned(),
            attempt,
            poll: poll + 1,
            value_json: value.map(|value| selector::shown(&value)).unwrap_or_default(),
            polled_ms: now_ms,
            next_poll_ms: now_ms.saturating_add(api_call::poll_interval_ms(poll)),
        })),
    }
}

impl Engine<'_> {
    fn next(&self) -> Option<ExecutionEvent> {
        if let Some(running) = &self.state.running {
            let settled = self.outcome(running).map(|outcome| self.settle(running, outcome));
            return settled.or_else(|| self.warning(running));
        }
        if let Some(looping) = &self.state.looping {
            return self.next_of_loop(looping);
        }
        let may_begin = match self.state.stopping {
            Some(Stopping::Complete) => false,
            Some(Stopping::Cancel) => self.is_cleaning_up(),
            None => self.state.clean_up_until_ms.is_none() || self.is_cleaning_up(),
        };
        match &self.state.next_step {
            Some(name) if may_begin => {
                let is_released = self.state.released.as_ref() == Some(name);
                if self.state.is_interactive && !is_released && !self.is_cleaning_up() {
                    return None;
                }
                match self.runbook.step("", name) {
                    Some(step) => Some(self.begin(step, "", 0, None)),
                    None => Some(self.finish()),
                }
            }
            // An interactive execution is ended by who leads it.
            None if self.state.is_interactive && self.state.stopping.is_none() => None,
            _ => Some(self.finish()),
        }
    }

    fn is_cleaning_up(&self) -> bool {
        self.state.clean_up_until_ms.is_some_and(|until_ms| self.now_ms < until_ms)
    }

    /// A step begins: everything in it is resolved now.
    fn begin(&self, step: &Step, loop_name: &str, iteration: u32, iterator: Option<Value>) -> ExecutionEvent {
        let path = match loop_name {
            "" => step.name.clone(),
            loop_name => format!("{loop_name}/{iteration}/{}", step.name),
        };
        let mut started = StepStarted {
            execution_id: self.state.id.clone(),
            step_execution_id: step_execution_id(&self.state.id, &path),
            step_name: step.name.clone(),
            action: step.action.clone(),
            inputs_json: "{}".to_owned(),
            started_ms: self.now_ms,
            max_attempts: 1,
            is_critical: !matches!(step.on_failure(), OnFailure::Continue),
            loop_name: loop_name.to_owned(),
            iteration,
            iterator_value_json: iterator.as_ref().map(Value::to_string).unwrap_or_default(),
            ..StepStarted::default()
        };
        if let Err(problem) = self.resolve(step, iterator, &mut started) {
            started.problem = problem;
        }
        ExecutionEvent::StepStarted(started)
    }

    fn resolve(&self, step: &Step, iterator: Option<Value>, started: &mut StepStarted) -> Result<(), String> {
        let scope = Scope { state: self.state, runbook: self.runbook, now_ms: self.now_ms, iterator };
        let value = |of: &Option<Value>| of.as_ref().map(|value| scope.resolve(value)).transpose();
        for (name, of, flag) in [
            ("isEnd", &step.is_end, &mut started.is_end),
            ("isCritical", &step.is_critical, &mut started.is_critical),
        ] {
            if let Some(given) = value(of)? {
                let wrong =
                    || format!("{name} is {}, which is neither true nor false", selector::shown(&given));
                *flag = truth(&given).ok_or_else(wrong)?;
            }
        }
        if let Some(given) = value(&step.max_attempts)? {
            let attempts = whole_number(&given).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
            let wrong =
                || format!("maxAttempts is {}, which is no positive whole number", selector::shown(&given));
            started.max_attempts = attempts.ok_or_else(wrong)?;
        }
        let mut inputs = Map::new();
        for (name, given) in &step.inputs {
            let given = match (step.action.as_str(), name.as_str()) {
                // It has braces of its own; what it is given is another input. A loop's condition is read after each pass.
                ("aws:executeScript", "Script") | ("aws:loop", "LoopCondition") => given.clone(),
                _ => scope.resolve(given)?,
            };
            inputs.insert(name.clone(), given);
        }
        started.inputs_json = Value::Object(inputs.clone()).to_string();
        let beginning: Beginning = actions::begin(&step.action, &inputs, self.now_ms)?;
        if api_call::is_api_call(&step.action) {
            api_call::request(&step.action, &inputs, &step.outputs)?;
        }
        started.wait_until_ms = beginning.wait_until_ms;
        started.timeout_ms =
            actions::timeout_ms(&step.action, value(&step.timeout_seconds)?.as_ref(), beginning)?;
        Ok(())
    }

    /// How the running step comes out, if it does now.
    fn outcome(&self, running: &Running) -> Option<Outcome> {
        if !running.problem.is_empty() {
            return Some(Outcome::invalid(running.problem.clone()));
        }
        if self.is_cut_off(running) {
            return Some(Outcome::cancelled());
        }
        let outcome = match (running.action.as_str(), actions::kind(&running.action)) {
            (action, Kind::Unavailable) => Some(Outcome::refused(actions::why_unavailable(action))),
            ("aws:sleep", _) => (self.now_ms >= running.wait_until_ms).then(Outcome::default),
            ("aws:approve", _) => outcome::of_approval(running),
            (WAIT_FOR_CALENDARS, _) => outcome::of_calendars(running),
            ("aws:pause", _) => running.is_resumed.then(Outcome::default),
            ("aws:branch", _) => Some(outcome::of_branch(&running.inputs)),
            ("aws:updateVariable", _) => Some(self.update_variable(&running.inputs)),
            _ => None,
        };
        let is_late = running.due_ms > 0 && self.now_ms >= running.due_ms;
        // Who was asked is told that it was too late; nobody is asked to approve twice.
        let is_retried = running.action != "aws:approve";
        outcome.or_else(|| is_late.then(|| Outcome::timed_out(is_retried)))
    }

    /// What is said of an approval whose time is nearly over, once.
    fn warning(&self, running: &Running) -> Option<ExecutionEvent> {
        let at_ms = warning_ms(&running.action, running.due_ms, running.timeout_ms);
        (at_ms > 0 && self.now_ms >= at_ms && !running.is_warned).then(|| {
            ExecutionEvent::ApprovalExpiring(ApprovalExpiring {
                execution_id: self.state.id.clone(),
                step_execution_id: running.step_execution_id.clone(),
                step_name: running.name.clone(),
                due_ms: running.due_ms,
                at_ms: self.now_ms,
            })
        })
    }

    /// Whether what runs is to end although it has not come out.
    fn is_cut_off(&self, running: &Running) -> bool {
        let loop_is_stopped = self.state.looping.as_ref().is_some_and(|looping| looping.step.is_stopped);
        let is_cleaned_up = self.state.clean_up_until_ms.is_some();
        let is_stopped = self.state.stopping == Some(Stopping::Cancel) && !is_cleaned_up;
        running.is_stopped
            || loop_is_stopped
            || self.loop_is_late()
            || is_stopped
            || (is_cleaned_up && !self.is_cleaning_up())
    }

    fn loop_is_late(&self) -> bool {
        let due_ms = self.state.looping.as_ref().map_or(0, |looping| looping.step.due_ms);
        due_ms > 0 && self.now_ms >= due_ms
    }

    fn update_variable(&self, inputs: &Map<String, Value>) -> Outcome {
        let name = inputs.get("Name").and_then(Value::as_str).unwrap_or_default();
        let bare = name.strip_prefix("variable:").unwrap_or(name);
        let value = inputs.get("Value").cloned().unwrap_or_default();
        let Some((_, kind, _)) = self.runbook.variables.iter().find(|(declared, ..)| declared == bare) else {
            return Outcome::invalid(format!("Name is {name:?}, which is no variable of the runbook"));
        };
        if !is_of_type(&value, kind) {
            let shown = selector::shown(&value);
            return Outcome::invalid(format!(
                "Value is {shown}, and the variable {bare} is of the type {kind}"
            ));
        }
        Outcome { variable: Some((bare.to_owned(), value)), ..Outcome::default() }
    }

    /// The event of an attempt that came out: the next attempt, or the end of the step and where it leads.
    fn settle(&self, running: &Running, outcome: Outcome) -> ExecutionEvent {
        let step = self.runbook.step(&running.loop_name, &running.name).cloned().unwrap_or_default();
        // Of an API's answer the gateway has selected them.
        let outcome =
            if api_call::is_api_call(&running.action) { outcome } else { outcome::declared(&step, outcome) };
        let fails = matches!(outcome.status, Status::Failed | Status::TimedOut);
        if fails
            && outcome.is_retried
            && running.attempt < running.max_attempts
            && self.state.stopping.is_none()
        {
            return ExecutionEvent::StepAttemptFailed(StepAttemptFailed {
                execution_id: self.state.id.clone(),
                step_execution_id: running.step_execution_id.clone(),
                action: running.action.clone(),
                attempt: running.attempt,
                status: outcome.status.as_str().to_owned(),
                message: outcome.message,
                failed_ms: self.now_ms,
                timeout_ms: running.timeout_ms,
            });
        }
        let next_step = self.after(&step, running, &outcome);
        // A step of a loop that fails for good ends the loop: going on is said by its onFailure.
        let aborts = match outcome.status {
            Status::Success => false,
            Status::Failed | Status::TimedOut => step.on_failure() == OnFailure::Abort,
            Status::Cancelled => next_step.is_none(),
        };
        self.finished(running, outcome, next_step, aborts && !running.loop_name.is_empty())
    }

    fn finished(
        &self,
        running: &Running,
        outcome: Outcome,
        next_step: Option<String>,
        ends_loop: bool,
    ) -> ExecutionEvent {
        let (variable, value) = outcome.variable.unwrap_or_default();
        ExecutionEvent::StepFinished(StepFinished {
            execution_id: self.state.id.clone(),
            step_execution_id: running.step_execution_id.clone(),
            step_name: running.name.clone(),
            action: running.action.clone(),
            attempt: running.attempt,
            status: outcome.status.as_str().to_owned(),
            outputs_json: Value::Object(outcome.outputs).to_string(),
            failure_message: failure_message(running, outcome.stage, &outcome.message),
            failure_stage: outcome.stage.to_owned(),
            failure_type: outcome.sort.to_owned(),
            finished_ms: self.now_ms,
            next_step: next_step.unwrap_or_default(),
            ends_loop,
            variable_value_json: if variable.is_empty() { String::new() } else { value.to_string() },
            variable,
        })
    }

    /// The step that follows in the same list.
    fn after(&self, step: &Step, running: &Running, outcome: &Outcome) -> Option<String> {
        let onward = || {
            let choice = outcome.choice.clone().or_else(|| step.next_step.clone());
            let behind = || self.runbook.behind(&running.loop_name, &step.name).map(str::to_owned);
            choice.or_else(|| if running.is_end { None } else { behind() })
        };
        match outcome.status {
            Status::Success => onward(),
            Status::Failed | Status::TimedOut => match step.on_failure() {
                OnFailure::Abort => None,
                OnFailure::Continue => onward(),
                OnFailure::Step(name) => Some(name),
            },
            // What cleans up is not cleaned up after, and a loop that timed out goes its own way.
            Status::Cancelled => {
                let may_clean_up = self.state.clean_up_until_ms.is_none() && !self.loop_is_late();
                step.on_cancel().filter(|_| may_clean_up).map(str::to_owned)
            }
        }
    }

    /// What comes next in a loop none of whose steps runs.
    fn next_of_loop(&self, looping: &Looping) -> Option<ExecutionEvent> {
        let step = &looping.step;
        let ends = |outcome: Outcome| {
            let of_loop = self.runbook.step("", &step.name).cloned().unwrap_or_default();
            let next_step = self.after(&of_loop, step, &outcome);
            Some(self.finished(step, outcome, next_step, false))
        };
        // What its steps led to, the execution follows: the loop's own onFailure is for what the loop itself cannot do.
        let ends_all =
            |status: Status| Some(self.finished(step, Outcome { status, ..Outcome::default() }, None, false));
        match looping.ended_by.as_str() {
            _ if self.loop_is_late() => return ends(Outcome::timed_out(false)),
            "Cancelled" => return ends_all(Status::Cancelled),
            "Failed" => return ends_all(Status::Failed),
            "TimedOut" => return ends_all(Status::TimedOut),
            "" => {}
            _ => return ends_all(Status::Success),
        }
        match self.state.stopping {
            Some(Stopping::Complete) => return ends_all(Status::Success),
            Some(Stopping::Cancel) if !self.is_cleaning_up() => return ends_all(Status::Cancelled),
            None if step.is_stopped && !self.is_cleaning_up() => return ends_all(Status::Cancelled),
            _ => {}
        }
        if self.state.clean_up_until_ms.is_some() && (looping.pass_ended || !self.is_cleaning_up()) {
            return ends_all(Status::Cancelled);
        }
        let items = step.inputs.get("Iterators").and_then(Value::as_array);
        let iteration = looping.iteration + u32::from(looping.pass_ended);
        if looping.pass_ended {
            let most = actions::max_iterations(&step.inputs).unwrap_or(actions::MAX_ITERATIONS);
            let passes = looping.iteration as usize;
            match items {
                _ if passes >= most => return ends(Outcome::default()),
                Some(items) if passes >= items.len() => return ends(Outcome::default()),
                None if passes > 0 => match self.condition(looping) {
                    Ok(true) => {}
                    Ok(false) => return ends(Outcome::default()),
                    Err(problem) => return ends(Outcome::invalid(problem)),
                },
                _ => {}
            }
        }
        let list = self.runbook.list(&step.name);
        let next = match (&looping.next_step, looping.pass_ended) {
            (Some(name), false) => list.iter().find(|inner| inner.name == *name),
            _ => list.first(),
        };
        match next {
            Some(inner) => Some(self.begin(inner, &step.name, iteration, iterator(looping, iteration))),
            None => ends(Outcome::default()),
        }
    }

    /// Whether another pass follows: the condition is read after a pass.
    fn condition(&self, looping: &Looping) -> Result<bool, String> {
        let iterator = iterator(looping, looping.iteration);
        let scope = Scope { state: self.state, runbook: self.runbook, now_ms: self.now_ms, iterator };
        let condition = looping.step.inputs.get("LoopCondition").cloned().unwrap_or_default();
        let resolved = scope.resolve(&condition)?;
        let condition = resolved.as_object();
        conditions::holds(
            condition.ok_or_else(|| format!("LoopCondition is {}", selector::shown(&resolved)))?,
        )
    }

    fn finish(&self) -> ExecutionEvent {
        let state = self.state;
        let status = if state.was_cancelled || state.stopping == Some(Stopping::Cancel) {
            Status::Cancelled
        } else if state.has_failed {
            Status::Failed
        } else if state.has_timed_out {
            Status::TimedOut
        } else {
            Status::Success
        };
        let outputs = outputs::of_execution(state, self.runbook, self.now_ms);
        let message = if status == Status::Success { String::new() } else { state.failure_message.clone() };
        end(state, status, message, json!(outputs).to_string(), self.now_ms)
    }
}

fn iterator(looping: &Looping, iteration: u32) -> Option<Value> {
    let items = looping.step.inputs.get("Iterators")?.as_array()?;
    items.get((iteration as usize).checked_sub(1)?).cloned()
}

/// As AWS says it.
fn failure_message(running: &Running, stage: &str, cause: &str) -> String {
    if cause.is_empty() {
        return String::new();
    }
    let doing = match (stage, running.action.as_str()) {
        ("InputValidation", _) => "validating and resolving the step inputs",
        (_, "aws:runCommand") => "verifying the command has completed",
        _ => "executing/canceling action",
    };
    format!(
        "Step fails when it is {doing}. {cause}. Please refer to Automation Service Troubleshooting Guide for more diagnosis details."
    )
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod resume_tests;
