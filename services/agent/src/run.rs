//! Putting the agent together, and taking it down.

use crate::{
    execute::{self, Clock, Containment},
    identity::{self, Identity},
    inbox,
    keys::Keys,
    ledger,
    local_policy::LocalPolicy,
    outbox, platform,
    presence::{self, RefusalLog},
    upkeep,
    work::Worker,
};
use reeve_jetstream::{Bus, Credentials, Options as BusOptions};
use reeve_types::{NodeId, Timestamp, ids::new_uuid};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// How the agent is started.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "reeve-agent", version, about = "Runs on every node what the control plane signed")]
pub struct Options {
    /// The folder of this node's identity, ledger and downloads.
    #[arg(long, default_value = "/var/lib/reeve-agent", env = "REEVE_AGENT_DATA")]
    pub data: PathBuf,
    /// The gateway to enrol at, such as <https://reeve.example.org:8400>. Needed once.
    #[arg(long, env = "REEVE_GATEWAY")]
    pub gateway: Option<String>,
    /// The certificates of those whose word for the gateway and the bus counts, as PEM: the `tls/ca.pem` of an instance.
    /// It is kept in the folder, so that it is needed once; one that is given again takes the place of the kept one.
    /// With it this node speaks to no bus without TLS.
    #[arg(long, value_name = "FILE", env = "REEVE_CA")]
    pub ca: Option<PathBuf>,
    /// The activation to enrol with. Needed once.
    #[arg(long, env = "REEVE_ACTIVATION_ID")]
    pub activation_id: Option<String>,
    /// The activation's code. Needed once.
    #[arg(long, env = "REEVE_ACTIVATION_CODE", hide_env_values = true)]
    pub activation_code: Option<String>,
    /// The public root key of the control plane that this node may be enrolled at, as `reeve keys show` prints it. One with
    /// another root key is refused. It is pinned at enrolment in any case; only --register-again leads to another one.
    #[arg(long, value_name = "KEY", env = "REEVE_ROOT_KEY")]
    pub root_key: Option<String>,
    /// Give up this node's identity, which its control plane may not let in any more, and enrol as a new node with
    /// another activation. The old identity and its ledger are kept in the folder `former`. With the activation that
    /// this node is enrolled with already it does nothing.
    #[arg(long)]
    pub register_again: bool,
    /// Go on without the ledger that this node had: what it ran before is forgotten, and what waits in its
    /// inbox is skipped.
    #[arg(long)]
    pub accept_lost_ledger: bool,
    /// The bytes that one step may print; what is beyond them is dropped, and the output and the outcome say so.
    #[arg(long, value_name = "BYTES", default_value_t = execute::DEFAULT_OUTPUT_LIMIT_BYTES, env = "REEVE_AGENT_OUTPUT_LIMIT")]
    pub output_limit: u64,
    /// How this machine is rebooted when a script asks for it with the exit code 194. An empty text refuses: the
    /// script's step fails then, and says why.
    #[arg(
        long,
        value_name = "COMMAND",
        default_value = "shutdown -r now",
        env = "REEVE_AGENT_REBOOT_COMMAND"
    )]
    pub reboot_command: String,
    /// What this node accepts, in a file that belongs to root: plugins, users, hours. It narrows what the control plane
    /// may have run here; without the file nothing is narrowed.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/reeve/agent-policy.json",
        env = "REEVE_AGENT_LOCAL_POLICY"
    )]
    pub local_policy: PathBuf,
    /// Where the machine says which start this is. For tests, which do not reboot.
    #[arg(
        long,
        hide = true,
        default_value = "/proc/sys/kernel/random/boot_id",
        env = "REEVE_AGENT_BOOT_ID_FILE"
    )]
    pub boot_id_file: PathBuf,
    /// Keep steps together by a supervisor each, also where cgroups could be had. For tests.
    #[arg(long, hide = true, env = "REEVE_AGENT_NO_CGROUPS")]
    pub no_cgroups: bool,
}

/// A command that ends so soon after it has begun is reported in one message.
pub const START_REPORT_DELAY: Duration = Duration::from_millis(100);

/// Why the agent could not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Identity(#[from] identity::Error),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    Bus(#[from] reeve_jetstream::Error),
    #[error(
        "this node is enrolled as {0}, but its ledger is gone: it cannot know what it ran already and runs nothing. \
         Start it once with --accept-lost-ledger to go on"
    )]
    LedgerLost(NodeId),
    #[error("what an earlier run left running cannot be looked for: {0}")]
    Leftovers(std::io::Error),
    #[error("could not wait for signals: {0}")]
    Signals(std::io::Error),
}

/// What the agent's parts share.
pub(crate) struct Agent {
    pub identity: Identity,
    pub keys: Keys,
    pub session: String,
    pub bus: Bus,
    pub ledger: ledger::Ledger,
    pub data: PathBuf,
    pub platform: platform::Platform,
    /// Rung when there is a report to send.
    pub reports: tokio::sync::Notify,
    pub clock: Clock,
    pub containment: Arc<Containment>,
    pub output_limit: u64,
    /// How the machine is rebooted; none refuses.
    pub reboot_command: Option<String>,
    pub local_policy: LocalPolicy,
    /// Which start of the machine this is.
    pub boot_id: String,
}

/// Runs until SIGTERM or SIGINT. A running step is killed then, and reported as `Interrupted` at the next start.
///
/// # Errors
/// When the node cannot be enrolled or its folder cannot be used; afterwards a lost bus is waited for.
pub async fn run(options: Options) -> Result<(), Error> {
    let identity = identity::load_or_enrol(&options).await?;
    let keys = Keys::load(&options.data, &identity.root_key)?;
    let path = options.data.join("ledger.redb");
    let lost = !path.exists() && !identity.is_new;
    if lost && !options.accept_lost_ledger {
        return Err(Error::LedgerLost(identity.node_id));
    }
    let ledger = once_there_is_room(|| ledger::Ledger::open(&path)).await?;
    let session = new_uuid().simple().to_string();
    let containment = match options.no_cgroups {
        true => Containment::supervised(&options.data),
        false => Containment::find(&options.data, identity.node_id.as_str()).await,
    };
    // Before anything is said of the steps that they belong to.
    let left = containment.end_leftovers().await.map_err(Error::Leftovers)?;
    tracing::info!(way = containment.name(), left, "steps are kept together");
    let interrupted = once_there_is_room(|| ledger.interrupt_unfinished()).await?;
    if interrupted > 0 {
        tracing::warn!(interrupted, "steps were cut off by the end of the last run");
    }
    let mut refusals = RefusalLog::default();
    let bus = connect(&identity, &session, identity::kept_ca(&options.data), &mut refusals).await;
    if lost {
        ledger.set_cursor(inbox::read_last(&bus, &identity.node_id).await?)?;
    }
    let agent = Arc::new(Agent {
        platform: platform::read(),
        identity,
        keys,
        session,
        bus,
        ledger,
        data: options.data,
        reports: tokio::sync::Notify::new(),
        clock: Arc::new(Timestamp::now),
        containment: Arc::new(containment),
        output_limit: options.output_limit,
        reboot_command: Some(options.reboot_command).filter(|command| !command.trim().is_empty()),
        local_policy: LocalPolicy(options.local_policy),
        boot_id: std::fs::read_to_string(&options.boot_id_file).unwrap_or_default(),
    });
    agent.containment.prepare();
    let worker = Worker::new(agent.clone());
    let parts = async {
        tokio::join!(
            outbox::send(agent.clone()),
            presence::keep(agent.clone()),
            presence::log_refusals(agent.clone(), refusals),
            upkeep::keep(agent.clone()),
            inbox::receive(agent.clone(), worker.clone())
        );
    };
    let stop = stopped()?;
    tokio::select! {
        () = parts => {}
        () = stop => {}
    }
    worker.stop().await;
    agent.bus.close().await;
    Ok(())
}

/// How often it is looked whether a full disk has room again.
const FULL_DISK_POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Waits for room when the disk is full: to end would only mean to be started again.
async fn once_there_is_room<T>(
    mut work: impl FnMut() -> Result<T, ledger::Error>,
) -> Result<T, ledger::Error> {
    loop {
        match work() {
            Err(error) if error.full => {
                tracing::error!(%error, "nothing is run until there is room on the disk again");
                tokio::time::sleep(FULL_DISK_POLL_INTERVAL).await;
            }
            done => return done,
        }
    }
}

/// Connects, however long it takes: a node waits for its control plane.
async fn connect(identity: &Identity, session: &str, ca: Option<PathBuf>, log: &mut RefusalLog) -> Bus {
    let options = BusOptions {
        url: identity.bus_url.clone(),
        credentials: Credentials::Jwt { jwt: identity.jwt.clone(), seed: identity.seed.clone() },
        name: format!("{}/{session}", identity.node_id),
        inbox_prefix: format!("_INBOX_{}", identity.node_id),
        ca,
    };
    let (mut delay, mut refusals) = (Duration::from_millis(100), 0);
    loop {
        let wait = match Bus::connect(&options).await {
            Ok(bus) => return bus,
            Err(reeve_jetstream::Error::NotLetIn(_)) => {
                refusals += 1;
                log.refused(&identity.node_id);
                reeve_jetstream::refused_delay(refusals)
            }
            Err(error) => {
                tracing::warn!(%error, "waiting for the bus");
                refusals = 0;
                delay = (delay * 2).min(Duration::from_secs(10));
                delay
            }
        };
        tokio::time::sleep(wait).await;
    }
}

fn stopped() -> Result<impl Future<Output = ()>, Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
