//! What is wanted of a run: the inputs of aws:runPatchBaseline.

use serde_json::Value;

/// What a run does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Scan,
    Install,
    /// Says what Install would do.
    DryRun,
    /// Installs the versions that were there before a command.
    Rollback(String),
}

impl Operation {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scan => "Scan",
            Self::Install => "Install",
            Self::DryRun => "DryRun",
            Self::Rollback(_) => "Rollback",
        }
    }
}

/// When a scan is the document's last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Never,
    Always,
    /// When there is nothing to install, and no restart to wait for.
    WhenCompliant,
}

#[derive(Debug)]
pub(super) struct Order {
    pub operation: Operation,
    pub may_restart: bool,
    pub snapshot_id: String,
    /// Where the list is, or the list itself; empty: none.
    pub install_override_list: String,
    pub baseline_override: String,
    /// Which baseline counts instead of the registered one, as `Key=K,Values=V`; empty: none does.
    pub baseline_tags: String,
    /// Of the document.
    pub ending: Ending,
    /// Whether the step is for a restart alone.
    pub is_for_restart: bool,
}

impl Order {
    /// # Errors
    /// A sentence that names the input and its value.
    pub fn read(inputs: &Value) -> Result<Self, String> {
        let text = |name: &str| inputs.get(name).and_then(Value::as_str).unwrap_or_default();
        let operation = match text("operation") {
            "Scan" => Operation::Scan,
            "Install" => Operation::Install,
            "DryRun" => Operation::DryRun,
            "Rollback" => match text("commandId") {
                "" => {
                    return Err(
                        "The input commandId says which command is rolled back: it is empty.".to_owned()
                    );
                }
                command => Operation::Rollback(command.to_owned()),
            },
            other => {
                let known = "Scan, Install, DryRun or Rollback";
                return Err(format!("The input operation is {other:?}; it must be {known}."));
            }
        };
        let may_restart = match text("rebootOption") {
            "RebootIfNeeded" | "" => true,
            "NoReboot" => false,
            other => {
                return Err(format!(
                    "The input rebootOption is {other:?}; it must be RebootIfNeeded or NoReboot."
                ));
            }
        };
        let ending = match text("nextOperation") {
            "" => Ending::Never,
            "Scan" => Ending::Always,
            "Install" => Ending::WhenCompliant,
            other => {
                return Err(format!("The input nextOperation is {other:?}; it must be Scan or Install."));
            }
        };
        let given = ["installOverrideList", "baselineOverride", "baselineTags"];
        let given: Vec<&str> = given.into_iter().filter(|name| !text(name).is_empty()).collect();
        if given.len() > 1 && given.contains(&"baselineOverride") {
            return Err(format!("The inputs {} are both given; a run has one of them.", given.join(" and ")));
        }
        Ok(Self {
            operation,
            may_restart,
            snapshot_id: text("snapshotId").to_owned(),
            install_override_list: text("installOverrideList").to_owned(),
            baseline_override: text("baselineOverride").to_owned(),
            baseline_tags: text("baselineTags").to_owned(),
            ending,
            is_for_restart: text("onlyForRestart") == "true",
        })
    }

    /// Whether what a list says counts in this run: a scan looks by the baseline alone.
    pub fn is_by_list(&self) -> bool {
        !self.install_override_list.is_empty()
            && matches!(self.operation, Operation::Install | Operation::DryRun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        for (inputs, part) in [
            (json!({}), "operation"),
            (json!({"operation": "install"}), "\"install\""),
            (json!({"operation": "Rollback"}), "commandId"),
            (json!({"operation": "Scan", "rebootOption": "Maybe"}), "Maybe"),
            (json!({"operation": "Scan", "nextOperation": "Rest"}), "nextOperation"),
            (
                json!({"operation": "Install", "installOverrideList": "a", "baselineOverride": "b"}),
                "installOverrideList and baselineOverride are both given",
            ),
        ] {
            let refused = Order::read(&inputs).unwrap_err();
            assert!(refused.contains(part), "{inputs}: {refused}");
        }
        let order = |operation: &str| {
            Order::read(&json!({"operation": operation, "installOverrideList": "patches: []"})).unwrap()
        };
        assert!(order("Install").is_by_list() && order("DryRun").is_by_list());
        assert!(!order("Scan").is_by_list());
    }
}
