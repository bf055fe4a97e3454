//! aws:runShellScript and aws:runPowerShellScript.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Command,
};

use reeve_document_language::{
    PlannedStep, StepStatus,
    flow::{EXIT_SUCCESS, REBOOT},
};
use rustix::fs::StatVfsMountFlags;
use serde_json::Value;

use super::{
    ControlPlane, Sink,
    contain::{self, KILLED, Task},
    context::Context,
    output::Out,
    paths,
    process::{self, Exit},
    secrets::Secrets,
    walk::Ran,
};

/// The two languages of scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shell {
    Posix,
    PowerShell,
}

/// Runs the script to its end.
pub(super) async fn run<D: ControlPlane, S: Sink>(
    context: &Context<'_, D>,
    step: &PlannedStep,
    inputs: &Value,
    folder: &Path,
    shell: Shell,
    out: &mut Out<'_, S>,
) -> Result<Ran, String> {
    let text = script_text(inputs)?;
    let (given, of_parameters) = (environment(inputs)?, &step.environment);
    let texts = given.values().chain(of_parameters.values()).map(String::as_str);
    let deadline = context.deadline.or_after(context.time(inputs));
    let secrets = match context.bounded(&deadline, Secrets::of(context, texts)).await {
        Ok(secrets) => secrets?,
        Err(ran) => return Ok(ran),
    };
    let variables = of_parameters.iter().chain(&given).map(|(name, text)| Ok((name, secrets.reveal(text)?)));
    let variables = variables.collect::<Result<Vec<_>, String>>()?;
    let directory = working_directory(context, inputs)?;
    let user = context.run_as.map(User::find).transpose()?.flatten();
    let dressed = |mut command: Command| {
        command
            .current_dir(&directory)
            .env("AWS_SSM_INSTANCE_ID", &context.host.node_id)
            .env("AWS_SSM_REGION_NAME", &context.host.region)
            .env("AWS_SSM_PLATFORM_NAME", &context.host.platform_name)
            .env("AWS_SSM_PLATFORM_VERSION", &context.host.platform_version)
            .env("SSM_COMMAND_ID", context.command_id)
            .envs(variables.iter().map(|(name, text)| (name, text.as_str())));
        if let Some(user) = &user {
            user.apply(&mut command);
        }
        command
    };
    let (containment, mut cancel) = (&context.host.containment, context.cancel.clone());
    let time = context.time(inputs);
    let failed = |error| format!("failed to run commands: {error}");
    let begun = match (shell, &user) {
        // One with an interpreter of its own is for the system to start.
        (Shell::Posix, None) if !text.starts_with("#!") => {
            containment.start_script(&dressed(Command::new(contain::shell())), &text).await.map_err(failed)?
        }
        _ => None,
    };
    let exit = match begun {
        Some(begun) => process::follow(begun, time, &mut cancel, out).await,
        None => {
            let path = write_script(folder, &text, shell, user.as_ref())
                .map_err(|error| format!("The script cannot be written to {}: {error}.", folder.display()))?;
            let command = match shell {
                Shell::Posix => match interpreter(&text) {
                    Some(interpreter) if forbids_execution(&path) => by_interpreter(interpreter, &path),
                    interpreter => posix(&path, interpreter.is_some()),
                },
                Shell::PowerShell => {
                    let mut command = Command::new(find_pwsh()?);
                    command.arg("-f").arg(&path);
                    command
                }
            };
            let task =
                Task { command: dressed(command), user: user.as_ref().map(|user| (user.uid, user.gid)) };
            process::run(containment, task, time, &mut cancel, out).await
        }
    };
    Ok(result(context, exit.map_err(failed)?, out))
}

/// A shell that runs a script, and says of a kill what scripts have always seen: the trailing command keeps it. A script
/// without a first line of its own (`#!`) is run by another shell.
fn posix(script: &Path, has_interpreter: bool) -> Command {
    // The inner quotes let the path have blanks.
    let (shell, text) = match has_interpreter {
        // One that is not there is complained of by the outer shell, which names itself as it was called, and its line.
        true => (Path::new("sh"), "\"$0\"; exit $?"),
        false => (contain::shell(), "sh \"$0\"; exit $?"),
    };
    let mut command = Command::new(shell);
    command.arg("-c").arg(text).arg(script);
    command
}

/// The interpreter that a script names in its first line, and its argument, which may have blanks, as the system takes
/// them.
fn interpreter(script: &str) -> Option<(&str, Option<&str>)> {
    let line = script.strip_prefix("#!")?.lines().next().unwrap_or_default().trim();
    let (program, argument) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    Some((program, Some(argument.trim_start()).filter(|argument| !argument.is_empty())))
}

/// Whether nothing in the folder of a file can be started as a program, for the file system was mounted with `noexec`.
fn forbids_execution(file: &Path) -> bool {
    let folder = file.parent().unwrap_or(file);
    rustix::fs::statvfs(folder).is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

/// A shell that starts a script's interpreter with it, as the system would where it may start the script.
fn by_interpreter((program, argument): (&str, Option<&str>), script: &Path) -> Command {
    let mut command = Command::new(contain::shell());
    command.arg("-c").arg("\"$@\"; exit $?").arg("sh").arg(program).args(argument).arg(script);
    command
}

fn result<D, S: Sink>(context: &Context<'_, D>, exit: Exit, out: &mut Out<'_, S>) -> Ran {
    match exit {
        Exit::Code(0) => Ran::SUCCESS,
        Exit::Code(EXIT_SUCCESS) => Ran { status: StepStatus::Success, code: EXIT_SUCCESS },
        Exit::TimedOut => Ran { status: StepStatus::TimedOut, code: KILLED },
        Exit::Cancelled => Ran { status: StepStatus::Cancelled, code: KILLED },
        Exit::Code(REBOOT) => match context.no_reboot() {
            Some(reason) => {
                out.line(true, &reason);
                Ran { status: StepStatus::Failed, code: REBOOT }
            }
            None => Ran { status: StepStatus::SuccessAndReboot, code: REBOOT },
        },
        Exit::Code(code) => {
            out.line(true, &format!("failed to run commands: exit status {}", contain::code_in_words(code)));
            Ran { status: StepStatus::Failed, code }
        }
    }
}

/// The lines joined, with an end of line behind the last. A null is an empty line: it is what a declared
/// parameter without a value becomes.
fn script_text(inputs: &Value) -> Result<String, String> {
    let lines = match inputs.get("runCommand") {
        None | Some(Value::Null) => &Vec::new(),
        Some(Value::Array(lines)) => lines,
        Some(_) => {
            return Err("Invalid format in plugin properties: runCommand must be a list of texts.".to_owned());
        }
    };
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        match line {
            Value::String(line) => text.push_str(line),
            Value::Null => {}
            _ => {
                return Err(format!(
                    "Invalid format in plugin properties: runCommand[{index}] must be a text."
                ));
            }
        }
        text.push('\n');
    }
    Ok(text)
}

fn environment(inputs: &Value) -> Result<BTreeMap<String, String>, String> {
    let wrong = || "Invalid format in plugin properties: environment must be a map of texts.".to_owned();
    match inputs.get("environment") {
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(Value::Object(map)) => map
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name.clone(), text.clone())),
                Value::Bool(_) | Value::Number(_) => Ok((name.clone(), value.to_string())),
                _ => Err(wrong()),
            })
            .collect(),
        Some(_) => Err(wrong()),
    }
}

/// An absolute folder must exist. A relative one is below the downloads, and when it is not there the default
/// holds, which is the folder of the downloads if there is one.
fn working_directory<D>(context: &Context<'_, D>, inputs: &Value) -> Result<PathBuf, String> {
    let default = || match context.downloads.is_dir() {
        true => context.downloads.clone(),
        false => PathBuf::from("/"),
    };
    match inputs.get("workingDirectory") {
        None | Some(Value::Null) => Ok(default()),
        Some(Value::String(text)) if text.is_empty() => Ok(default()),
        Some(Value::String(text)) if Path::new(text).is_absolute() => match Path::new(text).is_dir() {
            true => Ok(PathBuf::from(text)),
            false => Err(format!("failed to run commands: the working directory {text} does not exist")),
        },
        Some(Value::String(text)) => {
            let inside = paths::confine(&context.downloads, text).ok().filter(|path| path.is_dir());
            Ok(inside.unwrap_or_else(default))
        }
        Some(_) => Err("Invalid format in plugin properties: workingDirectory must be a text.".to_owned()),
    }
}

fn write_script(folder: &Path, text: &str, shell: Shell, user: Option<&User>) -> io::Result<PathBuf> {
    // Beside the step's folder, which is not made for it: a plus is in no step's folder's name.
    let mut path = folder.as_os_str().to_owned();
    path.push(match shell {
        Shell::Posix => "+script.sh",
        Shell::PowerShell => "+script.ps1",
    });
    let path = PathBuf::from(path);
    if let Some(parent) = path.parent() {
        paths::create_folder(parent)?;
    }
    let alone = contain::no_fork();
    match shell {
        Shell::Posix => paths::write_new(&path, text.as_bytes(), 0o700)?,
        Shell::PowerShell => paths::write_new(&path, format!("\u{feff}{text}").as_bytes(), 0o700)?,
    }
    drop(alone);
    if let Some(user) = user {
        chown(&path, Some(user.uid), Some(user.gid))?;
    }
    Ok(path)
}

fn find_pwsh() -> Result<PathBuf, String> {
    crate::inventory::program::find("pwsh")
        .ok_or_else(|| "failed to run commands: PowerShell (pwsh) is not installed on this node".to_owned())
}

/// The user a script runs as.
struct User {
    name: String,
    uid: u32,
    gid: u32,
    home: String,
}

impl User {
    /// Looks a user up; none when the agent is that user already.
    fn find(name: &str) -> Result<Option<User>, String> {
        let table = fs::read_to_string("/etc/passwd")
            .map_err(|error| format!("The users of this node cannot be read: {error}."))?;
        let user = table
            .lines()
            .find_map(|line| {
                let fields: Vec<&str> = line.split(':').collect();
                let [found, _, uid, gid, _, home, _] = fields.as_slice() else { return None };
                (*found == name).then_some((uid.parse().ok()?, gid.parse().ok()?, *home))
            })
            .map(|(uid, gid, home)| User { name: name.to_owned(), uid, gid, home: home.to_owned() })
            .ok_or_else(|| format!("The user {name} does not exist on this node."))?;
        Ok((rustix::process::geteuid().as_raw() != user.uid).then_some(user))
    }

    fn apply(&self, command: &mut Command) {
        command.env("HOME", &self.home).env("USER", &self.name).env("LOGNAME", &self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_first_lines_when_read_then_program_and_one_argument_result() {
        for (script, expected) in [
            ("echo a", None),
            ("#!/bin/sh\necho", Some(("/bin/sh", None))),
            ("#! /usr/bin/env  -S python3 -u\nx", Some(("/usr/bin/env", Some("-S python3 -u")))),
            ("#!/bin/bash -e \n", Some(("/bin/bash", Some("-e")))),
        ] {
            assert_eq!(interpreter(script), expected, "{script:?}");
        }
    }

    #[test]
    fn given_a_script_that_cannot_be_executed_when_its_interpreter_starts_it_then_it_runs() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("a script");
        let text = "#!/bin/sh -e\necho \"ran $0\"\nfalse\necho never\n";
        fs::write(&script, text).unwrap();
        let refused = posix(&script, true).output().unwrap();
        assert_eq!(refused.status.code(), Some(126), "the file has no leave to be executed");
        let output = by_interpreter(interpreter(text).unwrap(), &script).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!((printed, output.status.code()), (format!("ran {}\n", script.display()), Some(1)));
    }

    /// Of each mount of this machine, as the system lists them.
    #[test]
    fn given_the_mounts_of_this_machine_when_asked_then_those_without_execution_are_known() {
        for line in fs::read_to_string("/proc/mounts").unwrap().lines() {
            let fields: Vec<&str> = line.split(' ').collect();
            // A later mount may lie over an earlier one, and some have folders that are gone.
            let ["/proc", kind, options] = [fields[1], fields[2], fields[3]] else { continue };
            let wanted = options.split(',').any(|option| option == "noexec");
            assert_eq!(forbids_execution(Path::new("/proc/version")), wanted, "{kind} {options}");
        }
        assert!(!forbids_execution(&std::env::current_exe().unwrap()));
    }
}
