//! Options from a file: what stands there becomes the options' default, so that the command line and the environment
//! win, and a value is checked, and complained of, as if it had been given as an option.

use ::config::{Config, File, FileFormat, Value, ValueKind};
use anyhow::{Context, bail};
use clap::{Arg, Command, builder::Resettable};
use std::{ffi::OsString, path::PathBuf};

/// Reads the file that `--config` or `REEVE_CONFIG` names, if one does.
///
/// # Errors
/// When it cannot be read or names an option that does not exist.
pub fn defaults(command: Command, arguments: impl Iterator<Item = OsString>) -> anyhow::Result<Command> {
    let command = without_empty_variables(command);
    match path(arguments) {
        Some(path) => {
            let file = File::from(path.as_path()).format(FileFormat::Toml);
            let read = Config::builder().add_source(file).build();
            let read =
                read.with_context(|| format!("could not read the configuration {}", path.display()))?;
            let values = read.cache.into_table()?;
            apply(command, values, "").with_context(|| format!("in the configuration {}", path.display()))
        }
        None => Ok(command),
    }
}

/// The file's name must be known before the options are read, because it says what their defaults are.
fn path(mut arguments: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--") => break,
            Some("--config") => return arguments.next().map(PathBuf::from),
            Some(text) => {
                if let Some(path) = text.strip_prefix("--config=") {
                    return Some(path.into());
                }
            }
            None => {}
        }
    }
    std::env::var_os("REEVE_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// A variable that is empty is not set, as in files of variables that name all of them. To an agent it may mean something: whoever sets its
/// own knows.
fn without_empty_variables(mut command: Command) -> Command {
    let is_empty = |argument: &&Arg| {
        let name = argument.get_env().filter(|name| !NEVER_EMPTY.iter().any(|other| name == other));
        name.and_then(std::env::var_os).is_some_and(|value| value.is_empty())
    };
    let empty: Vec<_> =
        command.get_arguments().filter(is_empty).map(|argument| argument.get_id().clone()).collect();
    for id in empty {
        command = command.mut_arg(id, |argument| argument.env(Resettable::Reset));
    }
    let names = command.get_subcommands().map(|sub| sub.get_name().to_owned()).filter(|name| name != AGENT);
    for name in names.collect::<Vec<_>>() {
        command = command.mut_subcommand(name, without_empty_variables);
    }
    command
}

/// Without these something would be open, or be believed, that is not to be: empty ones are errors.
const NEVER_EMPTY: [&str; 4] = ["REEVE_BIND_ADDRESS", "REEVE_TLS_CERT", "REEVE_TLS_KEY", "REEVE_CA"];
/// The command whose options are an agent's.
const AGENT: &str = "agent";

fn apply(
    mut command: Command,
    values: impl IntoIterator<Item = (String, Value)>,
    within: &str,
) -> anyhow::Result<Command> {
    for (name, value) in values {
        let full = format!("{within}{name}");
        if let ValueKind::Table(table) = value.kind {
            if command.find_subcommand(&name).is_none() {
                bail!("{full} is not a command");
            }
            let mut failure = None;
            command =
                command.mut_subcommand(&name, |sub| match apply(sub.clone(), table, &format!("{full}.")) {
                    Ok(changed) => changed,
                    Err(error) => {
                        failure = Some(error);
                        sub
                    }
                });
            if let Some(error) = failure {
                return Err(error);
            }
            continue;
        }
        let id = name.replace('-', "_");
        if full == "config" {
            bail!("config names the file that is read, and cannot stand in it");
        }
        if !command
            .get_arguments()
            .any(|argument| argument.get_id().as_str() == id && !argument.is_positional())
        {
            bail!("{full} is not an option");
        }
        let text =
            value.into_string().with_context(|| format!("{full} is not a text, a number or a boolean"))?;
        // Options live as long as the process, and so do their defaults.
        let text: &'static str = Box::leak(text.into_boxed_str());
        command = command.mut_arg(&id, |argument| argument.default_value(text).required(false));
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ArgAction;

    fn cli() -> Command {
        let http = Arg::new("http").long("http").default_value("127.0.0.1:8400");
        let insecure = Arg::new("insecure_http").long("insecure-http").action(ArgAction::SetTrue);
        let up = Command::new("up").arg(http).arg(insecure);
        Command::new("reeve")
            .arg(Arg::new("config").long("config"))
            .arg(Arg::new("log").long("log"))
            .subcommand(up)
    }

    fn with(text: &str, arguments: &[&str]) -> anyhow::Result<Command> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("reeve.toml");
        std::fs::write(&path, text)?;
        let named = ["--config".into(), path.into_os_string()];
        defaults(cli(), arguments.iter().map(OsString::from).chain(named))
    }

    #[test]
    fn the_file_gives_defaults_and_options_win() {
        let text = "log = \"info\"\n[up]\nhttp = \"127.0.0.1:9\"\ninsecure-http = true\n";
        let matches = with(text, &["reeve", "up"]).unwrap().get_matches_from(["reeve", "up"]);
        let up = matches.subcommand_matches("up").unwrap();
        assert_eq!(matches.get_one::<String>("log").unwrap(), "info");
        assert_eq!(
            (up.get_one::<String>("http").unwrap().as_str(), up.get_flag("insecure_http")),
            ("127.0.0.1:9", true)
        );
        let given = ["reeve", "up", "--http", "127.0.0.1:7"];
        let matches = with(text, &given).unwrap().get_matches_from(given);
        let up = matches.subcommand_matches("up").unwrap();
        assert_eq!(up.get_one::<String>("http").unwrap(), "127.0.0.1:7");
    }

    #[test]
    fn what_is_no_option_is_named() {
        for (text, named) in [
            ("colour = 1", "colour is not an option"),
            ("[up]\nhtpp = \"x\"", "up.htpp is not an option"),
            ("[down]\nx = 1", "down is not a command"),
            ("config = \"other.toml\"", "cannot stand in it"),
            ("[up]\nhttp = [1]", "up.http is not a text"),
            ("[up", "could not read the configuration"),
        ] {
            let error = format!("{:#}", with(text, &["reeve"]).unwrap_err());
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn a_variable_that_is_empty_is_not_set_and_some_must_not_be_empty() {
        let with = |name: &'static str| {
            let http = Arg::new("http").long("http").env(name).default_value("127.0.0.1:8400");
            let command =
                without_empty_variables(Command::new("reeve").subcommand(Command::new("up").arg(http)));
            let up = command.find_subcommand("up").unwrap().clone();
            up.get_arguments().next().unwrap().get_env().is_some()
        };
        // Cargo sets this one, to nothing, for every test.
        assert_eq!(std::env::var_os("CARGO_PKG_VERSION_PRE").as_deref(), Some(std::ffi::OsStr::new("")));
        assert!(!with("CARGO_PKG_VERSION_PRE") && with("CARGO_PKG_VERSION"));
        assert!(NEVER_EMPTY.iter().all(|name| with(name)));
    }
}
