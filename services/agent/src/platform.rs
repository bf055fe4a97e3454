//! What this machine is.

use std::net::UdpSocket;

/// A machine, as its introduction describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    pub hostname: String,
    pub ip_address: String,
    /// Linux or MacOS.
    pub kind: &'static str,
    pub name: String,
    pub version: String,
    pub architecture: &'static str,
}

/// Reads it from the system.
pub fn read() -> Platform {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let field = |name: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(|value| value.trim_matches('"').to_owned()).unwrap_or_default()
    };
    Platform {
        hostname: hostname(),
        ip_address: ip_address(),
        kind: if cfg!(target_os = "macos") { "MacOS" } else { "Linux" },
        name: field("NAME"),
        version: field("VERSION_ID"),
        architecture: std::env::consts::ARCH,
    }
}

/// The machine's name.
pub fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The address from which this machine would speak to others. No packet is sent: choosing a route is enough.
fn ip_address() -> String {
    let chosen = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    chosen.map_or_else(|_| "127.0.0.1".to_owned(), |address| address.ip().to_string())
}
