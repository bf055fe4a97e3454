//! Protobuf messages to Rust, without protoc: a module for each file, the enum of each aggregate's events, and the
//! descriptors of all of them.

use prost_reflect::{DescriptorPool, MessageDescriptor, Value};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// What says to which aggregate an event belongs, and how its subject is made.
const AGGREGATE_OPTION: &str = "reeve.aggregate";

/// What is generated from all files under `schemas`.
pub struct Generated {
    /// The module's name and source for each package.
    pub modules: Vec<(String, String)>,
    /// An encoded `FileDescriptorSet`.
    pub descriptors: Vec<u8>,
}

/// All files under `schemas`, with their comments.
fn compiler_of(schemas: &Path) -> protox::Compiler {
    let entries = fs::read_dir(schemas).unwrap().map(|entry| entry.unwrap().path());
    let is_schema = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "proto");
    let mut files: Vec<_> = entries.filter(is_schema).collect();
    files.sort();
    let mut compiler = protox::Compiler::new([schemas]).unwrap();
    compiler.include_source_info(true);
    compiler.open_files(files).unwrap();
    compiler
}

/// All messages under `schemas`, with their comments.
pub fn pool_of(schemas: &Path) -> DescriptorPool {
    compiler_of(schemas).descriptor_pool()
}

pub fn generate(schemas: &Path) -> Generated {
    let mut compiler = compiler_of(schemas);
    let pool = compiler.descriptor_pool();
    let requests = compiler
        .file_descriptor_set()
        .file
        .into_iter()
        .filter(|file| !file.message_type.is_empty())
        .map(|file| (prost_build::Module::from_protobuf_package_name(file.package()), file))
        .collect();
    let mut config = prost_build::Config::new();
    // Views and the agent keep outcomes as JSON; most steps print little, and what is empty is not written.
    config.type_attribute(
        ".reeve.outcome.StepOutcome",
        "#[derive(::serde::Serialize, ::serde::Deserialize)]\n#[serde(default)]",
    );
    for text in ["stdout", "stderr", "output"] {
        let path = format!(".reeve.outcome.StepOutcome.{text}");
        config.field_attribute(path, "#[serde(skip_serializing_if = \"::std::string::String::is_empty\")]");
    }
    let sources = config.generate(requests).unwrap();
    let mut modules: Vec<_> = sources
        .into_iter()
        .map(|(module, source)| {
            let name = module.parts().last().unwrap().to_owned();
            // A float that is added later would take Eq, Hash and Copy away again: nobody may lean on them.
            let derived = [
                "Clone, PartialEq, Eq, Hash, ::prost::Message",
                "Clone, Copy, PartialEq, Eq, Hash, ::prost::Message",
                "Clone, Copy, PartialEq, ::prost::Message",
            ];
            let source = derived.iter().fold(source, |source, derived| {
                source.replace(derived, "Clone, PartialEq, ::prost::Message")
            });
            let enums = aggregates(&pool, &name);
            (
                name.clone(),
                format!("//! Generated from schemas/{name}.proto: do not edit.\n\n{source}\n{enums}"),
            )
        })
        .collect();
    modules.sort();
    compiler.include_imports(true).include_source_info(false);
    Generated { modules, descriptors: compiler.encode_file_descriptor_set() }
}

/// The subject of an event's aggregate as its schema says it, such as `invocation.{command_id}.{node_id}`; `None` for a
/// message that is no event.
pub fn subject_of(message: &MessageDescriptor) -> Option<String> {
    let option = message.parent_pool().get_extension_by_name(AGGREGATE_OPTION)?;
    let options = message.options();
    let Value::String(subject) = options.get_extension(&option).into_owned() else { return None };
    (!subject.is_empty()).then_some(subject)
}

/// `reeve.run_command.CommandSent` is `reeve.run-command.CommandSent.v1`: see `reeve_eventsourcing::message_name`.
pub fn event_type(message: &MessageDescriptor) -> String {
    let service = message.package_name().replace('_', "-");
    match message.name().rsplit_once('V') {
        Some((name, version)) if version.parse::<u32>().is_ok_and(|version| version > 1) => {
            format!("{service}.{name}.v{version}")
        }
        _ => format!("{service}.{}.v1", message.name()),
    }
}

/// The enum of each aggregate's events in one package.
fn aggregates(pool: &DescriptorPool, module: &str) -> String {
    let package = format!("reeve.{module}");
    let mut by_aggregate: BTreeMap<String, Vec<MessageDescriptor>> = BTreeMap::new();
    for message in pool.all_messages().filter(|message| message.package_name() == package) {
        if let Some(subject) = subject_of(&message) {
            by_aggregate.entry(subject).or_default().push(message);
        }
    }
    let mut source = String::new();
    for (subject, messages) in by_aggregate {
        let mut tokens = subject.split('.');
        let aggregate = tokens.next().unwrap();
        let fields: Vec<&str> =
            tokens.map(|token| token.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap()).collect();
        for message in &messages {
            for field in &fields {
                assert!(message.get_field_by_name(field).is_some(), "{} has no {field}", message.full_name());
            }
        }
        let service = module.replace('_', "-");
        writeln!(source, "\n::reeve_eventsourcing::events! {{").unwrap();
        writeln!(
            source,
            "/// What happens to the aggregate `{aggregate}`, on `reeve.evt.{service}.{subject}`."
        )
        .unwrap();
        let name = camel_case(aggregate);
        writeln!(source, "pub enum {name}Event: {service:?} / {aggregate:?} / {} {{", fields.len()).unwrap();
        for message in &messages {
            writeln!(source, "{0}({0}) = {1:?},", message.name(), event_type(message)).unwrap();
        }
        source.push_str("}\n}\n");
    }
    source
}

/// `dispatch-keys` is `DispatchKeys`.
fn camel_case(name: &str) -> String {
    let capitalized = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(capitalized).collect()
}
