//! Addresses of one's own network, which a webhook reaches only where that is allowed: whoever may put a webhook's address must
//! not thereby ask this machine's neighbours.
//!
//! It is looked at where the name has been resolved and before a connection is made, so that no second answer of the name
//! server counts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use ureq::{
    Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

/// Resolves names, and leaves out what is of one's own network.
#[derive(Debug, Default)]
pub(crate) struct PublicOnly(DefaultResolver);

/// What is said when nothing is left.
pub(crate) const REFUSED: &str = "its address is one of one's own network, which this webhook may not reach \
                                  (--allow-private-addresses)";

impl Resolver for PublicOnly {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        let mut public = self.empty();
        for address in found.iter().filter(|address| is_public(address)) {
            public.push(*address);
        }
        match public.is_empty() {
            true => Err(Error::Other(REFUSED.into())),
            false => Ok(public),
        }
    }
}

fn is_public(address: &SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let shared = first == 100 && (64..128).contains(&second);
    let benchmarking = first == 198 && (18..20).contains(&second);
    // IETF protocol assignments, and relays of 6to4.
    let assigned = [first, second, third] == [192, 0, 0] || [first, second, third] == [192, 88, 99];
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        || first == 0
        || first >= 240
        || shared
        || assigned
        || benchmarking)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Addresses of version 4 in one of version 6: mapped, compatible, translated (64:ff9b::/96), and 6to4 (2002::/16).
    let embedded = match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(version_4(high, low)),
        _ => address.to_ipv4(),
    };
    if let Some(embedded) = embedded {
        return is_public_v4(embedded);
    }
    // Local translation, Teredo, discarded, documentation, and what was site-local.
    let special = matches!(
        segments,
        [0x64, 0xff9b, 1, ..] | [0x2001, 0 | 0xdb8, ..] | [0x100, 0, 0, 0, ..] | [0x3fff, ..=0xfff, ..]
    ) || segments[0] & 0xffc0 == 0xfec0;
    !(special
        || address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local())
}

fn version_4(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ones_own_network_is_none_of_the_world() {
        let own = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2002:c0a8:101::1",
            "2001:0:4136:e378::1",
            "2001:db8::1",
            "3fff:fff::1",
            "100::1",
            "fec0::1",
            "192.0.0.8",
            "192.88.99.1",
        ];
        for address in own {
            assert!(!is_public(&SocketAddr::new(address.parse().unwrap(), 443)), "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "2002:101:101::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(&SocketAddr::new(address.parse().unwrap(), 443)), "{address}");
        }
    }
}
