//! `reeve init`: the secrets of an instance whose parts run apart, one file for each need.

use super::{
    certificates::Certificates,
    files::{self, remove, write_private},
    folder::{Folder, Instance, Keys, read_keys},
    parts,
    place::FoundAt,
    rights,
};
use anyhow::{Context, bail, ensure};
use reeve_jetstream::{cluster::Member, operator::ServerTls};
use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
};

/// Options of `init`.
#[derive(clap::Args)]
pub struct Args {
    /// Where nats-server listens, as its configuration says.
    #[arg(long, default_value = "0.0.0.0:4222")]
    bus_listen: String,
    /// Where nats-server keeps the log, as its configuration says.
    #[arg(long, env = "REEVE_BUS_STORE", default_value = "/data")]
    bus_store: String,
    /// The port under which nodes find the bus.
    #[arg(long, value_name = "PORT", env = "REEVE_BUS_PORT")]
    bus_port: Option<u16>,
    /// The account that answers name, as the parts are told: twelve digits.
    #[arg(long, env = "REEVE_ACCOUNT")]
    account: Option<String>,
    /// The region that answers name.
    #[arg(long, env = "REEVE_REGION")]
    region: Option<String>,
    /// The servers of a bus that is a cluster of three or five, each by the name under which the others find it: each has a part
    /// with a configuration of its own. Without it the bus is one server.
    #[arg(long, value_name = "NAME", env = "REEVE_BUS_SERVERS", value_delimiter = ',')]
    bus_server: Vec<String>,
    /// Where the servers of a cluster listen for each other.
    #[arg(long, value_name = "PORT", default_value_t = 6222)]
    bus_route_port: u16,
    /// Where this command sees the logs of the servers of a cluster, each in a folder of that server's name; without it, it does
    /// not look at them.
    #[arg(long, value_name = "FOLDER", env = "REEVE_BUS_LOGS")]
    bus_logs: Option<PathBuf>,
    /// The certificate that nats-server shows, as its configuration names it; without it the bus speaks no TLS.
    #[arg(long, value_name = "FILE")]
    bus_tls_cert: Option<String>,
    /// The key of that certificate.
    #[arg(long, value_name = "FILE")]
    bus_tls_key: Option<String>,
    /// Makes an authority of the instance, if there is none, and a certificate for the gateway and the bus, good for a year
    /// and made anew by a run within 30 days of its end: it goes to all parts, which then speak TLS alone.
    #[arg(long, env = "REEVE_TLS", conflicts_with_all = ["bus_tls_cert", "bus_tls_key"])]
    tls: bool,
    /// A name or address under which the gateway or the bus is found, to stand in that certificate. May be repeated.
    #[arg(long, value_name = "NAME", env = "REEVE_TLS_NAMES", value_delimiter = ',')]
    tls_name: Vec<String>,
    /// The address on which gateway and bus will be reached. Beyond loopback they need TLS, unless --insecure says otherwise:
    /// keys of the API and what commands print would be readable on the way.
    #[arg(long, value_name = "IP", env = "REEVE_BIND_ADDRESS")]
    published: Option<IpAddr>,
    /// Lets gateway and bus be reached without TLS, as behind a proxy that speaks it.
    #[arg(long, env = "REEVE_INSECURE")]
    insecure: bool,
    /// Where each part finds the folder with its own files.
    #[arg(long, value_name = "FOLDER", default_value = "/secrets")]
    parts_find_theirs_in: PathBuf,
    /// Where the gateway will be: a URL, or host and port. With it the folder, and the gateway's, say where the instance is,
    /// so that with them as `--data` every command finds it.
    #[arg(long, value_name = "URL", requires = "bus")]
    endpoint: Option<String>,
    /// Where clients and nodes on other machines find the gateway, if elsewhere: what `reeve env` and `reeve nodes add`
    /// print.
    #[arg(long, value_name = "URL", requires = "endpoint")]
    public_endpoint: Option<String>,
    /// Where the bus will be.
    #[arg(long, value_name = "URL", requires = "endpoint")]
    bus: Option<String>,
    /// The certificates of those whose word for both counts, where clients find them.
    #[arg(long, value_name = "FILE", requires = "endpoint")]
    ca: Option<PathBuf>,
}

impl Args {
    /// Keeps beside the keys what the parts are told, so that a backup has it, and `up` after a move. The certificates of an
    /// authority name the account that it was made for.
    fn tell(&self, keys: &mut Keys, has_authority: bool) {
        keys.bus_port = self.bus_port.unwrap_or(keys.bus_port);
        if let Some(region) = &self.region {
            keys.region.clone_from(region);
        }
        if let (Some(account), false) = (&self.account, has_authority) {
            keys.account.clone_from(account);
        }
    }

    /// Where other machines find gateway and bus, if that was said.
    fn found_at(&self) -> Option<FoundAt> {
        let place = self.public_endpoint.as_deref()?;
        let (host, port) = place.split("://").last()?.trim_end_matches('/').rsplit_once(':')?;
        let listen = self.published.unwrap_or(Ipv4Addr::LOCALHOST.into());
        Some(FoundAt { tls: self.tls, host: host.to_owned(), listen, http_port: port.parse().ok()? })
    }
}

fn refuse_plain_text_beyond_this_machine(args: &Args) -> anyhow::Result<()> {
    let speaks_tls = args.tls || args.bus_tls_cert.is_some();
    let published = args.published.filter(|address| !address.is_loopback() && !speaks_tls && !args.insecure);
    match published {
        Some(address) => bail!(
            "gateway and bus are to be reached on {address} (REEVE_BIND_ADDRESS) without TLS, and everybody on the way could read \
             them: set REEVE_TLS=true, or REEVE_INSECURE=true if something in front of them speaks TLS"
        ),
        None => Ok(()),
    }
}

/// Where a server keeps its log, if it has one there.
fn log_in(store: &Path) -> Option<PathBuf> {
    let log = store.join("jetstream");
    std::fs::read_dir(&log).is_ok_and(|mut entries| entries.next().is_some()).then_some(log)
}

/// Without the keys of a log that is there nobody could read it again, nor would its nodes be let in.
fn refuse_keys_for_the_log_of_others(data: &Path, logs: &[PathBuf]) -> anyhow::Result<()> {
    if let (Some(log), false) = (logs.first(), data.join(files::KEYS).exists()) {
        bail!(
            "{} holds the log of an instance, and {} does not hold its keys: bring back that folder, or remove the log if \
             nothing of it is wanted any more",
            log.display(),
            data.display()
        );
    }
    Ok(())
}

/// A cluster does not take over what a single server has stored: it would begin with nothing, and everything that is known of
/// nodes and commands would be gone from sight.
fn refuse_a_cluster_beside_a_single_log(
    single: Option<&PathBuf>,
    of_servers: &[PathBuf],
) -> anyhow::Result<()> {
    if let (Some(single), []) = (single, of_servers) {
        bail!(
            "{} holds the log of a single server, and the servers of the cluster hold none: take a backup of it, remove that \
             log, and give the backup to the cluster with `reeve restore --bus` (docs/cluster.md)",
            single.display()
        );
    }
    Ok(())
}

/// The servers that there are to be.
fn servers(args: &Args) -> anyhow::Result<&[String]> {
    let servers = &args.bus_server;
    let plain = |name: &String| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if let Some(name) = servers.iter().find(|name| !plain(name)) {
        bail!("--bus-server {name:?} (REEVE_BUS_SERVERS) is not of small letters, digits and hyphens");
    }
    let distinct: BTreeSet<&String> = servers.iter().collect();
    ensure!(
        matches!(servers.len(), 0 | 3 | 5) && distinct.len() == servers.len(),
        "--bus-server (REEVE_BUS_SERVERS) names {}: a cluster is of three servers or of five, each named once",
        servers.join(", ")
    );
    ensure!(
        servers.first().is_none_or(|first| first == parts::NATS_PART),
        "--bus-server (REEVE_BUS_SERVERS) begins with {}: the first server is {:?}, as a single one is",
        servers.first().map(String::as_str).unwrap_or_default(),
        parts::NATS_PART
    );
    Ok(servers)
}

/// The configuration of each server, by its part.
fn configurations(
    keys: &Keys,
    args: &Args,
    tls: Option<&ServerTls>,
) -> anyhow::Result<Vec<(String, String)>> {
    let servers = servers(args)?;
    if servers.is_empty() {
        let single =
            keys.operator.server_config(&args.bus_listen, &args.bus_store, tls, None, rights::parts())?;
        return Ok(vec![(parts::NATS_PART.to_owned(), single)]);
    }
    let ca = args.tls.then(|| args.parts_find_theirs_in.join(files::CA).display().to_string());
    let config = |name: &String| {
        let (name, servers) = (name.clone(), servers.to_vec());
        let member = Member { name: name.clone(), servers, port: args.bus_route_port, ca: ca.clone() };
        let text = keys.operator.server_config(
            &args.bus_listen,
            &args.bus_store,
            tls,
            Some(&member),
            rights::parts(),
        )?;
        Ok((name, text))
    };
    servers.iter().map(config).collect()
}

/// The certificates of an instance, in the folder's own place for what parts are given; without TLS there are none.
fn certificates(folder: &Folder, args: &Args) -> anyhow::Result<()> {
    let copies = [files::CA, files::SERVER_CERTIFICATE, files::SERVER_KEY].map(|file| folder.path.join(file));
    if !args.tls {
        return copies.iter().try_for_each(|copy| remove(copy));
    }
    ensure!(
        !args.tls_name.is_empty(),
        "--tls needs --tls-name: a name under which the gateway and the bus are found"
    );
    let made = Certificates::ensure(&folder.path, &folder.keys.account, args.tls_name.clone())?;
    for (from, to) in [made.ca, made.certificate, made.key].iter().zip(copies) {
        let bytes = std::fs::read(from).with_context(|| format!("could not read {}", from.display()))?;
        write_private(&to, &bytes)?;
    }
    Ok(())
}

/// A place that is no URL yet, as one.
fn url(place: &str, tls: bool) -> String {
    match (place.contains("://"), tls) {
        (true, _) => place.to_owned(),
        (false, true) => format!("https://{place}"),
        (false, false) => format!("http://{place}"),
    }
}

/// Makes the folder's keys, if it has none, and writes a file for each need, and in `parts` a folder for each part with
/// those that it needs. A second run writes the same, with new credentials under the same keys.
///
/// # Errors
/// When the folder cannot be written or a running instance holds it.
pub fn init(data: &Path, args: &Args) -> anyhow::Result<()> {
    let servers = servers(args)?;
    refuse_plain_text_beyond_this_machine(args)?;
    let single = log_in(Path::new(&args.bus_store));
    let seen = args.bus_logs.iter().flat_map(|folder| servers.iter().map(|name| folder.join(name)));
    let of_servers: Vec<PathBuf> = seen.filter_map(|store| log_in(&store)).collect();
    refuse_keys_for_the_log_of_others(data, &[single.as_slice(), of_servers.as_slice()].concat())?;
    if args.bus_logs.is_some() {
        refuse_a_cluster_beside_a_single_log(single.as_ref(), &of_servers)?;
    }
    let has_authority = data.join("tls/ca.key").exists();
    let before = data.join(files::KEYS).exists().then(|| read_keys(data)).transpose()?;
    let folder = Folder::open_with(data, |keys| args.tell(keys, has_authority))?;
    let keys = &folder.keys;
    if let Some(before) =
        before.filter(|before| (&before.account, &before.region) != (&keys.account, &keys.region))
    {
        eprintln!(
            "reeve: the instance was of account {} in {}, and is of account {} in {} from now on (--account, --region): clients name the region, \
             and new ARNs the account",
            before.account, before.region, keys.account, keys.region
        );
    }
    if let Some(found_at) = args.found_at() {
        found_at.keep(&folder.path)?;
    }
    certificates(&folder, args)?;
    let for_bus = |file: &str| args.parts_find_theirs_in.join(file).display().to_string();
    let tls = match (&args.bus_tls_cert, &args.bus_tls_key) {
        _ if args.tls => Some(ServerTls {
            certificate: for_bus(files::SERVER_CERTIFICATE),
            key: for_bus(files::SERVER_KEY),
        }),
        (Some(certificate), Some(key)) => {
            Some(ServerTls { certificate: certificate.clone(), key: key.clone() })
        }
        (None, None) => None,
        _ => bail!("--bus-tls-cert and --bus-tls-key need each other"),
    };
    let configurations = configurations(keys, args, tls.as_ref())?;
    let write = |name: &str, text: &str| write_private(&folder.path.join(name), text.as_bytes());
    for (_, config) in configurations.iter().take(1) {
        write(files::NATS, config)?;
    }
    let secrets = folder.secrets()?;
    for (name, text) in secrets.made() {
        write(name, text)?;
    }
    let (id, secret) = &folder.administrator;
    let exports = format!(
        "export AWS_ACCESS_KEY_ID={id}\nexport AWS_SECRET_ACCESS_KEY={secret}\nexport AWS_REGION={0}\n\
         export AWS_DEFAULT_REGION={0}\nexport REEVE_ACCOUNT={1}\n",
        keys.region, keys.account
    );
    write(files::ADMINISTRATOR, &exports)?;
    if let (Some(endpoint), Some(bus_url)) = (&args.endpoint, &args.bus) {
        folder.announce(&Instance {
            endpoint: url(endpoint, args.tls),
            public_endpoint: args.public_endpoint.as_deref().map(|place| url(place, args.tls)),
            region: keys.region.clone(),
            access_key_id: id.clone(),
            secret_access_key: secret.clone(),
            bus_url: bus_url.clone(),
            ca: args.ca.clone().or_else(|| args.tls.then(|| args.parts_find_theirs_in.join(files::CA))),
            pid: std::process::id(),
        })?;
    }
    remove(&folder.path.join(files::FORMER_USER))?;
    parts::lay_out(&folder.path)?;
    parts::lay_out_servers(&folder.path, &configurations)?;
    eprintln!(
        "reeve: {} holds the secrets of an instance; {} the administrator's",
        data.display(),
        files::ADMINISTRATOR
    );
    Ok(())
}
