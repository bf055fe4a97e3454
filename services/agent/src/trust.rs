//! Whom the agent's HTTPS clients trust.

use std::path::Path;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// How an HTTPS client trusts the certificates of a file, as PEM, and no other; without a file those that come with the client.
///
/// # Errors
/// When they cannot be read.
pub fn trusted(ca: Option<&Path>) -> Result<TlsConfig, String> {
    match ca {
        None => Ok(TlsConfig::default()),
        Some(path) => trusting_only(&std::fs::read(path).map_err(|error| error.to_string())?),
    }
}

fn trusting_only(pem: &[u8]) -> Result<TlsConfig, String> {
    let certificates = parse_pem(pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        Ok(_) => None,
        Err(error) => Some(Err(error.to_string())),
    });
    let certificates = certificates.collect::<Result<Vec<_>, _>>()?;
    Ok(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&certificates)).build())
}
