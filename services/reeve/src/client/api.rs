//! `reeve api Operation --json …`.

use super::{connection::Connection, stdout};
use anyhow::Context;
use serde_json::Value;
use std::{io::Read, path::Path};

/// Options of `api`.
#[derive(clap::Args)]
pub struct Args {
    /// The operation, such as `DescribeInstanceInformation`.
    operation: String,
    /// Its input as AWS shapes it; `-` reads it from standard input.
    #[arg(long, default_value = "{}")]
    json: String,
}

pub async fn api(data: &Path, args: Args) -> anyhow::Result<()> {
    let mut text = args.json;
    if text == "-" {
        text.clear();
        std::io::stdin().read_to_string(&mut text)?;
    }
    let input: Value = serde_json::from_str(&text).context("--json is not valid JSON")?;
    let answer = Connection::open(data)?.call(&args.operation, &input).await?;
    stdout::line(serde_json::to_string_pretty(&answer)?)
}
