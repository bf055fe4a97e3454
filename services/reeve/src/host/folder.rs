//! The folder of an instance: its keys, made once; its lock; and where it can be reached.

use super::{
    bus::{BusAddress, connect, ensure_restored},
    files::{self, read, write_private},
    moves::Moves,
    rights,
    secrets::{Secrets, key},
    services,
};
use anyhow::{Context, anyhow, bail, ensure};
use data_encoding::HEXLOWER;
use reeve_jetstream::{
    Bus,
    calls::{self, CallKeys},
    mac::MacKey,
    operator::Keys as OperatorKeys,
};
use reeve_types::ids::random_hex;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The secrets of an instance but its root and dispatch keys. Whoever reads this file owns the bus.
#[derive(Clone, Serialize, Deserialize)]
pub struct Keys {
    pub operator: OperatorKeys,
    /// Seals pagination tokens, hexadecimal.
    pub token_key: String,
    /// Authenticates the events and messages that services write, hexadecimal.
    pub mac_key: String,
    /// Encrypts the data keys of secrets, hexadecimal.
    pub secrets_key: String,
    pub account: String,
    pub region: String,
    /// The bus's port, where nodes find it: chosen free at the first start of `up`, or published for parts that run apart.
    pub bus_port: u16,
}

impl Keys {
    /// Connects as who has the keys of all: everything may be done, what is written and said is authenticated, and any service is called.
    ///
    /// # Errors
    /// When a key is not usable, the bus does not let it in, or what is there is no log.
    pub async fn connect(&self, bus: &BusAddress, name: &str) -> anyhow::Result<Bus> {
        let connected = connect(bus, &self.operator.core_user(name)?, name).await?;
        ensure_restored(&connected).await?;
        let authenticating = connected.authenticating(MacKey::new(&key(&self.mac_key)?));
        Ok(authenticating.with_call_keys(CallKeys::Root(self.operator.call_key())))
    }
}

/// How clients reach a running instance. Written by `up`, for its owner's eyes only.
#[derive(Clone, Serialize, Deserialize)]
pub struct Instance {
    pub endpoint: String,
    /// Where clients and nodes on other machines find it, if elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_endpoint: Option<String>,
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub bus_url: String,
    /// The certificates of those whose word for both counts, when they speak TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// The process that runs it.
    pub pid: u32,
}

#[derive(Serialize, Deserialize)]
struct Principals {
    principals: Vec<PrincipalEntry>,
}

#[derive(Clone, Serialize, Deserialize)]
struct PrincipalEntry {
    name: String,
    access_key_id: String,
    secret_access_key: String,
    administrator: bool,
}

/// An instance's folder, held by this process.
pub struct Folder {
    pub path: PathBuf,
    pub keys: Keys,
    /// The administrator's access key: id and secret.
    pub administrator: (String, String),
    /// Released by the operating system, whatever happens to this process.
    _lock: File,
}

impl Folder {
    /// Makes or opens a folder and takes its lock.
    ///
    /// # Errors
    /// When another process holds it: the sentence says which. When its instance was moved elsewhere.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        Self::open_with(path, |_| ())
    }

    /// As [`Folder::open`], with something that its keys are to say.
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub fn open_with(path: &Path, adopt: impl FnOnce(&mut Keys)) -> anyhow::Result<Self> {
        files::make_private_folder(path)?;
        let path =
            path.canonicalize().with_context(|| format!("could not open the folder {}", path.display()))?;
        let lock = lock(&path)?;
        Moves::ensure_here(&path)?;
        ensure_not_half_restored(&path)?;
        let keys_path = path.join(files::KEYS);
        let mut keys = if keys_path.exists() { read_keys(&path)? } else { make_keys()? };
        adopt(&mut keys);
        super::keys::ensure_made(&path)?;
        write_private(&keys_path, &serde_json::to_vec_pretty(&keys)?)?;
        let principals_path = path.join(files::PRINCIPALS);
        let principals: Principals = if principals_path.exists() {
            read(&principals_path)?
        } else {
            make_administrator(&principals_path)?
        };
        let found = principals.principals.iter().find(|p| p.administrator);
        let found = found.ok_or_else(|| anyhow!("{} names no administrator", principals_path.display()))?;
        let administrator = (found.access_key_id.clone(), found.secret_access_key.clone());
        Ok(Self { path, keys, administrator, _lock: lock })
    }

    /// The secrets of this instance, with new credentials under its keys.
    ///
    /// # Errors
    /// When the keys are broken.
    pub fn secrets(&self) -> anyhow::Result<Secrets> {
        let keys = &self.keys;
        let made = [
            (files::SYSTEM, serde_json::to_string_pretty(&keys.operator.system_user("services")?)?),
            (files::ENROLMENT, serde_json::to_string_pretty(&keys.operator.enrolment()?)?),
            (files::ADMISSION, serde_json::to_string_pretty(&keys.operator.admission()?)?),
            (files::CLIENTS, serde_json::to_string_pretty(&keys.operator.client_users()?)?),
            (files::CLIENT_ADMISSION, serde_json::to_string_pretty(&keys.operator.client_admission()?)?),
            (files::MAC, keys.mac_key.clone()),
            (files::CALL_KEY, HEXLOWER.encode(&keys.operator.call_key())),
            (files::TOKEN_KEY, keys.token_key.clone()),
            (files::SECRETS_KEY, keys.secrets_key.clone()),
        ];
        let mut made: BTreeMap<_, _> = made.into_iter().map(|(file, text)| (file.to_owned(), text)).collect();
        for part in rights::names() {
            let user = keys.operator.part_user(part)?;
            made.insert(files::user_of(part), serde_json::to_string_pretty(&user)?);
        }
        for service in services::names() {
            let key = calls::of_service(&keys.operator.call_key(), service);
            made.insert(files::call_key_of(service), HEXLOWER.encode(&key));
        }
        Ok(Secrets::with_made(&self.path, made))
    }

    /// Says where the instance can be reached; the file goes when the instance ends.
    pub fn announce(&self, instance: &Instance) -> anyhow::Result<()> {
        write_private(&self.path.join(files::INSTANCE), &serde_json::to_vec_pretty(instance)?)
    }

    pub fn withdraw(&self) {
        // Gone already is as good.
        let _removed = std::fs::remove_file(self.path.join(files::INSTANCE)).is_ok();
    }
}

/// The file that is locked while a process has a folder.
pub const LOCK: &str = "lock";

/// Whether a restore into a folder is under way or was cut off: the keys get their place last.
pub fn is_half_restored(data: &Path) -> bool {
    data.join(files::RESTORING).exists() && !data.join(files::KEYS).exists()
}

/// # Errors
/// When a restore into a folder was cut off: then it has no instance.
pub fn ensure_not_half_restored(data: &Path) -> anyhow::Result<()> {
    ensure!(
        !is_half_restored(data),
        "a restore into {of} was cut off: restore into it once more",
        of = data.display()
    );
    Ok(())
}

/// Takes the lock of a folder.
///
/// # Errors
/// When another process has it.
pub fn lock(path: &Path) -> anyhow::Result<File> {
    let file = path.join(LOCK);
    let mut options = OpenOptions::new();
    let lock = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&file);
    let mut lock = lock.with_context(|| format!("could not open {}", file.display()))?;
    if lock.try_lock().is_err() {
        let mut holder = String::new();
        lock.read_to_string(&mut holder)?;
        bail!("{} is held by another process, with process id {}", path.display(), holder.trim());
    }
    lock.set_len(0)?;
    write!(lock, "{}", std::process::id())?;
    Ok(lock)
}

fn make_keys() -> anyhow::Result<Keys> {
    let digits = u64::from_str_radix(&random_hex::<5>()?, 16)? % 1_000_000_000_000;
    Ok(Keys {
        operator: OperatorKeys::generate()?,
        token_key: random_hex::<32>()?,
        mac_key: random_hex::<32>()?,
        secrets_key: random_hex::<32>()?,
        account: format!("{digits:012}"),
        region: "us-east-1".to_owned(),
        bus_port: std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
    })
}

fn make_administrator(path: &Path) -> anyhow::Result<Principals> {
    let entry = PrincipalEntry {
        name: "administrator".to_owned(),
        access_key_id: format!("AKIA{}", random_hex::<8>()?.to_uppercase()),
        secret_access_key: random_hex::<20>()?,
        administrator: true,
    };
    let principals = Principals { principals: vec![entry] };
    write_private(path, &serde_json::to_vec_pretty(&principals)?)?;
    Ok(principals)
}

/// Reads where the instance of a folder can be reached.
///
/// # Errors
/// When none runs there.
pub fn read_instance(data: &Path) -> anyhow::Result<Instance> {
    let path = data.join(files::INSTANCE);
    if !path.exists() {
        Moves::ensure_here(data)?;
        bail!(
            "no instance runs in {}: start one with `reeve up`, or name its folder with --data",
            data.display()
        );
    }
    read(&path)
}

impl Instance {
    /// Its bus.
    pub fn bus(&self) -> BusAddress {
        BusAddress { url: self.bus_url.clone(), ca: self.ca.clone(), replicas: None }
    }
}

/// Reads the keys of a folder that another process may hold.
///
/// # Errors
/// When there are none.
pub fn read_keys(data: &Path) -> anyhow::Result<Keys> {
    read(&data.join(files::KEYS))
}
