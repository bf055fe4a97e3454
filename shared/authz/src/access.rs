//! Who there is and what they may do, as the log says it.

use crate::{
    ADMINISTRATOR, AccessKey, Authorizer, Decision, Keyring, Principal, Principals, Question, Resource,
    policies::Policies,
};
use reeve_jetstream::{Bus, Error, streams};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};
use tokio::sync::watch;

/// Decisions that are remembered until anything changes.
const MAX_REMEMBERED_DECISIONS: usize = 10_000;
/// As long as an answer waits until what it changed is in force here.
const REACHED_TIMEOUT: Duration = Duration::from_secs(5);

type Remembered = HashMap<(String, String, Resource), Decision>;

#[derive(Default)]
struct State {
    groups: HashMap<String, BTreeSet<String>>,
    keys: HashMap<String, AccessKey>,
    tags: HashMap<Resource, BTreeMap<String, String>>,
    policies: Policies,
}

impl State {
    /// Decides, and says by which policies. Whoever was deleted may do nothing, also where a policy permits it to
    /// everybody.
    fn decide(&self, question: Question<'_>) -> (Decision, Vec<String>) {
        match self.groups.get(question.principal) {
            Some(groups) => self.policies.decide(question, groups, self.tags.get(question.resource)),
            None => (Decision::Deny, Vec::new()),
        }
    }
}

/// The access keys, groups, policies and tags of an installation, with its administrators' file.
pub struct Access {
    keyring: Keyring,
    administrators: HashSet<String>,
    state: RwLock<State>,
    remembered: RwLock<Remembered>,
    /// How far each stream was taken in.
    positions: RwLock<HashMap<String, watch::Sender<u64>>>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("keyring", &self.keyring).finish_non_exhaustive()
    }
}

impl Access {
    /// Nobody but the administrators, and no policy.
    pub fn new(keyring: Keyring) -> Self {
        let administrators = keyring.names().chain([ADMINISTRATOR]).map(str::to_owned).collect();
        Self {
            keyring,
            administrators,
            state: RwLock::default(),
            remembered: RwLock::default(),
            positions: RwLock::default(),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known, and forgets what was decided on it.
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
        self.remembered.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A principal is in these groups, and in no other.
    pub fn put_principal(&self, name: &str, groups: &[String]) {
        self.change(|state| {
            state.groups.insert(name.to_owned(), groups.iter().cloned().collect());
        });
    }

    pub fn remove_principal(&self, name: &str) {
        self.change(|state| {
            state.groups.remove(name);
            state.keys.retain(|_, key| key.principal.name != name);
        });
    }

    pub fn put_key(&self, access_key_id: &str, name: &str, secret: &str) {
        let principal = Arc::new(Principal { name: name.to_owned() });
        let key = AccessKey { principal, secret: secret.into() };
        self.change(|state| {
            state.keys.insert(access_key_id.to_owned(), key);
        });
    }

    pub fn remove_key(&self, access_key_id: &str) {
        self.change(|state| {
            state.keys.remove(access_key_id);
        });
    }

    /// Puts policies in the place of those of that name.
    pub fn put_policy(&self, name: &str, text: &str) {
        self.change(|state| state.policies.put(name, text));
    }

    pub fn remove_policy(&self, name: &str) {
        self.change(|state| state.policies.remove(name));
    }

    /// Changes the tags of a resource.
    pub fn tag(&self, resource: Resource, change: impl FnOnce(&mut BTreeMap<String, String>)) {
        self.change(|state| {
            let tags = state.tags.entry(resource.clone()).or_default();
            change(tags);
            if tags.is_empty() {
                state.tags.remove(&resource);
            }
        });
    }

    /// Whether there is such a principal.
    pub fn has_principal(&self, name: &str) -> bool {
        self.administrators.contains(name) || self.read().groups.contains_key(name)
    }

    /// Decides, and says which policies determined it: the names under which they were put.
    pub fn explain(&self, question: Question<'_>) -> (Decision, Vec<String>) {
        if self.administrators.contains(question.principal) {
            return (Decision::Allow, Vec::new());
        }
        self.read().decide(question)
    }

    fn position(&self, stream: &str) -> watch::Sender<u64> {
        let mut positions = self.positions.write().unwrap_or_else(PoisonError::into_inner);
        positions.entry(stream.to_owned()).or_insert_with(|| watch::Sender::new(0)).clone()
    }

    pub(crate) fn set_position(&self, stream: &str, sequence: u64) {
        self.position(stream).send_replace(sequence);
    }

    /// Waits, for a moment at most, for what a stream holds up to a sequence; answers whether it is in force here.
    async fn is_reached(&self, stream: &str, sequence: u64) -> bool {
        tokio::time::timeout(REACHED_TIMEOUT, self.wait_for(stream, sequence)).await.is_ok()
    }

    pub(crate) async fn wait_for(&self, stream: &str, sequence: u64) {
        let mut position = self.position(stream).subscribe();
        // The sender lives as long as this does.
        let _reached = position.wait_for(|reached| *reached >= sequence).await.is_ok();
    }
}

impl Principals for Access {
    fn secret(&self, access_key_id: &str) -> Option<AccessKey> {
        self.keyring.secret(access_key_id).or_else(|| self.read().keys.get(access_key_id).cloned())
    }
}

#[async_trait::async_trait]
impl Authorizer for Access {
    fn check(&self, question: Question<'_>) -> Decision {
        if self.administrators.contains(question.principal) {
            return Decision::Allow;
        }
        let key = (question.principal.to_owned(), question.action.to_owned(), question.resource.clone());
        let remembered = self.remembered.read().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some(decision) = remembered {
            return decision;
        }
        // A change waits for this lock before it forgets: what is decided on the old state is not remembered
        // after it.
        let state = self.read();
        let (decision, _) = state.decide(question);
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MAX_REMEMBERED_DECISIONS {
            remembered.clear();
        }
        remembered.insert(key, decision);
        decision
    }

    fn is_in(&self, principal: &str, group: &str) -> bool {
        self.read().groups.get(principal).is_some_and(|groups| groups.contains(group))
    }

    fn meant_by(&self, name: &str) -> BTreeSet<String> {
        match name.strip_prefix("group:") {
            Some(group) => {
                let state = self.read();
                let members = state.groups.iter().filter(|(_, groups)| groups.contains(group));
                members.map(|(name, _)| name.clone()).collect()
            }
            None => self.has_principal(name).then(|| name.to_owned()).into_iter().collect(),
        }
    }

    async fn catch_up(&self, bus: &Bus) -> Result<(), Error> {
        let streams: Vec<String> = {
            let positions = self.positions.read().unwrap_or_else(PoisonError::into_inner);
            positions.keys().cloned().collect()
        };
        for stream in streams {
            let end = streams::last_sequence(bus, &stream).await?;
            if !self.is_reached(&stream, end).await {
                return Err(Error::TimedOut { subject: stream, limit: REACHED_TIMEOUT });
            }
        }
        Ok(())
    }

    async fn reached(&self, position: &str) {
        let Some((stream, sequence)) = position.rsplit_once(':') else { return };
        let known = self.positions.read().unwrap_or_else(PoisonError::into_inner).contains_key(stream);
        if let (true, Ok(sequence)) = (known, sequence.parse())
            && !self.is_reached(stream, sequence).await
        {
            tracing::warn!(stream, sequence, "a change of access is not in force here yet");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = r#"
        permit(principal in Group::"web", action == Action::"ssm:SendCommand", resource is Document);
        permit(principal in Group::"web", action == Action::"ssm:SendCommand", resource is Node)
        when { resource.hasTag("role") && resource.getTag("role") == "web" };
        permit(principal in Group::"web", action in [Action::"ssm:Get*", Action::"ssm:List*"], resource);
    "#;

    fn access() -> Access {
        let access = Access::new(Keyring::default());
        access.put_principal("alice", &["web".to_owned()]);
        access.put_principal("bob", &[]);
        access.put_policy("web", WEB);
        access.tag(Resource::new("ManagedInstance", "mi-1"), |tags| {
            tags.insert("role".into(), "web".into());
        });
        access
    }

    fn allowed(access: &Access, principal: &str, action: &str, kind: &str, id: &str) -> bool {
        let resource = Resource::new(kind, id);
        let question = Question { principal, action, resource: &resource };
        let decisions = [access.check(question), access.explain(question).0, access.check(question)];
        assert!(decisions.iter().all(|decision| *decision == decisions[0]), "{decisions:?}");
        decisions[0] == Decision::Allow
    }

    #[test]
    fn policies_permit_by_group_action_kind_and_tag_and_nothing_else() {
        let access = access();
        let send = "ssm:SendCommand";
        assert!(allowed(&access, "alice", send, "Document", "AWS-RunShellScript"));
        assert!(allowed(&access, "alice", send, "ManagedInstance", "mi-1"));
        assert!(!allowed(&access, "alice", send, "ManagedInstance", "mi-2"));
        assert!(allowed(&access, "alice", "ssm:GetDocument", "Document", "any"));
        assert!(allowed(&access, "alice", "ssm:ListDocuments", "Resource", "*"));
        assert!(!allowed(&access, "alice", "ssm:Getaway", "Document", "any"), "the verb is Getaway");
        assert!(!allowed(&access, "alice", "other:GetDocument", "Document", "any"));
        assert!(!allowed(&access, "alice", "ssm:DeleteDocument", "Document", "any"));
        for stranger in ["bob", "carol", "", "web", "Administrator"] {
            assert!(!allowed(&access, stranger, send, "Document", "AWS-RunShellScript"), "{stranger:?}");
        }
        assert!(!allowed(&access, "alice", send, "no kind of Cedar's", "x"));
        assert!(allowed(&access, ADMINISTRATOR, "ssm:Anything", "Node", "mi-2"));
    }

    #[test]
    fn every_change_is_in_force_at_once() {
        let access = access();
        let send = |access: &Access, id| allowed(access, "alice", "ssm:SendCommand", "ManagedInstance", id);
        assert!(!send(&access, "mi-2"));
        access.tag(Resource::new("ManagedInstance", "mi-2"), |tags| {
            tags.insert("role".into(), "web".into());
        });
        assert!(send(&access, "mi-2"));
        access.put_policy("never", r#"forbid(principal, action, resource == Node::"mi-2");"#);
        assert!(!send(&access, "mi-2") && send(&access, "mi-1"));
        access.remove_policy("never");
        assert!(send(&access, "mi-2"));
        access.put_policy("web", "permit(principal");
        assert!(!send(&access, "mi-1"), "what cannot be read permits nothing");
        access.put_policy("all", "permit(principal, action, resource);");
        assert!(!send(&access, "mi-1"), "nor does anything beside it: it may have forbidden this");
        access.remove_policy("all");
        access.put_policy("web", "permit(principal, action, resource);");
        assert!(send(&access, "mi-1"));
        access.remove_principal("alice");
        assert!(!send(&access, "mi-1"), "whoever was deleted may do nothing");
    }

    #[test]
    fn keys_go_with_their_principal() {
        let access = access();
        access.put_key("AKIAALICE", "alice", "a secret");
        assert_eq!(access.secret("AKIAALICE").unwrap().principal.name, "alice");
        assert!(!format!("{access:?}").contains("secret"));
        access.remove_principal("alice");
        assert!(access.secret("AKIAALICE").is_none());
    }

    #[test]
    fn an_arn_names_what_its_last_part_names() {
        let arn = "arn:aws:ssm:us-east-1:123456789012:document/deploy";
        assert_eq!(Resource::new("Document", arn), Resource::new("Document", "deploy"));
        assert_eq!(Resource::new("Document", "deploy").arn("us-east-1", "123456789012"), arn);
        assert_eq!(Resource::new("Document", "arn:odd").id, "arn:odd");
        let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/db/password";
        for text in ["/db/password", "/db/password:3", "/db/password:label", arn] {
            assert_eq!(Resource::new("Parameter", text).id, "/db/password", "{text}");
        }
        assert_eq!(Resource::new("Parameter", "/db/password").arn("us-east-1", "123456789012"), arn);
        for text in ["x", "/x", " /x:1 ", "arn:aws:ssm:us-east-1:123456789012:parameter/x"] {
            assert_eq!(Resource::new("Parameter", text).id, "x", "{text}");
        }
        assert_eq!(Resource::none().arn("us-east-1", "123456789012"), "*");
    }

    #[test]
    fn texts_that_are_no_policies_are_refused() {
        for text in ["", "permit", "permit(principal == ?principal, action, resource);", "forbid(a, b, c);"] {
            assert!(crate::check_policy(text).is_err(), "{text:?}");
        }
        crate::check_policy(WEB).unwrap();
    }

    #[test]
    fn a_policy_is_about_what_there_is() {
        let wrong = [
            (r#"forbid(principal, action == Action::"ssm:SendComand", resource);"#, "ssm:SendCommand"),
            (r#"forbid(principal, action in Action::"ssm:Sent*", resource);"#, "ssm:Send*"),
            (r#"forbid(principal, action == Action::"ssm:Send*", resource);"#, "never apply"),
            ("forbid(principal, action, resource is Documnet);", "Document"),
            ("forbid(principal, action, resource is ManagedInstance);", "Node"),
            (r#"forbid(principal, action, resource == ManagedInstance::"mi-1");"#, "Node"),
            (r#"forbid(principal in Groups::"web", action, resource);"#, "Group"),
            (r#"forbid(principal, action, resource) when { resource.tags.env == "prod" };"#, "hasTag"),
            (r#"forbid(principal, action, resource) when { resource.getTag("env") == "prod" };"#, "hasTag"),
            (r#"forbid(principal, action, resource) when { principal.name == "bob" };"#, "name"),
            (
                r#"forbid(principal, action, resource is Policy) when { resource.hasTag("env") && resource.getTag("env") == "prod" };"#,
                "never apply",
            ),
            (
                r#"forbid(principal, action, resource is Node) when { resource.hasTag("n") && resource.getTag("n") > 3 };"#,
                "Long",
            ),
        ];
        for (text, names) in wrong {
            let error = crate::check_policy(text).unwrap_err();
            println!("{text}\n    {error}");
            assert!(error.contains(names), "{text}: {error}");
        }
        for action in
            ["ssm:SendCommand", "ssm:Put*", "ssm:*", "access:PutPolicy", "dead-letters:*", "nodes:*"]
        {
            for kind in ["Document", "Node", "Parameter", "Activation", "Principal", "Policy", "Resource"] {
                let text = format!("forbid(principal, action in Action::{action:?}, resource is {kind});");
                crate::check_policy(&text).unwrap();
            }
        }
        for kind in
            ["Document", "ManagedInstance", "Node", "Activation", "DeadLetter", "DispatchKeys", "OpsItem"]
        {
            crate::check_kind(kind).unwrap();
        }
        let error = crate::check_kind("Documnet").unwrap_err();
        assert_eq!(error, "There is no kind of resource Documnet; did you mean Document?");
        assert_eq!(crate::check_action("ssm:*").unwrap_err(), "There is no action ssm:*.");
        let error = crate::check_action("ssm:SendComand").unwrap_err();
        assert_eq!(error, "There is no action ssm:SendComand; did you mean ssm:SendCommand?");
    }

    #[test]
    fn a_policy_that_cannot_be_evaluated_denies_what_it_is_about() {
        let access = access();
        let send = |id| allowed(&access, "alice", "ssm:SendCommand", "ManagedInstance", id);
        assert!(send("mi-1"));
        // As one may be in force that was put before policies were validated.
        access.put_policy(
            "broken",
            r#"forbid(principal, action, resource is Node) when { resource.tags.env == "prod" };"#,
        );
        assert!(!send("mi-1"));
        assert!(allowed(&access, "alice", "ssm:SendCommand", "Document", "AWS-RunShellScript"));
        let resource = Resource::new("ManagedInstance", "mi-1");
        let question = Question { principal: "alice", action: "ssm:SendCommand", resource: &resource };
        assert_eq!(access.explain(question), (Decision::Deny, vec!["broken".to_owned()]));
        // One that is valid and overflows.
        access.put_policy(
            "broken",
            "permit(principal, action, resource) when { 9223372036854775807 + 1 > 0 };",
        );
        assert!(!send("mi-1"));
        access.remove_policy("broken");
        assert!(send("mi-1"));
    }
}
