//! `reeve api Operation --json …`.

use super::{
    connection::{Api, Connection, SSM},
    stdout,
};
use anyhow::Context;
use serde_json::Value;
use std::io::Read;

/// Options of `api`.
#[derive(clap::Args)]
pub struct Args {
    /// The operation, such as `DescribeInstanceInformation`; of another API than ssm with that before it, such as
    /// `access:ListPrincipals`.
    operation: String,
    /// Its input as AWS shapes it; `-` reads it from standard input.
    #[arg(long, default_value = "{}")]
    json: String,
}

pub async fn api(connection: &Connection, args: Args) -> anyhow::Result<()> {
    let mut text = args.json;
    if text == "-" {
        text.clear();
        std::io::stdin().read_to_string(&mut text)?;
    }
    let input: Value = serde_json::from_str(&text).context("--json is not valid JSON")?;
    let (api, operation) = args.operation.split_once(':').unwrap_or((SSM.service, &args.operation));
    let answer = connection.call_of(Api::named(api)?, operation, &input).await?;
    stdout::line(serde_json::to_string_pretty(&answer)?)
}
