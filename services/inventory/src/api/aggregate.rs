//! GetInventory's aggregators: how many nodes have which value, and how many are in which group.

use super::{known_type, wanted::Wanted};
use crate::{
    projections::{NAMES, NameRow},
    reading::Node,
};
use reeve_contracts::ssm::{
    GetInventoryRequest, GetInventoryResult, InventoryAggregator, InventoryGroup, InventoryResultEntity,
    InventoryResultItem,
};
use reeve_inventory_model::types;
use reeve_runtime::{ApiError, Call};
use std::collections::{BTreeMap, BTreeSet};

/// As many bytes of rows an answer has: the bus carries 1 MiB.
const MAX_ANSWER_BYTES: usize = 600_000;
const MAX_DEPTH: usize = 5;

type Row = BTreeMap<String, String>;

/// An attribute to count by.
#[derive(Clone)]
struct Counted {
    type_name: String,
    attribute: String,
    /// As it is called in rows.
    label: String,
}

fn refused(message: String) -> ApiError {
    ApiError::new("InvalidAggregatorException", message)
}

impl Counted {
    fn read(expression: &str) -> Result<Self, ApiError> {
        let (type_name, attribute) = expression.rsplit_once('.').ok_or_else(|| {
            refused(format!(
                "The expression {expression:?} is not a type, a dot and an attribute, such as AWS:Application.Name."
            ))
        })?;
        known_type(type_name)
            .map_err(|e| refused(format!("The expression {expression:?}: {}", e.message)))?;
        if let Some(kind) = types::find(type_name)
            && !kind.attributes.iter().any(|(known, _)| *known == attribute)
        {
            return Err(refused(format!(
                "The expression {expression:?}: {type_name} has no attribute {attribute:?}."
            )));
        }
        let (type_name, attribute) = (type_name.to_owned(), attribute.to_owned());
        Ok(Self { type_name, label: attribute.clone(), attribute })
    }

    fn values(&self, node: &Node<'_>) -> BTreeSet<String> {
        let entries = node.entries(&self.type_name).into_values();
        entries.filter_map(|mut entry| entry.remove(&self.attribute)).collect()
    }
}

/// Counts the nodes that meet the filters. Rows that do not fit into one answer follow in the next ones.
pub(super) fn aggregate(
    call: &Call<GetInventoryRequest>,
    aggregators: &[InventoryAggregator],
    wanted: &Wanted,
) -> Result<GetInventoryResult, ApiError> {
    let mut rows = Vec::new();
    for aggregator in aggregators {
        let mut path = Vec::new();
        one(call, aggregator, wanted, &mut path, &mut rows)?;
    }
    let from = call.input.next_token.as_deref().unwrap_or("0");
    let from: usize =
        from.parse().ok().filter(|from| *from <= rows.len()).ok_or_else(|| ApiError::unknown_token(from))?;
    let (mut entities, mut bytes, mut next_token) = (Vec::<InventoryResultEntity>::new(), 0, None);
    let mut last = None;
    for (at, (aggregation, type_name, row)) in rows.into_iter().enumerate().skip(from) {
        bytes += row.iter().map(|(name, value)| name.len() + 2 * value.len() + 8).sum::<usize>() + 3;
        if bytes > MAX_ANSWER_BYTES && at > from {
            next_token = Some(at.to_string());
            break;
        }
        if last != Some(aggregation) {
            last = Some(aggregation);
            let item = InventoryResultItem {
                type_name: Some(type_name.clone()),
                schema_version: Some(types::find(&type_name).map_or("1.0", |kind| kind.version).to_owned()),
                content: Some(Vec::new()),
                ..InventoryResultItem::default()
            };
            let data = Some(BTreeMap::from([(type_name.clone(), item)]));
            entities.push(InventoryResultEntity { id: None, data });
        }
        let data = entities.last_mut().and_then(|entity| entity.data.as_mut());
        if let Some(content) = data.and_then(|data| data.get_mut(&type_name)?.content.as_mut()) {
            content.push(row);
        }
    }
    Ok(GetInventoryResult { entities: Some(entities), next_token })
}

/// Rows with the aggregation that they belong to, and its type.
type Rows = Vec<(usize, String, Row)>;

fn one(
    call: &Call<GetInventoryRequest>,
    aggregator: &InventoryAggregator,
    wanted: &Wanted,
    path: &mut Vec<Counted>,
    rows: &mut Rows,
) -> Result<(), ApiError> {
    let number = rows.last().map_or(0, |(number, _, _)| number + 1);
    for group in aggregator.groups.iter().flatten() {
        let (type_name, row) = group_row(call, group, wanted)?;
        rows.push((number, type_name, row));
    }
    let Some(expression) = &aggregator.expression else {
        return match aggregator.groups {
            Some(_) => Ok(()),
            None => Err(refused("An aggregator has neither Expression nor Groups.".to_owned())),
        };
    };
    if path.len() == MAX_DEPTH {
        return Err(refused(format!("Aggregators are more than {MAX_DEPTH} deep.")));
    }
    let mut counted = Counted::read(expression)?;
    if path.iter().any(|outer| outer.label == counted.label) {
        counted.label.clone_from(expression);
    }
    path.push(counted);
    let inner = aggregator.aggregators.as_deref().unwrap_or_default();
    if inner.is_empty() {
        let number = rows.last().map_or(0, |(number, _, _)| number + 1);
        let type_name = path.first().map(|of| of.type_name.clone()).unwrap_or_default();
        rows.extend(counts(call, wanted, path).into_iter().map(|row| (number, type_name.clone(), row)));
    }
    for aggregator in inner {
        one(call, aggregator, wanted, path, rows)?;
    }
    path.pop();
    Ok(())
}

fn counts(call: &Call<GetInventoryRequest>, wanted: &Wanted, path: &[Counted]) -> Vec<Row> {
    let row = |values: Vec<String>, count: u64| -> Row {
        let named = path.iter().map(|of| of.label.clone()).zip(values);
        named.chain([("Count".to_owned(), count.to_string())]).collect()
    };
    if let [of] = path
        && wanted.is_empty()
        && types::find(&of.type_name).and_then(types::Type::indexed) == Some(of.attribute.as_str())
    {
        let prefix = format!("{}/", of.type_name);
        let names = call.handle.views().scan::<NameRow>(NAMES, &prefix, None, usize::MAX).rows;
        return names.into_iter().map(|(_, name)| row(vec![name.name], name.nodes)).collect();
    }
    let mut counts: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for (id, node) in wanted.nodes(&call.handle, call.now, None, usize::MAX).rows {
        let node = Node { handle: &call.handle, id: &id, row: &node, now: call.now };
        let mut combinations = vec![Vec::new()];
        for of in path {
            let values = of.values(&node);
            let longer = |one: Vec<String>| {
                values.iter().map(move |value| [&one[..], std::slice::from_ref(value)].concat())
            };
            combinations = combinations.into_iter().flat_map(longer).collect();
        }
        for combination in combinations {
            *counts.entry(combination).or_default() += 1;
        }
    }
    counts.into_iter().map(|(values, count)| row(values, count)).collect()
}

/// How many of the nodes are in a group, and how many are not.
fn group_row(
    call: &Call<GetInventoryRequest>,
    group: &InventoryGroup,
    wanted: &Wanted,
) -> Result<(String, Row), ApiError> {
    let name = group.name.clone().unwrap_or_default();
    let members = Wanted::new(group.filters.as_ref(), true).map_err(|error| {
        ApiError::new("InvalidInventoryGroupException", format!("The group {name:?}: {}", error.message))
    })?;
    let type_name = members.first_type().unwrap_or_default();
    let (mut matching, mut not_matching) = (0u64, 0u64);
    for (id, row) in wanted.nodes(&call.handle, call.now, None, usize::MAX).rows {
        let node = Node { handle: &call.handle, id: &id, row: &row, now: call.now };
        if members.is_met_by(&node) { matching += 1 } else { not_matching += 1 }
    }
    let row = [
        ("Name".to_owned(), name),
        ("matchingCount".to_owned(), matching.to_string()),
        ("notMatchingCount".to_owned(), not_matching.to_string()),
    ];
    Ok((type_name, row.into()))
}
