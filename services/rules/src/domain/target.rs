//! What a rule's target may be, and what it must say.

use super::{path::Path, template};
use reeve_contracts::rules::Target;
use reeve_types::arn::Arn;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a match goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// An OpsItem is opened.
    OpsItem,
    /// An incident is started by the plan of this name.
    ResponsePlan(&'a str),
    /// A document of this name runs on nodes.
    Document(&'a str),
    /// A runbook of this name and version is started; an empty version is the default one.
    Runbook(&'a str, &'a str),
    /// The webhook of this name is told.
    Webhook(&'a str),
}

/// Why a target is refused. Each names it by its id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("Target {id}: {problem}")]
    Invalid { id: String, problem: String },
}

/// How an ARN names the default version.
const DEFAULT_VERSION: &str = "$DEFAULT";
const KINDS: &str = "arn:aws:ssm:REGION:ACCOUNT:opsitem opens an OpsItem, arn:aws:ssm-incidents::ACCOUNT:response-plan/NAME \
                     starts an incident, arn:aws:ssm:REGION:ACCOUNT:document/NAME runs a document on nodes, \
                     arn:aws:ssm:REGION:ACCOUNT:automation-definition/NAME starts a runbook, arn:aws:events:REGION:ACCOUNT:api-destination/NAME tells a webhook";

impl<'a> Destination<'a> {
    /// The destination of an ARN.
    ///
    /// # Errors
    /// A sentence that says what there is.
    pub fn of(arn: &'a str) -> Result<Self, String> {
        let parsed = Arn::parse(arn).ok_or_else(|| format!("{arn} is no ARN: {KINDS}."))?;
        let document = || parsed.id_of("document");
        match parsed.service {
            "ssm" if parsed.resource == "opsitem" => Ok(Self::OpsItem),
            "ssm" if let Some(runbook) = parsed.id_of("automation-definition") => {
                let (name, version) = runbook.split_once(':').unwrap_or((runbook, ""));
                Ok(Self::Runbook(name, if version == DEFAULT_VERSION { "" } else { version }))
            }
            "ssm" => {
                document().map(Self::Document).ok_or_else(|| format!("{arn} cannot be a target: {KINDS}."))
            }
            "ssm-incidents" => match parsed.id_of("response-plan") {
                Some(plan) => Ok(Self::ResponsePlan(plan)),
                None => Err(format!("{arn} cannot be a target: {KINDS}.")),
            },
            "events" => match parsed.id_of("api-destination") {
                // AWS's have an id of theirs behind the name.
                Some(name) => Ok(Self::Webhook(name.split('/').next().unwrap_or_default())),
                None => Err(format!("{arn} cannot be a target: {KINDS}.")),
            },
            _ => Err(format!("{arn} is not of this installation: {KINDS}.")),
        }
    }
}

/// A target as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetSettings {
    pub arn: String,
    pub role_arn: String,
    pub input: String,
    pub input_path: String,
    pub input_paths: Vec<(String, String)>,
    pub input_template: String,
    pub run_command_targets_json: String,
    pub principal: String,
}

impl From<&Target> for TargetSettings {
    fn from(target: &Target) -> Self {
        let paths = target.input_paths.iter().map(|path| (path.key.clone(), path.value.clone()));
        Self {
            arn: target.arn.clone(),
            role_arn: target.role_arn.clone(),
            input: target.input.clone(),
            input_path: target.input_path.clone(),
            input_paths: paths.collect(),
            input_template: target.input_template.clone(),
            run_command_targets_json: target.run_command_targets_json.clone(),
            principal: target.principal.clone(),
        }
    }
}

/// Whether a target is one that can be carried out.
///
/// # Errors
/// What is wrong with it.
pub fn check(target: &Target) -> Result<(), Error> {
    problem(target).map_or(Ok(()), |problem| Err(Error::Invalid { id: target.id.clone(), problem }))
}

fn problem(target: &Target) -> Option<String> {
    let destination = match Destination::of(&target.arn) {
        Ok(destination) => destination,
        Err(problem) => return Some(problem),
    };
    let given = [&target.input, &target.input_path, &target.input_template];
    if given.iter().filter(|text| !text.is_empty()).count() > 1 {
        return Some("Only one of Input, InputPath, or InputTransformer must be provided.".to_owned());
    }
    if !target.input.is_empty()
        && let Err(error) = serde_json::from_str::<Value>(&target.input)
    {
        return Some(format!("JSON syntax error in input: {error}."));
    }
    let names = target.input_paths.iter().map(|path| path.key.as_str());
    if !target.input_template.is_empty() && !template::makes_json(&target.input_template, names) {
        return Some(format!(
            "Invalid InputTemplate {}: it is no JSON when its names are replaced. A text has quotes, and each name outside of \
             a text must be one of InputPathsMap.",
            target.input_template
        ));
    }
    let paths = target.input_paths.iter().map(|path| &path.value).chain([&target.input_path]);
    if let Some(path) = paths.filter(|path| !path.is_empty()).find(|path| Path::parse(path).is_none()) {
        return Some(format!(
            "Invalid InputPath {path}: it is $ and names, as in $.detail.state or $.resources[0]."
        ));
    }
    let on_nodes = !target.run_command_targets_json.is_empty();
    match destination {
        Destination::Document(_) if !on_nodes => Some(
            "RunCommandParameters is missing: its RunCommandTargets say on which nodes the document runs."
                .to_owned(),
        ),
        Destination::OpsItem | Destination::ResponsePlan(_) | Destination::Runbook(..) if on_nodes => {
            Some("RunCommandParameters is for documents alone.".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(target: Target) -> String {
        check(&Target { id: "t".into(), ..target }).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_cannot_be_carried_out_is_refused_with_what_there_is() {
        let ops_item = || Target { arn: "arn:aws:ssm:r:1:opsitem".into(), ..Target::default() };
        assert_eq!(said(ops_item()), "");
        for (arn, runbook) in [
            ("arn:aws:ssm:r:1:automation-definition/Mend", ("Mend", "")),
            ("arn:aws:ssm:r:1:automation-definition/Mend:$DEFAULT", ("Mend", "")),
            ("arn:aws:ssm:r:1:automation-definition/Mend:3", ("Mend", "3")),
        ] {
            assert_eq!(Destination::of(arn), Ok(Destination::Runbook(runbook.0, runbook.1)));
            assert_eq!(said(Target { arn: arn.into(), ..Target::default() }), "");
        }
        let on_nodes = "arn:aws:ssm:r:1:automation-definition/Mend".to_owned();
        let on_nodes = Target { arn: on_nodes, run_command_targets_json: "[]".into(), ..Target::default() };
        assert!(said(on_nodes).contains("RunCommandParameters is for documents alone"));
        let document = |nodes: &str| Target {
            arn: "arn:aws:ssm:r:1:document/AWS-RunShellScript".into(),
            run_command_targets_json: nodes.into(),
            ..Target::default()
        };
        assert_eq!(said(document("[]")), "");
        assert!(said(document("")).starts_with("Target t: RunCommandParameters is missing"));
        for (arn, part) in [
            ("arn:aws:lambda:r:1:function:f", "is not of this installation"),
            ("https://example.org", "is no ARN"),
            ("arn:aws:ssm-incidents::1:incident-record/p/x", "cannot be a target"),
        ] {
            assert!(said(Target { arn: arn.into(), ..Target::default() }).contains(part), "{arn}");
        }
        let plain = Target { input_template: "it failed".into(), ..ops_item() };
        assert!(said(plain).contains("Invalid InputTemplate it failed"));
        let both = Target { input: "{}".into(), input_path: "$.detail".into(), ..ops_item() };
        assert!(said(both).contains("Only one of Input, InputPath"));
        assert!(said(Target { input: "{".into(), ..ops_item() }).contains("JSON syntax error in input"));
        assert!(
            said(Target { input_path: "detail".into(), ..ops_item() }).contains("Invalid InputPath detail")
        );
    }
}
