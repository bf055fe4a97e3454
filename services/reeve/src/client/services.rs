//! `reeve services`: what this program is made of.

use super::{Format, stdout, table};
use crate::host::ENTRIES;
use reeve_jetstream::streams;
use serde_json::json;

pub fn services(format: Format) -> anyhow::Result<()> {
    let stream = |name: &str| streams::of_service(name);
    if format == Format::Json {
        let entries = ENTRIES
            .iter()
            .map(|entry| json!({"name": entry.name, "stream": stream(entry.name), "secrets": entry.secrets}));
        return stdout::line(entries.collect::<serde_json::Value>());
    }
    let rows =
        ENTRIES.iter().map(|entry| vec![entry.name.to_owned(), stream(entry.name), entry.secrets.join(" ")]);
    table::print(&["SERVICE", "STREAM", "SECRETS"], &rows.collect::<Vec<_>>())
}
