//! Cedar: texts to policies, questions to decisions.

use crate::{Decision, Question, verb};
use cedar_policy::{
    Authorizer, Context, Decision as CedarDecision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    Policy, PolicyId, PolicySet, Request, RestrictedExpression,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    str::FromStr,
};

/// As many policies as one text may hold.
const MOST_POLICIES: usize = 100;

/// Checks a text of policies.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn check(text: &str) -> Result<(), String> {
    parse("checked", text).map(|_| ())
}

/// The policies of a text, each with an id that names the text.
fn parse(name: &str, text: &str) -> Result<Vec<Policy>, String> {
    let set = PolicySet::from_str(text).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        format!("The text is not Cedar: {}.", errors.join("; ").trim_end_matches('.'))
    })?;
    if set.templates().next().is_some() {
        return Err(
            "The text holds a template (?principal or ?resource); only policies are taken.".to_owned()
        );
    }
    let policies: Vec<Policy> = set
        .policies()
        .enumerate()
        .map(|(index, policy)| policy.new_id(PolicyId::new(format!("{name}/{index}"))))
        .collect();
    match policies.len() {
        0 => Err("The text holds no policy.".to_owned()),
        n if n > MOST_POLICIES => Err(format!("The text holds {n} policies; it may hold {MOST_POLICIES}.")),
        _ => Ok(policies),
    }
}

/// The policies in force, by the name of their text.
#[derive(Default)]
pub(crate) struct Policies {
    set: PolicySet,
    ids: HashMap<String, Vec<PolicyId>>,
}

impl Policies {
    /// Puts a text in the place of the one of that name. What is not Cedar any more permits nothing: it is left out.
    pub fn put(&mut self, name: &str, text: &str) {
        self.remove(name);
        let policies = match parse(name, text) {
            Ok(policies) => policies,
            Err(reason) => {
                return tracing::error!(name, reason, "a policy cannot be read and permits nothing");
            }
        };
        let mut ids = Vec::new();
        for policy in policies {
            let id = policy.id().clone();
            match self.set.add(policy) {
                Ok(()) => ids.push(id),
                Err(error) => tracing::error!(name, %error, "a policy was not taken and permits nothing"),
            }
        }
        self.ids.insert(name.to_owned(), ids);
    }

    pub fn remove(&mut self, name: &str) {
        for id in self.ids.remove(name).unwrap_or_default() {
            if let Err(error) = self.set.remove_static(id) {
                tracing::error!(name, %error, "a policy was not removed");
            }
        }
    }

    /// Decides; answers also which texts determined it.
    pub fn decide(
        &self,
        question: Question<'_>,
        groups: &BTreeSet<String>,
        tags: Option<&BTreeMap<String, String>>,
    ) -> (Decision, Vec<String>) {
        let Some((request, entities)) = request(question, groups, tags) else {
            return (Decision::Deny, Vec::new());
        };
        let response = Authorizer::new().is_authorized(&request, &self.set, &entities);
        let names = response.diagnostics().reason().filter_map(|id| {
            let text: &str = id.as_ref();
            text.rsplit_once('/').map(|(name, _)| name.to_owned())
        });
        let mut names: Vec<String> = names.collect();
        names.sort();
        names.dedup();
        for error in response.diagnostics().errors() {
            tracing::warn!(%error, "a policy could not be evaluated");
        }
        match response.decision() {
            CedarDecision::Allow => (Decision::Allow, names),
            CedarDecision::Deny => (Decision::Deny, names),
        }
    }
}

/// `None` when a kind is no name of a Cedar type, so that nothing can be permitted on it.
fn request(
    question: Question<'_>,
    groups: &BTreeSet<String>,
    tags: Option<&BTreeMap<String, String>>,
) -> Option<(Request, Entities)> {
    let kind = match question.resource.kind.as_str() {
        "ManagedInstance" => "Node",
        kind => kind,
    };
    let (principal, action) = (uid("Principal", question.principal)?, uid("Action", question.action)?);
    let resource = uid(kind, &question.resource.id)?;
    let groups = groups.iter().filter_map(|group| uid("Group", group)).collect();
    let families =
        families(question.action).into_iter().filter_map(|family| uid("Action", &family)).collect();
    let tags = tags.into_iter().flatten();
    let tags = tags.map(|(key, value)| (key.clone(), RestrictedExpression::new_string(value.clone())));
    let entities = [
        Entity::new_no_attrs(principal.clone(), groups),
        Entity::new_no_attrs(action.clone(), families),
        Entity::new_with_tags(resource.clone(), [], HashSet::new(), tags).ok()?,
    ];
    let entities = Entities::from_entities(entities, None).ok()?;
    let request = Request::new(principal, action, resource, Context::empty(), None).ok()?;
    Some((request, entities))
}

fn uid(kind: &str, id: &str) -> Option<EntityUid> {
    Some(EntityUid::from_type_name_and_id(EntityTypeName::from_str(kind).ok()?, EntityId::new(id)))
}

/// What an action belongs to: `ssm:GetDocument` to `ssm:Get*` and `ssm:*`.
fn families(action: &str) -> Vec<String> {
    let Some((service, name)) = action.split_once(':') else { return Vec::new() };
    vec![format!("{service}:{}*", verb(name)), format!("{service}:*")]
}
