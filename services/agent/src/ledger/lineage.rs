//! What tells whether this agent is the node, and whether the log is the one that it knows: its sessions, what it was told
//! about another agent, and the message that it took in last.

use super::{Error, Ledger, MARK, NUMBERS, SESSIONS, failed, new_id};
use redb::{Durability, ReadableDatabase, ReadableTable};
use reeve_types::Timestamp;
use std::sync::atomic::Ordering;

/// As many sessions are remembered: a log that went back knows an earlier one.
const MAX_SESSIONS: usize = 64;

impl Ledger {
    /// Goes back to an earlier inbox number: what follows is looked at again, and what is known of it is known.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn go_back(&self, number: u64) -> Result<(), Error> {
        let what = "move its cursor back";
        self.change(what, |change| {
            let mut marks = change.open_table(MARK).map_err(failed(what))?;
            marks.retain(|_, _| false).map_err(failed(what))?;
            let mut numbers = change.open_table(NUMBERS).map_err(failed(what))?;
            numbers.insert("cursor", number).map_err(failed(what)).map(|_| ())
        })
    }

    /// Remembers which message was taken in at a number. Not worth an fsync: then an earlier one is compared.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn mark(&self, number: u64, hash: &str) -> Result<(), Error> {
        let what = "remember a message";
        self.file.with(|database| {
            let mut change = database.begin_write().map_err(failed(what))?;
            change.set_durability(Durability::None).map_err(failed(what))?;
            {
                let mut marks = change.open_table(MARK).map_err(failed(what))?;
                marks.retain(|_, _| false).map_err(failed(what))?;
                marks.insert(number, hash).map_err(failed(what))?;
            }
            change.commit().map_err(failed(what))
        })
    }

    /// The number and the hash of the message that was remembered last.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn marked(&self) -> Result<Option<(u64, String)>, Error> {
        self.file.with(|database| {
            let read = database.begin_read().map_err(failed("be read"))?;
            let marks = read.open_table(MARK).map_err(failed("be read"))?;
            let last = marks.last().map_err(failed("be read"))?;
            Ok(last.map(|(number, hash)| (number.value(), hash.value().to_owned())))
        })
    }

    /// Remembers a session before anybody hears of it.
    ///
    /// # Errors
    /// When the ledger cannot be written; then it must not be introduced.
    pub fn remember_session(&self, session: &str) -> Result<(), Error> {
        let what = "remember a session";
        self.change(what, |change| {
            let mut sessions = change.open_table(SESSIONS).map_err(failed(what))?;
            let last = sessions.last().map_err(failed(what))?.map_or(0, |(at, _)| at.value());
            sessions.insert(last + 1, session).map_err(failed(what))?;
            let oldest = (last + 2).saturating_sub(MAX_SESSIONS as u64);
            sessions.retain(|at, _| at >= oldest).map_err(failed(what))
        })
    }

    /// The sessions that are remembered, the newest last.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn sessions(&self) -> Result<Vec<String>, Error> {
        self.file.with(|database| {
            let read = database.begin_read().map_err(failed("be read"))?;
            let sessions = read.open_table(SESSIONS).map_err(failed("be read"))?;
            let rows = sessions.iter().map_err(failed("be read"))?;
            rows.map(|row| Ok(row.map_err(failed("be read"))?.1.value().to_owned())).collect()
        })
    }

    /// Whether this agent was told to wait for an operator, because another one is the node.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn was_refused(&self) -> Result<bool, Error> {
        Ok(self.number("refused")? > 0)
    }

    /// Remembers that.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn set_refused(&self) -> Result<(), Error> {
        self.set_number("refused", 1)
    }

    /// Remembers since when this agent is the node, after another one was.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn set_works_since(&self, since: Timestamp) -> Result<(), Error> {
        let id = new_id();
        self.set_number("id", id)?;
        self.id.store(id, Ordering::Relaxed);
        self.set_number("works-since", since.0.cast_unsigned())?;
        self.set_number("refused", 0)
    }

    /// What was asked for before that may have been run by another agent with this node's identity.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn works_since(&self) -> Result<Timestamp, Error> {
        Ok(Timestamp(self.number("works-since")?.cast_signed()))
    }

    fn set_number(&self, name: &'static str, number: u64) -> Result<(), Error> {
        let what = "remember which agent is the node";
        self.change(what, |change| {
            let mut numbers = change.open_table(NUMBERS).map_err(failed(what))?;
            numbers.insert(name, number).map_err(failed(what)).map(|_| ())
        })
    }
}
