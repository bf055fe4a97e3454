//! `up --tls`: everything of ours speaks TLS with everything else, and nobody is let in without it.

use reeve_e2e::{Agent, Answer, Instance, reeve, wait_for};
use reeve_jetstream::{Bus, Credentials, Options};
use reeve_testkit::{Nats, free_port};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const TLS: [(&str, &str); 2] = [("REEVE_TLS", "true"), ("REEVE_TLS_NAME", "reeve.example,192.0.2.7")];
/// Nothing that a server must answer at once takes so long.
const LONG: Duration = Duration::from_secs(20);

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{value} has no text {name}"))
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

#[test]
fn with_every_client_of_ours_and_aws() {
    let instance = Instance::start_with(1, &TLS);
    let announced = instance.announced();
    assert!(text(&announced, "endpoint").starts_with("https://127.0.0.1:"), "{announced}");
    assert!(text(&announced, "bus_url").starts_with("tls://127.0.0.1:"), "{announced}");
    let ran = instance.reeve(&["run", "--", "echo over TLS"]);
    assert!(ran.text().contains("over TLS"), "{}", ran.stdout);
    assert!(instance.events().len() > 3, "the bus shows its events");

    // An agent of another folder keeps what it was given, and needs it no more.
    let mut agent = Agent::enrol(&instance, "own");
    let command = instance.send_to(&agent.node(), "echo from afar");
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    assert_eq!(
        std::fs::read(agent.folder().join("ca.pem")).unwrap(),
        std::fs::read(text(&announced, "ca")).unwrap()
    );
    agent.end(rustix::process::Signal::TERM);
    agent.unset("REEVE_CA");
    agent.start();
    agent.wait_until(&instance, "Online");

    let described = instance.aws(&["describe-instance-information"]).json();
    assert_eq!(described["InstanceInformationList"].as_array().unwrap().len(), 2);
    let refused = Answer::of(instance.aws_command(&["list-documents"]).env_remove("AWS_CA_BUNDLE"));
    println!("aws without the authority: {}", refused.complaint().trim());
    assert!(refused.complaint().contains("CERTIFICATE_VERIFY_FAILED"), "{}", refused.complaint());
    let exports = instance.reeve(&["env"]);
    let shell = format!("{}\nexec \"$0\" nodes", exports.text());
    let by_exports = Answer::of(Command::new("sh").args(["-c", &shell]).arg(reeve()).env("HOME", "/"));
    assert!(by_exports.text().contains("mi-"), "{}", by_exports.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_it_nobody_is_let_in() {
    let instance = Instance::start_with(1, &TLS);
    let announced = instance.announced();
    let Credentials::Jwt { jwt, .. } = instance.core_options().credentials else { panic!("no user") };

    // A client of the bus that ignores that TLS is required, and shows good credentials in plain.
    let bus = text(&announced, "bus_url").trim_start_matches("tls://");
    let mut lines = BufReader::new(connect(bus));
    let mut info = String::new();
    lines.read_line(&mut info).unwrap();
    let said: Value = serde_json::from_str(info.trim_start_matches("INFO ")).unwrap();
    assert_eq!(said["tls_required"], true, "{info}");
    let options = json!({"verbose": true, "jwt": jwt, "sig": "x", "tls_required": false});
    // It may be closed before all was sent.
    let _sent = lines.get_mut().write_all(format!("CONNECT {options}\r\nPING\r\n").as_bytes()).is_ok();
    let mut rest = Vec::new();
    let _reset = lines.read_to_end(&mut rest).is_ok();
    let rest = String::from_utf8_lossy(&rest).into_owned();
    println!("plain CONNECT to the bus: {:?}", rest.trim());
    assert!(!rest.contains("PONG") && !rest.contains("+OK"), "{rest}");

    // Who does not trust the authority does not get in, with whatever credentials; nor does a plain gateway's client.
    let stranger = Options { ca: None, ..instance.core_options() };
    let refused = Bus::connect(&stranger).await.err().expect("let in");
    println!("without the authority: {refused}");
    let gateway = text(&announced, "endpoint").trim_start_matches("https://");
    let mut plain = connect(gateway);
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let (begun, mut answer) = (Instant::now(), Vec::new());
    let _reset = plain.read_to_end(&mut answer).is_ok();
    println!("plain HTTP to the gateway: closed after {} ms", begun.elapsed().as_millis());
    assert!(!answer.starts_with(b"HTTP") && begun.elapsed() < LONG / 2);

    let tls = instance.data().join("tls");
    for name in ["ca.key", "server.key"] {
        let mode = std::fs::metadata(tls.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_gets_no_credentials_from_one_that_knows_better() {
    let plain = Instance::start(1);
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let other = Instance::start_with(0, &TLS);
    std::fs::copy(text(&other.announced(), "ca"), &ca).unwrap();
    let downgraded = Options { ca: Some(ca), ..plain.core_options() };
    let refused = Bus::connect(&downgraded).await.err().expect("connected without TLS");
    println!("a bus without TLS, for one who knows an authority: {refused}");
}

#[test]
fn on_and_off_again() {
    let mut instance = Instance::start(1);
    let node = instance.node();
    let mut steps = Vec::new();
    for (environment, scheme) in [(&TLS[..], "https"), (&TLS[..1], "https"), (&[][..], "http")] {
        instance.stop();
        instance.set_environment(environment);
        let begun = Instant::now();
        instance.restart();
        let announced = instance.announced();
        assert!(text(&announced, "endpoint").starts_with(&format!("{scheme}://")), "{announced}");
        assert_eq!(instance.node(), node, "the same node, by what it was enrolled with");
        let command = instance.send("true");
        assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
        steps.push((
            scheme,
            begun.elapsed().as_millis(),
            announced["ca"].as_str().map(|ca| std::fs::read(ca).unwrap()),
        ));
    }
    assert_eq!(steps[0].2, steps[1].2, "the authority stays, whatever the names");
    for (scheme, took, _) in steps {
        println!("{scheme}: with its node after {took} ms");
    }
}

/// Ends its process when dropped.
pub struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ended = self.0.kill().and_then(|()| self.0.wait()).is_ok();
    }
}

pub fn start(command: &mut Command) -> Ending {
    Ending(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

#[test]
fn parts_that_run_apart() {
    // Its certificates serve as those that an operator brings along.
    let other = Instance::start_with(0, &TLS);
    let ours = other.data().join("tls");
    let (ca, certificate, key) = (ours.join("ca.pem"), ours.join("server.pem"), ours.join("server.key"));
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    let bus = format!("127.0.0.1:{}", free_port());
    let mut init = Command::new(reeve());
    init.arg("--data").arg(&secrets).args(["init", "--bus-listen", &bus, "--bus-store"]);
    init.arg(folder.path()).arg("--bus-tls-cert").arg(&certificate).arg("--bus-tls-key").arg(&key);
    assert!(Answer::of(&mut init).success);
    let _nats = start(Command::new(Nats::executable()).arg("--config").arg(secrets.join("nats.conf")));
    let serve = |address: &str, more: &[(&str, &Path)]| {
        let mut command = Command::new(reeve());
        command.args([
            "serve",
            "documents",
            "gateway",
            "streams",
            "--account",
            "123456789012",
            "--http",
            address,
            "--secrets",
        ]);
        command
            .arg(&secrets)
            .args(["--bus", &format!("tls://{bus}"), "--views"])
            .arg(folder.path().join("views"));
        more.iter().for_each(|(name, file)| _ = command.arg(name).arg(file));
        command
    };
    let address = format!("127.0.0.1:{}", free_port());
    let mut insecure = serve("0.0.0.0:0", &[("--ca", &ca)]);
    assert!(Answer::of(&mut insecure).complaint().contains("--tls-cert and --tls-key are needed"));
    let _serving =
        start(&mut serve(&address, &[("--ca", &ca), ("--tls-cert", &certificate), ("--tls-key", &key)]));
    let shell =
        format!(". '{}/administrator.env'; exec '{}' documents", secrets.display(), reeve().display());
    let documents = wait_for("the documents are listed", || {
        let mut command = Command::new("sh");
        command.args(["-c", &shell]).env("AWS_ENDPOINT_URL", format!("https://{address}"));
        let answer = Answer::of(command.env("AWS_CA_BUNDLE", &ca));
        answer.success.then_some(answer.stdout)
    });
    assert!(documents.contains("AWS-RunShellScript"), "{documents}");
}

#[test]
fn beyond_loopback_only_with_tls() {
    let folder = tempfile::tempdir().unwrap();
    let up = |arguments: &[&str]| {
        let mut command = Command::new(reeve());
        command.arg("--data").arg(folder.path()).arg("up").args(arguments);
        Answer::of(&mut command).complaint().to_owned()
    };
    for (arguments, says) in [
        (&["--http", "0.0.0.0:0"][..], "beyond loopback --tls is needed"),
        (&["--bus-listen", "0.0.0.0"], "beyond loopback --tls is needed"),
        (&["--tls", "--bus-listen", "0.0.0.0"], "nodes need a --tls-name"),
        (&["--tls-name", "x"], "--tls-name without --tls"),
    ] {
        let complaint = up(arguments);
        assert!(complaint.contains(says), "{arguments:?}: {complaint}");
    }
}
