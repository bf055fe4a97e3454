//! Packages of the programs, and the agent as a service of a machine: what is put where, and that nothing stays.

use reeve_e2e::{Answer, Instance, agent_program};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// The files below a folder, relative to it.
fn files(root: &Path) -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(path),
                false => found.push(path.strip_prefix(root).unwrap().display().to_string()),
            }
        }
    }
    found.sort();
    found
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn run(command: &mut Command) -> Answer {
    let answer = Answer::of(command);
    assert!(answer.success, "{command:?}: {}{}", answer.stdout, answer.stderr);
    answer
}

/// The line of `nodes add` makes an image a node that starts with it; `uninstall` leaves nothing of it.
#[test]
fn a_pasted_line_installs_the_agent_and_uninstall_leaves_nothing() {
    let instance = Instance::start(0);
    let machine = tempfile::tempdir().unwrap();
    let root = machine.path();
    let added = instance.reeve(&["nodes", "add", "--name", "installed"]);
    let agent = agent_program();
    let (program, image) = (agent.display(), root.display());
    let line = added.text().trim_end();
    let here = line.replace("sudo reeve-agent install", &format!("{program} install --root {image}"));
    assert_ne!(here, line, "the line installs: {line}");
    run(Command::new("sh").args(["-c", &here]));
    let nodes = instance.reeve(&["nodes", "--output", "json"]).json();
    assert_eq!(nodes[0]["name"], "installed", "{nodes}");

    let unit = fs::read_to_string(root.join("etc/systemd/system/reeve-agent.service")).unwrap();
    assert_eq!(unit, instance.reeve(&["nodes", "unit"]).text());
    let wanted = root.join("etc/systemd/system/multi-user.target.wants/reeve-agent.service");
    assert!(fs::symlink_metadata(wanted).is_ok(), "it starts with the machine: {:?}", files(root));
    let installed = fs::metadata(root.join("usr/bin/reeve-agent")).unwrap();
    assert_eq!(installed.permissions().mode() & 0o777, 0o755);
    let identity = fs::read_to_string(root.join("var/lib/reeve-agent/identity.json")).unwrap();

    // Once more: it is the same node, and the activation, which is used up, is not asked for.
    run(Command::new(&agent).args(["install", "--root"]).arg(root));
    assert_eq!(fs::read_to_string(root.join("var/lib/reeve-agent/identity.json")).unwrap(), identity);

    run(Command::new(&agent).args(["uninstall", "--keep-data", "--root"]).arg(root));
    assert!(files(root).iter().all(|file| file.starts_with("var/lib/reeve-agent/")), "{:?}", files(root));
    run(Command::new(&agent).args(["uninstall", "--root"]).arg(root));
    assert_eq!(files(root), [""; 0]);
    let left = fs::read_dir(root.join("var/lib")).unwrap().count();
    assert_eq!(left, 0, "the folder is gone as well");
}

/// A machine that cannot be enrolled is left as it is; one whose agent is a package's is not taken apart behind its back.
#[test]
fn what_cannot_be_installed_leaves_the_machine_as_it_is() {
    let machine = tempfile::tempdir().unwrap();
    let root = machine.path();
    let agent = agent_program();
    let refused = Answer::of(Command::new(&agent).args(["install", "--root"]).arg(root));
    assert!(!refused.success && refused.stderr.contains("--gateway"), "{}", refused.stderr);
    assert!(!root.join("usr").exists() && !root.join("etc").exists(), "{:?}", files(root));

    let unit = root.join("usr/lib/systemd/system/reeve-agent.service");
    fs::create_dir_all(unit.parent().unwrap()).unwrap();
    fs::write(&unit, "").unwrap();
    let refused = Answer::of(Command::new(&agent).args(["uninstall", "--root"]).arg(root));
    assert!(!refused.success && refused.stderr.contains("belongs to a package"), "{}", refused.stderr);
    assert!(unit.exists());
}

/// What is removed with everything below it is the folder that the installed agent has, and an agent's.
#[test]
fn uninstall_removes_the_agents_own_folder_and_no_other() {
    let machine = tempfile::tempdir().unwrap();
    let root = machine.path();
    let agent = agent_program();
    let refused = |arguments: &[&str], said: &str| {
        let answer = Answer::of(Command::new(&agent).args(arguments).arg("--root").arg(root));
        assert!(!answer.success && answer.stderr.contains(said), "{arguments:?}: {}", answer.stderr);
    };
    let missing = Answer::of(Command::new(&agent).args(["uninstall", "--root", "/no/such/folder"]));
    assert!(!missing.success && missing.stderr.contains("--root /no/such/folder"), "{}", missing.stderr);
    refused(&["install", "--data", "relative"], "--data relative");
    refused(&["install", "--data", "/with a blank"], "--data /with a blank");
    let unit = root.join("etc/systemd/system/reeve-agent.service");
    let data = root.join("srv/agent");
    for folder in [unit.parent().unwrap(), &data, &root.join("srv/shop")] {
        fs::create_dir_all(folder).unwrap();
    }
    let text = "[Service]\nExecStart=/usr/bin/reeve-agent --data /srv/agent\n[Install]\nWantedBy=multi-user.target\n";
    fs::write(&unit, text).unwrap();
    fs::write(root.join("srv/shop/orders"), "").unwrap();
    fs::write(data.join("notes"), "").unwrap();
    refused(
        &["uninstall", "--data", "/srv/shop"],
        "the agent that is installed here has its folder at /srv/agent",
    );
    refused(&["uninstall"], "is no folder of an agent");
    assert!(unit.exists() && data.join("notes").exists());
    fs::write(data.join("identity.json"), "{}").unwrap();
    run(Command::new(&agent).args(["uninstall", "--root"]).arg(root));
    assert_eq!(files(root), ["srv/shop/orders"]);
    // Without a unit nothing says whose folder it is.
    refused(&["uninstall", "--data", "/srv/shop"], "is no folder of an agent");
    assert!(root.join("srv/shop/orders").exists());
}

/// Packages hold the programs, their units and licences; they are installed, and a purge leaves nothing.
#[test]
fn packages_are_made_installed_and_purged() {
    let folder = tempfile::tempdir().unwrap();
    let (programs, made) = (folder.path().join("programs"), folder.path().join("made"));
    fs::create_dir(&programs).unwrap();
    // What is packed is not looked into; small programs are packed sooner.
    for name in ["reeve", "reeve-agent", "nats-server"] {
        fs::write(programs.join(name), "#!/bin/sh\n").unwrap();
    }
    run(Command::new(source().join("packages/build")).arg(&made).arg(&programs));
    let held = |name: &str| {
        let mut held = vec![format!("usr/bin/{name}"), format!("usr/lib/systemd/system/{name}.service")];
        if name == "reeve" {
            held.push("usr/lib/reeve/nats-server".to_owned());
        }
        held.extend(
            ["LICENSE", "NOTICE", "sbom.cdx.json"].map(|file| format!("usr/share/doc/{name}/{file}")),
        );
        held.sort();
        held
    };
    let package = |name: &str, end: &str| {
        let found = files(&made).into_iter().find(|file| {
            file.strip_prefix(name).is_some_and(|rest| rest.starts_with(['-', '_']))
                && file.ends_with(end)
                && !(name == "reeve" && file.starts_with("reeve-agent"))
        });
        made.join(found.unwrap_or_else(|| panic!("{name}{end} in {:?}", files(&made))))
    };
    for name in ["reeve-agent", "reeve"] {
        let listed = run(Command::new("rpm").args(["-qlp"]).arg(package(name, ".rpm")));
        let mut listed: Vec<&str> = listed.stdout.lines().map(|line| line.trim_start_matches('/')).collect();
        listed.sort_unstable();
        assert_eq!(listed, held(name));

        let root = folder.path().join("root");
        fs::create_dir_all(root.join("var/lib/dpkg")).unwrap();
        fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
        let dpkg = |arguments: &[&str], last: &Path| {
            let mut dpkg = Command::new("dpkg");
            dpkg.arg("--root").arg(&root).args(["--force-script-chrootless", "--force-depends"]);
            run(dpkg.args(arguments).arg(last));
        };
        dpkg(&["--install"], &package(name, ".deb"));
        let of_dpkg = |file: &String| file.starts_with("var/lib/dpkg/") || file.starts_with("var/log/");
        let there: Vec<String> = files(&root).into_iter().filter(|file| !of_dpkg(file)).collect();
        assert_eq!(there, held(name));
        let bill = fs::read(root.join("usr/share/doc").join(name).join("sbom.cdx.json")).unwrap();
        let bill: serde_json::Value = serde_json::from_slice(&bill).unwrap();
        assert_eq!(bill["metadata"]["component"]["name"], name);
        let components = bill["components"].as_array().unwrap();
        let tokio = components.iter().find(|component| component["name"] == "tokio").unwrap();
        assert_eq!(tokio["hashes"][0]["content"].as_str().unwrap().len(), 64);
        let data = root.join("var/lib").join(name);
        fs::create_dir_all(&data).unwrap();
        fs::write(data.join("ledger"), "").unwrap();
        dpkg(&["--remove"], Path::new(name));
        assert!(data.join("ledger").exists(), "what is removed and installed again is the same node");
        dpkg(&["--purge"], Path::new(name));
        let there: Vec<String> = files(&root).into_iter().filter(|file| !of_dpkg(file)).collect();
        assert_eq!(there, [""; 0]);
        assert!(!data.exists());
        fs::remove_dir_all(&root).unwrap();
    }
}

/// The control plane's unit is held to what `systemd-analyze security` says of it: less than 3 of 10.
#[test]
fn the_unit_of_the_control_plane_is_hardened() {
    let unit = source().join("packages/reeve.service");
    let judged = Answer::of(
        Command::new("systemd-analyze").args(["security", "--offline=true", "--threshold=30"]).arg(unit),
    );
    assert!(judged.success, "{}{}", judged.stdout, judged.stderr);
}
