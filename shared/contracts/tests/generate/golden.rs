//! The golden samples: one encoded sample of each released event lies in `schemas/golden/` and must decode for
//! ever, to the same names and values. `UPDATE_CONTRACTS=1` writes the sample of a new event; an existing one is
//! never written again.

use crate::events;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value, prost::Message,
};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

/// A value that tells which field it is in: a name for texts, the number for numbers.
fn value(field: &FieldDescriptor) -> Value {
    let single = match field.kind() {
        Kind::String => Value::String(field.name().to_owned()),
        Kind::Bytes => Value::Bytes(field.name().to_owned().into()),
        Kind::Bool => Value::Bool(true),
        Kind::Int32 => Value::I32(i32::try_from(field.number()).unwrap()),
        Kind::Int64 => Value::I64(i64::from(field.number())),
        Kind::Uint32 => Value::U32(field.number()),
        Kind::Uint64 => Value::U64(u64::from(field.number())),
        Kind::Enum(kind) => Value::EnumNumber(kind.values().last().unwrap().number()),
        Kind::Message(message) => Value::Message(sample(&message)),
        other => panic!("{}: the samples know no {other:?} yet", field.full_name()),
    };
    if field.is_list() { Value::List(vec![single]) } else { single }
}

fn sample(descriptor: &MessageDescriptor) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        message.set_field(&field, value(&field));
    }
    message
}

/// `reeve.run_command.CommandSent` is released as `reeve.run-command.CommandSent.v1`.
pub fn file(descriptor: &MessageDescriptor) -> PathBuf {
    schemas().join("golden").join(format!("{}.bin", events::event_type(descriptor)))
}

/// An event's sample; of a new one the sample that it will have.
pub fn bytes(descriptor: &MessageDescriptor) -> Vec<u8> {
    fs::read(file(descriptor)).unwrap_or_else(|_| sample(descriptor).encode_to_vec())
}

/// Whether a value of a sample is as one of today; of a message each field that it had is, and others may have been added.
fn holds(found: &Value, today: &Value) -> bool {
    match (found, today) {
        (Value::Message(found), Value::Message(today)) => {
            found.unknown_fields().count() == 0
                && found.fields().all(|(field, value)| holds(value, &today.get_field(&field)))
        }
        (Value::List(found), Value::List(today)) => {
            found.len() == today.len() && found.iter().zip(today).all(|(found, today)| holds(found, today))
        }
        (found, today) => found == today,
    }
}

#[test]
fn every_released_event_decodes_for_ever() {
    let descriptors = events::generate(&schemas()).descriptors;
    let pool = DescriptorPool::decode(descriptors.as_slice()).unwrap();
    let update = std::env::var_os("UPDATE_CONTRACTS").is_some_and(|value| value == "1");
    let mut known = BTreeSet::new();
    for descriptor in pool.all_messages().filter(|message| events::subject_of(message).is_some()) {
        let path = file(&descriptor);
        if !path.exists() && update {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, sample(&descriptor).encode_to_vec()).unwrap();
        }
        let golden = fs::read(&path).unwrap_or_else(|_| {
            panic!("{} has no sample: run this test with UPDATE_CONTRACTS=1", path.display())
        });
        let decoded = DynamicMessage::decode(descriptor.clone(), golden.as_slice()).unwrap();
        assert_eq!(decoded.unknown_fields().count(), 0, "{}: a field was removed", descriptor.full_name());
        for (field, found) in decoded.fields() {
            assert!(holds(found, &value(&field)), "{}: the field means another now", field.full_name());
        }
        known.insert(path);
    }
    for entry in fs::read_dir(schemas().join("golden")).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            known.contains(&path),
            "{} is the sample of an event that no schema has any more",
            path.display()
        );
    }
    println!("{} samples decode", known.len());
}
