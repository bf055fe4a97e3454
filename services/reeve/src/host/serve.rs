//! `reeve serve NAME…`: services against a NATS that stands already.

use super::{
    nats,
    services::{self, Needs},
    up::stop_signal,
};
use anyhow::Context;
use reeve_jetstream::{
    operator::{Enrolment, User},
    streams,
};
use std::{path::PathBuf, sync::Arc};

/// Options of `serve`.
#[derive(clap::Args)]
pub struct Args {
    /// The services to run.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// The bus.
    #[arg(long, env = "REEVE_BUS", default_value = "nats://127.0.0.1:4222")]
    bus: String,
    /// A file with the JWT and the seed of a user of CORE: {"jwt": …, "seed": …}.
    #[arg(long, env = "REEVE_BUS_USER")]
    bus_user: PathBuf,
    /// Where nodes find the bus, if elsewhere.
    #[arg(long, env = "REEVE_NODE_BUS")]
    node_bus: Option<String>,
    /// The folder of the views.
    #[arg(long, env = "REEVE_VIEWS", default_value = ".reeve-serve")]
    views: PathBuf,
    /// nodes: a file with the key that lets nodes in: {"signing_seed": …, "agents_account": …}.
    #[arg(long, env = "REEVE_ENROLMENT")]
    enrolment: Option<PathBuf>,
    /// run-command, nodes: a file with the seed of the key that signs dispatches.
    #[arg(long, env = "REEVE_DISPATCH_SEED")]
    dispatch_seed: Option<PathBuf>,
    /// The account that answers name: twelve digits.
    #[arg(long, env = "REEVE_ACCOUNT", default_value = "000000000000")]
    account: String,
    #[arg(long, env = "REEVE_REGION", default_value = "us-east-1")]
    region: String,
}

/// Runs the services until SIGINT or SIGTERM.
///
/// # Errors
/// When one cannot be started.
pub async fn serve(args: Args) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let read =
        |path: &PathBuf| std::fs::read(path).with_context(|| format!("could not read {}", path.display()));
    let user: User =
        serde_json::from_slice(&read(&args.bus_user)?).context("--bus-user holds no JWT and seed")?;
    let enrolment = args.enrolment.as_ref().map(read).transpose()?;
    let enrolment = enrolment.map(|bytes| serde_json::from_slice::<Enrolment>(&bytes)).transpose()?;
    let seed = args.dispatch_seed.as_ref().map(read).transpose()?;
    let seed =
        seed.map(|bytes| nkeys::KeyPair::from_seed(String::from_utf8_lossy(&bytes).trim())).transpose()?;
    let needs = Needs {
        account: args.account,
        region: args.region,
        bus_url: args.node_bus.unwrap_or_else(|| args.bus.clone()),
        enrolment,
        dispatch_keys: seed.iter().map(nkeys::KeyPair::public_key).collect(),
        dispatch_key: seed.map(Arc::new),
        system: None,
    };
    std::fs::create_dir_all(&args.views)?;
    let mut running = Vec::new();
    for name in &args.names {
        let service = services::describe(name, &needs)?;
        let bus = nats::connect(&args.bus, &user, name).await?;
        streams::ensure_node_streams(&bus).await?;
        running.push(reeve_runtime::run(service, bus, &args.views).await?);
        eprintln!("reeve: {name} serves");
    }
    stop.await;
    for service in running {
        service.stop().await;
    }
    Ok(())
}
