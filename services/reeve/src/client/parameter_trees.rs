//! `reeve parameters export|import|diff|restore`: all parameters below a path, as they are or as they were.

use super::{
    Format,
    connection::Connection,
    list::{all, print},
    stdout,
    table::cell,
};
use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SECURE_STRING: &str = "SecureString";
/// What a parameter is, as PutParameter takes it.
const MEMBERS: [&str; 8] =
    ["Name", "Type", "Value", "DataType", "Description", "AllowedPattern", "Tier", "Policies"];
/// The tier that becomes one of the others by what a parameter is.
const INTELLIGENT_TIERING: &str = "Intelligent-Tiering";

/// A change of a parameter, from one instant to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Added,
    Changed,
    Removed,
}

impl Change {
    fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// The parameters below a path, by name. Secrets have no value but with `decrypts`.
async fn tree(
    connection: &Connection,
    path: &str,
    decrypts: bool,
) -> anyhow::Result<BTreeMap<String, Value>> {
    let input = json!({"Path": path, "Recursive": true, "WithDecryption": decrypts, "MaxResults": 10});
    let values = all(connection, "GetParametersByPath", input, "Parameters").await?;
    let filter = json!([{"Key": "Path", "Option": "Recursive", "Values": [path]}]);
    let input = json!({"ParameterFilters": filter, "MaxResults": 50});
    let described = all(connection, "DescribeParameters", input, "Parameters").await?;
    let described: BTreeMap<String, Value> =
        described.into_iter().map(|parameter| (cell(&parameter, "Name"), parameter)).collect();
    let whole = values.into_iter().map(|parameter| {
        let name = cell(&parameter, "Name");
        let mut whole = with_description(&parameter, described.get(&name));
        if parameter["Type"] == SECURE_STRING && !decrypts {
            whole["Value"] = Value::Null;
        }
        (name, whole)
    });
    Ok(whole.collect())
}

/// A parameter as it is read, with what its description has beside that.
fn with_description(parameter: &Value, described: Option<&Value>) -> Value {
    let mut whole = described.cloned().unwrap_or_default();
    whole["Policies"] = policies(&whole["Policies"]);
    for member in ["Name", "Type", "DataType", "Version", "Value"] {
        whole[member] = parameter[member].clone();
    }
    whole
}

/// The policies that a description lists, as PutParameter takes them; nothing where there are none.
fn policies(described: &Value) -> Value {
    let texts: Vec<&str> = described
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|policy| policy["PolicyText"].as_str())
        .collect();
    if texts.is_empty() { Value::Null } else { format!("[{}]", texts.join(",")).into() }
}

/// A parameter that is there, whole.
async fn stored(connection: &Connection, name: &str) -> anyhow::Result<Value> {
    let found = connection.call("GetParameter", &json!({"Name": name, "WithDecryption": true})).await?;
    let filter = json!([{"Key": "Name", "Option": "Equals", "Values": [name]}]);
    let described = connection.call("DescribeParameters", &json!({"ParameterFilters": filter})).await?;
    Ok(with_description(&found["Parameter"], described["Parameters"].get(0)))
}

/// Whether a parameter is what an entry of a file says, which leaves alone what it does not name.
fn is_alike(stored: &Value, entry: &Value) -> bool {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let named = MEMBERS[1..].iter().filter(|member| !entry[**member].is_null());
    let mut compared = named.filter(|member| entry[**member] != INTELLIGENT_TIERING);
    compared.all(|member| text(&stored[*member]) == text(&entry[*member]))
}

/// What differs, by name. A secret differs when it has another version: nobody has to open it for that.
fn differences(from: &BTreeMap<String, Value>, to: &BTreeMap<String, Value>) -> Vec<(String, Change)> {
    let differs = |one: &Value, other: &Value| {
        let members: &[&str] = match one["Type"] == SECURE_STRING || other["Type"] == SECURE_STRING {
            true => &["Type", "Version", "Description", "AllowedPattern", "Policies"],
            false => &["Type", "Value", "DataType", "Description", "AllowedPattern", "Policies"],
        };
        members.iter().any(|member| one[*member] != other[*member])
    };
    let names = from.keys().chain(to.keys()).collect::<std::collections::BTreeSet<_>>();
    let changes = names.into_iter().filter_map(|name| {
        let change = match (from.get(name), to.get(name)) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            (Some(one), Some(other)) if differs(one, other) => Change::Changed,
            _ => return None,
        };
        Some((name.clone(), change))
    });
    changes.collect()
}

/// A value as people see it: secrets are not shown.
fn shown(parameter: Option<&Value>) -> String {
    match parameter {
        None => "-".to_owned(),
        Some(parameter) if parameter["Type"] == SECURE_STRING => {
            format!("(secret, version {})", cell(parameter, "Version"))
        }
        Some(parameter) => cell(parameter, "Value"),
    }
}

pub async fn diff(
    connection: &Connection,
    path: &str,
    (from, to): (String, Option<String>),
    format: Format,
) -> anyhow::Result<()> {
    let before = tree(&connection.clone().asking_as_of(Some(from)), path, false).await?;
    let after = tree(&connection.clone().asking_as_of(to), path, false).await?;
    let rows = differences(&before, &after).into_iter().map(|(name, change)| {
        let (before, after) = (before.get(&name), after.get(&name));
        json!({"name": name, "change": change.word(), "from": shown(before), "to": shown(after)})
    });
    let rows: Vec<Value> = rows.collect();
    print(format, &rows, &["NAME", "CHANGE", "FROM", "TO"], |row| {
        ["name", "change", "from", "to"].map(|member| cell(row, member)).to_vec()
    })
}

pub async fn export(connection: &Connection, path: &str, decrypts: bool) -> anyhow::Result<()> {
    for parameter in tree(connection, path, decrypts).await?.values() {
        let given = MEMBERS.into_iter().filter(|member| !parameter[*member].is_null());
        let given = given.map(|member| (member.to_owned(), parameter[member].clone()));
        stdout::line(Value::Object(given.collect()))?;
    }
    Ok(())
}

/// Puts what a file has, one JSON object on a line as `export` prints them, or in a list.
pub async fn import(
    connection: &Connection,
    text: &str,
    (overwrites, is_dry): (bool, bool),
    format: Format,
) -> anyhow::Result<()> {
    let mut given = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match value.context("the file has no JSON objects")? {
            Value::Array(values) => given.extend(values),
            value => given.push(value),
        }
    }
    for (n, parameter) in given.iter().enumerate() {
        let members = parameter.as_object().with_context(|| format!("entry {}: no JSON object", n + 1))?;
        if let Some(odd) = members.keys().find(|member| !MEMBERS.contains(&member.as_str())) {
            bail!("entry {}: {odd:?} is none of {}", n + 1, MEMBERS.join(", "));
        }
        for member in ["Name", "Type"] {
            ensure!(parameter[member].is_string(), "entry {}: {member} is missing", n + 1);
        }
        // An exported secret that was not opened has none, and must not become an empty one.
        ensure!(parameter["Value"].is_string(), "entry {}: {} has no Value", n + 1, cell(parameter, "Name"));
    }
    let mut report = Report::new(is_dry);
    for parameter in given {
        let name = cell(&parameter, "Name");
        let known = stored(connection, &name).await;
        let what = match &known {
            Ok(known) if is_alike(known, &parameter) => {
                report.say(name, "unchanged", None);
                continue;
            }
            Ok(_) if !overwrites => {
                report.say(name, "exists", Some("it is there and differs: see --overwrite".to_owned()));
                continue;
            }
            Ok(_) => "changed",
            Err(error) if error.to_string().contains("ParameterNotFound") => "added",
            Err(error) => {
                report.say(name, "refused", Some(error.to_string()));
                continue;
            }
        };
        let done = put(connection, parameter, known.is_ok(), is_dry).await;
        report.say_done(name, what, done);
    }
    report.print(format)
}

/// Makes everything below a path what it was at an instant.
pub async fn restore(
    connection: &Connection,
    path: &str,
    to: String,
    is_dry: bool,
    format: Format,
) -> anyhow::Result<()> {
    let then = connection.clone().asking_as_of(Some(to));
    let (now, wanted) = (tree(connection, path, false).await?, tree(&then, path, false).await?);
    let mut report = Report::new(is_dry);
    for (name, change) in differences(&now, &wanted) {
        let done = match (change, wanted.get(&name)) {
            (Change::Added | Change::Changed, Some(parameter)) => {
                restore_one(connection, &then, parameter.clone(), change == Change::Changed, is_dry).await
            }
            _ if is_dry => Ok(()),
            _ => connection.call("DeleteParameter", &json!({"Name": name})).await.map(|_| ()),
        };
        report.say_done(name, change.word(), done);
    }
    report.print(format)
}

async fn restore_one(
    connection: &Connection,
    then: &Connection,
    mut parameter: Value,
    exists: bool,
    is_dry: bool,
) -> anyhow::Result<()> {
    if parameter["Type"] == SECURE_STRING {
        let input = json!({"Name": parameter["Name"], "WithDecryption": true});
        let opened = then.call("GetParameter", &input).await;
        let opened = opened.context("its secret of then cannot be opened any more")?;
        parameter["Value"] = opened["Parameter"]["Value"].clone();
    }
    // What an overwrite does not name stays.
    for member in ["Description", "AllowedPattern"] {
        if exists && parameter[member].is_null() {
            parameter[member] = "".into();
        }
    }
    put(connection, parameter, exists, is_dry).await
}

async fn put(connection: &Connection, parameter: Value, exists: bool, is_dry: bool) -> anyhow::Result<()> {
    if is_dry {
        return Ok(());
    }
    let mut input = json!({"Overwrite": exists});
    for member in MEMBERS.into_iter().filter(|member| !parameter[*member].is_null()) {
        input[member] = parameter[member].clone();
    }
    connection.call("PutParameter", &input).await.map(|_| ())
}

/// What was done to which parameter, or would be.
struct Report {
    is_dry: bool,
    rows: Vec<Value>,
    failed: usize,
}

impl Report {
    fn new(is_dry: bool) -> Self {
        Self { is_dry, rows: Vec::new(), failed: 0 }
    }

    fn say(&mut self, name: String, what: &str, problem: Option<String>) {
        self.failed += usize::from(problem.is_some());
        self.rows.push(json!({"name": name, "change": what, "dryRun": self.is_dry, "problem": problem}));
    }

    /// What was done, or that it was refused.
    fn say_done(&mut self, name: String, what: &str, done: anyhow::Result<()>) {
        match done {
            Ok(()) => self.say(name, what, None),
            Err(error) => self.say(name, "refused", Some(error.to_string())),
        }
    }

    fn print(self, format: Format) -> anyhow::Result<()> {
        let heading = if self.is_dry { "WOULD BE" } else { "CHANGE" };
        print(format, &self.rows, &["NAME", heading, "PROBLEM"], |row| {
            ["name", "change", "problem"].map(|member| cell(row, member)).to_vec()
        })?;
        ensure!(self.failed == 0, "{} of {} parameters stay as they are", self.failed, self.rows.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(parameters: &[(&str, &str, &str, u64)]) -> BTreeMap<String, Value> {
        let all = parameters.iter().map(|(name, kind, value, version)| {
            let secret = *kind == SECURE_STRING;
            let value = if secret { Value::Null } else { json!(value) };
            ((*name).to_owned(), json!({"Name": name, "Type": kind, "Value": value, "Version": version}))
        });
        all.collect()
    }

    #[test]
    fn values_differ_and_secrets_by_their_versions() {
        let from = tree(&[
            ("/a", "String", "1", 1),
            ("/b", "String", "1", 1),
            ("/gone", "String", "1", 1),
            ("/s", SECURE_STRING, "", 1),
            ("/t", SECURE_STRING, "", 4),
        ]);
        let to = tree(&[
            ("/a", "String", "1", 3),
            ("/b", "String", "2", 2),
            ("/new", "String", "1", 1),
            ("/s", SECURE_STRING, "", 2),
            ("/t", SECURE_STRING, "", 4),
        ]);
        let found = differences(&from, &to);
        let expected = [
            ("/b", Change::Changed),
            ("/gone", Change::Removed),
            ("/new", Change::Added),
            ("/s", Change::Changed),
        ];
        assert_eq!(found, expected.map(|(name, change)| (name.to_owned(), change)));
        assert_eq!(shown(to.get("/s")), "(secret, version 2)");
    }
}
