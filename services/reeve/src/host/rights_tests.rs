//! Holds `rights.json` to the services' descriptions, and says who may do what.

use super::{
    folder::Folder,
    rights::parts,
    services::{ENTRIES, Entry, GATEWAY, KEY_RENEWAL, Needs, Place, STREAMS},
};
use reeve_authz::{Access, Keyring};
use reeve_jetstream::{
    rights::{Parts, Rights},
    streams::{self, SHARED},
};

use reeve_runtime::Service;
use reeve_secrets::Vault;
use reeve_testkit::Nats;
use std::sync::Arc;

/// Every service, described and not run.
async fn described() -> Vec<(&'static Entry, Service)> {
    let (nats, folder) = (Nats::start(), tempfile::tempdir().unwrap());
    let bus = nats.bus().await;
    let instance = Folder::open(folder.path()).unwrap();
    let place = Place { account: String::new(), region: String::new(), node_bus_url: String::new() };
    let needs = Needs {
        secrets: instance.secrets().unwrap(),
        place,
        exports: None,
        access: Some(Arc::new(Access::new(Keyring::default()))),
        vault: Some(Vault::over(Arc::new(bus.clone()), [0; 32])),
        system: Some(bus),
    };
    ENTRIES.iter().map(|entry| (entry, (entry.describe)(&needs).unwrap())).collect()
}

fn everyone() -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().map(|entry| entry.name).chain([GATEWAY, KEY_RENEWAL, STREAMS])
}

/// What the host does for a service.
fn by_the_host(entry: &Entry) -> Rights {
    let node_streams = SHARED.iter().filter(|stream| **stream != streams::SECRET_KEYS);
    let rights = node_streams.fold(Rights::default(), |rights, stream| rights.finding(*stream));
    let rights = if entry.seals() { rights.sealing() } else { rights };
    match entry.authorizes {
        true => rights.reading(streams::of_service("access")).reading(streams::of_service("tags")),
        false => rights,
    }
}

/// What the gateway says of the installation when it is asked whether it is ready.
fn readiness() -> Rights {
    let looked_at =
        ENTRIES.iter().flat_map(|entry| [streams::of_service(entry.name), streams::of_json(entry.name)]);
    let looked_at = looked_at.chain(SHARED.map(str::to_owned));
    let rights = Rights::default().reading(streams::of_service("dead-letters"));
    looked_at.fold(rights, |rights, stream| rights.publishing(format!("$JS.API.STREAM.INFO.{stream}")))
}

fn renewal() -> Rights {
    ["GetDispatchKeys", "PutDispatchKeys"].iter().fold(Rights::default(), |rights, operation| {
        rights.publishing(format!("reeve.api.nodes.{operation}"))
    })
}

fn making_all(parts: &Parts) -> Rights {
    let needed = |rights: &Rights| -> Vec<String> {
        rights.finds.iter().chain(&rights.reads).chain(rights.consumes.keys()).cloned().collect()
    };
    parts.values().flat_map(needed).fold(Rights::default(), Rights::making)
}

#[test]
fn a_part_does_what_is_its_own() {
    let may = |part: &str, subject: &str| parts()[part].permissions(part, parts()).may_publish(subject);
    let who = |subject: &str| -> Vec<&str> { everyone().filter(|part| may(part, subject)).collect() };
    for (name, entry) in ENTRIES.iter().map(|entry| (entry.name, entry)) {
        assert_eq!(who(&format!("reeve.evt.{name}.some.id")), [name]);
        assert_eq!(who(&format!("reeve.dead-letter.{name}.handler")), [name]);
        let stream = streams::of_service(name);
        for change in ["CREATE", "UPDATE"] {
            assert_eq!(who(&format!("$JS.API.STREAM.{change}.{stream}")), [STREAMS]);
        }
        for never in ["DELETE", "PURGE", "MSG.DELETE", "RESTORE", "SNAPSHOT"] {
            assert_eq!(who(&format!("$JS.API.STREAM.{never}.{stream}")), [""; 0], "{never} {stream}");
        }
        assert_eq!(who(&format!("reeve.api.{name}.Anything")), [GATEWAY]);
        assert_eq!(may(name, "$JS.API.DIRECT.GET.SECRET_KEYS.x"), entry.seals(), "{name}");
        for other in everyone() {
            assert!(
                name == other || !may(other, &format!("reeve.request.run-command.{name}.id")),
                "{other} asks as {name}"
            );
        }
    }
    assert_eq!(who("reeve.node.mi-1.cmd.1"), ["run-command"]);
    assert_eq!(who("reeve.live.mi-1.cmd.1"), [""; 0]);
    assert_eq!(who("reeve.api.nodes.PutDispatchKeys"), [GATEWAY, KEY_RENEWAL]);
    assert_eq!(who("reeve.secret-key.x"), ["access", "contacts", "notifications", "parameters", GATEWAY]);
    let asks = |asked: &str| -> Vec<&str> {
        everyone().filter(|part| may(part, &format!("reeve.request.{asked}.{part}.id"))).collect()
    };
    assert_eq!(
        asks("run-command"),
        ["automation", "dead-letters", "maintenance-windows", "patching", "rules", "state-manager"]
    );
    assert_eq!(asks("gateway"), ["automation", "dead-letters"]);
    // Each consumer is one part's: no other pulls from it, settles its messages, changes or deletes it.
    for (part, rights) in parts() {
        for (stream, name) in
            rights.consumes.iter().flat_map(|(s, names)| names.iter().map(move |name| (s, name)))
        {
            for subject in [
                format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}"),
                format!("$JS.ACK.{stream}.{name}.1.2.3"),
                format!("$JS.API.CONSUMER.CREATE.{stream}.{name}.a.b"),
            ] {
                assert_eq!(who(&subject), [part], "{subject}");
            }
            assert_eq!(
                who(&format!("$JS.API.CONSUMER.DELETE.{stream}.{name}"))
                    .iter()
                    .filter(|who| *who != part)
                    .count(),
                0
            );
        }
        assert!(!rights.permissions(part, parts()).may_hear("_INBOX.x"));
    }
}

#[tokio::test]
async fn the_rights_are_those_of_the_descriptions() {
    let mut parts: Parts = described()
        .await
        .iter()
        .map(|(entry, service)| (entry.name.to_owned(), service.rights().and(by_the_host(entry))))
        .collect();
    parts.insert(GATEWAY.to_owned(), reeve_gateway::rights().and(readiness()));
    parts.insert(KEY_RENEWAL.to_owned(), renewal());
    let of_streams = making_all(&parts);
    parts.insert(STREAMS.to_owned(), of_streams);
    let text = serde_json::to_string_pretty(&parts).unwrap() + "\n";
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/host/rights.json");
    if std::env::var_os("UPDATE_CONTRACTS").is_some() {
        std::fs::write(file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(file).unwrap();
    assert!(
        kept == text,
        "rights.json is not what the services are: UPDATE_CONTRACTS=1 rewrites it; look what changes"
    );
    assert!(parts.keys().eq(super::rights::parts().keys()), "the program was built with another table");
}
