//! Which machine this is, so that a folder that was copied to another one is noticed there.
//!
//! What is kept are hashes. Of what cannot be read, as in many a container, nothing is known, and nothing follows from it.

use reeve_node_protocol::enrol::fingerprint;
use serde::{Deserialize, Serialize};
use std::path::Path;

const PRODUCT_UUID: &str = "/sys/class/dmi/id/product_uuid";

/// What tells machines apart; an empty text says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Of the installation: `/etc/machine-id`. Images that are cloned carelessly share it.
    #[serde(default)]
    installation: String,
    /// Of the hardware or the virtual machine, which only root can read.
    #[serde(default)]
    hardware: String,
}

impl Machine {
    /// This one.
    pub fn read(machine_id: &Path) -> Self {
        Self { installation: hash(machine_id), hardware: hash(Path::new(PRODUCT_UUID)) }
    }

    /// Whether it is certainly another one.
    pub fn is_other_than(&self, known: &Self) -> bool {
        let differ = |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
        differ(&self.installation, &known.installation) || differ(&self.hardware, &known.hardware)
    }

    /// What is known now, and of the rest what was known before.
    pub fn or(self, known: &Self) -> Self {
        let or = |one: String, other: &String| if one.is_empty() { other.clone() } else { one };
        Self {
            installation: or(self.installation, &known.installation),
            hardware: or(self.hardware, &known.hardware),
        }
    }
}

fn hash(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    match text.trim() {
        // So says an image before its first start.
        "" | "uninitialized" => String::new(),
        text => fingerprint(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(installation: &str, hardware: &str) -> Machine {
        Machine { installation: installation.to_owned(), hardware: hardware.to_owned() }
    }

    #[test]
    fn a_machine_is_another_one_when_something_that_is_known_of_both_differs() {
        let known = machine("a", "b");
        for same in [machine("a", "b"), machine("", "b"), machine("a", ""), machine("", "")] {
            assert!(!same.is_other_than(&known), "{same:?}");
            assert_eq!(same.or(&known), known);
        }
        for other in [machine("x", "b"), machine("a", "x"), machine("x", "")] {
            assert!(other.is_other_than(&known), "{other:?}");
        }
        assert!(!known.is_other_than(&Machine::default()));
    }

    #[test]
    fn what_cannot_be_read_or_says_nothing_is_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("machine-id");
        assert_eq!(hash(&file), "");
        for text in ["", "\n", "uninitialized\n"] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(hash(&file), "", "{text:?}");
        }
        std::fs::write(&file, "abc\n").unwrap();
        assert!(hash(&file).len() == 64 && !hash(&file).contains("abc"));
    }
}
