//! aws:runDocument: a document inside of a document.

use std::{fs, path::PathBuf};

use reeve_document_language::{Format, Plan, content, plan::parse_included};
use reeve_types::arn::id_or_arn;
use serde_json::{Map, Value};

use super::{ControlPlane, context::Context, paths, walk::Ran};

/// How many documents may be inside of one another below the one that was sent.
const MAX_DEPTH: usize = 3;

/// Finds the document: its steps, and what they share; or how the step ends without it.
pub(super) async fn inner<'a, D: ControlPlane>(
    context: &Context<'a, D>,
    inputs: &Value,
    folder: PathBuf,
) -> Result<Result<(Context<'a, D>, Plan), Ran>, String> {
    let text = |key: &str| inputs.get(key).and_then(Value::as_str).unwrap_or_default();
    let path = text("documentPath");
    if path.is_empty() {
        return Err("The input documentPath of aws:runDocument is missing.".to_owned());
    }
    if context.chain.len() >= MAX_DEPTH {
        return Err(format!("The document {path} is included more than {MAX_DEPTH} levels deep."));
    }
    let deadline = context.deadline.or_after(context.time(inputs));
    let (key, document) = match text("documentType") {
        "SSMDocument" => match context.bounded(&deadline, fetch(context, path)).await {
            Ok(fetched) => fetched?,
            Err(ran) => return Ok(Err(ran)),
        },
        "LocalPath" => read(context, path)?,
        other => {
            return Err(format!(
                "The input documentType of aws:runDocument is {other:?}; it must be SSMDocument or LocalPath."
            ));
        }
    };
    if context.chain.contains(&key) {
        return Err(format!("The document {path} includes itself."));
    }
    let parameters = parameters(inputs.get("documentParameters"))?;
    let plan = parse_included(&document, &parameters)
        .map_err(|error| format!("The document {path} cannot be run: {error}"))?;
    let mut chain = context.chain.clone();
    chain.push(key);
    let inner = Context {
        host: context.host,
        command_id: context.command_id,
        run_as: context.run_as,
        control_plane: context.control_plane,
        cancel: context.cancel.clone(),
        folder,
        downloads: context.downloads.clone(),
        chain,
        reboots: context.reboots,
        masked: context.masked.clone(),
        deadline,
    };
    Ok(Ok((inner, plan)))
}

/// Takes `name`, `name:version` or an ARN apart.
pub(super) fn name_and_version(path: &str) -> (&str, Option<&str>) {
    let name = id_or_arn("document", path);
    match name.split_once(':') {
        Some((name, version)) if !version.is_empty() => (name, Some(version)),
        _ => (name.trim_end_matches(':'), None),
    }
}

async fn fetch<D: ControlPlane>(context: &Context<'_, D>, path: &str) -> Result<(String, Value), String> {
    let (name, version) = name_and_version(path);
    let text = context
        .control_plane
        .document(name, version)
        .await
        .map_err(|why| format!("The document {path} cannot be fetched: {why}"))?;
    let document = serde_json::from_str(&text)
        .map_err(|error| format!("The document {path} is not valid JSON: {error}."))?;
    Ok((format!("document {name}"), document))
}

/// Reads a document that an earlier step has downloaded.
fn read<D>(context: &Context<'_, D>, path: &str) -> Result<(String, Value), String> {
    let file = paths::confine(&context.downloads, path)?;
    let failed = |error: std::io::Error| format!("The document {} cannot be read: {error}.", file.display());
    let size = fs::metadata(&file).map_err(failed)?.len();
    if size > content::MAX_DOCUMENT_BYTES as u64 {
        return Err(format!("The document {} has {size} bytes, more than a document may.", file.display()));
    }
    let text = fs::read_to_string(&file).map_err(failed)?;
    let yaml =
        file.extension().is_some_and(|e| e.eq_ignore_ascii_case("yaml") || e.eq_ignore_ascii_case("yml"));
    let format = if yaml { Format::Yaml } else { Format::Json };
    let mut document = content::parse(&text, format)
        .map_err(|error| format!("The document {} cannot be used: {error}", file.display()))?;
    // The service has not seen this document, so the looseness of YAML is still there.
    content::normalize(&mut document);
    Ok((format!("file {}", file.display()), document))
}

/// A map, or the text of one in JSON or YAML.
fn parameters(value: Option<&Value>) -> Result<Map<String, Value>, String> {
    let wrong = || "The input documentParameters of aws:runDocument must be a map.".to_owned();
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Map::new()),
        Some(Value::String(text)) => {
            match content::parse(text, Format::Json).or_else(|_| content::parse(text, Format::Yaml)) {
                Ok(Value::Object(map)) => Ok(map),
                _ => Err(wrong()),
            }
        }
        Some(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_document_paths_when_taken_apart_then_name_and_version_result() {
        assert_eq!(name_and_version("My-Doc"), ("My-Doc", None));
        assert_eq!(name_and_version("My-Doc:3"), ("My-Doc", Some("3")));
        assert_eq!(name_and_version("My-Doc:$LATEST"), ("My-Doc", Some("$LATEST")));
        assert_eq!(name_and_version("arn:aws:ssm:x:1:document/My-Doc:2"), ("My-Doc", Some("2")));
        assert_eq!(name_and_version("My-Doc:"), ("My-Doc", None));
    }
}
