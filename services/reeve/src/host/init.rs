//! `reeve init`: the secrets of an instance whose parts run apart, one file for each need.

use super::{
    certificates::Certificates,
    files::{self, remove, write_private},
    folder::{Folder, Instance},
    parts, rights,
};
use anyhow::{Context, bail, ensure};
use reeve_jetstream::operator::ServerTls;
use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

/// Options of `init`.
#[derive(clap::Args)]
pub struct Args {
    /// Where nats-server listens, as its configuration says.
    #[arg(long, default_value = "0.0.0.0:4222")]
    bus_listen: String,
    /// Where nats-server keeps the log, as its configuration says.
    #[arg(long, default_value = "/data")]
    bus_store: String,
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

/// Without the keys of a log that is there nobody could read it again, nor would its nodes be let in.
fn refuse_keys_for_the_log_of_others(data: &Path, bus_store: &str) -> anyhow::Result<()> {
    let log = Path::new(bus_store).join("jetstream");
    let has_log = std::fs::read_dir(&log).is_ok_and(|mut entries| entries.next().is_some());
    ensure!(
        data.join(files::KEYS).exists() || !has_log,
        "{} holds the log of an instance, and {} does not hold its keys: bring back that folder, or remove the log if \
         nothing of it is wanted any more",
        log.display(),
        data.display()
    );
    Ok(())
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
    refuse_plain_text_beyond_this_machine(args)?;
    refuse_keys_for_the_log_of_others(data, &args.bus_store)?;
    let folder = Folder::open(data)?;
    let keys = &folder.keys;
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
    let config =
        keys.operator.server_config(&args.bus_listen, &args.bus_store, tls.as_ref(), rights::parts())?;
    let write = |name: &str, text: &str| write_private(&folder.path.join(name), text.as_bytes());
    write(files::NATS, &config)?;
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
    eprintln!(
        "reeve: {} holds the secrets of an instance; {} the administrator's",
        data.display(),
        files::ADMINISTRATOR
    );
    Ok(())
}
