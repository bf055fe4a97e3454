//! The resources of other services that exist, as far as this service must know them.

use crate::resources::{Change, Tagged};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use std::marker::PhantomData;

/// Keeps the table of a kind of resource: the ids of those that there are.
pub(crate) struct Existing<E>(PhantomData<fn() -> E>);

impl<E> Default for Existing<E> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E: Tagged> Projection for Existing<E> {
    const NAME: &'static str = E::TABLE;
    const VERSION: u32 = 1;
    type Event = E;

    fn apply(&self, view: &mut dyn View, event: &Recorded<E>) {
        match event.event.change() {
            Some(Change::Made { id, .. }) => view.put_row(E::TABLE, id, true),
            Some(Change::Gone { id }) => view.remove(E::TABLE, id.as_bytes()),
            None => {}
        }
    }
}
