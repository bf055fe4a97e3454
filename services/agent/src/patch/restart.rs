//! Whether what runs is older than what is installed. A flag alone proves nothing: where nothing writes it, it is not there.

use crate::inventory::Machine;
use reeve_patch_baseline::{Scheme, newest_of_flavour};
use std::{collections::BTreeSet, path::Path};

/// Why a restart is due; none when it is not.
pub fn due(machine: &Machine, scheme: Scheme) -> Option<String> {
    if machine.at("/run/reboot-required").exists() {
        return Some("the system says so (/run/reboot-required)".to_owned());
    }
    // What runs is this machine's own, and not another root's.
    if machine.root != Path::new("/") {
        return None;
    }
    let running = rustix::system::uname().release().to_string_lossy().into_owned();
    let installed = kernels(machine);
    let installed: Vec<&str> = installed.iter().map(String::as_str).collect();
    let newest = newest_of_flavour(scheme, &running, &installed);
    // In a container the kernel is the host's: none is installed.
    if newest != running && installed.contains(&newest) {
        return Some(format!("the kernel {newest} is installed, and {running} runs"));
    }
    let replaced = std::fs::read_to_string("/proc/1/maps").unwrap_or_default();
    replaced_library(&replaced).map(|library| format!("the first process runs with the former {library}"))
}

/// Why a restart would be due when these packages, each by its name and its architecture, were installed; none when nothing
/// that is seen beforehand says so.
pub fn expected(machine: &Machine, scheme: Scheme, packages: &[(String, String)]) -> Option<String> {
    if let Some(reason) = due(machine, scheme) {
        return Some(format!("one is due already: {reason}"));
    }
    if let Some((kernel, _)) = packages.iter().find(|(name, _)| name.starts_with("linux-image-")) {
        return Some(format!("{kernel} brings a kernel"));
    }
    // What runs is this machine's own, and not another root's.
    if machine.root != Path::new("/") {
        return None;
    }
    let maps = std::fs::read_to_string("/proc/1/maps").unwrap_or_default();
    let libraries = libraries(&maps);
    packages.iter().find_map(|(name, arch)| {
        let named = [format!("{name}:{arch}.list"), format!("{name}.list")];
        let files = named.map(|file| machine.text(&format!("/var/lib/dpkg/info/{file}")));
        let mut files = files.iter().flat_map(|files| files.lines());
        let library = files.find(|file| libraries.contains(merged(file)))?;
        Some(format!("the first process runs with {library} of {name}"))
    })
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
    use super::{expected, libraries, merged, replaced_library};
    use crate::inventory::Machine;
    use reeve_patch_baseline::Scheme;

    #[test]
    fn a_kernel_that_comes_makes_a_restart_due_and_a_zone_table_does_not() {
        let root = tempfile::tempdir().unwrap();
        let machine = Machine { root: root.path().to_owned(), path: None };
        let of = |name: &str| expected(&machine, Scheme::Deb, &[(name.to_owned(), "amd64".to_owned())]);
        assert!(of("linux-image-6.1.0-42-amd64").unwrap().contains("kernel"));
        assert_eq!(of("tzdata"), None);
        std::fs::create_dir(root.path().join("run")).unwrap();
        std::fs::write(root.path().join("run/reboot-required"), "").unwrap();
        assert!(of("tzdata").unwrap().contains("already"));
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
