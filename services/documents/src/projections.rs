//! Events to the rows that the operations answer from.
//!
//! Tables: [`DOCUMENTS`] by name; [`VERSIONS`] and [`CONTENT`] by `name/00000n`; [`REVIEWS`] by
//! `name/00000n/00000k`; [`TAGS`] by name, which is computed from another stream and so is kept apart.

use crate::domain::{DocumentEvent, Review};
use reeve_contracts::documents::Version;
use reeve_document_language::{DocumentInput, Format, check, convert};
use reeve_eventsourcing::{Envelope, Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const DOCUMENTS: &str = "documents";
pub(crate) const VERSIONS: &str = "document-versions";
pub(crate) const CONTENT: &str = "document-content";
pub(crate) const REVIEWS: &str = "document-reviews";
pub(crate) const TAGS: &str = "document-tags";

/// The key of a version's rows: in the order of the numbers, and a name holds no slash.
pub(crate) fn version_key(name: &str, number: u32) -> String {
    format!("{name}/{number:06}")
}

/// A document as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DocumentRow {
    pub name: String,
    pub document_type: String,
    pub owner: String,
    pub created: Timestamp,
    pub default: u32,
    pub versions: BTreeSet<u32>,
    /// Accounts, or `all`, and the version that each may see.
    pub shared: BTreeMap<String, String>,
    pub approved: Option<u32>,
    pub pending: Option<u32>,
}

/// A version without its content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct VersionRow {
    pub number: u32,
    pub name: String,
    pub format: String,
    pub schema_version: String,
    pub hash: String,
    pub platform_types: Vec<String>,
    pub display_name: String,
    pub target_type: String,
    pub requires_json: String,
    pub description: Option<String>,
    pub inputs: Vec<DocumentInput>,
    pub author: String,
    pub created: Timestamp,
    pub review: Review,
    pub reviewer: String,
    pub reviewed: Timestamp,
    /// How many rows the version has in [`REVIEWS`].
    pub reviews: u32,
}

/// A version's content as it was stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub content: String,
    /// As JSON, when it is YAML: what most callers ask for is not computed anew for each.
    pub json: Option<String>,
}

/// One step of a version's review.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReviewRow {
    pub review: Review,
    pub reviewer: String,
    pub at: Timestamp,
    pub comment_json: String,
}

/// Keeps all tables but [`TAGS`].
pub(crate) struct Documents;

impl Projection for Documents {
    const NAME: &'static str = "documents";
    const VERSION: u32 = 2;
    type Event = DocumentEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DocumentEvent>) {
        let envelope = &event.envelope;
        match &event.event {
            DocumentEvent::DocumentCreated(created) => {
                let row = DocumentRow {
                    name: created.name.clone(),
                    document_type: created.document_type.clone(),
                    owner: created.owner.clone(),
                    created: envelope.time,
                    default: created.version.as_ref().map_or(0, |version| version.number),
                    ..DocumentRow::default()
                };
                add_version(view, row, created.version.as_ref(), envelope);
            }
            DocumentEvent::DocumentUpdated(updated) => {
                if let Some(row) = view.row::<DocumentRow>(DOCUMENTS, &updated.name) {
                    add_version(view, row, updated.version.as_ref(), envelope);
                }
            }
            DocumentEvent::DefaultVersionSet(set) => {
                change(view, &set.name, |row| row.default = set.version);
            }
            DocumentEvent::DocumentReviewed(reviewed) => {
                let Some(review) = Review::after(&reviewed.action) else { return };
                let step = ReviewRow {
                    review,
                    reviewer: envelope.actor.clone(),
                    at: envelope.time,
                    comment_json: reviewed.comment_json.clone(),
                };
                add_review(view, &reviewed.name, reviewed.version, step);
            }
            DocumentEvent::DocumentVersionDeleted(deleted) => {
                change(view, &deleted.name, |row| {
                    row.versions.remove(&deleted.version);
                    row.approved = row.approved.filter(|number| *number != deleted.version);
                    row.pending = row.pending.filter(|number| *number != deleted.version);
                });
                remove_version(view, &deleted.name, deleted.version);
            }
            DocumentEvent::DocumentDeleted(deleted) => {
                let row = view.row::<DocumentRow>(DOCUMENTS, &deleted.name).unwrap_or_default();
                for number in row.versions {
                    remove_version(view, &deleted.name, number);
                }
                view.remove(DOCUMENTS, deleted.name.as_bytes());
            }
            DocumentEvent::DocumentPermissionModified(modified) => {
                change(view, &modified.name, |row| {
                    row.shared.retain(|account, _| !modified.remove.contains(account));
                    for account in &modified.add {
                        row.shared.insert(account.clone(), modified.shared_version.clone());
                    }
                });
            }
        }
    }
}

fn change(view: &mut dyn View, name: &str, change: impl FnOnce(&mut DocumentRow)) {
    view.change_row(DOCUMENTS, name, change);
}

fn add_version(view: &mut dyn View, mut row: DocumentRow, version: Option<&Version>, envelope: &Envelope) {
    let Some(version) = version else { return };
    let key = version_key(&row.name, version.number);
    // The content was accepted when it was stored; a language that has become stricter since takes nothing
    // but the description and the parameters away.
    let format: Option<Format> = version.format.parse().ok();
    let checked = format.and_then(|format| check(&row.document_type, format, &version.content).ok());
    let (description, inputs) = checked.map_or_else(Default::default, |c| (c.description, c.inputs));
    let version_row = VersionRow {
        number: version.number,
        name: version.name.clone(),
        format: version.format.clone(),
        schema_version: version.schema_version.clone(),
        hash: version.hash.clone(),
        platform_types: version.platform_types.clone(),
        display_name: version.display_name.clone(),
        target_type: version.target_type.clone(),
        requires_json: version.requires_json.clone(),
        description,
        inputs,
        author: envelope.actor.clone(),
        created: envelope.time,
        ..VersionRow::default()
    };
    view.put_row(VERSIONS, &key, version_row);
    let json = format.filter(|format| *format == Format::Yaml);
    let json = json.and_then(|yaml| convert(&version.content, yaml, Format::Json).ok());
    view.put_row(CONTENT, &key, Content { content: version.content.clone(), json });
    row.versions.insert(version.number);
    let name = row.name.clone();
    view.put_row(DOCUMENTS, &name, row);
}

fn add_review(view: &mut dyn View, name: &str, number: u32, step: ReviewRow) {
    let key = version_key(name, number);
    let review = step.review;
    let before = view.change_row(VERSIONS, &key, |version: &mut VersionRow| {
        version.reviews += 1;
        version.review = review;
        version.reviewer.clone_from(&step.reviewer);
        version.reviewed = step.at;
        version.reviews - 1
    });
    let Some(before) = before else { return };
    view.put_row(REVIEWS, &format!("{key}/{before:06}"), step);
    change(view, name, |row| match review {
        Review::Pending => row.pending = Some(number),
        Review::Approved => (row.approved, row.pending) = (Some(number), None),
        Review::Rejected | Review::NotReviewed => row.pending = None,
    });
}

fn remove_version(view: &mut dyn View, name: &str, number: u32) {
    let key = version_key(name, number);
    let version = view.row::<VersionRow>(VERSIONS, &key).unwrap_or_default();
    for step in 0..version.reviews {
        view.remove(REVIEWS, format!("{key}/{step:06}").as_bytes());
    }
    view.remove(VERSIONS, key.as_bytes());
    view.remove(CONTENT, key.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Document, State, tests::commands};
    use proptest::prelude::*;
    use reeve_eventsourcing::{AggregateRef, Decider, Event, MemoryView, Position};
    use reeve_testkit::context;

    fn recorded(position: u64, event: DocumentEvent) -> Recorded<DocumentEvent> {
        let cx = context();
        let envelope = Envelope {
            id: cx.command_id,
            schema: event.schema().to_owned(),
            time: cx.now,
            aggregate: AggregateRef::new("documents", "document", "deploy"),
            actor: cx.actor.name,
            actor_source: String::new(),
            correlation_id: cx.correlation_id,
            causation_id: cx.command_id,
            cause_id: None,
            traceparent: None,
            data: event.encode(),
        };
        Recorded { position: Position(position), envelope: envelope.into(), event }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_rows_say_what_the_state_says(commands in prop::collection::vec(commands(), 0..40)) {
            let (mut state, mut view) = (State::default(), MemoryView::default());
            for (n, command) in commands.into_iter().enumerate() {
                let Ok(Some(event)) = Document::decide(&state, command, &context()) else { continue };
                state = Document::evolve(state, &event);
                Documents.apply(&mut view, &recorded(n as u64, event));
                let row: Option<DocumentRow> = view.row(DOCUMENTS, "deploy");
                let Some(row) = row else {
                    prop_assert!(!state.exists());
                    prop_assert_eq!(&view, &MemoryView::default(), "a document that is gone leaves no row");
                    continue;
                };
                prop_assert_eq!(row.default, state.default);
                prop_assert_eq!(&row.shared, &state.shared);
                prop_assert!(row.versions.iter().eq(state.versions.keys()));
                for (number, mark) in &state.versions {
                    let key = version_key("deploy", *number);
                    let version: VersionRow = view.row(VERSIONS, &key).unwrap_or_default();
                    prop_assert_eq!((&version.hash, version.review), (&mark.hash, mark.review));
                    let content: Content = view.row(CONTENT, &key).unwrap_or_default();
                    prop_assert_eq!(&reeve_document_language::hash(&content.content), &mark.hash);
                }
                let contents = view.0.keys().filter(|(table, _)| table == CONTENT).count();
                prop_assert_eq!(contents, state.versions.len());
            }
        }
    }
}
