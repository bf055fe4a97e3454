//! What this node accepts, as its own root user wrote it: it narrows what the control plane may have run here, and
//! nothing that comes over the network can widen it.
//!
//! A JSON file, owned by root and writable by nobody else, read for every command:
//! `{"plugins": ["aws:runShellScript"], "runAs": ["deploy"], "hours": ["22:00-04:00"]}`. What is left out is not
//! narrowed. `plugins` counts for included documents too; `runAs` has the empty text for the agent's own user; `hours`
//! are in UTC, from the first minute up to the second, and say when a command may begin. A file that is not like this
//! refuses every command, and says why.

use reeve_contracts::node::Dispatch;
use reeve_types::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs::File,
    io::{ErrorKind, Read},
    os::unix::fs::MetadataExt,
    path::PathBuf,
};

/// More than any such file needs.
const POLICY_MAX_BYTES: u64 = 1 << 20;

/// The file, which may not be there: then everything is accepted.
#[derive(Clone, Debug)]
pub struct LocalPolicy(pub PathBuf);

/// What it says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rules {
    plugins: Option<BTreeSet<String>>,
    run_as: Option<BTreeSet<String>>,
    hours: Option<Vec<String>>,
}

impl LocalPolicy {
    /// Reads it; the error is a sentence for whoever sent a command.
    ///
    /// # Errors
    /// When it is there and cannot be trusted or understood.
    pub fn read(&self) -> Result<Rules, String> {
        let refused = |reason: String| {
            format!(
                "The node's local policy {} cannot be followed, so nothing is run: {reason}.",
                self.0.display()
            )
        };
        let file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Rules::default()),
            Err(error) => return Err(refused(error.to_string())),
        };
        belongs_to_root(&file).map_err(refused)?;
        let mut text = String::new();
        file.take(POLICY_MAX_BYTES).read_to_string(&mut text).map_err(|e| refused(e.to_string()))?;
        let rules: Rules = serde_json::from_str(&text).map_err(|e| refused(e.to_string()))?;
        for hours in rules.hours.iter().flatten() {
            minutes(hours).ok_or_else(|| refused(format!("hours has {hours:?}, not such as 22:00-04:00")))?;
        }
        Ok(rules)
    }
}

/// The file that is open, not whatever has its name a moment later.
fn belongs_to_root(file: &File) -> Result<(), String> {
    let metadata = file.metadata().map_err(|e| e.to_string())?;
    if metadata.uid() != 0 {
        return Err(format!("it belongs to the user {} and not to root", metadata.uid()));
    }
    match metadata.mode() & 0o022 {
        0 => Ok(()),
        _ => Err(format!("others than root may write it (mode {:04o})", metadata.mode() & 0o7777)),
    }
}

impl Rules {
    /// Whether a dispatch may be begun now; the error is a sentence for whoever sent it.
    ///
    /// # Errors
    /// When it may not.
    pub fn check(&self, dispatch: &Dispatch, now: Timestamp) -> Result<(), String> {
        if let Some(users) = &self.run_as
            && !users.contains(&dispatch.run_as)
        {
            return Err(format!("The node's local policy does not accept the user {:?}.", dispatch.run_as));
        }
        if let Some(hours) = &self.hours {
            let minute = now.0.div_euclid(60_000).rem_euclid(24 * 60);
            let open = hours.iter().filter_map(|hours| minutes(hours)).any(|(from, to)| match from <= to {
                true => (from..to).contains(&minute),
                false => minute >= from || minute < to,
            });
            if !open {
                return Err(format!(
                    "The node's local policy accepts commands at {} UTC only.",
                    hours.join(", ")
                ));
            }
        }
        let document: Value = serde_json::from_str(&dispatch.document).unwrap_or_default();
        actions(&document).into_iter().try_for_each(|action| self.accepts(action))
    }

    /// Whether a plugin may run; the error is a sentence.
    ///
    /// # Errors
    /// When it may not.
    pub fn accepts(&self, action: &str) -> Result<(), String> {
        match &self.plugins {
            Some(plugins) if !plugins.contains(action) => {
                Err(format!("The node's local policy does not accept the plugin {action}."))
            }
            _ => Ok(()),
        }
    }
}

/// The plugins that a document of any schema names itself.
fn actions(document: &Value) -> Vec<&str> {
    let steps = document.get("mainSteps").and_then(Value::as_array).into_iter().flatten();
    let named = steps.filter_map(|step| step.get("action").and_then(Value::as_str));
    let keyed = document.get("runtimeConfig").and_then(Value::as_object).into_iter().flatten();
    named.chain(keyed.map(|(action, _)| action.as_str())).collect()
}

/// The minutes of a day that `22:00-04:00` names.
fn minutes(hours: &str) -> Option<(i64, i64)> {
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
        ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
    };
    let (from, to) = hours.split_once('-')?;
    Some((minute(from.trim())?, minute(to.trim())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn rules(text: &str) -> Rules {
        serde_json::from_str(text).unwrap()
    }

    fn dispatch(document: &str) -> Dispatch {
        Dispatch { document: document.to_owned(), ..Dispatch::default() }
    }

    const SHELL: &str = r#"{"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runShellScript"}]}"#;
    const OLD: &str = r#"{"schemaVersion": "1.2", "runtimeConfig": {"aws:runShellScript": {}}}"#;

    fn at(hour: i64, minute: i64) -> Timestamp {
        Timestamp((hour * 60 + minute) * 60_000 + 86_400_000 * 20_000)
    }

    #[test]
    fn what_is_left_out_is_not_narrowed() {
        assert!(rules("{}").check(&dispatch(SHELL), at(3, 0)).is_ok());
    }

    #[test]
    fn plugins_users_and_hours_are_narrowed() {
        for document in [SHELL, OLD] {
            let only = |plugin: &str| rules(&format!(r#"{{"plugins": ["{plugin}"]}}"#));
            assert!(only("aws:runShellScript").check(&dispatch(document), at(3, 0)).is_ok());
            assert!(only("aws:runDocument").check(&dispatch(document), at(3, 0)).is_err());
        }
        let users = rules(r#"{"runAs": ["deploy"]}"#);
        let as_user = |user: &str| Dispatch { run_as: user.to_owned(), ..dispatch(SHELL) };
        assert!(users.check(&as_user("deploy"), at(3, 0)).is_ok());
        assert!(
            users.check(&as_user(""), at(3, 0)).is_err() && users.check(&as_user("root"), at(3, 0)).is_err()
        );
        let hours = rules(r#"{"hours": ["22:00-04:00", "12:00-12:30"]}"#);
        for (hour, minute, open) in
            [(22, 0, true), (3, 59, true), (4, 0, false), (12, 29, true), (12, 30, false), (21, 59, false)]
        {
            assert_eq!(hours.check(&dispatch(SHELL), at(hour, minute)).is_ok(), open, "{hour}:{minute:02}");
        }
    }

    #[test]
    fn a_file_that_is_not_roots_or_not_understood_refuses_everything() {
        let folder = tempfile::tempdir().unwrap();
        let policy = LocalPolicy(folder.path().join("policy.json"));
        assert!(policy.read().is_ok(), "no file, no narrowing");
        let write = |text: &str, mode: u32| {
            std::fs::write(&policy.0, text).unwrap();
            std::fs::set_permissions(&policy.0, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let root = std::fs::metadata(folder.path()).unwrap().uid() == 0;
        write(r#"{"plugins": []}"#, 0o644);
        assert_eq!(policy.read().is_ok(), root);
        for (text, mode) in [
            (r#"{"plugins": []}"#, 0o664),
            (r#"{"plugins": []}"#, 0o646),
            (r#"{"plugin": []}"#, 0o644),
            (r#"{"hours": ["25:00-26:00"]}"#, 0o644),
            ("", 0o600),
        ] {
            write(text, mode);
            let reason = policy.read().unwrap_err();
            assert!(reason.contains("nothing is run"), "{reason}");
        }
    }
}
