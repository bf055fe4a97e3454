//! A parameter: its versions, and the labels on them.

use super::{
    labels::{MAX_LABELS, is_valid},
    names::Name,
    policies::{self, Policy},
    values::{self, MAX_ADVANCED_CHARACTERS, MAX_STANDARD_CHARACTERS, SECURE_STRING, TEXT, Value},
};
pub use reeve_contracts::parameters::ParameterEvent;
use reeve_contracts::parameters::{
    ParameterDeleted, ParameterPolicyFired, ParameterPut, ParameterVersionLabeled, ParameterVersionUnlabeled,
    Tag,
};
use reeve_eventsourcing::{Context, Decider};
use reeve_secrets::{Sealed, Zeroizing};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// As many versions as a parameter has.
pub const MAX_VERSIONS: usize = 100;
/// The key that a SecureString is sealed with when its caller names none.
const DEFAULT_KEY: &str = "alias/aws/ssm";

pub const STANDARD: &str = "Standard";
pub const ADVANCED: &str = "Advanced";
pub const INTELLIGENT: &str = "Intelligent-Tiering";

/// What a caller says of a parameter; what it leaves out stays.
#[derive(Clone)]
pub struct Put {
    pub name: Name,
    pub overwrite: bool,
    pub text: Zeroizing<String>,
    /// The same text, when the parameter is a SecureString.
    pub sealed: Option<Sealed>,
    pub kind: Option<String>,
    pub data_type: Option<String>,
    pub tier: Option<String>,
    pub description: Option<String>,
    pub allowed_pattern: Option<String>,
    pub key_id: Option<String>,
    /// Those that it has from now on.
    pub policies: Option<Vec<Policy>>,
    pub tags: Vec<Tag>,
}

impl fmt::Debug for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Put").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What may be asked of a parameter.
#[derive(Clone, Debug)]
pub enum Command {
    Put(Box<Put>),
    /// Deletes it with all its versions.
    Delete {
        name: String,
    },
    /// Gives labels to a version, the latest when none is named.
    Label {
        name: String,
        version: Option<u64>,
        labels: Vec<String>,
    },
    /// A policy, by its place among the parameter's, is due.
    FirePolicy {
        index: usize,
        due_ms: i64,
        /// The version that it is due of: a later one has policies, and instants, of its own.
        version: u64,
    },
    /// Takes labels off a version.
    Unlabel {
        name: String,
        version: u64,
        labels: Vec<String>,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
    )]
    Exists,
    #[error("Parameter {0} not found.")]
    Unknown(String),
    #[error("Systems Manager could not find version {version} of {name}. Verify the version and try again.")]
    UnknownVersion { name: String, version: String },
    #[error("A parameter type is required when you create a parameter.")]
    NoType,
    #[error(
        "The parameter {name} is of type {from}, which an overwrite cannot change to {to}: delete it, and create it anew."
    )]
    Type { name: String, from: String, to: String },
    #[error(
        "You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier"
    )]
    Downgrade,
    #[error(
        "Parameter policies are for the advanced-parameter tier: put the parameter with the tier Advanced or Intelligent-Tiering."
    )]
    PoliciesOfStandard,
    #[error("The policy Expiration: Timestamp is {0}, which is over.")]
    Expired(String),
    #[error(transparent)]
    Policy(#[from] policies::Error),
    #[error("KeyId goes with the type SecureString alone.")]
    KeyId,
    #[error(
        "You attempted to create a new version of {name} by calling the PutParameter API with the overwrite flag. Version \
         {version}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another \
         version of the parameter, and try again."
    )]
    OldestLabeled { name: String, version: u64 },
    #[error(
        "A parameter version can have maximum {MAX_LABELS} labels. Move one or more labels to another version and try again."
    )]
    TooManyLabels,
    #[error("The parameter was deleted and created anew meanwhile; ask again.")]
    Changed,
    #[error(transparent)]
    Value(#[from] values::Error),
}

/// The latest version, without its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    pub name: String,
    pub kind: String,
    pub version: u64,
    pub tier: String,
    pub data_type: String,
    pub description: String,
    pub allowed_pattern: String,
    pub key_id: String,
    pub policies_json: String,
}

/// What decisions must know of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub labels: BTreeSet<String>,
    pub secret_id: String,
}

/// What decisions are made on. No value is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub current: Option<Current>,
    /// The latest ones.
    pub versions: BTreeMap<u64, Version>,
    /// The policies that have told what they tell, by their places.
    #[serde(default)]
    pub fired: BTreeSet<usize>,
}

/// The aggregate.
pub struct Parameter;

impl Decider for Parameter {
    type Command = Command;
    type Event = ParameterEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, context: &Context) -> Result<Option<ParameterEvent>, Error> {
        match command {
            Command::Put(put) => {
                decide_put(state, *put, context.now).map(|put| Some(ParameterEvent::ParameterPut(put)))
            }
            Command::FirePolicy { index, due_ms, version } => Ok(decide_fire(state, index, due_ms, version)),
            Command::Delete { name } => decide_delete(state, name).map(Some),
            Command::Label { name, version, labels } => decide_label(state, &name, version, &labels),
            Command::Unlabel { name, version, labels } => decide_unlabel(state, &name, version, labels),
        }
    }

    fn evolve(mut state: State, event: &ParameterEvent) -> State {
        match event {
            ParameterEvent::ParameterPut(e) => {
                let before = state.current.as_ref().map(|before| before.policies_json.as_str());
                state.fired = still_fired(std::mem::take(&mut state.fired), before, &e.policies_json);
                state.current = Some(Current {
                    name: e.name.clone(),
                    kind: e.r#type.clone(),
                    version: e.version,
                    tier: e.tier.clone(),
                    data_type: e.data_type.clone(),
                    description: e.description.clone(),
                    allowed_pattern: e.allowed_pattern.clone(),
                    key_id: e.key_id.clone(),
                    policies_json: e.policies_json.clone(),
                });
                state.versions.remove(&e.dropped_version);
                let version = Version { secret_id: e.secret_id.clone(), ..Version::default() };
                state.versions.insert(e.version, version);
            }
            ParameterEvent::ParameterDeleted(_) => state = State::default(),
            ParameterEvent::ParameterPolicyFired(e) => {
                state.fired.extend(usize::try_from(e.index));
            }
            ParameterEvent::ParameterVersionLabeled(e) => {
                for (number, version) in &mut state.versions {
                    match *number == e.version {
                        true => version.labels.extend(e.labels.iter().cloned()),
                        false => version.labels.retain(|label| !e.labels.contains(label)),
                    }
                }
            }
            ParameterEvent::ParameterVersionUnlabeled(e) => {
                if let Some(version) = state.versions.get_mut(&e.version) {
                    version.labels.retain(|label| !e.labels.contains(label));
                }
            }
        }
        state
    }
}

/// The policies that have told what they tell and do not tell it again after a change: it starts those anew that are about
/// changes, and other policies begin with nothing.
pub fn still_fired(mut fired: BTreeSet<usize>, before: Option<&str>, now: &str) -> BTreeSet<usize> {
    if before != Some(now) {
        return BTreeSet::new();
    }
    let policies = policies::read(now).unwrap_or_default();
    fired.retain(|index| policies.get(*index).is_some_and(|policy| !policy.is_of_changes()));
    fired
}

fn decide_fire(state: &State, index: usize, due_ms: i64, version: u64) -> Option<ParameterEvent> {
    let current = state.current.as_ref().filter(|current| current.version == version)?;
    let policies = policies::read(&current.policies_json).unwrap_or_default();
    let policy = policies.get(index)?;
    if policy.kind() == policies::EXPIRATION {
        // Another instant than the one that was due: it was put anew meanwhile.
        let is_due = policies::expires(&policies).is_some_and(|at| at.0 == due_ms);
        let deleted = is_due.then(|| deleted(state, true)).flatten();
        return deleted.map(ParameterEvent::ParameterDeleted);
    }
    let fired = ParameterPolicyFired {
        path: reeve_types::parameters::path_of(&current.name),
        name: current.name.clone(),
        policy_type: policy.kind().to_owned(),
        index: u32::try_from(index).ok()?,
        due_ms,
        policy_json: policy.text.clone(),
    };
    (!state.fired.contains(&index)).then_some(ParameterEvent::ParameterPolicyFired(fired))
}

fn decide_put(state: &State, put: Put, now: Timestamp) -> Result<ParameterPut, Error> {
    let before = state.current.as_ref();
    if before.is_some() && !put.overwrite {
        return Err(Error::Exists);
    }
    let name = before.map_or(&put.name.written, |before| &before.name).clone();
    let kind = kind_of(before, put.kind)?;
    let secret = kind == SECURE_STRING;
    let value = Value::new(&kind, &put.text)?;
    let kept = |said: Option<String>, kept: fn(&Current) -> &String| {
        said.unwrap_or_else(|| before.map(kept).cloned().unwrap_or_default())
    };
    let allowed_pattern = kept(put.allowed_pattern, |before| &before.allowed_pattern);
    value.check_pattern(&allowed_pattern)?;
    let data_type = kept(put.data_type, |before| &before.data_type);
    let data_type = if data_type.is_empty() { TEXT.to_owned() } else { data_type };
    value.check_data_type(&kind, &data_type)?;
    if put.key_id.is_some() && !secret {
        return Err(Error::KeyId);
    }
    let key_id = kept(put.key_id, |before| &before.key_id);
    let policies_json = match &put.policies {
        Some(policies) => policies::write(policies),
        None => before.map(|before| before.policies_json.clone()).unwrap_or_default(),
    };
    let expires = put.policies.as_deref().and_then(policies::expires);
    if let Some(at) = expires.filter(|at| *at <= now) {
        return Err(Error::Expired(at.rfc3339()));
    }
    let has_policies = !policies_json.is_empty();
    let tier = before.map(|before| before.tier.as_str());
    let tier = tier_of(tier, put.tier.as_deref(), value.characters(), has_policies)?;
    let sealed = match (secret, put.sealed) {
        (true, None) => return Err(Error::Changed),
        (true, Some(sealed)) => sealed,
        (false, _) => Sealed::default(),
    };
    let (dropped_version, dropped_secret_id) = dropped(state, &name)?;
    Ok(ParameterPut {
        path: put.name.path,
        name,
        version: before.map_or(0, |before| before.version) + 1,
        r#type: kind,
        value: if secret { String::new() } else { value.text().to_owned() },
        sealed_value: sealed.value,
        secret_id: sealed.secret_id,
        data_type,
        tier: tier.to_owned(),
        description: kept(put.description, |before| &before.description),
        allowed_pattern,
        key_id: if secret && key_id.is_empty() { DEFAULT_KEY.to_owned() } else { key_id },
        policies_json,
        tags: put.tags,
        dropped_version,
        dropped_secret_id,
    })
}

/// A type is said when a parameter is created, and stays.
fn kind_of(before: Option<&Current>, asked: Option<String>) -> Result<String, Error> {
    match (before, asked) {
        (None, None) => Err(Error::NoType),
        (None, Some(kind)) => Ok(kind),
        (Some(before), Some(kind)) if kind != before.kind => {
            Err(Error::Type { name: before.name.clone(), from: before.kind.clone(), to: kind })
        }
        (Some(before), _) => Ok(before.kind.clone()),
    }
}

/// The tier that a parameter is kept in, and answered: Intelligent-Tiering is a wish and no tier.
fn tier_of(
    before: Option<&str>,
    asked: Option<&str>,
    characters: usize,
    has_policies: bool,
) -> Result<&'static str, Error> {
    let was_advanced = before == Some(ADVANCED);
    let tier = match asked {
        Some(STANDARD) if was_advanced => return Err(Error::Downgrade),
        Some(ADVANCED) => ADVANCED,
        _ if was_advanced => ADVANCED,
        Some(INTELLIGENT) if has_policies || characters > MAX_STANDARD_CHARACTERS => ADVANCED,
        _ => STANDARD,
    };
    match tier {
        STANDARD if has_policies => Err(Error::PoliciesOfStandard),
        STANDARD if characters > MAX_STANDARD_CHARACTERS => Err(values::Error::LongerThanStandard.into()),
        ADVANCED if characters > MAX_ADVANCED_CHARACTERS => Err(values::Error::LongerThanAdvanced.into()),
        tier => Ok(tier),
    }
}

/// The version that goes when another one comes, with its secret; nothing while there is room.
fn dropped(state: &State, name: &str) -> Result<(u64, String), Error> {
    match state.versions.first_key_value() {
        Some((number, oldest)) if state.versions.len() >= MAX_VERSIONS => match oldest.labels.is_empty() {
            true => Ok((*number, oldest.secret_id.clone())),
            false => Err(Error::OldestLabeled { name: name.to_owned(), version: *number }),
        },
        _ => Ok((0, String::new())),
    }
}

fn decide_delete(state: &State, name: String) -> Result<ParameterEvent, Error> {
    deleted(state, false).map(ParameterEvent::ParameterDeleted).ok_or(Error::Unknown(name))
}

fn deleted(state: &State, expired: bool) -> Option<ParameterDeleted> {
    let current = state.current.as_ref()?;
    let secrets = state.versions.values().map(|version| version.secret_id.clone());
    Some(ParameterDeleted {
        path: reeve_types::parameters::path_of(&current.name),
        name: current.name.clone(),
        r#type: current.kind.clone(),
        secret_ids: secrets.filter(|secret| !secret.is_empty()).collect(),
        expired,
    })
}

fn version_of<'a>(
    state: &'a State,
    name: &str,
    version: Option<u64>,
) -> Result<(&'a Current, u64, &'a Version), Error> {
    let current = state.current.as_ref().ok_or_else(|| Error::Unknown(name.to_owned()))?;
    let number = version.unwrap_or(current.version);
    let found = state
        .versions
        .get(&number)
        .ok_or_else(|| Error::UnknownVersion { name: name.to_owned(), version: number.to_string() })?;
    Ok((current, number, found))
}

fn decide_label(
    state: &State,
    name: &str,
    version: Option<u64>,
    labels: &[String],
) -> Result<Option<ParameterEvent>, Error> {
    let (current, number, version) = version_of(state, name, version)?;
    let fresh: BTreeSet<&String> =
        labels.iter().filter(|label| is_valid(label) && !version.labels.contains(*label)).collect();
    if version.labels.len() + fresh.len() > MAX_LABELS {
        return Err(Error::TooManyLabels);
    }
    let labeled = ParameterVersionLabeled {
        path: reeve_types::parameters::path_of(&current.name),
        name: current.name.clone(),
        version: number,
        labels: fresh.into_iter().cloned().collect(),
    };
    Ok((!labeled.labels.is_empty()).then_some(ParameterEvent::ParameterVersionLabeled(labeled)))
}

fn decide_unlabel(
    state: &State,
    name: &str,
    version: u64,
    mut labels: Vec<String>,
) -> Result<Option<ParameterEvent>, Error> {
    let (current, number, version) = version_of(state, name, Some(version))?;
    labels.retain(|label| version.labels.contains(label));
    labels.sort();
    labels.dedup();
    let unlabeled = ParameterVersionUnlabeled {
        path: reeve_types::parameters::path_of(&current.name),
        name: current.name.clone(),
        version: number,
        labels,
    };
    Ok((!unlabeled.labels.is_empty()).then_some(ParameterEvent::ParameterVersionUnlabeled(unlabeled)))
}

#[cfg(test)]
mod tests;
