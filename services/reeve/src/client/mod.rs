//! Clients of a running instance.

pub mod access;
pub mod agents;
pub mod api;
pub mod associations;
pub mod automation;
pub mod bus_user;
pub mod calendar;
pub mod changes;
pub mod command;
pub mod compliance;
pub mod connection;
pub mod dead_letters;
pub mod doctor;
pub mod events;
pub mod explorer;
mod follow;
pub mod health;
mod held;
pub mod history;
pub mod incidents;
mod input;
pub mod inventory;
pub mod keys;
pub mod list;
pub mod nodes;
pub mod notifications;
pub mod oncall;
pub mod ops;
pub mod output;
mod parameter_trees;
pub mod parameters;
pub mod patch;
mod patch_rollouts;
pub mod rules;
pub mod run;
pub mod services;
pub mod stdout;
mod summary;
pub(crate) mod table;
pub mod windows;

use serde_json::Value;
use std::path::{Path, PathBuf};

/// The folder of an instance, and whether the command line names it: then it wins over the environment.
#[derive(Clone, Debug)]
pub struct DataFolder {
    path: PathBuf,
    is_named: bool,
}

impl DataFolder {
    /// One that the command line names.
    pub fn named(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), is_named: true }
    }

    /// One that is meant when nothing names another.
    pub fn assumed(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), is_named: false }
    }
}

impl std::ops::Deref for DataFolder {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.path
    }
}

/// How answers are printed.
#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Tables and plain text.
    #[default]
    Text,
    /// What the API answered, as JSON.
    Json,
}

/// `reeve env`.
pub fn env(data: &Path, format: Format) -> anyhow::Result<()> {
    let instance = crate::host::read_instance(data)?;
    let endpoint = instance.public_endpoint.unwrap_or(instance.endpoint);
    // By service, so that other calls of AWS in that shell still reach AWS.
    let endpoints = ["SSM", "SSM_INCIDENTS", "SSM_CONTACTS", "EVENTBRIDGE"]
        .map(|service| (format!("AWS_ENDPOINT_URL_{service}"), endpoint.clone()));
    let others = [
        ("AWS_ACCESS_KEY_ID", instance.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", instance.secret_access_key),
        ("AWS_REGION", instance.region.clone()),
        ("AWS_DEFAULT_REGION", instance.region),
    ];
    let ca = instance.ca.map(|ca| ("AWS_CA_BUNDLE".to_owned(), ca.display().to_string()));
    let others = others.map(|(name, value)| (name.to_owned(), value));
    let variables: Vec<(String, String)> = endpoints.into_iter().chain(others).chain(ca).collect();
    if format == Format::Json {
        let variables = variables.into_iter().map(|(name, value)| (name, Value::from(value)));
        return stdout::line(Value::Object(variables.collect()));
    }
    for (name, value) in variables {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
        let quoted = match value.bytes().all(is_plain) {
            true => value,
            false => format!("'{}'", value.replace('\'', r"'\''")),
        };
        stdout::line(format_args!("export {name}={quoted}"))?;
    }
    Ok(())
}
