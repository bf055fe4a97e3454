//! Whom the agent's HTTPS clients trust.

use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// How an HTTPS client trusts these certificates, as PEM, and no other.
///
/// # Errors
/// When they cannot be read.
pub fn trusting_only(pem: &[u8]) -> Result<TlsConfig, String> {
    let certificates = parse_pem(pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        Ok(_) => None,
        Err(error) => Some(Err(error.to_string())),
    });
    let certificates = certificates.collect::<Result<Vec<_>, _>>()?;
    Ok(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&certificates)).build())
}
