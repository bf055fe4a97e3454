//! The certificates of an instance: one authority of its own, made once, and one certificate for the gateway and
//! nats-server, made anew when its names change or it is about to expire.

use super::files::{make_private_folder, read, write_private};
use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use reeve_jetstream::operator::ServerTls;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

const DAY_SECONDS: u64 = 24 * 60 * 60;
/// The authority outlives many certificates, because every node keeps it.
const AUTHORITY_DAYS: u64 = 20 * 365;
const CERTIFICATE_DAYS: u64 = 365;
/// A certificate with fewer days left is replaced at the next start.
const RENEWED_DAYS: u64 = 30;

/// The files, in `tls/` of the instance's folder.
pub struct Certificates {
    /// What clients and nodes are given.
    pub ca: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What a certificate was made for.
#[derive(PartialEq, Serialize, Deserialize)]
struct Made {
    names: Vec<String>,
    /// In seconds of the Unix epoch.
    expires: u64,
}

impl Certificates {
    /// Makes what is missing, and the certificate anew if it is not good for these names or not for long.
    ///
    /// # Errors
    /// When a file cannot be used, or a name cannot stand in a certificate.
    pub fn ensure(folder: &Path, account: &str, names: Vec<String>) -> anyhow::Result<Self> {
        let folder = folder.join("tls");
        make_private_folder(&folder)?;
        let file = |name: &str| folder.join(name);
        let files = Self { ca: file("ca.pem"), certificate: file("server.pem"), key: file("server.key") };
        let (authority, key_path) = (authority(account)?, file("ca.key"));
        let key = if key_path.exists() {
            KeyPair::from_pem(&std::fs::read_to_string(&key_path)?)
                .context("the authority's key is not usable")?
        } else {
            let key = KeyPair::generate()?;
            write_private(&key_path, key.serialize_pem().as_bytes())?;
            key
        };
        if !files.ca.exists() {
            write_private(&files.ca, authority.self_signed(&key)?.pem().as_bytes())?;
        }
        let (now, record) = (now(), file("server.json"));
        if !files.serve(&record, &names, now) {
            let (key, issuer) = (KeyPair::generate()?, Issuer::new(authority, key));
            let certificate = server(&names, now)?.signed_by(&key, &issuer)?;
            // The record last: a certificate that was cut short is made again.
            write_private(&record, b"null")?;
            write_private(&files.key, key.serialize_pem().as_bytes())?;
            write_private(&files.certificate, certificate.pem().as_bytes())?;
            let made = Made { names, expires: now + CERTIFICATE_DAYS * DAY_SECONDS };
            write_private(&record, &serde_json::to_vec_pretty(&made)?)?;
        }
        Ok(files)
    }

    /// Whether the certificate that is there will do.
    fn serve(&self, record: &Path, names: &[String], now: u64) -> bool {
        let made = read::<Option<Made>>(record).ok().flatten();
        made.is_some_and(|made| made.names == names && made.expires > now + RENEWED_DAYS * DAY_SECONDS)
            && self.certificate.exists()
            && self.key.exists()
    }

    /// The gateway's.
    pub fn gateway(&self) -> anyhow::Result<reeve_gateway::Tls> {
        gateway_tls(&self.certificate, &self.key)
    }

    /// nats-server's.
    pub fn bus(&self) -> anyhow::Result<ServerTls> {
        let text = |path: &Path| path.to_str().map(str::to_owned).context("the folder's name is not UTF-8");
        Ok(ServerTls { certificate: text(&self.certificate)?, key: text(&self.key)? })
    }
}

/// Reads a gateway's certificate and key.
pub fn gateway_tls(certificate: &Path, key: &Path) -> anyhow::Result<reeve_gateway::Tls> {
    let file =
        |path: &Path| std::fs::read(path).with_context(|| format!("could not read {}", path.display()));
    let tls = reeve_gateway::Tls::new(&file(certificate)?, &file(key)?).map_err(anyhow::Error::msg);
    tls.with_context(|| format!("{} with {}", certificate.display(), key.display()))
}

/// The names of a server that listens there: this machine's, loopback, the addresses, and those that are added.
pub fn names(listen: &[SocketAddr], added: &[String]) -> Vec<String> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    let listen = listen.iter().map(SocketAddr::ip).filter(|address| !address.is_unspecified());
    let mut names = vec!["localhost".to_owned(), host];
    names.extend(loopback.into_iter().chain(listen).map(|address| address.to_string()));
    names.extend(added.iter().cloned());
    names.sort();
    names.dedup();
    names
}

/// What the authority is, the same at each start: only its key is drawn.
fn authority(account: &str) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, format!("Reeve instance {account}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, now(), AUTHORITY_DAYS);
    Ok(params)
}

fn server(names: &[String], now: u64) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(names)
        .with_context(|| format!("one of these is no name of a host: {}", names.join(", ")))?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, "Reeve");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // Servers of a cluster show it to each other, from both sides.
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    valid(&mut params, now, CERTIFICATE_DAYS);
    Ok(params)
}

/// From a day ago, because clocks differ.
fn valid(params: &mut CertificateParams, now: u64, days: u64) {
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(now.saturating_sub(DAY_SECONDS));
    params.not_after = epoch + Duration::from_secs(now + days * DAY_SECONDS);
}

/// In seconds of the Unix epoch.
fn now() -> u64 {
    u64::try_from(Timestamp::now().0 / 1000).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn made_once_and_again_when_needed() {
        let folder = tempfile::tempdir().unwrap();
        let make = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let files = Certificates::ensure(folder.path(), "123456789012", names).unwrap();
            files.gateway().unwrap();
            (std::fs::read(files.ca).unwrap(), std::fs::read(files.certificate).unwrap())
        };
        let (ca, first) = make(&["localhost", "127.0.0.1"]);
        assert_eq!(make(&["localhost", "127.0.0.1"]), (ca.clone(), first.clone()));
        let (same, other) = make(&["localhost", "127.0.0.1", "reeve.example"]);
        assert!(same == ca && other != first, "other names, another certificate of the same authority");

        // One that has 29 days left, and one that was cut short.
        let record = folder.path().join("tls/server.json");
        let mut made: Made = read(&record).unwrap();
        made.expires = now() + 29 * DAY_SECONDS;
        std::fs::write(&record, serde_json::to_vec(&made).unwrap()).unwrap();
        let (same, renewed) = make(&["localhost", "127.0.0.1", "reeve.example"]);
        assert!(same == ca && renewed != other);
        std::fs::write(&record, "null").unwrap();
        assert_ne!(make(&["localhost", "127.0.0.1", "reeve.example"]).1, renewed);

        for name in ["ca.key", "server.key"] {
            let mode = std::fs::metadata(folder.path().join("tls").join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let made = Certificates::ensure(folder.path(), "123456789012", vec!["rëeve".to_owned()]);
        assert!(format!("{:#}", made.err().unwrap()).contains("rëeve"));
    }

    #[test]
    fn names_of_a_listener() {
        let listen = ["0.0.0.0:1", "192.0.2.7:8400"].map(|address| address.parse().unwrap());
        let names = names(&listen, &["reeve.example".to_owned(), "localhost".to_owned()]);
        for name in ["localhost", "127.0.0.1", "::1", "192.0.2.7", "reeve.example"] {
            assert_eq!(names.iter().filter(|known| *known == name).count(), 1, "{name}: {names:?}");
        }
        assert!(!names.iter().any(|name| name == "0.0.0.0"));
    }
}
