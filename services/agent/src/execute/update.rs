//! aws:updateSsmAgent: another version of this agent in its place.
//!
//! What it is to be is named by its hash, in what the control plane signed; where it comes from has no say. The step runs once before
//! the agent's restart, and once after it, as one that asked for a reboot.

use super::{ControlPlane, Sink, context::Context, download::fetch_program, output::Out, walk::Ran};
use crate::update;
use serde_json::Value;
use std::path::Path;

/// Where agents of packages lie, which their package managers update.
const PACKAGED: &str = "/usr/bin/reeve-agent";

pub(super) async fn run<D: ControlPlane, S: Sink>(
    context: &Context<'_, D>,
    inputs: &Value,
    out: &mut Out<'_, S>,
) -> Result<Ran, String> {
    let data = &context.host.own.data;
    if let Some(update) = update::read(data).filter(|update| update.command_id == context.command_id) {
        update::forget(data);
        let untried = "the agent was started anew before the new program was to be tried";
        let result = match update.result {
            None => Err(untried.to_owned()),
            Some(Ok(())) if !update::is_running(&update.sha256) => {
                Err("the new program is in its place, and could not be started".to_owned())
            }
            Some(result) => result,
        };
        result.map_err(|reason| {
            format!("The agent was not updated, and goes on as {}: {reason}.", update.from_version)
        })?;
        let (from, to) = (&update.from_version, &update.to_version);
        out.line(false, &format!("The agent was updated from {from} to {to} ({}).", update.sha256));
        return Ok(Ran::SUCCESS);
    }
    let own = update::own_program().map_err(cannot)?;
    if own == Path::new(PACKAGED) && update::packaged_unit(Path::new("/")).is_some() {
        return Err(format!("{PACKAGED} belongs to a package: update it by the package manager."));
    }
    let wanted = wanted_hash(inputs)?;
    if update::sha256_of(&own).map_err(cannot)? == wanted {
        out.line(false, &format!("The agent is this program already ({wanted})."));
        return Ok(Ran::SUCCESS);
    }
    update::claim(context.command_id).map_err(cannot)?;
    let staged = stage(context, inputs, wanted, out).await;
    if staged != Ok(Ran::RESTART_AGENT) {
        update::withdraw(data, context.command_id);
    }
    staged
}

fn cannot(error: update::Error) -> String {
    format!("The agent cannot be updated: {error}.")
}

/// Fetches the program and lays it where the agent's next start finds it.
async fn stage<D: ControlPlane, S: Sink>(
    context: &Context<'_, D>,
    inputs: &Value,
    wanted: String,
    out: &mut Out<'_, S>,
) -> Result<Ran, String> {
    let own = &context.host.own;
    let place = update::place(&own.data).map_err(cannot)?;
    let source = text(inputs, "source").unwrap_or_else(|| own.gateway.clone());
    if source.is_empty() {
        return Err(
            "This node does not know its gateway any more: give the document its address as `source`."
                .to_owned(),
        );
    }
    let url = format!("{}/programs/{wanted}", source.trim_end_matches('/'));
    let (time, ca) = (context.time(inputs), own.ca.clone());
    let work = tokio::task::spawn_blocking(move || {
        fetch_program(&url, ca.as_deref(), &place, time)?;
        update::inspect(&place, &wanted).map(|version| (version, wanted)).map_err(cannot)
    });
    let deadline = context.deadline.or_after(time);
    let (version, wanted) = match context.bounded(&deadline, work).await {
        Ok(done) => done.map_err(|error| format!("The update was interrupted: {error}."))??,
        Err(ran) => return Ok(ran),
    };
    is_wanted_version(inputs, &version)?;
    update::stage(&own.data, context.command_id, &wanted, &version).map_err(cannot)?;
    out.line(false, &format!("The version {version} is tried when nothing else runs on this node."));
    Ok(Ran::RESTART_AGENT)
}

fn text(inputs: &Value, name: &str) -> Option<String> {
    let text = inputs.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// SHA-256 of the program for this machine.
fn wanted_hash(inputs: &Value) -> Result<String, String> {
    let machine = std::env::consts::ARCH;
    let missing = || {
        format!(
            "The input programs has no SHA-256 of a program for {machine}: `reeve agents update` gives it, from what the \
             gateway offers."
        )
    };
    let programs = match inputs.get("programs") {
        Some(Value::String(json)) => serde_json::from_str(json).map_err(|_| missing())?,
        programs => programs.cloned().unwrap_or_default(),
    };
    let hash = programs.get(machine).and_then(Value::as_str).ok_or_else(missing)?.to_ascii_lowercase();
    match hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(hash),
        false => {
            Err(format!("The input programs has {hash:?} for {machine}, which is no SHA-256 in hexadecimal."))
        }
    }
}

/// Whether a version is the one that is wanted, and no lower one unless that is allowed.
fn is_wanted_version(inputs: &Value, version: &str) -> Result<(), String> {
    if let Some(wanted) =
        text(inputs, "targetVersion").filter(|wanted| wanted != version && wanted != "latest")
    {
        return Err(format!("The program is of version {version}, not {wanted}."));
    }
    let own = env!("CARGO_PKG_VERSION");
    let may_be_lower = text(inputs, "allowDowngrade").is_some_and(|text| text == "true");
    match numbers(version) < numbers(own) && !may_be_lower {
        true => Err(format!(
            "The version {version} is lower than {own}, which runs here, and allowDowngrade is not true."
        )),
        false => Ok(()),
    }
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_hash_is_that_for_this_machine() {
        let machine = std::env::consts::ARCH;
        let hash = "AB".repeat(32);
        assert_eq!(wanted_hash(&json!({"programs": {machine: hash}})), Ok("ab".repeat(32)));
        let text = json!({machine: hash}).to_string();
        assert_eq!(wanted_hash(&json!({"programs": text})), Ok("ab".repeat(32)));
        for inputs in [
            json!({}),
            json!({"programs": {}}),
            json!({"programs": {"m68k": hash}}),
            json!({"programs": "x"}),
        ] {
            assert!(wanted_hash(&inputs).unwrap_err().contains(machine), "{inputs}");
        }
        assert!(wanted_hash(&json!({"programs": {machine: "abc"}})).unwrap_err().contains("abc"));
    }

    #[test]
    fn a_lower_version_has_to_be_allowed() {
        let own = env!("CARGO_PKG_VERSION");
        assert_eq!(is_wanted_version(&json!({}), own), Ok(()));
        assert_eq!(is_wanted_version(&json!({"targetVersion": ""}), "999.0.0"), Ok(()));
        assert!(is_wanted_version(&json!({"allowDowngrade": "false"}), "0.0.0").is_err());
        assert_eq!(is_wanted_version(&json!({"allowDowngrade": "true"}), "0.0.0"), Ok(()));
        assert!(
            is_wanted_version(&json!({"targetVersion": "1.2.3"}), "1.2.4").unwrap_err().contains("1.2.4")
        );
        assert!(numbers("0.10.0") > numbers("0.9.9"));
    }
}
