use super::*;
use proptest::prelude::*;
use reeve_testkit::{context, given};

fn asked(text: &str) -> Put {
    Put {
        name: Name { written: "/a/b".into(), path: "/a/b".into() },
        overwrite: false,
        text: Zeroizing::new(text.to_owned()),
        sealed: None,
        kind: None,
        data_type: None,
        tier: None,
        description: None,
        allowed_pattern: None,
        key_id: None,
        policies: None,
        tags: Vec::new(),
    }
}

fn create(text: &str) -> Put {
    Put { kind: Some("String".into()), ..asked(text) }
}

fn overwrite(text: &str) -> Put {
    Put { overwrite: true, ..asked(text) }
}

fn put(put: Put) -> Command {
    Command::Put(Box::new(put))
}

/// As the log has it.
fn version(number: u64, value: &str) -> ParameterPut {
    ParameterPut {
        path: "/a/b".into(),
        name: "/a/b".into(),
        version: number,
        r#type: "String".into(),
        value: value.into(),
        data_type: "text".into(),
        tier: "Standard".into(),
        ..ParameterPut::default()
    }
}

fn secret(number: u64, id: &str) -> ParameterPut {
    ParameterPut {
        r#type: "SecureString".into(),
        sealed_value: b"sealed".to_vec(),
        secret_id: id.into(),
        key_id: "alias/aws/ssm".into(),
        ..version(number, "")
    }
}

fn happened(put: ParameterPut) -> ParameterEvent {
    ParameterEvent::ParameterPut(put)
}

fn labeled(version: u64, labels: &[&str]) -> ParameterEvent {
    ParameterEvent::ParameterVersionLabeled(ParameterVersionLabeled {
        path: "/a/b".into(),
        name: "/a/b".into(),
        version,
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
    })
}

fn label(version: Option<u64>, labels: &[&str]) -> Command {
    let labels = labels.iter().map(|label| (*label).to_owned()).collect();
    Command::Label { name: "/a/b".into(), version, labels }
}

#[test]
fn a_parameter_is_created_with_a_type_and_overwritten_when_that_is_asked_for() {
    given::<Parameter>([]).when(put(create("v"))).then(happened(version(1, "v")));
    given::<Parameter>([]).when(put(asked("v"))).then_refused(Error::NoType);
    let there = || [happened(version(1, "v"))];
    given::<Parameter>(there()).when(put(create("w"))).then_refused(Error::Exists);
    given::<Parameter>(there()).when(put(overwrite("w"))).then(happened(version(2, "w")));
    given::<Parameter>(there()).when(put(overwrite("v"))).then(happened(version(2, "v")));
    let created = Put { overwrite: true, ..create("v") };
    given::<Parameter>([]).when(put(created)).then(happened(version(1, "v")));
    let changed = Put { kind: Some("StringList".into()), ..overwrite("w") };
    let refused = Error::Type { name: "/a/b".into(), from: "String".into(), to: "StringList".into() };
    given::<Parameter>(there()).when(put(changed)).then_refused(refused);
}

#[test]
fn the_name_stays_as_it_was_created() {
    let before = ParameterPut { path: "x".into(), name: "/x".into(), ..version(1, "v") };
    let name = Name { written: "x".into(), path: "x".into() };
    let put = put(Put { name, ..overwrite("w") });
    let after = ParameterPut { path: "x".into(), name: "/x".into(), ..version(2, "w") };
    given::<Parameter>([happened(before)]).when(put).then(happened(after));
}

#[test]
fn what_an_overwrite_leaves_out_stays() {
    let full = ParameterPut {
        description: "d".into(),
        allowed_pattern: r"\d+".into(),
        tier: "Advanced".into(),
        policies_json: "[]".into(),
        ..version(1, "1")
    };
    let after = ParameterPut { version: 2, value: "2".into(), ..full.clone() };
    given::<Parameter>([happened(full.clone())]).when(put(overwrite("2"))).then(happened(after.clone()));
    given::<Parameter>([happened(full.clone())])
        .when(put(overwrite("x")))
        .then_refused(values::Error::Mismatch(r"\d+".into()).into());
    let freed = Put { allowed_pattern: Some(String::new()), ..overwrite("x") };
    let free = ParameterPut { allowed_pattern: String::new(), value: "x".into(), ..after };
    given::<Parameter>([happened(full)]).when(put(freed)).then(happened(free));
}

#[test]
fn a_tier_is_what_the_value_needs_and_never_goes_down() {
    let (long, longest, too_long) = ("x".repeat(4097), "x".repeat(8192), "x".repeat(8193));
    let tiered = |tier: &str, text: &str| put(Put { tier: Some(tier.into()), ..create(text) });
    let advanced = |text: &str| happened(ParameterPut { tier: "Advanced".into(), ..version(1, text) });
    given::<Parameter>([]).when(tiered("Intelligent-Tiering", &long)).then(advanced(&long));
    let most = "x".repeat(4096);
    given::<Parameter>([]).when(tiered("Intelligent-Tiering", &most)).then(happened(version(1, &most)));
    given::<Parameter>([]).when(tiered("Advanced", &longest)).then(advanced(&longest));
    given::<Parameter>([])
        .when(tiered("Standard", &long))
        .then_refused(values::Error::LongerThanStandard.into());
    given::<Parameter>([]).when(put(create(&long))).then_refused(values::Error::LongerThanStandard.into());
    given::<Parameter>([])
        .when(tiered("Intelligent-Tiering", &too_long))
        .then_refused(values::Error::LongerThanAdvanced.into());
    let lower = Put { tier: Some("Standard".into()), ..overwrite("w") };
    given::<Parameter>([advanced("v")]).when(put(lower)).then_refused(Error::Downgrade);
    let after = ParameterPut { tier: "Advanced".into(), ..version(2, "w") };
    given::<Parameter>([advanced("v")]).when(put(overwrite("w"))).then(happened(after));
    // Characters, and not bytes.
    let wide = "\u{e4}".repeat(4096);
    given::<Parameter>([]).when(put(create(&wide))).then(happened(version(1, &wide)));
}

#[test]
fn a_secret_is_in_its_event_sealed_alone() {
    let sealed = Sealed { secret_id: "s1".into(), value: b"sealed".to_vec() };
    let create = Put { kind: Some("SecureString".into()), sealed: Some(sealed.clone()), ..asked("hunter2") };
    given::<Parameter>([]).when(put(create.clone())).then(happened(secret(1, "s1")));
    assert!(!format!("{create:?}").contains("hunter2"));
    // Whoever sealed nothing had seen another parameter.
    let plain = Put { kind: Some("SecureString".into()), ..asked("hunter2") };
    given::<Parameter>([]).when(put(plain)).then_refused(Error::Changed);
    let stray = Put { sealed: Some(sealed), ..self::create("v") };
    given::<Parameter>([]).when(put(stray)).then(happened(version(1, "v")));
    let keyed = Put { key_id: Some("alias/x".into()), ..self::create("v") };
    given::<Parameter>([]).when(put(keyed)).then_refused(Error::KeyId);
}

#[test]
fn of_a_hundred_versions_the_oldest_goes_unless_it_has_a_label() {
    let many = || (1..=100).map(|n| happened(secret(n, &format!("s{n}"))));
    let sealed = Sealed { secret_id: "new".into(), value: b"sealed".to_vec() };
    let next = || put(Put { sealed: Some(sealed.clone()), ..overwrite("v") });
    let after = ParameterPut { dropped_version: 1, dropped_secret_id: "s1".into(), ..secret(101, "new") };
    given::<Parameter>(many()).when(next()).then(happened(after));
    let refused = Error::OldestLabeled { name: "/a/b".into(), version: 1 };
    given::<Parameter>(many().chain([labeled(1, &["keep"])])).when(next()).then_refused(refused);
    given::<Parameter>((1..=99).map(|n| happened(version(n, "v"))))
        .when(put(overwrite("v")))
        .then(happened(version(100, "v")));
}

#[test]
fn a_deletion_names_the_secrets_of_all_versions_and_the_next_version_is_the_first() {
    let delete = || Command::Delete { name: "/a/b".into() };
    let deleted = ParameterEvent::ParameterDeleted(ParameterDeleted {
        path: "/a/b".into(),
        name: "/a/b".into(),
        r#type: "SecureString".into(),
        secret_ids: vec!["s1".into(), "s2".into()],
        expired: false,
    });
    let there = || vec![happened(secret(1, "s1")), happened(secret(2, "s2"))];
    given::<Parameter>(there()).when(delete()).then(deleted.clone());
    given::<Parameter>([]).when(delete()).then_refused(Error::Unknown("/a/b".into()));
    let gone = || [there(), vec![deleted.clone()]].concat();
    given::<Parameter>(gone()).when(delete()).then_refused(Error::Unknown("/a/b".into()));
    given::<Parameter>(gone()).when(put(create("v"))).then(happened(version(1, "v")));
}

#[test]
fn labels_move_are_ten_at_most_and_are_all_given_or_none() {
    let there = || vec![happened(version(1, "v")), happened(version(2, "w"))];
    given::<Parameter>(there()).when(label(None, &["b", "a", "5"])).then(labeled(2, &["a", "b"]));
    given::<Parameter>(there()).when(label(Some(1), &["5", "aws"])).then_nothing();
    let unknown = Error::UnknownVersion { name: "/a/b".into(), version: "3".into() };
    given::<Parameter>(there()).when(label(Some(3), &["a"])).then_refused(unknown);
    given::<Parameter>([]).when(label(None, &["a"])).then_refused(Error::Unknown("/a/b".into()));
    let nine = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let full = || [there(), vec![labeled(1, &nine)]].concat();
    given::<Parameter>(full()).when(label(Some(1), &["a", "j"])).then(labeled(1, &["j"]));
    given::<Parameter>(full()).when(label(Some(1), &["j", "k"])).then_refused(Error::TooManyLabels);
    // On another version they are taken from the first, which then has room.
    let moved = || [full(), vec![labeled(2, &["a", "b"])]].concat();
    given::<Parameter>(moved()).when(label(Some(1), &["j", "k"])).then(labeled(1, &["j", "k"]));
    let unlabel = Command::Unlabel { name: "/a/b".into(), version: 1, labels: vec!["a".into(), "c".into()] };
    let unlabeled = ParameterEvent::ParameterVersionUnlabeled(ParameterVersionUnlabeled {
        path: "/a/b".into(),
        name: "/a/b".into(),
        version: 1,
        labels: vec!["c".into()],
    });
    given::<Parameter>(moved()).when(unlabel).then(unlabeled);
}

proptest! {
    /// Whatever is asked: versions have no gap, a label is on one version, and no secret is lost sight of.
    #[test]
    fn the_versions_are_the_latest_and_every_secret_is_named_once(
        steps in prop::collection::vec((0u8..4, 0u64..6, "[a-c]"), 1..300),
    ) {
        let (mut state, mut made, mut gone) = (State::default(), BTreeSet::new(), BTreeSet::new());
        for (count, (what, number, name)) in steps.into_iter().enumerate() {
            let sealed = Sealed { secret_id: format!("s{count}"), value: b"sealed".to_vec() };
            let kind = Some("SecureString".to_owned());
            let command = match what {
                0 | 1 => put(Put { kind, sealed: Some(sealed), overwrite: true, ..asked("v") }),
                2 => label(Some(number), &[&name]),
                _ if number == 0 => Command::Delete { name: "/a/b".into() },
                _ => Command::Unlabel { name: "/a/b".into(), version: number, labels: vec![name] },
            };
            let Ok(Some(event)) = Parameter::decide(&state, command, &context()) else { continue };
            match &event {
                ParameterEvent::ParameterPut(put) => {
                    prop_assert!(made.insert(put.secret_id.clone()));
                    gone.extend(Some(put.dropped_secret_id.clone()).filter(|id| !id.is_empty()));
                }
                ParameterEvent::ParameterDeleted(deleted) => gone.extend(deleted.secret_ids.clone()),
                _ => {}
            }
            state = Parameter::evolve(state, &event);
            let kept: BTreeSet<String> = state.versions.values().map(|version| version.secret_id.clone()).collect();
            prop_assert!(kept.is_disjoint(&gone));
            prop_assert_eq!(&kept | &gone, made.clone());
            let numbers: Vec<u64> = state.versions.keys().copied().collect();
            let latest = state.current.as_ref().map_or(0, |current| current.version);
            prop_assert!(numbers.len() <= MAX_VERSIONS);
            prop_assert!(numbers.iter().rev().enumerate().all(|(n, number)| *number == latest - n as u64));
            let labels: Vec<&String> = state.versions.values().flat_map(|version| &version.labels).collect();
            prop_assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), labels.len());
        }
    }
}

const EXPIRES: &str =
    r#"{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2030-12-02T21:34:33.000Z"}}"#;
const TELLS: &str =
    r#"{"Type":"ExpirationNotification","Version":"1.0","Attributes":{"Before":"1","Unit":"Hours"}}"#;
const UNCHANGED: &str =
    r#"{"Type":"NoChangeNotification","Version":"1.0","Attributes":{"After":"1","Unit":"Days"}}"#;

fn with_policies(text: &str) -> Put {
    let policies = Some(policies::read(text).unwrap());
    Put { policies, tier: Some(ADVANCED.into()), ..create("v") }
}

/// As the log has a version of a parameter with these policies.
fn governed(number: u64, policies: &str) -> ParameterEvent {
    let policies_json = policies::write(&policies::read(policies).unwrap());
    happened(ParameterPut { tier: ADVANCED.into(), policies_json, ..version(number, "v") })
}

fn told(kind: &str, index: u32, text: &str) -> ParameterEvent {
    let text = policies::read(&format!("[{EXPIRES},{text}]")).unwrap()[1].text.clone();
    ParameterEvent::ParameterPolicyFired(ParameterPolicyFired {
        path: "/a/b".into(),
        name: "/a/b".into(),
        policy_type: kind.into(),
        index,
        due_ms: 5,
        policy_json: text,
    })
}

#[test]
fn policies_are_of_the_advanced_tier_replace_all_and_stay_when_none_are_sent() {
    let (one, none) = (format!("[{EXPIRES}]"), "[{}]");
    given::<Parameter>([]).when(put(with_policies(&one))).then(governed(1, &one));
    let standard = Put { tier: None, ..with_policies(&one) };
    given::<Parameter>([]).when(put(standard)).then_refused(Error::PoliciesOfStandard);
    let wish = Put { tier: Some(INTELLIGENT.into()), ..with_policies(&one) };
    given::<Parameter>([]).when(put(wish)).then(governed(1, &one));
    let edit = |policies: Option<&str>| Put {
        overwrite: true,
        policies: policies.map(|text| policies::read(text).unwrap()),
        ..asked("v")
    };
    given::<Parameter>([governed(1, &one)]).when(put(edit(None))).then(governed(2, &one));
    let other = format!("[{UNCHANGED}]");
    given::<Parameter>([governed(1, &one)]).when(put(edit(Some(&other)))).then(governed(2, &other));
    given::<Parameter>([governed(1, &one)]).when(put(edit(Some(none)))).then(governed(2, none));
    let over = Put { policies: Some(policies::read(&one).unwrap()), ..with_policies(none) };
    let now = policies::expires(over.policies.as_deref().unwrap()).unwrap();
    let later = Context { now, ..context() };
    let refused = Parameter::decide(&State::default(), put(over), &later);
    assert_eq!(refused, Err(Error::Expired(now.rfc3339())));
}

#[test]
fn a_policy_tells_once_and_a_change_starts_those_about_changes_anew() {
    let all = format!("[{EXPIRES},{TELLS},{UNCHANGED}]");
    let fire_of = |version, index| Command::FirePolicy { index, due_ms: 5, version };
    let fire = |index| fire_of(1, index);
    let tells = || told(policies::EXPIRATION_NOTIFICATION, 1, TELLS);
    let unchanged = || told(policies::NO_CHANGE_NOTIFICATION, 2, UNCHANGED);
    given::<Parameter>([governed(1, &all)]).when(fire(1)).then(tells());
    given::<Parameter>([governed(1, &all), tells()]).when(fire(1)).then_nothing();
    given::<Parameter>([governed(1, &all), tells(), unchanged()]).when(fire(2)).then_nothing();
    let changed = || [governed(1, &all), tells(), unchanged(), governed(2, &all)];
    given::<Parameter>(changed()).when(fire_of(2, 1)).then_nothing();
    given::<Parameter>(changed()).when(fire_of(2, 2)).then(unchanged());
    // What was due of the former version, as a change came.
    given::<Parameter>(changed()).when(fire(2)).then_nothing();
    // Where there is none, or nothing at all, nothing is told.
    given::<Parameter>([governed(1, &all)]).when(fire(3)).then_nothing();
    given::<Parameter>([]).when(fire(1)).then_nothing();
}

#[test]
fn a_parameter_expires_at_the_instant_that_it_has_now() {
    let at = policies::expires(&policies::read(&format!("[{EXPIRES}]")).unwrap()).unwrap();
    let deleted = ParameterEvent::ParameterDeleted(ParameterDeleted {
        path: "/a/b".into(),
        name: "/a/b".into(),
        r#type: "String".into(),
        secret_ids: Vec::new(),
        expired: true,
    });
    let there = || [governed(1, &format!("[{EXPIRES}]"))];
    given::<Parameter>(there())
        .when(Command::FirePolicy { index: 0, due_ms: at.0, version: 1 })
        .then(deleted);
    given::<Parameter>(there())
        .when(Command::FirePolicy { index: 0, due_ms: at.0 - 1, version: 1 })
        .then_nothing();
}
