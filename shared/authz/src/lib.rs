//! Who may call, and what they may do.
//!
//! [`Principals`] knows the access keys, [`Authorizer`] decides; [`Access`] is both: what the events of the access
//! and tags services say, with policies in Cedar. Beside it stands the [`Keyring`]: the administrators' keys, from a
//! file that only its owner may read, so that an installation can be entered before it has an event, and after
//! somebody locked himself out.
//!
//! In Cedar a caller is a `Principal`, in the `Group`s that it is in; an action is `Action::"ssm:SendCommand"`, in
//! `Action::"ssm:Send*"` (its verb) and `Action::"ssm:*"`; a resource is a `Document`, a `Node`, a `Parameter` or
//! whatever else can be tagged, by its id, with its tags as Cedar tags; an action that names no resource is done to
//! `Resource::"*"`.
//!
//! **Invariants**
//! - What nobody allowed is denied, and so is what a policy that cannot be evaluated is about.
//! - While a text of policies in force cannot be read, everything is denied: it may forbid something.
//! - A text that is put names only actions, kinds and tags that there are ([`check_policy`]).
//! - Administrators are never denied: whoever can read their file owns the installation anyway.
//! - A secret is never printed: no `Debug` here shows one.

mod access;
mod keyring;
mod policies;
mod schema;
mod watch;

pub use access::Access;
pub use keyring::{Error, Keyring};
pub use policies::check as check_policy;
pub use schema::{check_action, check_kind, in_policies};
pub use watch::{secret_name, watch};

/// The principal in an administrator's file that `reeve up` makes; its name is nobody else's.
pub const ADMINISTRATOR: &str = "administrator";

use reeve_jetstream::Bus;
use reeve_types::{arn::Arn, parameters::named};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// Somebody whose requests are signed with a key that we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name that audit records and messages use: letters, digits and `+=,.@_-`.
    pub name: String,
}

/// An access key, as the verifier of a signature needs it.
#[derive(Clone)]
pub struct AccessKey {
    pub principal: Arc<Principal>,
    pub secret: Arc<str>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("principal", &self.principal).finish_non_exhaustive()
    }
}

/// The access keys that are known.
pub trait Principals: Send + Sync {
    /// The key with this id, or none: then whoever signed with it is a stranger.
    fn secret(&self, access_key_id: &str) -> Option<AccessKey>;
}

/// What an authorizer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    Allow,
    Deny,
}

/// The kind whose ids have several spellings.
const PARAMETER: &str = "Parameter";

/// What an action is done to: a resource that tags and policies can name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    /// As AddTagsToResource names it: `Document`, `ManagedInstance`, `Parameter`.
    pub kind: String,
    pub id: String,
}

impl Resource {
    /// From what a request says, which may be an ARN.
    pub fn new(kind: &str, id: &str) -> Self {
        // All spellings of a parameter's name are one parameter, with a version or a label as well.
        if kind == PARAMETER {
            return Self { kind: kind.to_owned(), id: named(id).path };
        }
        let named = Arn::parse(id).and_then(|arn| arn.resource.split_once(['/', ':']));
        Self { kind: kind.to_owned(), id: named.map_or(id, |(_, name)| name).to_owned() }
    }

    /// What an action is done to that names nothing.
    pub fn none() -> Self {
        Self { kind: "Resource".to_owned(), id: "*".to_owned() }
    }

    /// As AWS writes it.
    pub fn arn(&self, region: &str, account: &str) -> String {
        let kind = match self.kind.as_str() {
            "Resource" => return self.id.clone(),
            "ManagedInstance" => "managed-instance".to_owned(),
            "AutomationExecution" => "automation-execution".to_owned(),
            "ChangeRule" => "change-rule".to_owned(),
            "ContactChannel" => "contact-channel".to_owned(),
            "IncidentRecord" => "incident-record".to_owned(),
            "ReplicationSet" => "replication-set".to_owned(),
            "ResponsePlan" => "response-plan".to_owned(),
            kind => kind.to_ascii_lowercase(),
        };
        let resource = &format!("{kind}/{}", self.id.trim_start_matches('/'));
        // Those of Incident Manager belong to no region.
        let (service, region) = match self.kind.as_str() {
            "IncidentRecord" | "ReplicationSet" | "ResponsePlan" => ("ssm-incidents", ""),
            "Contact" | "ContactChannel" | "Engagement" | "Page" | "Rotation" => ("ssm-contacts", region),
            "Rule" => ("events", region),
            _ => ("ssm", region),
        };
        Arn { partition: "aws", service, region, account, resource }.to_string()
    }
}

/// Who wants to do what to what.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// A principal's name.
    pub principal: &'a str,
    /// As IAM writes it: `ssm:SendCommand`.
    pub action: &'a str,
    pub resource: &'a Resource,
}

/// Decides whether a principal may do something. Asked for every request, whatever the operation, and for every
/// resource that it names.
#[async_trait::async_trait]
pub trait Authorizer: Send + Sync {
    fn check(&self, question: Question<'_>) -> Decision;

    /// Whether a principal is in a group.
    fn is_in(&self, _principal: &str, _group: &str) -> bool {
        false
    }

    /// The principals that a name means: that principal, if there is one, or those in `group:NAME`. Empty: nobody.
    fn meant_by(&self, name: &str) -> BTreeSet<String> {
        BTreeSet::from([name.to_owned()])
    }

    /// Waits, for a moment at most, until decisions take account of a `STREAM:sequence`.
    async fn reached(&self, _position: &str) {}

    /// Waits until decisions take account of all that was changed by now: for who would deny for ever.
    ///
    /// # Errors
    /// When the bus does not answer, or that takes too long.
    async fn catch_up(&self, _bus: &Bus) -> Result<(), reeve_jetstream::Error> {
        Ok(())
    }
}

/// The installation, as ARNs name it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub region: &'a str,
    pub account: &'a str,
}

/// Decides on every resource that an action is done to.
///
/// # Errors
/// What whoever was denied is told: which action on which resource, and not why.
pub fn permit(
    authorizer: &dyn Authorizer,
    principal: &str,
    action: &str,
    resources: impl IntoIterator<Item = Resource>,
    Place { region, account }: Place<'_>,
) -> Result<(), String> {
    for resource in resources {
        if authorizer.check(Question { principal, action, resource: &resource }) != Decision::Allow {
            let resource = resource.arn(region, account);
            return Err(format!(
                "User: arn:aws:iam::{account}:user/{principal} is not authorized to perform: {action} on resource: \
                 {resource}"
            ));
        }
    }
    Ok(())
}

/// The verb of an operation: its first word, `Get` of `GetDocument`.
pub fn verb(operation: &str) -> &str {
    let second = operation.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase());
    second.map_or(operation, |(at, _)| &operation[..at])
}
