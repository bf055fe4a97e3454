//! Change requests: a template's approvals, one level after the other, an instant, calendars, and then the runbook. All of that is
//! a runbook of its own, which the engine carries out.

use super::{approval::REQUESTER_MAY_APPROVE, gate, order::ChildOrder, runbook::truth};
use reeve_types::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The name of the step that waits for the instant.
const SCHEDULE_STEP: &str = "reeve:schedule";

/// A change template. What may be stored the document language has checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Template {
    executable_run_books: Option<Vec<Executable>>,
    emergency_change: Value,
    auto_approvable: Value,
    pub template_information: String,
    main_steps: Vec<Map<String, Value>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Executable {
    name: String,
    version: Option<Value>,
}

/// What comes behind the approvals.
pub struct Behind<'a> {
    /// 0: as soon as it may.
    pub scheduled_ms: i64,
    /// The rules whose calendars are asked then, and these.
    pub rules: &'a [String],
    pub calendar_names: &'a [String],
    pub runbook: &'a ChildOrder,
}

impl Template {
    /// # Errors
    /// A sentence about what is no template.
    pub fn parse(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| format!("the change template: {error}"))
    }

    /// Whether calendars are not asked.
    pub fn is_emergency(&self) -> bool {
        truth(&self.emergency_change).unwrap_or_default()
    }

    pub fn is_auto_approvable(&self) -> bool {
        truth(&self.auto_approvable).unwrap_or_default()
    }

    /// Whether a version of a runbook may be run by it, of which `means` says which number a spelling of a version is. A template
    /// that names no runbook lets any run.
    pub fn lets_run(&self, name: &str, version: u32, means: impl Fn(&str) -> Option<u32>) -> bool {
        let Some(runbooks) = self.executable_run_books.as_ref().filter(|runbooks| !runbooks.is_empty())
        else {
            return true;
        };
        runbooks.iter().filter(|runbook| runbook.name == name).any(|runbook| match &runbook.version {
            None => true,
            Some(Value::String(spelling)) => means(spelling) == Some(version),
            Some(number) => number.as_u64() == Some(u64::from(version)),
        })
    }

    /// Who is asked on any level, by the names that are no placeholders' values yet.
    pub fn approvers(&self) -> Vec<String> {
        let of_level = |level: &Map<String, Value>| {
            let inputs = level.get("inputs").cloned().unwrap_or_default();
            let plain = inputs["Approvers"].as_array().cloned().unwrap_or_default();
            let lines = inputs["EnhancedApprovals"]["Approvers"].as_array().cloned().unwrap_or_default();
            plain
                .into_iter()
                .chain(lines.into_iter().map(|line| line["approver"].clone()))
                .collect::<Vec<_>>()
        };
        let all = self.main_steps.iter().flat_map(of_level);
        all.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }

    /// The runbook that carries a request out, and the values that it takes beside the template's parameters.
    pub fn document(&self, is_auto_approved: bool, behind: &Behind) -> (Value, Map<String, Value>) {
        let mut steps: Vec<Value> = Vec::new();
        if !is_auto_approved {
            steps.extend(self.main_steps.iter().cloned().map(level));
        }
        if behind.scheduled_ms > 0 {
            let at = Timestamp(behind.scheduled_ms).rfc3339();
            steps.push(json!({"name": SCHEDULE_STEP, "action": "aws:sleep", "inputs": {"Timestamp": at}}));
        }
        if !behind.rules.is_empty() && !self.is_emergency() {
            steps.push(gate::wait_for_calendars(behind.rules, behind.calendar_names));
        }
        let (run, values) = gate::run(behind.runbook);
        steps.push(run);
        (json!({"schemaVersion": "0.3", "mainSteps": steps}), values)
    }
}

/// A level: who does not approve it ends the request. One's own request is approved by others, unless the template says it.
fn level(mut step: Map<String, Value>) -> Value {
    for flow in ["nextStep", "isEnd", "onFailure", "onCancel", "isCritical", "maxAttempts"] {
        step.remove(flow);
    }
    if let Some(inputs) = step.get_mut("inputs").and_then(Value::as_object_mut) {
        inputs.entry(REQUESTER_MAY_APPROVE).or_insert(false.into());
    }
    Value::Object(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        engine,
        execution::{Command, Error, Execution, ExecutionEvent},
        simulate::{Given, simulate},
        state::State,
    };
    use reeve_contracts::automation::{ExecutionStarted, StepStopRequested};
    use reeve_eventsourcing::Decider;
    use reeve_testkit::context;

    fn template(more: &Value) -> Template {
        let level = |name: &str| {
            json!({"name": name, "action": "aws:approve", "isEnd": true, "onFailure": "Continue",
            "inputs": {"EnhancedApprovals": {"Approvers": [{"approver": name, "type": "IamUser", "minRequiredApprovals": 1}]}}})
        };
        let mut template = json!({"schemaVersion": "0.3", "mainSteps": [level("ann"), level("bob")]});
        template.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Template::parse(&template.to_string()).unwrap()
    }

    fn path(template: &Template, is_auto: bool, rejected: &str) -> (Vec<String>, String) {
        let (rules, calendars) = (["freeze".to_owned()], ["c".to_owned()]);
        let behind = Behind {
            scheduled_ms: 5_000,
            rules: &rules,
            calendar_names: &calendars,
            runbook: &ChildOrder { document_name: "R".into(), ..ChildOrder::default() },
        };
        let (document, values) = template.document(is_auto, &behind);
        let given = Given { status: "Rejected".into(), ..Given::default() };
        let outcomes = [(rejected.to_owned(), vec![given])].into();
        let trace = simulate(&document.to_string(), &values, &outcomes).unwrap();
        (trace.lines.into_iter().map(|line| line.step).collect(), trace.status)
    }

    #[test]
    fn levels_follow_each_other_then_the_instant_the_calendars_and_the_runbook() {
        let plain = template(&json!({}));
        let all = ["ann", "bob", "reeve:schedule", "reeve:calendars", "reeve:runbook"];
        assert_eq!(path(&plain, false, ""), (all.map(str::to_owned).to_vec(), "Success".to_owned()));
        assert_eq!(path(&plain, false, "ann"), (vec!["ann".to_owned()], "Failed".to_owned()));
        // Without its reviewers, calendars are asked all the same; in an emergency they are not.
        assert_eq!(path(&plain, true, "").0, all[2..].to_vec());
        let emergency = template(&json!({"emergencyChange": "true"}));
        assert_eq!(path(&emergency, false, "").0, ["ann", "bob", "reeve:schedule", "reeve:runbook"]);
        assert_eq!(plain.approvers(), ["ann", "bob"]);
    }

    #[test]
    fn a_template_lets_run_what_it_names() {
        let means = |spelling: &str| if spelling == "$DEFAULT" { Some(2) } else { spelling.parse().ok() };
        let names = |runbooks: Value| template(&json!({"executableRunBooks": runbooks}));
        assert!(template(&json!({})).lets_run("any", 1, means));
        assert!(names(json!([{"name": "R"}])).lets_run("R", 7, means));
        assert!(!names(json!([{"name": "R"}])).lets_run("S", 7, means));
        assert!(names(json!([{"name": "R", "version": "$DEFAULT"}])).lets_run("R", 2, means));
        assert!(!names(json!([{"name": "R", "version": "1"}])).lets_run("R", 2, means));
    }

    #[test]
    fn a_level_that_nobody_decides_on_times_out() {
        let behind =
            Behind { scheduled_ms: 0, rules: &[], calendar_names: &[], runbook: &ChildOrder::default() };
        let (document, values) = template(&json!({})).document(false, &behind);
        let given = Given { status: "TimedOut".into(), ..Given::default() };
        let trace =
            simulate(&document.to_string(), &values, &[("ann".to_owned(), vec![given])].into()).unwrap();
        assert_eq!((trace.lines.len(), trace.status.as_str()), (1, "TimedOut"));
    }

    type Decided = (State, Result<(), Error>);

    /// A request by `req` with two levels and an instant, which is where it waits once ann and bob have approved it.
    fn asked() -> (State, impl Fn(State, &str, Command) -> Decided) {
        let behind =
            Behind { scheduled_ms: 5_000, rules: &[], calendar_names: &[], runbook: &ChildOrder::default() };
        let (document, values) = template(&json!({})).document(false, &behind);
        let started = ExecutionStarted {
            execution_id: "e".into(),
            change_id: "e".into(),
            principal: "req".into(),
            document_json: document.to_string(),
            values_json: Value::Object(values).to_string(),
            ..ExecutionStarted::default()
        };
        let go_on = |mut state: State, now_ms: i64| {
            while let Some(event) = engine::next(&state, now_ms) {
                state = Execution::evolve(state, &event);
            }
            state
        };
        let decide = move |state: State, principal: &str, command: Command| {
            let mut context = context();
            context.actor.name = principal.to_owned();
            context.now = Timestamp(1_000);
            match Execution::decide(&state, command, &context) {
                Ok(event) => {
                    let state = event.iter().fold(state, Execution::evolve);
                    (go_on(state, 1_000), Ok(()))
                }
                Err(error) => (state, Err(error)),
            }
        };
        (go_on(State::begun(&started), 1_000), decide)
    }

    fn approve() -> Command {
        Command::Approve {
            step_name: String::new(),
            comment: String::new(),
            groups: Vec::new(),
            deleted: Vec::new(),
        }
    }

    fn revoke() -> Command {
        Command::Revoke { comment: "It is not safe".into() }
    }

    #[test]
    fn who_has_approved_takes_it_back_until_the_runbook_begins() {
        let (state, decide) = asked();
        let (state, early) = decide(state, "ann", revoke());
        assert_eq!(early, Err(Error::NotApprovedBy("ann".into())));
        let (state, _) = decide(state, "ann", approve());
        // While others are still asked.
        let (revoked, said) = decide(state.clone(), "ann", revoke());
        assert_eq!((said, revoked.ended.as_str()), (Ok(()), "Cancelled"));
        let (state, _) = decide(state, "bob", approve());
        assert_eq!(state.running.as_ref().unwrap().name, SCHEDULE_STEP);
        assert_eq!(decide(state.clone(), "req", revoke()).1, Err(Error::NotApprovedBy("req".into())));
        let (revoked, said) = decide(state.clone(), "ann", revoke());
        assert_eq!((said, revoked.ended.as_str()), (Ok(()), "Cancelled"));
        let mut begun = state;
        while let Some(event) = engine::next(&begun, 6_000) {
            begun = Execution::evolve(begun, &event);
        }
        assert_eq!(begun.running.as_ref().unwrap().name, gate::RUNBOOK_STEP);
        assert!(matches!(decide(begun, "ann", revoke()).1, Err(Error::Signal(_))), "it has begun");
        let plain = State { change_id: "other".into(), ..asked().0 };
        assert!(matches!(decide(plain, "ann", revoke()).1, Err(Error::Signal(_))), "it is no request");
    }

    #[test]
    fn what_somebody_approved_who_was_deleted_before_there_were_enough_does_not_count() {
        let document = json!({"mainSteps": [{"name": "may", "action": "aws:approve",
            "inputs": {"Approvers": ["ann", "bob", "carol"], "MinRequiredApprovals": 2}}]});
        let started = ExecutionStarted {
            execution_id: "e".into(),
            document_json: document.to_string(),
            ..ExecutionStarted::default()
        };
        let (_, decide) = asked();
        let mut state = State::begun(&started);
        state = Execution::evolve(state.clone(), &engine::next(&state, 1_000).unwrap());
        let (state, _) = decide(state, "ann", approve());
        let without_ann = || Command::Approve {
            step_name: String::new(),
            comment: String::new(),
            groups: Vec::new(),
            deleted: vec!["ann".into()],
        };
        let (state, said) = decide(state, "bob", without_ann());
        assert_eq!((said, state.is_running()), (Ok(()), true), "one counts, and two are needed");
        let not_counted = &state.running.as_ref().unwrap().not_counted;
        assert_eq!(not_counted[0].principal, "ann");
        // One of that name that is there again is somebody else.
        let (ended, said) = decide(state.clone(), "ann", approve());
        assert_eq!((said, ended.ended.as_str()), (Ok(()), "Success"));
        let (ended, _) = decide(state, "carol", approve());
        assert_eq!(ended.ended, "Success");
    }

    #[test]
    fn before_the_time_of_an_approval_is_over_that_is_said_once() {
        let (state, _) = asked();
        let running = state.running.clone().unwrap();
        let due_ms = running.due_ms;
        let at_ms = due_ms - 24 * 3_600_000;
        assert_eq!(engine::next(&state, at_ms - 1), None);
        let Some(said @ ExecutionEvent::ApprovalExpiring(_)) = engine::next(&state, at_ms) else {
            panic!("it is not said")
        };
        let ExecutionEvent::ApprovalExpiring(e) = &said else { unreachable!() };
        assert_eq!((e.due_ms, e.step_name.as_str()), (due_ms, "ann"));
        let state = Execution::evolve(state, &said);
        assert_eq!(engine::next(&state, due_ms - 1), None);
        assert!(matches!(engine::next(&state, due_ms), Some(ExecutionEvent::StepFinished(_))));
    }

    #[test]
    fn what_is_withdrawn_while_it_is_held_ends_and_says_why_and_what_has_begun_goes_on() {
        let sleep = json!({"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT1H"}});
        let runbook = json!({"schemaVersion": "0.3", "mainSteps": [sleep]}).to_string();
        let held = gate::behind(gate::wait_for_calendars(&["r".to_owned()], &[]), &runbook).unwrap();
        let (_, decide) = asked();
        let withdraw = || Command::Withdraw { reason: "too late".into() };
        let begun = |document_json: String| {
            let started =
                ExecutionStarted { execution_id: "e".into(), document_json, ..ExecutionStarted::default() };
            let state = State::begun(&started);
            let event = engine::next(&state, 1).unwrap();
            Execution::evolve(state, &event)
        };
        let waits = begun(held);
        assert!(waits.is_held());
        let mut state = waits;
        let mut context = context();
        context.now = Timestamp(1_000);
        let mut event = Execution::decide(&state, withdraw(), &context).unwrap();
        let mut message = String::new();
        while let Some(next) = event {
            if let ExecutionEvent::ExecutionFinished(e) = &next {
                message.clone_from(&e.failure_message);
            }
            state = Execution::evolve(state, &next);
            event = engine::next(&state, 1_000);
        }
        assert_eq!((state.ended.as_str(), message.as_str()), ("Cancelled", "too late"));
        let (runs, _) = decide(begun(runbook), "x", withdraw());
        assert!(runs.is_running() && runs.stopping.is_none());
    }

    #[test]
    fn an_approval_that_was_cancelled_runs_nothing_behind_it() {
        let behind =
            Behind { scheduled_ms: 0, rules: &[], calendar_names: &[], runbook: &ChildOrder::default() };
        let (document, _) = template(&json!({})).document(false, &behind);
        let started = ExecutionStarted {
            execution_id: "e".into(),
            document_json: document.to_string(),
            ..ExecutionStarted::default()
        };
        let mut state = State::begun(&started);
        let mut names = Vec::new();
        let begins = engine::next(&state, 1).unwrap();
        state = Execution::evolve(state, &begins);
        let id = state.running.as_ref().unwrap().step_execution_id.clone();
        let stop = StepStopRequested {
            execution_id: "e".into(),
            step_execution_id: id,
            ..StepStopRequested::default()
        };
        state = Execution::evolve(state, &ExecutionEvent::StepStopRequested(stop));
        while let Some(event) = engine::next(&state, 2) {
            if let ExecutionEvent::StepStarted(e) = &event {
                names.push(e.step_name.clone());
            }
            state = Execution::evolve(state, &event);
        }
        assert_eq!((names, state.ended.as_str()), (Vec::<String>::new(), "Cancelled"));
    }
}
