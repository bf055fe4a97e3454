//! What is wrong with a stream: pure, message by message.

use super::{checkpoint::StreamHashes, digest::Chain, digest::Digest};
use reeve_jetstream::{backup::Entry, mac::MacKey};
use serde::Serialize;

/// So many findings of one kind are told of a stream one by one.
const MAX_TOLD: usize = 100;
const MISSING: &str =
    "missing, in a stream from which nothing is ever taken: removed, or the bus cannot read it any more";

/// Something that is not as it was, or cannot be as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub stream: String,
    pub sequence: u64,
    /// The last of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    pub what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.until {
            Some(until) => write!(f, "{} {} to {until}: {}", self.stream, self.sequence, self.what),
            None => write!(f, "{} {}: {}", self.stream, self.sequence, self.what),
        }
    }
}

/// What was found in a stream.
#[derive(Debug)]
pub struct Report {
    pub hashes: StreamHashes,
    pub messages: u64,
    pub last: u64,
    /// Of the messages that the checkpoint knows so many have gone since, as such a stream lets them: by age, or destroyed.
    pub gone: u64,
    pub findings: Vec<Finding>,
}

/// Looks at the messages of a stream one after the other.
pub struct Audit<'a> {
    checkpoint: Option<&'a StreamHashes>,
    mac: Option<&'a MacKey>,
    hashes: StreamHashes,
    chain: Chain,
    messages: u64,
    /// Messages that the checkpoint knows, whatever they are now.
    known: u64,
    differing: Vec<u64>,
    findings: Vec<Finding>,
    untold: u64,
}

impl<'a> Audit<'a> {
    pub fn new(
        name: &str,
        keeps_everything: bool,
        checkpoint: Option<&'a StreamHashes>,
        mac: Option<&'a MacKey>,
    ) -> Self {
        Self {
            checkpoint,
            mac,
            hashes: StreamHashes::new(name, keeps_everything),
            chain: Chain::default(),
            messages: 0,
            known: 0,
            differing: Vec::new(),
            findings: Vec::new(),
            untold: 0,
        }
    }

    /// The last sequence so far.
    pub fn last(&self) -> u64 {
        self.hashes.last
    }

    pub fn find(&mut self, sequence: u64, until: u64, what: impl Into<String>) {
        if self.findings.len() >= MAX_TOLD {
            self.untold += 1;
            return;
        }
        let (stream, until) = (self.hashes.name.clone(), (until > sequence).then_some(until));
        self.findings.push(Finding { stream, sequence, until, what: what.into() });
    }

    pub fn take(&mut self, entry: &Entry, digest: &Digest) {
        let (sequence, next) = (entry.sequence, self.last() + 1);
        if self.hashes.keeps_everything && sequence > next {
            self.find(next, sequence - 1, MISSING);
        }
        if let Some(Err(reason)) = self.mac.and_then(|key| entry.check(key)) {
            self.find(sequence, sequence, format!("not as a service stored it: {reason}"));
        }
        if let Some(checkpoint) = self.checkpoint
            && sequence <= checkpoint.last
        {
            match checkpoint.of(sequence) {
                Some(before) if before == digest => self.known += 1,
                Some(_) => {
                    self.known += 1;
                    self.differing.push(sequence);
                }
                None if sequence >= checkpoint.first => {
                    self.find(sequence, sequence, "there now, and not when the checkpoint was made");
                }
                None => {}
            }
        }
        self.hashes.push(sequence, digest);
        self.chain.push(digest);
        self.messages += 1;
    }

    /// Ends with the last sequence that the stream has given to a message.
    pub fn finish(mut self, last: u64) -> Report {
        let last = last.max(self.last());
        if self.hashes.keeps_everything && last > self.last() {
            let next = self.last() + 1;
            self.find(next, last, MISSING);
        }
        let gone = self.checkpoint.map(|checkpoint| self.compare_ends(checkpoint, last)).unwrap_or_default();
        if self.untold > 0 {
            let (stream, what) = (self.hashes.name.clone(), format!("{} more findings", self.untold));
            self.findings.push(Finding { stream, sequence: 0, until: None, what });
        }
        self.hashes.chain = self.chain.text();
        Report { hashes: self.hashes, messages: self.messages, last, gone, findings: self.findings }
    }

    /// Tells a log that was cut off, or went back and on, from one in which messages were changed; answers how many are
    /// gone without a finding.
    fn compare_ends(&mut self, checkpoint: &StreamHashes, last: u64) -> u64 {
        let differing = std::mem::take(&mut self.differing);
        let both = checkpoint.last.min(last);
        let went_back = match (differing.first(), differing.last()) {
            (Some(first), Some(end)) => {
                let contiguous = checkpoint.sequences().filter(|n| (*first..=*end).contains(n)).count();
                *end == both
                    && contiguous == differing.len()
                    && (differing.len() > 1 || checkpoint.last > last)
            }
            _ => false,
        };
        if let (true, Some(first)) = (went_back, differing.first()) {
            let what = format!("rolled back to {}: other messages than at the checkpoint", first - 1);
            self.find(*first, both, what);
        } else {
            for sequence in differing {
                self.find(sequence, sequence, "another message than at the checkpoint");
            }
        }
        if checkpoint.last > last {
            let what = "truncated: there when the checkpoint was made, and beyond the end now";
            self.find(last + 1, checkpoint.last, what);
        }
        if self.hashes.keeps_everything {
            return 0;
        }
        let expected = checkpoint.sequences().take_while(|sequence| *sequence <= last).count();
        (expected as u64).saturating_sub(self.known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sequence: u64, data: &'static str) -> (Entry, Digest) {
        let entry = Entry {
            sequence,
            nanoseconds: 1,
            subject: "reeve.report.n.status".to_owned(),
            headers: Vec::new(),
            data: data.into(),
        };
        let digest = super::super::digest::encode(&entry).1;
        (entry, digest)
    }

    fn report(
        keeps: bool,
        checkpoint: Option<&StreamHashes>,
        of: &[(u64, &'static str)],
        last: u64,
    ) -> Report {
        let mut audit = Audit::new("S", keeps, checkpoint, None);
        for (sequence, data) in of {
            let (entry, digest) = entry(*sequence, data);
            audit.take(&entry, &digest);
        }
        audit.finish(last)
    }

    fn told(report: &Report) -> Vec<String> {
        report.findings.iter().map(ToString::to_string).collect()
    }

    const FIVE: [(u64, &str); 5] = [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")];

    #[test]
    fn what_is_as_it_was_has_no_findings() {
        let checkpoint = report(true, None, &FIVE, 5).hashes;
        let now = report(true, Some(&checkpoint), &[&FIVE[..], &[(6, "f")]].concat(), 6);
        assert_eq!((told(&now), now.messages, now.gone), (Vec::<String>::new(), 6, 0));
        assert_eq!(report(true, None, &FIVE, 5).hashes.chain, checkpoint.chain);
    }

    #[test]
    fn each_kind_of_change_is_named_with_its_sequence() {
        let checkpoint = report(true, None, &FIVE, 5).hashes;
        let is = |of: &[(u64, &'static str)], last: u64, expected: &[&str]| {
            let told = told(&report(true, Some(&checkpoint), of, last));
            assert_eq!(told.len(), expected.len(), "{told:?}");
            let all = told.iter().zip(expected).all(|(told, expected)| told.starts_with(expected));
            assert!(all, "{told:?}");
        };
        is(&[(1, "a"), (2, "x"), (3, "c"), (4, "d"), (5, "e")], 5, &["S 2: another message"]);
        is(&[(1, "a"), (3, "c"), (4, "d"), (5, "e")], 5, &["S 2: missing"]);
        is(&[(2, "b"), (3, "c"), (4, "d"), (5, "e")], 5, &["S 1: missing"]);
        is(&FIVE[..3], 3, &["S 4 to 5: truncated"]);
        is(&FIVE[..3], 5, &["S 4 to 5: missing"]);
        is(&[(1, "a"), (2, "b"), (3, "x"), (4, "y")], 4, &["S 3 to 4: rolled back to 2", "S 5: truncated"]);
        let beyond = [(1, "a"), (2, "b"), (3, "c"), (4, "x"), (5, "y"), (6, "z")];
        is(&beyond, 6, &["S 4 to 5: rolled back to 3"]);
        is(&[], 0, &["S 1 to 5: truncated"]);
    }

    #[test]
    fn what_a_stream_lets_go_is_counted_and_no_finding() {
        let checkpoint = report(false, None, &FIVE, 5).hashes;
        let now = report(false, Some(&checkpoint), &[(3, "c"), (5, "e"), (6, "f")], 6);
        assert_eq!((told(&now), now.gone), (Vec::<String>::new(), 3));
        let now = report(false, Some(&checkpoint), &[(3, "x"), (5, "e")], 5);
        assert!(told(&now)[0].starts_with("S 3: another message"), "{:?}", told(&now));
    }
}
