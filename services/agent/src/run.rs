//! Putting the agent together, and taking it down.

use crate::{
    addresses::Addresses,
    admission::Admission,
    agent::Agent,
    execute::Containment,
    files,
    identity::{self, Identity},
    inbox, install,
    keys::{self, Keys},
    ledger,
    local_policy::LocalPolicy,
    options::Options,
    outbox, platform,
    presence::{self, RefusalLog},
    update, upkeep,
    work::Worker,
};
use reeve_jetstream::{Bus, Credentials, Options as BusOptions};
use reeve_node_protocol::enrol::fingerprint;
use reeve_types::{NodeId, Timestamp, ids::new_uuid};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Why the agent could not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Identity(#[from] identity::Error),
    #[error(transparent)]
    Keys(#[from] keys::Error),
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
    Leftovers(#[from] std::io::Error),
    #[error(
        "bus.json in the agent's folder, which says where the bus is, cannot be read: {0}; without it the address of its enrolment counts"
    )]
    Addresses(std::io::Error),
    #[error("could not wait for signals: {0}")]
    Signals(std::io::Error),
    #[error("this node was not let work in time")]
    Trial,
    #[error("the agent was to be started anew: {0}")]
    Restart(String),
    #[error(transparent)]
    Install(#[from] install::Error),
}

/// Runs until SIGTERM or SIGINT. A running step is killed then, and reported as `Interrupted` at the next start.
///
/// # Errors
/// When the node cannot be enrolled or its folder cannot be used; afterwards a lost bus is waited for.
pub async fn run(options: Options) -> Result<(), Error> {
    if let Some(action) = &options.action {
        return Ok(install::run(action, &options).await?);
    }
    if options.trial {
        // It has no use without the agent that looks at its end, and holds the ledger.
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
            .map_err(|error| Error::Signals(error.into()))?;
    } else if !options.enrol_only {
        update::try_staged(&options.data);
    }
    let identity = identity::load_or_enrol(&options).await?;
    if options.enrol_only {
        if identity.is_new {
            // The next start would take the ledger for lost.
            ledger::Ledger::open(&options.data.join("ledger.redb"))?;
        }
        return Ok(());
    }
    let keys = Keys::load(&options.data, &identity.root_key)?;
    let path = options.data.join("ledger.redb");
    let lost = !path.exists() && !identity.is_new;
    if lost && !options.accept_lost_ledger {
        return Err(Error::LedgerLost(identity.node_id));
    }
    let ledger = once_there_is_room(|| ledger::Ledger::open(&path)).await?;
    let session = new_uuid().simple().to_string();
    once_there_is_room(|| ledger.remember_session(&session)).await?;
    let containment = match options.no_cgroups {
        true => Containment::supervised(&options.data),
        false => Containment::find(&options.data, &cgroup_name(&identity, &options.data)).await,
    };
    files::forget_if_copied(&options.data, "running")?;
    // Before anything is said of the steps that they belong to.
    let left = containment.end_leftovers().await.map_err(Error::Leftovers)?;
    tracing::info!(way = containment.name(), left, "steps are kept together");
    let interrupted = once_there_is_room(|| ledger.interrupt_unfinished()).await?;
    if interrupted > 0 {
        tracing::warn!(interrupted, "steps were cut off by the end of the last run");
    }
    let mut refusals = RefusalLog::default();
    let ca = identity::kept_ca(&options.data);
    let (node, at_enrolment) = (&identity.node_id, &identity.bus_url);
    let addresses = Addresses::load(&options.data, node, at_enrolment, ca.is_some(), options.bus.clone())
        .map_err(Error::Addresses)?;
    let bus = connect(&identity, (&addresses, &session), ca, &mut refusals).await;
    if lost {
        ledger.set_cursor(inbox::read_last(&bus, &identity.node_id).await?)?;
    }
    let agent = Arc::new(Agent {
        platform: platform::read(),
        identity,
        addresses,
        keys,
        session,
        admission: Admission::new(bus.connections()),
        bus,
        ledger,
        data: options.data,
        reports: tokio::sync::Notify::new(),
        restart: tokio::sync::Notify::new(),
        clock: Arc::new(Timestamp::now),
        containment: Arc::new(containment),
        output_limit: options.output_limit,
        reboot_command: Some(options.reboot_command).filter(|command| !command.trim().is_empty()),
        local_policy: LocalPolicy(options.local_policy),
        package_root: options.package_root.clone(),
        boot_id: std::fs::read_to_string(&options.boot_id_file).unwrap_or_default(),
    });
    if options.trial {
        return try_out(agent).await;
    }
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
    let restarts = tokio::select! {
        () = parts => false,
        () = stop => false,
        () = agent.restart.notified() => true,
    };
    worker.stop().await;
    agent.bus.close().await;
    match restarts {
        // The process stays what it is for whoever started it.
        true => Err(Error::Restart(update::restart().to_string())),
        false => Ok(()),
    }
}

/// Waits until this node may work: who started this knows by its end that the program works here.
async fn try_out(agent: Arc<Agent>) -> Result<(), Error> {
    tokio::select! {
        () = presence::keep(agent.clone()) => {}
        () = agent.admission.valid() => {}
        () = tokio::time::sleep(update::TRIAL_TIMEOUT) => return Err(Error::Trial),
    }
    update::tell_that_it_works(&agent.data).map_err(|error| Error::Restart(error.to_string()))?;
    agent.bus.close().await;
    Ok(())
}

/// Tells this agent's cgroups from those of another one on this machine, also of one whose folder is a copy.
fn cgroup_name(identity: &Identity, folder: &Path) -> String {
    let place = fingerprint(&files::place_of(folder));
    format!("{}-{}", identity.node_id, &place[..8])
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
async fn connect(
    identity: &Identity,
    (addresses, session): (&Addresses, &str),
    ca: Option<PathBuf>,
    log: &mut RefusalLog,
) -> Bus {
    let options = BusOptions {
        url: addresses.all(),
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
