//! How an instance was last started: where its nodes and clients were told to find it, so that it is found there after a move.

use super::files::{read, write_private};
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
};

const PLACE: &str = "place.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundAt {
    pub tls: bool,
    /// The name or address under which other machines find gateway and bus.
    pub host: String,
    /// The address on which both are published.
    pub listen: IpAddr,
    pub http_port: u16,
}

impl FoundAt {
    /// Of gateway and bus that listen there.
    pub fn of(tls: bool, http: SocketAddr, bus: IpAddr, name: Option<&String>) -> Self {
        // Containers publish both on one address: what only this machine reached stays so.
        let listen =
            if bus.is_loopback() || http.ip().is_loopback() { Ipv4Addr::LOCALHOST.into() } else { bus };
        let host = name.filter(|_| !listen.is_loopback()).cloned().unwrap_or_else(|| bus.to_string());
        Self { tls, host, listen, http_port: http.port() }
    }

    /// # Errors
    /// When the file is there and cannot be read.
    pub fn read(data: &Path) -> anyhow::Result<Option<Self>> {
        let path = data.join(PLACE);
        path.exists().then(|| read(&path)).transpose()
    }

    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, data: &Path) -> anyhow::Result<()> {
        write_private(&data.join(PLACE), &serde_json::to_vec_pretty(self)?)
    }
}
