//! What models are made of: the shapes of values.

use crate::pattern::Pattern;

/// A model was not what the interface facts of AWS look like.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the model is not the JSON that was expected")]
    Json(#[from] serde_json::Error),
    #[error("the model refers to the shape {shape:?}, which it does not have")]
    NoSuchShape { shape: String },
    #[error("the shape {shape:?} has the type {kind:?}, which is not known")]
    UnknownType { shape: String, kind: String },
    #[error("the operation {operation:?} lies in HTTP in a way that is not known: {what:?}")]
    Binding { operation: String, what: String },
}

/// Where a shape lies in its model.
pub type ShapeId = usize;

#[derive(Debug)]
pub struct Shape {
    pub name: String,
    pub kind: Kind,
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub pattern: Option<Pattern>,
    pub values: Vec<String>,
    pub sensitive: bool,
}

#[derive(Debug)]
pub enum Kind {
    Structure(Vec<Member>),
    List(ShapeId),
    Map { key: ShapeId, value: ShapeId },
    String,
    Blob,
    Boolean,
    Integer,
    Long,
    Float,
    Timestamp,
}

#[derive(Debug)]
pub struct Member {
    pub name: String,
    pub shape: ShapeId,
    pub required: bool,
}
