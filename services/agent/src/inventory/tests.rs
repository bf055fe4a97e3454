//! Machines in folders, with programs that print what a test wants.

use super::*;
use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt};
use tempfile::TempDir;

struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(bench.0.path().join("bin")).unwrap();
        bench
    }

    fn file(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.0.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A program of this machine: a shell script.
    fn program(&self, name: &str, script: &str) {
        self.file(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        let path = self.0.path().join("bin").join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// With its own programs before the real ones.
    fn machine(&self) -> Machine {
        let path = format!("{}:/usr/bin:/bin", self.0.path().join("bin").display());
        Machine { root: self.0.path().to_owned(), path: Some(path.into()) }
    }

    async fn applications(&self) -> Option<Collected> {
        packages::collect(&self.machine()).await
    }
}

fn names(collected: &Collected) -> Vec<String> {
    collected.entries.as_ref().unwrap().iter().map(|entry| entry["Name"].clone()).collect()
}

/// A package in dpkg's own database.
fn status(name: &str, architecture: &str, state: &str) -> String {
    format!(
        "Package: {name}\nStatus: {state}\nMaintainer: M <m@example.com>\nArchitecture: {architecture}\n\
         Multi-Arch: same\nVersion: 1:2.0-3\nSection: admin\nHomepage: https://example.com/{name}\n\
         Description: about {name}\n and more\n\n"
    )
}

#[tokio::test]
async fn packages_are_listed_by_what_is_on_disk_and_not_by_what_is_wanted() {
    let bench = Bench::new();
    let states = [
        ("installed", "install ok installed"),
        ("held", "hold ok installed"),
        ("leaving", "deinstall ok installed"),
        ("unpacked", "install ok unpacked"),
        ("half-configured", "install ok half-configured"),
        ("half-installed", "install reinstreq half-installed"),
        ("awaited", "install ok triggers-awaited"),
        ("pending", "install ok triggers-pending"),
        ("removed", "deinstall ok config-files"),
        ("purged", "purge ok not-installed"),
    ];
    let mut database: String = states.iter().map(|(name, state)| status(name, "amd64", state)).collect();
    database = database
        .replace(
            "Status: install ok triggers-awaited\n",
            "Status: install ok triggers-awaited\nTriggers-Awaited: installed\n",
        )
        .replace(
            "Status: install ok triggers-pending\n",
            "Status: install ok triggers-pending\nTriggers-Pending: a\n",
        );
    bench.file("/var/lib/dpkg/status", database);
    let found = bench.applications().await.unwrap();
    let expected = [
        "awaited",
        "half-configured",
        "half-installed",
        "held",
        "installed",
        "leaving",
        "pending",
        "unpacked",
    ];
    let mut listed = names(&found);
    listed.sort();
    assert_eq!(listed, expected);
    assert_eq!(found.note, "5 packages are not configured.");
    let entries = found.entries.unwrap();
    let installed = entries.iter().find(|entry| entry["Name"] == "installed").unwrap();
    let expected = entry([
        ("Name", "installed".into()),
        ("Version", "1:2.0-3".into()),
        ("Architecture", "x86_64".into()),
        ("Publisher", "M <m@example.com>".into()),
        ("ApplicationType", "admin".into()),
        ("URL", "https://example.com/installed".into()),
        ("Summary", "about installed".into()),
        ("PackageId", "installed_1:2.0-3_amd64.deb".into()),
    ]);
    assert_eq!(*installed, expected);
}

#[tokio::test]
async fn architectures_stay_apart_and_what_is_no_utf8_costs_a_field() {
    let bench = Bench::new();
    let mut database =
        [status("libc6", "amd64", "install ok installed"), status("libc6", "i386", "install ok installed")]
            .concat()
            .into_bytes();
    let at = database.windows(9).position(|window| window == b"M <m@exam").unwrap();
    database[at] = 0xff;
    bench.file("/var/lib/dpkg/status", database);
    bench.file("/var/lib/dpkg/info/libc6:i386.list", "/lib");
    let found = bench.applications().await.unwrap();
    let entries = found.entries.unwrap();
    let of = |architecture: &str| entries.iter().find(|entry| entry["Architecture"] == architecture).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!((of("x86_64").get("Publisher"), of("x86_64")["Summary"].as_str()), (None, "about libc6"));
    assert_eq!(of("i386")["Publisher"], "M <m@example.com>");
    assert!(of("i386")["InstalledTime"].ends_with('Z') && !of("x86_64").contains_key("InstalledTime"));
}

#[tokio::test]
async fn what_was_cut_off_or_lists_nothing_is_no_inventory() {
    let bench = Bench::new();
    assert!(bench.applications().await.is_none(), "no database, no word");
    bench.file("/var/lib/dpkg/status", "");
    let reason = bench.applications().await.unwrap().entries.unwrap_err();
    assert!(reason.contains("lists a single package"), "{reason}");
    let record = "ii \\037a\\0371\\037all\\037\\037\\037\\037\\036";
    for (script, words) in [
        (format!("printf '{record}'; exit 2"), "ended with exit status: 2"),
        (format!("printf '{record}'; kill -9 $$"), "ended with signal: 9"),
        (format!("printf '{record}ii \\037b\\0371'"), "ends within a package"),
        ("printf 'ii \\037a\\0371\\036'".to_owned(), "cannot be read"),
        ("echo broken >&2; exit 1".to_owned(), "broken"),
    ] {
        bench.program("dpkg-query", &script);
        let reason = bench.applications().await.unwrap().entries.unwrap_err();
        assert!(reason.contains(words), "{script}: {reason}");
    }
    bench.program("dpkg-query", &format!("printf '{record}'"));
    assert_eq!(names(&bench.applications().await.unwrap()), ["a"]);
}

#[tokio::test]
async fn rpm_lists_each_release_of_a_kernel_and_a_database_that_cannot_be_read_is_said() {
    let bench = Bench::new();
    bench.file("/var/lib/rpm/rpmdb.sqlite", "");
    let missing = Machine { path: Some(bench.0.path().join("bin").into()), ..bench.machine() };
    let reason = packages::collect(&missing).await.unwrap().entries.unwrap_err();
    assert!(reason.contains("rpm could not be started"), "{reason}");
    let kernel = |release: &str| {
        format!(
            "kernel\\0374.18.0\\037{release}\\037(none)\\037x86_64\\037Rocky\\037Unspecified\\037(none)\\037The kernel\\037\
                 kernel.src.rpm\\0371769860800\\036"
        )
    };
    let keys = "gpg-pubkey\\0371\\0372\\037(none)\\037(none)\\037(none)\\037Public Keys\\037(none)\\037k\\037(none)\\0371\\036";
    let listed = ["1.el8", "2.el8", "3.el8"].map(kernel).concat();
    bench.program("rpm", &format!("printf '{listed}{keys}'"));
    let found = bench.applications().await.unwrap().entries.unwrap();
    let releases: Vec<&str> = found.iter().map(|entry| entry["Release"].as_str()).collect();
    assert_eq!(releases, ["1.el8", "2.el8", "3.el8"]);
    assert_eq!((found[0].get("Epoch"), found[0]["InstalledTime"].as_str()), (None, "2026-01-31T12:00:00Z"));
    assert_eq!(reeve_inventory_model::keyed("AWS:Application", found).len(), 3);
}

#[tokio::test]
async fn services_and_snaps_are_listed_where_there_are_some() {
    let bench = Bench::new();
    assert!(system::services(&bench.machine()).await.is_none());
    bench.file("/run/systemd/system/.here", "");
    bench.program("systemctl", "printf 'Type=simple\\nRequires=system.slice\\nWantedBy=multi-user.target\\nId=cron.service\\nDescription=Jobs\\nActiveState=active\\nSubState=running\\nUnitFileState=enabled\\n\\nId=b.service\\nActiveState=inactive\\nSubState=dead\\n'");
    let found = system::services(&bench.machine()).await.unwrap();
    assert_eq!(names(&found), ["cron.service", "b.service"]);
    let cron = &found.entries.unwrap()[0];
    assert_eq!((cron["Status"].as_str(), cron["StartType"].as_str()), ("active (running)", "enabled"));
    assert_eq!(
        (cron["DisplayName"].as_str(), cron["DependentServices"].as_str()),
        ("Jobs", "multi-user.target")
    );
    bench.file("/var/lib/snapd/state.json", "{}");
    bench.program("snap", "printf 'Name  Version  Rev  Tracking  Publisher  Notes\\ncore22  20240111  1122  latest/stable  canonical*  base\\n'");
    let found = bench.applications().await.unwrap().entries.unwrap();
    assert_eq!((found[0]["Name"].as_str(), found[0]["Publisher"].as_str()), ("core22", "canonical"));
}

#[test]
fn interfaces_have_the_addresses_of_their_networks() {
    let bench = Bench::new();
    assert!(network::collect(&bench.machine()).is_none());
    for (name, hardware) in [("eth0", "02:00:00:00:00:0a\n"), ("lo", "00:00:00:00:00:00\n")] {
        bench.file(&format!("/sys/class/net/{name}/address"), hardware);
    }
    let hex = |of: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(of));
    let line = |to: [u8; 4], by: [u8; 4], mask: [u8; 4]| {
        format!("eth0\t{}\t{}\t0003\t0\t0\t0\t{}\t0\t0\t0\n", hex(to), hex(by), hex(mask))
    };
    let routes = [
        "Iface\n".to_owned(),
        line([0; 4], [192, 0, 2, 1], [0; 4]),
        line([192, 0, 2, 0], [0; 4], [255, 255, 255, 0]),
    ];
    bench.file("/proc/net/route", routes.concat());
    bench.file("/proc/net/fib_trie", "Local:\n  |-- 127.0.0.1\n     /32 host LOCAL\n  |-- 192.0.2.2\n     /32 host LOCAL\n  |-- 192.0.2.255\n     /32 link BROADCAST\n");
    bench.file("/proc/net/if_inet6", "20010db8000000000000000000000002 02 40 00 80     eth0\n");
    bench.file("/etc/resolv.conf", "search example.com\nnameserver 192.0.2.53\n");
    let expected = entry([
        ("Name", "eth0".into()),
        ("MacAddress", "02:00:00:00:00:0A".into()),
        ("IPV4", "192.0.2.2".into()),
        ("IPV6", "2001:db8::2".into()),
        ("SubnetMask", "255.255.255.0".into()),
        ("Gateway", "192.0.2.1".into()),
        ("DNSServer", "192.0.2.53".into()),
    ]);
    assert_eq!(network::collect(&bench.machine()).unwrap().entries, Ok(vec![expected]));
}

#[test]
fn processors_are_counted() {
    let bench = Bench::new();
    assert!(system::details(&bench.machine()).is_none());
    let cpu = |n: usize, core: usize| {
        format!(
            "processor\t: {n}\nmodel name\t: Fast\ncpu MHz\t: 2400.5\nphysical id\t: 0\ncore id\t: {core}\n\n"
        )
    };
    bench.file("/proc/cpuinfo", (0..4).map(|n| cpu(n, n / 2)).collect::<String>());
    bench.file("/proc/sys/kernel/osrelease", "6.1.0-9\n");
    let of = &system::details(&bench.machine()).unwrap().entries.unwrap()[0];
    let value = |name: &str| of[name].as_str();
    assert_eq!(["CPUs", "CPUCores", "CPUSockets"].map(value), ["4", "2", "1"]);
    assert_eq!(
        ["CPUHyperThreadEnabled", "CPUSpeedMHz", "KernelVersion"].map(value),
        ["true", "2400", "6.1.0-9"]
    );
}

fn patterns(of: serde_json::Value) -> Vec<files::Pattern> {
    files::Pattern::read_all(Some(&json!(of.to_string()))).unwrap()
}

#[test]
fn of_more_files_than_fit_those_that_fit_are_kept_and_it_is_said() {
    let bench = Bench::new();
    for n in 0..501 {
        bench.file(&format!("/etc/many/{n:03}.conf"), "x");
    }
    bench.file("/etc/other/a.conf", "abc");
    bench.file("/etc/other/a.txt", "abc");
    std::os::unix::fs::symlink("..", bench.0.path().join("etc/other/up")).unwrap();
    let odd: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff.conf");
    fs::write(bench.0.path().join("etc/other").join(odd), "x").unwrap();
    let found = files::collect(
        &bench.machine(),
        &patterns(json!([{"Path": "/etc/other", "Pattern": ["*.conf"], "Recursive": true}])),
    );
    let entries = found.entries.unwrap();
    assert_eq!((entries.len(), entries[0]["Name"].as_str(), entries[0]["Size"].as_str()), (1, "a.conf", "3"));
    assert_eq!(entries[0]["InstalledDir"], "/etc/other");
    assert!(found.note.starts_with("1 files of *.conf in /etc/other have names"), "{}", found.note);
    let found =
        files::collect(&bench.machine(), &patterns(json!([{"Path": "/etc/many", "Pattern": ["*.conf"]}])));
    assert_eq!(found.entries.unwrap().len(), 500);
    assert_eq!(found.note, "Truncated: *.conf in /etc/many has more than the 500 files that are kept.");
    let found = files::collect(
        &bench.machine(),
        &patterns(json!([{"Path": "/etc", "Pattern": ["*"], "Recursive": true, "DirScanLimit": 1}])),
    );
    assert_eq!(found.note, "Truncated: * in /etc has more than 1 folders.");
    assert!(files::Pattern::read_all(Some(&json!("{"))).unwrap_err().contains("files"));
}

#[test]
fn of_eight_custom_files_two_are_right_and_six_are_refused_by_name() {
    let bench = Bench::new();
    let of = |name: &str, content: serde_json::Value| {
        json!({"SchemaVersion": "1.0", "TypeName": name, "Content": content}).to_string()
    };
    let many: Map = (0..51).map(|n| (format!("a{n}"), json!("x"))).collect();
    let files = [
        ("1-object", of("Custom:One", json!({"Row": "7"}))),
        ("2-list", of("Custom:Two", json!([{"Row": "7"}, {"Row": "8"}]))),
        ("3-number", of("Custom:Number", json!({"Row": 7}))),
        ("4-nested", of("Custom:Nested", json!({"Row": {"a": "b"}}))),
        ("5-prefix", of("RackInfo", json!({"Row": "7"}))),
        ("6-many", of("Custom:Many", json!(many))),
        ("7-twice", of("Custom:One", json!({"Row": "9"}))),
        ("8-broken", "{".to_owned()),
    ];
    for (name, content) in files {
        bench.file(&format!("/custom/{name}.json"), content);
    }
    let (found, refused) = custom::collect(&bench.0.path().join("custom"));
    let types: Vec<&str> = found.iter().map(|one| one.type_name.as_str()).collect();
    assert_eq!(types, ["Custom:One", "Custom:Two"]);
    assert_eq!(found[1].entries.as_ref().unwrap().len(), 2);
    let words = ["Row is 7", "Row is {", "RackInfo", "51 attributes", "described by another file", "EOF"];
    assert_eq!(refused.len(), words.len(), "{refused:?}");
    for ((reason, words), name) in
        refused.iter().zip(words).zip(["3-number", "4-nested", "5-prefix", "6-many", "7-twice", "8-broken"])
    {
        assert!(reason.contains(words) && reason.contains(name), "{reason}");
    }
}

type Map = serde_json::Map<String, serde_json::Value>;

#[test]
fn inputs_are_enabled_unless_they_say_otherwise() {
    let read = |inputs: serde_json::Value| Wanted::read(&inputs, "custom".into());
    let wanted = read(json!({})).unwrap();
    assert!(wanted.applications && wanted.network && wanted.services && wanted.details);
    assert!(wanted.custom.is_some() && wanted.files.is_empty());
    let wanted = read(json!({"applications": "Disabled", "customInventory": "Disabled"})).unwrap();
    assert!(!wanted.applications && wanted.custom.is_none());
    let refused = read(json!({"services": "maybe"})).err().unwrap();
    assert!(refused.contains("services") && refused.contains("maybe"), "{refused}");
}
