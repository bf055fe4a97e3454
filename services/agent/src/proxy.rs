//! The proxy between this machine and an HTTP server: which one it is, and errors that name it.

use std::net::IpAddr;
use ureq::{Proxy, http::Uri};

/// The variables that may name a proxy, in the order in which the HTTP client looks at them.
const VARIABLES: [&str; 6] =
    ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// Why a request failed, with the proxy that it went through and the variable that names it, if there was one.
pub(crate) fn with_proxy(url: &str, reason: &str) -> String {
    // What the proxy's address has of a name and a password is not shown.
    let named = VARIABLES.into_iter().find_map(|variable| {
        let proxy = Proxy::new(&std::env::var(variable).ok()?).ok()?;
        Some((variable, format!("{}:{}", proxy.host(), proxy.port())))
    });
    let is_passed_by = |uri: &Uri| Proxy::try_from_env().is_some_and(|proxy| proxy.is_no_proxy(uri));
    match (named, url.parse::<Uri>()) {
        (Some((variable, address)), Ok(uri)) if !is_loopback(url) && !is_passed_by(&uri) => {
            format!("{reason} (through the proxy {address}, which the variable {variable} names)")
        }
        _ => reason.to_owned(),
    }
}

/// The proxy through which an address is reached: the environment's, but none on this machine's loopback, where no other machine gets.
pub fn proxy_of(url: &str) -> Option<Proxy> {
    Proxy::try_from_env().filter(|_| !is_loopback(url))
}

fn is_loopback(url: &str) -> bool {
    let uri: Option<Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(|uri| uri.host()).unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_on_loopback_is_told_from_what_a_proxy_may_reach() {
        for own in ["http://127.0.0.1:8400", "https://localhost:1/", "http://[::1]:80", "http://127.9.9.9"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in
            ["https://reeve.example:8400", "http://10.0.0.1", "http://127.0.0.1.example", "", "nonsense"]
        {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
