//! Keeps [`Access`] as the log says it.

use crate::{Access, Keyring, Resource};
use futures::StreamExt;
use reeve_contracts::{
    access::{PolicyEvent, PrincipalEvent},
    tags::ResourceEvent,
};
use reeve_eventsourcing::{DecodeError, Envelope, Event};
use reeve_jetstream::{Bus, Error, follow, store, streams};
use reeve_secrets::Vault;
use std::{sync::Arc, time::Duration};

/// Reads the log, and goes on reading it for as long as the process lives. Without a vault no access key is known:
/// for those who authorize and do not authenticate.
///
/// # Errors
/// When the bus refuses.
pub async fn watch(bus: &Bus, keyring: Keyring, vault: Option<Vault>) -> Result<Arc<Access>, Error> {
    let access = Arc::new(Access::new(keyring));
    for service in ["access", "tags"] {
        streams::ensure_events(bus, service).await?;
        let stream = streams::of_service(service);
        let end = streams::last_sequence(bus, &stream).await?;
        access.set_position(&stream, 0);
        let watcher = Watcher { bus: bus.clone(), access: access.clone(), vault: vault.clone() };
        let followed = stream.clone();
        tokio::spawn(async move { watcher.run(&followed).await });
        access.wait_for(&stream, end).await;
    }
    Ok(access)
}

struct Watcher {
    bus: Bus,
    access: Arc<Access>,
    vault: Option<Vault>,
}

impl Watcher {
    async fn run(self, stream: &str) {
        let mut last = 0;
        loop {
            if let Err(error) = self.follow(stream, &mut last).await {
                tracing::warn!(stream, %error, "following access was interrupted");
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    async fn follow(&self, stream: &str, last: &mut u64) -> Result<(), Error> {
        let mut events = follow::follow(&self.bus, stream, &[], *last).await?;
        while let Some(event) = events.next().await {
            let event = event?;
            let taken = match store::envelope(&self.bus, &event.message) {
                Ok(envelope) => self.take(&envelope).await.map_err(|e| e.to_string()),
                Err(error) => Err(error.to_string()),
            };
            // What cannot be read permits nothing; a policy that cannot be read lets nothing be permitted.
            if let Err(error) = taken {
                tracing::error!(
                    stream,
                    sequence = event.sequence,
                    error,
                    "an event of access cannot be read"
                );
            }
            *last = event.sequence;
            self.access.set_position(stream, event.sequence);
        }
        Ok(())
    }

    async fn take(&self, envelope: &Envelope) -> Result<(), DecodeError> {
        let (schema, data) = (&envelope.schema, &envelope.data);
        match envelope.aggregate.aggregate.as_str() {
            "principal" => self.principal(PrincipalEvent::decode(schema, data)?).await,
            "policy" => match PolicyEvent::decode(schema, data) {
                Ok(PolicyEvent::PolicyPut(put)) => self.access.put_policy(&put.name, &put.text),
                Ok(PolicyEvent::PolicyDeleted(deleted)) => self.access.remove_policy(&deleted.name),
                Err(error) => {
                    self.access.put_policy(&envelope.aggregate.id, "");
                    return Err(error);
                }
            },
            "resource" => self.tags(ResourceEvent::decode(schema, data)?),
            _ => {}
        }
        Ok(())
    }

    async fn principal(&self, event: PrincipalEvent) {
        match event {
            PrincipalEvent::PrincipalCreated(created) => {
                self.access.put_principal(&created.name, &created.groups);
                if let Some(key) = created.key {
                    self.key(&created.name, &key.access_key_id, &key.sealed_secret).await;
                }
            }
            PrincipalEvent::PrincipalGroupsSet(set) => self.access.put_principal(&set.name, &set.groups),
            PrincipalEvent::AccessKeyCreated(created) => {
                if let Some(key) = created.key {
                    self.key(&created.name, &key.access_key_id, &key.sealed_secret).await;
                }
            }
            PrincipalEvent::AccessKeyDeleted(deleted) => self.access.remove_key(&deleted.access_key_id),
            PrincipalEvent::PrincipalDeleted(deleted) => self.access.remove_principal(&deleted.name),
        }
    }

    /// Opens a key's secret. While the bus does not answer this waits: a key must not be lost for that.
    async fn key(&self, name: &str, access_key_id: &str, sealed: &[u8]) {
        let Some(vault) = &self.vault else { return };
        loop {
            match vault.read(&secret_name(access_key_id), sealed).await {
                Ok(secret) => {
                    let secret = String::from_utf8_lossy(&secret);
                    return self.access.put_key(access_key_id, name, &secret);
                }
                // It was deleted later in the log.
                Err(reeve_secrets::Error::Destroyed(_)) => return,
                Err(reeve_secrets::Error::Bus(error)) => {
                    tracing::warn!(access_key_id, %error, "an access key cannot be read yet");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                Err(error) => {
                    return tracing::error!(access_key_id, %error, "an access key cannot be read");
                }
            }
        }
    }

    fn tags(&self, event: ResourceEvent) {
        match event {
            ResourceEvent::TagsAdded(added) => {
                let resource = Resource::new(&added.resource_type, &added.resource_id);
                let tags = added.tags.into_iter().map(|tag| (tag.key, tag.value));
                self.access.tag(resource, |all| all.extend(tags));
            }
            ResourceEvent::TagsRemoved(removed) => {
                let resource = Resource::new(&removed.resource_type, &removed.resource_id);
                self.access.tag(resource, |all| all.retain(|key, _| !removed.keys.contains(key)));
            }
        }
    }
}

/// What the secret of an access key is sealed under.
pub fn secret_name(access_key_id: &str) -> String {
    format!("access-key/{access_key_id}")
}
