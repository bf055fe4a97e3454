//! `reeve agents`: the agents' programs, and other versions of them on nodes, a few at a time.

use super::{
    Format,
    connection::Connection,
    list::print,
    run::{self, meant},
    table::cell,
};
use anyhow::{Context, ensure};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// The programs of agents.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists the programs that the gateway offers to nodes.
    Programs,
    /// Replaces the agents of nodes. Each node fetches the program by its hash, tries it when nothing else runs there, and goes on as
    /// it when it works; otherwise its agent stays as it is, and that node counts as an error.
    Update(UpdateArgs),
}

/// Which program, where, and in which steps.
#[derive(clap::Args)]
pub struct UpdateArgs {
    /// Nodes by selection: `Key=tag:role,Values=web,db`. May be repeated; all must hold.
    #[arg(long, value_name = "Key=…,Values=…")]
    targets: Vec<String>,
    /// Nodes by id, separated by commas. Without --nodes and --targets: every connected node.
    #[arg(long, value_delimiter = ',', conflicts_with = "targets")]
    nodes: Vec<String>,
    /// How many nodes are updated at once: a number or a percentage.
    #[arg(long, value_name = "N|N%", default_value = "10%")]
    max_concurrency: String,
    /// After more errors than this nobody else begins: a number or a percentage.
    #[arg(long, value_name = "N|N%", default_value = "0")]
    max_errors: String,
    /// A program by its name, one for each architecture of the nodes; needed where the gateway offers several for one.
    #[arg(long, value_name = "NAME")]
    program: Vec<String>,
    /// The version that the program has to have.
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// It may be a lower version than the one that runs.
    #[arg(long)]
    allow_downgrade: bool,
    /// The address from which nodes fetch it, if it is not that of the gateway at which they were enrolled.
    #[arg(long, value_name = "URL")]
    source: Option<String>,
}

pub async fn agents(connection: &Connection, command: Command, format: Format) -> anyhow::Result<ExitCode> {
    let offered = connection.clone();
    let offered = tokio::task::spawn_blocking(move || offered.programs()).await??;
    match command {
        Command::Programs => {
            print(format, &offered, &["NAME", "ARCHITECTURE", "BYTES", "SHA-256"], |program| {
                ["name", "architecture", "bytes", "sha256"].map(|name| cell(program, name)).to_vec()
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Update(args) => {
            let programs = Value::Object(chosen(&offered, &args.program)?).to_string();
            let (member, nodes) = meant(&args.nodes, &args.targets)?;
            let mut parameters = json!({
                "programs": [programs], "allowDowngrade": [args.allow_downgrade.to_string()],
            });
            for (name, given) in [("version", args.version), ("source", args.source)] {
                if let Some(given) = given {
                    parameters[name] = json!([given]);
                }
            }
            let input = json!({
                "DocumentName": "AWS-UpdateSSMAgent", "Parameters": parameters,
                "MaxConcurrency": args.max_concurrency, "MaxErrors": args.max_errors, member: nodes,
            });
            run::document(connection, &input, false, format).await
        }
    }
}

/// The hash of the program for each architecture, of those that were named, or of all.
fn chosen(offered: &[Value], names: &[String]) -> anyhow::Result<Map<String, Value>> {
    let all = offered.iter().map(|program| text(program, "name")).collect::<Vec<_>>().join(", ");
    for name in names {
        let program = offered.iter().find(|program| text(program, "name") == name);
        let program =
            program.with_context(|| format!("--program {name}: the gateway does not offer it, but {all}"))?;
        let is_known = !text(program, "architecture").is_empty();
        ensure!(is_known, "--program {name}: it is no program of a known architecture");
    }
    let is_chosen = |program: &&Value| {
        let is_named = names.is_empty() || names.iter().any(|name| name == text(program, "name"));
        is_named && !text(program, "architecture").is_empty()
    };
    let mut chosen = Map::new();
    for program in offered.iter().filter(is_chosen) {
        let (architecture, hash) = (text(program, "architecture"), json!(text(program, "sha256")));
        let other = chosen.insert(architecture.to_owned(), hash.clone());
        ensure!(
            other.is_none_or(|other| other == hash),
            "the gateway offers several programs for {architecture}: choose with --program, of {all}"
        );
    }
    ensure!(
        !chosen.is_empty(),
        "the gateway offers no program of an agent: put `reeve-agent` into the folder of its option --programs"
    );
    Ok(chosen)
}

fn text<'a>(program: &'a Value, name: &str) -> &'a str {
    program.get(name).and_then(Value::as_str).unwrap_or_default()
}

impl Connection {
    /// The agents' programs that the gateway offers. It waits.
    fn programs(&self) -> anyhow::Result<Vec<Value>> {
        let said = self.get("/programs")?.1;
        let programs: Option<Value> = serde_json::from_str(&said).ok();
        let programs = programs.as_ref().and_then(|said| said.get("programs")?.as_array().cloned());
        programs.with_context(|| format!("{} does not say which programs it offers", self.endpoint()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_architecture_has_one_program() {
        let program = |name: &str, architecture: &str, hash: &str| json!({"name": name, "architecture": architecture, "sha256": hash, "bytes": 1});
        let offered = [program("a", "x86_64", "1"), program("b", "aarch64", "2"), program("c", "", "3")];
        assert_eq!(json!(chosen(&offered, &[]).unwrap()), json!({"x86_64": "1", "aarch64": "2"}));
        assert_eq!(json!(chosen(&offered, &["b".to_owned()]).unwrap()), json!({"aarch64": "2"}));
        let refused = |offered: &[Value], name: &[&str]| {
            let names: Vec<String> = name.iter().map(|name| (*name).to_owned()).collect();
            chosen(offered, &names).unwrap_err().to_string()
        };
        assert!(refused(&offered, &["x"]).contains("--program x"));
        assert!(refused(&offered, &["c"]).contains("--program c"));
        assert!(refused(&[program("a", "x86_64", "1"), program("d", "x86_64", "4")], &[]).contains("a, d"));
        assert!(refused(&[], &[]).contains("--programs"));
    }
}
