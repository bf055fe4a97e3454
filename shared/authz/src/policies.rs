//! Cedar: texts to policies, questions to decisions.

use crate::{Decision, Question, in_policies, schema, verb};
use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision as CedarDecision, Entities, Entity, EntityId,
    EntityTypeName, EntityUid, Policy, PolicyId, PolicySet, Request, RestrictedExpression,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    str::FromStr,
};

/// As many policies as one text may hold.
const MAX_POLICIES_PER_TEXT: usize = 100;

/// Checks a text of policies that is put: it can be read, and names only what there is.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn check(text: &str) -> Result<(), String> {
    let set = PolicySet::from_policies(parse("policy", text)?).map_err(|error| error.to_string())?;
    schema::validate(&set)
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
        n if n > MAX_POLICIES_PER_TEXT => {
            Err(format!("The text holds {n} policies; it may hold {MAX_POLICIES_PER_TEXT}."))
        }
        _ => Ok(policies),
    }
}

/// The policies in force, by the name of their text.
#[derive(Default)]
pub(crate) struct Policies {
    set: PolicySet,
    ids: HashMap<String, Vec<PolicyId>>,
    /// Texts in force that cannot be read. What they forbid nobody knows, so nothing is permitted beside them.
    unreadable: BTreeSet<String>,
}

impl Policies {
    /// Puts a text in the place of the one of that name. While one is not Cedar any more nothing is permitted.
    pub fn put(&mut self, name: &str, text: &str) {
        self.remove(name);
        let policies = match parse(name, text) {
            Ok(policies) => policies,
            Err(reason) => {
                self.unreadable.insert(name.to_owned());
                return tracing::error!(name, reason, "a policy cannot be read: everything is denied");
            }
        };
        let mut ids = Vec::new();
        for policy in policies {
            let id = policy.id().clone();
            match self.set.add(policy) {
                Ok(()) => ids.push(id),
                Err(error) => {
                    self.unreadable.insert(name.to_owned());
                    tracing::error!(name, %error, "a policy was not taken: everything is denied");
                }
            }
        }
        self.ids.insert(name.to_owned(), ids);
    }

    pub fn remove(&mut self, name: &str) {
        self.unreadable.remove(name);
        for id in self.ids.remove(name).unwrap_or_default() {
            if let Err(error) = self.set.remove_static(id) {
                tracing::error!(name, %error, "a policy was not removed");
            }
        }
    }

    /// Decides; answers also which texts determined it. One that cannot be evaluated denies.
    pub fn decide(
        &self,
        question: Question<'_>,
        groups: &BTreeSet<String>,
        tags: Option<&BTreeMap<String, String>>,
    ) -> (Decision, Vec<String>) {
        let Some((request, entities)) = request(question, groups, tags) else {
            return (Decision::Deny, Vec::new());
        };
        if !self.unreadable.is_empty() {
            return (Decision::Deny, self.unreadable.iter().cloned().collect());
        }
        let response = Authorizer::new().is_authorized(&request, &self.set, &entities);
        let mut failed = BTreeSet::new();
        for error in response.diagnostics().errors() {
            tracing::warn!(%error, "a policy could not be evaluated, and denies");
            let AuthorizationError::PolicyEvaluationError(error) = error;
            failed.extend(text_of(error.policy_id()));
        }
        if !failed.is_empty() {
            return (Decision::Deny, failed.into_iter().collect());
        }
        let names: BTreeSet<String> = response.diagnostics().reason().filter_map(text_of).collect();
        let decision = match response.decision() {
            CedarDecision::Allow => Decision::Allow,
            CedarDecision::Deny => Decision::Deny,
        };
        (decision, names.into_iter().collect())
    }
}

/// The name of the text that a policy is of.
fn text_of(id: &PolicyId) -> Option<String> {
    let id: &str = id.as_ref();
    id.rsplit_once('/').map(|(name, _)| name.to_owned())
}

/// `None` when a kind is no name of a Cedar type, so that nothing can be permitted on it.
fn request(
    question: Question<'_>,
    groups: &BTreeSet<String>,
    tags: Option<&BTreeMap<String, String>>,
) -> Option<(Request, Entities)> {
    let kind = in_policies(&question.resource.kind);
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
