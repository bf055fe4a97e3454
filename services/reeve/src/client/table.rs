//! Tables for people.

use super::stdout::{self, visible};

/// Prints rows under a heading, each column as wide as its widest cell.
pub fn print(heading: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| visible(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([heading[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        stdout::line(padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    line(heading.to_vec())?;
    rows.iter().try_for_each(|row| line(row.iter().map(String::as_str).collect()))
}

/// A member of an answer as text; `-` when it is not there.
pub fn cell(value: &serde_json::Value, name: &str) -> String {
    match value.get(name) {
        Some(serde_json::Value::String(text)) if !text.is_empty() => text.clone(),
        Some(serde_json::Value::Number(number)) => number.to_string(),
        _ => "-".to_owned(),
    }
}

/// A member that is an instant, as RFC 3339.
pub fn instant(value: &serde_json::Value, name: &str) -> String {
    let seconds = value.get(name).and_then(serde_json::Value::as_f64);
    let instant = seconds.and_then(reeve_types::Timestamp::from_epoch_seconds);
    instant.map_or_else(|| "-".to_owned(), reeve_types::Timestamp::rfc3339)
}
