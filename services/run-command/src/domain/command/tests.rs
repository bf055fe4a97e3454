//! Decisions on commands.

use super::*;
use reeve_testkit::given;

fn sent() -> CommandSent {
    CommandSent { command_id: "c".into(), node_ids: vec!["mi-1".into()], ..CommandSent::default() }
}

fn finished() -> CommandFinished {
    CommandFinished {
        command_id: "c".into(),
        status: "Success".into(),
        status_details: "Success".into(),
        completed: 1,
        success: Some(1),
        ..CommandFinished::default()
    }
}

fn listed(first_index: u32, nodes: &[&str]) -> TargetsListed {
    let node_ids = nodes.iter().map(|node| (*node).to_owned()).collect();
    TargetsListed { command_id: "c".into(), requested_ms: 1, first_index, node_ids }
}

#[test]
fn it_is_sent_once() {
    given::<SentCommand>([]).when(Command::Send(Box::new(sent()))).then(CommandEvent::CommandSent(sent()));
    given::<SentCommand>([CommandEvent::CommandSent(sent())])
        .when(Command::Send(Box::new(sent())))
        .then_nothing();
}

#[test]
fn what_is_withdrawn_is_never_sent_if_it_is_held_still() {
    let held = CommandHeld { command_id: "c".into(), command: Some(sent()), ..CommandHeld::default() };
    let withdraw = || Command::Withdraw { reason: "It is too late.".into() };
    let refused = CommandRefused {
        command_id: "c".into(),
        code: "Cancelled".into(),
        reason: "It is too late.".into(),
        ..CommandRefused::default()
    };
    let refused = CommandEvent::CommandRefused(refused);
    given::<SentCommand>([CommandEvent::CommandHeld(held.clone())]).when(withdraw()).then(refused.clone());
    given::<SentCommand>([CommandEvent::CommandHeld(held.clone()), refused]).when(withdraw()).then_nothing();
    given::<SentCommand>([CommandEvent::CommandHeld(held), CommandEvent::CommandSent(sent())])
        .when(withdraw())
        .then_nothing();
}

#[test]
fn its_nodes_are_listed_in_order_and_may_be_listed_anew_until_it_is_sent() {
    let first = CommandEvent::TargetsListed(listed(0, &["a", "b"]));
    given::<SentCommand>([]).when(Command::ListTargets(listed(0, &["a", "b"]))).then(first.clone());
    given::<SentCommand>([first.clone()])
        .when(Command::ListTargets(listed(2, &["c"])))
        .then(CommandEvent::TargetsListed(listed(2, &["c"])));
    given::<SentCommand>([first.clone()]).when(Command::ListTargets(listed(3, &["d"]))).then_nothing();
    given::<SentCommand>([first.clone()])
        .when(Command::ListTargets(listed(0, &["x"])))
        .then(CommandEvent::TargetsListed(listed(0, &["x"])));
    given::<SentCommand>([first.clone()])
        .when(Command::Send(Box::new(sent())))
        .then_refused(Error::Targets { listed: 2, wanted: 0 });
    let behind = CommandSent { first_index: 2, requested_ms: 1, ..sent() };
    // Two that were asked at different times do not put together one list.
    let others = TargetsListed { requested_ms: 9, ..listed(2, &["c"]) };
    given::<SentCommand>([first.clone()])
        .when(Command::ListTargets(others))
        .then_refused(Error::OtherListing { listed: 1, wanted: 9 });
    given::<SentCommand>([first.clone()])
        .when(Command::Send(Box::new(CommandSent { requested_ms: 9, ..behind.clone() })))
        .then_refused(Error::OtherListing { listed: 1, wanted: 9 });
    given::<SentCommand>([first])
        .when(Command::Send(Box::new(behind.clone())))
        .then(CommandEvent::CommandSent(behind));
    given::<SentCommand>([CommandEvent::CommandSent(sent())])
        .when(Command::ListTargets(listed(0, &["x"])))
        .then_nothing();
}

#[test]
fn what_was_refused_is_never_sent() {
    let refused = CommandRefused { command_id: "c".into(), code: "Denied".into(), ..Default::default() };
    let event = CommandEvent::CommandRefused(refused.clone());
    given::<SentCommand>([]).when(Command::Refuse(Box::new(refused))).then(event.clone());
    given::<SentCommand>([event.clone()]).when(Command::Send(Box::new(sent()))).then_nothing();
    given::<SentCommand>([event]).when(Command::Cancel { node_ids: vec![] }).then_nothing();
}

#[test]
fn what_rules_hold_is_sent_once_when_it_is_approved_and_released_or_never() {
    let with = |approvals| CommandHeld {
        command_id: "c".into(),
        command: Some(sent()),
        approvals,
        ..CommandHeld::default()
    };
    let demanded = with(vec![reeve_contracts::run_command::Approval::default()]);
    let hold = |held: &CommandHeld| Command::Hold(Box::new(held.clone()));
    let release = || Command::Release(Box::new(sent()));
    let approve = || Command::Approve { execution_id: "e".into() };
    let held = CommandEvent::CommandHeld(with(vec![]));
    given::<SentCommand>([]).when(hold(&with(vec![]))).then(held.clone());
    given::<SentCommand>([]).when(release()).then_nothing();
    given::<SentCommand>([held.clone()]).when(hold(&with(vec![]))).then_nothing();
    given::<SentCommand>([held.clone()]).when(Command::Send(Box::new(sent()))).then_nothing();
    given::<SentCommand>([held.clone()]).when(release()).then(CommandEvent::CommandSent(sent()));
    given::<SentCommand>([held.clone(), CommandEvent::CommandSent(sent())]).when(release()).then_nothing();
    given::<SentCommand>([held.clone()])
        .when(Command::Cancel { node_ids: vec!["mi-1".into()] })
        .then_refused(Error::Held);
    let cancelled = CommandEvent::CommandRefused(CommandRefused {
        command_id: "c".into(),
        code: "Cancelled".into(),
        reason: "It was cancelled before it was sent.".into(),
        ..CommandRefused::default()
    });
    given::<SentCommand>([held.clone()]).when(Command::Cancel { node_ids: vec![] }).then(cancelled.clone());
    given::<SentCommand>([held.clone(), cancelled]).when(release()).then_nothing();
    let asked = CommandEvent::CommandHeld(demanded);
    given::<SentCommand>([asked.clone()]).when(release()).then_nothing();
    let approved = CommandApproved { command_id: "c".into(), execution_id: "e".into() };
    let approved = CommandEvent::CommandApproved(approved);
    given::<SentCommand>([asked.clone()]).when(approve()).then(approved.clone());
    given::<SentCommand>([asked.clone(), approved.clone()]).when(approve()).then_nothing();
    given::<SentCommand>([asked, approved]).when(release()).then(CommandEvent::CommandSent(sent()));
}

#[test]
fn without_a_node_it_has_ended_as_it_is_sent() {
    let nobody = CommandSent { node_ids: vec![], ..sent() };
    let history = [CommandEvent::CommandSent(nobody)];
    given::<SentCommand>(history.clone()).when(Command::Finish(Counts::default())).then_nothing();
    given::<SentCommand>(history).when(Command::Cancel { node_ids: vec![] }).then_nothing();
}

#[test]
fn an_admission_counts_only_as_what_it_was_worked_out_from() {
    let dispatched = vec![Dispatched { node_id: "mi-1".into(), number: 3 }];
    let admission = Admission { from: 0, next: 1, cancellations: 0, dispatched: dispatched.clone() };
    let admit = |admission: &Admission| Command::Admit(admission.clone());
    let told = InvocationsDispatched { command_id: "c".into(), dispatched, next_index: 1 };
    let told = CommandEvent::InvocationsDispatched(told);
    let history = [CommandEvent::CommandSent(sent())];
    given::<SentCommand>(history.clone()).when(admit(&admission)).then(told.clone());
    // Another has done so before, or somebody has cancelled since.
    given::<SentCommand>([history[0].clone(), told]).when(admit(&admission)).then_nothing();
    let cancel = |nodes: &[&str]| {
        let node_ids = nodes.iter().map(|node| (*node).to_owned()).collect();
        let cancel = CommandCancelRequested { command_id: "c".into(), node_ids };
        CommandEvent::CommandCancelRequested(cancel)
    };
    for cancelled in [cancel(&[]), cancel(&["mi-1"])] {
        given::<SentCommand>([history[0].clone(), cancelled.clone()]).when(admit(&admission)).then_nothing();
    }
    let knowing = Admission { cancellations: 1, ..admission.clone() };
    given::<SentCommand>([history[0].clone(), cancel(&[])]).when(admit(&knowing)).then_nothing();
    let beyond = Admission { next: 2, ..admission.clone() };
    given::<SentCommand>(history.clone()).when(admit(&beyond)).then_nothing();
    let over = [history[0].clone(), CommandEvent::CommandFinished(finished())];
    given::<SentCommand>(over).when(admit(&admission)).then_nothing();
}

#[test]
fn it_finishes_once_and_only_when_all_invocations_ended() {
    let counts = Counts { targets: 1, completed: 1, success: 1, ..Counts::default() };
    let history = [CommandEvent::CommandSent(sent())];
    given::<SentCommand>(history.clone())
        .when(Command::Finish(counts.clone()))
        .then(CommandEvent::CommandFinished(finished()));
    let early = Counts { completed: 0, ..counts.clone() };
    given::<SentCommand>(history.clone()).when(Command::Finish(early)).then_nothing();
    let over = [history[0].clone(), CommandEvent::CommandFinished(finished())];
    given::<SentCommand>(over.clone()).when(Command::Finish(counts)).then_nothing();
    given::<SentCommand>(over).when(Command::Cancel { node_ids: vec![] }).then_nothing();
}
