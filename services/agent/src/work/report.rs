//! What is reported of a command.

use crate::execute::Outcome;
use prost::Message;
use reeve_contracts::node::{Dispatch, Report, ReportKind, StepReport};
use reeve_node_protocol::MAX_REPORT_BYTES;
use reeve_types::Timestamp;

/// As many characters of a step's output an outcome holds at most.
const KEPT: usize = 24_000;
/// More than is said of output that was shortened.
const SAID: usize = 512;

/// Which command a report is of, and what the report repeats of it.
#[derive(Clone, Default)]
pub struct Of {
    pub command_id: String,
    pub traceparent: String,
    /// When its dispatch expires; 0 when that is not known.
    pub expires_ms: i64,
    /// 0 when it was not begun.
    pub started_ms: i64,
}

impl Of {
    pub fn dispatch(dispatch: &Dispatch) -> Self {
        Self {
            command_id: dispatch.command_id.clone(),
            traceparent: dispatch.traceparent.clone(),
            expires_ms: dispatch.expires_ms,
            started_ms: 0,
        }
    }

    pub fn started(&self, node_id: &str, now: Timestamp) -> Report {
        Report {
            node_id: node_id.to_owned(),
            command_id: self.command_id.clone(),
            kind: ReportKind::Started.into(),
            at_ms: now.0,
            traceparent: self.traceparent.clone(),
            ..Report::default()
        }
    }

    pub fn finished(&self, node_id: &str, outcome: &Outcome, now: Timestamp) -> Report {
        let steps = outcome.steps.iter().map(|step| StepReport {
            name: step.name.clone(),
            action: step.action.clone(),
            status: step.status.clone(),
            code: step.code,
            started_ms: step.started_ms,
            finished_ms: step.finished_ms,
            stdout: step.stdout.clone(),
            stderr: step.stderr.clone(),
            output: step.output.clone(),
            stdout_bytes: step.stdout_bytes,
            stderr_bytes: step.stderr_bytes,
        });
        let mut report = Report {
            node_id: node_id.to_owned(),
            sequence: 0,
            command_id: self.command_id.clone(),
            kind: ReportKind::Finished.into(),
            status: outcome.status.clone(),
            status_details: outcome.status_details.clone(),
            code: outcome.code,
            at_ms: now.0,
            started_ms: self.started_ms,
            steps: steps.collect(),
            message: outcome.message.clone(),
            traceparent: self.traceparent.clone(),
        };
        fit(&mut report);
        report
    }
}

/// Shortens what a report repeats of its steps' output until it is no larger than reports may be, and says so.
pub fn fit(report: &mut Report) {
    let mut kept = KEPT;
    while report.encoded_len() > MAX_REPORT_BYTES - SAID && kept > 0 {
        kept /= 2;
        for step in &mut report.steps {
            for text in [&mut step.stdout, &mut step.stderr, &mut step.output] {
                if let Some((end, _)) = text.char_indices().nth(kept) {
                    text.truncate(end);
                }
            }
        }
    }
    if kept < KEPT {
        let said = format!(
            "Of each step's output the first {kept} characters are kept here: the steps are many. All of it is in the \
             command's output."
        );
        report.message = [&report.message, &said].map(String::as_str).join(" ").trim_start().to_owned();
    }
}

impl Outcome {
    pub fn without_steps(status: &str, details: &str, message: &str) -> Self {
        Self {
            status: status.to_owned(),
            status_details: details.to_owned(),
            code: -1,
            message: message.to_owned(),
            steps: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::StepOutcome;

    fn outcome(steps: usize, character: char) -> Outcome {
        let text = character.to_string().repeat(KEPT);
        let step = StepOutcome {
            name: "a".repeat(128),
            action: "aws:runShellScript".to_owned(),
            status: "Success".to_owned(),
            code: 0,
            started_ms: 1,
            finished_ms: 2,
            output: text.chars().take(2_500).collect(),
            stderr: text.clone(),
            stdout: text,
            stdout_bytes: 1 << 40,
            stderr_bytes: 1 << 40,
        };
        Outcome { steps: vec![step; steps], ..Outcome::without_steps("Success", "Success", "") }
    }

    #[test]
    fn a_report_fits_into_a_message_however_much_was_printed() {
        let of = Of { command_id: "c".to_owned(), ..Of::default() };
        let small = of.finished("mi-1", &outcome(3, 'x'), Timestamp(3));
        assert_eq!((small.steps[0].stdout.len(), small.message.as_str()), (KEPT, ""));
        for (steps, character) in [(25, 'x'), (7, '𝄞'), (1000, 'ä')] {
            let report = of.finished("mi-1", &outcome(steps, character), Timestamp(3));
            assert!(report.encoded_len() <= MAX_REPORT_BYTES, "{} bytes", report.encoded_len());
            assert!(report.encoded_len() > MAX_REPORT_BYTES / 4, "{} bytes", report.encoded_len());
            assert_eq!((report.steps.len(), report.steps[0].stdout_bytes), (steps, 1 << 40));
            assert!(report.message.starts_with("Of each step's output the first"), "{}", report.message);
        }
    }
}
