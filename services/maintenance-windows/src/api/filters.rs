//! Filters of windows: of several all hold, each for any of its values.

use reeve_contracts::ssm::{MaintenanceWindowFilter, PatchOrchestratorFilter};
use reeve_runtime::ApiError;
use reeve_types::Timestamp;
use std::collections::BTreeMap;

/// What is asked for: values by key.
#[derive(Debug, Default)]
pub struct Filters(BTreeMap<String, Vec<String>>);

impl Filters {
    /// # Errors
    /// `ValidationException` naming a key that is none of these, is there twice, or has no value.
    pub fn read(given: Option<&Vec<MaintenanceWindowFilter>>, known: &[&str]) -> Result<Self, ApiError> {
        Self::of(given.into_iter().flatten().map(|filter| (&filter.key, &filter.values)), known)
    }

    /// The same, of the other form that AWS's API has.
    ///
    /// # Errors
    /// As [`Filters::read`].
    pub fn read_of_patches(
        given: Option<&Vec<PatchOrchestratorFilter>>,
        known: &[&str],
    ) -> Result<Self, ApiError> {
        Self::of(given.into_iter().flatten().map(|filter| (&filter.key, &filter.values)), known)
    }

    fn of<'a>(
        given: impl Iterator<Item = (&'a Option<String>, &'a Option<Vec<String>>)>,
        known: &[&str],
    ) -> Result<Self, ApiError> {
        let mut filters = BTreeMap::new();
        for (key, values) in given {
            let key = key.clone().unwrap_or_default();
            let values = values.clone().unwrap_or_default();
            if !known.contains(&key.as_str()) {
                let message = format!("Filters has the key {key:?}; the keys are {}.", known.join(", "));
                return Err(ApiError::invalid(message));
            }
            if values.is_empty() {
                return Err(ApiError::invalid(format!("Filters: {key} has no Values.")));
            }
            if filters.insert(key.clone(), values).is_some() {
                return Err(ApiError::invalid(format!("Filters has the key {key:?} twice.")));
            }
        }
        Ok(Self(filters))
    }

    /// Whether what is found meets the filter of a key, if there is one.
    pub fn meets(&self, key: &str, found: &str) -> bool {
        self.0.get(key).is_none_or(|values| values.iter().any(|value| value == found))
    }

    /// Values of a filter that are one of some words, in any case, as these are written.
    ///
    /// # Errors
    /// `ValidationException` naming a value that is none.
    pub fn with_words(mut self, key: &str, words: &[&str]) -> Result<Self, ApiError> {
        if let Some(values) = self.0.get_mut(key) {
            *values = reeve_runtime::words_of(words, values, key).map_err(ApiError::invalid)?;
        }
        Ok(self)
    }

    /// The instant that a filter names, in milliseconds.
    ///
    /// # Errors
    /// `ValidationException` naming a value that is none, and a filter with several.
    pub fn instant(&self, key: &str) -> Result<Option<i64>, ApiError> {
        let Some(values) = self.0.get(key) else { return Ok(None) };
        let [value] = values.as_slice() else {
            return Err(ApiError::invalid(format!("Filters: {key} has more than one value.")));
        };
        let at = Timestamp::parse_rfc3339(value).map(|at| Some(at.0));
        at.ok_or_else(|| {
            let message =
                format!("Filters: {key} is {value:?}, which is no instant such as 2026-01-31T12:00:00Z.");
            ApiError::invalid(message)
        })
    }
}

/// The statuses that there are.
pub const STATUSES: [&str; 8] = [
    "PENDING",
    "IN_PROGRESS",
    "SUCCESS",
    "FAILED",
    "TIMED_OUT",
    "CANCELLING",
    "CANCELLED",
    "SKIPPED_OVERLAPPING",
];
