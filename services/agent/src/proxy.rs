//! The proxy between this node and an HTTP server, for errors that name it.

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
    let passes_by = |uri: &Uri| Proxy::try_from_env().is_some_and(|proxy| proxy.is_no_proxy(uri));
    match (named, url.parse::<Uri>()) {
        (Some((variable, address)), Ok(uri)) if !passes_by(&uri) => {
            format!("{reason} (through the proxy {address}, which the variable {variable} names)")
        }
        _ => reason.to_owned(),
    }
}
