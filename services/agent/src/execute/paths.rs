//! Folders of commands and steps, and paths that cannot leave them.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Component, Path, PathBuf},
};

/// A name as a folder name: everything unusual becomes an underscore.
pub(super) fn plain_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .take(128)
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .collect();
    match plain.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None if plain.is_empty() => "_".to_owned(),
        None => plain,
    }
}

/// Creates a folder with its parents. Others may pass it, for run-as users, but not list it.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o711).create(path)
}

/// Creates a folder for the user of the agent alone, with its parents, which others may pass.
pub(super) fn create_private_folder(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        create_folder(parent)?;
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file that nobody else can read, in one move, so that no reader sees half of it.
pub(super) fn write_private(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let parent = path.parent().ok_or_else(|| io::Error::other("the path has no folder"))?;
    let name = path.file_name().ok_or_else(|| io::Error::other("the path has no name"))?;
    let part = parent.join(format!(".part-{}", name.to_string_lossy()));
    write_new(&part, content, mode)?;
    fs::rename(&part, path)
}

/// Writes a file that nobody else can read, in the place of one that is there.
pub(super) fn write_new(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    io::Write::write_all(&mut file, content)?;
    // The mask of the process may have taken bits away that a script needs.
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// A path below a base folder, which must exist. Refuses `..`, absolute paths to elsewhere and symbolic links
/// on the way.
pub(super) fn confine(base: &Path, wanted: &str) -> Result<PathBuf, String> {
    let wanted_path = Path::new(wanted);
    let relative = match wanted_path.is_absolute() {
        true => wanted_path
            .strip_prefix(base)
            .map_err(|_| format!("The path {wanted} is outside of {}.", base.display()))?,
        false => wanted_path,
    };
    let mut path = base.to_path_buf();
    for component in relative.components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::CurDir => continue,
            _ => return Err(format!("The path {wanted} would leave its folder.")),
        }
        match fs::symlink_metadata(&path) {
            Ok(found) if found.file_type().is_symlink() => {
                return Err(format!("The path {wanted} leads over the symbolic link {}.", path.display()));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(format!("The path {} cannot be examined: {error}.", path.display()));
            }
            _ => {}
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_odd_names_when_made_plain_then_they_stay_one_component() {
        assert_eq!(plain_name("aws:runShellScript"), "aws_runShellScript");
        assert_eq!(plain_name("../../x"), "_._.._x");
        assert_eq!(plain_name(""), "_");
        assert_eq!(plain_name(".."), "_.");
    }

    #[test]
    fn given_paths_when_confined_then_none_leaves_the_base() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path();
        fs::create_dir(base.join("in")).unwrap();
        std::os::unix::fs::symlink("/etc", base.join("link")).unwrap();
        assert_eq!(confine(base, "in/file").unwrap(), base.join("in/file"));
        assert_eq!(confine(base, "./new/deep").unwrap(), base.join("new/deep"));
        let inside = base.join("in/x");
        assert_eq!(confine(base, inside.to_str().unwrap()).unwrap(), inside);
        for bad in ["../x", "in/../../x", "/etc/passwd", "link/passwd", "link"] {
            assert!(confine(base, bad).is_err(), "{bad}");
        }
        assert!(confine(base, &format!("{}/../x", base.display())).is_err());
    }
}
