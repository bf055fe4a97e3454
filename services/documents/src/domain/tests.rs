//! Given these events, when this is asked of a document, then this.

use super::*;
use proptest::prelude::*;
use reeve_document_language::Format;
use reeve_testkit::{context, given};

const OWNER: &str = "123456789012";

fn content(line: &str) -> String {
    format!(
        r#"{{"schemaVersion":"2.2","mainSteps":[{{"action":"aws:runShellScript","name":"s","inputs":{{"runCommand":["{line}"]}}}}]}}"#
    )
}

fn draft(line: &str, version_name: &str) -> Draft {
    Draft {
        content: content(line),
        format: Format::Json,
        version_name: version_name.to_owned(),
        display_name: String::new(),
        target_type: String::new(),
    }
}

fn create_with(draft: Draft) -> Command {
    Command::Create {
        name: "deploy".into(),
        document_type: "Command".into(),
        owner: OWNER.into(),
        draft,
        requires_json: String::new(),
        tags: Vec::new(),
    }
}

fn selector(version: &str) -> Selector {
    Selector { version: (!version.is_empty()).then(|| version.to_owned()), version_name: None }
}

fn update(version: &str, line: &str, version_name: &str) -> Command {
    Command::Update { name: "deploy".into(), selector: selector(version), draft: draft(line, version_name) }
}

fn set_default(version: &str) -> Command {
    Command::SetDefault { name: "deploy".into(), version: version.into() }
}

fn delete_version(version: &str) -> Command {
    Command::DeleteVersion { name: "deploy".into(), selector: selector(version) }
}

fn delete() -> Command {
    Command::Delete { name: "deploy".into(), force: false }
}

fn share(add: &[&str], remove: &[&str]) -> Command {
    let owned = |list: &[&str]| list.iter().map(|a| (*a).to_owned()).collect();
    Command::Share {
        name: "deploy".into(),
        add: owned(add),
        remove: owned(remove),
        shared_version: "$DEFAULT".into(),
    }
}

fn review(action: &str) -> Command {
    Command::Review {
        name: "deploy".into(),
        selector: selector(""),
        action: action.into(),
        comment_json: String::new(),
    }
}

/// The events that these commands lead to, one after the other; each must be taken.
fn history(commands: impl IntoIterator<Item = Command>) -> Vec<DocumentEvent> {
    let mut state = State::default();
    let mut events = Vec::new();
    for command in commands {
        if let Some(event) = Document::decide(&state, command, &context()).unwrap() {
            state = Document::evolve(state, &event);
            events.push(event);
        }
    }
    events
}

fn created() -> Vec<DocumentEvent> {
    history([create_with(draft("one", "first"))])
}

fn name() -> String {
    "deploy".to_owned()
}

#[test]
fn a_new_document_has_version_one() {
    let DocumentEvent::DocumentCreated(event) =
        given::<Document>([]).when(create_with(draft("one", ""))).then_event()
    else {
        panic!("another event")
    };
    let version = event.version.unwrap();
    assert_eq!((version.number, version.format.as_str()), (1, "JSON"));
    assert_eq!(version.hash, language::hash(&content("one")));
    assert_eq!(version.platform_types, ["Linux", "MacOS"]);
}

#[test]
fn a_name_is_taken_once_and_free_again_after_deletion() {
    given::<Document>(created())
        .when(create_with(draft("two", "")))
        .then_refused(Error::AlreadyExists(name()));
    let deleted = history([create_with(draft("one", "")), update("", "two", ""), delete()]);
    let DocumentEvent::DocumentCreated(event) =
        given::<Document>(deleted).when(create_with(draft("one", ""))).then_event()
    else {
        panic!("another event")
    };
    assert_eq!(event.version.unwrap().number, 1);
}

#[test]
fn names_tags_and_content_are_checked() {
    let with_name = |name: &str| match create_with(draft("one", "")) {
        Command::Create { document_type, owner, draft, requires_json, tags, .. } => {
            Command::Create { name: name.into(), document_type, owner, draft, requires_json, tags }
        }
        other => other,
    };
    given::<Document>([])
        .when(with_name("AWS-Mine"))
        .then_refused(language::Error::ReservedName("AWS-Mine".into()).into());
    given::<Document>([]).when(with_name("a/b")).then_refused(language::Error::Name("a/b".into()).into());
    let mut broken = draft("one", "");
    broken.content = "{".into();
    let state = State::default();
    assert!(matches!(Document::decide(&state, create_with(broken), &context()), Err(Error::Language(_))));
}

#[test]
fn the_tags_asked_for_go_into_the_event() {
    let with_tags = |asked: &[(&str, &str)]| match create_with(draft("one", "")) {
        Command::Create { name, document_type, owner, draft, requires_json, .. } => Command::Create {
            name,
            document_type,
            owner,
            draft,
            requires_json,
            tags: asked.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        },
        other => other,
    };
    let DocumentEvent::DocumentCreated(event) =
        given::<Document>([]).when(with_tags(&[("team", "web")])).then_event()
    else {
        panic!("another event")
    };
    assert_eq!(event.tags, [Tag { key: "team".into(), value: "web".into() }]);
    given::<Document>([])
        .when(with_tags(&[("aws:team", "web")]))
        .then_refused(tags::Error::Reserved("aws:team".into()).into());
}

#[test]
fn updates_number_on_and_never_reuse() {
    let events = history([
        create_with(draft("one", "")),
        update("$LATEST", "two", ""),
        delete_version("2"),
        update("1", "two", "again"),
    ]);
    let state = events.iter().fold(State::default(), Document::evolve);
    assert_eq!(state.versions.keys().copied().collect::<Vec<_>>(), [1, 3]);
    assert_eq!((state.default, state.latest(), state.by_name("again")), (1, 3, Some(3)));
}

#[test]
fn updates_are_refused_for_their_reason() {
    let two = history([create_with(draft("one", "first")), update("", "two", "second")]);
    for (command, error) in [
        (update("1", "x", ""), Error::NotLatest { name: name(), version: 1, latest: 2 }),
        (update("$DEFAULT", "x", ""), Error::NotLatest { name: name(), version: 1, latest: 2 }),
        (update("7", "x", ""), Error::NoVersion { name: name(), version: "7".into() }),
        (update("", "one", ""), Error::DuplicateContent { name: name(), version: 1 }),
        (
            update("", "x", "first"),
            Error::DuplicateVersionName { name: name(), version_name: "first".into(), version: 1 },
        ),
    ] {
        given::<Document>(two.clone()).when(command).then_refused(error);
    }
    given::<Document>([]).when(update("", "x", "")).then_refused(Error::NotFound(name()));
    let old = r#"{"schemaVersion":"1.2","runtimeConfig":{"aws:runShellScript":{"properties":[{"runCommand":["id"]}]}}}"#;
    let old = Draft { content: old.into(), ..draft("", "") };
    given::<Document>(history([create_with(old)]))
        .when(update("", "x", ""))
        .then_refused(Error::OldSchema(name()));
}

#[test]
fn a_thousand_versions_are_enough() {
    let mut state = created().iter().fold(State::default(), Document::evolve);
    for number in 2..=1000 {
        state.versions.insert(number, VersionState::default());
    }
    let refused = Document::decide(&state, update("", "x", ""), &context());
    assert_eq!(refused, Err(Error::TooManyVersions(name())));
}

#[test]
fn the_default_moves_and_is_kept() {
    let two = history([create_with(draft("one", "")), update("", "two", "")]);
    let set = DocumentEvent::DefaultVersionSet(DefaultVersionSet { name: name(), version: 2 });
    given::<Document>(two.clone()).when(set_default("2")).then(set);
    given::<Document>(two.clone()).when(set_default("1")).then_nothing();
    given::<Document>(two.clone())
        .when(delete_version("$DEFAULT"))
        .then_refused(Error::DefaultVersion { name: name(), version: 1 });
    given::<Document>(two)
        .when(set_default("3"))
        .then_refused(Error::NoVersion { name: name(), version: "3".into() });
}

#[test]
fn a_selector_means_one_version() {
    let two = history([create_with(draft("one", "first")), update("", "two", "second")]);
    let state = two.iter().fold(State::default(), Document::evolve);
    let both = |version: &str, version_name: &str| Selector {
        version: Some(version.into()),
        version_name: Some(version_name.into()),
    };
    assert_eq!(state.select("deploy", &Selector::default()), Ok(1));
    assert_eq!(state.select("deploy", &both("2", "second")), Ok(2));
    assert_eq!(state.select("deploy", &both("", "second")), Ok(2));
    assert_eq!(state.select("deploy", &both("$LATEST", "first")), Err(Error::TwoVersions(name())));
    let missing = Error::NoVersionName { name: name(), version_name: "third".into() };
    assert_eq!(state.select("deploy", &both("", "third")), Err(missing));
}

#[test]
fn a_shared_document_is_not_deleted() {
    let shared = history([create_with(draft("one", "")), share(&["ALL", "210987654321"], &[])]);
    given::<Document>(shared.clone()).when(delete()).then_refused(Error::Shared(name()));
    given::<Document>(shared.clone()).when(share(&["all"], &["111111111111"])).then_nothing();
    let mut events = shared;
    let removed = given::<Document>(events.clone()).when(share(&[], &["All", "210987654321"])).then_event();
    events.push(removed);
    given::<Document>(events)
        .when(delete())
        .then(DocumentEvent::DocumentDeleted(DocumentDeleted { name: name() }));
}

#[test]
fn a_review_goes_its_way() {
    let wrong =
        |action: &str, status| Error::WrongReview { name: name(), version: 1, action: action.into(), status };
    given::<Document>(created()).when(review("Approve")).then_refused(wrong("Approve", "NOT_REVIEWED"));
    let pending = history([create_with(draft("one", "")), review("SendForReview")]);
    given::<Document>(pending.clone())
        .when(review("SendForReview"))
        .then_refused(wrong("SendForReview", "PENDING"));
    given::<Document>(pending).when(review("Shrug")).then_refused(wrong("Shrug", "PENDING"));
    let commands = ["SendForReview", "UpdateReview", "Approve", "SendForReview", "Reject"].map(review);
    let events = history([create_with(draft("one", ""))].into_iter().chain(commands));
    let state = events.iter().fold(State::default(), Document::evolve);
    assert_eq!(state.versions[&1].review, Review::Rejected);
}

#[test]
fn preconfigured_documents_are_published_once_and_read_only() {
    let publish = |line: &str| Command::PublishPreconfigured {
        name: "AWS-X".into(),
        document_type: "Command".into(),
        draft: draft(line, ""),
    };
    let events = history(["a", "a", "b", "b", "b", "a", "a", "a"].map(publish));
    let said: Vec<&str> = events.iter().map(reeve_eventsourcing::Event::schema).collect();
    assert_eq!(said.len(), 5, "{said:?}");
    let state = events.iter().fold(State::default(), Document::evolve);
    assert_eq!((state.default, state.latest(), state.owner.as_str()), (3, 3, AMAZON));
    for command in [update("", "x", ""), delete(), share(&["all"], &[]), set_default("1"), review("Approve")]
    {
        given::<Document>(events.clone()).when(command).then_refused(Error::ReadOnly(name()));
    }
}

pub(crate) fn commands() -> impl Strategy<Value = Command> {
    let version = || prop::sample::select(vec!["", "$LATEST", "$DEFAULT", "1", "2", "3", "x"]);
    let line = || "[a-d]";
    let version_name = || prop::sample::select(vec!["", "v1", "v2"]);
    prop_oneof![
        (line(), version_name()).prop_map(|(line, name)| create_with(draft(&line, name))),
        (version(), line(), version_name()).prop_map(|(of, line, name)| update(of, &line, name)),
        version().prop_map(set_default),
        version().prop_map(delete_version),
        Just(delete()),
        Just(share(&["all"], &[])),
        Just(share(&[], &["all"])),
        prop::sample::select(vec!["SendForReview", "UpdateReview", "Approve", "Reject"]).prop_map(review),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn whatever_is_asked_the_invariants_hold(commands in prop::collection::vec(commands(), 0..40)) {
        let mut state = State::default();
        for command in commands {
            let Ok(Some(event)) = Document::decide(&state, command, &context()) else { continue };
            state = Document::evolve(state, &event);
            if state.exists() {
                prop_assert!(state.versions.contains_key(&state.default));
                prop_assert!(state.latest() <= state.last_number);
                let names: Vec<_> = state.versions.values().filter(|m| !m.name.is_empty()).collect();
                let distinct: std::collections::BTreeSet<_> = names.iter().map(|m| &m.name).collect();
                prop_assert_eq!(names.len(), distinct.len());
                let hashes: std::collections::BTreeSet<_> = state.versions.values().map(|m| &m.hash).collect();
                prop_assert_eq!(hashes.len(), state.versions.len());
            } else {
                prop_assert_eq!(&state, &State::default());
            }
        }
    }
}
