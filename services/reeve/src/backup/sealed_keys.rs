//! The keys of an instance in one file, under a passphrase: apart from its log.

use crate::host::files::{
    self, CHECKPOINT_SEED, DISPATCH, KEY_SET, PRINCIPALS, ROOT_KEY, ROOT_SEED, read_limited, write_private,
};
use anyhow::{Context, bail, ensure};
use data_encoding::BASE64;
use reeve_secrets::passphrase;
use std::{collections::BTreeMap, path::Path};

/// What a file of keys begins with.
const MAGIC: &[u8] = b"reeve keys 1\n";
/// What the passphrase's seal is for.
const NAME: &str = "keys";
const NEEDED: [&str; 7] = [files::KEYS, ROOT_SEED, ROOT_KEY, DISPATCH, KEY_SET, PRINCIPALS, CHECKPOINT_SEED];
/// The authority of an instance that speaks TLS, and its certificate.
pub const TLS_FOLDER: &str = "tls";

/// More than any has: some keys, and certificates.
const MAX_KEYS_FILE_BYTES: u64 = 16 << 20;
const MAX_PASSPHRASE_FILE_BYTES: u64 = 1 << 20;

/// The passphrase that goes with --keys: the first line of its file.
///
/// # Errors
/// When no file of it is named, or it cannot be read or is empty.
pub fn passphrase(file: Option<&Path>) -> anyhow::Result<String> {
    let path = file.context("--keys needs --passphrase-file FILE, or REEVE_PASSPHRASE_FILE: the first line is the passphrase of the keys")?;
    let of = || format!("--passphrase-file {}: could not be read", path.display());
    let text = String::from_utf8(read_limited(path, MAX_PASSPHRASE_FILE_BYTES).with_context(of)?)
        .with_context(of)?;
    // Some editors begin a file with the mark of its encoding.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let line = text.lines().next().unwrap_or_default().to_owned();
    ensure!(
        !line.is_empty(),
        "--passphrase-file {}: its first line, the passphrase, is empty",
        path.display()
    );
    Ok(line)
}

/// Reads the keys of an instance's folder: each file by its name, in base64.
///
/// # Errors
/// When one cannot be read.
pub fn read(data: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut kept = BTreeMap::new();
    let mut keep = |name: String| {
        let path = data.join(&name);
        let bytes = std::fs::read(&path).with_context(|| format!("could not read {}", path.display()))?;
        kept.insert(name, BASE64.encode(&bytes));
        anyhow::Ok(())
    };
    for name in NEEDED {
        keep(name.to_owned())?;
    }
    if let Ok(listed) = std::fs::read_dir(data.join(TLS_FOLDER)) {
        for file in listed {
            keep(format!("{TLS_FOLDER}/{}", file?.file_name().to_string_lossy()))?;
        }
    }
    Ok(kept)
}

/// Writes the keys of an instance's folder.
///
/// # Errors
/// When one cannot be read, or the file not be written.
pub fn write(data: &Path, to: &Path, passphrase: &str) -> anyhow::Result<()> {
    let sealed = passphrase::seal(passphrase, NAME, &serde_json::to_vec(&read(data)?)?)?;
    write_private(to, &[MAGIC, &sealed].concat()).with_context(|| format!("--keys {}", to.display()))
}

/// The files of keys that [`write`] wrote, by their names.
pub type Keys = BTreeMap<String, Vec<u8>>;

/// Opens a file of keys.
///
/// # Errors
/// When it is none, or the passphrase is not its.
pub fn open(path: &Path, passphrase: &str) -> anyhow::Result<Keys> {
    let read = read_limited(path, MAX_KEYS_FILE_BYTES);
    let bytes = read.with_context(|| format!("--keys {}: could not be read", path.display()))?;
    let Some(sealed) = bytes.strip_prefix(MAGIC) else {
        bail!("--keys {}: it is no file of keys that `reeve backup` wrote", path.display())
    };
    let Ok(plain) = passphrase::open(passphrase, NAME, sealed) else {
        bail!("--keys {}: the passphrase does not open it, or it is damaged", path.display())
    };
    decode(serde_json::from_slice(&plain)?).with_context(|| format!("--keys {}", path.display()))
}

/// The files of what [`read`] answered.
///
/// # Errors
/// When one of them is none of an instance.
pub fn decode(kept: BTreeMap<String, String>) -> anyhow::Result<Keys> {
    let decode = |(name, text): (String, String)| {
        let is_file = NEEDED.contains(&name.as_str())
            || name.strip_prefix("tls/").is_some_and(|file| !file.contains(['/', '\\']) && file != "..");
        ensure!(is_file, "{name:?} is no file of an instance");
        Ok((name, BASE64.decode(text.as_bytes())?))
    };
    let keys: Keys = kept.into_iter().map(decode).collect::<anyhow::Result<_>>()?;
    let missing = NEEDED.iter().find(|name| !keys.contains_key(**name));
    ensure!(missing.is_none(), "{} is not among them", missing.unwrap_or(&""));
    Ok(keys)
}

/// Puts keys into a folder that has none.
///
/// # Errors
/// When it has some, or cannot be written.
pub fn put(keys: &Keys, data: &Path) -> anyhow::Result<()> {
    let known = data.join(files::KEYS);
    ensure!(!known.exists(), "{} has keys already: {}", data.display(), known.display());
    // What says that a folder has keys comes last.
    let (last, others): (Vec<_>, Vec<_>) = keys.iter().partition(|(name, _)| *name == files::KEYS);
    for (name, bytes) in others.into_iter().chain(last) {
        let path = data.join(name);
        if let Some(folder) = path.parent() {
            files::make_private_folder(folder)?;
        }
        write_private(&path, bytes)?;
    }
    Ok(())
}
