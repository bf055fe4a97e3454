//! Where nodes and clients look for an instance, as docker-compose.yml's variables.

use crate::host::{Keys, place::FoundAt};
use anyhow::Context;
use std::path::{Path, PathBuf};

type Variable = (&'static str, String);

fn variables(keys: &Keys, found_at: Option<&FoundAt>) -> Vec<Variable> {
    let mut variables = vec![
        ("REEVE_BUS_PORT", keys.bus_port.to_string()),
        ("REEVE_ACCOUNT", keys.account.clone()),
        ("REEVE_REGION", keys.region.clone()),
    ];
    if let Some(FoundAt { tls, host, listen, http_port }) = found_at {
        variables.push(("REEVE_TLS", tls.to_string()));
        variables.push(("REEVE_PUBLIC_HOST", host.clone()));
        variables.push(("REEVE_BIND_ADDRESS", listen.to_string()));
        variables.push(("REEVE_PORT", http_port.to_string()));
    }
    variables
}

/// A file that was told, and what it was before.
pub struct Told(Option<(PathBuf, String)>);

impl Told {
    /// Makes it what it was.
    pub fn take_back(&self) {
        if let Some((file, before)) = &self.0
            && let Err(error) = replace(file, before)
        {
            eprintln!("reeve: {error:#}: it says still where the instance was to be found");
        }
    }
}

/// Writes a file anew, whole or not at all, for those who might read it before.
fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let temporary = file.with_file_name(".env.reeve-new");
    let written = std::fs::metadata(file)
        .and_then(|before| std::fs::write(&temporary, text).map(|()| before.permissions()))
        .and_then(|permissions| std::fs::set_permissions(&temporary, permissions))
        .and_then(|()| std::fs::rename(&temporary, file));
    written.with_context(|| format!("could not write {}", file.display()))
}

/// Puts them into a file, or says them.
///
/// # Errors
/// When the file cannot be read or written.
pub fn tell(file: Option<&Path>, keys: &Keys, found_at: Option<&FoundAt>) -> anyhow::Result<Told> {
    let variables = variables(keys, found_at);
    let lines: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if found_at.is_none() {
        eprintln!(
            "reeve: this folder does not say yet how `up` was started: REEVE_TLS, REEVE_PUBLIC_HOST, REEVE_BIND_ADDRESS and \
             REEVE_PORT are left as they are"
        );
    }
    let Some(file) = file else {
        eprintln!(
            "reeve: for docker-compose.yml's .env, so that it is found where it was (--env FILE writes it there):"
        );
        lines.iter().for_each(|line| eprintln!("  {line}"));
        return Ok(Told(None));
    };
    let before = std::fs::read_to_string(file).with_context(|| format!("--env {}", file.display()))?;
    replace(file, &changed(&before, &variables)).context("--env")?;
    eprintln!("reeve: {} has {}", file.display(), lines.join(" "));
    Ok(Told(Some((file.to_owned(), before))))
}

/// A file of variables with these: each in its place, or at the end; everything else stays.
fn changed(text: &str, variables: &[Variable]) -> String {
    let name_of = |line: &str| line.split_once('=').map(|(name, _)| name.trim().to_owned());
    let value = |line: &&str| {
        let name = name_of(line)?;
        variables.iter().find(|(known, _)| name == *known)
    };
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| value(&line).map_or_else(|| line.to_owned(), |(name, value)| format!("{name}={value}")))
        .collect();
    for (name, value) in variables {
        if !text.lines().any(|line| name_of(line).as_deref() == Some(*name)) {
            lines.push(format!("{name}={value}"));
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_replaced_and_the_rest_stays() {
        let variables = [("REEVE_PORT", "8401".to_owned()), ("REEVE_TLS", "true".to_owned())];
        let text = "# REEVE_PORT=1 is a comment\nREEVE_PORT=8400\n\nREEVE_PORTS=2";
        let expected = "# REEVE_PORT=1 is a comment\nREEVE_PORT=8401\n\nREEVE_PORTS=2\nREEVE_TLS=true\n";
        assert_eq!(changed(text, &variables), expected);
        assert_eq!(changed(expected, &variables), expected);
    }
}
