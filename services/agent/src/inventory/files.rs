//! AWS:File: files by patterns of their names.

use super::{Collected, Machine, entry, instant, plain};
use reeve_inventory_model::Entry;
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeSet, os::unix::fs::MetadataExt, path::Path};

/// As many files and folders one collection looks at: AWS's limits.
const MAX_FILES: usize = 500;
const MAX_FOLDERS: usize = 5_000;

/// Files below a folder whose names match.
#[derive(Debug, Deserialize)]
pub struct Pattern {
    /// Environment variables in it are replaced by their values.
    #[serde(rename = "Path")]
    path: String,
    /// Of names, with `*` and `?`: any of them.
    #[serde(rename = "Pattern")]
    names: Vec<String>,
    #[serde(rename = "Recursive", default)]
    recursive: bool,
    #[serde(rename = "DirScanLimit")]
    folders: Option<usize>,
}

impl Pattern {
    /// Reads the input `files`: a JSON text, or what it says.
    ///
    /// # Errors
    /// A sentence that names the input.
    pub fn read_all(input: Option<&Value>) -> Result<Vec<Self>, String> {
        let wrong = |error: serde_json::Error| {
            format!(
                "The input files is not a list such as [{{\"Path\": \"/etc\", \"Pattern\": [\"*.conf\"], \
                 \"Recursive\": true}}]: {error}."
            )
        };
        match input {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(Vec::new()),
            Some(Value::String(text)) => serde_json::from_str(text).map_err(wrong),
            Some(other) => Deserialize::deserialize(other).map_err(wrong),
        }
    }
}

/// The files that match, in the order of the patterns, and what was left out.
pub fn collect(machine: &Machine, patterns: &[Pattern]) -> Collected {
    let mut walk = Walk::default();
    for pattern in patterns {
        walk.look(machine, pattern);
    }
    Collected::of("AWS:File", Ok(walk.entries), walk.notes.join(" "))
}

#[derive(Default)]
struct Walk {
    entries: Vec<Entry>,
    seen: BTreeSet<std::path::PathBuf>,
    folders: usize,
    notes: Vec<String>,
}

impl Walk {
    fn look(&mut self, machine: &Machine, pattern: &Pattern) {
        let shown = format!("{} in {}", pattern.names.join(", "), pattern.path);
        let limit = pattern.folders.unwrap_or(MAX_FOLDERS).min(MAX_FOLDERS);
        let (mut waiting, mut folders, mut unreadable) = (vec![machine.at(&expand(&pattern.path))], 0, 0);
        while let Some(folder) = waiting.pop() {
            if folders == limit || self.folders == MAX_FOLDERS {
                return self.notes.push(format!("Truncated: {shown} has more than {folders} folders."));
            }
            folders += 1;
            self.folders += 1;
            let Ok(listed) = std::fs::read_dir(&folder) else {
                self.notes.push(format!("{} could not be read.", folder.display()));
                continue;
            };
            let mut found: Vec<_> = listed.flatten().collect();
            found.sort_by_key(std::fs::DirEntry::file_name);
            let mut below = Vec::new();
            for one in found {
                // Links are not followed: one may lead back to where it is.
                let Ok(kind) = one.file_type() else { continue };
                if kind.is_dir() && pattern.recursive {
                    below.push(one.path());
                }
                if !kind.is_file() {
                    continue;
                }
                let Ok(name) = one.file_name().into_string() else {
                    unreadable += 1;
                    continue;
                };
                if !pattern.names.iter().any(|names| matches(names, &name)) || !self.seen.insert(one.path()) {
                    continue;
                }
                if self.entries.len() == MAX_FILES {
                    return self.notes.push(format!(
                        "Truncated: {shown} has more than the {MAX_FILES} files that are kept."
                    ));
                }
                self.entries.extend(file(machine, &folder, name, &one));
            }
            waiting.extend(below.into_iter().rev());
        }
        if unreadable > 0 {
            self.notes.push(format!("{unreadable} files of {shown} have names that are no UTF-8."));
        }
    }
}

fn file(machine: &Machine, folder: &Path, name: String, of: &std::fs::DirEntry) -> Option<Entry> {
    let metadata = of.metadata().ok()?;
    let folder = Path::new("/").join(folder.strip_prefix(&machine.root).unwrap_or(folder));
    Some(entry([
        ("Name", plain(&name)),
        ("InstalledDir", plain(&folder.to_string_lossy())),
        ("Size", metadata.len().to_string()),
        ("ModificationTime", instant(metadata.mtime())),
        ("LastAccessTime", instant(metadata.atime())),
    ]))
}

/// Replaces `$NAME` and `${NAME}`; what is not set is nothing.
fn expand(path: &str) -> String {
    let (mut expanded, mut rest) = (String::new(), path);
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (name, after) = match rest.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
            Some(found) => found,
            None => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                rest.split_at(end)
            }
        };
        expanded.push_str(&std::env::var(name).unwrap_or_default());
        rest = after;
    }
    expanded + rest
}

/// Whether a name matches a pattern with `*` and `?`.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_of_names() {
        for (pattern, name) in
            [("*.conf", "a.conf"), ("h?sts", "hosts"), ("*", "x"), ("a*b*c", "aXbXbc"), ("*a", "aa")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.conf", "a.config"), ("h?sts", "hsts"), ("", "x"), ("a*b", "abc")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
