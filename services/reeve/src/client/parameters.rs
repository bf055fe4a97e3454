//! `reeve parameters`: named values with versions.

use super::{
    Format,
    connection::Connection,
    list::{all, print},
    parameter_trees, stdout,
    table::{cell, instant},
};
use anyhow::Context;
use serde_json::{Value, json};
use std::{io::Read, path::PathBuf};

/// Parameters: named values with versions and labels. A SecureString is sealed, and shown with --decrypt alone.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Prints a parameter's value: the latest, or with `NAME:3` and `NAME:label` that of a version.
    Get {
        name: String,
        /// Opens a SecureString.
        #[arg(long)]
        decrypt: bool,
    },
    /// Creates a parameter, or with --overwrite gives it another version.
    Put(PutArgs),
    /// Lists the parameters below a path, at all levels, without their values.
    List {
        #[arg(default_value = "/")]
        path: String,
    },
    /// Lists the versions of a parameter.
    History {
        name: String,
        /// Opens a SecureString.
        #[arg(long)]
        decrypt: bool,
    },
    /// Deletes a parameter with all its versions. Its secrets are destroyed.
    Delete { name: String },
    /// Prints the parameters below a path, one JSON object on a line, as `import` takes them.
    Export {
        #[arg(default_value = "/")]
        path: String,
        /// Opens SecureStrings: without it they have no value, and cannot be imported.
        #[arg(long)]
        decrypt: bool,
    },
    /// Puts the parameters of a file that `export` has printed; `-` is standard input.
    Import {
        file: PathBuf,
        /// Gives those that are there with another value a new version.
        #[arg(long)]
        overwrite: bool,
        /// Says what would be done, and does nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Tells what changed below a path from one instant (RFC 3339) to another, or to now. Values of secrets are not shown.
    Diff {
        #[arg(default_value = "/")]
        path: String,
        #[arg(long, value_name = "TIME")]
        from: String,
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
    },
    /// Makes all parameters below a path what they were at an instant (RFC 3339): others than then are deleted. What was
    /// deleted since has lost its secrets, and is named as what cannot be restored. Labels, tags and KeyId stay as they are, and
    /// so do policies where there were none then.
    Restore {
        path: String,
        #[arg(long, value_name = "TIME")]
        to: String,
        /// Says what would be done, and does nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(clap::Args)]
pub struct PutArgs {
    name: String,
    /// The value. A secret is better read from a file, or from standard input with `--file -`: others see arguments.
    #[arg(required_unless_present = "file")]
    value: Option<String>,
    /// A file with the value; `-` is standard input. A line's end behind it is left out.
    #[arg(long, conflicts_with = "value")]
    file: Option<PathBuf>,
    /// String, StringList or SecureString. An existing parameter keeps its type.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Gives a parameter that exists another version.
    #[arg(long)]
    overwrite: bool,
    #[arg(long)]
    description: Option<String>,
}

/// The parameters command.
///
/// # Errors
/// What the API refused.
pub async fn parameters(connection: &Connection, command: Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::Get { name, decrypt } => {
            let input = json!({"Name": name, "WithDecryption": decrypt});
            let answer = connection.call("GetParameter", &input).await?;
            stdout::answer(format, &answer["Parameter"], cell(&answer["Parameter"], "Value"))
        }
        Command::Put(args) => put(connection, args, format).await,
        Command::List { path } => list(connection, &path, format).await,
        Command::History { name, decrypt } => {
            let input = json!({"Name": name, "WithDecryption": decrypt});
            let versions = all(connection, "GetParameterHistory", input, "Parameters").await?;
            print(format, &versions, &["VERSION", "LABELS", "TYPE", "MODIFIED", "BY", "VALUE"], |version| {
                vec![
                    cell(version, "Version"),
                    labels(version),
                    cell(version, "Type"),
                    instant(version, "LastModifiedDate"),
                    cell(version, "LastModifiedUser"),
                    cell(version, "Value"),
                ]
            })
        }
        Command::Delete { name } => {
            stdout::done(format, &connection.call("DeleteParameter", &json!({"Name": name})).await?)
        }
        Command::Export { path, decrypt } => parameter_trees::export(connection, &path, decrypt).await,
        Command::Import { file, overwrite, dry_run } => {
            parameter_trees::import(connection, &read(&file)?, (overwrite, dry_run), format).await
        }
        Command::Diff { path, from, to } => {
            parameter_trees::diff(connection, &path, (from, to), format).await
        }
        Command::Restore { path, to, dry_run } => {
            parameter_trees::restore(connection, &path, to, dry_run, format).await
        }
    }
}

fn labels(version: &Value) -> String {
    let labels = version["Labels"].as_array().into_iter().flatten().filter_map(Value::as_str);
    labels.collect::<Vec<_>>().join(" ")
}

async fn put(connection: &Connection, args: PutArgs, format: Format) -> anyhow::Result<()> {
    let value = match (args.value, args.file) {
        (Some(value), _) => value,
        (None, Some(path)) => read(&path)?,
        (None, None) => anyhow::bail!("there is no value"),
    };
    let mut input = json!({"Name": args.name, "Value": value, "Overwrite": args.overwrite});
    for (member, said) in [("Type", args.kind), ("Description", args.description)] {
        if let Some(said) = said {
            input[member] = said.into();
        }
    }
    let answer = connection.call("PutParameter", &input).await?;
    stdout::answer(format, &answer, format_args!("version {}", cell(&answer, "Version")))
}

fn read(path: &std::path::Path) -> anyhow::Result<String> {
    let mut text = String::new();
    match path.as_os_str() == "-" {
        true => std::io::stdin().read_to_string(&mut text).map(|_| ()),
        false => std::fs::read_to_string(path).map(|read| text = read),
    }
    .with_context(|| format!("could not read {}", path.display()))?;
    let whole = text.strip_suffix('\n').unwrap_or(&text);
    Ok(whole.strip_suffix('\r').unwrap_or(whole).to_owned())
}

async fn list(connection: &Connection, path: &str, format: Format) -> anyhow::Result<()> {
    let filter = json!([{"Key": "Path", "Option": "Recursive", "Values": [path]}]);
    let input = json!({"ParameterFilters": filter, "MaxResults": 50});
    let parameters = all(connection, "DescribeParameters", input, "Parameters").await?;
    print(
        format,
        &parameters,
        &["NAME", "TYPE", "VERSION", "TIER", "MODIFIED", "BY", "DESCRIPTION"],
        |parameter| {
            vec![
                cell(parameter, "Name"),
                cell(parameter, "Type"),
                cell(parameter, "Version"),
                cell(parameter, "Tier"),
                instant(parameter, "LastModifiedDate"),
                cell(parameter, "LastModifiedUser"),
                cell(parameter, "Description"),
            ]
        },
    )
}
