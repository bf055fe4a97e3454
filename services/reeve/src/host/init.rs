//! `reeve init`: the secrets of an instance whose parts run apart, one file for each need.

use super::{
    files::{self, write_private},
    folder::{Folder, Instance},
    parts,
};
use anyhow::bail;
use reeve_jetstream::operator::ServerTls;
use std::path::{Path, PathBuf};

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
    /// Where the gateway will be. With it the folder, and the gateway's, say where the instance is, so that with them as
    /// `--data` every command finds it.
    #[arg(long, value_name = "URL", requires = "bus")]
    endpoint: Option<String>,
    /// Where the bus will be.
    #[arg(long, value_name = "URL", requires = "endpoint")]
    bus: Option<String>,
    /// The certificates of those whose word for both counts, where clients find them.
    #[arg(long, value_name = "FILE", requires = "endpoint")]
    ca: Option<PathBuf>,
}

/// Makes the folder's keys, if it has none, and writes a file for each need, and in `parts` a folder for each part with
/// those that it needs. A second run writes the same, with new credentials under the same keys.
///
/// # Errors
/// When the folder cannot be written or a running instance holds it.
pub fn init(data: &Path, args: &Args) -> anyhow::Result<()> {
    let folder = Folder::open(data)?;
    let keys = &folder.keys;
    let tls = match (&args.bus_tls_cert, &args.bus_tls_key) {
        (Some(certificate), Some(key)) => {
            Some(ServerTls { certificate: certificate.clone(), key: key.clone() })
        }
        (None, None) => None,
        _ => bail!("--bus-tls-cert and --bus-tls-key need each other"),
    };
    let config = keys.operator.server_config(&args.bus_listen, &args.bus_store, tls.as_ref())?;
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
            endpoint: endpoint.clone(),
            region: keys.region.clone(),
            access_key_id: id.clone(),
            secret_access_key: secret.clone(),
            bus_url: bus_url.clone(),
            bus_user: secrets.json(files::SERVICES)?,
            ca: args.ca.clone(),
            pid: std::process::id(),
        })?;
    }
    parts::lay_out(&folder.path)?;
    eprintln!(
        "reeve: {} holds the secrets of an instance; {} the administrator's",
        data.display(),
        files::ADMINISTRATOR
    );
    Ok(())
}
