//! A root with rpm packages and repositories of its own, for dnf and zypper: nothing of this machine is patched.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A folder that stands for `/`, and beside it its repositories.
pub struct RpmRoot {
    folder: tempfile::TempDir,
    notices: BTreeMap<String, Vec<String>>,
}

/// A package that is to be made.
#[derive(Clone, Default)]
pub struct Rpm<'a> {
    pub name: &'a str,
    /// `version-release`, with an epoch before it where it has one.
    pub version: &'a str,
    pub requires: &'a str,
    pub recommends: &'a str,
    pub provides: &'a str,
    pub obsoletes: &'a str,
    /// Whether it has a configuration file.
    pub has_configuration: bool,
    /// Whether its script fails before it is installed.
    pub is_broken: bool,
}

/// An update notice.
#[derive(Clone, Default)]
pub struct Notice<'a> {
    pub id: &'a str,
    /// `security`, `bugfix`.
    pub kind: &'a str,
    pub severity: &'a str,
    pub cves: &'a [&'a str],
    pub bugzilla: &'a [&'a str],
    /// The names and versions of its packages.
    pub packages: &'a [(&'a str, &'a str)],
}

/// When the notices were written: long enough ago for every baseline that waits.
const WRITTEN: &str = "2024-01-02 00:00:00";

/// What Debian calls the packages with what is needed here.
const NEEDED: &str = "apt-get install dnf rpm createrepo-c zypper";

fn run(command: &mut Command) -> String {
    let output = command
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; `{NEEDED}` brings what this test needs"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// Epoch, version and release.
fn parts(version: &str) -> (&str, &str, &str) {
    let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
    let (version, release) = rest.split_once('-').expect("a release");
    (epoch, version, release)
}

impl RpmRoot {
    /// Rocky Linux without a package and without a repository.
    ///
    /// # Panics
    /// When there is no place for it.
    pub fn rocky() -> Self {
        Self::of("ID=\"rocky\"\nVERSION_ID=\"9.3\"\nNAME=\"Rocky Linux\"\n")
    }

    /// openSUSE Leap, likewise.
    ///
    /// # Panics
    /// When there is no place for it.
    pub fn suse() -> Self {
        Self::of("ID=\"opensuse-leap\"\nVERSION_ID=\"15.6\"\nNAME=\"openSUSE Leap\"\n")
    }

    fn of(release: &str) -> Self {
        let root = Self { folder: tempfile::tempdir().expect("a folder"), notices: BTreeMap::new() };
        for path in [
            "etc/yum.repos.d",
            "etc/zypp/repos.d",
            "etc/dnf/plugins",
            "var/lib/rpm",
            "var/cache/dnf",
            "run",
            "tmp",
        ] {
            fs::create_dir_all(root.path().join(path)).expect("a folder");
        }
        write(&root.path().join("etc/os-release"), release);
        root.configure("plugins=0\n");
        // Debian's rpm has its database elsewhere than all others.
        write(&root.home().join(".rpmmacros"), "%_dbpath /var/lib/rpm\n");
        root.rpm(&["--initdb"]);
        root
    }

    /// What stands for `/`.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn repository(&self, name: &str) -> PathBuf {
        self.folder.path().join("repositories").join(name)
    }

    /// What an agent is told, so that the packages are these.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        [
            ("REEVE_AGENT_PACKAGE_ROOT", self.path().display().to_string()),
            ("HOME", self.home().display().to_string()),
        ]
    }

    /// Says what dnf's own settings are.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn configure(&self, settings: &str) {
        let text = format!("[main]\ngpgcheck=0\nreleasever=9\nskip_if_unavailable=True\n{settings}");
        write(&self.path().join("etc/dnf/dnf.conf"), &text);
    }

    /// Has a plugin keep every newer version of a package away, as dnf's versionlock does: by excluding them.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn lock_version(&self, name: &str) {
        let plugins = self.path().join("etc/dnf/plugins");
        let text = format!(
            "import dnf\n\nclass Lock(dnf.Plugin):\n    name = \"lock\"\n\n    def sack(self):\n        \
             print(\"{name} is locked\")\n        sack = self.base.sack\n        \
             sack.add_excludes(sack.query().available().filter(name=\"{name}\"))\n"
        );
        write(&plugins.join("lock.py"), &text);
        let path = plugins.display();
        self.configure(&format!("plugins=1\npluginpath={path}\npluginconfpath={path}\n"));
    }

    /// Has zypper keep a package as it is.
    ///
    /// # Panics
    /// When it does not.
    pub fn zypper_lock(&self, name: &str) {
        let mut command = Command::new("zypper");
        run(command.arg("--root").arg(self.path()).args(["addlock", name]).env("HOME", self.home()));
    }

    fn rpm(&self, arguments: &[&str]) -> String {
        run(Command::new("rpm").arg("--root").arg(self.path()).args(arguments).env("HOME", self.home()))
    }

    /// Makes a package; answers its file.
    fn build(&self, rpm: &Rpm<'_>) -> PathBuf {
        let (epoch, version, release) = parts(rpm.version);
        let name = rpm.name;
        let made = self.folder.path().join("build");
        let optional = |word: &str, text: &str| match text {
            "" => String::new(),
            text => format!("{word}: {text}\n"),
        };
        let relations = optional("Requires", rpm.requires)
            + &optional("Recommends", rpm.recommends)
            + &optional("Provides", rpm.provides)
            + &optional("Obsoletes", rpm.obsoletes);
        let (mut install, mut files, mut script) = (String::new(), String::new(), "");
        if rpm.has_configuration {
            install = format!(
                "mkdir -p %{{buildroot}}/etc\necho 'version = {version}' > %{{buildroot}}/etc/{name}.conf\n"
            );
            files = format!("%config(noreplace) /etc/{name}.conf\n");
        }
        if rpm.is_broken {
            script = "%pre -p <lua>\nerror(\"the script fails\")\n";
        }
        let text = format!(
            "Name: {name}\nEpoch: {epoch}\nVersion: {version}\nRelease: {release}\nSummary: for a test\nLicense: MIT\n\
             BuildArch: noarch\n{relations}%description\nFor a test.\n\
             %install\nmkdir -p %{{buildroot}}/usr/share/{name}\necho {version} > %{{buildroot}}/usr/share/{name}/{version}-{release}\n\
             {install}{script}%files\n/usr/share/{name}\n{files}"
        );
        let spec = made.join(format!("{name}-{version}-{release}.spec"));
        write(&spec, &text);
        let top = format!("_topdir {}", made.display());
        run(Command::new("rpmbuild").args(["-bb", "--quiet", "--define", &top]).arg(&spec));
        made.join(format!("RPMS/noarch/{name}-{version}-{release}.noarch.rpm"))
    }

    /// Puts a version of a package into a repository. It is seen once the repository is published.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn offer(&self, repository: &str, rpm: &Rpm<'_>) {
        let (file, folder) = (self.build(rpm), self.repository(repository));
        fs::create_dir_all(&folder).expect("a folder");
        fs::copy(&file, folder.join(file.file_name().expect("a name"))).expect("a copy");
    }

    /// Puts a notice into a repository, likewise.
    pub fn notice(&mut self, repository: &str, notice: &Notice<'_>) {
        let reference = |kind: &str, id: &&str| {
            format!(
                "<reference href=\"https://example.org/{id}\" id=\"{id}\" type=\"{kind}\" title=\"{id}\"/>"
            )
        };
        let references: String = notice
            .cves
            .iter()
            .map(|id| reference("cve", id))
            .chain(notice.bugzilla.iter().map(|id| reference("bugzilla", id)))
            .collect();
        let package = |(name, version): &(&str, &str)| {
            let (epoch, version, release) = parts(version);
            format!(
                "<package name=\"{name}\" version=\"{version}\" release=\"{release}\" epoch=\"{epoch}\" arch=\"noarch\" \
                 src=\"{name}-{version}-{release}.src.rpm\"><filename>{name}-{version}-{release}.noarch.rpm</filename></package>"
            )
        };
        let packages: String = notice.packages.iter().map(package).collect();
        let Notice { id, kind, severity, .. } = notice;
        let text = format!(
            "<update from=\"a@example.org\" status=\"final\" type=\"{kind}\" version=\"1\"><id>{id}</id><title>{id}</title>\
             <issued date=\"{WRITTEN}\"/><updated date=\"{WRITTEN}\"/><severity>{severity}</severity>\
             <references>{references}</references><pkglist><collection short=\"a\"><name>a</name>{packages}</collection>\
             </pkglist></update>"
        );
        self.notices.entry(repository.to_owned()).or_default().push(text);
    }

    /// Writes the metadata of a repository, and where it is.
    ///
    /// # Panics
    /// When that does not work.
    pub fn publish(&self, repository: &str) {
        let folder = self.repository(repository);
        fs::create_dir_all(&folder).expect("a folder");
        run(Command::new("createrepo_c").arg("--quiet").arg(&folder));
        if let Some(notices) = self.notices.get(repository) {
            let file = self.folder.path().join("updateinfo.xml");
            write(&file, &format!("<?xml version=\"1.0\"?>\n<updates>{}</updates>\n", notices.concat()));
            self.add_metadata(repository, &file);
        }
        let text = format!(
            "[{repository}]\nname={repository}\nbaseurl=file://{}\ngpgcheck=0\nenabled=1\n",
            folder.display()
        );
        for folder in ["etc/yum.repos.d", "etc/zypp/repos.d"] {
            write(&self.path().join(format!("{folder}/{repository}.repo")), &text);
        }
    }

    /// Adds a file to the metadata of a published repository; what it is is said by its name.
    ///
    /// # Panics
    /// When that does not work.
    pub fn add_metadata(&self, repository: &str, file: &Path) {
        run(Command::new("modifyrepo_c").arg(file).arg(self.repository(repository).join("repodata")));
    }

    /// Says that packages are those of a stream of a module, which nobody has enabled.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn add_stream(&self, repository: &str, artifacts: &[&str]) {
        let listed: String = artifacts.iter().map(|artifact| format!("      - {artifact}\n")).collect();
        let text = format!(
            "---\ndocument: modulemd\nversion: 2\ndata:\n  name: streamed\n  stream: \"2\"\n  version: 1\n  context: abc\n  \
             arch: noarch\n  summary: for a test\n  description: For a test.\n  license:\n    module: [MIT]\n  \
             artifacts:\n    rpms:\n{listed}...\n"
        );
        let file = self.folder.path().join("modules.yaml");
        write(&file, &text);
        self.add_metadata(repository, &file);
    }

    /// Takes a whole repository away.
    ///
    /// # Panics
    /// When it is not there.
    pub fn lose_repository(&self, repository: &str) {
        fs::rename(self.repository(repository), self.folder.path().join("lost")).expect("a folder");
    }

    /// Installs a version of a package, beside others of it.
    ///
    /// # Panics
    /// When it cannot be installed.
    pub fn install(&self, rpm: &Rpm<'_>) {
        let file = self.build(rpm).display().to_string();
        self.rpm(&["--install", "--nodeps", "--noscripts", &file]);
    }

    /// Makes the database of packages unreadable.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn damage_database(&self) {
        fs::write(self.path().join("var/lib/rpm/rpmdb.sqlite"), "no database at all").expect("a file");
    }

    /// The versions of a package that are installed, as `version-release`.
    ///
    /// # Panics
    /// When rpm does not say.
    pub fn versions(&self, name: &str) -> Vec<String> {
        let listed = self.rpm(&["-qa", "--queryformat", "%{NAME} %{VERSION}-%{RELEASE}\n"]);
        let of = listed.lines().filter_map(|line| line.split_once(' '));
        let mut versions: Vec<String> =
            of.filter(|(of, _)| *of == name).map(|(_, version)| version.to_owned()).collect();
        versions.sort();
        versions
    }

    /// The one version of a package that is installed; none when it is not.
    ///
    /// # Panics
    /// When rpm does not say, or there are several.
    pub fn version(&self, name: &str) -> Option<String> {
        let mut versions = self.versions(name);
        assert!(versions.len() < 2, "{name}: {versions:?}");
        versions.pop()
    }
}
