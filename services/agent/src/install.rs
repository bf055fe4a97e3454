//! The agent as a service of its machine: put there, enrolled and started by one line, and taken away without a rest.

use crate::{
    identity, ledger,
    options::{Action, DEFAULT_DATA, Options},
    update::packaged_unit,
};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// What systemd is told of the agent; packages have the same file.
pub const UNIT: &str = include_str!("../reeve-agent.service");
const UNIT_NAME: &str = "reeve-agent.service";
const PROGRAM: &str = "usr/bin/reeve-agent";
/// The line of the unit that says what runs.
const PROGRAM_LINE: &str = "ExecStart=/usr/bin/reeve-agent";
/// Where an installation without a package has its unit.
const OWN_UNIT: &str = "etc/systemd/system/reeve-agent.service";
/// Where a machine says that systemd started it.
const RUNNING_SYSTEMD: &str = "/run/systemd/system";

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "this machine was not started by systemd: enrol it with --enrol-only, and have what starts services here run \
         `reeve-agent` as root"
    )]
    NoSystemd,
    #[error("--root {0}: there is no such folder")]
    NoRoot(PathBuf),
    #[error("{0} is not the program `reeve-agent`, which alone is installed on machines")]
    OtherProgram(PathBuf),
    #[error("{0} belongs to a package: remove that by the package manager")]
    Packaged(PathBuf),
    #[error(
        "--data {0}: a folder of a service is absolute and without spaces, quotes, backslashes, `%` and `$`"
    )]
    Folder(PathBuf),
    #[error("--data {given}: the agent that is installed here has its folder at {has}")]
    OtherFolder { given: PathBuf, has: PathBuf },
    #[error("{0} is no folder of an agent, and is left: it has neither identity.json nor ledger.redb")]
    NoAgent(PathBuf),
    #[error("{path}: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("`{command}` failed: {reason}")]
    Systemctl { command: String, reason: String },
    #[error(transparent)]
    Identity(#[from] identity::Error),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
}

/// Installs or uninstalls.
///
/// # Errors
/// [`Error`]. What was done until then stays done; the same line goes on.
pub async fn run(action: &Action, options: &Options) -> Result<(), Error> {
    match action {
        Action::Install { root } => install(root, options).await,
        Action::Uninstall { root, keep_data } => uninstall(root, *keep_data, &options.data),
    }
}

async fn install(root: &Path, options: &Options) -> Result<(), Error> {
    is_possible(root)?;
    let own = std::env::current_exe().map_err(at(Path::new("/proc/self/exe")))?;
    if own.file_name().is_none_or(|name| name != "reeve-agent") {
        return Err(Error::OtherProgram(own));
    }
    let text = options.data.to_string_lossy();
    if !options.data.is_absolute() || text.contains([' ', '\t', '\n', '"', '\'', '\\', '%', '$']) {
        return Err(Error::Folder(options.data.clone()));
    }
    // First: a machine that cannot be enrolled is left as it is.
    let data = within(root, &options.data);
    enrol(&Options { data: data.clone(), ..options.clone() }).await?;
    let program = root.join(PROGRAM);
    if !is_same_file(&own, &program) {
        put(&program, &fs::read(&own).map_err(at(&own))?, 0o755)?;
    }
    if packaged_unit(root).is_none() {
        put(&root.join(OWN_UNIT), unit(&options.data).as_bytes(), 0o644)?;
    }
    if is_this_machine(root) {
        systemctl(root, &["daemon-reload"])?;
        systemctl(root, &["enable", UNIT_NAME])?;
        // One that runs already is the program that was here before.
        systemctl(root, &["restart", UNIT_NAME])?;
        eprintln!("reeve-agent: enrolled and started; `systemctl status reeve-agent` shows it");
    } else {
        systemctl(root, &["enable", UNIT_NAME])?;
        eprintln!("reeve-agent: {} starts it when it boots", root.display());
    }
    Ok(())
}

/// Enrols, unless that was done.
async fn enrol(options: &Options) -> Result<(), Error> {
    let identity = identity::load_or_enrol(options).await?;
    if identity.is_new {
        // The next start would take the ledger for lost.
        ledger::Ledger::open(&options.data.join("ledger.redb"))?;
    }
    Ok(())
}

fn uninstall(root: &Path, keep_data: bool, data: &Path) -> Result<(), Error> {
    is_possible(root)?;
    if let Some(unit) = packaged_unit(root) {
        return Err(Error::Packaged(unit));
    }
    let unit = root.join(OWN_UNIT);
    let data = folder_of(&unit, data)?;
    let data = within(root, &data);
    let is_there = !keep_data && data.exists();
    // Before anything is done: what is removed with everything below it is an agent's folder and no other.
    if is_there && !["identity.json", "ledger.redb"].iter().any(|file| data.join(file).exists()) {
        return Err(Error::NoAgent(data));
    }
    if unit.exists() {
        let now: &[&str] =
            if is_this_machine(root) { &["disable", "--now", UNIT_NAME] } else { &["disable", UNIT_NAME] };
        systemctl(root, now)?;
    }
    remove(fs::remove_file(&unit), &unit)?;
    if is_this_machine(root) {
        systemctl(root, &["daemon-reload"])?;
    }
    let program = root.join(PROGRAM);
    remove(fs::remove_file(&program), &program)?;
    if keep_data {
        eprintln!("reeve-agent: {} is left", data.display());
    } else if is_there {
        remove(fs::remove_dir_all(&data), &data)?;
    }
    Ok(())
}

/// The folder that an installed agent was given, as its unit says; without a unit the one that is meant.
fn folder_of(unit: &Path, given: &Path) -> Result<PathBuf, Error> {
    let Ok(text) = fs::read_to_string(unit) else { return Ok(given.to_owned()) };
    let has = text.lines().find_map(|line| line.strip_prefix(PROGRAM_LINE)?.strip_prefix(" --data "));
    let has = PathBuf::from(has.unwrap_or(DEFAULT_DATA));
    if given != Path::new(DEFAULT_DATA) && given != has {
        return Err(Error::OtherFolder { given: given.to_owned(), has });
    }
    Ok(has)
}

/// Whether services can be changed: of this machine while systemd runs it, of an image always.
fn is_possible(root: &Path) -> Result<(), Error> {
    if !root.is_dir() {
        return Err(Error::NoRoot(root.to_owned()));
    }
    match is_this_machine(root) && !Path::new(RUNNING_SYSTEMD).exists() {
        true => Err(Error::NoSystemd),
        false => Ok(()),
    }
}

fn is_this_machine(root: &Path) -> bool {
    root == Path::new("/")
}

/// The unit; with another folder than the usual one it names that.
fn unit(data: &Path) -> String {
    if data == Path::new(DEFAULT_DATA) {
        return UNIT.to_owned();
    }
    let data = data.display();
    UNIT.replace(PROGRAM_LINE, &format!("{PROGRAM_LINE} --data {data}"))
        .replace(DEFAULT_DATA, &data.to_string())
        .replace("StateDirectory=reeve-agent\nStateDirectoryMode=0700\n", "")
}

/// A path of the machine whose root that is.
fn within(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |error| Error::File { path, error }
}

/// Writes a file beside its place and then moves it there: a program that runs is not written over.
fn put(path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).map_err(at(folder))?;
    let new = path.with_extension("new");
    fs::write(&new, content).map_err(at(&new))?;
    fs::set_permissions(&new, fs::Permissions::from_mode(mode)).map_err(at(&new))?;
    fs::rename(&new, path).map_err(at(path))
}

fn remove(result: io::Result<()>, path: &Path) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

fn systemctl(root: &Path, arguments: &[&str]) -> Result<(), Error> {
    let mut command = Command::new("systemctl");
    if !is_this_machine(root) {
        command.arg("--root").arg(root);
    }
    let failed =
        |reason: String| Error::Systemctl { command: format!("systemctl {}", arguments.join(" ")), reason };
    let done = command.args(arguments).output().map_err(|error| failed(error.to_string()))?;
    match done.status.success() {
        true => Ok(()),
        false => Err(failed(String::from_utf8_lossy(&done.stderr).trim().to_owned())),
    }
}
