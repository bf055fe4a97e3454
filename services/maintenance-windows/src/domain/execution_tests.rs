use super::*;
use proptest::prelude::*;
use reeve_contracts::maintenance_windows::{
    CutoffReached, ExecutionFinished, FiredTarget, FiredTask, InvocationStarted, TaskFinished, TaskStarted,
};
use reeve_testkit::context;
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CUTOFF_MS: i64 = 1_000_000;

fn task(id: &str, priority: i32, more: &Value) -> FiredTask {
    let mut task = json!({"TaskType": "RUN_COMMAND", "TaskArn": "Doc", "Priority": priority, "MaxConcurrency": "2",
        "MaxErrors": "1", "Targets": [{"Key": "WindowTargetIds", "Values": ["w"]}]});
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    FiredTask {
        window_task_id: format!("w-{id}"),
        task_execution_id: id.to_owned(),
        task_json: task.to_string(),
        principal: "alice".into(),
    }
}

fn automation(more: &Value) -> Value {
    let mut task = json!({"TaskType": "AUTOMATION"});
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    task
}

/// An execution that is driven as the reactors do: each task's targets resolve to the same nodes.
struct Run {
    state: State,
    now_ms: i64,
    nodes: Vec<TaskTarget>,
    /// The invocations that run, by their ids.
    running: BTreeMap<String, InvocationStarted>,
    log: Vec<ExecutionEvent>,
}

impl Run {
    fn of(tasks: Vec<FiredTask>, nodes: &[&[&str]]) -> Self {
        let mut tasks = tasks;
        tasks.sort_by_key(|task| super::super::task::Task::read(&task.task_json).priority());
        let started = ExecutionStarted {
            execution_id: "e".into(),
            window_id: "mw-1".into(),
            started_ms: 1,
            cutoff_ms: CUTOFF_MS,
            tasks,
            targets: vec![FiredTarget { window_target_id: "w".into(), target_json: "{}".into() }],
            ..ExecutionStarted::default()
        };
        let nodes = nodes.iter().enumerate().map(|(n, nodes)| TaskTarget {
            window_target_id: format!("w{n}"),
            owner_information: "owner".into(),
            node_ids: nodes.iter().map(|node| (*node).to_owned()).collect(),
        });
        let state = Execution::evolve(State::default(), &ExecutionEvent::ExecutionStarted(started));
        let mut run =
            Self { state, now_ms: 1, nodes: nodes.collect(), running: BTreeMap::new(), log: Vec::new() };
        run.go_on();
        run
    }

    fn decide(&mut self, command: Command) -> bool {
        let cx = Context { now: Timestamp(self.now_ms), ..context() };
        let Some(event) = Execution::decide(&self.state, command, &cx).unwrap() else { return false };
        self.state = Execution::evolve(std::mem::take(&mut self.state), &event);
        match &event {
            ExecutionEvent::InvocationStarted(e) => {
                self.running.insert(e.invocation_id.clone(), e.clone());
            }
            ExecutionEvent::InvocationFinished(e) => {
                self.running.remove(&e.invocation_id);
            }
            _ => {}
        }
        self.log.push(event);
        true
    }

    fn go_on(&mut self) {
        loop {
            let command = match engine::next(&self.state, self.now_ms) {
                Some(Next::Begin(index)) => Command::Begin {
                    task_execution_id: self.state.tasks[index].task_execution_id.clone(),
                    targets: self.nodes.clone(),
                },
                Some(Next::Event(_)) => Command::Advance,
                None => return,
            };
            assert!(self.decide(command));
        }
    }

    /// The invocation that began first of those that run ends.
    fn ends(&mut self, status: &str) -> InvocationStarted {
        let first = self.log.iter().find_map(|event| match event {
            ExecutionEvent::InvocationStarted(e) if self.running.contains_key(&e.invocation_id) => {
                Some(e.clone())
            }
            _ => None,
        });
        let first = first.expect("something runs");
        self.end_of(&first, status);
        first
    }

    fn end_of(&mut self, of: &InvocationStarted, status: &str) {
        let command = Command::TakeOutcome {
            task_execution_id: of.task_execution_id.clone(),
            invocation_id: of.invocation_id.clone(),
            status: status.to_owned(),
            details: String::new(),
        };
        assert!(self.decide(command));
        self.go_on();
    }

    fn tasks_that_run(&self) -> Vec<&str> {
        let running = self.state.tasks.iter().filter(|task| task.is_running());
        running.map(|task| task.task_execution_id.as_str()).collect()
    }

    /// How tasks ended, by their ids.
    fn tasks(&self) -> BTreeMap<String, TaskFinished> {
        let ended = self.log.iter().filter_map(|event| match event {
            ExecutionEvent::TaskFinished(e) => Some((e.task_execution_id.clone(), e.clone())),
            _ => None,
        });
        ended.collect()
    }

    fn finished(&self) -> &ExecutionFinished {
        match self.log.last() {
            Some(ExecutionEvent::ExecutionFinished(e)) => e,
            other => panic!("it has not ended: {other:?}"),
        }
    }
}

#[test]
fn without_a_task_it_succeeds_at_once() {
    assert_eq!(Run::of(vec![], &[]).finished().status, "SUCCESS");
}

#[test]
fn tasks_run_in_the_order_of_their_priorities_and_equal_ones_together() {
    let tasks = vec![task("c", 5, &json!({})), task("a", 0, &json!({})), task("b", 0, &json!({}))];
    let mut run = Run::of(tasks, &[&["n1"]]);
    assert_eq!(run.tasks_that_run(), ["a", "b"]);
    run.ends("SUCCESS");
    assert_eq!(run.tasks_that_run(), ["b"]);
    run.ends("FAILED");
    assert_eq!(run.tasks_that_run(), ["c"], "one that failed holds up no other");
    run.ends("SUCCESS");
    let finished = run.finished();
    assert_eq!(finished.status, "FAILED");
    assert_eq!(finished.details, "One or more tasks in the orchestration failed.");
}

#[test]
fn a_command_has_all_nodes_of_a_target_and_its_targets_follow_each_other() {
    let mut run = Run::of(vec![task("a", 0, &json!({}))], &[&["n1", "n2"], &[], &["n3"]]);
    let first = run.ends("SUCCESS");
    assert_eq!((first.node_ids, first.window_target_id.as_str()), (vec!["n1".into(), "n2".into()], "w0"));
    assert_eq!(first.owner_information, "owner");
    let second = run.ends("SUCCESS");
    assert_eq!((second.node_ids, second.window_target_id.as_str()), (vec!["n3".to_owned()], "w2"));
    assert_eq!(run.finished().status, "SUCCESS");
}

#[test]
fn automations_have_a_node_each_as_many_at_once_as_may_be() {
    let parameters = json!({"InstanceId": ["{{RESOURCE_ID}}"], "From": ["{{WINDOW_ID}}/{{WINDOW_TASK_ID}}"]});
    let invocation = json!({"Automation": {"Parameters": parameters}});
    let more = automation(&json!({"TaskInvocationParameters": invocation}));
    let mut run = Run::of(vec![task("a", 0, &more)], &[&["n1", "n2", "n3"], &["n4"]]);
    assert_eq!(run.running.len(), 2, "MaxConcurrency is 2");
    let first = run.ends("SUCCESS");
    assert_eq!(first.parameters_json, r#"{"From":["mw-1/w-a"],"InstanceId":["n1"]}"#);
    assert_eq!(run.running.len(), 2);
    run.ends("SUCCESS");
    assert_eq!(run.running.len(), 1, "the next target waits for the end of this one");
    run.ends("SUCCESS");
    assert_eq!(run.ends("SUCCESS").node_ids, ["n4"]);
    assert_eq!(run.finished().status, "SUCCESS");
}

#[test]
fn with_more_errors_than_may_be_no_other_automation_begins() {
    let more = automation(&json!({"MaxConcurrency": "1"}));
    let mut run = Run::of(vec![task("a", 0, &more)], &[&["n1", "n2", "n3"]]);
    run.ends("FAILED");
    run.ends("TIMED_OUT");
    let details = "2 of 3 targets failed, and MaxErrors is 1: no other began.";
    assert_eq!((run.tasks()["a"].status.as_str(), run.tasks()["a"].details.as_str()), ("FAILED", details));
}

#[test]
fn an_automation_may_have_no_target_and_a_command_without_a_node_says_so() {
    let more = automation(&json!({"Targets": [], "MaxConcurrency": null, "MaxErrors": null}));
    let mut run = Run::of(vec![task("a", 0, &more)], &[]);
    assert_eq!(run.ends("SUCCESS").node_ids, [""; 0]);
    assert_eq!(run.finished().status, "SUCCESS");
    let run = Run::of(vec![task("a", 0, &json!({}))], &[&[]]);
    assert!(run.tasks()["a"].details.starts_with("No invocations to execute"));
    assert_eq!(run.finished().status, "FAILED");
}

#[test]
fn at_the_cutoff_what_is_to_be_cancelled_is_and_the_rest_goes_on() {
    let cut = json!({"CutoffBehavior": "CANCEL_TASK"});
    let tasks = vec![task("cut", 0, &cut), task("on", 0, &json!({})), task("later", 1, &json!({}))];
    let mut run = Run::of(tasks, &[&["n1"], &["n2"]]);
    run.now_ms = CUTOFF_MS - 1;
    run.go_on();
    assert!(!run.state.is_cut_off);
    run.now_ms = CUTOFF_MS;
    run.go_on();
    let cut_off = run.log.iter().find_map(|event| match event {
        ExecutionEvent::CutoffReached(CutoffReached { cancelled_run_ids, withdrawn_run_ids, .. }) => {
            Some((cancelled_run_ids.clone(), withdrawn_run_ids.clone()))
        }
        _ => None,
    });
    let of = |task: &str| -> Vec<String> {
        run.running.values().filter(|e| e.task_execution_id == task).map(|e| e.run_id.clone()).collect()
    };
    assert_eq!(cut_off, Some((of("cut"), of("on"))), "what goes on is not begun any more if it is held");
    assert_eq!(run.tasks()["later"].status, "TIMED_OUT", "it never begins");
    run.ends("CANCELLED");
    let ended = run.tasks()["cut"].clone();
    assert_eq!((ended.status.as_str(), ended.details.contains("1 of 2")), ("TIMED_OUT", true), "{ended:?}");
    run.ends("SUCCESS");
    assert_eq!(run.ends("SUCCESS").node_ids, ["n2"], "CONTINUE_TASK begins its other invocations");
    assert_eq!(run.tasks()["on"].status, "SUCCESS");
    assert_eq!(run.finished().status, "TIMED_OUT");
}

#[test]
fn what_change_rules_hold_at_the_cutoff_has_timed_out() {
    for more in [json!({}), automation(&json!({"CutoffBehavior": "CANCEL_TASK"}))] {
        let mut run = Run::of(vec![task("a", 0, &more)], &[&["n1"]]);
        run.now_ms = CUTOFF_MS;
        run.go_on();
        let (_, invocation) = run.running.iter().next().map(|(id, e)| (id.clone(), e.clone())).unwrap();
        assert!(run.decide(Command::TakeOutcome {
            task_execution_id: "a".into(),
            invocation_id: invocation.invocation_id,
            status: "CANCELLED".into(),
            details: format!("Cancelled: {}", engine::HELD_AT_CUTOFF),
        }));
        run.go_on();
        let ended = run.log.iter().find_map(|event| match event {
            ExecutionEvent::InvocationFinished(e) => Some((e.status.clone(), e.details.clone())),
            _ => None,
        });
        assert_eq!(ended, Some(("TIMED_OUT".to_owned(), engine::HELD_AT_CUTOFF.to_owned())));
        assert_eq!(run.tasks()["a"].status, "TIMED_OUT");
        assert_eq!(run.finished().status, "TIMED_OUT");
    }
}

#[test]
fn automations_that_run_at_the_cutoff_go_on_also_with_cancel_task() {
    let more = automation(&json!({"CutoffBehavior": "CANCEL_TASK", "MaxConcurrency": "1"}));
    let mut run = Run::of(vec![task("a", 0, &more)], &[&["n1", "n2"]]);
    run.now_ms = CUTOFF_MS;
    run.go_on();
    assert_eq!(run.running.len(), 1);
    run.ends("SUCCESS");
    assert_eq!(run.tasks()["a"].status, "TIMED_OUT", "the second one did not begin");
}

#[test]
fn a_cancelled_execution_begins_nothing_else() {
    let tasks = vec![task("a", 0, &json!({})), task("b", 1, &json!({}))];
    let mut run = Run::of(tasks, &[&["n1"]]);
    assert!(run.decide(Command::Cancel));
    assert!(!run.decide(Command::Cancel));
    run.go_on();
    assert_eq!(run.tasks()["b"].status, "CANCELLED");
    run.ends("SUCCESS");
    assert_eq!((run.tasks()["a"].status.as_str(), run.finished().status.as_str()), ("SUCCESS", "CANCELLED"));
    assert!(!run.decide(Command::Cancel), "it has ended");
    let unknown = Execution::decide(&State::default(), Command::Cancel, &context());
    assert_eq!(unknown, Err(Error::Unknown));
}

#[test]
fn an_outcome_counts_once_and_another_executions_counts_nothing() {
    let mut run = Run::of(vec![task("a", 0, &json!({}))], &[&["n1"], &["n2"]]);
    let first = run.ends("SUCCESS");
    let again = Command::TakeOutcome {
        task_execution_id: "a".into(),
        invocation_id: first.invocation_id,
        status: "FAILED".into(),
        details: String::new(),
    };
    assert!(!run.decide(again));
}

proptest! {
    /// Whatever ends how and when: the execution ends, no task begins at or after the cutoff or before one of a lower priority
    /// has ended, never more invocations of an automation task run than may, and nothing has an id twice.
    #[test]
    fn executions_end_and_keep_to_their_order(
        tasks in prop::collection::vec((0..3i32, any::<bool>(), any::<bool>(), 1..4u32), 0..5),
        nodes in prop::collection::vec(0..4usize, 0..4),
        moves in prop::collection::vec((0..4u8, 0..400_000i64, 0..100usize), 0..60),
        cancels_at in 0..80usize,
    ) {
        let fired = tasks.iter().enumerate().map(|(n, (priority, is_command, cut, most))| {
            let kind = if *is_command { "RUN_COMMAND" } else { "AUTOMATION" };
            let behaviour = if *cut { "CANCEL_TASK" } else { "CONTINUE_TASK" };
            task(&n.to_string(), *priority, &json!({"TaskType": kind, "CutoffBehavior": behaviour,
                "MaxConcurrency": most.to_string(), "MaxErrors": "2"}))
        });
        let names: Vec<Vec<String>> =
            nodes.iter().enumerate().map(|(t, count)| (0..*count).map(|n| format!("{t}-{n}")).collect()).collect();
        let names: Vec<Vec<&str>> = names.iter().map(|of| of.iter().map(String::as_str).collect()).collect();
        let names: Vec<&[&str]> = names.iter().map(Vec::as_slice).collect();
        let mut run = Run::of(fired.collect(), &names);
        let statuses = ["SUCCESS", "FAILED", "TIMED_OUT", "CANCELLED"];
        let mut moves = moves.into_iter();
        let mut n = 0;
        while run.state.is_running() {
            prop_assert!(!run.running.is_empty(), "it waits for nothing: {:?}", run.log);
            let (status, passed, which) = moves.next().unwrap_or((0, 1, 0));
            run.now_ms += passed;
            if n == cancels_at {
                run.decide(Command::Cancel);
            }
            run.go_on();
            if run.state.is_running() {
                let of = run.running.values().nth(which % run.running.len()).cloned();
                run.end_of(&of.unwrap(), statuses[usize::from(status)]);
            }
            for (place, (_, is_command, _, most)) in tasks.iter().enumerate() {
                let most = if *is_command { 1 } else { usize::try_from(*most).unwrap() };
                let running = run.running.values().filter(|e| e.task_execution_id == place.to_string()).count();
                prop_assert!(running <= most);
            }
            n += 1;
        }
        let priority = |id: &str| tasks[id.parse::<usize>().unwrap()].0;
        let (mut ids, mut ended) = (std::collections::BTreeSet::new(), BTreeMap::new());
        for event in &run.log {
            match event {
                ExecutionEvent::TaskStarted(TaskStarted { task_execution_id, started_ms, .. }) => {
                    prop_assert!(*started_ms < CUTOFF_MS);
                    let earlier = (0..tasks.len()).map(|n| n.to_string());
                    let mut earlier = earlier.filter(|id| priority(id) < priority(task_execution_id));
                    prop_assert!(earlier.all(|id| ended.contains_key(&id)));
                }
                ExecutionEvent::InvocationStarted(e) => {
                    prop_assert!(ids.insert(e.invocation_id.clone()) && ids.insert(e.run_id.clone()));
                }
                ExecutionEvent::TaskFinished(e) => {
                    prop_assert!(ended.insert(e.task_execution_id.clone(), ()).is_none());
                }
                _ => {}
            }
        }
        prop_assert_eq!(ended.len(), tasks.len());
        prop_assert!(matches!(run.log.last(), Some(ExecutionEvent::ExecutionFinished(_))));
    }
}
