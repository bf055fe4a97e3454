//! Maintenance windows: what may be done to nodes at which times, and does it then; as AWS's.
//!
//! - Aggregate `window`, by id: subject `reeve.evt.maintenance-windows.window.<id>`. Its schedule, its targets and tasks, and each
//!   of its firings.
//! - Aggregate `execution`, by id: subject `reeve.evt.maintenance-windows.execution.<id>`. What a firing does: its tasks and their
//!   invocations.
//! - Reads: the events of nodes and tags; run-command's and automation's, for what came of what it asked for.
//! - Asks: run-command and automation, on behalf of who registered or last changed the task. What is asked for has an id that
//!   follows from the invocation's.
//!
//! Invariants: an instant of a window's schedule fires once, whatever restarts and however many replicas there are; one that
//! could not fire before its cutoff is recorded as missed, each by itself; of a window's executions one runs at a time, and an
//! instant that comes meanwhile is recorded as skipped; no task begins at or after the cutoff, and what change
//! rules hold then does not begin any more; what comes next in an execution is
//! a pure function of its events and the instant (`domain::engine`).

mod api;
pub mod domain;
mod projections;
mod reactors;

use domain::{execution::Execution, window::Window};
use projections::{CUTOFF, FIRE};
use reeve_runtime::{Consumer, Operation, Service};

/// As policies call windows, and executions of them.
const KIND: &str = "MaintenanceWindow";
const EXECUTION_KIND: &str = "MaintenanceWindowExecution";

/// The service, for a host to run.
pub fn service() -> Service {
    let service = Service::new("maintenance-windows")
        .asks(&["automation", "run-command"])
        .aggregate::<Window>()
        .aggregate::<Execution>()
        .projection(reeve_fleet::Nodes)
        .projection(reeve_fleet::node_tags())
        .projection(projections::Windows)
        .projection(projections::Firings)
        .projection(projections::Executions)
        .timer(FIRE, reactors::fire)
        .timer(CUTOFF, reactors::cut_off)
        .reactor(Consumer::from_beginning("begin"), reactors::begin)
        .reactor(Consumer::from_beginning("advance"), reactors::advance)
        // In order: what is cancelled was asked for before.
        .reactor(Consumer::from_beginning("ask").in_order(), reactors::ask)
        .reactor(Consumer::from_beginning("end"), reactors::end)
        .reactor(Consumer::from_now("commands"), reactors::take_command)
        .reactor(Consumer::from_now("automations"), reactors::take_automation);
    executions(registrations(windows(service)))
}

fn write(name: &'static str) -> Operation {
    Operation::write("ssm", name).on(KIND, "WindowId")
}

fn read(name: &'static str) -> Operation {
    Operation::read("ssm", name).on(KIND, "WindowId")
}

fn windows(service: Service) -> Service {
    let preview = Operation::read("maintenance-windows", "PreviewMaintenanceWindow").on(KIND, "windowId");
    service
        .operation(Operation::write("ssm", "CreateMaintenanceWindow"), api::windows::create)
        .operation(write("UpdateMaintenanceWindow"), api::windows::update)
        .operation(write("DeleteMaintenanceWindow"), api::windows::delete)
        .operation(read("GetMaintenanceWindow"), api::windows::get)
        .operation(Operation::read("ssm", "DescribeMaintenanceWindows"), api::windows::list)
        .operation(read("DescribeMaintenanceWindowSchedule"), api::schedule::schedule)
        .operation(Operation::read("ssm", "DescribeMaintenanceWindowsForTarget"), api::schedule::for_target)
        .operation(preview, api::schedule::preview)
}

fn registrations(service: Service) -> Service {
    service
        .operation(write("RegisterTargetWithMaintenanceWindow"), api::targets::register)
        .operation(write("UpdateMaintenanceWindowTarget"), api::targets::update)
        .operation(write("DeregisterTargetFromMaintenanceWindow"), api::targets::deregister)
        .operation(read("DescribeMaintenanceWindowTargets"), api::targets::list)
        .operation(write("RegisterTaskWithMaintenanceWindow"), api::tasks::register)
        .operation(write("UpdateMaintenanceWindowTask"), api::tasks::update)
        .operation(write("DeregisterTaskFromMaintenanceWindow"), api::tasks::deregister)
        .operation(read("GetMaintenanceWindowTask"), api::tasks::get)
        .operation(read("DescribeMaintenanceWindowTasks"), api::tasks::list)
}

fn executions(service: Service) -> Service {
    let on_execution = |operation: Operation| operation.on(EXECUTION_KIND, "WindowExecutionId");
    let of = |name: &'static str| on_execution(Operation::read("ssm", name));
    let cancel = on_execution(Operation::write("ssm", "CancelMaintenanceWindowExecution"));
    service
        .operation(read("DescribeMaintenanceWindowExecutions"), api::executions::list)
        .operation(of("GetMaintenanceWindowExecution"), api::executions::get)
        .operation(of("DescribeMaintenanceWindowExecutionTasks"), api::executions::tasks)
        .operation(of("GetMaintenanceWindowExecutionTask"), api::executions::task)
        .operation(of("DescribeMaintenanceWindowExecutionTaskInvocations"), api::executions::invocations)
        .operation(of("GetMaintenanceWindowExecutionTaskInvocation"), api::executions::invocation)
        .operation(cancel, api::executions::cancel)
}
