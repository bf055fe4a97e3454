//! `reeve`: the host of the services, and the command line.
//!
//! What the commands do is in the library of this package.

// What is printed to stdout goes through `client::stdout`: these macros panic when nobody reads any more.
#![deny(clippy::print_stdout)]

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, parser::ValueSource};
use reeve::{
    backup,
    client::{self, DataFolder},
    config, host, migrate, up,
};
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// Messages are allocated by one thread and freed by another, for which the system's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An open, self-hosted systems manager.
#[derive(Parser)]
#[command(name = "reeve", version)]
struct Cli {
    /// The folder of the instance: what `up` made, and what the other commands find theirs by. Without this option the AWS
    /// environment variables (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_CA_BUNDLE) win
    /// over REEVE_DATA and the default.
    #[arg(long, global = true, default_value = ".reeve", env = "REEVE_DATA")]
    data: PathBuf,
    /// Asks about an earlier instant (RFC 3339), as the log has it: nodes, documents, commands, command, compliance, dead-letters,
    /// incidents, inventory, associations, automation, calendar, changes, notifications, oncall, ops, parameters, patch, rules, windows and api.
    #[arg(long, global = true, value_name = "TIME")]
    as_of: Option<String>,
    /// How answers are printed.
    #[arg(long, global = true, value_enum, default_value = "text")]
    output: client::Format,
    /// What is logged to stderr: directives such as `warn` or `info,reeve_jetstream=debug`.
    #[arg(long, global = true, default_value = "warn", env = "REEVE_LOG", value_name = "FILTER")]
    log: String,
    /// How it is logged: text for people, or a JSON object on each line.
    #[arg(long, global = true, value_enum, default_value = "text", env = "REEVE_LOG_FORMAT")]
    log_format: client::Format,
    /// An OpenTelemetry collector that traces and metrics go to, as OTLP over HTTP.
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    otlp: Option<String>,
    /// A TOML file with values for these options and, in a table named for it, for each command's. Options and
    /// environment variables win over it.
    #[arg(long, global = true, env = "REEVE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts everything on this machine: bus, services, gateway and agents. Ctrl-C ends all of it.
    Up(up::Args),
    /// Makes the secrets of an instance whose parts run apart, as docker-compose.yml does.
    Init(host::InitArgs),
    /// Runs services, or the gateway, against a NATS that stands already.
    Serve(host::ServeArgs),
    /// Asks a process of `serve` on this machine whether it is ready: for health checks.
    Health(client::health::Args),
    /// Lists the services of this program, the streams of their events, and the secrets that each needs.
    Services(client::services::Args),
    /// Prints the exports after which plain `aws ssm …` works: eval "$(reeve env)".
    Env,
    /// Runs a script on nodes and prints its output as it comes; the exit code tells success.
    Run(client::run::Args),
    /// Lists nodes, with their tags and clocks; adds, tags and deregisters them.
    Nodes(client::nodes::Args),
    /// Lists documents.
    Documents(client::list::DocumentsArgs),
    /// Lists commands, the newest first.
    Commands,
    /// Shows a command: its nodes and steps, when they began and ended, and why, or what is waited for.
    #[command(name = "command")]
    Sent(client::command::Args),
    /// Prints events as CloudEvents, one JSON object on a line.
    Events(client::events::Args),
    /// Calls an operation of the AWS API and prints its answer.
    Api(client::api::Args),
    /// Manages principals, access keys, groups and policies.
    #[command(subcommand)]
    Access(client::access::Command),
    /// Shows what nodes comply with and what not, and exports it.
    #[command(subcommand)]
    Compliance(client::compliance::Command),
    /// Shows who changed something, when and why, from the log.
    History(client::history::Args),
    /// Shows the state of the fleet on one page: nodes, OpsItems, incidents, compliance and inventory.
    Explorer,
    /// Looks at services, nodes, keys, dead letters and messages, and says what to do.
    Doctor,
    /// Lists, shows, retries and discards what services gave up on.
    #[command(subcommand)]
    DeadLetters(client::dead_letters::Command),
    /// Lists, shows, previews and runs associations.
    #[command(subcommand)]
    Associations(client::associations::Command),
    /// Lists, shows, starts, stops, resumes and simulates runbooks.
    #[command(subcommand)]
    Automation(client::automation::Command),
    /// Lists, shows, starts and resolves incidents.
    #[command(subcommand)]
    Incidents(client::incidents::Command),
    /// Shows what nodes have, collects it, and tells what changed.
    Inventory(client::inventory::Args),
    /// Says where messages go, to webhooks and by mail, and what became of each.
    #[command(subcommand)]
    Notifications(client::notifications::Command),
    /// Says who is on call, pages people, and shows what became of that.
    #[command(subcommand)]
    Oncall(client::oncall::Command),
    /// Lists, shows, makes and changes OpsItems.
    #[command(subcommand)]
    Ops(client::ops::Command),
    /// Lists, shows, switches and backtests rules.
    #[command(subcommand)]
    Rules(client::rules::Command),
    /// Shows, puts, lists and deletes parameters.
    #[command(subcommand)]
    Parameters(client::parameters::Command),
    /// Lists the agents' programs, and replaces agents by other versions.
    #[command(subcommand)]
    Agents(client::agents::Command),
    /// Finds out what patches nodes lack, and installs them.
    #[command(subcommand)]
    Patch(client::patch::Command),
    /// Lists change calendars, and shows when one is open.
    #[command(subcommand)]
    Calendar(client::calendar::Command),
    /// Lists, shows, asks for and approves changes, and puts the rules that commands and runbooks wait for.
    #[command(subcommand)]
    Changes(client::changes::Command),
    /// Lists, shows and previews maintenance windows, and what they did.
    #[command(subcommand)]
    Windows(client::windows::Command),
    /// Prints a NATS credentials file with which another system's program may call the API over the bus.
    BusUser(client::bus_user::Args),
    /// Writes a backup of a running instance: its log into a folder, its keys into a file.
    Backup(backup::BackupArgs),
    /// Removes the oldest points of a backup.
    Prune(backup::PruneArgs),
    /// Restores a backup into an instance that is empty.
    Restore(backup::RestoreArgs),
    /// Moves an instance from `up`'s folder into parts that run apart, or back.
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// Looks at every message of the log, or of a backup, and names what was changed, cut off or rolled back.
    Verify(backup::VerifyArgs),
    /// Shows, rotates and renews the keys whose dispatches nodes run.
    #[command(subcommand)]
    Keys(client::keys::Command),
    /// Prints what a command printed on its nodes.
    Output(client::output::Args),
    /// Prints a shell's completions.
    Completions { shell: clap_complete::Shell },
    /// Runs the agent (as the program `reeve-agent` does).
    #[command(hide = true)]
    Agent(reeve_agent::Options),
    /// Runs a program that gets SIGTERM when this process's parent ends.
    #[command(hide = true)]
    WithParent {
        /// That parent's process id.
        parent: u32,
        #[arg(trailing_var_arg = true, required = true)]
        command: Vec<std::ffi::OsString>,
    },
}

/// As long threads that read or wait may take at the end.
const BLOCKING_END_TIMEOUT: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    // An agent of this machine starts this program to watch over a step, where there are no cgroups.
    reeve_agent::supervisor().unwrap_or_else(run)
}

fn run() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(error) => reeve::exit_code(&error),
    }
}

fn start() -> anyhow::Result<ExitCode> {
    let command = config::defaults(Cli::command(), std::env::args_os())?;
    let matches = command.get_matches();
    let is_named = matches.value_source("data") == Some(ValueSource::CommandLine);
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let data = match is_named {
        true => DataFolder::named(&cli.data),
        false => DataFolder::assumed(&cli.data),
    };
    // The kernel clears pages of 2 MiB whole, which took half of the time of large writes of views; what an agent runs has them as
    // the machine has (docs/adr/0006). A kernel that has none refuses.
    let is_agent = matches!(cli.command, Command::Agent(_));
    let _changed = rustix::thread::disable_transparent_huge_pages(!is_agent).is_ok();
    // An agent has little to do at a time, here as in its own program.
    let mut runtime = match cli.command {
        Command::Agent(_) => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = runtime.enable_all().build()?;
    let ended = runtime.block_on(observed(cli, data));
    // A file that is read, or an answer that is waited for, on a thread of its own holds nobody up who has stopped this.
    runtime.shutdown_timeout(BLOCKING_END_TIMEOUT);
    ended
}

async fn observed(cli: Cli, data: DataFolder) -> anyhow::Result<ExitCode> {
    let otlp = cli.otlp.clone().filter(|endpoint| !endpoint.is_empty());
    let log_format = match cli.log_format {
        client::Format::Text => reeve_telemetry::LogFormat::Text,
        client::Format::Json => reeve_telemetry::LogFormat::Json,
    };
    let telemetry = reeve_telemetry::start("reeve", &cli.log, log_format, otlp.as_deref())?;
    let result = dispatch(cli, data).await;
    // Sends what is left, which blocks.
    tokio::task::spawn_blocking(move || drop(telemetry)).await?;
    result
}

async fn dispatch(cli: Cli, data: DataFolder) -> anyhow::Result<ExitCode> {
    let format = cli.output;
    let asks = matches!(
        cli.command,
        Command::Nodes(_)
            | Command::Documents(_)
            | Command::Commands
            | Command::Sent(_)
            | Command::Compliance(_)
            | Command::DeadLetters(_)
            | Command::Explorer
            | Command::Associations(_)
            | Command::Automation(_)
            | Command::Incidents(_)
            | Command::Inventory(_)
            | Command::Notifications(_)
            | Command::Oncall(_)
            | Command::Ops(_)
            | Command::Rules(_)
            | Command::Parameters(_)
            | Command::Patch(_)
            | Command::Calendar(_)
            | Command::Changes(_)
            | Command::Windows(_)
            | Command::Api(_)
    );
    anyhow::ensure!(
        asks || cli.as_of.is_none(),
        "--as-of goes with nodes, documents, commands, command, compliance, dead-letters, explorer, incidents, inventory, \
         associations, automation, calendar, changes, notifications, oncall, ops, parameters, patch, rules, windows and api"
    );
    let connection =
        || anyhow::Ok(client::connection::Connection::open(&data)?.asking_as_of(cli.as_of.clone()));
    match cli.command {
        Command::Up(args) => up::up(&data, args).await?,
        Command::Init(args) => host::init(&data, &args)?,
        Command::Serve(args) => host::serve(args).await?,
        Command::Health(args) => client::health::health(args, format).await?,
        Command::Services(args) => client::services::services(&args, format)?,
        Command::Env => client::env(&data, format)?,
        Command::Run(args) => return client::run::run(&connection()?, args, format).await,
        Command::Nodes(args) => client::nodes::nodes(&data, &connection()?, args, format).await?,
        Command::Documents(args) => client::list::documents(&connection()?, args, format).await?,
        Command::Commands => client::list::commands(&connection()?, format).await?,
        Command::Sent(args) => client::command::command(&connection()?, args, format).await?,
        Command::Events(args) => client::events::events(&connection()?, args).await?,
        Command::Api(args) => client::api::api(&connection()?, args).await?,
        Command::Access(command) => client::access::access(&data, command, format).await?,
        Command::Compliance(command) => {
            client::compliance::compliance(&connection()?, command, format).await?;
        }
        Command::Explorer => client::explorer::explorer(&connection()?, format).await?,
        Command::History(args) => client::history::history(&connection()?, args, format).await?,
        Command::Doctor => return client::doctor::doctor(&connection()?, format).await,
        Command::DeadLetters(command) => {
            client::dead_letters::dead_letters(&connection()?, command, format).await?;
        }
        Command::Associations(command) => {
            client::associations::associations(connection()?, command, format).await?;
        }
        Command::Automation(command) => {
            client::automation::automation(&connection()?, command, format).await?;
        }
        Command::Incidents(command) => {
            client::incidents::incidents(connection()?, command, format).await?;
        }
        Command::Inventory(args) => {
            return client::inventory::inventory(&connection()?, args, format).await;
        }
        Command::Calendar(command) => client::calendar::calendar(&connection()?, command, format).await?,
        Command::Changes(command) => client::changes::changes(&connection()?, command, format).await?,
        Command::Windows(command) => client::windows::windows(connection()?, command, format).await?,
        Command::Notifications(command) => {
            client::notifications::notifications(&connection()?, command, format).await?;
        }
        Command::Oncall(command) => client::oncall::oncall(&connection()?, command, format).await?,
        Command::Ops(command) => client::ops::ops(&connection()?, command, format).await?,
        Command::Rules(command) => client::rules::rules(&connection()?, command, format).await?,
        Command::Parameters(command) => {
            client::parameters::parameters(&connection()?, command, format).await?;
        }
        Command::Agents(command) => {
            return client::agents::agents(&connection()?, command, format).await;
        }
        Command::Patch(command) => {
            return client::patch::patch(&connection()?, command, format).await;
        }
        Command::BusUser(args) => client::bus_user::bus_user(&data, &args)?,
        Command::Backup(args) => backup::backup(&data, args, format).await?,
        Command::Prune(args) => backup::prune(&args, format)?,
        Command::Restore(args) => backup::restore(&data, args, format).await?,
        Command::Migrate(command) => migrate::migrate(&data, &command, format)?,
        Command::Verify(args) => return backup::verify(&data, args, format).await,
        Command::Keys(command) => client::keys::keys(&data, command, format).await?,
        Command::Output(args) => client::output::output(&connection()?, args, format).await?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "reeve", &mut script);
            client::stdout::bytes(false, &script)?;
        }
        Command::Agent(options) => reeve_agent::run(options).await?,
        Command::WithParent { parent, command } => host::with_parent(parent, &command)?,
    }
    Ok(ExitCode::SUCCESS)
}
