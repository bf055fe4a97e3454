//! `reeve keys`: the dispatch keys that nodes trust.

use super::{
    DataFolder, Format,
    connection::{Connection, NODES},
    stdout,
    table::{self, cell, instant},
};
use crate::host::keys::{Root, check_withdrawn, renewed, rotated};
use anyhow::{Context, bail};
use reeve_contracts::node::KeySet;
use reeve_node_protocol::keys::NO_END;
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// How long before its end a set is complained of.
const WARNING_SECONDS: f64 = 7.0 * 24.0 * 3600.0;

/// Shows and changes the set of keys whose dispatches nodes run. The root key signs each set; it lies in `root.seed` of the
/// instance's folder, which `rotate` and `renew` need.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Shows the root key and the set that is in force.
    Show,
    /// Makes a new dispatch key, which signs from now on. Nothing that was sent before is lost.
    Rotate {
        /// How long what the former keys signed still counts, such as 36h or 31d, 366d at most. A command waits for an absent node up to
        /// its delivery time-out, which is 30 days at most: what a node finds later than this overlap it does not run.
        #[arg(long, value_name = "DURATION", default_value = "31d", value_parser = overlap)]
        overlap: Duration,
        /// Takes a key out of the set at once, as for one that somebody else has: what it signed counts no more, commands
        /// that wait on nodes included, and ends by its time-out. A connected node learns of it within 15 seconds, another
        /// one when it connects. May be given again.
        #[arg(long, value_name = "KEY")]
        withdraw: Vec<String>,
    },
    /// Signs the same keys for another 90 days. `up` does so by itself.
    Renew,
}

/// Nothing waits for a node for so long; more is a slip, after which a key that somebody has might count for ever.
const MAX_OVERLAP: Duration = Duration::from_secs(366 * 24 * 3600);

fn overlap(text: &str) -> Result<Duration, String> {
    let overlap = duration(text)?;
    match overlap <= MAX_OVERLAP {
        true => Ok(overlap),
        false => Err("it is more than 366d, and no command waits for a node longer than 30d".to_owned()),
    }
}

/// A number and s, m, h or d.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a duration such as 90s, 30m, 36h or 31d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

pub async fn keys(data: &DataFolder, command: Command, format: Format) -> anyhow::Result<()> {
    let connection = Connection::open(data)?;
    match command {
        Command::Show => {}
        Command::Rotate { overlap, withdraw } => {
            publish(data, &connection, true, |root, set, now| {
                check_withdrawn(set, &withdraw)?;
                Ok(rotated(set, root.make_key()?, overlap, &withdraw, now))
            })
            .await?;
        }
        Command::Renew => publish(data, &connection, false, |_, set, now| renewed(set, now)).await?,
    }
    show(&connection, format).await
}

/// Signs the set that follows the one in force, and puts it in its place.
async fn publish(
    data: &DataFolder,
    connection: &Connection,
    forget: bool,
    next: impl FnOnce(&Root, &KeySet, Timestamp) -> anyhow::Result<KeySet>,
) -> anyhow::Result<()> {
    let root =
        Root::open(data).context("the set of dispatch keys can be changed only where the root key is")?;
    let answer = connection.call_of(&NODES, "GetDispatchKeys", &json!({})).await?;
    let set = next(&root, &root.in_force(&answer)?, Timestamp::now())?;
    let signed = root.sign(&set)?;
    connection.call_of(&NODES, "PutDispatchKeys", &root.put(&signed)).await?;
    root.keep(&signed)?;
    if forget {
        root.forget_others(&set)?;
    }
    Ok(())
}

async fn show(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let answer = connection.call_of(&NODES, "GetDispatchKeys", &json!({})).await?;
    if format == Format::Json {
        return stdout::line(answer);
    }
    let Some(keys) = answer.get("keys").and_then(Value::as_array) else {
        bail!("there are no keys: {answer}")
    };
    stdout::line(format_args!("root {}", cell(&answer, "rootKey")))?;
    let (version, expires) = (cell(&answer, "version"), instant(&answer, "expires"));
    stdout::line(format_args!("set {version} expires {expires}"))?;
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            let endless = key.get("notAfter").and_then(Value::as_f64) >= Some(NO_END.epoch_seconds());
            let until = if endless { "-".to_owned() } else { instant(key, "notAfter") };
            vec![cell(key, "publicKey"), instant(key, "notBefore"), until]
        })
        .collect();
    table::print(&["DISPATCH KEY", "FROM", "UNTIL"], &rows)?;
    let end = answer.get("expires").and_then(Value::as_f64).unwrap_or_default();
    if end - Timestamp::now().epoch_seconds() < WARNING_SECONDS {
        eprintln!(
            "reeve: the set expires soon, and then no node runs anything: `reeve keys renew` renews it"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        let seconds = |text| duration(text).map(|duration| duration.as_secs());
        assert_eq!(["90s", "30m", "36h", "31d"].map(|t| seconds(t).unwrap()), [90, 1800, 129_600, 2_678_400]);
        for wrong in ["", "5", "d", "-1d", "1w", "99999999999999999999d", "9999999999999999999d", "1é"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert!(overlap("366d").is_ok() && overlap("367d").is_err() && overlap("99999999d").is_err());
    }
}
