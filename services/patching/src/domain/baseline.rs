//! A baseline: what of the available patches is approved.

use crate::shape;
pub use reeve_contracts::patching::BaselineEvent;
use reeve_contracts::patching::{BaselineCreated, BaselineDeleted, BaselineUpdated};
use reeve_contracts::ssm::{GetPatchBaselineResult, UpdatePatchBaselineRequest};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// What may be asked of a baseline. `baseline_json` is the AWS-shaped one; whoever makes one has checked it.
#[derive(Clone, Debug)]
pub enum Command {
    Create(BaselineCreated),
    /// What is said is so from now on; the rest stays, or with Replace is as in a new one.
    Update(Box<UpdatePatchBaselineRequest>),
    Delete,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such patch baseline")]
    Unknown,
    /// What it would be means nothing here.
    #[error("{0}")]
    Invalid(String),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none.
    pub baseline_id: String,
    baseline_json: String,
}

/// The aggregate.
pub struct Baseline;

impl Decider for Baseline {
    type Command = Command;
    type Event = BaselineEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<BaselineEvent>, Error> {
        let (baseline_id, exists) = (state.baseline_id.clone(), !state.baseline_id.is_empty());
        Ok(match command {
            // Its id is made for it: the same one again is a repeat.
            Command::Create(_) if exists => None,
            Command::Create(created) => Some(BaselineEvent::BaselineCreated(created)),
            Command::Update(_) if !exists => return Err(Error::Unknown),
            Command::Update(changes) => {
                // It was written by this service.
                let before = serde_json::from_str(&state.baseline_json).unwrap_or_default();
                let wanted = changed(before, *changes);
                shape::checked(&wanted).map_err(Error::Invalid)?;
                let baseline_json =
                    serde_json::to_string(&wanted).map_err(|e| Error::Invalid(e.to_string()))?;
                let updated = BaselineUpdated { baseline_id, baseline_json };
                (updated.baseline_json != state.baseline_json)
                    .then_some(BaselineEvent::BaselineUpdated(updated))
            }
            Command::Delete => {
                exists.then_some(BaselineEvent::BaselineDeleted(BaselineDeleted { baseline_id }))
            }
        })
    }

    fn evolve(_: State, event: &BaselineEvent) -> State {
        let (id, json) = match event {
            BaselineEvent::BaselineCreated(e) => (&e.baseline_id, &e.baseline_json),
            BaselineEvent::BaselineUpdated(e) => (&e.baseline_id, &e.baseline_json),
            BaselineEvent::BaselineDeleted(_) => return State::default(),
        };
        State { baseline_id: id.clone(), baseline_json: json.clone() }
    }
}

/// A baseline with what was said of it.
fn changed(before: GetPatchBaselineResult, changes: UpdatePatchBaselineRequest) -> GetPatchBaselineResult {
    let base = match changes.replace.unwrap_or_default() {
        true => GetPatchBaselineResult { operating_system: before.operating_system, ..shape::defaults() },
        false => before,
    };
    GetPatchBaselineResult {
        approval_rules: changes.approval_rules.or(base.approval_rules),
        approved_patches: changes.approved_patches.or(base.approved_patches),
        approved_patches_compliance_level: changes
            .approved_patches_compliance_level
            .or(base.approved_patches_compliance_level),
        approved_patches_enable_non_security: changes
            .approved_patches_enable_non_security
            .or(base.approved_patches_enable_non_security),
        available_security_updates_compliance_status: changes
            .available_security_updates_compliance_status
            .or(base.available_security_updates_compliance_status),
        description: changes.description.or(base.description),
        global_filters: changes.global_filters.or(base.global_filters),
        name: changes.name.or(base.name),
        operating_system: base.operating_system,
        rejected_patches: changes.rejected_patches.or(base.rejected_patches),
        rejected_patches_action: changes.rejected_patches_action.or(base.rejected_patches_action),
        sources: changes.sources.or(base.sources),
        ..GetPatchBaselineResult::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn it_is_made_changed_and_deleted() {
        let json = |name: &str, rejected: &[&str]| {
            let baseline = GetPatchBaselineResult {
                name: Some(name.into()),
                operating_system: Some("DEBIAN".into()),
                rejected_patches: Some(rejected.iter().map(|patch| (*patch).to_owned()).collect()),
                ..shape::defaults()
            };
            serde_json::to_string(&baseline).unwrap()
        };
        let created =
            BaselineCreated { baseline_id: "pb-1".into(), baseline_json: json("web", &[]), tags: Vec::new() };
        let create = Command::Create(created.clone());
        let created = BaselineEvent::BaselineCreated(created);
        given::<Baseline>([]).when(create.clone()).then(created.clone());
        given::<Baseline>([created.clone()]).when(create).then_nothing();
        let updated = |baseline_json: String| {
            let baseline_id = "pb-1".into();
            BaselineEvent::BaselineUpdated(BaselineUpdated { baseline_id, baseline_json })
        };
        let named = |name: &str| UpdatePatchBaselineRequest { name: Some(name.into()), ..Default::default() };
        let update = |changes: UpdatePatchBaselineRequest| Command::Update(Box::new(changes));
        given::<Baseline>([created.clone()]).when(update(named("web"))).then_nothing();
        // What another has said meanwhile stays.
        let rejecting = updated(json("web", &["vim"]));
        given::<Baseline>([created.clone(), rejecting.clone()])
            .when(update(named("db")))
            .then(updated(json("db", &["vim"])));
        let replacing = UpdatePatchBaselineRequest { replace: Some(true), ..named("db") };
        given::<Baseline>([created.clone(), rejecting])
            .when(update(replacing))
            .then(updated(json("db", &[])));
        let wrong =
            UpdatePatchBaselineRequest { approved_patches: Some(vec!["a b".into()]), ..Default::default() };
        let refused = Baseline::decide(
            &Baseline::evolve(State::default(), &created),
            update(wrong),
            &reeve_testkit::context(),
        );
        assert!(matches!(&refused, Err(Error::Invalid(why)) if why.contains("a b")), "{refused:?}");
        given::<Baseline>([]).when(update(named("web"))).then_refused(Error::Unknown);
        let deleted = BaselineEvent::BaselineDeleted(BaselineDeleted { baseline_id: "pb-1".into() });
        given::<Baseline>([created.clone()]).when(Command::Delete).then(deleted.clone());
        given::<Baseline>([created, deleted]).when(Command::Delete).then_nothing();
    }
}
