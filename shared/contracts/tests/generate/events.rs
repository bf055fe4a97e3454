//! Protobuf messages to Rust, without protoc.

use std::fs;
use std::path::Path;

/// The module's name and source for each package under `schemas`.
pub fn generate(schemas: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(schemas)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "proto"))
        .collect();
    files.sort();
    let mut compiler = protox::Compiler::new([schemas]).unwrap();
    compiler.include_source_info(true);
    compiler.open_files(files).unwrap();
    let requests = compiler
        .file_descriptor_set()
        .file
        .into_iter()
        .map(|file| (prost_build::Module::from_protobuf_package_name(file.package()), file))
        .collect();
    let sources = prost_build::Config::new().generate(requests).unwrap();
    let mut modules: Vec<_> = sources
        .into_iter()
        .map(|(module, source)| {
            let name = module.parts().last().unwrap().to_owned();
            // A float that is added later would take Eq, Hash and Copy away again: nobody may lean on them.
            let derived = [
                "Clone, PartialEq, Eq, Hash, ::prost",
                "Clone, Copy, PartialEq, Eq, Hash, ::prost",
                "Clone, Copy, PartialEq, ::prost",
            ];
            let source = derived
                .iter()
                .fold(source, |source, derived| source.replace(derived, "Clone, PartialEq, ::prost"));
            (name.clone(), format!("//! Generated from schemas/{name}.proto: do not edit.\n\n{source}"))
        })
        .collect();
    modules.sort();
    modules
}
