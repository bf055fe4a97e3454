//! A root with packages and repositories of its own, for apt and dpkg: nothing of this machine is patched.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// A folder that stands for `/`, and beside it its repositories.
pub struct DebianRoot {
    folder: tempfile::TempDir,
    arch: String,
}

/// A package that is to be made.
#[derive(Clone, Default)]
pub struct Deb<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub depends: &'a str,
    pub recommends: &'a str,
    /// Which part of the machines is given it first, such as `10`; empty: all are.
    pub phased: &'a str,
    /// Whether it has a configuration file.
    pub has_configuration: bool,
    /// Whether its script fails when it is configured.
    pub is_broken: bool,
}

/// The suites of the repository, each with the label of its Release file.
const SUITES: [(&str, &str); 4] = [
    ("stable", "Debian"),
    ("stable-updates", "Debian"),
    ("stable-security", "Debian-Security"),
    ("stable-backports", "Debian Backports"),
];

fn run(command: &mut Command) -> String {
    let output = command.env("LC_ALL", "C.UTF-8").output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

impl Default for DebianRoot {
    fn default() -> Self {
        Self::new()
    }
}

impl DebianRoot {
    /// One without a package and with empty repositories.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let arch = run(Command::new("dpkg").arg("--print-architecture")).trim().to_owned();
        let root = Self { folder, arch };
        for path in [
            "etc/apt/preferences.d",
            "etc/apt/apt.conf.d",
            "etc/apt/trusted.gpg.d",
            "var/lib/apt/lists/partial",
            "var/cache/apt/archives/partial",
            "var/lib/dpkg/info",
            "var/lib/dpkg/updates",
            "var/lib/dpkg/triggers",
            "run",
            "tmp",
        ] {
            fs::create_dir_all(root.path().join(path)).expect("a folder");
        }
        write(&root.path().join("var/lib/dpkg/status"), "");
        write(
            &root.path().join("etc/os-release"),
            "ID=debian\nVERSION_ID=\"12\"\nNAME=\"Debian GNU/Linux\"\n",
        );
        let repository = root.repository().display().to_string();
        let line = |suite: &str| format!("deb [trusted=yes] file:{repository} {suite} main\n");
        let sources: String = SUITES.iter().map(|(suite, _)| line(suite)).collect();
        write(&root.path().join("etc/apt/sources.list"), &sources);
        SUITES.iter().for_each(|(suite, _)| root.publish(suite));
        root
    }

    /// What stands for `/`.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn repository(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    fn index(&self, suite: &str) -> PathBuf {
        self.repository().join(format!("dists/{suite}/main/binary-{}", self.arch)).join("Packages")
    }

    /// Makes a package; answers its file.
    fn build(&self, deb: &Deb<'_>) -> PathBuf {
        let Deb { name, version, depends, recommends, has_configuration, is_broken, phased: _ } = deb;
        let made = self.folder.path().join("build").join(format!("{name}_{version}"));
        let depends = if depends.is_empty() { String::new() } else { format!("Depends: {depends}\n") };
        let recommends = match *recommends {
            "" => String::new(),
            names => format!("Recommends: {names}\n"),
        };
        let control = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: {}\nMaintainer: A <a@example.org>\nPriority: optional\n\
             Section: misc\n{depends}{recommends}Description: for a test\n",
            self.arch
        );
        write(&made.join("DEBIAN/control"), &control);
        write(&made.join(format!("usr/share/{name}/version")), version);
        if *has_configuration {
            write(&made.join(format!("etc/{name}.conf")), &format!("version = {version}\n"));
            write(&made.join("DEBIAN/conffiles"), &format!("/etc/{name}.conf\n"));
        }
        if *is_broken {
            let script = made.join("DEBIAN/postinst");
            write(&script, "#!/bin/sh\nexit 1\n");
            fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("permissions");
        }
        let file =
            self.repository().join(format!("pool/{name}_{}_{}.deb", version.replace(':', "%3a"), self.arch));
        fs::create_dir_all(self.repository().join("pool")).expect("a folder");
        run(Command::new("dpkg-deb").args(["--root-owner-group", "--build"]).arg(&made).arg(&file));
        file
    }

    /// Puts a version of a package into a suite.
    pub fn offer(&self, suite: &str, deb: &Deb<'_>) {
        let file = self.build(deb);
        let control = run(Command::new("dpkg-deb").arg("--field").arg(&file));
        let size = file.metadata().expect("a file").len();
        let sum = run(Command::new("sha256sum").arg(&file));
        let (sum, name) = (sum.split(' ').next().unwrap_or_default(), file.file_name().expect("a name"));
        let phased = match deb.phased {
            "" => String::new(),
            percentage => format!("Phased-Update-Percentage: {percentage}\n"),
        };
        let entry = format!(
            "{control}{phased}Filename: pool/{}\nSize: {size}\nSHA256: {sum}\n\n",
            name.to_string_lossy()
        );
        let before = fs::read_to_string(self.index(suite)).unwrap_or_default();
        write(&self.index(suite), &format!("{before}{entry}"));
        self.publish(suite);
    }

    /// Writes a suite's Release file.
    fn publish(&self, suite: &str) {
        if !self.index(suite).exists() {
            write(&self.index(suite), "");
        }
        let label = SUITES.iter().find(|(name, _)| *name == suite).map_or("", |(_, label)| label);
        let sum = run(Command::new("sha256sum").arg(self.index(suite)));
        let sum = sum.split(' ').next().unwrap_or_default();
        let size = self.index(suite).metadata().expect("a file").len();
        // Of backports apt takes what is asked for, and updates of that.
        let automatic = match suite {
            "stable-backports" => "NotAutomatic: yes\nButAutomaticUpgrades: yes\n",
            _ => "",
        };
        let release = format!(
            "Origin: Debian\nLabel: {label}\n{automatic}Suite: {suite}\nCodename: {suite}\nArchitectures: {arch}\nComponents: main\n\
             SHA256:\n {sum} {size} main/binary-{arch}/Packages\n",
            arch = self.arch
        );
        write(&self.repository().join(format!("dists/{suite}/Release")), &release);
    }

    /// Takes a version's file away: repositories do, while somebody still has their index.
    pub fn lose(&self, name: &str, version: &str) {
        let file = format!("pool/{name}_{}_{}.deb", version.replace(':', "%3a"), self.arch);
        fs::remove_file(self.repository().join(file)).expect("a file");
    }

    /// Takes a whole repository away.
    pub fn lose_repository(&self) {
        fs::rename(self.repository(), self.folder.path().join("lost")).expect("a folder");
    }

    /// Installs a version of a package.
    pub fn install(&self, deb: &Deb<'_>) {
        let file = self.build(deb);
        let root = format!("--root={}", self.path().display());
        run(Command::new("dpkg")
            .arg(root)
            .args(["--force-depends", "--force-script-chrootless", "-i"])
            .arg(file));
    }

    /// Says that a package stays as it is.
    pub fn hold(&self, name: &str) {
        let mut child = Command::new("dpkg")
            .arg(format!("--root={}", self.path().display()))
            .arg("--set-selections")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .expect("dpkg");
        let mut stdin = child.stdin.take().expect("a pipe");
        std::io::Write::write_all(&mut stdin, format!("{name} hold\n").as_bytes()).expect("written");
        drop(stdin);
        assert!(child.wait().expect("dpkg ends").success());
    }

    /// The version of a package that is installed and configured; none when it is not.
    pub fn version(&self, name: &str) -> Option<String> {
        let admin = format!("--admindir={}", self.path().join("var/lib/dpkg").display());
        let format = "${db:Status-Status} ${Version}";
        let output =
            Command::new("dpkg-query").args([&admin, "-W", "-f", format, name]).output().expect("dpkg-query");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.strip_prefix("installed ").map(str::to_owned)
    }

    /// The name under which a package is told of.
    pub fn id(&self, name: &str) -> String {
        format!("{name}.{}", self.arch)
    }
}
