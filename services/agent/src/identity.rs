//! Who this node is. The seed never leaves the node; the file is for its owner's eyes only.

use crate::{
    files, keys,
    machine::Machine,
    options::Options,
    proxy::{proxy_of, with_proxy},
    trust::trusted,
};
use data_encoding::BASE64;
use reeve_node_protocol::{
    enrol::{Answer, Request},
    keys::Trust,
};
use reeve_types::{NodeId, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};
use ureq::tls::{Certificate, TlsConfig};

/// The certificates of those whom this node trusts, within its folder.
const CA_FILE: &str = "ca.pem";

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not use {path}: {reason}")]
    File { path: String, reason: String },
    #[error(
        "this node is not enrolled yet: --gateway, --activation-id and --activation-code are needed once"
    )]
    NotEnrolled,
    #[error("--register-again needs --gateway, --activation-id and --activation-code")]
    NothingToRegisterWith,
    #[error("the gateway at {gateway} did not enrol this node: {reason}")]
    Refused { gateway: String, reason: String },
    #[error(
        "the control plane behind {gateway} has the root key {root}, not {wanted} as --root-key says: this node is not \
         enrolled there"
    )]
    OtherRoot { gateway: String, root: String, wanted: String },
    #[error(
        "this node trusts the control plane with the root key {root}, and --root-key says {wanted}: only \
         --register-again, with an activation of that control plane, makes it a node of another one"
    )]
    NotThisRoot { root: String, wanted: String },
    #[error(
        "this folder is that of the node {0}, and was made on another machine: this one is not that node. Start the agent \
         with --gateway and an activation to enrol it as a new node; or once with --accept-new-machine, if it takes the \
         former machine's place"
    )]
    OtherMachine(NodeId),
    #[error(transparent)]
    Keys(#[from] keys::Error),
}

/// The identity, as it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct Identity {
    pub node_id: NodeId,
    pub seed: String,
    pub jwt: String,
    pub bus_url: String,
    /// The control plane's public root key, pinned at enrolment.
    pub root_key: String,
    pub region: String,
    /// The gateway that it was enrolled at; empty for one that was enrolled before this was kept.
    #[serde(default)]
    pub gateway: String,
    /// What it was enrolled with.
    pub activation_id: String,
    /// The machine that was enrolled.
    #[serde(default)]
    pub machine: Machine,
    /// Enrolled in this run, so that no ledger can be expected.
    #[serde(skip)]
    pub is_new: bool,
}

/// Reads the identity, or enrols this node; again, if the options say so.
///
/// # Errors
/// When there is none and the options name no activation, or the gateway refuses it.
pub async fn load_or_enrol(options: &Options) -> Result<Identity, Error> {
    if let Some(ca) = &options.ca {
        keep_ca(&options.data, ca)?;
    }
    let path = options.data.join("identity.json");
    let failed =
        |e: &dyn std::fmt::Display| Error::File { path: path.display().to_string(), reason: e.to_string() };
    let known: Option<Identity> = match std::fs::read(&path) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).map_err(|e| failed(&e))?),
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(&e)),
        Err(_) => None,
    };
    let machine = Machine::read(&options.machine_id_file);
    let known = match known {
        Some(known) => Some(on_this_machine(known, &machine, options, &path)?),
        None => None,
    };
    let is_copy = known.as_ref().is_some_and(|known| machine.is_other_than(&known.machine));
    let former = match known {
        former @ Some(_) if is_copy => former,
        Some(known) if !options.register_again => return with_wanted_root(known, options),
        Some(known) if options.activation_id.as_ref() == Some(&known.activation_id) => {
            return with_wanted_root(known, options);
        }
        former => former,
    };
    let (Some(gateway), Some(id), Some(code)) =
        (options.gateway.clone(), options.activation_id.clone(), code(options)?)
    else {
        if let Some(former) = former.as_ref().filter(|_| is_copy) {
            return Err(Error::OtherMachine(former.node_id.clone()));
        }
        return Err(if former.is_some() { Error::NothingToRegisterWith } else { Error::NotEnrolled });
    };
    make_folder(&options.data)?;
    // The key is kept before it is shown to anybody: an enrolment that is cut off is repeated with the same one.
    let key_path = options.data.join("node.seed");
    let key = load_or_make_key(&key_path)?;
    let seed = key.seed().map_err(|e| failed(&e))?;
    let refused = |reason: String| Error::Refused { gateway: gateway.clone(), reason };
    let request = Request::sign(&key, &id, &code, &crate::platform::hostname()).map_err(refused)?;
    let tls = trusted(kept_ca(&options.data).as_deref()).map_err(refused)?;
    let answer = enrol(gateway.clone(), request, tls).await.map_err(refused)?;
    let key_set = first_set(&answer, &gateway, options)?;
    let identity = Identity {
        node_id: answer.node_id.parse().map_err(|e| refused(format!("{e}")))?,
        seed,
        jwt: answer.jwt,
        bus_url: answer.bus_url,
        root_key: answer.root_key,
        region: answer.region,
        gateway: gateway.clone(),
        activation_id: id,
        machine,
        is_new: true,
    };
    if let Some(former) = former {
        put_away(&options.data, &former.node_id).map_err(|e| failed(&e))?;
    }
    // Before the identity: there is none without the keys that it trusts.
    keys::keep_first(&options.data, &key_set)?;
    keep(&path, &identity)?;
    // The identity holds the seed now; an error leaves a second private copy, no more.
    let _removed = std::fs::remove_file(&key_path).is_ok();
    tracing::info!("enrolled as {}", identity.node_id);
    Ok(identity)
}

/// The activation's code, wherever it is.
fn code(options: &Options) -> Result<Option<String>, Error> {
    let Some(path) = &options.activation_code_file else { return Ok(options.activation_code.clone()) };
    let read = match path.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin()),
        false => std::fs::read_to_string(path),
    };
    let failed = |e: std::io::Error| Error::File { path: path.display().to_string(), reason: e.to_string() };
    Ok(Some(read.map_err(failed)?.trim().to_owned()))
}

/// An identity that is there already, with what is known of its machine now, unless the folder is of another machine.
fn on_this_machine(
    mut known: Identity,
    machine: &Machine,
    options: &Options,
    path: &Path,
) -> Result<Identity, Error> {
    if machine.is_other_than(&known.machine) && !options.accept_new_machine {
        return Ok(known);
    }
    let machine = machine.clone().or(&known.machine);
    if machine != known.machine {
        known.machine = machine;
        keep(path, &known)?;
    }
    Ok(known)
}

fn keep(path: &Path, identity: &Identity) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(identity)
        .map_err(|e| Error::File { path: path.display().to_string(), reason: e.to_string() })?;
    write_private(path, &text)
}

/// An identity that is there already, if it has the root that the options want.
fn with_wanted_root(known: Identity, options: &Options) -> Result<Identity, Error> {
    match &options.root_key {
        Some(wanted) if *wanted != known.root_key => {
            Err(Error::NotThisRoot { root: known.root_key, wanted: wanted.clone() })
        }
        _ => Ok(known),
    }
}

/// The first set of dispatch keys, if the answer is of a control plane that the options allow.
fn first_set(answer: &Answer, gateway: &str, options: &Options) -> Result<Vec<u8>, Error> {
    let gateway = gateway.to_owned();
    if let Some(wanted) = options.root_key.as_ref().filter(|wanted| **wanted != answer.root_key) {
        let (root, wanted) = (answer.root_key.clone(), wanted.clone());
        return Err(Error::OtherRoot { gateway, root, wanted });
    }
    let refused = |reason: String| Error::Refused { gateway: gateway.clone(), reason };
    let signed = BASE64.decode(answer.key_set.as_bytes()).map_err(|e| refused(format!("key_set: {e}")))?;
    let trust = Trust::restore(&answer.root_key, &signed).map_err(|e| refused(e.to_string()))?;
    let expired = Timestamp(trust.set().expires_ms);
    if Timestamp::now() >= expired {
        return Err(refused(format!(
            "its dispatch keys expired at {expired}: `reeve keys renew` renews them"
        )));
    }
    Ok(signed)
}

/// Keeps the certificates of those whom this node trusts, if they are any.
fn keep_ca(data: &Path, ca: &Path) -> Result<(), Error> {
    let failed = |reason: String| Error::File { path: ca.display().to_string(), reason };
    let pem = std::fs::read(ca).map_err(|e| failed(e.to_string()))?;
    Certificate::from_pem(&pem).map_err(|e| failed(e.to_string()))?;
    make_folder(data)?;
    write_private(&data.join(CA_FILE), &pem)
}

fn make_folder(path: &Path) -> Result<(), Error> {
    // What it lies in is made as others are: it may be an image's /var/lib.
    let parents = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let made = parents.and_then(|()| std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path));
    made.map_err(|e| Error::File { path: path.display().to_string(), reason: e.to_string() })
}

/// The file of those certificates, if there is one.
pub fn kept_ca(data: &Path) -> Option<PathBuf> {
    Some(data.join(CA_FILE)).filter(|path| path.exists())
}

/// Keeps what another identity left: its number in the inbox and its reports are not the next one's. The identity goes
/// last, so that a node whose ledger is gone already is still known as the one that had it.
fn put_away(data: &Path, node: &NodeId) -> std::io::Result<()> {
    let former = data.join("former").join(node.as_str());
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&former)?;
    for name in ["ledger.redb", keys::KEY_SET_FILE, "identity.json"] {
        match std::fs::rename(data.join(name), former.join(name)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(())
}

fn load_or_make_key(path: &Path) -> Result<nkeys::KeyPair, Error> {
    let failed =
        |e: &dyn std::fmt::Display| Error::File { path: path.display().to_string(), reason: e.to_string() };
    if path.exists() {
        let seed = std::fs::read_to_string(path).map_err(|e| failed(&e))?;
        return nkeys::KeyPair::from_seed(&seed).map_err(|e| failed(&e));
    }
    let key = nkeys::KeyPair::new_user();
    write_private(path, key.seed().map_err(|e| failed(&e))?.as_bytes())?;
    Ok(key)
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    files::write_private(path, bytes)
        .map_err(|e| Error::File { path: path.display().to_string(), reason: e.to_string() })
}

/// How long enrolment is tried while the gateway is not there yet.
const ENROLMENT_RETRY_TIME: Duration = Duration::from_secs(30);
const LONGEST_RETRY_DELAY: Duration = Duration::from_secs(2);

async fn enrol(gateway: String, request: Request, tls: TlsConfig) -> Result<Answer, String> {
    let body = serde_json::to_vec(&request).map_err(|e| e.to_string())?;
    let url = format!("{}/enroll", gateway.trim_end_matches('/'));
    let (begun, mut delay) = (tokio::time::Instant::now(), Duration::from_millis(100));
    let mut said = false;
    loop {
        let (url, body, tls) = (url.clone(), body.clone(), tls.clone());
        let tried =
            tokio::task::spawn_blocking(move || post(&url, &body, tls)).await.map_err(|e| e.to_string())?;
        match tried {
            Ok(answer) => return Ok(answer),
            Err(Failure::Final(reason)) => return Err(reason),
            Err(Failure::Again(reason)) if begun.elapsed() >= ENROLMENT_RETRY_TIME => return Err(reason),
            Err(Failure::Again(reason)) if !std::mem::replace(&mut said, true) => {
                let seconds = ENROLMENT_RETRY_TIME.as_secs();
                tracing::warn!(
                    "the gateway at {gateway} does not enrol this node yet: {reason}; trying again for {seconds} s"
                );
            }
            Err(Failure::Again(_)) => {}
        }
        tokio::time::sleep(delay).await;
        delay = (delay * 2).min(LONGEST_RETRY_DELAY);
    }
}

enum Failure {
    Again(String),
    Final(String),
}

fn post(url: &str, body: &[u8], tls: TlsConfig) -> Result<Answer, Failure> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).tls_config(tls);
    let config = config.proxy(proxy_of(url)).timeout_global(Some(Duration::from_secs(30)));
    let agent: ureq::Agent = config.build().into();
    let again = |e: ureq::Error| Failure::Again(with_proxy(url, &e.to_string()));
    let mut answer = agent.post(url).content_type("application/json").send(body).map_err(again)?;
    let text = answer.body_mut().read_to_string().map_err(again)?;
    match answer.status().as_u16() {
        200 => serde_json::from_str(&text)
            .map_err(|e| Failure::Final(format!("the answer is not understood: {e}"))),
        500.. => Err(Failure::Again(text)),
        _ if text.contains("ThrottlingException") => Err(Failure::Again(text)),
        _ => Err(Failure::Final(text)),
    }
}
