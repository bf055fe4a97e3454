//! Collecting what this machine has. Each collector answers for one type, and keeps nothing once it has answered.
//!
//! - `packages`: AWS:Application, by dpkg, rpm and snap.
//! - `dpkg`: lists of packages, as they are read here and by patching.
//! - `rpm`: rpm's database likewise.
//! - `system`: AWS:InstanceDetailedInformation, and AWS:Service by systemd.
//! - `network`: AWS:Network.
//! - `files`: AWS:File, by patterns.
//! - `custom`: the types that somebody describes in files.
//! - `kept`: what the control plane was told last, on disk.
//!
//! **Invariant:** a collection that was cut off is an error, and never a short list.

mod custom;
pub(crate) mod dpkg;
mod files;
pub mod kept;
mod network;
mod packages;
pub(crate) mod program;
pub(crate) mod rpm;
mod system;
#[cfg(test)]
mod tests;

use reeve_inventory_model::{Entry, types};
use serde_json::Value;
use std::{ffi::OsString, path::PathBuf};

/// As many characters of a value are kept: more no inventory takes.
const MAX_VALUE_CHARS: usize = 4_096;

/// The machine that is looked at: tests have one in a folder.
#[derive(Clone)]
pub struct Machine {
    /// The folder that stands for `/`.
    pub root: PathBuf,
    /// Where programs are looked for; none: where the agent's own environment says.
    pub path: Option<OsString>,
}

impl Machine {
    /// The one that the agent runs on.
    pub fn here() -> Self {
        Self { root: PathBuf::from("/"), path: None }
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// A file's text; empty when it cannot be read.
    pub(crate) fn text(&self, path: &str) -> String {
        std::fs::read(self.at(path))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }
}

/// What was found of a type, or why it was not.
pub struct Collected {
    pub type_name: String,
    pub version: String,
    pub entries: Result<Vec<Entry>, String>,
    /// What was left out, and why; empty: nothing.
    pub note: String,
}

impl Collected {
    fn of(type_name: &str, entries: Result<Vec<Entry>, String>, note: String) -> Self {
        let version = types::find(type_name).map_or("1.0", |kind| kind.version).to_owned();
        Self { type_name: type_name.to_owned(), version, entries, note }
    }
}

/// What is to be collected: the inputs of aws:softwareInventory.
#[derive(Default)]
pub struct Wanted {
    pub applications: bool,
    pub network: bool,
    pub services: bool,
    pub details: bool,
    pub custom: Option<PathBuf>,
    pub files: Vec<files::Pattern>,
}

impl Wanted {
    /// Reads inputs. What is left out counts as `Enabled`, but files, which are nowhere looked for unless they are said.
    ///
    /// # Errors
    /// A sentence that names the input and its value.
    pub fn read(inputs: &Value, custom: PathBuf) -> Result<Self, String> {
        let enabled = |name: &str| match inputs.get(name).map(|value| value.as_str().unwrap_or("?")) {
            None | Some("Enabled" | "") => Ok(true),
            Some("Disabled") => Ok(false),
            Some(_) => Err(format!("The input {name} is {}; it must be Enabled or Disabled.", inputs[name])),
        };
        let folder = inputs.get("customInventoryDirectory").and_then(Value::as_str).unwrap_or_default();
        let folder = if folder.is_empty() { custom } else { PathBuf::from(folder) };
        // Known, and of Windows or of AWS's own: there is nothing to collect here.
        for name in ["awsComponents", "windowsUpdates", "windowsRoles", "billingInfo"] {
            enabled(name)?;
        }
        Ok(Self {
            applications: enabled("applications")?,
            network: enabled("networkConfig")?,
            services: enabled("services")?,
            details: enabled("instanceDetailedInformation")?,
            custom: enabled("customInventory")?.then_some(folder),
            files: files::Pattern::read_all(inputs.get("files"))?,
        })
    }
}

/// What was found, and the files of custom types that were refused, each with its reason.
#[derive(Default)]
pub struct Collection {
    pub types: Vec<Collected>,
    pub refused: Vec<String>,
}

/// Collects what is wanted. What this machine has no source of is left out.
pub async fn collect(machine: &Machine, wanted: Wanted) -> Collection {
    let mut collection = Collection::default();
    if wanted.applications {
        collection.types.extend(packages::collect(machine).await);
    }
    if wanted.services {
        collection.types.extend(system::services(machine).await);
    }
    let machine = machine.clone();
    let read = tokio::task::spawn_blocking(move || read_files(&machine, &wanted));
    match read.await {
        Ok(read) => {
            collection.types.extend(read.types);
            collection.refused.extend(read.refused);
        }
        Err(error) => collection.refused.push(format!("What is read from files was not collected: {error}.")),
    }
    collection
}

fn read_files(machine: &Machine, wanted: &Wanted) -> Collection {
    let mut collection = Collection::default();
    if wanted.network {
        collection.types.extend(network::collect(machine));
    }
    if wanted.details {
        collection.types.extend(system::details(machine));
    }
    if !wanted.files.is_empty() {
        collection.types.push(files::collect(machine, &wanted.files));
    }
    if let Some(folder) = &wanted.custom {
        let (types, refused) = custom::collect(folder);
        collection.types.extend(types);
        collection.refused.extend(refused);
    }
    collection
}

/// An entry of the attributes that have a value.
fn entry<const N: usize>(of: [(&str, String); N]) -> Entry {
    let of = of.into_iter().filter(|(_, value)| !value.is_empty());
    of.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A value without control characters and not too long.
fn plain(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable.take(MAX_VALUE_CHARS).collect::<String>().trim().to_owned()
}

/// An instant as inventories write it.
fn instant(seconds: i64) -> String {
    let text = reeve_types::Timestamp(seconds.saturating_mul(1000)).rfc3339();
    text.split('.').next().filter(|text| !text.is_empty()).map(|text| format!("{text}Z")).unwrap_or_default()
}
