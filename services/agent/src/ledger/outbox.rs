//! Reports that the bus has not acknowledged yet.

use super::{Error, Ledger, NUMBERS, Next, OUTBOX, failed};
use prost::Message;
use redb::{Durability, ReadableDatabase, ReadableTable};
use reeve_contracts::node::Report;

impl Ledger {
    /// The oldest report that the bus has not acknowledged and that is to be sent now.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn next_report(&self, now: impl Fn(&Report) -> bool) -> Result<Next, Error> {
        self.file.with(|database| {
            let read = database.begin_read().map_err(failed("be read"))?;
            let outbox = read.open_table(OUTBOX).map_err(failed("be read"))?;
            let mut next = Next::Nothing;
            for row in outbox.iter().map_err(failed("be read"))? {
                let (sequence, bytes) = row.map_err(failed("be read"))?;
                let report = Report::decode(bytes.value()).map_err(|e| Error {
                    what: "read a report",
                    reason: e.to_string(),
                    full: false,
                })?;
                if now(&report) {
                    return Ok(Next::Report(sequence.value(), bytes.value().to_vec()));
                }
                next = Next::Later;
            }
            Ok(next)
        })
    }

    /// The bus holds the report. Not worth an fsync: a forgotten acknowledgement sends the report again, and
    /// the control plane knows it by its sequence.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn acknowledged(&self, sequence: u64) -> Result<(), Error> {
        let what = "forget a report";
        self.file.with(|database| {
            let mut change = database.begin_write().map_err(failed(what))?;
            change.set_durability(Durability::None).map_err(failed(what))?;
            change.open_table(OUTBOX).map_err(failed(what))?.remove(sequence).map_err(failed(what))?;
            change.commit().map_err(failed(what))
        })
    }
}

/// Puts a report into the outbox; answers its sequence.
pub(super) fn queue(change: &redb::WriteTransaction, mut report: Report) -> Result<u64, Error> {
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
        .map_err(failed(what))?;
    Ok(sequence)
}
