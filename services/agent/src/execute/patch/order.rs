//! What is wanted of a run: the inputs of aws:runPatchBaseline.

use serde_json::Value;

pub(super) struct Order {
    pub is_install: bool,
    pub may_restart: bool,
    pub snapshot_id: String,
}

impl Order {
    /// # Errors
    /// A sentence that names the input and its value.
    pub fn read(inputs: &Value) -> Result<Self, String> {
        let text = |name: &str| inputs.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_install = match text("operation") {
            "Scan" => false,
            "Install" => true,
            other => return Err(format!("The input operation is {other:?}; it must be Scan or Install.")),
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
        for name in ["installOverrideList", "baselineOverride"] {
            if !text(name).is_empty() {
                return Err(format!("The input {name} cannot be followed here yet: nothing was done."));
            }
        }
        Ok(Self { is_install, may_restart, snapshot_id: text("snapshotId").to_owned() })
    }

    pub fn operation(&self) -> &'static str {
        if self.is_install { "Install" } else { "Scan" }
    }
}
