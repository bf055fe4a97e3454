//! The documents that come with the system, published at start-up.

use crate::domain::{Command, Document, Draft};
use reeve_document_language::Format;
use reeve_eventsourcing::{Actor, Context};
use reeve_runtime::{Handle, HandlerError};
use reeve_types::{Timestamp, ids::new_uuid};

/// Name and content, in YAML, and of the type Command but [`POLICY`].
const DOCUMENTS: [(&str, &str); 14] = [
    ("AWS-ApplyAnsiblePlaybooks", include_str!("../preconfigured/AWS-ApplyAnsiblePlaybooks.yaml")),
    ("AWS-ConfigureAWSPackage", include_str!("../preconfigured/AWS-ConfigureAWSPackage.yaml")),
    ("AWS-GatherSoftwareInventory", include_str!("../preconfigured/AWS-GatherSoftwareInventory.yaml")),
    ("AWS-Noop", include_str!("../preconfigured/AWS-Noop.yaml")),
    ("AWS-RunDocument", include_str!("../preconfigured/AWS-RunDocument.yaml")),
    ("AWS-RunPatchBaseline", include_str!("../preconfigured/AWS-RunPatchBaseline.yaml")),
    (
        "AWS-RunPatchBaselineAssociation",
        include_str!("../preconfigured/AWS-RunPatchBaselineAssociation.yaml"),
    ),
    ("AWS-RunPatchBaselineWithHooks", include_str!("../preconfigured/AWS-RunPatchBaselineWithHooks.yaml")),
    ("AWS-RunPowerShellScript", include_str!("../preconfigured/AWS-RunPowerShellScript.yaml")),
    ("AWS-RunRemoteScript", include_str!("../preconfigured/AWS-RunRemoteScript.yaml")),
    ("AWS-RunShellScript", include_str!("../preconfigured/AWS-RunShellScript.yaml")),
    ("AWS-UpdateSSMAgent", include_str!("../preconfigured/AWS-UpdateSSMAgent.yaml")),
    ("Reeve-PatchDryRun", include_str!("../preconfigured/Reeve-PatchDryRun.yaml")),
    ("Reeve-PatchRollback", include_str!("../preconfigured/Reeve-PatchRollback.yaml")),
];

/// Name and content of runbooks, in YAML.
const RUNBOOKS: [(&str, &str); 16] = [
    ("Reeve-CheckCertificate", include_str!("../preconfigured/runbooks/Reeve-CheckCertificate.yaml")),
    ("Reeve-CheckDiskSpace", include_str!("../preconfigured/runbooks/Reeve-CheckDiskSpace.yaml")),
    ("Reeve-CollectDiagnostics", include_str!("../preconfigured/runbooks/Reeve-CollectDiagnostics.yaml")),
    ("Reeve-CollectInventory", include_str!("../preconfigured/runbooks/Reeve-CollectInventory.yaml")),
    ("Reeve-FreeDiskSpace", include_str!("../preconfigured/runbooks/Reeve-FreeDiskSpace.yaml")),
    ("Reeve-InstallPackage", include_str!("../preconfigured/runbooks/Reeve-InstallPackage.yaml")),
    ("Reeve-NotifyWebhook", include_str!("../preconfigured/runbooks/Reeve-NotifyWebhook.yaml")),
    ("Reeve-PatchWithApproval", include_str!("../preconfigured/runbooks/Reeve-PatchWithApproval.yaml")),
    ("Reeve-PatchWithHealthCheck", include_str!("../preconfigured/runbooks/Reeve-PatchWithHealthCheck.yaml")),
    ("Reeve-RebootNodes", include_str!("../preconfigured/runbooks/Reeve-RebootNodes.yaml")),
    ("Reeve-RestartService", include_str!("../preconfigured/runbooks/Reeve-RestartService.yaml")),
    (
        "Reeve-RunCommandWithApproval",
        include_str!("../preconfigured/runbooks/Reeve-RunCommandWithApproval.yaml"),
    ),
    (
        "Reeve-RunDocumentWithApproval",
        include_str!("../preconfigured/runbooks/Reeve-RunDocumentWithApproval.yaml"),
    ),
    ("Reeve-RunInTurn", include_str!("../preconfigured/runbooks/Reeve-RunInTurn.yaml")),
    ("Reeve-StopService", include_str!("../preconfigured/runbooks/Reeve-StopService.yaml")),
    ("Reeve-WaitForService", include_str!("../preconfigured/runbooks/Reeve-WaitForService.yaml")),
];

/// The one of the type Policy, as AWS has it.
const POLICY: &str = "AWS-GatherSoftwareInventory";

/// Each document with its type.
fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let type_of = |name| if name == POLICY { "Policy" } else { "Command" };
    let documents = DOCUMENTS.into_iter().map(move |(name, content)| (name, type_of(name), content));
    documents.chain(RUNBOOKS.into_iter().map(|(name, content)| (name, "Automation", content)))
}

/// Publishes what is new or changed in this release; says nothing when all is there.
pub(crate) async fn publish(handle: Handle) -> Result<(), HandlerError> {
    for (name, document_type, content) in all() {
        let draft = Draft {
            content: content.to_owned(),
            format: Format::Yaml,
            version_name: String::new(),
            display_name: String::new(),
            target_type: String::new(),
        };
        let command = Command::PublishPreconfigured {
            name: name.to_owned(),
            document_type: document_type.to_owned(),
            draft,
        };
        // A new content, and then the default that moves to it: each decision is one event.
        while handle.execute::<Document>(name, command.clone(), &context(&handle)).await?.event.is_some() {}
    }
    Ok(())
}

fn context(handle: &Handle) -> Context {
    let command_id = new_uuid();
    Context {
        now: Timestamp::now(),
        actor: Actor::service(handle.service()),
        command_id,
        correlation_id: command_id,
        cause_id: None,
        traceparent: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_document_language::parse_executable;
    use serde_json::Map;

    /// Scripts ask for outputs by these names, so they are part of the interface: those of the first two are the
    /// plugin's, because AWS has them in schema 1.2.
    #[test]
    fn the_steps_have_the_names_that_scripts_rely_on() {
        for (document, steps) in [
            ("AWS-RunShellScript", &["aws:runShellScript"][..]),
            ("AWS-RunPowerShellScript", &["aws:runPowerShellScript"]),
            ("AWS-RunRemoteScript", &["downloadContent", "runPowerShellScript", "runShellScript"]),
            ("AWS-RunDocument", &["downloadContent", "runDocument"]),
            ("AWS-ApplyAnsiblePlaybooks", &["downloadContent", "runShellScript"]),
            ("AWS-ConfigureAWSPackage", &["configurePackage"]),
            ("AWS-GatherSoftwareInventory", &["collectSoftwareInventoryItems"]),
            (
                "AWS-RunPatchBaselineWithHooks",
                &[
                    "ScanLinux",
                    "PreInstallHook",
                    "InstallLinux",
                    "PostInstallHook",
                    "RestartLinux",
                    "OnExitHook",
                ],
            ),
        ] {
            let (_, document_type, content) = all().find(|(name, ..)| *name == document).unwrap();
            let checked = reeve_document_language::check(document_type, Format::Yaml, content).unwrap();
            let plan = parse_executable(&checked.normalized, &Map::new()).unwrap();
            assert_eq!(plan.steps.iter().map(|step| &step.name).collect::<Vec<_>>(), steps, "{document}");
        }
    }

    #[test]
    fn each_is_a_document_with_the_parameters_that_callers_know() {
        for (name, document_type, content) in all() {
            let checked = reeve_document_language::check(document_type, Format::Yaml, content);
            let checked = checked.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(checked.description.is_some(), "{name}");
            let inputs: Vec<&str> = checked.inputs.iter().map(|input| input.name.as_str()).collect();
            match name {
                "AWS-RunShellScript" => {
                    assert_eq!(inputs, ["commands", "workingDirectory", "executionTimeout"]);
                    assert_eq!(checked.platform_types, ["Linux", "MacOS"]);
                }
                "AWS-RunPowerShellScript" => {
                    assert_eq!(checked.platform_types, ["Windows", "Linux", "MacOS"])
                }
                _ => {}
            }
        }
    }
}
