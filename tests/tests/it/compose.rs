//! docker-compose.yml gives each container what its part needs, and nobody what another one's does. Each part with its
//! own folder alone is what all tests with [`Apart`] run.

use reeve_e2e::{Agent, Answer, Apart, reeve, services, wait_for};
use reeve_testkit::free_port;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

/// The services of docker-compose.yml, or of the file on top of it, by name.
fn containers(file: &str) -> BTreeMap<String, Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let mut file: serde_yaml_ng::Value =
        serde_yaml_ng::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file.apply_merge().unwrap();
    let file = serde_json::to_value(file).unwrap();
    serde_json::from_value(file["services"].clone()).unwrap()
}

/// What is mounted where: the folder, and the volume with `:ro` if it is that.
fn mounts(container: &Value) -> BTreeMap<String, String> {
    let volumes = container["volumes"].as_array().into_iter().flatten();
    let texts = volumes.map(|volume| volume.as_str().unwrap());
    let mounts = texts.filter_map(|text| text.split_once(':'));
    mounts
        .map(|(volume, place)| match place.strip_suffix(":ro") {
            Some(place) => (place.to_owned(), format!("{volume}:ro")),
            None => (place.to_owned(), volume.to_owned()),
        })
        .collect()
}

fn init(folder: &Path, arguments: &str) {
    let mut init = Command::new(reeve());
    let made = Answer::of(init.arg("--data").arg(folder).args(arguments.split_whitespace()));
    assert!(made.success, "{}", made.stderr);
}

/// The files of a folder and those beneath it, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(
                files(&entry.path()).into_iter().map(|(path, text)| (format!("{name}/{path}"), text)),
            );
        } else {
            found.insert(name, String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned());
        }
    }
    found
}

#[test]
fn every_container_has_its_own_part_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let containers = containers("docker-compose.yml");
    init(folder.path(), containers["init"]["command"].as_str().unwrap());
    let parts: BTreeSet<String> = std::fs::read_dir(folder.path().join("parts"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let of_init = mounts(&containers["init"]);
    let mut expected: BTreeMap<String, String> =
        parts.iter().map(|part| (format!("/secrets/parts/{part}"), part.clone())).collect();
    expected.insert("/secrets".to_owned(), "keys".to_owned());
    // Where it sees that a log is there whose keys are gone.
    expected.insert("/data".to_owned(), "log".to_owned());
    assert_eq!(of_init, expected, "init lays the parts out in volumes of their own");
    // What it sends are the keys of all, which no log of its output may have.
    assert_eq!(mounts(&containers["migrate"]), of_init);
    assert_eq!(containers["migrate"]["logging"], json!({"driver": "none"}));
    for (name, container) in
        containers.iter().filter(|(name, _)| !["init", "migrate"].contains(&name.as_str()))
    {
        let (mounts, part) = (mounts(container), if name == "activation" { "administrator" } else { name });
        let secrets = parts.contains(part).then(|| format!("{part}:ro"));
        assert_eq!(mounts.get("/secrets"), secrets.as_ref(), "{name}");
        let own = |volume: &str| !parts.contains(volume) && volume != "keys";
        let others: Vec<_> = mounts.iter().filter(|(place, _)| *place != "/secrets").collect();
        assert!(others.iter().all(|(_, volume)| own(volume.trim_end_matches(":ro"))), "{name}: {others:?}");
    }
    let named = |name: &&str| containers[*name]["command"] == json!(["serve", **name]);
    for service in services().iter().map(String::as_str).chain(["gateway", "key-renewal", "streams"]) {
        assert!(named(&service), "{service} runs in a container of its own");
    }
}

/// A cluster: the same parts, a configuration for each server, and everything else twice.
#[test]
fn in_a_cluster_each_server_knows_the_others_and_each_service_is_there_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (above, single) = (containers("docker-compose.cluster.yml"), containers("docker-compose.yml"));
    let made = &above["init"];
    let servers = made["environment"]["REEVE_BUS_SERVERS"].as_str().unwrap();
    let command = made["command"].as_str().unwrap();
    init(folder.path(), &format!("{command} --tls --tls-name nats --bus-server {servers}"));
    let servers: Vec<&str> = servers.split(',').collect();
    let of_init = mounts(made);
    let mut passwords = BTreeSet::new();
    for (number, server) in servers.iter().enumerate() {
        let config =
            std::fs::read_to_string(folder.path().join(format!("parts/{server}/nats.conf"))).unwrap();
        assert!(config.contains(&format!("server_name: {server}\n")), "{config}");
        let routes: Vec<_> =
            config.lines().filter_map(|line| line.trim().strip_prefix("nats-route://")).collect();
        let others: Vec<_> = servers.iter().filter(|other| *other != server).collect();
        for (route, other) in routes.iter().zip(&others) {
            let (user, place) = route.split_once('@').unwrap();
            assert_eq!(place, format!("{other}:6222"));
            passwords.insert(user.to_owned());
        }
        assert_eq!(routes.len(), others.len());
        assert!(config.contains("ca_file: \"/secrets/ca.pem\", verify: true"), "{config}");
        assert!(folder.path().join(format!("parts/{server}/ca.pem")).exists());
        // Each has its own part, and its own log, which init sees.
        let log = format!("log-{}", number + 1);
        assert_eq!(mounts(&above[*server]).get("/data"), Some(&log));
        assert_eq!(of_init.get(&format!("/logs/{server}")), Some(&log));
        let secrets = mounts(above.get(*server).filter(|_| number > 0).unwrap_or(&single["nats"]));
        assert_eq!(secrets.get("/secrets"), Some(&format!("{server}:ro")));
    }
    assert_eq!(passwords.len(), 1, "one password for all routes");
    let bus: Vec<String> = servers.iter().map(|server| format!("nats://{server}:4222")).collect();
    let knows_the_bus = |container: &Value| {
        let environment = &container["environment"];
        assert_eq!(environment["REEVE_BUS"], bus.join(","));
        assert_eq!(environment["REEVE_BUS_REPLICAS"], servers.len().to_string());
    };
    for service in services() {
        assert_eq!(above[service]["scale"], 2, "{service}");
        knows_the_bus(&above[service]);
    }
    ["gateway-1", "gateway-2", "key-renewal", "streams"].iter().for_each(|name| knows_the_bus(&above[*name]));
    for gateway in ["gateway-1", "gateway-2"] {
        assert_eq!(above[gateway]["command"], json!(["serve", "gateway"]));
        assert_eq!(
            mounts(&above[gateway]),
            BTreeMap::from([("/secrets".to_owned(), "gateway:ro".to_owned())])
        );
    }
    let balancer = BTreeMap::from([("/secrets".to_owned(), "./docker/haproxy:ro".to_owned())]);
    assert_eq!(mounts(&above["gateway"]), balancer, "the balancer has no secret");
}

#[test]
fn a_cluster_that_could_not_work_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, store, logs) =
        (folder.path().join("secrets"), folder.path().join("data"), folder.path().join("logs"));
    let init = |servers: &str| {
        let mut init = Command::new(reeve());
        init.arg("--data").arg(&secrets).args(["init", "--bus-server", servers, "--bus-store"]).arg(&store);
        Answer::of(init.arg("--bus-logs").arg(&logs))
    };
    for (servers, said) in [
        ("nats,nats-2", "three servers or of five"),
        ("nats,nats-2,nats-2", "each named once"),
        ("nats,nats-2,Nats", "\"Nats\""),
        ("a,b,c", "the first server is \"nats\""),
    ] {
        let refused = init(servers);
        assert!(refused.complaint().contains(said), "{servers}: {}", refused.stderr);
        assert!(!secrets.join("keys.json").exists(), "nothing was made");
    }
    let three = "nats,nats-2,nats-3";
    assert!(init(three).success, "no log yet");
    std::fs::create_dir_all(store.join("jetstream/ACCOUNT")).unwrap();
    let refused = init(three);
    assert!(refused.complaint().contains("the log of a single server"), "{}", refused.stderr);
    std::fs::create_dir_all(logs.join("nats-2/jetstream/ACCOUNT")).unwrap();
    assert!(init(three).success, "the cluster has a log of its own");
}

#[test]
fn the_keys_that_nodes_trust_are_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "init --endpoint http://a:1 --bus nats://b:2");
    let files = files(folder.path());
    let with = |secret: &str| -> Vec<_> {
        files.iter().filter(|(_, text)| text.contains(secret.trim())).map(|(path, _)| path.as_str()).collect()
    };
    assert_eq!(with(&files["root.seed"]), ["parts/key-renewal/root.seed", "root.seed"]);
    assert_eq!(with(&files["dispatch.seeds"]), ["dispatch.seeds", "parts/run-command/dispatch.seeds"]);
    let keys: Value = serde_json::from_str(&files["keys.json"]).unwrap();
    let mac = with(keys["mac_key"].as_str().unwrap());
    assert!(mac.iter().all(|path| !path.contains("nats/") && !path.contains("administrator/")), "{mac:?}");
}

#[test]
fn a_key_that_is_rotated_reaches_the_part_that_signs() {
    let apart = Apart::start();
    let _agent = Agent::enrol(apart.instance(), "one");
    let keys = || files(apart.secrets())["parts/run-command/dispatch.seeds"].lines().count();
    assert_eq!(keys(), 1);
    // Where `init` put it, `--data` finds the gateway, the bus and the root key.
    let command = |arguments: &[&str]| {
        let mut command = Command::new(reeve());
        command.env_remove("AWS_ENDPOINT_URL").arg("--data").arg(apart.secrets()).args(arguments);
        Answer::of(&mut command)
    };
    let before = command(&["keys", "show"]);
    let rotated = command(&["keys", "rotate"]);
    assert!(rotated.success, "{}", rotated.stderr);
    assert_eq!(keys(), 2);
    let old = before.stdout.lines().last().unwrap().split(' ').next().unwrap().to_owned();
    let withdrawn = command(&["keys", "rotate", "--withdraw", &old]);
    assert!(withdrawn.success, "{}", withdrawn.stderr);
    assert!(!withdrawn.stdout.contains(&old) && keys() == 2, "{}", withdrawn.stdout);
    let ran = wait_for("a command runs", || {
        Some(command(&["run", "--", "echo", "it runs"])).filter(|answer| answer.success)
    });
    assert!(ran.stdout.contains("it runs"), "{}", ran.stdout);
}

/// Nobody has to renew the keys by hand: a part does, where the root key is. And where it does not, it is said.
#[test]
fn keys_that_nobody_renewed_are_an_alarm_until_the_part_that_renews_is_there() {
    let mut apart = Apart::start();
    apart.end("key-renewal");
    let root = std::fs::read_to_string(apart.secrets().join("root.seed")).unwrap();
    let root = nkeys::KeyPair::from_seed(root.trim()).unwrap();
    let instance = apart.instance();
    let in_force = || instance.raw().call_of("nodes", "GetDispatchKeys", &json!({}), None).1;
    let before = in_force();
    let signed = data_encoding::BASE64.decode(before["keySet"].as_str().unwrap().as_bytes()).unwrap();
    let mut set = reeve_node_protocol::keys::open(&root.public_key(), &signed).unwrap();
    let now = reeve_types::Timestamp::now();
    (set.version, set.expires_ms) = (set.version + 1, now.plus_seconds(20 * 24 * 3600).0);
    set.issued_ms = now.plus_seconds(-70 * 24 * 3600).0;
    let (status, said) =
        crate::keys::publish(instance, &root, &reeve_node_protocol::keys::sign(&root, &set).unwrap());
    assert_eq!(status, 200, "{said}");
    wait_for("the alarm stands in the log", || {
        let expiring = |event: &Value| event["type"] == "reeve.nodes.DispatchKeysExpiring.v1";
        instance.events().iter().any(expiring).then_some(())
    });
    let warned = || Some(instance.ready()).filter(|(_, text)| text.contains("reeve keys renew"));
    let (status, _) = wait_for("/readyz says it", warned);
    assert_eq!(status, 200, "it works still");
    apart.start_all();
    let instance = apart.instance();
    let in_force = || instance.raw().call_of("nodes", "GetDispatchKeys", &json!({}), None).1;
    wait_for("it is renewed", || {
        (in_force()["expires"].as_f64()? > now.plus_seconds(80 * 24 * 3600).epoch_seconds()).then_some(())
    });
    wait_for("/readyz says nothing", || (!instance.ready().1.contains("reeve keys renew")).then_some(()));
}

#[test]
fn with_tls_each_part_has_the_authority_and_only_two_the_certificate() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "init --tls --tls-name nats --endpoint gateway:8400 --bus nats://nats:4222");
    let with = |name: &str| -> BTreeSet<String> {
        let of_parts = files(&folder.path().join("parts"));
        of_parts.keys().filter_map(|path| path.strip_suffix(name)).map(str::to_owned).collect()
    };
    let parts = std::fs::read_dir(folder.path().join("parts")).unwrap();
    let parts: BTreeSet<String> =
        parts.map(|part| format!("{}/", part.unwrap().file_name().into_string().unwrap())).collect();
    let two = BTreeSet::from(["gateway/".to_owned(), "nats/".to_owned()]);
    let without_nats = parts.into_iter().filter(|part| part != "nats/").collect();
    assert_eq!((with("ca.pem"), with("server.key")), (without_nats, two.clone()));
    assert_eq!(with("ca.key"), BTreeSet::new(), "the authority's key stays where init runs");
    let text = |path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap();
    assert!(text("parts/nats/nats.conf").contains("/secrets/server.pem"));
    assert!(text("parts/gateway/instance.json").contains("https://gateway:8400"));
    // Without TLS again nobody keeps what would make him ask for it.
    init(folder.path(), "init --endpoint gateway:8400 --bus nats://nats:4222");
    assert_eq!((with("ca.pem"), with("server.key")), (BTreeSet::new(), BTreeSet::new()));
    assert!(text("parts/gateway/instance.json").contains("http://gateway:8400"));
}

#[test]
fn a_log_whose_keys_are_gone_is_given_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, store) = (folder.path().join("secrets"), folder.path().join("data"));
    let init = || {
        let mut init = Command::new(reeve());
        Answer::of(init.arg("--data").arg(&secrets).args(["init", "--bus-store"]).arg(&store))
    };
    assert!(init().success, "no log yet");
    std::fs::create_dir_all(store.join("jetstream/ACCOUNT")).unwrap();
    assert!(init().success, "the keys of the log are there");
    std::fs::remove_file(secrets.join("keys.json")).unwrap();
    let refused = init();
    assert!(refused.complaint().contains("bring back that folder"), "{}", refused.stderr);
    assert!(!secrets.join("keys.json").exists());
}

#[test]
fn a_part_says_that_it_is_not_ready_and_why_until_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    init(&secrets, "init");
    let (bus, status) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
    let health =
        || Answer::of(Command::new(reeve()).args(["health", "--output", "json", "--status", &status]));
    assert!(health().complaint().contains("does not answer"));
    let mut serve = Command::new(reeve());
    serve
        .args(["serve", "tags", "streams", "--account", "123456789012", "--status", &status, "--secrets"])
        .arg(&secrets);
    serve.args(["--bus", &format!("nats://{bus}"), "--views"]).arg(folder.path().join("views"));
    let _serving = crate::tls::start(&mut serve);
    wait_for("it says what it waits for", || {
        let said = health();
        (!said.success && said.stderr.contains("not ready: the bus was not reached yet")).then_some(())
    });
    let mut nats = Command::new(reeve_testkit::Nats::executable());
    let mut init = Command::new(reeve());
    init.arg("--data")
        .arg(&secrets)
        .args(["init", "--bus-listen", &bus, "--bus-store"])
        .arg(folder.path().join("log"));
    assert!(Answer::of(&mut init).success);
    let _nats = crate::tls::start(nats.arg("--config").arg(secrets.join("nats.conf")));
    let ready = wait_for("it is ready", || Some(health()).filter(|said| said.success));
    assert_eq!(ready.json(), json!({"status": "ready"}));
}

#[test]
fn what_is_published_beyond_this_machine_speaks_tls_or_says_that_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let init = |address: &str, more: &[&str]| {
        let mut init = Command::new(reeve());
        init.arg("--data").arg(folder.path().join(address)).arg("init").args(more);
        Answer::of(init.env("REEVE_BIND_ADDRESS", address))
    };
    for address in ["0.0.0.0", "10.1.2.3", "::"] {
        let refused = init(address, &[]).complaint().to_owned();
        assert!(refused.contains("REEVE_TLS=true") && refused.contains(address), "{refused}");
        assert!(!folder.path().join(address).join("keys.json").exists(), "nothing was made");
    }
    assert!(init("127.0.0.1", &[]).success);
    assert!(init("10.1.2.3", &["--insecure"]).success);
    assert!(init("10.1.2.3", &["--tls", "--tls-name", "gateway"]).success);
}
