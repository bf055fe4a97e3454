//! The secrets of an instance, a text for each need, by the names of the files in which they lie when its parts run apart.

use super::folder::Folder;
use anyhow::Context;
use serde::de::DeserializeOwned;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The files that `reeve init` writes: each part is given only those that it needs.
pub mod files {
    /// nats-server's configuration.
    pub const NATS: &str = "nats.conf";
    /// A user of CORE: every service and the gateway.
    pub const SERVICES: &str = "services.user.json";
    /// A user of SYS: nodes.
    pub const SYSTEM: &str = "system.user.json";
    /// The key that lets nodes in: nodes.
    pub const ENROLMENT: &str = "enrolment.json";
    /// The key that signs accounts, and with which nodes are kept out again: nodes.
    pub const ADMISSION: &str = "admission.json";
    /// The key that signs sets of dispatch keys: no service, only `reeve keys`.
    pub const ROOT_SEED: &str = "root.seed";
    /// Its public half: nodes and run-command.
    pub const ROOT_KEY: &str = "root.key";
    /// The keys that sign dispatches, one a line: run-command.
    pub const DISPATCH: &str = "dispatch.seeds";
    /// The set of the public halves, signed by the root key: nodes, to begin with.
    pub const KEY_SET: &str = "dispatch-keys.set";
    /// The key that seals pagination tokens: the gateway.
    pub const TOKEN_KEY: &str = "token.key";
    /// The key with which the services authenticate what they write and say: every service and the gateway.
    pub const MAC: &str = "mac.key";
    /// The key that encrypts the data keys of secrets: access and the gateway.
    pub const SECRETS_KEY: &str = "secrets.key";
    /// The administrators: the gateway.
    pub const PRINCIPALS: &str = "principals.json";
    /// How clients reach the instance: the gateway, for whoever administers it there.
    pub const INSTANCE: &str = "instance.json";
    /// The administrator's exports, for a shell.
    pub const ADMINISTRATOR: &str = "administrator.env";
}

/// Where secrets are found: in a folder, some of them made from an instance's keys.
#[derive(Clone)]
pub struct Secrets {
    pub folder: PathBuf,
    made: BTreeMap<&'static str, String>,
}

impl Secrets {
    /// Those that lie in a folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), made: BTreeMap::new() }
    }

    /// Those of an instance's folder, with new credentials under its keys.
    ///
    /// # Errors
    /// When the keys are broken.
    pub fn of(folder: &Folder) -> anyhow::Result<Self> {
        let keys = &folder.keys;
        let made = BTreeMap::from([
            (files::SERVICES, serde_json::to_string_pretty(&keys.operator.core_user("services")?)?),
            (files::SYSTEM, serde_json::to_string_pretty(&keys.operator.system_user("nodes")?)?),
            (files::ENROLMENT, serde_json::to_string_pretty(&keys.operator.enrolment()?)?),
            (files::ADMISSION, serde_json::to_string_pretty(&keys.operator.admission()?)?),
            (files::MAC, keys.mac_key.clone()),
            (files::TOKEN_KEY, keys.token_key.clone()),
            (files::SECRETS_KEY, keys.secrets_key.clone()),
        ]);
        Ok(Self { folder: folder.path.clone(), made })
    }

    /// What was made and does not lie in the folder yet.
    pub fn made(&self) -> &BTreeMap<&'static str, String> {
        &self.made
    }

    /// A secret as text.
    ///
    /// # Errors
    /// When it is not there.
    pub fn text(&self, file: &str) -> anyhow::Result<String> {
        if let Some(text) = self.made.get(file) {
            return Ok(text.clone());
        }
        let path = self.folder.join(file);
        std::fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))
    }

    /// A secret that is JSON.
    ///
    /// # Errors
    /// When it is not there, or something else.
    pub fn json<T: DeserializeOwned>(&self, file: &str) -> anyhow::Result<T> {
        serde_json::from_str(&self.text(file)?).with_context(|| format!("{file} is not what reeve wrote"))
    }

    /// The 32 bytes of a key in hexadecimal.
    ///
    /// # Errors
    /// When it is not there, or something else.
    pub fn key(&self, file: &str) -> anyhow::Result<[u8; 32]> {
        key(&self.text(file)?).with_context(|| format!("{file} is not what reeve wrote"))
    }
}

/// The 32 bytes of a key in hexadecimal.
pub fn key(text: &str) -> anyhow::Result<[u8; 32]> {
    let bytes = data_encoding::HEXLOWER.decode(text.trim().as_bytes())?;
    bytes.as_slice().try_into().context("the key has not 32 bytes")
}
