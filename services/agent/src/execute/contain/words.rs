//! What a POSIX shell that is there already is told.

use super::{MARK, quoted};
use std::{ffi::OsStr, io, process::Command};

/// A shell's words for something that has no nul byte: with this before it and that behind. `None` for what is no text.
fn worded(before: &str, text: &OsStr, after: &str) -> io::Result<Option<String>> {
    let Some(text) = text.to_str() else { return Ok(None) };
    if text.contains('\0') {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a nul byte in the program's text"));
    }
    Ok(Some(format!("{before}{}{after}", quoted(text))))
}

/// What to tell a shell so that it has the folder and the environment of a command; `None` when it cannot be told.
pub(super) fn told(command: &Command) -> io::Result<Option<String>> {
    let mut told = String::new();
    if let Some(folder) = command.get_current_dir() {
        let Some(words) = worded("cd -- ", folder.as_os_str(), " || exit 126; unset OLDPWD; ")? else {
            return Ok(None);
        };
        told.push_str(&words);
    }
    for (name, value) in command.get_envs() {
        let is_name = name.to_str().is_some_and(|name| {
            !name.starts_with(|c: char| c.is_ascii_digit())
                && !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        // PWD and IFS and their like mean something to the shell itself; some shells do not let others be set.
        let own = [
            "PWD",
            "OLDPWD",
            "IFS",
            "PATH",
            "ENV",
            "PPID",
            "OPTIND",
            "_",
            "UID",
            "EUID",
            "GROUPS",
            "LINENO",
            "RANDOM",
            "SECONDS",
            "SHELLOPTS",
            "BASHOPTS",
            MARK,
        ];
        let (Some(value), true) = (value, is_name && !own.iter().any(|own| name == *own)) else {
            return Ok(None);
        };
        let Some(words) = worded(&format!("export {}=", name.display()), value, "; ")? else {
            return Ok(None);
        };
        told.push_str(&words);
    }
    Ok(Some(told))
}

/// What to tell a shell so that it becomes a program; `None` when it cannot be told.
pub(super) fn words(command: &Command) -> io::Result<Option<String>> {
    let Some(mut words) = told(command)? else { return Ok(None) };
    words.push_str("exec");
    for word in std::iter::once(command.get_program()).chain(command.get_args()) {
        let Some(word) = worded(" ", word, "")? else { return Ok(None) };
        words.push_str(&word);
    }
    words.push('\n');
    Ok(Some(words))
}

#[cfg(test)]
mod tests {
    use super::{super::shell, *};
    use std::fs;

    fn of(command: &mut Command) -> io::Result<Option<String>> {
        words(command)
    }

    #[test]
    fn given_hostile_texts_when_told_to_a_shell_then_they_stay_texts() {
        let mut command = Command::new("printf");
        command.args(["%s|", "a'b", "$(id)", "two\nlines"]).current_dir("/").env("X", "'; exit 9; '");
        let told = format!("{}\n", of(&mut command).unwrap().unwrap());
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), told).unwrap();
        let output = Command::new(shell()).stdin(file.reopen().unwrap()).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "a'b|$(id)|two\nlines|");
    }

    #[test]
    fn given_what_a_shell_cannot_be_told_then_there_are_no_words() {
        assert!(of(Command::new("x").env("a-b", "1")).unwrap().is_none());
        assert!(of(Command::new("x").env("PATH", "/")).unwrap().is_none());
        assert!(of(Command::new("x").env("A", "1\0")).is_err());
    }
}
