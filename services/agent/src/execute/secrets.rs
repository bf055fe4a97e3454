//! Secrets of the Parameter Store: asked for when a step takes them, held in memory, and masked in what is printed.

use super::{ControlPlane, context::Context};
use reeve_document_language::references::{replace_secrets, secrets_in};
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// The values of secrets, by what refers to them.
pub(super) struct Secrets(BTreeMap<String, Zeroizing<String>>);

impl Secrets {
    /// Asks for those that texts refer to; from now on they are masked in what the command prints.
    pub(super) async fn of<'t, D: ControlPlane>(
        context: &Context<'_, D>,
        texts: impl Iterator<Item = &'t str>,
    ) -> Result<Self, String> {
        let names: BTreeSet<String> = texts.flat_map(secrets_in).map(str::to_owned).collect();
        if names.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        let names: Vec<String> = names.into_iter().collect();
        let values = context.control_plane.secrets(context.command_id, names).await?;
        values.values().for_each(|value| context.masked.add(value));
        Ok(Self(values))
    }

    /// A text with its secrets in the place of what refers to them.
    pub(super) fn reveal(&self, text: &str) -> Result<Zeroizing<String>, String> {
        let value = |name: &str| {
            let value = self.0.get(name).map(|value| value.to_string());
            value.ok_or_else(|| format!("The secret {name} was not asked for."))
        };
        replace_secrets(text, value).map(Zeroizing::new)
    }
}
