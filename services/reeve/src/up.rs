//! `reeve up`.

use crate::{
    client::{self, connection::Connection},
    host::{
        bus::BusAddress,
        certificates::{self, Certificates},
        children::Supervised,
        exports::ExportArgs,
        files,
        folder::{Folder, Instance},
        keys,
        local_agents::LocalAgents,
        moves::Moves,
        nats,
        part_bus::connect_part,
        place::FoundAt,
        running::{RunningGateway, open_files, start_gateway, stop_signal},
        services::{self, GATEWAY, Needs, Place},
        space::Space,
        status::Status,
        streams,
        write_gate::WriteGate,
    },
};
use anyhow::Context;
use futures::future::join_all;
use reeve_gateway::Config as GatewayConfig;
use reeve_jetstream::Bus;
use reeve_runtime::Running;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, sync::Notify};

/// Options of `up`.
#[derive(clap::Args)]
pub struct Args {
    /// Where the AWS API is served. Port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8400", env = "REEVE_HTTP")]
    http: SocketAddr,
    /// TLS for the gateway and the bus: an authority of this instance (`tls/ca.pem` in its folder) and a certificate are
    /// made. Without it both are reachable from this machine only.
    #[arg(long, env = "REEVE_TLS")]
    tls: bool,
    /// A name or an address that the certificate is good for, beside this machine's name, `localhost` and the addresses
    /// that are listened on. May be given again.
    #[arg(long, value_name = "NAME", env = "REEVE_TLS_NAME", value_delimiter = ',')]
    tls_name: Vec<String>,
    /// The address that the bus listens on. Nodes are told the first --tls-name, or without one this address; its port is
    /// `bus_port` in the folder's keys.json.
    #[arg(long, value_name = "IP", env = "REEVE_BUS_LISTEN", default_value = "127.0.0.1")]
    bus_listen: IpAddr,
    /// How many agents run on this machine, each a node of its own.
    #[arg(long, default_value_t = 1)]
    nodes: u32,
    /// A tag of the agents of this machine, such as role=web; they have it from their enrolment on. May be given again.
    #[arg(long, value_name = "KEY=VALUE", env = "REEVE_TAG", value_delimiter = ',', value_parser = tag)]
    tag: Vec<(String, String)>,
    /// How the agents reboot this machine when a script asks for it with the exit code 194. Without it they never
    /// do: the script's step fails, and says so.
    #[arg(long, value_name = "COMMAND", default_value = "")]
    reboot_command: String,
    /// Where it says what it has measured (GET /metrics), for Prometheus.
    #[arg(long, env = "REEVE_STATUS", value_name = "ADDRESS")]
    status: Option<SocketAddr>,
    /// The folder whose files `reeve-agent…` nodes may fetch to update themselves; that of this program, if not given.
    #[arg(long, value_name = "FOLDER", env = "REEVE_PROGRAMS")]
    programs: Option<PathBuf>,
    /// Runs this script on the nodes once they are there, and prints its output.
    #[arg(long, value_name = "SCRIPT")]
    run: Option<String>,
    /// Without any of these the folder `exports` in that of the instance.
    #[command(flatten)]
    exports: ExportArgs,
}

impl Args {
    /// What only TLS allows.
    fn check(&self) -> anyhow::Result<()> {
        if self.tls {
            let nameless = self.bus_listen.is_unspecified() && self.tls_name.is_empty();
            anyhow::ensure!(
                !nameless,
                "--bus-listen {}: nodes need a --tls-name to find the bus by",
                self.bus_listen
            );
            return Ok(());
        }
        let (http, bus) = (self.http.ip(), self.bus_listen);
        anyhow::ensure!(http.is_loopback(), "--http {}: beyond loopback --tls is needed", self.http);
        anyhow::ensure!(bus.is_loopback(), "--bus-listen {bus}: beyond loopback --tls is needed");
        anyhow::ensure!(self.tls_name.is_empty(), "--tls-name without --tls");
        Ok(())
    }

    fn certificates(&self, folder: &Folder, http: SocketAddr) -> anyhow::Result<Option<Certificates>> {
        let bus = SocketAddr::new(self.bus_listen, folder.keys.bus_port);
        let names = certificates::names(&[http, bus], &self.tls_name);
        self.tls.then(|| Certificates::ensure(&folder.path, &folder.keys.account, names)).transpose()
    }

    /// Where this machine finds the bus, and where nodes do.
    fn bus_urls(&self, port: u16) -> [String; 2] {
        let scheme = if self.tls { "tls" } else { "nats" };
        let own = SocketAddr::new(reachable(self.bus_listen), port);
        let named = self.tls_name.first().filter(|_| !self.bus_listen.is_loopback());
        let nodes = named.map_or_else(|| own.to_string(), |name| format!("{name}:{port}"));
        [format!("{scheme}://{own}"), format!("{scheme}://{nodes}")]
    }
}

/// A tag as an option.
fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is not KEY=VALUE, such as role=web")),
    }
}

/// An address under which this machine finds what listens there.
fn reachable(listen: IpAddr) -> IpAddr {
    match listen {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

/// Starts everything and stays until SIGINT or SIGTERM.
///
/// # Errors
/// When a part cannot be started; what was started is ended then.
pub async fn up(data: &Path, args: Args) -> anyhow::Result<()> {
    let begun = Instant::now();
    let stop = stop_signal()?;
    args.check()?;
    open_files();
    let listener =
        TcpListener::bind(args.http).await.with_context(|| format!("could not listen on {}", args.http))?;
    let folder = Folder::open(data)?;
    ensure_log_is_there(&folder.path)?;
    let certificates = args.certificates(&folder, listener.local_addr()?)?;
    let tls = certificates.as_ref().map(Certificates::bus).transpose()?;
    let listen = nats::Listen { address: args.bus_listen, tls };
    let bus_server = nats::start(&folder, &listen).await?;
    let mut instance = Starting {
        folder: &folder,
        certificates,
        running: Vec::new(),
        children: Vec::new(),
        gateway: None,
        again: bus_server.again(),
        space: None,
    };
    let result = tokio::select! {
        result = start_and_stay(&mut instance, listener, &args, begun) => result,
        () = stop => Ok(()),
    };
    instance.end().await;
    bus_server.stop().await;
    result
}

/// Longer than a gateway that stops waits for who has connected and not asked yet.
const GATEWAY_FINISH_TIME: Duration = Duration::from_secs(8);

/// What runs so far.
struct Starting<'a> {
    folder: &'a Folder,
    certificates: Option<Certificates>,
    running: Vec<Running>,
    children: Vec<Supervised>,
    gateway: Option<RunningGateway>,
    /// Starts nats-server anew.
    again: Arc<Notify>,
    space: Option<tokio::task::JoinHandle<()>>,
}

impl Starting<'_> {
    /// Starts every service, on a connection of its own.
    async fn start_services(&mut self, needs: &Needs, bus: &BusAddress) -> anyhow::Result<()> {
        let mut started = Vec::new();
        for name in services::names() {
            let service = services::describe(name, needs)?;
            let bus = connect_part(bus, &needs.secrets, name).await?;
            let data = self.folder.path.clone();
            started.push(tokio::spawn(async move { reeve_runtime::run(service, bus, &data).await }));
        }
        for task in started {
            self.running.push(task.await??);
        }
        Ok(())
    }

    /// Watches the disk under the log.
    fn watch_space(&mut self, others: [Bus; 2], gate: WriteGate) {
        let mut buses: Vec<Bus> = self.running.iter().map(|running| running.handle().bus().clone()).collect();
        buses.extend(others);
        let space = Space { folder: self.folder.path.clone(), again: self.again.clone(), buses, gate };
        self.space = Some(tokio::spawn(space.watch()));
    }

    async fn end(self) {
        self.folder.withdraw();
        if let Some(space) = self.space {
            space.abort();
        }
        if let Some((stop, task)) = self.gateway {
            stop.send_replace(true);
            if tokio::time::timeout(GATEWAY_FINISH_TIME, task).await.is_err() {
                tracing::warn!("requests were still open when the gateway ended");
            }
        }
        for child in self.children {
            child.stop().await;
        }
        // Each finishes what it has begun; together they take as long as the slowest one.
        join_all(self.running.into_iter().map(Running::stop)).await;
    }
}

/// The keys of an instance that has run, or has arrived here, belong to a log. Without it nothing of it would be known any more.
fn ensure_log_is_there(data: &Path) -> anyhow::Result<()> {
    let log = data.join("nats/jetstream");
    let has_run = FoundAt::read(data)?.is_some() || !Moves::read(data)?.ids.is_empty();
    let is_there = log.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    anyhow::ensure!(
        is_there || !has_run,
        "{} has the keys of an instance that has run, and {} does not hold its log. If parts that run apart have it elsewhere, start those, or \
         move it here: `reeve migrate out --bus-store FOLDER | reeve migrate in`. If it is gone, restore a backup into another folder",
        data.display(),
        log.display()
    );
    Ok(())
}

async fn start_and_stay(
    starting: &mut Starting<'_>,
    listener: TcpListener,
    args: &Args,
    begun: Instant,
) -> anyhow::Result<()> {
    let folder = starting.folder;
    let keys = &folder.keys;
    let ca = starting.certificates.as_ref().map(|certificates| certificates.ca.clone());
    let [url, nodes_url] = args.bus_urls(keys.bus_port);
    let address = BusAddress { url, ca: ca.clone(), replicas: None };
    let status = match args.status {
        Some(address) => Status::serve(&["up".to_owned()], address).await?,
        None => Status::default(),
    };
    let secrets = folder.secrets()?;
    // Whoever runs `up` has the keys of all; each service, and the gateway, has a user of its own beside that.
    let bus = keys.connect(&address, "reeve").await?;
    streams::make(&bus).await?;
    let place = Place { account: keys.account.clone(), region: keys.region.clone(), node_bus_url: nodes_url };
    let names: Vec<&str> = services::names().chain([GATEWAY]).collect();
    let exports = args.exports.store(Some(folder.path.join("exports")))?;
    let needs = Needs::assemble(secrets, (place, exports), &bus, &address, &names).await?;
    starting.start_services(&needs, &address).await?;
    let http = listener.local_addr()?;
    let token_key = needs.secrets.key(files::TOKEN_KEY)?;
    let mut config = GatewayConfig::new(http, keys.account.clone(), keys.region.clone(), token_key);
    config.tls = starting.certificates.as_ref().map(Certificates::gateway).transpose()?;
    config.programs = files::programs(args.programs.as_ref());
    let (gate, closed) = WriteGate::new();
    config.closed = closed;
    let of_gateway = connect_part(&address, &needs.secrets, GATEWAY).await?;
    starting.watch_space([bus.clone(), of_gateway.clone()], gate);
    starting.gateway = Some(start_gateway(config, needs.access()?, listener, of_gateway));
    let scheme = if args.tls { "https" } else { "http" };
    let endpoint = format!("{scheme}://{}", SocketAddr::new(reachable(http.ip()), http.port()));
    folder.announce(&Instance {
        public_endpoint: None,
        endpoint: endpoint.clone(),
        region: keys.region.clone(),
        access_key_id: folder.administrator.0.clone(),
        secret_access_key: folder.administrator.1.clone(),
        bus_url: address.url,
        ca: ca.clone(),
        pid: std::process::id(),
    })?;
    let agents = LocalAgents {
        folder,
        bus: &bus,
        endpoint: &endpoint,
        ca: ca.as_deref(),
        tags: &args.tag,
        reboot_command: &args.reboot_command,
    };
    for number in 1..=args.nodes {
        starting.children.push(agents.start(number).await?);
    }
    status.connected(bus.clone());
    FoundAt::of(args.tls, http, args.bus_listen, args.tls_name.first()).keep(&folder.path)?;
    let connection = Connection::open(&client::DataFolder::named(&folder.path))?;
    let ready = wait_until_ready(&connection).await;
    status.started("up");
    let after = begun.elapsed().as_millis();
    match ready {
        Ok(()) => eprintln!("reeve: ready after {after} ms at {endpoint}"),
        Err(said) => eprintln!("reeve: at {endpoint}, and not ready after {after} ms: {said}"),
    }
    eprintln!(
        "reeve: eval \"$(reeve --data {} env)\" lets `aws ssm …` work; Ctrl-C ends it",
        folder.path.display()
    );
    if let Some(script) = &args.run {
        let nodes = wait_for_nodes(&connection, &folder.path, args.nodes).await?;
        client::run::run_script(&connection, script, nodes).await?;
    }
    keys::keep_renewed(&folder.path, &bus).await;
    Ok(())
}

/// As long as the gateway has to find every service.
const READY_TIMEOUT: Duration = Duration::from_secs(10);
const READY_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Waits until `GET /readyz` says what is about to be printed; answers what keeps it from that.
async fn wait_until_ready(connection: &Connection) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let asked = connection.clone().within(READY_TIMEOUT);
        let said = match tokio::task::spawn_blocking(move || asked.ready()).await {
            Ok(Ok((true, _))) => return Ok(()),
            Ok(Ok((false, said))) => said.trim_end().replace('\n', "; "),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        if begun.elapsed() > READY_TIMEOUT {
            return Err(said);
        }
        tokio::time::sleep(READY_POLL_INTERVAL).await;
    }
}

/// Waits until as many nodes are connected as agents were started, and answers their ids.
async fn wait_for_nodes(connection: &Connection, data: &Path, wanted: u32) -> anyhow::Result<Vec<String>> {
    let begun = Instant::now();
    loop {
        let nodes = client::list::online(connection).await?;
        if nodes.len() >= wanted as usize {
            return Ok(nodes);
        }
        if begun.elapsed() > Duration::from_secs(30) {
            anyhow::bail!(
                "only {} of {wanted} agents connected: see nodes/*/agent.log in {}",
                nodes.len(),
                data.display()
            );
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
