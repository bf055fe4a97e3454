//! The node's own durable memory: what was accepted, begun and ended, and reports not yet acknowledged.
//!
//! Every change that something depends on is on disk (fsync) before the call returns.

use prost::Message;
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use reeve_contracts::node::{Report, ReportKind};
use reeve_types::Timestamp;
use std::path::Path;

/// The ledger could not be read or written. Then nothing may be run.
#[derive(Debug, thiserror::Error)]
#[error("the ledger could not {what}: {reason}")]
pub struct Error {
    what: &'static str,
    reason: String,
}

fn failed<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Error {
    move |e| Error { what, reason: e.to_string() }
}

/// Numbers by name: `cursor` is the last inbox number taken in, `sequence` the last report's.
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
/// Command id to its state, and for an accepted one the signed dispatch.
const COMMANDS: TableDefinition<'_, &str, (u8, &[u8])> = TableDefinition::new("commands");
/// Reports by sequence.
const OUTBOX: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("outbox");

const ACCEPTED: u8 = 1;
const INTENT: u8 = 2;
const ENDED: u8 = 3;

/// Where a command stands on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Taken in; nothing was begun.
    Accepted,
    /// It may have begun.
    Intent,
    /// It has an outcome.
    Ended,
}

/// The ledger. One process at a time: redb locks its file.
pub struct Ledger {
    database: Database,
}

impl Ledger {
    /// Opens the ledger, or makes an empty one.
    ///
    /// # Errors
    /// When the file is broken or another agent holds it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut builder = Database::builder();
        builder.set_cache_size(1 << 20);
        let database = builder.create(path).map_err(failed("be opened"))?;
        let ledger = Self { database };
        ledger.change("be opened", |change| {
            change.open_table(NUMBERS).map_err(failed("be opened"))?;
            change.open_table(COMMANDS).map_err(failed("be opened"))?;
            change.open_table(OUTBOX).map_err(failed("be opened")).map(|_| ())
        })?;
        Ok(ledger)
    }

    fn change<T>(
        &self,
        what: &'static str,
        work: impl FnOnce(&redb::WriteTransaction) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let change = self.database.begin_write().map_err(failed(what))?;
        let result = work(&change)?;
        change.commit().map_err(failed(what))?;
        Ok(result)
    }

    /// The last inbox number that was taken in.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn cursor(&self) -> Result<u64, Error> {
        let read = self.database.begin_read().map_err(failed("be read"))?;
        let numbers = read.open_table(NUMBERS).map_err(failed("be read"))?;
        let cursor = numbers.get("cursor").map_err(failed("be read"))?;
        Ok(cursor.map_or(0, |n| n.value()))
    }

    /// Takes an inbox number in without anything else: it held nothing to do.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn set_cursor(&self, number: u64) -> Result<(), Error> {
        self.change("move its cursor", |change| put_cursor(change, number))
    }

    /// Where a command stands; `None` when this node never heard of it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn state(&self, command: &str) -> Result<Option<State>, Error> {
        let read = self.database.begin_read().map_err(failed("be read"))?;
        let commands = read.open_table(COMMANDS).map_err(failed("be read"))?;
        let found = commands.get(command).map_err(failed("be read"))?;
        Ok(found.map(|row| match row.value().0 {
            ACCEPTED => State::Accepted,
            INTENT => State::Intent,
            _ => State::Ended,
        }))
    }

    /// Takes a dispatch in: from now on it is in the ledger, not only on the bus.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn accept(&self, number: u64, command: &str, signed: &[u8]) -> Result<(), Error> {
        self.change("take a dispatch in", |change| {
            let mut commands = change.open_table(COMMANDS).map_err(failed("take a dispatch in"))?;
            commands.insert(command, (ACCEPTED, signed)).map_err(failed("take a dispatch in"))?;
            put_cursor(change, number)
        })
    }

    /// The dispatches that were taken in and not begun, in the order of the commands' ids.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn accepted(&self) -> Result<Vec<Vec<u8>>, Error> {
        let read = self.database.begin_read().map_err(failed("be read"))?;
        let commands = read.open_table(COMMANDS).map_err(failed("be read"))?;
        let mut accepted = Vec::new();
        for row in commands.iter().map_err(failed("be read"))? {
            let (_, row) = row.map_err(failed("be read"))?;
            let (state, signed) = row.value();
            if state == ACCEPTED {
                accepted.push(signed.to_vec());
            }
        }
        Ok(accepted)
    }

    /// Writes INTENT, with the report that the command has begun. Only then may it begin.
    ///
    /// # Errors
    /// When the ledger cannot be written; then it must not begin.
    pub fn intend(&self, started: Report, number: Option<u64>) -> Result<(), Error> {
        self.change("write an intent", |change| {
            set_state(change, &started.command_id, INTENT)?;
            if let Some(number) = number {
                put_cursor(change, number)?;
            }
            queue(change, started)
        })
    }

    /// Writes the outcome, with its report. A second outcome of the same command changes nothing.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn end(&self, outcome: Report, number: Option<u64>) -> Result<(), Error> {
        self.change("write an outcome", |change| {
            if let Some(number) = number {
                put_cursor(change, number)?;
            }
            if set_state(change, &outcome.command_id, ENDED)? == Some(ENDED) {
                return Ok(());
            }
            queue(change, outcome)
        })
    }

    /// What was begun by an earlier run of the agent and has no outcome ends as `Interrupted`.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn interrupt_unfinished(&self) -> Result<usize, Error> {
        let read = self.database.begin_read().map_err(failed("be read"))?;
        let commands = read.open_table(COMMANDS).map_err(failed("be read"))?;
        let mut begun = Vec::new();
        for row in commands.iter().map_err(failed("be read"))? {
            let (command, row) = row.map_err(failed("be read"))?;
            if row.value().0 == INTENT {
                begun.push(command.value().to_owned());
            }
        }
        drop((commands, read));
        for command_id in &begun {
            let outcome = Report {
                command_id: command_id.clone(),
                kind: ReportKind::Finished.into(),
                status: "Failed".to_owned(),
                status_details: "Interrupted".to_owned(),
                code: -1,
                at_ms: Timestamp::now().0,
                message: "The agent ended while the document ran; it is not run again by itself.".to_owned(),
                ..Report::default()
            };
            self.end(outcome, None)?;
        }
        Ok(begun.len())
    }

    /// The oldest report that the bus has not acknowledged.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn next_report(&self) -> Result<Option<(u64, Vec<u8>)>, Error> {
        let read = self.database.begin_read().map_err(failed("be read"))?;
        let outbox = read.open_table(OUTBOX).map_err(failed("be read"))?;
        let first = outbox.first().map_err(failed("be read"))?;
        Ok(first.map(|(sequence, report)| (sequence.value(), report.value().to_vec())))
    }

    /// The bus holds the report. Not worth an fsync: a forgotten acknowledgement sends the report again, and
    /// the control plane knows it by its sequence.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn acknowledged(&self, sequence: u64) -> Result<(), Error> {
        let what = "forget a report";
        let mut change = self.database.begin_write().map_err(failed(what))?;
        change.set_durability(Durability::None).map_err(failed(what))?;
        change.open_table(OUTBOX).map_err(failed(what))?.remove(sequence).map_err(failed(what))?;
        change.commit().map_err(failed(what))
    }
}

fn put_cursor(change: &redb::WriteTransaction, number: u64) -> Result<(), Error> {
    let what = "move its cursor";
    let mut numbers = change.open_table(NUMBERS).map_err(failed(what))?;
    let now = numbers.get("cursor").map_err(failed(what))?.map_or(0, |n| n.value());
    numbers.insert("cursor", number.max(now)).map_err(failed(what)).map(|_| ())
}

/// Sets a command's state and answers the one before. An ended command stays ended.
fn set_state(change: &redb::WriteTransaction, command: &str, state: u8) -> Result<Option<u8>, Error> {
    let what = "write a state";
    let mut commands = change.open_table(COMMANDS).map_err(failed(what))?;
    let before = commands.get(command).map_err(failed(what))?.map(|row| row.value().0);
    if before != Some(ENDED) {
        let nothing: &[u8] = &[];
        commands.insert(command, (state, nothing)).map_err(failed(what))?;
    }
    Ok(before)
}

fn queue(change: &redb::WriteTransaction, mut report: Report) -> Result<(), Error> {
    let what = "keep a report";
    let mut numbers = change.open_table(NUMBERS).map_err(failed(what))?;
    let sequence = numbers.get("sequence").map_err(failed(what))?.map_or(0, |n| n.value()) + 1;
    numbers.insert("sequence", sequence).map_err(failed(what))?;
    report.sequence = sequence;
    let bytes = report.encode_to_vec();
    change
        .open_table(OUTBOX)
        .map_err(failed(what))?
        .insert(sequence, bytes.as_slice())
        .map_err(failed(what))
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(command: &str, kind: ReportKind) -> Report {
        Report { command_id: command.into(), kind: kind.into(), ..Report::default() }
    }

    #[test]
    fn what_was_begun_is_interrupted_once_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.redb");
        {
            let ledger = Ledger::open(&path).unwrap();
            ledger.intend(report("a", ReportKind::Started), Some(1)).unwrap();
            ledger.intend(report("b", ReportKind::Started), Some(2)).unwrap();
            ledger.end(report("b", ReportKind::Finished), None).unwrap();
            ledger.accept(3, "c", b"signed").unwrap();
        }
        let ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.cursor().unwrap(), 3);
        assert_eq!(ledger.interrupt_unfinished().unwrap(), 1);
        assert_eq!(ledger.interrupt_unfinished().unwrap(), 0);
        assert_eq!(ledger.state("a").unwrap(), Some(State::Ended));
        assert_eq!(ledger.accepted().unwrap(), vec![b"signed".to_vec()]);
        let mut details = Vec::new();
        while let Some((sequence, bytes)) = ledger.next_report().unwrap() {
            details.push(Report::decode(bytes.as_slice()).unwrap().status_details);
            ledger.acknowledged(sequence).unwrap();
        }
        assert_eq!(details, ["", "", "", "Interrupted"]);
    }

    #[test]
    fn a_second_outcome_is_not_reported() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.redb")).unwrap();
        ledger.end(report("a", ReportKind::Finished), Some(1)).unwrap();
        ledger.end(report("a", ReportKind::Finished), Some(1)).unwrap();
        let (first, _) = ledger.next_report().unwrap().unwrap();
        ledger.acknowledged(first).unwrap();
        assert!(ledger.next_report().unwrap().is_none());
    }
}
