//! The keys that a map may have, and what a misspelt one resembles.
//!
//! Nothing that an author wrote to have an effect may be without one in silence. A key that resembles one with an effect
//! is a slip, and refused. Another unknown key is an annotation of the author's, as public documents carry them; AWS
//! ignores it, and so does this crate. Where each key says what a node shall do (the inputs of plugins that run
//! something), unknown keys are refused altogether.

use crate::{
    Error,
    error::invalid,
    fields::{Object, join},
};

/// The keys of one kind of map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keys {
    /// Those with an effect.
    pub(crate) effective: &'static [&'static str],
    /// Those that are known to have none.
    pub(crate) ignored: &'static [&'static str],
    /// Whether an unknown key is refused that resembles nothing.
    pub(crate) closed: bool,
}

impl Keys {
    pub(crate) const fn open(effective: &'static [&'static str], ignored: &'static [&'static str]) -> Self {
        Keys { effective, ignored, closed: false }
    }

    /// Refuses a key that is a slip.
    pub(crate) fn check(&self, map: &Object, at: &str) -> Result<(), Error> {
        for key in map.keys().map(String::as_str) {
            if self.effective.contains(&key) || self.ignored.contains(&key) {
                continue;
            }
            if let Some(meant) = self.effective.iter().find(|known| resembles(key, known)) {
                return Err(invalid(join(at, key), format!("is not known; it resembles {meant}")));
            }
            if self.closed {
                let known = self.effective.join(", ");
                return Err(invalid(join(at, key), format!("is not known; there are {known}")));
            }
        }
        Ok(())
    }
}

/// The shortest text that counts as a part of another: `pattern` is one of `allowedPattern`.
const MIN_PART_CHARS: usize = 5;

/// Whether one key was probably meant as the other: the same without regard to case and separators, one or two letters
/// away, or a part of it.
fn resembles(written: &str, known: &str) -> bool {
    let plain = |key: &str| -> String {
        key.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).take(64).collect()
    };
    let (written, known) = (plain(written), plain(known));
    let part = |whole: &str, part: &str| part.len() >= MIN_PART_CHARS && whole.contains(part);
    let slips = match known.len() {
        0..4 => 0,
        4..=6 => 1,
        _ => 2,
    };
    strsim::osa_distance(&written, &known) <= slips || part(&known, &written) || part(&written, &known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_two_keys_when_compared_then_slips_resemble_and_others_do_not() {
        for (written, known) in [
            ("workingdirectory", "workingDirectory"),
            ("working_directory", "workingDirectory"),
            ("timeoutSecond", "timeoutSeconds"),
            ("allowedpattern", "allowedPattern"),
            ("pattern", "allowedPattern"),
            ("defaultValue", "default"),
            ("parameter", "parameters"),
            ("mainStep", "mainSteps"),
            ("nmae", "name"),
            ("runCommands", "runCommand"),
        ] {
            assert!(resembles(written, known), "{written} {known}");
        }
        for (written, known) in
            [("foo", "name"), ("label", "type"), ("comment", "inputs"), ("notes", "name"), ("é", "type")]
        {
            assert!(!resembles(written, known), "{written} {known}");
        }
    }
}
