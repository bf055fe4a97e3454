//! AWS:Network: the interfaces and their addresses, as the kernel says them.

use super::{Collected, Machine, entry, plain};
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
};

/// A route that an interface is reached by itself.
struct Route {
    interface: String,
    destination: u32,
    gateway: u32,
    mask: u32,
}

/// The interfaces but loopback; `None` where the kernel has no list of them.
pub fn collect(machine: &Machine) -> Option<Collected> {
    let listed = std::fs::read_dir(machine.at("/sys/class/net")).ok()?;
    let names = listed.flatten().filter_map(|one| one.file_name().into_string().ok());
    let routes = routes(&machine.text("/proc/net/route"));
    let local = local_addresses(&machine.text("/proc/net/fib_trie"));
    let six = addresses_of_six(&machine.text("/proc/net/if_inet6"));
    let resolv = machine.text("/etc/resolv.conf");
    let servers = resolv.lines().filter_map(|line| line.strip_prefix("nameserver")).map(str::trim);
    let servers = servers.collect::<Vec<_>>().join(",");
    let interface = |name: String| {
        let own = |route: &&Route| route.interface == name;
        let nets: Vec<&Route> = routes.iter().filter(own).filter(|route| route.gateway == 0).collect();
        let of =
            |address: &&u32| nets.iter().any(|net| net.mask != 0 && **address & net.mask == net.destination);
        let addresses: Vec<String> =
            local.iter().filter(of).map(|one| Ipv4Addr::from(*one).to_string()).collect();
        let masks = nets.iter().filter(|net| net.mask != 0).map(|net| Ipv4Addr::from(net.mask).to_string());
        let mut masks: Vec<String> = masks.collect();
        masks.dedup();
        let gateways = routes.iter().filter(own).filter(|route| route.gateway != 0);
        let mut gateways: Vec<String> =
            gateways.map(|route| Ipv4Addr::from(route.gateway).to_string()).collect();
        gateways.dedup();
        let hardware = machine.text(&format!("/sys/class/net/{name}/address"));
        entry([
            ("DNSServer", if addresses.is_empty() { String::new() } else { plain(&servers) }),
            ("IPV4", addresses.join(",")),
            ("IPV6", six.get(&name).cloned().unwrap_or_default().join(",")),
            ("SubnetMask", masks.join(",")),
            ("Gateway", gateways.join(",")),
            ("MacAddress", plain(&hardware).to_uppercase()),
            ("Name", plain(&name)),
        ])
    };
    let entries = names.filter(|name| name != "lo").map(interface).collect();
    Some(Collected::of("AWS:Network", Ok(entries), String::new()))
}

/// `/proc/net/route`: addresses are hexadecimal, in the order of the machine's bytes.
fn routes(text: &str) -> Vec<Route> {
    let route = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| {
            u32::from_str_radix(words.get(at)?, 16).ok().map(|n| u32::from_be_bytes(n.to_ne_bytes()))
        };
        let (destination, gateway, mask) = (number(1)?, number(2)?, number(7)?);
        Some(Route { interface: (*words.first()?).to_owned(), destination, gateway, mask })
    };
    text.lines().skip(1).filter_map(route).collect()
}

/// `/proc/net/fib_trie`: an address of this machine's own is followed by `/32 host LOCAL`.
fn local_addresses(text: &str) -> Vec<u32> {
    let (mut addresses, mut last) = (Vec::new(), None);
    for line in text.lines() {
        if let Some(address) = line.trim_start().strip_prefix("|-- ") {
            last = address.trim().parse::<Ipv4Addr>().ok();
        } else if line.trim() == "/32 host LOCAL" {
            addresses.extend(last.map(u32::from));
        }
    }
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// `/proc/net/if_inet6`: 32 hexadecimal digits, four words, and the interface.
fn addresses_of_six(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut addresses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [address, .., interface] = words[..]
            && let Ok(address) = u128::from_str_radix(address, 16)
        {
            addresses.entry(interface.to_owned()).or_default().push(Ipv6Addr::from(address).to_string());
        }
    }
    addresses.values_mut().for_each(|of| of.sort());
    addresses
}
