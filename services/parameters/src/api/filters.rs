//! The filters of DescribeParameters and GetParametersByPath. All of them must hold, each for any of its values.

use crate::{
    domain::{
        names::is_level,
        parameter::{ADVANCED, INTELLIGENT, STANDARD},
        values::{SECURE_STRING, STRING, STRING_LIST},
    },
    projections::VersionRow,
};
use reeve_contracts::ssm::{ParameterStringFilter, ParametersFilter};
use reeve_runtime::ApiError;
use std::collections::BTreeMap;

const TAG_PREFIX: &str = "tag:";
/// As many tiers and types as there are.
const TIERS: [&str; 3] = [STANDARD, ADVANCED, INTELLIGENT];
const TYPES: [&str; 3] = [STRING, STRING_LIST, SECURE_STRING];

const COMMON_PREFIX: &str = "Filters for common parameters can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). When \
    using global parameters, please specify within a global namespace.";
const PATH_SHAPE: &str = "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a \
    forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). It must use only letters, numbers, \
    or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if \
    specified, must use the forward slash symbol \"/\". Valid example: /get/parameters2-/by1./path0_.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Equals,
    BeginsWith,
    Contains,
    OneLevel,
    Recursive,
}

/// One filter of a list.
#[derive(Debug)]
pub struct Filter {
    key: String,
    how: How,
    values: Vec<String>,
}

/// What a list can be filtered by, in the order in which refusals name it.
pub struct Keys {
    pub known: &'static [&'static str],
    pub tags: bool,
}

pub const OF_DESCRIBE: Keys =
    Keys { known: &["Path", "Name", "Type", "KeyId", "Tier", "DataType"], tags: true };
pub const BY_PATH: Keys = Keys { known: &["Type", "KeyId", "Label"], tags: false };

/// The filters of a list.
///
/// # Errors
/// For a key, an option or a value that there is not, and for a key that is there twice.
pub fn filters(asked: Option<&Vec<ParameterStringFilter>>, keys: &Keys) -> Result<Vec<Filter>, ApiError> {
    let mut filters = Vec::<Filter>::new();
    for filter in asked.into_iter().flatten() {
        let key = filter.key.clone().unwrap_or_default();
        let is_tag = keys.tags && key.strip_prefix(TAG_PREFIX).is_some_and(|name| !name.is_empty());
        if !is_tag && !keys.known.contains(&key.as_str()) {
            let known = keys.known.join(", ");
            return Err(bad_key(format!(
                "The following filter key is not valid: {key}. Valid filter keys include: [{known}]."
            )));
        }
        if filters.iter().any(|filter| filter.key == key) {
            return Err(bad_key(format!(
                "The following filter is duplicated in the request: {key}. A request can contain only one occurrence of a \
                 specific filter."
            )));
        }
        let values = filter.values.clone().unwrap_or_default();
        if values.is_empty() && !is_tag {
            let message = format!("The following filter values are missing : null for filter key {key}");
            return Err(ApiError::new("InvalidFilterValue", message));
        }
        let how = how(&key, filter.option.as_deref())?;
        filters.push(checked(Filter { key, how, values })?);
    }
    Ok(filters)
}

/// The old form of them: a Name is the beginning of one.
pub fn old_filters(asked: Option<&Vec<ParametersFilter>>) -> Result<Vec<Filter>, ApiError> {
    let filter = |filter: &ParametersFilter| {
        let key = filter.key.clone().unwrap_or_default();
        let how = if key == "Name" { How::BeginsWith } else { How::Equals };
        checked(Filter { key, how, values: filter.values.clone().unwrap_or_default() })
    };
    asked.into_iter().flatten().map(filter).collect()
}

fn bad_key(message: String) -> ApiError {
    ApiError::new("InvalidFilterKey", message)
}

fn how(key: &str, option: Option<&str>) -> Result<How, ApiError> {
    let options: &[(&str, How)] = match key {
        "Path" => &[("Recursive", How::Recursive), ("OneLevel", How::OneLevel)],
        "Name" => &[("BeginsWith", How::BeginsWith), ("Equals", How::Equals), ("Contains", How::Contains)],
        "Label" | "Tier" | "DataType" => &[("Equals", How::Equals)],
        _ => &[("BeginsWith", How::BeginsWith), ("Equals", How::Equals)],
    };
    let Some(option) = option else {
        return Ok(if key == "Path" { How::OneLevel } else { How::Equals });
    };
    let found = options.iter().find(|(name, _)| *name == option);
    found.map(|(_, how)| *how).ok_or_else(|| {
        let valid = options.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let message =
            format!("The following filter option is not valid: {option}. Valid options include: [{valid}].");
        ApiError::new("InvalidFilterOption", message)
    })
}

fn checked(mut filter: Filter) -> Result<Filter, ApiError> {
    let valid: &[&str] = match filter.key.as_str() {
        "Path" => {
            for value in &mut filter.values {
                *value = path(value)?;
            }
            return Ok(filter);
        }
        "Tier" => &TIERS,
        "Type" if filter.how == How::Equals => &TYPES,
        _ => return Ok(filter),
    };
    match filter.values.iter().find(|value| !valid.contains(&value.as_str())) {
        None => Ok(filter),
        Some(value) => {
            let valid = valid.join(", ");
            let message =
                format!("The following filter value is not valid: {value}. Valid values include: [{valid}].");
            Err(ApiError::new("InvalidFilterOption", message))
        }
    }
}

/// A path that parameters are asked below of, without the slash at its end: of `/` nothing is left.
///
/// # Errors
/// `ValidationException` for what is none.
pub fn path(text: &str) -> Result<String, ApiError> {
    let trimmed = text.strip_suffix('/').unwrap_or(text);
    let Some(levels) = trimmed.strip_prefix('/') else {
        return if text == "/" { Ok(String::new()) } else { Err(ApiError::invalid(PATH_SHAPE)) };
    };
    if !levels.split('/').all(is_level) {
        return Err(ApiError::invalid(PATH_SHAPE));
    }
    let lower = levels.to_ascii_lowercase();
    if lower.starts_with("aws") || lower.starts_with("ssm") {
        return Err(ApiError::invalid(COMMON_PREFIX));
    }
    Ok(trimmed.to_owned())
}

/// With a slash before it, as names are compared.
fn rooted(name: &str) -> String {
    format!("/{}", name.trim_start_matches('/'))
}

/// Whether a parameter lies below a path, at once or anywhere.
fn is_below(path: &str, parent: &str, directly: bool) -> bool {
    let rooted = rooted(path);
    let rest = rooted.strip_prefix(parent).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| !directly || !rest.contains('/'))
}

impl Filter {
    /// The label whose version is asked for, if this is about labels.
    pub fn labels(&self) -> Option<&[String]> {
        (self.key == "Label").then_some(self.values.as_slice())
    }

    /// What the paths of all parameters begin with that may meet it, where it tells: of `/` alone nothing is told.
    pub fn path_beginnings(&self) -> Option<Vec<String>> {
        let values = self.values.iter();
        let beginnings: Vec<String> = match (self.key.as_str(), self.how) {
            ("Path", _) => values.map(|path| format!("{path}/")).collect(),
            ("Name", How::Contains) => return None,
            // A name of one level has no slash where it is kept.
            ("Name", _) => {
                values.map(|name| rooted(name)).flat_map(|name| [name[1..].to_owned(), name]).collect()
            }
            _ => return None,
        };
        let tells = beginnings.iter().all(|beginning| !beginning.is_empty() && beginning != "/");
        tells.then_some(beginnings)
    }

    /// Whether a version meets it.
    pub fn holds(&self, row: &VersionRow, tags: impl Fn() -> BTreeMap<String, String>) -> bool {
        match self.key.as_str() {
            "Path" => self.values.iter().any(|path| is_below(&row.path, path, self.how == How::OneLevel)),
            "Name" => self.name_holds(&row.name),
            "Type" => self.text_holds(&row.kind),
            "KeyId" => !row.key_id.is_empty() && self.text_holds(&row.key_id),
            "Tier" => self.text_holds(&row.tier),
            "DataType" => self.text_holds(&row.data_type),
            "Label" => row.labels.iter().any(|label| self.values.contains(label)),
            key => {
                let tags = tags();
                let value = key.strip_prefix(TAG_PREFIX).and_then(|key| tags.get(key));
                value.is_some_and(|value| self.values.is_empty() || self.text_holds(value))
            }
        }
    }

    fn name_holds(&self, written: &str) -> bool {
        let name = rooted(written);
        self.values.iter().any(|value| match self.how {
            How::Contains => written.contains(value.as_str()),
            How::BeginsWith => name.starts_with(&rooted(value)),
            _ => name == rooted(value),
        })
    }

    fn text_holds(&self, text: &str) -> bool {
        self.values.iter().any(|value| match self.how {
            How::BeginsWith => text.starts_with(value.as_str()),
            _ => text == value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_types::parameters::{Named, named};

    fn asked(key: &str, option: Option<&str>, values: &[&str]) -> Vec<ParameterStringFilter> {
        vec![ParameterStringFilter {
            key: Some(key.to_owned()),
            option: option.map(str::to_owned),
            values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
        }]
    }

    fn refusal(key: &str, option: Option<&str>, values: &[&str], keys: &Keys) -> String {
        filters(Some(&asked(key, option, values)), keys).unwrap_err().to_string()
    }

    #[test]
    fn refusals_are_aws_s() {
        let refused = |key, option, values: &[&str]| refusal(key, option, values, &OF_DESCRIBE);
        let begins = "InvalidFilterKey: The following filter key is not valid: Label. Valid filter keys include: [Path, Name, \
            Type, KeyId, Tier";
        assert!(refused("Label", None, &["x"]).starts_with(begins));
        assert_eq!(
            refusal("Name", None, &["x"], &BY_PATH),
            "InvalidFilterKey: The following filter key is not valid: Name. Valid filter keys include: [Type, KeyId, Label]."
        );
        assert_eq!(
            refused("Name", None, &[]),
            "InvalidFilterValue: The following filter values are missing : null for filter key Name"
        );
        assert_eq!(
            refused("Path", Some("Equals"), &["/x"]),
            "InvalidFilterOption: The following filter option is not valid: Equals. Valid options include: [Recursive, \
             OneLevel]."
        );
        assert_eq!(
            refused("Tier", None, &["test"]),
            "InvalidFilterOption: The following filter value is not valid: test. Valid values include: [Standard, Advanced, \
             Intelligent-Tiering]."
        );
        assert!(refused("Path", None, &["/aws/x"]).contains("global namespace"));
        assert!(refused("Path", None, &["x"]).contains("must begin with a forward slash"));
        let twice = [asked("Name", None, &["x"]), asked("Name", None, &["y"])].concat();
        assert!(filters(Some(&twice), &OF_DESCRIBE).unwrap_err().message.contains("duplicated"));
    }

    #[test]
    fn paths_have_edges() {
        for (path, parent, one_level, recursive) in [
            ("/p/a", "/p", true, true),
            ("/p/a/c", "/p", false, true),
            ("/pq/x", "/p", false, false),
            ("p", "/p", false, false),
            ("p", "", true, true),
            ("/p/a", "", false, true),
        ] {
            assert_eq!(is_below(path, parent, true), one_level, "{path} in {parent}");
            assert_eq!(is_below(path, parent, false), recursive, "{path} in {parent}");
        }
        assert_eq!(
            (path("/").unwrap(), path("/p/").unwrap(), path("/p").unwrap()),
            (String::new(), "/p".into(), "/p".into())
        );
        assert!(path("").is_err() && path("//").is_err() && path("p/").is_err());
    }

    #[test]
    fn what_meets_a_filter_lies_where_it_is_looked_for() {
        let names = ["x", "xy", "/x/y", "/x/y/z", "/xy/z", "/y/x", "y"];
        for (key, option) in
            [("Path", "OneLevel"), ("Path", "Recursive"), ("Name", "Equals"), ("Name", "BeginsWith")]
        {
            for value in ["/", "/x", "/x/", "/x/y", "x", "/y"] {
                let Ok(filters) = filters(Some(&asked(key, Some(option), &[value])), &OF_DESCRIBE) else {
                    continue;
                };
                let beginnings = filters[0].path_beginnings();
                assert_eq!(beginnings.is_none(), value == "/", "{key} {option} {value}");
                for name in names {
                    let Named { path, .. } = named(name);
                    let row =
                        VersionRow { name: name.to_owned(), path: path.clone(), ..VersionRow::default() };
                    let found = beginnings
                        .as_ref()
                        .is_none_or(|all| all.iter().any(|it| path.starts_with(it.as_str())));
                    assert!(
                        found || !filters[0].holds(&row, BTreeMap::new),
                        "{name} by {key} {option} {value}"
                    );
                }
            }
        }
    }

    #[test]
    fn names_are_compared_with_a_slash_before_them() {
        let holds = |option, value, name: &str| {
            let filters = filters(Some(&asked("Name", Some(option), &[value])), &OF_DESCRIBE).unwrap();
            filters[0].holds(&VersionRow { name: name.to_owned(), ..VersionRow::default() }, BTreeMap::new)
        };
        assert!(holds("Equals", "/x", "x") && holds("Equals", "x", "x") && !holds("Equals", "x", "xy"));
        assert!(holds("BeginsWith", "a", "/a/b") && holds("BeginsWith", "/a", "ab"));
        assert!(holds("Contains", "b", "/a/b") && holds("Contains", "/x", "/a/x1/y"));
        assert!(!holds("Contains", "/x", "x"), "no slash is put before what is contained");
    }
}
