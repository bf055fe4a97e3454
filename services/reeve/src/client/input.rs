//! What a client is given in files.

use anyhow::Context;
use std::{io::Read, path::Path};

/// The text of a file; `-` is stdin.
///
/// # Errors
/// When it cannot be read: the sentence names the file.
pub fn text_of(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))
}
