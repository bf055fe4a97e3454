//! Change templates (documents of the type Automation.ChangeTemplate): who approves a change, and which runbooks it may run.

use serde_json::Value;

use crate::{
    DocumentInput, Error,
    declaration::{self, Dialect},
    error::invalid,
    fields::{Object, object, optional_text, required_list, required_text, truth},
    keys::Keys,
};

const ROOT: Keys = Keys::open(
    &[
        "schemaVersion",
        "parameters",
        "emergencyChange",
        "autoApprovable",
        "executableRunBooks",
        "mainSteps",
        "templateInformation",
    ],
    &["description", "assumeRole"],
);

/// AWS's limit.
const MAX_LEVELS: usize = 5;

/// Checks the document and gives its parameters.
pub(crate) fn check(root: &Object) -> Result<Vec<DocumentInput>, Error> {
    ROOT.check(root, "")?;
    let inputs = declaration::read(root, Dialect::Automation)?;
    for name in ["emergencyChange", "autoApprovable"] {
        if let Some(value) = root.get(name)
            && truth(value).is_none()
        {
            return Err(invalid(name, format!("is {value}, which is neither true nor false")));
        }
    }
    optional_text(root, "", "templateInformation")?;
    let runbooks = match root.get("executableRunBooks") {
        None => &Vec::new(),
        Some(Value::Array(runbooks)) => runbooks,
        Some(_) => return Err(invalid("executableRunBooks", "is no list")),
    };
    for (index, runbook) in runbooks.iter().enumerate() {
        let at = format!("executableRunBooks[{index}]");
        let runbook = object(runbook, &at)?;
        required_text(runbook, &at, "name")?;
        optional_text(runbook, &at, "version")?;
    }
    let levels = required_list(root, "", "mainSteps")?;
    if levels.len() > MAX_LEVELS {
        let message = format!("has {} levels, and may have {MAX_LEVELS}", levels.len());
        return Err(invalid("mainSteps", message));
    }
    levels
        .iter()
        .enumerate()
        .try_for_each(|(index, level)| check_level(level, &format!("mainSteps[{index}]")))?;
    Ok(inputs)
}

fn check_level(level: &Value, at: &str) -> Result<(), Error> {
    let step = object(level, at)?;
    required_text(step, at, "name")?;
    let action = required_text(step, at, "action")?;
    if action != "aws:approve" {
        let message = format!("is {action}: the steps of a change template are aws:approve");
        return Err(invalid(format!("{at}.action"), message));
    }
    let at = format!("{at}.inputs");
    let inputs = object(step.get("inputs").unwrap_or(&Value::Null), &at)?;
    if !inputs.contains_key("Approvers") && !inputs.contains_key("EnhancedApprovals") {
        return Err(invalid(at, "names no approvers: it needs EnhancedApprovals or Approvers"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{Format, check};
    use serde_json::{Value, json};

    fn checked(template: &Value) -> Result<(), String> {
        let checked = check("Automation.ChangeTemplate", Format::Json, &template.to_string());
        checked.map(|_| ()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_template_is_levels_of_approvals_and_the_runbooks_that_it_lets_run() {
        let approvers = json!([{"approver": "ann", "type": "IamUser", "minRequiredApprovals": 1}]);
        let level = json!({"name": "a", "action": "aws:approve",
            "inputs": {"Message": "m", "EnhancedApprovals": {"Approvers": approvers}}});
        let good = json!({"schemaVersion": "0.3", "emergencyChange": false, "autoApprovable": true,
            "executableRunBooks": [{"name": "R", "version": "1"}], "mainSteps": [level]});
        assert_eq!(checked(&good), Ok(()));
        for (pointer, value, named) in [
            ("/schemaVersion", json!("0.2"), "0.3"),
            ("/emergencyChange", json!("perhaps"), "emergencyChange"),
            ("/executableRunBooks", json!("R"), "executableRunBooks"),
            ("/executableRunBooks/0", json!({"version": "1"}), "executableRunBooks[0]"),
            ("/mainSteps/0/action", json!("aws:sleep"), "mainSteps[0].action"),
            ("/mainSteps/0/inputs", json!({}), "mainSteps[0].inputs"),
            ("/mainSteps", json!([level, level, level, level, level, level]), "mainSteps"),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = value;
            assert!(checked(&bad).unwrap_err().contains(named), "{pointer}");
        }
    }
}
