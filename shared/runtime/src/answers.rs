//! What AWS-shaped inputs and answers of all services have in common.

use crate::{ApiError, Page};
use reeve_types::Timestamp;
use serde::Serialize;

/// As many bytes of rows as a page has: the bus carries 1 MiB at once, with the headers and what is around the rows.
const MAX_PAGE_BYTES: usize = 800_000;

/// As a member that is left out when there is nothing in it.
pub fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// An answer without members.
#[derive(Serialize)]
pub struct Done {}

/// Milliseconds since 1970 of an instant as AWS's API has it.
///
/// # Errors
/// `ValidationException` naming the member.
pub fn milliseconds(member: &str, seconds: f64) -> Result<i64, ApiError> {
    let instant = Timestamp::from_epoch_seconds(seconds);
    instant
        .map(|at| at.0)
        .ok_or_else(|| ApiError::invalid(format!("{member} is {seconds}, which is no instant.")))
}

/// How many rows a page has: what was asked for, within what the model allows.
///
/// # Errors
/// `ValidationException` naming MaxResults.
pub fn page_size(max_results: Option<i32>, most: usize) -> Result<usize, ApiError> {
    let Some(asked) = max_results else { return Ok(most) };
    usize::try_from(asked).ok().filter(|size| (1..=most).contains(size)).ok_or_else(|| {
        let message = format!("MaxResults is {asked}, which is not between 1 and {most}.");
        ApiError::invalid(message)
    })
}

/// A page of rows that are at hand, in the order of their keys, after the key `after`.
pub fn page_of<T>(mut rows: Vec<(String, T)>, after: Option<&str>, limit: usize) -> Page<T> {
    rows.retain(|(key, _)| after.is_none_or(|after| key.as_str() > after));
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|(key, _)| key.clone());
    Page { rows, next }
}

/// The same page, each row with its key.
pub fn with_keys<T>(page: Page<T>) -> Page<(String, T)> {
    let rows = page.rows.into_iter().map(|(key, row)| (key.clone(), (key, row)));
    Page { rows: rows.collect(), next: page.next }
}

/// The rows of a page as they are answered, and the key to continue after. A page ends before the row with which it
/// would have too many bytes for one answer; it has at least one row.
///
/// # Errors
/// `InternalServerError` for a row that cannot be written out.
pub fn to_answers<T, A: Serialize>(
    page: Page<T>,
    answer: impl Fn(T) -> A,
) -> Result<(Vec<A>, Option<String>), ApiError> {
    let (mut answers, mut bytes, mut last) = (Vec::new(), 0, None);
    for (key, row) in page.rows {
        let row = answer(row);
        // With the comma after it.
        bytes += serde_json::to_vec(&row).map_err(ApiError::internal)?.len() + 1;
        if bytes > MAX_PAGE_BYTES && last.is_some() {
            return Ok((answers, last));
        }
        answers.push(row);
        last = Some(key);
    }
    Ok((answers, page.next))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of so many bytes, named by their numbers, and a last key as if there were more.
    fn page(sizes: &[usize]) -> Page<String> {
        let rows = sizes.iter().enumerate().map(|(n, size)| (n.to_string(), "x".repeat(size - 3)));
        Page { rows: rows.collect(), next: Some("more".to_owned()) }
    }

    fn keys(sizes: &[usize]) -> (usize, Option<String>) {
        let (rows, next) = to_answers(page(sizes), |row| row).unwrap();
        (rows.len(), next)
    }

    #[test]
    fn a_page_ends_by_bytes_after_the_last_row_that_fits() {
        let next = |key: &str| Some(key.to_owned());
        assert_eq!(keys(&[100; 50]), (50, next("more")));
        assert_eq!(keys(&[]), (0, next("more")));
        assert_eq!(keys(&[MAX_PAGE_BYTES / 4; 4]), (4, next("more")), "as many as fit, to the byte");
        assert_eq!(keys(&[MAX_PAGE_BYTES / 4; 5]), (4, next("3")));
        assert_eq!(keys(&[100, MAX_PAGE_BYTES * 2, 100]), (1, next("0")));
        assert_eq!(keys(&[MAX_PAGE_BYTES * 2, 100]), (1, next("0")), "one that is larger alone is shown");
    }

    #[test]
    fn pages_of_rows_at_hand_join_without_gap_or_repeat() {
        let rows: Vec<(String, u8)> =
            ["c", "a", "e", "b", "d"].map(|key| (key.to_owned(), key.as_bytes()[0])).into();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = page_of(rows.clone(), after.as_deref(), 2);
            assert!((1..=2).contains(&page.rows.len()));
            seen.extend(page.rows.into_iter().map(|(key, _)| key));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["a", "b", "c", "d", "e"]);
        assert_eq!(page_of(rows.clone(), None, 5).next, None, "a full page may be the last");
        assert_eq!(page_of(rows, Some("e"), 5).rows, []);
    }

    #[test]
    fn what_counts_is_what_is_sent() {
        let rows = vec![("a".to_owned(), "\u{1}".repeat(150_000)), ("b".to_owned(), String::new())];
        let (rows, next) = to_answers(Page { rows, next: None }, |row| row).unwrap();
        assert_eq!((rows.len(), next.as_deref()), (1, Some("a")), "six bytes for a control character");
    }
}
