//! An event's leaves by their paths.

use serde_json::Value;
use std::collections::HashMap;

/// An event with more leaves than these is not looked at.
pub const MAX_LEAVES: usize = 100_000;

/// A value of an event that is no object and no array.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Leaf {
    pub value: Value,
    /// Of each array around it whose elements are objects or arrays, by the array's number: the index of the element that
    /// it lies in.
    pub elements: Vec<(u32, u32)>,
}

/// The leaves of an event, by the names on their way joined with dots.
#[derive(Clone, Debug, Default)]
pub struct Leaves {
    by_path: HashMap<String, Vec<Leaf>>,
    count: usize,
    arrays: u32,
}

impl Leaves {
    /// The leaves of an event; `None` when there are more than [`MAX_LEAVES`].
    pub fn of(event: &Value) -> Option<Self> {
        let mut leaves = Self::default();
        leaves.add("", event, &[]);
        (leaves.count <= MAX_LEAVES).then_some(leaves)
    }

    pub(crate) fn at(&self, path: &str) -> &[Leaf] {
        self.by_path.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// The text at a path that has one leaf.
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.at(path) {
            [leaf] => leaf.value.as_str(),
            _ => None,
        }
    }

    fn add(&mut self, path: &str, value: &Value, elements: &[(u32, u32)]) {
        if self.count > MAX_LEAVES {
            return;
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    self.add(&path, member, elements);
                }
            }
            Value::Array(array) => self.add_array(path, array, elements),
            leaf => {
                self.count += 1;
                let leaf = Leaf { value: leaf.clone(), elements: elements.to_vec() };
                self.by_path.entry(path.to_owned()).or_default().push(leaf);
            }
        }
    }

    fn add_array(&mut self, path: &str, array: &[Value], elements: &[(u32, u32)]) {
        self.arrays += 1;
        let number = self.arrays;
        for (index, element) in (0u32..).zip(array) {
            match element {
                Value::Object(_) | Value::Array(_) => {
                    let within: Vec<_> = elements.iter().copied().chain([(number, index)]).collect();
                    self.add(path, element, &within);
                }
                other => self.add(path, other, elements),
            }
        }
    }
}
