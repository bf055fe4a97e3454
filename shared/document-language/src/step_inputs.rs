//! The inputs of a step that decide how it runs, checked by their values.

use serde_json::Value;

use crate::fields::{has_placeholder, whole_number};

/// The least and the greatest timeoutSeconds of a step, 48 hours. AWS's guide and the texts of its own documents give
/// these limits.
pub(crate) const TIMEOUT_SECONDS: std::ops::RangeInclusive<u64> = 1..=172_800;

/// What is wrong with one input: its name, and the rest of a sentence about it.
pub(crate) type Problem = (&'static str, String);

/// Checks timeoutSeconds and workingDirectory. What still has a placeholder is left alone.
///
/// A relative working directory is below the folder of the node's downloads. Without `downloads` there is none, and the
/// script would run in the root directory instead.
pub(crate) fn check(inputs: &Value, downloads: bool) -> Result<(), Problem> {
    if let Some(value) = inputs.get("timeoutSeconds").filter(|value| !is_open(value))
        && !whole_number(value).is_some_and(|seconds| TIMEOUT_SECONDS.contains(&seconds))
    {
        let (low, high) = (TIMEOUT_SECONDS.start(), TIMEOUT_SECONDS.end());
        return Err((
            "timeoutSeconds",
            format!("is {value}; it must be a whole number from {low} to {high}"),
        ));
    }
    if let Some(Value::String(path)) = inputs.get("workingDirectory").filter(|value| !is_open(value))
        && !downloads
        && !is_absolute(path)
    {
        let problem = format!(
            "is {path:?}, a relative path; it must be absolute, because no step downloads content that it could \
             be relative to"
        );
        return Err(("workingDirectory", problem));
    }
    Ok(())
}

/// Whether there is nothing to check: no value, or one that is known at run time only.
fn is_open(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("") || has_placeholder(value)
}

/// On any of the platforms: a root, a share or a drive.
fn is_absolute(path: &str) -> bool {
    let drive = path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && path.get(1..2) == Some(":");
    path.starts_with(['/', '\\']) || drive
}

/// Whether a step of that plugin leaves files that a relative path can mean.
pub(crate) fn is_download(action: &str) -> bool {
    matches!(action, "aws:downloadContent" | "aws:runDocument")
}
