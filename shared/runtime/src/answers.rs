//! What AWS-shaped inputs and answers of all services have in common.

use crate::ApiError;

/// As a member that is left out when there is nothing in it.
pub fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// How many rows a page has: what was asked for, within what the model allows.
///
/// # Errors
/// `ValidationException` naming MaxResults.
pub fn page_size(max_results: Option<i32>, most: usize) -> Result<usize, ApiError> {
    let Some(asked) = max_results else { return Ok(most) };
    usize::try_from(asked).ok().filter(|size| (1..=most).contains(size)).ok_or_else(|| {
        let message = format!("MaxResults is {asked}, which is not between 1 and {most}.");
        ApiError::new("ValidationException", message)
    })
}
