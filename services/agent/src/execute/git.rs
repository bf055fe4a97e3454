//! The Git and GitHub sources of aws:downloadContent, by the git program.

use std::{
    fs, io,
    path::{Component, Path},
    process::Command,
};

use reeve_document_language::StepStatus;
use serde_json::{Map, Value};

use super::{
    Deadline, Sink,
    contain::{KILLED, Task, code_in_words},
    context::Context,
    output::Out,
    paths,
    process::{self, Exit},
    source_info::{self, flag, text},
    walk::Ran,
};

/// What to clone and which part of it to keep.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    repository: String,
    path: String,
    revision: Option<Revision>,
    skip_host_key: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Revision {
    Branch(String),
    Commit(String),
}

impl Source {
    pub(super) fn git(info: &Map<String, Value>) -> Result<Self, String> {
        let repository = text(info, "repository")?.to_owned();
        let known = ["https://", "ssh://", "git@"].iter().any(|start| repository.starts_with(start));
        if !known || repository.contains(char::is_whitespace) {
            return Err(format!("The repository {repository} is neither an https nor an ssh address."));
        }
        for key in ["privateSSHKey", "username", "password"] {
            if info.contains_key(key) {
                return Err(format!("The member {key} of sourceInfo is not built yet."));
            }
        }
        Ok(Source {
            repository,
            path: String::new(),
            revision: revision(info)?,
            skip_host_key: flag(info, "skipHostKeyChecking"),
        })
    }

    pub(super) fn github(info: &Map<String, Value>) -> Result<Self, String> {
        if info.contains_key("tokenInfo") {
            return Err("The member tokenInfo of sourceInfo is not built yet.".to_owned());
        }
        let (owner, name) = (text(info, "owner")?, text(info, "repository")?);
        for part in [owner, name] {
            if !part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
                return Err(format!("The name {part:?} is not a name on GitHub."));
            }
        }
        Ok(Source {
            repository: format!("https://github.com/{owner}/{name}.git"),
            path: info.get("path").and_then(Value::as_str).unwrap_or_default().to_owned(),
            revision: revision(info)?,
            skip_host_key: false,
        })
    }
}

fn revision(info: &Map<String, Value>) -> Result<Option<Revision>, String> {
    let options = info.get("getOptions").and_then(Value::as_str).unwrap_or_default().trim();
    if options.is_empty() {
        return Ok(None);
    }
    let wrong = || format!("The getOptions {options:?} are neither branch:<name> nor commitID:<id>.");
    let (kind, name) = options.split_once(':').ok_or_else(wrong)?;
    let name = name.trim().to_owned();
    // A name that starts with a dash would be an option of git.
    if name.is_empty() || name.starts_with('-') || name.contains(char::is_whitespace) {
        return Err(wrong());
    }
    match kind.trim() {
        "branch" => Ok(Some(Revision::Branch(name))),
        "commitID" if name.bytes().all(|b| b.is_ascii_hexdigit()) => Ok(Some(Revision::Commit(name))),
        _ => Err(wrong()),
    }
}

/// Clones beside the destination and moves the wanted part there, without the history.
pub(super) async fn run<D, S: Sink>(
    context: &Context<'_, D>,
    source: &Source,
    target: &Path,
    into_folder: bool,
    deadline: &Deadline,
    out: &mut Out<'_, S>,
) -> Result<Ran, String> {
    let clone = context.folder.join(".clone");
    let _ = fs::remove_dir_all(&clone);
    paths::create_private_folder(&clone).map_err(|e| format!("The clone has no place: {e}."))?;
    let mut commands = vec![vec!["clone".to_owned(), "--quiet".to_owned()]];
    match &source.revision {
        Some(Revision::Branch(name)) => {
            commands[0].extend(["--depth=1".to_owned(), format!("--branch={name}")]);
        }
        Some(Revision::Commit(_)) => {}
        None => commands[0].push("--depth=1".to_owned()),
    }
    commands[0].extend(["--".to_owned(), source.repository.clone(), ".".to_owned()]);
    if let Some(Revision::Commit(id)) = &source.revision {
        commands.push(["checkout", "--quiet", "--detach", id].map(str::to_owned).to_vec());
    }
    for arguments in commands {
        let mut command = Command::new("git");
        command
            .args(&arguments)
            .current_dir(&clone)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ALLOW_PROTOCOL", "https:ssh");
        if source.skip_host_key {
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o StrictHostKeyChecking=no");
        } else {
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        }
        let mut cancel = context.cancel.clone();
        let task = Task { command, user: None };
        let exit = process::run(&context.host.containment, task, deadline.left(), &mut cancel, out)
            .await
            .map_err(|error| format!("The program git cannot be started: {error}."))?;
        match exit {
            Exit::Code(0) => {}
            Exit::Code(code) => return Err(format!("git ended with the code {}.", code_in_words(code))),
            Exit::TimedOut => return Ok(Ran { status: StepStatus::TimedOut, code: KILLED }),
            Exit::Cancelled => return Ok(Ran { status: StepStatus::Cancelled, code: KILLED }),
        }
    }
    let kept = keep(&clone, &source.path, target, into_folder);
    let _ = fs::remove_dir_all(&clone);
    kept?;
    source_info::done(target, out).await
}

fn keep(clone: &Path, path: &str, target: &Path, into_folder: bool) -> Result<(), String> {
    let wanted = paths::confine(clone, path.trim_start_matches('/'))?;
    if wanted.components().any(|part| part == Component::Normal(".git".as_ref())) {
        return Err("The path of the source is the history of the repository.".to_owned());
    }
    let failed = |error: io::Error| format!("The content cannot be copied to {}: {error}.", target.display());
    if wanted.is_dir() {
        return copy_tree(&wanted, target).map_err(failed);
    }
    let file = match (into_folder, wanted.file_name()) {
        (true, Some(name)) => target.join(name),
        _ => target.to_path_buf(),
    };
    if let Some(folder) = file.parent() {
        paths::create_private_folder(folder).map_err(failed)?;
    }
    copy_file(&wanted, &file).map_err(failed)
}

/// Copies folders and plain files. Symbolic links stay behind, because they could lead anywhere.
fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    paths::create_private_folder(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if kind.is_dir() && name != ".git" {
            let inner = to.join(&name);
            if fs::symlink_metadata(&inner).is_ok_and(|found| found.is_symlink()) {
                return Err(io::Error::other(format!("{} is a symbolic link", inner.display())));
            }
            copy_tree(&entry.path(), &inner)?;
        } else if kind.is_file() {
            copy_file(&entry.path(), &to.join(&name))?;
        }
    }
    Ok(())
}

/// Replaces whatever stands there, so that no link is followed; the right to execute is kept.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::copy(from, to).map(|_| ())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn info(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn given_hostile_sources_when_read_then_they_are_refused() {
        for bad in [
            json!({"repository": "--upload-pack=x"}),
            json!({"repository": "ext::sh -c x"}),
            json!({"repository": "/etc"}),
            json!({"repository": "https://x/y", "getOptions": "branch:--x"}),
            json!({"repository": "https://x/y", "getOptions": "commitID:zz"}),
            json!({"repository": "https://x/y", "password": "p"}),
        ] {
            assert!(Source::git(&info(bad.clone())).is_err(), "{bad}");
        }
        assert!(Source::github(&info(json!({"owner": "a/b", "repository": "c"}))).is_err());
    }

    #[test]
    fn given_a_clone_when_kept_then_links_and_history_stay_behind() {
        let folder = tempfile::tempdir().unwrap();
        let clone = folder.path().join("clone");
        fs::create_dir_all(clone.join("sub/.git")).unwrap();
        fs::write(clone.join("sub/a.sh"), "x").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", clone.join("sub/link")).unwrap();
        let target = folder.path().join("target");
        keep(&clone, "sub", &target, false).unwrap();
        assert!(target.join("a.sh").is_file());
        assert!(!target.join("link").exists());
        assert!(!target.join(".git").exists());
        assert!(keep(&clone, "../x", &target, false).is_err());
        assert!(keep(&clone, "sub/link", &target, false).is_err());
        keep(&clone, "sub/a.sh", &folder.path().join("one/b.sh"), false).unwrap();
        assert!(folder.path().join("one/b.sh").is_file());
    }
}
