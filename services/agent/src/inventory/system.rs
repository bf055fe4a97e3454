//! AWS:InstanceDetailedInformation and AWS:Service.

use super::{Collected, Machine, entry, plain, program};
use reeve_inventory_model::Entry;
use std::collections::BTreeSet;

/// The processors and the kernel, as Linux says it; `None` elsewhere.
pub fn details(machine: &Machine) -> Option<Collected> {
    let cpus = machine.text("/proc/cpuinfo");
    if cpus.is_empty() {
        return None;
    }
    let value = |line: &str, name: &str| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    };
    let first = |name: &str| cpus.lines().find_map(|line| value(line, name)).unwrap_or_default();
    let (mut sockets, mut cores, mut socket, mut threads) =
        (BTreeSet::new(), BTreeSet::new(), String::new(), 0);
    for line in cpus.lines() {
        threads += usize::from(value(line, "processor").is_some());
        if let Some(id) = value(line, "physical id") {
            sockets.insert(id.clone());
            socket = id;
        }
        if let Some(id) = value(line, "core id") {
            cores.insert((socket.clone(), id));
        }
    }
    // Processors that do not tell their cores have one each.
    let cores = if cores.is_empty() { threads } else { cores.len() };
    let speed = first("cpu MHz").split('.').next().unwrap_or_default().to_owned();
    let of = entry([
        ("CPUModel", plain(&first("model name"))),
        ("CPUSpeedMHz", speed),
        ("CPUs", threads.to_string()),
        ("CPUSockets", sockets.len().max(1).to_string()),
        ("CPUCores", cores.to_string()),
        ("CPUHyperThreadEnabled", (threads > cores).to_string()),
        ("KernelVersion", plain(&machine.text("/proc/sys/kernel/osrelease"))),
    ]);
    Some(Collected::of("AWS:InstanceDetailedInformation", Ok(vec![of]), String::new()))
}

const PROPERTIES: &str =
    "--property=Id,Description,Type,ActiveState,SubState,UnitFileState,Requires,RequiredBy,WantedBy";

/// The services that systemd knows; `None` where it is not what runs the machine.
pub async fn services(machine: &Machine) -> Option<Collected> {
    if !machine.at("/run/systemd/system").exists() {
        return None;
    }
    let shown =
        program::output(machine, "systemctl", &["show", "--all", "--no-pager", PROPERTIES, "*.service"])
            .await;
    let entries = shown.and_then(|output| {
        let entries = of_systemd(&String::from_utf8_lossy(&output));
        if entries.is_empty() { Err("systemctl lists not a single service.".to_owned()) } else { Ok(entries) }
    });
    Some(Collected::of("AWS:Service", entries, String::new()))
}

/// Blocks of `Name=value`, with an empty line between them.
fn of_systemd(shown: &str) -> Vec<Entry> {
    let service = |block: &str| {
        let value = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            plain(line.unwrap_or_default())
        };
        let both = |one: &str, other: &str| [value(one), value(other)].join(" ").trim().to_owned();
        (!value("Id").is_empty()).then(|| {
            entry([
                ("Name", value("Id")),
                ("DisplayName", value("Description")),
                ("ServiceType", value("Type")),
                ("Status", format!("{} ({})", value("ActiveState"), value("SubState"))),
                ("StartType", value("UnitFileState")),
                ("ServicesDependedOn", value("Requires")),
                ("DependentServices", both("RequiredBy", "WantedBy")),
            ])
        })
    };
    shown.split("\n\n").filter_map(service).collect()
}
