//! `reeve windows`: when maintenance windows are open, for whom, and what they did.

use super::{
    Format,
    connection::{Connection, MAINTENANCE_WINDOWS},
    list::{Kind, all, all_of, one_of, print},
    stdout,
    table::{cell, instant},
};
use serde_json::{Value, json};

/// Maintenance windows: what may be done to nodes at which times, and does it then.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists all of them.
    List,
    /// Shows one with its targets and tasks.
    Show {
        /// Its id, the beginning of it, or its name.
        window: String,
    },
    /// Lists what one did, the newest first, with the instants that it skipped and missed; or the tasks of one execution.
    Executions {
        /// Its id, the beginning of it, or its name.
        window: String,
        /// Shows the tasks and invocations of this execution.
        #[arg(long)]
        execution: Option<String>,
    },
    /// Prints the next instants at which one fires (in its zone), and the nodes of its targets now.
    Preview {
        /// Its id, the beginning of it, or its name.
        window: String,
        /// So many instants.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
        firings: u32,
    },
}

pub async fn windows(connection: Connection, command: Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::List => list(&connection, format).await,
        Command::Show { window } => show(&connection, &window, format).await,
        Command::Executions { window, execution: None } => executions(&connection, &window, format).await,
        Command::Executions { window, execution: Some(execution) } => {
            find(&connection, &window).await?;
            tasks(&connection, &execution, format).await
        }
        Command::Preview { window, firings } => preview(&connection, &window, firings, format).await,
    }
}

async fn every(connection: &Connection) -> anyhow::Result<Vec<Value>> {
    all(connection, "DescribeMaintenanceWindows", json!({}), "WindowIdentities").await
}

/// The id of the window that is meant.
///
/// # Errors
/// When there is none, or more than one.
async fn find(connection: &Connection, meant: &str) -> anyhow::Result<String> {
    let kind = Kind { article: "a", noun: "window", id: "WindowId", name: Some("Name") };
    one_of(&kind, meant, every(connection)).await
}

fn yes(window: &Value, member: &str) -> String {
    if window[member] == true { "yes" } else { "no" }.to_owned()
}

async fn list(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let heading = ["WINDOW", "NAME", "SCHEDULE", "HOURS", "CUTOFF", "ENABLED", "NEXT"];
    print(format, &every(connection).await?, &heading, |window| {
        vec![
            cell(window, "WindowId"),
            cell(window, "Name"),
            cell(window, "Schedule"),
            cell(window, "Duration"),
            cell(window, "Cutoff"),
            yes(window, "Enabled"),
            cell(window, "NextExecutionTime"),
        ]
    })
}

/// Targets as they are written on a line.
fn selection(of: &Value) -> String {
    let each = of["Targets"].as_array().into_iter().flatten().map(|target| {
        let values = target["Values"].as_array().into_iter().flatten().filter_map(Value::as_str);
        format!("{}={}", cell(target, "Key"), values.collect::<Vec<_>>().join(","))
    });
    each.collect::<Vec<_>>().join(" ")
}

async fn show(connection: &Connection, meant: &str, format: Format) -> anyhow::Result<()> {
    let input = json!({"WindowId": find(connection, meant).await?});
    let mut window = connection.call("GetMaintenanceWindow", &input).await?;
    let targets = all(connection, "DescribeMaintenanceWindowTargets", input.clone(), "Targets").await?;
    let tasks = all(connection, "DescribeMaintenanceWindowTasks", input, "Tasks").await?;
    if format == Format::Json {
        (window["Targets"], window["Tasks"]) = (json!(targets), json!(tasks));
        return stdout::line(window);
    }
    for (name, member) in [
        ("window", "WindowId"),
        ("name", "Name"),
        ("schedule", "Schedule"),
        ("zone", "ScheduleTimezone"),
        ("from", "StartDate"),
        ("until", "EndDate"),
        ("hours", "Duration"),
        ("cutoff", "Cutoff"),
        ("next", "NextExecutionTime"),
    ] {
        stdout::line(format_args!("{name}: {}", cell(&window, member)))?;
    }
    stdout::line(format_args!("enabled: {}", yes(&window, "Enabled")))?;
    print(format, &targets, &["TARGET", "NAME", "NODES"], |target| {
        vec![cell(target, "WindowTargetId"), cell(target, "Name"), selection(target)]
    })?;
    print(format, &tasks, &["TASK", "NAME", "PRIORITY", "TYPE", "RUNS", "ON"], |task| {
        vec![
            cell(task, "WindowTaskId"),
            cell(task, "Name"),
            cell(task, "Priority"),
            cell(task, "Type"),
            cell(task, "TaskArn"),
            selection(task),
        ]
    })
}

async fn executions(connection: &Connection, meant: &str, format: Format) -> anyhow::Result<()> {
    let input = json!({"WindowId": find(connection, meant).await?});
    let rows = all(connection, "DescribeMaintenanceWindowExecutions", input, "WindowExecutions").await?;
    print(format, &rows, &["EXECUTION", "STARTED", "ENDED", "STATUS", "DETAILS"], |row| {
        vec![
            cell(row, "WindowExecutionId"),
            instant(row, "StartTime"),
            instant(row, "EndTime"),
            cell(row, "Status"),
            cell(row, "StatusDetails"),
        ]
    })
}

async fn tasks(connection: &Connection, execution: &str, format: Format) -> anyhow::Result<()> {
    let input = json!({"WindowExecutionId": execution});
    let (operation, member) = ("DescribeMaintenanceWindowExecutionTasks", "WindowExecutionTaskIdentities");
    let mut tasks = all(connection, operation, input, member).await?;
    for task in &mut tasks {
        let input = json!({"WindowExecutionId": execution, "TaskId": task["TaskExecutionId"]});
        let operation = "DescribeMaintenanceWindowExecutionTaskInvocations";
        let member = "WindowExecutionTaskInvocationIdentities";
        task["Invocations"] = json!(all(connection, operation, input, member).await?);
    }
    if format == Format::Json {
        return stdout::line(json!(tasks));
    }
    let rows: Vec<Value> = tasks
        .into_iter()
        .flat_map(|task| {
            let invocations = task["Invocations"].as_array().cloned().unwrap_or_default();
            std::iter::once(task).chain(invocations)
        })
        .collect();
    print(format, &rows, &["RUNS", "STARTED", "ENDED", "STATUS", "DETAILS"], |row| {
        // An invocation is a command or an automation, below its task.
        let runs = match row.get("ExecutionId") {
            Some(_) => format!("  {} {}", cell(row, "TaskType"), cell(row, "ExecutionId")),
            None => cell(row, "TaskArn"),
        };
        let (started, ended) = (instant(row, "StartTime"), instant(row, "EndTime"));
        vec![runs, started, ended, cell(row, "Status"), cell(row, "StatusDetails")]
    })
}

async fn preview(connection: &Connection, meant: &str, firings: u32, format: Format) -> anyhow::Result<()> {
    let id = find(connection, meant).await?;
    let input = json!({"windowId": id, "maxFirings": firings});
    let first = connection.call_of(&MAINTENANCE_WINDOWS, "PreviewMaintenanceWindow", &input).await?;
    let nodes = all_of(&MAINTENANCE_WINDOWS, connection, "PreviewMaintenanceWindow", input, "nodes").await?;
    if format == Format::Json {
        return stdout::line(json!({"firings": first["firings"], "nodes": nodes}));
    }
    let instants: Vec<Value> = first["firings"].as_array().cloned().unwrap_or_default();
    print(format, &instants, &["FIRES"], |at| vec![at.as_str().unwrap_or_default().to_owned()])?;
    print(format, &nodes, &["NODE", "COMPUTER", "CONNECTED"], |node| {
        vec![cell(node, "nodeId"), cell(node, "name"), yes(node, "connected")]
    })
}
