//! What an entry may be: AWS's limits of PutInventory, which hold for whoever reports.

use crate::{Entry, types};
use reeve_types::text::cut;

const MAX_ATTRIBUTES: usize = 50;
const MAX_NAME_CHARS: usize = 64;
const MAX_VALUE_CHARS: usize = 4_096;

/// Checks an entry of a type.
///
/// # Errors
/// A sentence that names the type and the attribute.
pub fn check(type_name: &str, entry: &Entry) -> Result<(), String> {
    if !(1..=MAX_ATTRIBUTES).contains(&entry.len()) {
        return Err(format!(
            "An entry of {type_name} has {} attributes: it needs 1 to {MAX_ATTRIBUTES}.",
            entry.len()
        ));
    }
    for (name, value) in entry {
        if !(1..=MAX_NAME_CHARS).contains(&name.chars().count()) {
            let shown = cut(name, MAX_NAME_CHARS);
            return Err(format!(
                "The name {shown:?} of an attribute of {type_name} has not 1 to {MAX_NAME_CHARS} characters."
            ));
        }
        if value.chars().count() > MAX_VALUE_CHARS {
            return Err(format!(
                "The value of the attribute {name} of {type_name} has more than {MAX_VALUE_CHARS} characters."
            ));
        }
    }
    let Some(kind) = types::find(type_name) else { return Ok(()) };
    let known = |attribute: &&String| kind.attributes.iter().any(|(known, _)| known == attribute);
    if let Some(unknown) = entry.keys().find(|attribute| !known(attribute)) {
        return Err(format!("{type_name} has no attribute {unknown:?}."));
    }
    let missing = |attribute: &&&str| entry.get(**attribute).is_none_or(String::is_empty);
    match kind.identity.iter().find(|attribute| matches!(**attribute, "Name" | "Id" | "KBId")).filter(missing)
    {
        Some(attribute) => Err(format!("An entry of {type_name} has no {attribute}.")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(type_name: &str, entry: &[(&str, &str)]) -> String {
        let entry = entry.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        check(type_name, &entry).err().unwrap_or_default()
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(refused("AWS:Application", &[("Name", "bash")]), "");
        assert_eq!(refused("Custom:Rack", &[("Row", "")]), "");
        assert!(refused("Custom:Rack", &[]).contains("0 attributes"));
        assert!(refused("AWS:Application", &[("Name", "bash"), ("Colour", "red")]).contains("\"Colour\""));
        assert!(refused("AWS:Application", &[("Version", "1")]).contains("no Name"));
        assert!(refused("Custom:Rack", &[(&"n".repeat(65), "")]).contains("64 characters"));
        assert!(refused("Custom:Rack", &[("Row", &"v".repeat(4_097))]).contains("4096 characters"));
        let many: Vec<String> = (0..51).map(|n| n.to_string()).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "")).collect();
        assert!(refused("Custom:Rack", &many).contains("51 attributes"));
    }
}
