//! `reeve services`: what this program is made of.

use super::{Format, stdout, table};
use crate::host::{ENTRIES, rights};
use reeve_jetstream::streams;
use serde_json::json;

/// Options of `services`.
#[derive(clap::Args)]
pub struct Args {
    /// Lists what each part's user may do on the bus: the subjects on which it may publish and subscribe, by which the server lets
    /// it.
    #[arg(long)]
    permissions: bool,
}

fn permissions(format: Format) -> anyhow::Result<()> {
    let parts = rights::parts();
    let of = parts.iter().map(|(part, rights)| (part, rights.permissions(part, parts)));
    if format == Format::Json {
        let all = of.map(|(part, may)| {
            json!({"part": part, "publish": may.publish, "publishDenied": may.publish_denied, "subscribe": may.subscribe})
        });
        return stdout::line(all.collect::<serde_json::Value>());
    }
    let rows = of.flat_map(|(part, may)| {
        let kinds =
            [("publish", may.publish), ("not publish", may.publish_denied), ("subscribe", may.subscribe)];
        kinds.into_iter().flat_map(move |(what, subjects)| {
            subjects.into_iter().map(move |subject| vec![part.clone(), what.to_owned(), subject])
        })
    });
    table::print(&["PART", "MAY", "SUBJECT"], &rows.collect::<Vec<_>>())
}

pub fn services(args: &Args, format: Format) -> anyhow::Result<()> {
    if args.permissions {
        return permissions(format);
    }
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
