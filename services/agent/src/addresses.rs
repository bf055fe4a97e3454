//! Where this node finds the bus: what it was told at its enrolment, and what the control plane tells since.

use crate::files;
use reeve_jetstream::Bus;
use reeve_types::NodeId;
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

const FILE: &str = "bus.json";
const TLS: &str = "tls://";

/// What was told, and what counted before it: where the newer one is wrong, the node still finds its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    node_id: NodeId,
    newest: String,
    before: String,
}

/// The addresses of the bus, as they are kept.
pub(crate) struct Addresses {
    path: PathBuf,
    /// What was told at the enrolment, which is always tried as well.
    at_enrolment: String,
    /// Whether the addresses alone say that the bus speaks TLS. Who has the certificates of an authority demands it in any case.
    tells_of_tls: bool,
    /// What whoever runs this agent says, which alone counts then.
    said_here: Option<String>,
    told: Mutex<Told>,
}

impl Addresses {
    /// Reads what was told since the enrolment. What another node was told says nothing to this one.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    pub fn load(
        data: &Path,
        node: &NodeId,
        at_enrolment: &str,
        has_authority: bool,
        said_here: Option<String>,
    ) -> io::Result<Self> {
        let tells_of_tls = at_enrolment.starts_with(TLS) && !has_authority;
        let path = data.join(FILE);
        let kept: Option<Told> = match std::fs::read(&path) {
            Ok(bytes) => Some(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(_) => None,
        };
        let told = kept.filter(|kept| kept.node_id == *node).unwrap_or_else(|| Told {
            node_id: node.clone(),
            newest: at_enrolment.to_owned(),
            before: String::new(),
        });
        Ok(Self {
            path,
            at_enrolment: at_enrolment.to_owned(),
            tells_of_tls,
            said_here,
            told: Mutex::new(told),
        })
    }

    /// All of them, with commas between them.
    pub fn all(&self) -> String {
        if let Some(said) = &self.said_here {
            return said.clone();
        }
        self.told.lock().unwrap_or_else(PoisonError::into_inner).all(&self.at_enrolment)
    }

    /// Takes what the control plane tells, for the connections to come.
    pub async fn take(&self, bus: &Bus, newest: &str) -> anyhow::Result<()> {
        let now = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if self.said_here.is_some() || newest.is_empty() || newest == now.newest {
            return Ok(());
        }
        let is_plain = newest.split(',').any(|address| !address.starts_with(TLS));
        anyhow::ensure!(
            !(self.tells_of_tls && is_plain),
            "the bus is said to be at {newest}: it spoke TLS at the enrolment, and one that does not is not taken"
        );
        let next = Told { newest: newest.to_owned(), before: now.newest, ..now };
        bus.find_at(&next.all(&self.at_enrolment)).await?;
        files::write_private(&self.path, &serde_json::to_vec_pretty(&next)?)?;
        tracing::info!("from now on the bus is looked for at {}", next.all(&self.at_enrolment));
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }
}

impl Told {
    fn all(&self, at_enrolment: &str) -> String {
        let mut all: Vec<&str> = Vec::new();
        for address in [&self.newest, &self.before, at_enrolment].iter().flat_map(|some| some.split(',')) {
            if !address.is_empty() && !all.contains(&address) {
                all.push(address);
            }
        }
        all.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::Nats;

    #[tokio::test]
    async fn what_was_told_counts_after_a_restart_and_what_counted_before_is_tried_too() {
        let (nats, data, node) = (Nats::start(), tempfile::tempdir().unwrap(), NodeId::new());
        let bus = nats.bus().await;
        let load = |node: &NodeId| Addresses::load(data.path(), node, "nats://a:1", false, None).unwrap();
        let addresses = load(&node);
        assert_eq!(addresses.all(), "nats://a:1");
        for nothing_new in ["", "nats://a:1"] {
            addresses.take(&bus, nothing_new).await.unwrap();
            assert!(!data.path().join(FILE).exists(), "nothing is new");
        }
        addresses.take(&bus, "nats://b:2,nats://a:1").await.unwrap();
        assert_eq!(addresses.all(), "nats://b:2,nats://a:1");
        addresses.take(&bus, "nats://c:3").await.unwrap();
        assert_eq!(load(&node).all(), "nats://c:3,nats://b:2,nats://a:1");
        addresses.take(&bus, "nats://d:4").await.unwrap();
        let newest = "nats://d:4,nats://c:3,nats://a:1";
        assert_eq!(
            load(&node).all(),
            newest,
            "what is older than that is forgotten, but not the enrolment's"
        );
        assert!(addresses.take(&bus, "no address at all").await.is_err());
        let kept = [addresses.all(), load(&node).all()];
        assert_eq!(kept, [newest; 2], "what cannot be an address is not taken");
        for has_authority in [false, true] {
            let (elsewhere, id) = (tempfile::tempdir().unwrap(), NodeId::new());
            let safe = Addresses::load(elsewhere.path(), &id, "tls://a:1", has_authority, None).unwrap();
            let taken = safe.take(&bus, "tls://b:2,nats://c:3").await;
            assert_eq!(
                taken.is_ok(),
                has_authority,
                "TLS is not given up, and with an authority it cannot be"
            );
        }
        let tunnel = Some("nats://localhost:9".to_owned());
        let tunnelled = Addresses::load(data.path(), &node, "nats://a:1", false, tunnel).unwrap();
        tunnelled.take(&bus, "nats://e:5").await.unwrap();
        assert_eq!([tunnelled.all(), load(&node).all()], ["nats://localhost:9", newest]);
        assert_eq!(load(&NodeId::new()).all(), "nats://a:1", "another node was told something else");
    }
}
