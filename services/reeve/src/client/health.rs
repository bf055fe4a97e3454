//! `reeve health`: asks a process of `reeve serve` on this machine whether it is ready, for the health checks of
//! containers, which have no other program for that.

use super::{Format, connection::READY, stdout};
use anyhow::{Context, bail};
use serde_json::json;
use std::{net::SocketAddr, time::Duration};

const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Options of `health`.
#[derive(clap::Args)]
pub struct Args {
    /// Where that process says how it is: what `reeve serve` was given as --status.
    #[arg(long, env = "REEVE_STATUS", value_name = "ADDRESS", default_value = "127.0.0.1:8410")]
    status: SocketAddr,
}

pub async fn health(args: Args, format: Format) -> anyhow::Result<()> {
    let said = tokio::task::spawn_blocking(move || ask(args.status)).await??;
    stdout::answer(format, &json!({"status": said.trim_end()}), said.trim_end())
}

fn ask(address: SocketAddr) -> anyhow::Result<String> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(ANSWER_TIMEOUT));
    let agent: ureq::Agent = config.build().into();
    let answer = agent.get(format!("http://{address}/readyz")).call();
    let mut answer = answer.with_context(|| format!("{address} does not answer"))?;
    let said = answer.body_mut().read_to_string()?;
    if !answer.status().is_success() || !said.starts_with(READY) {
        bail!("not ready: {}", said.trim_end());
    }
    Ok(said)
}
