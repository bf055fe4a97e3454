//! Clients of a running instance.

pub mod access;
pub mod api;
pub mod associations;
pub mod bus_user;
pub mod command;
pub mod compliance;
pub mod connection;
pub mod dead_letters;
pub mod events;
pub mod incidents;
pub mod inventory;
pub mod keys;
pub mod list;
pub mod nodes;
pub mod ops;
pub mod output;
pub mod parameters;
pub mod patch;
pub mod rules;
pub mod run;
pub mod services;
pub mod stdout;
mod summary;
mod table;

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
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Tables and plain text.
    Text,
    /// What the API answered, as JSON.
    Json,
}

/// `reeve env`.
pub fn env(data: &Path) -> anyhow::Result<()> {
    let instance = crate::host::read_instance(data)?;
    // By service, so that other calls of AWS in that shell still reach AWS.
    for service in ["SSM", "SSM_INCIDENTS", "EVENTBRIDGE"] {
        stdout::line(format_args!("export AWS_ENDPOINT_URL_{service}={}", instance.endpoint))?;
    }
    stdout::line(format_args!("export AWS_ACCESS_KEY_ID={}", instance.access_key_id))?;
    stdout::line(format_args!("export AWS_SECRET_ACCESS_KEY={}", instance.secret_access_key))?;
    stdout::line(format_args!("export AWS_REGION={}", instance.region))?;
    stdout::line(format_args!("export AWS_DEFAULT_REGION={}", instance.region))?;
    if let Some(ca) = instance.ca {
        let quoted = ca.display().to_string().replace('\'', r"'\''");
        stdout::line(format_args!("export AWS_CA_BUNDLE='{quoted}'"))?;
    }
    Ok(())
}
