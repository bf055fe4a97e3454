//! Session documents (schema 1.0).

use serde_json::Value;

use crate::{
    DocumentInput, Error,
    declaration::{self, Dialect},
    error::invalid,
    fields::{Object, has_placeholder, optional_object, required_text, truth, whole_number},
    keys::Keys,
};

const ROOT: Keys =
    Keys::open(&["schemaVersion", "sessionType", "parameters", "inputs", "properties"], &["description"]);
const PREFERENCES: Keys = Keys::open(
    &[
        "s3BucketName",
        "s3KeyPrefix",
        "s3EncryptionEnabled",
        "cloudWatchLogGroupName",
        "cloudWatchEncryptionEnabled",
        "cloudWatchStreamingEnabled",
        "kmsKeyId",
        "runAsEnabled",
        "runAsDefaultUser",
        "idleSessionTimeout",
        "maxSessionDuration",
        "shellProfile",
    ],
    &[],
);
const COMMANDS: Keys = Keys::open(&["commands", "runAsElevated", "separateOutputStream"], &[]);

/// Checks a session document and gives its parameters.
pub(crate) fn check(root: &Object) -> Result<Vec<DocumentInput>, Error> {
    ROOT.check(root, "")?;
    let kind = required_text(root, "", "sessionType")?;
    if !matches!(kind, "Standard_Stream" | "InteractiveCommands" | "NonInteractiveCommands" | "Port") {
        return Err(invalid("sessionType", format!("has the unknown type {kind:?}")));
    }
    let parameters = declaration::read(root, Dialect::Command)?;
    if let Some(preferences) = optional_object(root, "", "inputs")? {
        check_preferences(preferences)?;
    }
    let properties = optional_object(root, "", "properties")?;
    match kind {
        "InteractiveCommands" | "NonInteractiveCommands" => {
            let Some(properties) = properties else {
                return Err(invalid("properties", format!("is missing; {kind} needs it")));
            };
            check_commands(properties)?;
        }
        "Port" if properties.is_none_or(|p| !p.contains_key("portNumber")) => {
            return Err(invalid("properties.portNumber", "is missing; Port needs it"));
        }
        _ => {}
    }
    Ok(parameters)
}

fn check_preferences(preferences: &Object) -> Result<(), Error> {
    PREFERENCES.check(preferences, "inputs")?;
    for (key, most) in [("idleSessionTimeout", 60), ("maxSessionDuration", 1440)] {
        let Some(value) = preferences.get(key) else { continue };
        let open = value.as_str() == Some("") || has_placeholder(value);
        if !open && !whole_number(value).is_some_and(|minutes| (1..=most).contains(&minutes)) {
            return Err(invalid(format!("inputs.{key}"), format!("must be 1 to {most} minutes")));
        }
    }
    for (key, value) in preferences {
        let at = format!("inputs.{key}");
        let problem = match key.as_str() {
            "runAsEnabled"
            | "s3EncryptionEnabled"
            | "cloudWatchEncryptionEnabled"
            | "cloudWatchStreamingEnabled"
                if truth(value).is_none() && !has_placeholder(value) =>
            {
                "must be true or false"
            }
            "shellProfile" if !value.is_object() => "must be a map",
            "s3BucketName" | "s3KeyPrefix" | "cloudWatchLogGroupName" | "kmsKeyId" | "runAsDefaultUser"
                if !value.is_string() =>
            {
                "must be text"
            }
            _ => continue,
        };
        return Err(invalid(at, problem));
    }
    Ok(())
}

fn check_commands(properties: &Object) -> Result<(), Error> {
    let mut any = false;
    for platform in ["linux", "windows", "macos"] {
        let at = format!("properties.{platform}");
        let Some(one) = optional_object(properties, "properties", platform)? else { continue };
        any = true;
        COMMANDS.check(one, &at)?;
        match one.get("commands") {
            None | Some(Value::String(_)) => {}
            Some(Value::Array(lines)) if lines.iter().all(Value::is_string) => {}
            Some(_) => return Err(invalid(format!("{at}.commands"), "must be text")),
        }
    }
    if any { Ok(()) } else { Err(invalid("properties", "must name linux, windows or macos")) }
}
