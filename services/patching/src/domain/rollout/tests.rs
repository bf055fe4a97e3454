//! Decisions on roll-outs.

use super::*;
use proptest::prelude::*;
use reeve_contracts::patching::WaveNodes;
use reeve_eventsourcing::Actor;
use reeve_testkit::given;
use reeve_types::Timestamp;

fn started(sizes: &[usize], max_errors: &str, health: &str) -> RolloutStarted {
    let wave = |size: &usize| WaveNodes { node_ids: (0..*size).map(|n| format!("mi-{n}")).collect() };
    RolloutStarted {
        rollout_id: "r".into(),
        waves: sizes.iter().map(wave).collect(),
        max_errors: max_errors.into(),
        health_document: health.into(),
        ..RolloutStarted::default()
    }
}

/// A roll-out that is decided on as the service does: what comes next follows each event.
struct Run {
    state: State,
    events: Vec<RolloutEvent>,
}

impl Run {
    fn of(started: RolloutStarted) -> Self {
        let mut run = Self { state: State::default(), events: Vec::new() };
        run.ask(Command::Start(started)).unwrap();
        run
    }

    fn ask(&mut self, command: Command) -> Result<(), Error> {
        let mut next = Some(command);
        while let Some(command) = next.take() {
            let number = u128::try_from(self.events.len()).unwrap();
            let context = Context {
                now: Timestamp(1),
                actor: Actor::service("patching"),
                command_id: Uuid::from_u128(number),
                correlation_id: Uuid::from_u128(number),
                cause_id: None,
                traceparent: None,
            };
            if let Some(event) = Rollout::decide(&self.state, command, &context)? {
                self.state = Rollout::evolve(std::mem::take(&mut self.state), &event);
                self.events.push(event);
                next = Some(Command::Advance);
            }
        }
        Ok(())
    }

    /// Its command ends, on all the nodes of the wave.
    fn end(&mut self, failed: u32) {
        self.end_on(self.state.size(), failed);
    }

    fn end_on(&mut self, nodes: u32, failed: u32) {
        let command_id = self.state.command_id.clone();
        self.ask(Command::CommandEnded { command_id, ended: Ended { nodes, failed }, refused: None })
            .unwrap();
    }

    fn at(&self) -> (Phase, u32, u32) {
        (self.state.phase, self.state.wave, self.state.attempt)
    }
}

#[test]
fn wave_follows_wave_with_a_look_between_them() {
    let mut run = Run::of(started(&[2, 3], "0", "Healthy"));
    assert_eq!(run.at(), (Phase::Patching, 1, 1));
    let patching = run.state.command_id.clone();
    run.end(0);
    assert_eq!(run.at(), (Phase::Checking, 1, 1));
    // A second delivery of the end of what is not waited for any more.
    let ended = Ended { nodes: 2, failed: 2 };
    run.ask(Command::CommandEnded { command_id: patching, ended, refused: None }).unwrap();
    assert_eq!(run.at(), (Phase::Checking, 1, 1));
    run.end(0);
    assert_eq!(run.at(), (Phase::Patching, 2, 1));
    run.end(0);
    run.end(0);
    assert_eq!(run.at(), (Phase::Completed, 2, 1));
}

#[test]
fn it_stops_where_too_many_failed_and_begins_that_wave_anew() {
    let mut run = Run::of(started(&[2, 4], "25%", ""));
    run.end(0);
    run.end(1);
    assert_eq!(run.at(), (Phase::Completed, 2, 1), "one of four may fail");
    let mut run = Run::of(started(&[2, 4], "25%", ""));
    run.end(1);
    assert_eq!(run.at(), (Phase::Stopped, 1, 1), "of two none may");
    let Some(RolloutEvent::RolloutStopped(stopped)) = run.events.last() else { panic!("{:?}", run.events) };
    assert_eq!((stopped.failed, stopped.wave), (1, 1));
    assert!(stopped.reason.contains("1 of the 2 nodes"), "{}", stopped.reason);
    run.end(0);
    assert_eq!(run.at(), (Phase::Stopped, 1, 1));
    run.ask(Command::Resume).unwrap();
    assert_eq!(run.at(), (Phase::Patching, 1, 2));
    assert_eq!(run.ask(Command::Resume), Err(Error::NotStopped("InProgress")));
    run.end(0);
    assert_eq!(run.at(), (Phase::Patching, 2, 1));
}

#[test]
fn nodes_that_are_gone_are_left_out_and_of_the_others_as_many_may_fail() {
    let mut run = Run::of(started(&[4, 2], "50%", ""));
    run.end_on(2, 1);
    let left_out =
        |run: &Run| match run.events.iter().rev().find(|e| matches!(e, RolloutEvent::WavePatched(_))) {
            Some(RolloutEvent::WavePatched(patched)) => patched.left_out,
            _ => panic!("{:?}", run.events),
        };
    assert_eq!((run.at(), left_out(&run)), ((Phase::Patching, 2, 1), 2));
    run.end_on(0, 0);
    assert_eq!((run.at(), left_out(&run)), ((Phase::Completed, 2, 1), 2), "all of a wave are gone");
    let mut run = Run::of(started(&[1, 1], "0", "Healthy"));
    run.end_on(0, 0);
    assert_eq!(run.at(), (Phase::Patching, 2, 1), "whether they are well nobody asks");
    let mut run = Run::of(started(&[4], "50%", ""));
    run.end_on(2, 2);
    let Some(RolloutEvent::RolloutStopped(stopped)) = run.events.last() else { panic!("{:?}", run.events) };
    assert!(stopped.reason.contains("2 of the 2 nodes"), "{}", stopped.reason);
    assert_eq!(stopped.left_out, 2);
}

#[test]
fn nodes_that_are_not_well_and_commands_that_are_refused_stop_it() {
    let mut run = Run::of(started(&[2, 3], "100%", "Healthy"));
    run.end(2);
    run.end(1);
    assert_eq!(run.at(), (Phase::Stopped, 1, 1), "how many may fail is about patching");
    let mut run = Run::of(started(&[2], "100%", ""));
    let command_id = run.state.command_id.clone();
    let refused = Some("AccessDeniedException: no".to_owned());
    run.ask(Command::CommandEnded { command_id, ended: Ended::default(), refused }).unwrap();
    let Some(RolloutEvent::RolloutStopped(stopped)) = run.events.last() else { panic!("{:?}", run.events) };
    assert!(stopped.reason.contains("AccessDenied"), "{}", stopped.reason);
    given::<Rollout>([]).when(Command::Resume).then_refused(Error::Unknown);
    given::<Rollout>([]).when(Command::Advance).then_nothing();
    let first = RolloutEvent::RolloutStarted(started(&[1], "0", ""));
    given::<Rollout>([first]).when(Command::Start(started(&[9], "0", ""))).then_nothing();
}

proptest! {
    /// Whatever fails and whenever it is resumed: no wave begins before the one before it is patched and well, none twice
    /// without having stopped, and a roll-out that is never resumed ends.
    #[test]
    fn waves_are_in_their_order(
        sizes in prop::collection::vec(1usize..4, 1..5),
        fails in prop::collection::vec((0u32..3, any::<bool>()), 0..30),
        with_check in any::<bool>(), max_errors in 0u32..3,
    ) {
        let mut run = Run::of(started(&sizes, &max_errors.to_string(), if with_check { "Healthy" } else { "" }));
        for (failed, resumes) in fails {
            match run.state.phase {
                Phase::Stopped if resumes => run.ask(Command::Resume).unwrap(),
                Phase::Stopped | Phase::Completed => break,
                _ => run.end(failed),
            }
        }
        let (mut wave, mut is_done, mut was_stopped) = (0, true, false);
        for event in &run.events {
            match event {
                RolloutEvent::WaveStarted(e) if was_stopped => prop_assert_eq!(e.wave, wave),
                RolloutEvent::WaveStarted(e) => {
                    prop_assert!(is_done);
                    prop_assert_eq!((e.wave, e.attempt), (wave + 1, 1));
                    wave = e.wave;
                }
                RolloutEvent::WavePatched(e) => prop_assert!(e.failed <= max_errors),
                RolloutEvent::RolloutCompleted(_) => {
                    prop_assert!(is_done);
                    prop_assert_eq!(usize::try_from(wave).unwrap(), sizes.len());
                }
                _ => {}
            }
            is_done = match event {
                RolloutEvent::WavePatched(_) => !with_check,
                RolloutEvent::RolloutStarted(_) | RolloutEvent::HealthCheckPassed(_) => true,
                _ => false,
            };
            was_stopped = matches!(event, RolloutEvent::RolloutResumed(_));
        }
    }
}
