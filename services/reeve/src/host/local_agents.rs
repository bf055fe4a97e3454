//! The agents that `up` runs on its own machine, each a node of its own.

use super::{
    children::{self, Child, Supervised},
    folder::Folder,
    key_files::root_key,
    services,
};
use anyhow::Context;
use reeve_jetstream::Bus;
use std::path::Path;

/// What they are started with.
pub struct LocalAgents<'a> {
    pub folder: &'a Folder,
    pub bus: &'a Bus,
    /// Where the gateway is.
    pub endpoint: &'a str,
    /// The authority of its certificate; `None` without TLS.
    pub ca: Option<&'a Path>,
    /// What new nodes are tagged with.
    pub tags: &'a [(String, String)],
    /// What a node reboots this machine with; empty: it never does.
    pub reboot_command: &'a str,
}

impl LocalAgents<'_> {
    /// Starts one of them; a new one gets an activation of its own.
    ///
    /// # Errors
    /// When no activation can be made, or the agent not be started.
    pub async fn start(&self, number: u32) -> anyhow::Result<Supervised> {
        let data = self.folder.path.join("nodes").join(number.to_string());
        std::fs::create_dir_all(&data)?;
        let mut environment = vec![("REEVE_AGENT_REBOOT_COMMAND".to_owned(), self.reboot_command.to_owned())];
        // The allocator of this program is set up for the services; an agent gives memory back (docs/adr/0006).
        for (name, value) in [("MIMALLOC_ARENA_EAGER_COMMIT", "0"), ("MIMALLOC_PURGE_DELAY", "0")] {
            environment.push((name.to_owned(), value.to_owned()));
        }
        match self.ca {
            Some(ca) => environment.push(("REEVE_CA".to_owned(), ca.display().to_string())),
            // The owner of both says so: an agent of another machine would insist on TLS.
            None => {
                let _removed = std::fs::remove_file(data.join("ca.pem")).is_ok();
            }
        }
        if !data.join("identity.json").exists() {
            let (id, code) = activation(self.bus, number, self.tags).await?;
            environment.push(("REEVE_GATEWAY".to_owned(), self.endpoint.to_owned()));
            environment.push(("REEVE_ROOT_KEY".to_owned(), root_key(&self.folder.path)?));
            environment.push(("REEVE_ACTIVATION_ID".to_owned(), id));
            environment.push(("REEVE_ACTIVATION_CODE".to_owned(), code));
        }
        let child = Child {
            name: format!("agent {number}"),
            program: children::program()?.into(),
            arguments: vec!["agent".into(), "--data".into(), data.clone().into()],
            environment,
        };
        Supervised::start(child, &data.join("agent.log"))
    }
}

async fn activation(bus: &Bus, number: u32, tags: &[(String, String)]) -> anyhow::Result<(String, String)> {
    let tags: Vec<_> =
        tags.iter().map(|(key, value)| serde_json::json!({"Key": key, "Value": value})).collect();
    let name = format!("local-{number}");
    let body = serde_json::json!({"IamRole": "reeve-up", "DefaultInstanceName": name, "Tags": tags});
    let value = services::ask_nodes(bus, "CreateActivation", &body).await?;
    let text = |name: &str| value.get(name).and_then(|v| v.as_str()).map(str::to_owned);
    text("ActivationId")
        .zip(text("ActivationCode"))
        .with_context(|| format!("no activation was made: {value}"))
}
