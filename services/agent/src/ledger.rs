//! The node's own durable memory: what was accepted, begun and ended, and reports not yet acknowledged.
//!
//! Every change that something depends on is on disk (fsync) before the call returns.

use redb::{ReadableDatabase, ReadableTable, TableDefinition};
use reeve_contracts::{
    node::{Report, ReportKind},
    outcome::InvocationStatus,
};
use reeve_types::{Timestamp, ids::new_uuid};
use std::{
    io::ErrorKind,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

mod file;
mod lineage;
mod outbox;

use outbox::queue;

/// The ledger could not be read or written. Then nothing may be run.
#[derive(Debug, thiserror::Error)]
#[error("the ledger could not {what}: {reason}")]
pub struct Error {
    what: &'static str,
    reason: String,
    /// Whether its disk is full: that may pass.
    pub full: bool,
}

fn failed<E: Into<redb::Error>>(what: &'static str) -> impl FnOnce(E) -> Error {
    move |e| {
        let error: redb::Error = e.into();
        let full = matches!(
            &error,
            redb::Error::Io(io) if matches!(io.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
        );
        Error { what, reason: error.to_string(), full }
    }
}

/// Numbers by name: `cursor` is the last inbox number taken in, `sequence` the last report's.
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
/// Command id to its state, and what belongs to it: for an accepted one the signed dispatch, for the others
/// [`Facts`], and behind them for a paused one what it needs to go on.
const COMMANDS: TableDefinition<'_, &str, (u8, &[u8])> = TableDefinition::new("commands");
/// Reports by sequence.
const OUTBOX: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("outbox");

/// The sessions as which this ledger's agent introduced itself, in their order.
const SESSIONS: TableDefinition<'_, u64, &str> = TableDefinition::new("sessions");
/// By inbox number the hash of the message that was taken in there: the last one alone.
const MARK: TableDefinition<'_, u64, &str> = TableDefinition::new("mark");

const ACCEPTED: u8 = 1;
const INTENT: u8 = 2;
const ENDED: u8 = 3;
const PAUSED: u8 = 4;

/// An ended command is forgotten so long after its dispatch expired: as long as the inbox keeps it. Nobody can
/// have it run again then, even by a clock that is weeks behind, because expiry is under the signature.
const COMMAND_RETENTION_MS: i64 = 30 * 24 * 3600 * 1000;

/// What is kept of a command that has begun.
#[derive(Clone, Copy, Default)]
struct Facts {
    /// When its dispatch expires; 0 when that is not known, and then it is never forgotten.
    expires_ms: i64,
    started_ms: i64,
    /// The report of its start in the outbox; 0 for none.
    report: u64,
}

impl Facts {
    const BYTES: usize = 24;

    fn write(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.expires_ms.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.started_ms.to_le_bytes());
        bytes[16..].copy_from_slice(&self.report.to_le_bytes());
        bytes
    }

    /// Reads what [`Facts::write`] made; a row of another kind has nothing of it.
    fn read(bytes: &[u8]) -> Self {
        let number = |from: usize| {
            let found = bytes.get(from..from + 8).and_then(|bytes| bytes.try_into().ok());
            found.map_or(0, i64::from_le_bytes)
        };
        Self { expires_ms: number(0), started_ms: number(8), report: number(16).cast_unsigned() }
    }
}

/// Where a command stands on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Taken in; nothing was begun.
    Accepted,
    /// It may have begun.
    Intent,
    /// It waits for a reboot.
    Paused,
    /// It has an outcome.
    Ended,
}

/// What the outbox holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Nothing,
    /// Only what is not to be sent yet.
    Later,
    /// A report's sequence, and the report.
    Report(u64, Vec<u8>),
}

/// The ledger. One process at a time: redb locks its file.
pub struct Ledger {
    file: file::File,
    id: AtomicU64,
}

/// A number by which a ledger is known. The other half of such an id is the instant, which two ledgers may have in common.
fn new_id() -> u64 {
    let (_, random) = new_uuid().as_u64_pair();
    random
}

impl Ledger {
    /// Opens the ledger, or makes an empty one.
    ///
    /// # Errors
    /// When the file is broken or another agent holds it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let ledger = Self { file: file::File::open(path)?, id: AtomicU64::new(0) };
        let id = ledger.change("be opened", |change| {
            change.open_table(COMMANDS).map_err(failed("be opened"))?;
            change.open_table(OUTBOX).map_err(failed("be opened"))?;
            change.open_table(SESSIONS).map_err(failed("be opened"))?;
            change.open_table(MARK).map_err(failed("be opened"))?;
            let mut numbers = change.open_table(NUMBERS).map_err(failed("be opened"))?;
            if let Some(id) = numbers.get("id").map_err(failed("be opened"))? {
                return Ok(id.value());
            }
            let id = new_id();
            numbers.insert("id", id).map_err(failed("be opened"))?;
            Ok(id)
        })?;
        ledger.id.store(id, Ordering::Relaxed);
        Ok(ledger)
    }

    /// Tells this ledger's reports from those of one that was lost, or that it is a copy of: they count alike.
    pub fn id(&self) -> u64 {
        self.id.load(Ordering::Relaxed)
    }

    fn change<T>(
        &self,
        what: &'static str,
        work: impl FnOnce(&redb::WriteTransaction) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.file.with(|database| {
            let change = database.begin_write().map_err(failed(what))?;
            let result = work(&change)?;
            change.commit().map_err(failed(what))?;
            Ok(result)
        })
    }

    /// The last inbox number that was taken in.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn cursor(&self) -> Result<u64, Error> {
        self.number("cursor")
    }

    fn number(&self, name: &str) -> Result<u64, Error> {
        self.file.with(|database| {
            let read = database.begin_read().map_err(failed("be read"))?;
            let numbers = read.open_table(NUMBERS).map_err(failed("be read"))?;
            let number = numbers.get(name).map_err(failed("be read"))?;
            Ok(number.map_or(0, |n| n.value()))
        })
    }

    /// Takes an inbox number in without anything else: it held nothing to do.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn set_cursor(&self, number: u64) -> Result<(), Error> {
        self.change("move its cursor", |change| put_cursor(change, number))
    }

    /// The number of the last report.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_report(&self) -> Result<u64, Error> {
        self.number("sequence")
    }

    /// The commands that began here, with when they did.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn begun(&self) -> Result<Vec<(String, Timestamp)>, Error> {
        let begun = self.rows(|state, _| state != ACCEPTED)?.into_iter();
        let begun = begun.map(|(command, bytes)| (command, Timestamp(Facts::read(&bytes).started_ms)));
        Ok(begun.filter(|(_, started)| started.0 != 0).collect())
    }

    /// Where a command stands; `None` when this node never heard of it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn state(&self, command: &str) -> Result<Option<State>, Error> {
        self.file.with(|database| {
            let read = database.begin_read().map_err(failed("be read"))?;
            let commands = read.open_table(COMMANDS).map_err(failed("be read"))?;
            let found = commands.get(command).map_err(failed("be read"))?;
            Ok(found.map(|row| match row.value().0 {
                ACCEPTED => State::Accepted,
                INTENT => State::Intent,
                PAUSED => State::Paused,
                _ => State::Ended,
            }))
        })
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
        Ok(self.rows(|state, _| state == ACCEPTED)?.into_iter().map(|(_, signed)| signed).collect())
    }

    /// Writes INTENT, with the report that the command has begun. Only then may it begin; `false`: it has before.
    ///
    /// # Errors
    /// When the ledger cannot be written; then it must not begin.
    pub fn intend(&self, started: Report, number: Option<u64>, expires_ms: i64) -> Result<bool, Error> {
        self.change("write an intent", |change| {
            if let Some(number) = number {
                put_cursor(change, number)?;
            }
            let (command, started_ms) = (started.command_id.clone(), started.at_ms);
            if !matches!(row(change, &command)?, None | Some((ACCEPTED, _))) {
                return Ok(false);
            }
            let facts = Facts { expires_ms, started_ms, report: queue(change, started)? };
            put(change, &command, INTENT, &facts.write()).map(|()| true)
        })
    }

    /// Writes the outcome, with its report. A second outcome of the same command changes nothing. The report of
    /// its start is dropped if it still waits: the outcome says when that was.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn end(&self, mut outcome: Report, number: Option<u64>, expires_ms: i64) -> Result<(), Error> {
        let what = "write an outcome";
        self.change(what, |change| {
            if let Some(number) = number {
                put_cursor(change, number)?;
            }
            let mut facts = Facts { expires_ms, ..Facts::default() };
            match row(change, &outcome.command_id)? {
                Some((ENDED, _)) => return Ok(()),
                Some((INTENT | PAUSED, bytes)) => facts = Facts::read(&bytes),
                _ => {}
            }
            if outcome.started_ms == 0 {
                outcome.started_ms = facts.started_ms;
            }
            if facts.report != 0 {
                change
                    .open_table(OUTBOX)
                    .map_err(failed(what))?
                    .remove(facts.report)
                    .map_err(failed(what))?;
            }
            put(change, &outcome.command_id, ENDED, &facts.write())?;
            queue(change, outcome).map(|_| ())
        })
    }

    /// Remembers that a command which has begun waits for a reboot, and what it needs to go on.
    ///
    /// # Errors
    /// When the ledger cannot be written; then the machine must not be rebooted.
    pub fn pause(&self, command: &str, state: &[u8]) -> Result<(), Error> {
        self.change("pause a command", |change| {
            let facts = row(change, command)?.map_or(Facts::default(), |(_, bytes)| Facts::read(&bytes));
            put(change, command, PAUSED, &[facts.write().as_slice(), state].concat())
        })
    }

    /// Writes INTENT for a command that was paused. Only then may it go on; `false`: it has ended.
    ///
    /// # Errors
    /// When the ledger cannot be written; then it must not go on.
    pub fn intend_again(&self, command: &str) -> Result<bool, Error> {
        self.change("write an intent", |change| {
            let facts = match row(change, command)? {
                Some((ENDED, _)) => return Ok(false),
                found => found.map_or(Facts::default(), |(_, bytes)| Facts::read(&bytes)),
            };
            put(change, command, INTENT, &facts.write()).map(|()| true)
        })
    }

    /// What the paused commands need to go on.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn paused(&self) -> Result<Vec<Vec<u8>>, Error> {
        let rows = self.rows(|state, _| state == PAUSED)?;
        let state = |bytes: Vec<u8>| bytes.get(Facts::BYTES..).map(<[u8]>::to_vec).unwrap_or_default();
        Ok(rows.into_iter().map(|(_, bytes)| state(bytes)).collect())
    }

    /// Forgets commands that ended and whose dispatches expired long ago; answers how many.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn forget_old(&self, now: Timestamp) -> Result<usize, Error> {
        let old = self.rows(|state, bytes| {
            let expires_ms = Facts::read(bytes).expires_ms;
            state == ENDED && expires_ms != 0 && expires_ms.saturating_add(COMMAND_RETENTION_MS) < now.0
        })?;
        if old.is_empty() {
            return Ok(0);
        }
        let what = "forget old commands";
        self.change(what, |change| {
            let mut commands = change.open_table(COMMANDS).map_err(failed(what))?;
            for (command, _) in &old {
                commands.remove(command.as_str()).map_err(failed(what))?;
            }
            Ok(old.len())
        })
    }

    fn rows(&self, wanted: impl Fn(u8, &[u8]) -> bool) -> Result<Vec<(String, Vec<u8>)>, Error> {
        self.file.with(|database| {
            let read = database.begin_read().map_err(failed("be read"))?;
            let commands = read.open_table(COMMANDS).map_err(failed("be read"))?;
            let mut found = Vec::new();
            for row in commands.iter().map_err(failed("be read"))? {
                let (command, row) = row.map_err(failed("be read"))?;
                let (state, bytes) = row.value();
                if wanted(state, bytes) {
                    found.push((command.value().to_owned(), bytes.to_vec()));
                }
            }
            Ok(found)
        })
    }

    /// What was begun by an earlier run of the agent and has no outcome ends as `Interrupted`.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn interrupt_unfinished(&self) -> Result<usize, Error> {
        let begun: Vec<String> =
            self.rows(|state, _| state == INTENT)?.into_iter().map(|(command, _)| command).collect();
        for command_id in &begun {
            let outcome = Report {
                command_id: command_id.clone(),
                kind: ReportKind::Finished.into(),
                status: InvocationStatus::Interrupted.into(),
                code: -1,
                at_ms: Timestamp::now().0,
                message:
                    "The agent ended while the document ran; it is not run again by itself. What it had \
                    printed is in the command's output."
                        .to_owned(),
                ..Report::default()
            };
            self.end(outcome, None, 0)?;
        }
        Ok(begun.len())
    }
}

fn put_cursor(change: &redb::WriteTransaction, number: u64) -> Result<(), Error> {
    let what = "move its cursor";
    let mut numbers = change.open_table(NUMBERS).map_err(failed(what))?;
    let now = numbers.get("cursor").map_err(failed(what))?.map_or(0, |n| n.value());
    numbers.insert("cursor", number.max(now)).map_err(failed(what)).map(|_| ())
}

/// A command's state and what belongs to it.
fn row(change: &redb::WriteTransaction, command: &str) -> Result<Option<(u8, Vec<u8>)>, Error> {
    let what = "read a state";
    let commands = change.open_table(COMMANDS).map_err(failed(what))?;
    Ok(commands.get(command).map_err(failed(what))?.map(|row| (row.value().0, row.value().1.to_vec())))
}

/// Sets a command's state. An ended command stays ended.
fn put(change: &redb::WriteTransaction, command: &str, state: u8, bytes: &[u8]) -> Result<(), Error> {
    let what = "write a state";
    let mut commands = change.open_table(COMMANDS).map_err(failed(what))?;
    let ended = commands.get(command).map_err(failed(what))?.is_some_and(|row| row.value().0 == ENDED);
    if !ended {
        commands.insert(command, (state, bytes)).map_err(failed(what))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
