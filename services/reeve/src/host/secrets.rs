//! The secrets of an instance, a text for each need, by the names of the files in which they lie when its parts run apart.

use anyhow::Context;
use serde::de::DeserializeOwned;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Where secrets are found: in a folder, some of them made from an instance's keys.
#[derive(Clone)]
pub struct Secrets {
    pub folder: PathBuf,
    made: BTreeMap<String, String>,
}

impl Secrets {
    /// Those that lie in a folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), made: BTreeMap::new() }
    }

    /// Those that lie in a folder, and those that were made for it and do not.
    pub fn with_made(folder: &Path, made: BTreeMap<String, String>) -> Self {
        Self { folder: folder.to_owned(), made }
    }

    /// What was made and does not lie in the folder yet.
    pub fn made(&self) -> &BTreeMap<String, String> {
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
