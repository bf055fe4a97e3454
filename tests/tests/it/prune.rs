//! Old points of a backup are removed: what is left can be restored, and where that is not certain nothing goes.

use reeve_e2e::{Answer, Instance, SmallDisk, reeve};
use serde_json::json;
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

fn prune_with(mut command: Command, folder: &Path, keep: &str) -> Answer {
    Answer::of(command.args(["--output", "json", "prune"]).arg(folder).args(["--keep", keep]))
}

fn prune(folder: &Path, keep: &str) -> Answer {
    prune_with(Command::new(reeve()), folder, keep)
}

#[track_caller]
fn refused(answer: &Answer, parts: &[&str]) {
    assert!(!answer.success, "{}", answer.stdout);
    assert!(parts.iter().all(|part| answer.stderr.contains(part)), "{parts:?}: {}", answer.stderr);
}

/// Every file beneath a folder, by its path.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

/// An instance, and a way to put a point of it into a folder.
fn back_up(instance: &Instance, mut command: Command, folder: &Path, value: u32) {
    let input = json!({"Name": "/n", "Value": value.to_string(), "Type": "String", "Overwrite": true});
    instance.call("PutParameter", &input);
    let passphrase = instance.scratch().join("passphrase");
    std::fs::write(&passphrase, "correct horse\n").unwrap();
    command.arg("--data").arg(instance.data()).arg("backup").arg(folder);
    command.arg("--keys").arg(instance.scratch().join("keys")).arg("--passphrase-file").arg(passphrase);
    let answer = Answer::of(&mut command);
    assert!(answer.success, "{}", answer.stderr);
}

#[test]
fn old_points_go_and_those_that_are_left_are_restored() {
    let mut instance = Instance::start(0);
    let folder = instance.scratch().join("backup");
    let verify = |point: &str| {
        let folder = folder.to_str().unwrap();
        instance.reeve(&["verify", "--backup", folder, "--point", point])
    };
    for value in 1..=4 {
        back_up(&instance, Command::new(reeve()), &folder, value);
    }
    let pruned = prune(&folder, "2").json();
    assert_eq!((&pruned["removedPoints"], &pruned["points"]), (&json!([1, 2]), &json!(2)));
    assert_eq!(verify("3").code, Some(0));
    assert_eq!(verify("4").code, Some(0));
    refused(&verify("2"), &["has the points 3, 4"]);
    // Nothing is left to do; another backup goes on.
    assert_eq!(prune(&folder, "2").json()["removedPoints"], json!([]));
    back_up(&instance, Command::new(reeve()), &folder, 5);
    assert_eq!(prune(&folder, "1").json()["removedPoints"], json!([3, 4]));
    assert_eq!(verify("5").code, Some(0));

    instance.stop();
    std::fs::remove_dir_all(instance.data()).unwrap();
    let [folder, keys, passphrase] =
        ["backup", "keys", "passphrase"].map(|name| instance.scratch().join(name).display().to_string());
    let restored = instance.reeve(&["restore", &folder, "--keys", &keys, "--passphrase-file", &passphrase]);
    assert!(restored.success, "{}", restored.stderr);
    instance.restart();
    assert_eq!(instance.call("GetParameter", &json!({"Name": "/n"}))["Parameter"]["Value"], "5");
}

#[test]
fn where_it_is_not_certain_what_is_needed_nothing_goes() {
    let instance = Instance::start(0);
    let disk = SmallDisk::mount(&instance.scratch().join("disk"), 4096);
    let folder = instance.scratch().join("disk/backup");
    for value in 1..=3 {
        back_up(&instance, disk.command(reeve()), &folder, value);
    }
    let seen = disk.path().join("backup");
    let prune_here = |keep| prune_with(disk.command(reeve()), &folder, keep);
    let before = files(&seen);
    let untouched = || assert_eq!(files(&seen), before);

    refused(&prune_here("0"), &["--keep"]);
    // What is no backup, and what is not there at all, is left as it is.
    let other = instance.scratch().join("other");
    refused(&prune(&other, "1"), &["holds no backup"]);
    assert!(!other.exists());
    std::fs::create_dir_all(other.join("THINGS")).unwrap();
    std::fs::write(other.join("THINGS/1-2.3"), "another program's").unwrap();
    refused(&prune(&other, "1"), &["holds no backup"]);
    assert_eq!(files(&other), [other.join("THINGS/1-2.3")]);
    // A backup is under way.
    let lock = File::open(seen.join("lock")).unwrap();
    lock.lock().unwrap();
    refused(&prune_here("1"), &["is under way"]);
    drop(lock);
    // A manifest that cannot be read: of an old point, and of one that stays.
    for point in [1, 3] {
        let manifest = seen.join(format!("point-{point:06}.json"));
        let sound = std::fs::read(&manifest).unwrap();
        std::fs::write(&manifest, &sound[..sound.len() / 2]).unwrap();
        refused(&prune_here("1"), &["is damaged", "which files it needs"]);
        untouched();
        std::fs::write(&manifest, sound).unwrap();
    }
    // A file of a point that stays is cut off, or lost.
    let part = files(&seen.join("PARAMETERS")).pop().unwrap();
    let sound = std::fs::read(&part).unwrap();
    std::fs::write(&part, &sound[..sound.len() - 1]).unwrap();
    refused(&prune_here("1"), &["PARAMETERS/", "of point 3 has"]);
    untouched();
    std::fs::remove_file(&part).unwrap();
    refused(&prune_here("1"), &["PARAMETERS/", "is lost", "of point 3"]);
    std::fs::write(&part, sound).unwrap();
    untouched();
    // A disk that is mounted read-only.
    let remount = |how: &str| {
        let mut mount = disk.command("mount");
        let mounted =
            Answer::of(mount.args(["-o", &format!("remount,{how}")]).arg(instance.scratch().join("disk")));
        assert!(mounted.success, "{}", mounted.stderr);
    };
    remount("ro");
    refused(&prune_here("1"), &["could not write", "Read-only file system"]);
    remount("rw");
    untouched();

    // A disk that is full is what one prunes for.
    disk.fill();
    assert_eq!(prune_here("1").json()["removedPoints"], json!([1, 2]));
    let mut verify = disk.command(reeve());
    let verified =
        Answer::of(verify.arg("--data").arg(instance.data()).arg("verify").arg("--backup").arg(&folder));
    assert_eq!(verified.code, Some(0), "{}", verified.stdout);
}
