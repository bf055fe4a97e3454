//! What the ledger keeps, forgets and reports.

use super::*;
use prost::Message;
use std::os::unix::fs::PermissionsExt;

fn report(command: &str, kind: ReportKind) -> Report {
    Report { command_id: command.into(), kind: kind.into(), ..Report::default() }
}

#[test]
fn what_was_begun_is_interrupted_once_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    {
        let ledger = Ledger::open(&path).unwrap();
        ledger.intend(report("a", ReportKind::Started), Some(1), 9).unwrap();
        ledger.intend(report("b", ReportKind::Started), Some(2), 9).unwrap();
        ledger.end(report("b", ReportKind::Finished), None, 0).unwrap();
        ledger.accept(3, "c", b"signed").unwrap();
    }
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.cursor().unwrap(), 3);
    assert_eq!(ledger.interrupt_unfinished().unwrap(), 1);
    assert_eq!(ledger.interrupt_unfinished().unwrap(), 0);
    assert_eq!(ledger.state("a").unwrap(), Some(State::Ended));
    assert_eq!(ledger.accepted().unwrap(), vec![b"signed".to_vec()]);
    let mut details = Vec::new();
    while let Next::Report(sequence, bytes) = ledger.next_report(|_| true).unwrap() {
        details.push(Report::decode(bytes.as_slice()).unwrap().status().details());
        ledger.acknowledged(sequence).unwrap();
    }
    assert_eq!(details, ["", "Interrupted"], "no start is reported any more");
}

#[test]
fn the_file_is_its_owners_alone_in_whatever_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    for made_before in [false, true] {
        if made_before {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        }
        drop(Ledger::open(&path).unwrap());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_second_outcome_is_not_reported() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.redb")).unwrap();
    ledger.end(report("a", ReportKind::Finished), Some(1), 0).unwrap();
    ledger.end(report("a", ReportKind::Finished), Some(1), 0).unwrap();
    let Next::Report(first, _) = ledger.next_report(|_| true).unwrap() else { panic!("no report") };
    ledger.acknowledged(first).unwrap();
    assert_eq!(ledger.next_report(|_| true).unwrap(), Next::Nothing);
}

#[test]
fn a_start_that_was_reported_is_followed_by_its_outcome_alone() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.redb")).unwrap();
    let started = Report { at_ms: 7, ..report("a", ReportKind::Started) };
    ledger.intend(started, Some(1), 9).unwrap();
    let Next::Report(first, bytes) = ledger.next_report(|_| true).unwrap() else { panic!("no report") };
    assert_eq!(Report::decode(bytes.as_slice()).unwrap().kind(), ReportKind::Started);
    ledger.acknowledged(first).unwrap();
    ledger.end(report("a", ReportKind::Finished), None, 0).unwrap();
    let Next::Report(second, bytes) = ledger.next_report(|_| true).unwrap() else { panic!("no report") };
    let outcome = Report::decode(bytes.as_slice()).unwrap();
    assert_eq!((outcome.kind(), outcome.started_ms, second), (ReportKind::Finished, 7, first + 1));
}

#[test]
fn a_paused_command_survives_a_restart_and_goes_on_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    {
        let ledger = Ledger::open(&path).unwrap();
        ledger.intend(report("a", ReportKind::Started), Some(1), 9).unwrap();
        ledger.pause("a", b"state").unwrap();
    }
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.interrupt_unfinished().unwrap(), 0);
    assert_eq!(ledger.paused().unwrap(), vec![b"state".to_vec()]);
    ledger.intend_again("a").unwrap();
    assert!(ledger.paused().unwrap().is_empty());
    assert_eq!(ledger.interrupt_unfinished().unwrap(), 1, "what went on and was cut off is interrupted");
}

#[test]
fn only_what_ended_and_expired_long_ago_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.redb")).unwrap();
    let expires = 1_000_000;
    for command in ["ended", "begun"] {
        ledger.intend(report(command, ReportKind::Started), None, expires).unwrap();
    }
    ledger.end(report("ended", ReportKind::Finished), None, 0).unwrap();
    ledger.end(report("expired", ReportKind::Finished), None, expires).unwrap();
    ledger.end(report("unknown", ReportKind::Finished), None, 0).unwrap();
    assert_eq!(ledger.forget_old(Timestamp(expires + COMMAND_RETENTION_MS)).unwrap(), 0);
    assert_eq!(ledger.forget_old(Timestamp(expires + COMMAND_RETENTION_MS + 1)).unwrap(), 2);
    let states: Vec<bool> =
        ["ended", "begun", "expired", "unknown"].iter().map(|c| ledger.state(c).unwrap().is_some()).collect();
    assert_eq!(states, [false, true, false, true]);
}

#[test]
fn what_has_ended_does_not_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.redb")).unwrap();
    ledger.intend(report("a", ReportKind::Started), Some(1), 9).unwrap();
    ledger.pause("a", b"state").unwrap();
    assert!(ledger.intend_again("a").unwrap());
    ledger.end(report("a", ReportKind::Finished), None, 0).unwrap();
    assert!(!ledger.intend_again("a").unwrap());
    assert_eq!(ledger.state("a").unwrap(), Some(State::Ended));
}

#[test]
fn a_ledger_is_told_from_one_that_was_lost() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| Ledger::open(&folder.path().join(name)).unwrap().id();
    let id = open("one");
    assert_eq!(open("one"), id);
    assert_ne!(open("two"), id);
}
