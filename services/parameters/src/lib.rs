//! Parameters: named values with versions and labels, as AWS's Parameter Store.
//!
//! - Aggregate `parameter`, by its path: subject `reeve.evt.parameters.parameter.<path>`, the path escaped. Events
//!   `ParameterPut`, `ParameterDeleted`, `ParameterPolicyFired`, `ParameterVersionLabeled`, `ParameterVersionUnlabeled`.
//! - Aggregate `service-setting`, by its id: how the store behaves where a caller does not say it. Events `ServiceSettingUpdated`,
//!   `ServiceSettingReset`.
//! - It reads the tags service's events, for filters by tags. The tags service takes over the tags that a parameter is
//!   created with.
//! - It reads run-command's events and the nodes': a node that a command was sent to which refers to secrets asks for them, and is
//!   answered what is sealed for its key, while the command runs there.
//!
//! Invariants: `x` and `/x` are one parameter. The value of a SecureString is sealed before anything is decided on it: it is
//! in no event, view or log in plain; its data key is destroyed when its version goes or the parameter is deleted, and then
//! nobody reads it any more, also not from the log. A parameter has at most 100 versions; the oldest goes when another one
//! comes, unless it has a label. A policy does what it does once, at its instant or, if everything was down, late; a change of
//! the parameter moves those alone that are about changes.

mod api;
mod domain;
mod projections;
mod reactors;
mod secrets;

pub use domain::parameter::{Command, Error, Parameter, ParameterEvent, State};

use domain::setting::ServiceSetting;
use reeve_jetstream::{rights::Rights, streams::SECRET_KEYS};
use reeve_runtime::{Consumer, Operation, ResourceTags, Service};
use reeve_secrets::Vault;

/// As tags and policies call them.
const KIND: &str = "Parameter";

/// The service, for a host to run.
pub fn service(vault: &Vault) -> Service {
    let with = || vault.clone();
    let (put, get, many, by_path, history, destroy) = (with(), with(), with(), with(), with(), with());
    let telling = with();
    let named = |operation: Operation| operation.on(KIND, "Name");
    let setting = |operation: Operation| operation.on("ServiceSetting", "SettingId");
    Service::new("parameters")
        // Others seal as well; one has to bring the stream to what is set, such as more servers.
        .may(Rights::default().keeping(SECRET_KEYS))
        .aggregate::<Parameter>()
        .aggregate::<ServiceSetting>()
        .projection(projections::Parameters)
        .projection(projections::Settings)
        .projection(projections::readers::NodeKeys)
        .projection(projections::readers::Commands)
        .projection(projections::readers::Invocations)
        .projection(ResourceTags { kind: KIND, table: projections::TAGS })
        .timer(projections::POLICY_TIMER, reactors::fire)
        .reactor(Consumer::from_beginning("secrets").concurrency(16), move |delivery| {
            reactors::destroy(destroy.clone(), delivery)
        })
        .agent_endpoint("NodeSecrets", "secrets", move |call| api::node::tell(telling.clone(), call))
        .operation(named(Operation::write("ssm", "PutParameter")), move |call| {
            api::write::put(put.clone(), call)
        })
        .operation(named(Operation::read("ssm", "GetParameter")), move |call| {
            api::read::get(get.clone(), call)
        })
        .operation(Operation::read("ssm", "GetParameters").on(KIND, "Names"), move |call| {
            api::read::get_many(many.clone(), call)
        })
        .operation(Operation::read("ssm", "GetParametersByPath").on(KIND, "Path"), move |call| {
            api::read::get_by_path(by_path.clone(), call)
        })
        .operation(named(Operation::read("ssm", "GetParameterHistory")), move |call| {
            api::lists::history(history.clone(), call)
        })
        .operation(Operation::read("ssm", "DescribeParameters"), api::lists::describe)
        .operation(named(Operation::write("ssm", "DeleteParameter")), api::write::delete)
        .operation(Operation::write("ssm", "DeleteParameters").on(KIND, "Names"), api::write::delete_many)
        .operation(named(Operation::write("ssm", "LabelParameterVersion")), api::write::label)
        .operation(named(Operation::write("ssm", "UnlabelParameterVersion")), api::write::unlabel)
        .operation(setting(Operation::read("ssm", "GetServiceSetting")), api::settings::get)
        .operation(setting(Operation::write("ssm", "UpdateServiceSetting")), api::settings::update)
        .operation(setting(Operation::write("ssm", "ResetServiceSetting")), api::settings::reset)
}
