//! The options that the agent is started with.

use crate::execute;
use std::path::PathBuf;

/// Where a node's identity, ledger and downloads are, unless it is started with another folder.
pub(crate) const DEFAULT_DATA: &str = "/var/lib/reeve-agent";

/// What is done with this machine's service.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Action {
    /// Put this program and a unit of systemd in their places, enrol this machine, and start the agent. What is there
    /// already stays; with an identity nothing is enrolled.
    Install {
        /// The folder that stands for `/`: an image that is made, whose agent starts with it.
        #[arg(long, value_name = "FOLDER", default_value = "/")]
        root: PathBuf,
    },
    /// Stop the agent and take away what `install` put there: the program, the unit and the folder with identity and ledger.
    /// The node stays in the control plane until it is deregistered there.
    Uninstall {
        /// The folder that stands for `/`.
        #[arg(long, value_name = "FOLDER", default_value = "/")]
        root: PathBuf,
        /// Leave the folder with this node's identity and ledger, so that it is the same node when it is installed again.
        #[arg(long)]
        keep_data: bool,
    },
}

/// How the agent is started.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "reeve-agent", version, about = "Runs on every node what the control plane signed")]
pub struct Options {
    /// Instead of running here and now: what is done with this machine's service.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// The folder of this node's identity, ledger and downloads.
    #[arg(long, default_value = DEFAULT_DATA, env = "REEVE_AGENT_DATA", global = true)]
    pub data: PathBuf,
    /// The gateway to enrol at, such as <https://reeve.example.org:8400>. Needed once.
    #[arg(long, env = "REEVE_GATEWAY", global = true)]
    pub gateway: Option<String>,
    /// The certificates of those whose word for the gateway and the bus counts, as PEM: the `tls/ca.pem` of an instance.
    /// It is kept in the folder, so that it is needed once; one that is given again takes the place of the kept one.
    /// With it this node speaks to no bus without TLS.
    #[arg(long, value_name = "FILE", env = "REEVE_CA", global = true)]
    pub ca: Option<PathBuf>,
    /// Where this node finds the bus, whatever it is told: through a tunnel, say. Several addresses have commas between them.
    #[arg(long, value_name = "URL", env = "REEVE_AGENT_BUS", global = true)]
    pub bus: Option<String>,
    /// The activation to enrol with. Needed once.
    #[arg(long, env = "REEVE_ACTIVATION_ID", global = true)]
    pub activation_id: Option<String>,
    /// The activation's code. Needed once.
    #[arg(long, env = "REEVE_ACTIVATION_CODE", hide_env_values = true, global = true)]
    pub activation_code: Option<String>,
    /// A file that holds the activation's code instead, so that no list of processes shows it; `-` is standard input.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "activation_code",
        env = "REEVE_ACTIVATION_CODE_FILE",
        global = true
    )]
    pub activation_code_file: Option<PathBuf>,
    /// Ends when the node is enrolled.
    #[arg(long)]
    pub enrol_only: bool,
    /// The public root key of the control plane that this node may be enrolled at, as `reeve keys show` prints it. One with
    /// another root key is refused. It is pinned at enrolment in any case; only --register-again leads to another one.
    #[arg(long, value_name = "KEY", env = "REEVE_ROOT_KEY", global = true)]
    pub root_key: Option<String>,
    /// Give up this node's identity, which its control plane may not let in any more, and enrol as a new node with
    /// another activation. The old identity and its ledger are kept in the folder `former`. With the activation that
    /// this node is enrolled with already it does nothing.
    #[arg(long)]
    pub register_again: bool,
    /// Go on with this folder although it was another machine's: the machine was replaced, and the former one is not
    /// started again.
    #[arg(long)]
    pub accept_new_machine: bool,
    /// Go on without the ledger that this node had: what it ran before is forgotten, and what waits in its
    /// inbox is skipped.
    #[arg(long)]
    pub accept_lost_ledger: bool,
    /// The bytes that one step may print; what is beyond them is dropped, and the output and the outcome say so.
    #[arg(long, value_name = "BYTES", default_value_t = execute::DEFAULT_OUTPUT_LIMIT_BYTES, env = "REEVE_AGENT_OUTPUT_LIMIT")]
    pub output_limit: u64,
    /// How this machine is rebooted when a script asks for it with the exit code 194. An empty text refuses: the
    /// script's step fails then, and says why.
    #[arg(
        long,
        value_name = "COMMAND",
        default_value = "shutdown -r now",
        env = "REEVE_AGENT_REBOOT_COMMAND"
    )]
    pub reboot_command: String,
    /// What this node accepts, in a file that belongs to root: plugins, users, hours. It narrows what the control plane
    /// may have run here; without the file nothing is narrowed.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/reeve/agent-policy.json",
        env = "REEVE_AGENT_LOCAL_POLICY"
    )]
    pub local_policy: PathBuf,
    /// The folder that stands for `/` where packages are looked for and patched: an image that is made, or a test's.
    #[arg(long, value_name = "FOLDER", default_value = "/", env = "REEVE_AGENT_PACKAGE_ROOT")]
    pub package_root: PathBuf,
    /// Ends well as soon as this node may work, and begins nothing: how a new program is tried before it takes this one's place.
    #[arg(long, hide = true)]
    pub trial: bool,
    /// Where the machine says which start this is. For tests, which do not reboot.
    #[arg(
        long,
        hide = true,
        default_value = "/proc/sys/kernel/random/boot_id",
        env = "REEVE_AGENT_BOOT_ID_FILE"
    )]
    pub boot_id_file: PathBuf,
    /// Where the machine says which installation it is. For tests, which have one machine.
    #[arg(long, hide = true, default_value = "/etc/machine-id", env = "REEVE_AGENT_MACHINE_ID_FILE")]
    pub machine_id_file: PathBuf,
    /// Keep steps together by a supervisor each, also where cgroups could be had. For tests.
    #[arg(long, hide = true, env = "REEVE_AGENT_NO_CGROUPS")]
    pub no_cgroups: bool,
}
