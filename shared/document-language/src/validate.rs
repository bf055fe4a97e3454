//! Everything that CreateDocument and UpdateDocument check about content.

use serde_json::Value;

use crate::{
    DocumentInput, Error, Format, automation, calendar, change_template, command, content,
    fields::{Object, optional_text},
    package,
    platform::all_names,
    session,
};

/// What the check found out about a document, for the views of the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The schema version as text; empty for types without one.
    pub schema_version: String,
    /// What the author says about the document.
    pub description: Option<String>,
    /// The platforms on which at least one step runs.
    pub platform_types: Vec<String>,
    /// The declared parameters, in their order.
    pub inputs: Vec<DocumentInput>,
    /// The document as JSON with the looseness of YAML removed; null for plain text.
    pub normalized: Value,
}

/// The types of documents, those first that are checked. The others are stored and versioned without a look at
/// their meaning.
pub const DOCUMENT_TYPES: [&str; 17] = [
    "Command",
    "Policy",
    "Automation",
    "Session",
    "Package",
    "ChangeCalendar",
    "ApplicationConfiguration",
    "ApplicationConfigurationSchema",
    "DeploymentStrategy",
    "Automation.ChangeTemplate",
    "ProblemAnalysis",
    "ProblemAnalysisTemplate",
    "CloudFormation",
    "ConformancePackTemplate",
    "QuickSetup",
    "ManualApprovalPolicy",
    "AutoApprovalPolicy",
];

/// Checks content as a document of a type. The format is what the caller declared.
pub fn check(document_type: &str, format: Format, content: &str) -> Result<Checked, Error> {
    let mut value = content::parse(content, format)?;
    if !DOCUMENT_TYPES.contains(&document_type) {
        return Err(Error::DocumentType(document_type.to_owned()));
    }
    if document_type == "ChangeCalendar" {
        if format != Format::Text {
            return Err(Error::Format {
                found: format,
                wanted: "a ChangeCalendar, which is TEXT".to_owned(),
            });
        }
        let description = calendar::check(content)?;
        return Ok(Checked { description, platform_types: all_names(), ..stored(Value::Null) });
    }
    if !matches!(
        document_type,
        "Command" | "Policy" | "Automation" | "Automation.ChangeTemplate" | "Session" | "Package"
    ) {
        return Ok(stored(value));
    }
    if format == Format::Text {
        return Err(Error::Format { found: format, wanted: format!("a {document_type} document") });
    }
    content::normalize(&mut value);
    let root = value
        .as_object()
        .ok_or_else(|| Error::Syntax { format, reason: "the document is not a map".to_owned() })?;
    let schema_version = schema_version(root, document_type)?;
    let (inputs, platform_types) = match document_type {
        "Command" | "Policy" => command::check(root, &schema_version)?,
        "Automation" => (automation::check(root)?, all_names()),
        "Automation.ChangeTemplate" => (change_template::check(root)?, all_names()),
        "Session" => (session::check(root)?, all_names()),
        _ => (Vec::new(), package::check(root)?),
    };
    Ok(Checked {
        schema_version,
        description: optional_text(root, "", "description")?.map(str::to_owned),
        platform_types,
        inputs,
        normalized: value,
    })
}

fn stored(normalized: Value) -> Checked {
    let text = |key: &str| normalized.get(key).and_then(Value::as_str).map(str::to_owned);
    Checked {
        schema_version: text("schemaVersion").unwrap_or_default(),
        description: text("description"),
        platform_types: Vec::new(),
        inputs: Vec::new(),
        normalized,
    }
}

fn schema_version(root: &Object, document_type: &str) -> Result<String, Error> {
    let allowed: &[&str] = match document_type {
        "Command" => &["1.2", "2.0", "2.2"],
        "Policy" => &["2.0", "2.2"],
        "Automation" | "Automation.ChangeTemplate" => &["0.3"],
        "Session" => &["1.0"],
        _ => &["2.0"],
    };
    let found = match root.get("schemaVersion") {
        Some(Value::String(version)) => version.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    if allowed.contains(&found.as_str()) {
        return Ok(found);
    }
    Err(Error::SchemaVersion { found, document_type: document_type.to_owned(), allowed: allowed.join(", ") })
}
