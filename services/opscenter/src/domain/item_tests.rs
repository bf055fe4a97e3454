use super::*;
use proptest::prelude::*;
use reeve_contracts::opscenter::{OperationalDatum, Texts};
use reeve_testkit::{context, given};
use std::collections::BTreeMap;

fn created() -> OpsItemCreated {
    OpsItemCreated {
        ops_item_id: "oi-000000000001".into(),
        title: "Disk full".into(),
        description: "of db-1".into(),
        source: "monitoring".into(),
        ops_item_type: "/aws/issue".into(),
        deduplication_key: "key".into(),
        ..OpsItemCreated::default()
    }
}

fn create(created: OpsItemCreated) -> Command {
    Command::Create(Box::new(created))
}

fn was_created() -> OpsItemEvent {
    OpsItemEvent::OpsItemCreated(created())
}

fn updated() -> OpsItemUpdated {
    OpsItemUpdated { ops_item_id: "oi-000000000001".into(), ..OpsItemUpdated::default() }
}

fn update(updated: OpsItemUpdated) -> Command {
    Command::Update(Box::new(updated))
}

fn status(status: &str) -> OpsItemUpdated {
    OpsItemUpdated { status: Some(status.into()), ..updated() }
}

fn data(key: &str, value: impl Into<String>) -> Vec<OperationalDatum> {
    vec![OperationalDatum { key: key.into(), value: value.into(), searchable: true }]
}

fn refused(command: Command) -> String {
    let item = Item::created(&created());
    let item = if matches!(command, Command::Create(_)) { Item::default() } else { item };
    OpsItem::decide(&item, command, &context()).unwrap_err().to_string()
}

#[test]
fn of_two_with_the_same_key_one_is_open() {
    given::<OpsItem>([]).when(create(created())).then(was_created());
    let exists = Error::AlreadyExists("oi-000000000001".into());
    let used = Error::Used("oi-000000000001".into());
    let resolved = OpsItemEvent::OpsItemUpdated(status("Resolved"));
    let in_progress = OpsItemEvent::OpsItemUpdated(status("InProgress"));
    let deleted = OpsItemEvent::OpsItemDeleted(OpsItemDeleted { ops_item_id: "oi-000000000001".into() });
    given::<OpsItem>([was_created()]).when(create(created())).then_refused(exists.clone());
    given::<OpsItem>([was_created(), in_progress]).when(create(created())).then_refused(exists);
    for end in [resolved, deleted] {
        given::<OpsItem>([was_created(), end]).when(create(created())).then_refused(used.clone());
    }
    let other = OpsItemCreated { deduplication_key: "another".into(), ..created() };
    given::<OpsItem>([was_created()]).when(create(other)).then_refused(used);
}

#[test]
fn what_may_not_be_is_refused_with_the_field_and_the_value() {
    for (command, words) in [
        (create(OpsItemCreated { source: "my-AWS-thing".into(), ..created() }), "Source is \"my-AWS-thing\""),
        (create(OpsItemCreated { title: " ".into(), ..created() }), "Title has 1 characters"),
        (create(OpsItemCreated { title: "x".repeat(1_025), ..created() }), "Title has 1025 characters"),
        (create(OpsItemCreated { ops_item_type: "/aws/x".into(), ..created() }), "OpsItemType is \"/aws/x\""),
        (
            create(OpsItemCreated { related_ops_items: vec!["x".into()], ..created() }),
            "RelatedOpsItems is \"x\"",
        ),
        (
            create(OpsItemCreated { notifications: vec![String::new(); 51], ..created() }),
            "at most 50 notifications",
        ),
        (update(status("Closed")), "Status is \"Closed\""),
        (
            update(OpsItemUpdated { operational_data: data("Amazon-x", "v"), ..updated() }),
            "begins with amazon",
        ),
        (
            update(OpsItemUpdated { operational_data: data("/aws/other", "v"), ..updated() }),
            "begins with aws",
        ),
        (update(OpsItemUpdated { operational_data: data("ssm", "v"), ..updated() }), "begins with ssm"),
        (update(OpsItemUpdated { operational_data: data("/reeve/alerts", "v"), ..updated() }), "/reeve/"),
        (
            update(OpsItemUpdated { operational_data: data("k", "x".repeat(20_481)), ..updated() }),
            "20481 bytes",
        ),
        (
            update(OpsItemUpdated { operational_data: data("/aws/resources", "x"), ..updated() }),
            "list of resources",
        ),
        (
            update(OpsItemUpdated {
                operational_data: data("/aws/dedup", r#"{"dedupString": "x"}"#),
                ..updated()
            }),
            "/aws/dedup cannot be changed",
        ),
        (
            create(OpsItemCreated { operational_data: data("/aws/dedup", "x"), ..created() }),
            "must be {\"dedupString\"",
        ),
    ] {
        let said = refused(command);
        assert!(said.contains(words), "{said}");
    }
    let title = OpsItemCreated { title: "é".repeat(1_024), ..created() };
    given::<OpsItem>([]).when(create(title.clone())).then(OpsItemEvent::OpsItemCreated(title));
    let value = OpsItemCreated { operational_data: data("k", "x".repeat(20_480)), ..created() };
    given::<OpsItem>([]).when(create(value.clone())).then(OpsItemEvent::OpsItemCreated(value));
}

#[test]
fn an_update_says_only_what_changed() {
    let wanted = OpsItemUpdated {
        title: Some("Disk full".into()),
        description: Some("of db-2".into()),
        operational_data: data("k", "v"),
        operational_data_deleted: vec!["none".into()],
        notifications: Some(Texts::default()),
        ..status("Open")
    };
    let said =
        OpsItemUpdated { description: Some("of db-2".into()), operational_data: data("k", "v"), ..updated() };
    given::<OpsItem>([was_created()])
        .when(update(wanted.clone()))
        .then(OpsItemEvent::OpsItemUpdated(said.clone()));
    given::<OpsItem>([was_created(), OpsItemEvent::OpsItemUpdated(said)]).when(update(wanted)).then_nothing();
    given::<OpsItem>([]).when(update(updated())).then_refused(Error::NotFound(String::new()));
}

#[test]
fn it_is_resolved_once_for_the_firings_that_there_were() {
    let ended = |firings| {
        OpsItemEvent::OpsItemCausesEnded(OpsItemCausesEnded {
            ops_item_id: "oi-000000000001".into(),
            firings,
        })
    };
    let reopened = OpsItemEvent::OpsItemUpdated(status("Open"));
    given::<OpsItem>([was_created()]).when(Command::EndCauses { firings: 2 }).then(ended(2));
    given::<OpsItem>([was_created(), ended(2)]).when(Command::EndCauses { firings: 2 }).then_nothing();
    // A person who opens it again is not overruled by a repeat.
    let history = [was_created(), ended(2), reopened];
    given::<OpsItem>(history.clone()).when(Command::EndCauses { firings: 2 }).then_nothing();
    given::<OpsItem>(history).when(Command::EndCauses { firings: 3 }).then(ended(3));
    given::<OpsItem>([]).when(Command::EndCauses { firings: 1 }).then_nothing();
}

#[test]
fn a_worse_alert_is_said_once_and_changes_nothing_that_people_set() {
    let worsen = |severity: &str| Command::Worsen { severity: severity.into() };
    let worsened = |severity: &str| {
        OpsItemEvent::OpsItemAlertWorsened(OpsItemAlertWorsened {
            ops_item_id: "oi-000000000001".into(),
            severity: severity.into(),
        })
    };
    given::<OpsItem>([was_created()]).when(worsen("")).then_nothing();
    given::<OpsItem>([was_created()]).when(worsen("3")).then(worsened("3"));
    given::<OpsItem>([was_created(), worsened("3")]).when(worsen("3")).then_nothing();
    given::<OpsItem>([was_created(), worsened("3")]).when(worsen("4")).then_nothing();
    given::<OpsItem>([was_created(), worsened("3")]).when(worsen("1")).then(worsened("1"));
    let item = Item::created(&created()).after(&worsened("1"));
    assert_eq!((item.severity.as_str(), item.version), ("", 1));
}

#[test]
fn a_resource_is_related_once() {
    let associated = |uri: &str| RelatedItemAssociated {
        ops_item_id: "oi-000000000001".into(),
        association_id: "1".into(),
        association_type: "RelatesTo".into(),
        resource_type: "AWS::SSM::Document".into(),
        resource_uri: uri.into(),
    };
    let associate = |uri: &str| Command::Associate(Box::new(associated(uri)));
    let was = OpsItemEvent::RelatedItemAssociated(associated("a"));
    given::<OpsItem>([was_created()]).when(associate("a")).then(was.clone());
    given::<OpsItem>([was_created(), was.clone()])
        .when(associate("a"))
        .then_refused(Error::AlreadyRelated { id: "oi-000000000001".into(), uri: "a".into() });
    let none = Error::NotRelated { id: "oi-000000000001".into(), association: "2".into() };
    given::<OpsItem>([was_created(), was.clone()])
        .when(Command::Disassociate { association_id: "2".into() })
        .then_refused(none);
    let gone = RelatedItemDisassociated { ops_item_id: "oi-000000000001".into(), association_id: "1".into() };
    given::<OpsItem>([was_created(), was])
        .when(Command::Disassociate { association_id: "1".into() })
        .then(OpsItemEvent::RelatedItemDisassociated(gone));
    let odd = RelatedItemAssociated { association_type: "Owns".into(), ..associated("b") };
    assert!(refused(Command::Associate(Box::new(odd))).contains("AssociationType is \"Owns\""));
}

proptest! {
    /// Whatever is updated, the version counts the edits, and the same again says nothing.
    #[test]
    fn a_repeated_update_says_nothing(
        updates in prop::collection::vec(
            (prop::option::of("[a-c]"), prop::option::of(1u32..4), prop::collection::vec(("[k-m]", "[a-b]"), 0..3)),
            1..10)
    ) {
        let mut item = Item::created(&created());
        for (title, priority, data) in updates {
            let data: BTreeMap<String, String> = data.into_iter().collect();
            let operational_data =
                data.into_iter().map(|(key, value)| OperationalDatum { key, value, searchable: false }).collect();
            let command = update(OpsItemUpdated { title, priority, operational_data, ..updated() });
            let event = OpsItem::decide(&item, command.clone(), &context()).unwrap();
            let version = item.version;
            if let Some(event) = event {
                item = OpsItem::evolve(item, &event);
                prop_assert_eq!(item.version, version + 1);
            }
            prop_assert_eq!(OpsItem::decide(&item, command, &context()), Ok(None));
        }
    }
}
