//! Whether what runs is older than what is installed. A flag alone proves nothing: where nothing writes it, it is not there.

use super::{kernel::is_kernel, manager::Manager};
use crate::inventory::Machine;
use reeve_patch_baseline::{Scheme, newest_of_flavour};
use std::{collections::BTreeSet, path::Path};

/// Files that say that a restart is due, where there is somebody who writes them.
const FLAGS: [&str; 2] = ["/run/reboot-required", "/run/reboot-needed"];
/// Why a restart is due; none when it is not.
pub fn due(machine: &Machine, scheme: Scheme) -> Option<String> {
    if let Some(flag) = FLAGS.iter().find(|flag| machine.at(flag).exists()) {
        return Some(format!("the system says so ({flag})"));
    }
    // What runs is this machine's own, and not another root's.
    if machine.root != Path::new("/") {
        return None;
    }
    let running = rustix::system::uname().release().to_string_lossy().into_owned();
    if let Some(reason) = newer_kernel(machine, scheme, &running) {
        return Some(reason);
    }
    let replaced = std::fs::read_to_string("/proc/1/maps").unwrap_or_default();
    replaced_library(&replaced).map(|library| format!("the first process runs with the former {library}"))
}

/// Says it where a newer kernel is installed than the one that runs.
fn newer_kernel(machine: &Machine, scheme: Scheme, running: &str) -> Option<String> {
    let installed = kernels(machine);
    let installed: Vec<&str> = installed.iter().map(String::as_str).collect();
    let newest = newest_of_flavour(scheme, running, &installed);
    // In a container the kernel is the host's: none is installed.
    let is_newer = newest != running && installed.contains(&newest);
    is_newer.then(|| format!("the kernel {newest} is installed, and {running} runs"))
}

/// Why a restart would be due when these packages, each by its name and its architecture, were installed; none when nothing
/// that is seen beforehand says so.
pub async fn expected(manager: &Manager<'_>, packages: &[(String, String)]) -> Option<String> {
    let machine = manager.machine();
    if let Some(reason) = due(machine, manager.scheme()) {
        return Some(format!("one is due already: {reason}"));
    }
    if let Some((kernel, _)) = packages.iter().find(|(name, _)| is_kernel(name)) {
        return Some(format!("{kernel} brings a kernel"));
    }
    // What runs is this machine's own, and not another root's.
    if machine.root != Path::new("/") {
        return None;
    }
    let maps = std::fs::read_to_string("/proc/1/maps").unwrap_or_default();
    let libraries = libraries(&maps);
    for (name, arch) in packages {
        let files = manager.files(name, arch).await;
        if let Some(library) = files.iter().find(|file| libraries.contains(merged(file))) {
            return Some(format!("the first process runs with {library} of {name}"));
        }
    }
    None
}

/// The libraries that a process runs with.
fn libraries(maps: &str) -> BTreeSet<&str> {
    let paths = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    paths.filter(|path| path.starts_with('/') && path.contains(".so")).map(merged).collect()
}

/// A path below `/usr`, which `/lib` is a link into, without that.
fn merged(path: &str) -> &str {
    path.strip_prefix("/usr").unwrap_or(path)
}

/// The releases of installed kernels: each has a folder of modules and an image.
fn kernels(machine: &Machine) -> BTreeSet<String> {
    let entries = std::fs::read_dir(machine.at("/lib/modules")).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter(|release| {
            let image = machine.at("/boot").join(format!("vmlinuz-{release}"));
            image.exists() || machine.at("/lib/modules").join(release).join("vmlinuz").exists()
        })
        .collect()
}

/// A library that a process runs with and that is no longer on disk.
fn replaced_library(maps: &str) -> Option<String> {
    maps.lines().find_map(|line| {
        let path = line.strip_suffix(" (deleted)")?.split_whitespace().nth(5)?;
        (path.contains(".so") && !path.starts_with("/memfd") && !path.starts_with("/dev/"))
            .then(|| path.rsplit('/').next().unwrap_or(path).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::{expected, libraries, merged, newer_kernel, replaced_library};
    use crate::{
        inventory::Machine,
        patch::{apt::Apt, manager::Manager},
    };
    use reeve_patch_baseline::Scheme;

    #[tokio::test]
    async fn a_kernel_that_comes_makes_a_restart_due_and_a_zone_table_does_not() {
        let root = tempfile::tempdir().unwrap();
        let machine = Machine { root: root.path().to_owned(), path: None };
        let of = async |name: &str| {
            let manager = Manager::Apt(Apt { machine: &machine });
            expected(&manager, &[(name.to_owned(), "amd64".to_owned())]).await
        };
        for kernel in ["linux-image-6.1.0-42-amd64", "kernel-core", "kernel-default"] {
            assert!(of(kernel).await.unwrap().contains("kernel"));
        }
        for other in ["tzdata", "kernel-headers", "kernel-tools"] {
            assert_eq!(of(other).await, None, "{other}");
        }
        std::fs::create_dir(root.path().join("run")).unwrap();
        std::fs::write(root.path().join("run/reboot-required"), "").unwrap();
        assert!(of("tzdata").await.unwrap().contains("already"));
    }

    #[test]
    fn a_kernel_that_runs_and_is_older_than_the_newest_installed_one_makes_a_restart_due() {
        let root = tempfile::tempdir().unwrap();
        let machine = Machine { root: root.path().to_owned(), path: None };
        for release in ["5.14.0-427.el9.x86_64", "5.14.0-503.el9.x86_64", "5.14.0-503.el9.x86_64+debug"] {
            let folder = root.path().join("lib/modules").join(release);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("vmlinuz"), "").unwrap();
        }
        let due = |running: &str| newer_kernel(&machine, Scheme::Rpm, running);
        assert!(due("5.14.0-427.el9.x86_64").unwrap().contains("5.14.0-503.el9.x86_64 is installed"));
        assert_eq!(due("5.14.0-503.el9.x86_64"), None);
        assert_eq!(due("6.1.0-1.elrepo.x86_64"), None, "a newer one that runs is no reason");
    }

    #[test]
    fn libraries_are_known_by_their_path_wherever_lib_lies() {
        let maps = "7f00-7f01 r-xp 00000000 08:01 1234    /usr/lib/x86_64-linux-gnu/libc.so.6\n";
        assert!(libraries(maps).contains(merged("/lib/x86_64-linux-gnu/libc.so.6")));
        assert!(libraries("7f00-7f01 r-xp 00000000 08:01 1234    [heap]\n").is_empty());
    }

    #[test]
    fn a_library_that_was_replaced_is_seen() {
        let line = |rest: &str| format!("7f00-7f01 r-xp 00000000 08:01 1234    {rest}\n");
        let old = line("/usr/lib/x86_64-linux-gnu/libc.so.6 (deleted)");
        assert_eq!(replaced_library(&old).as_deref(), Some("libc.so.6"));
        for other in
            ["/usr/lib/libc.so.6", "/memfd:x (deleted)", "/tmp/data (deleted)", "/dev/shm/a.so (deleted)"]
        {
            assert_eq!(replaced_library(&line(other)), None, "{other}");
        }
    }
}
