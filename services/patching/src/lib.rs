//! Patching: baselines, what they are registered for, and what nodes' patches are; as AWS's Patch Manager.
//!
//! - Aggregate `baseline`, by id: subject `reeve.evt.patching.baseline.<id>`.
//! - Aggregate `default-baseline`, by operating system: subject `reeve.evt.patching.default-baseline.<system>`.
//! - Aggregate `patch-group`, by operating system and group: subject `reeve.evt.patching.patch-group.<system>.<group>`.
//! - Aggregate `snapshot`: subject `reeve.evt.patching.snapshot.<id>.<system>.<group>`.
//! - Aggregate `rollout`, by id: subject `reeve.evt.patching.rollout.<id>`. Patching in waves.
//! - Reads: the events of nodes and tags, and the inventory's of what runs on nodes found and did;
//!   run-command's, for what came of roll-outs' commands.
//! - Asks: run-command, on behalf of who started or resumed a roll-out.
//! - Answers nodes: `patch-baseline`, by which a run on them decides.
//!
//! Invariants: a group has one baseline for a system; all of a group's nodes have the same baseline in the runs with one
//! snapshot's id; a baseline that cannot be evaluated is never stored; what a run could not look at is not counted as clean;
//! a wave begins only when the one before it was patched and its nodes are well, and what has stopped goes on by command alone.

mod api;
mod domain;
mod predefined;
mod projections;
mod reactors;
mod shape;

pub use domain::{baseline, default, group, rollout, snapshot};

use reeve_runtime::{Consumer, Operation, Service};

/// The service, for a host to run.
pub fn service() -> Service {
    let service = Service::new("patching")
        .asks(&["run-command"])
        .aggregate::<baseline::Baseline>()
        .aggregate::<default::DefaultBaseline>()
        .aggregate::<group::PatchGroup>()
        .aggregate::<snapshot::Snapshot>()
        .aggregate::<rollout::Rollout>()
        .projection(reeve_fleet::Nodes)
        .projection(reeve_fleet::node_tags())
        .projection(projections::BaselineTags)
        .projection(projections::Baselines)
        .projection(projections::Defaults)
        .projection(projections::Groups)
        .projection(projections::States)
        .projection(projections::Rollouts)
        .reactor(Consumer::from_beginning("rollouts").in_order(), reactors::go_on)
        .reactor(Consumer::from_now("rollout-commands"), reactors::end)
        .agent_endpoint("PatchBaseline", "patch-baseline", api::node::tell);
    rollouts(states(registrations(baselines(service))))
}

/// An operation on a baseline that the input names.
fn on_baseline(operation: Operation) -> Operation {
    operation.on("PatchBaseline", "BaselineId")
}

fn baselines(service: Service) -> Service {
    service
        .operation(Operation::write("ssm", "CreatePatchBaseline"), api::baselines::create)
        .operation(on_baseline(Operation::write("ssm", "UpdatePatchBaseline")), api::baselines::update)
        .operation(on_baseline(Operation::write("ssm", "DeletePatchBaseline")), api::baselines::delete)
        .operation(on_baseline(Operation::read("ssm", "GetPatchBaseline")), api::baselines::get)
        .operation(Operation::read("ssm", "DescribePatchBaselines"), api::describe::baselines)
        .operation(Operation::read("ssm", "DescribePatchProperties"), api::properties::describe)
        .operation(Operation::read("ssm", "DescribeAvailablePatches"), api::available::describe)
        .operation(
            on_baseline(Operation::read("ssm", "DescribeEffectivePatchesForPatchBaseline")),
            api::available::effective,
        )
}

fn registrations(service: Service) -> Service {
    let default = Operation::write("ssm", "RegisterDefaultPatchBaseline");
    let register = Operation::write("ssm", "RegisterPatchBaselineForPatchGroup");
    let deregister = Operation::write("ssm", "DeregisterPatchBaselineForPatchGroup");
    service
        .operation(on_baseline(default), api::baselines::register_default)
        .operation(Operation::read("ssm", "GetDefaultPatchBaseline"), api::baselines::get_default)
        .operation(on_baseline(register), api::groups::register)
        .operation(on_baseline(deregister), api::groups::deregister)
        .operation(Operation::read("ssm", "GetPatchBaselineForPatchGroup"), api::groups::get)
        .operation(Operation::read("ssm", "DescribePatchGroups"), api::describe::groups)
}

fn states(service: Service) -> Service {
    let of_nodes = Operation::read("ssm", "DescribeInstancePatchStates").on("ManagedInstance", "InstanceIds");
    let patches = Operation::read("ssm", "DescribeInstancePatches").on("ManagedInstance", "InstanceId");
    let snapshot = Operation::write("ssm", "GetDeployablePatchSnapshotForInstance");
    service
        .operation(snapshot.on("ManagedInstance", "InstanceId"), api::snapshot::get)
        .operation(of_nodes, api::states::of_nodes)
        .operation(Operation::read("ssm", "DescribeInstancePatchStatesForPatchGroup"), api::states::of_group)
        .operation(Operation::read("ssm", "DescribePatchGroupState"), api::states::group_state)
        .operation(patches, api::states::patches)
}

fn rollouts(service: Service) -> Service {
    let on_rollout = |operation: Operation| operation.on("PatchRollout", "rolloutId");
    service
        .operation(
            Operation::write("patching", "StartPatchRollout").on("ManagedInstance", "nodeIds"),
            api::rollouts::start,
        )
        .operation(on_rollout(Operation::write("patching", "ResumePatchRollout")), api::rollouts::resume)
        .operation(on_rollout(Operation::read("patching", "GetPatchRollout")), api::rollouts::get)
        .operation(Operation::read("patching", "ListPatchRollouts"), api::rollouts::list)
}
