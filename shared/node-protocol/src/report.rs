//! How large a report of a node may be.

use prost::Message;
use reeve_contracts::node::Report;

/// A report holds no more bytes: what becomes of it, an event and its headers, has to fit into a message of the bus, which
/// takes 1 MiB.
pub const MAX_REPORT_BYTES: usize = 768 * 1024;
/// As many characters of a step's output an outcome holds at most.
const MAX_TEXT_CHARS: usize = 24_000;
/// More than is said of output that was shortened.
const NOTE_MAX_BYTES: usize = 512;
/// At the end of each text that was shortened here, within the characters that are kept.
const CUT_MARK: &str = "--output truncated--";

/// Shortens what a report repeats of its steps' output until it is no larger than reports may be, and says so.
pub fn fit(report: &mut Report) {
    let mut kept = MAX_TEXT_CHARS;
    while report.encoded_len() > MAX_REPORT_BYTES - NOTE_MAX_BYTES && kept > 0 {
        kept /= 2;
        for step in &mut report.steps {
            for text in [&mut step.stdout, &mut step.stderr, &mut step.output] {
                shorten(text, kept);
            }
        }
    }
    if kept < MAX_TEXT_CHARS {
        let said = format!(
            "Of each step's output the first {kept} characters are kept here: the steps are many. All of it is in the \
             command's output."
        );
        report.message = [&report.message, &said].map(String::as_str).join(" ").trim_start().to_owned();
    }
}

fn shorten(text: &mut String, kept: usize) {
    if text.char_indices().nth(kept).is_none() {
        return;
    }
    // Where there is no room for the mark, nothing is kept either.
    let end = kept.saturating_sub(CUT_MARK.len());
    text.truncate(text.char_indices().nth(end).map_or(0, |(end, _)| end));
    if kept >= CUT_MARK.len() {
        text.push_str(CUT_MARK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::outcome::StepOutcome;

    fn report(steps: usize, character: char) -> Report {
        let text = character.to_string().repeat(MAX_TEXT_CHARS);
        let step = StepOutcome {
            name: "a".repeat(128),
            output: text.chars().take(2_500).collect(),
            stderr: text.clone(),
            stdout: text,
            stdout_bytes: 1 << 40,
            ..StepOutcome::default()
        };
        Report { steps: vec![step; steps], ..Report::default() }
    }

    #[test]
    fn a_report_fits_into_a_message_however_much_was_printed() {
        let small = report(3, 'x');
        let mut fitted = small.clone();
        fit(&mut fitted);
        assert_eq!(fitted, small);
        for (steps, character) in [(25, 'x'), (7, '𝄞'), (1000, 'ä')] {
            let mut report = report(steps, character);
            fit(&mut report);
            assert!(report.encoded_len() <= MAX_REPORT_BYTES, "{} bytes", report.encoded_len());
            assert!(report.encoded_len() > MAX_REPORT_BYTES / 4, "{} bytes", report.encoded_len());
            assert_eq!((report.steps.len(), report.steps[0].stdout_bytes), (steps, 1 << 40));
            let texts = |step: &StepOutcome| [step.stdout.clone(), step.stderr.clone()];
            assert!(report.steps.iter().flat_map(texts).all(|text| text.ends_with(CUT_MARK)));
            assert!(report.message.starts_with("Of each step's output the first"), "{}", report.message);
        }
    }
}
