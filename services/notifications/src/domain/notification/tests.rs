use super::*;
use proptest::prelude::*;
use reeve_testkit::{context, given};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn accepted() -> NotificationEvent {
    NotificationEvent::NotificationAccepted(NotificationAccepted {
        id: "n".into(),
        origin_kind: "page".into(),
        origin_id: "p".into(),
        destination: "webhook:hook".into(),
        expires_ms: context().now.0 + DAY_MS,
        ..NotificationAccepted::default()
    })
}

fn started(attempt: u32) -> NotificationEvent {
    NotificationEvent::NotificationAttemptStarted(NotificationAttemptStarted {
        id: "n".into(),
        attempt,
        started_ms: context().now.0,
        runner: "r".into(),
    })
}

fn attempt_failed(attempt: u32, seconds: i64) -> NotificationEvent {
    NotificationEvent::NotificationAttemptFailed(NotificationAttemptFailed {
        id: "n".into(),
        attempt,
        reason: "HTTP 503".into(),
        next_attempt_ms: context().now.plus_seconds(seconds).0,
        destination_waits: true,
    })
}

fn failed(reason: &str) -> NotificationEvent {
    NotificationEvent::NotificationFailed(NotificationFailed {
        id: "n".into(),
        origin_kind: "page".into(),
        origin_id: "p".into(),
        destination: "webhook:hook".into(),
        reason: reason.into(),
    })
}

fn cancelled(reason: &str) -> NotificationEvent {
    NotificationEvent::NotificationCancelled(NotificationCancelled {
        id: "n".into(),
        origin_kind: "page".into(),
        origin_id: "p".into(),
        destination: "webhook:hook".into(),
        reason: reason.into(),
    })
}

fn sent(attempt: u32) -> NotificationEvent {
    NotificationEvent::NotificationSent(NotificationSent {
        id: "n".into(),
        origin_kind: "page".into(),
        origin_id: "p".into(),
        destination: "webhook:hook".into(),
        attempt,
        receipt: "HTTP 200".into(),
        sent_ms: context().now.0,
        ..NotificationSent::default()
    })
}

fn start() -> Command {
    Command::StartAttempt { runner: "r".into() }
}

fn fail(attempt: u32, failures: u32, retry_after_seconds: Option<i64>) -> Command {
    let reason = "HTTP 503".into();
    Command::FailAttempt { attempt, reason, failures, retry_after_seconds, destination_waits: true }
}

fn was_sent(attempt: u32) -> Command {
    Command::Sent { attempt, receipt: "HTTP 200".into(), held_ids: Vec::new() }
}

fn cancel() -> Command {
    Command::Cancel { reason: "acknowledged".into() }
}

#[test]
fn attempts_follow_each_other_ever_later_until_it_is_sent() {
    given::<Notification>([accepted()]).when(start()).then(started(1));
    given::<Notification>([accepted(), started(1)]).when(fail(1, 0, None)).then(attempt_failed(1, 5));
    let again = [accepted(), started(1), attempt_failed(1, 5), started(2)];
    given::<Notification>(again.clone()).when(fail(2, 0, None)).then(attempt_failed(2, 10));
    // A destination that has failed for long is not asked more often because the message is new.
    given::<Notification>(again.clone()).when(fail(2, 30, None)).then(attempt_failed(2, 600));
    given::<Notification>(again.clone()).when(fail(2, 0, Some(1_800))).then(attempt_failed(2, 1_800));
    given::<Notification>(again.clone()).when(fail(2, 0, Some(i64::MAX))).then(attempt_failed(2, 3_600));
    given::<Notification>(again.clone()).when(was_sent(2)).then(sent(2));
    // What an attempt says that is not the last one changes nothing, but that it was sent.
    given::<Notification>(again.clone()).when(fail(1, 0, None)).then_nothing();
    given::<Notification>(again).when(was_sent(1)).then(sent(1));
    given::<Notification>([accepted(), started(1), sent(1)]).when(was_sent(1)).then_nothing();
    given::<Notification>([accepted(), started(1), sent(1)]).when(start()).then_nothing();
}

#[test]
fn no_attempt_begins_while_another_is_on_its_way() {
    let at = |seconds| Context { now: context().now.plus_seconds(seconds), ..context() };
    given::<Notification>([accepted(), started(1)]).when(start()).then_nothing();
    given::<Notification>([accepted(), started(1)]).when_in(start(), &at(LEASE_SECONDS - 1)).then_nothing();
    let NotificationEvent::NotificationAttemptStarted(second) = started(2) else { unreachable!() };
    let started_ms = at(LEASE_SECONDS).now.0;
    let second = NotificationAttemptStarted { started_ms, ..second };
    given::<Notification>([accepted(), started(1)])
        .when_in(start(), &at(LEASE_SECONDS))
        .then(NotificationEvent::NotificationAttemptStarted(second));
}

#[test]
fn nothing_begins_after_a_cancellation_and_what_was_sent_was_sent() {
    given::<Notification>([accepted()]).when(cancel()).then(cancelled("acknowledged"));
    given::<Notification>([accepted(), cancelled("a")]).when(start()).then_nothing();
    given::<Notification>([accepted(), cancelled("a")]).when(cancel()).then_nothing();
    let on_its_way = cancelled("acknowledged; an attempt was on its way");
    given::<Notification>([accepted(), started(1)]).when(cancel()).then(on_its_way.clone());
    given::<Notification>([accepted(), started(1), on_its_way.clone()]).when(was_sent(1)).then(sent(1));
    given::<Notification>([accepted(), started(1), on_its_way]).when(fail(1, 0, None)).then_nothing();
    given::<Notification>([accepted(), started(1), sent(1)]).when(cancel()).then_nothing();
}

#[test]
fn one_whose_time_is_over_is_given_up_with_the_last_reason() {
    let later = Context { now: Timestamp(context().now.0 + DAY_MS), ..context() };
    let over = |events: Vec<NotificationEvent>, reason: &str| {
        given::<Notification>(events.clone()).when_in(start(), &later).then(failed(reason));
        given::<Notification>(events).when_in(Command::Expire, &later).then(failed(reason));
    };
    over(vec![accepted()], "its time was over before its turn came");
    let tried = vec![accepted(), started(1), attempt_failed(1, 5)];
    over(tried, "its time is over after one attempt: HTTP 503");
    let unknown = vec![accepted(), started(1), attempt_failed(1, 5), started(2)];
    over(unknown, "its time is over, and the outcome of attempt 2 is not known");
    given::<Notification>([accepted()]).when(Command::Expire).then_nothing();
    let give_up = || Command::GiveUp { reason: "HTTP 400".into() };
    given::<Notification>([accepted(), started(1)]).when(give_up()).then(failed("HTTP 400"));
    given::<Notification>([accepted(), started(1), sent(1)]).when(give_up()).then_nothing();
}

#[test]
fn a_request_is_taken_on_or_refused_once() {
    let NotificationEvent::NotificationAccepted(accept) = accepted() else { unreachable!() };
    let refuse =
        NotificationRefused { id: "n".into(), reason: "no".into(), ..NotificationRefused::default() };
    given::<Notification>([]).when(Command::Accept(Box::new(accept.clone()))).then(accepted());
    given::<Notification>([accepted()]).when(Command::Accept(Box::new(accept))).then_nothing();
    let refused = NotificationEvent::NotificationRefused(refuse.clone());
    given::<Notification>([]).when(Command::Refuse(Box::new(refuse.clone()))).then(refused.clone());
    given::<Notification>([refused.clone()]).when(Command::Refuse(Box::new(refuse))).then_nothing();
    given::<Notification>([refused]).when(start()).then_nothing();
    given::<Notification>([]).when(start()).then_refused(Error::Unknown(String::new()));
}

#[test]
fn what_is_held_back_is_released_or_sent_with_another_one() {
    let until = Timestamp(context().now.0 + 5_000);
    let hold = || Command::Hold { until };
    let held = NotificationEvent::NotificationHeld(NotificationHeld {
        id: "n".into(),
        destination: "webhook:hook".into(),
        until_ms: until.0,
    });
    let released = NotificationEvent::NotificationReleased(NotificationReleased {
        id: "n".into(),
        destination: "webhook:hook".into(),
    });
    given::<Notification>([accepted()]).when(hold()).then(held.clone());
    given::<Notification>([accepted(), started(1)]).when(hold()).then_nothing();
    let waits = || [accepted(), held.clone()];
    given::<Notification>(waits()).when(hold()).then_nothing();
    given::<Notification>(waits()).when(start()).then_nothing();
    given::<Notification>(waits()).when(Command::Release).then(released.clone());
    given::<Notification>([accepted()]).when(Command::Release).then_nothing();
    let again = [accepted(), held.clone(), released];
    assert!(matches!(
        given::<Notification>(again).when(start()).then_event(),
        NotificationEvent::NotificationAttemptStarted(_)
    ));
    let sent_with = || Command::SentWith { id: "other".into() };
    let NotificationEvent::NotificationSent(sent) =
        given::<Notification>(waits()).when(sent_with()).then_event()
    else {
        panic!("another event")
    };
    assert_eq!((sent.sent_with.as_str(), sent.receipt.as_str()), ("other", "sent with other"));
    let ended = [accepted(), held.clone(), NotificationEvent::NotificationSent(sent)];
    given::<Notification>(ended).when(sent_with()).then_nothing();
    let later = Context { now: Timestamp(context().now.0 + DAY_MS), ..context() };
    let reason = "its time was over while the limits of its destination held it back";
    given::<Notification>(waits()).when_in(Command::Expire, &later).then(failed(reason));
}

proptest! {
    #[test]
    fn it_is_sent_once_and_no_attempt_begins_after_its_end(commands in prop::collection::vec(0u8..9, 0..40)) {
        let mut state = Notification::evolve(State::default(), &accepted());
        let (mut ended, mut sends) = (false, 0);
        for (step, command) in commands.into_iter().enumerate() {
            let step = i64::try_from(step).unwrap();
            let context = Context { now: Timestamp(context().now.0 + step * 20_000 ), ..context() };
            let attempt = state.attempt;
            let command = match command {
                0 => start(),
                1 => fail(attempt, 0, None),
                2 => was_sent(attempt),
                3 => cancel(),
                4 => Command::Expire,
                5 => Command::Hold { until: context.now },
                6 => Command::Release,
                7 => Command::SentWith { id: "other".into() },
                _ => Command::GiveUp { reason: "x".into() },
            };
            let is_leased = state.phase == Phase::Sending && context.now.0 < state.leased_until_ms;
            let Ok(Some(event)) = Notification::decide(&state, command, &context) else { continue };
            let begins = matches!(event, NotificationEvent::NotificationAttemptStarted(_));
            prop_assert!(!(begins && is_leased));
            prop_assert!(!(ended && begins));
            prop_assert!(!(begins && state.phase == Phase::Held));
            let is_sent_by_itself =
                matches!(&event, NotificationEvent::NotificationSent(sent) if sent.sent_with.is_empty());
            prop_assert!(state.attempt > 0 || !is_sent_by_itself);
            sends += u32::from(matches!(event, NotificationEvent::NotificationSent(_)));
            state = Notification::evolve(state, &event);
            ended = !matches!(state.phase, Phase::Waiting | Phase::Held | Phase::Sending);
        }
        prop_assert!(sends <= 1);
    }
}
