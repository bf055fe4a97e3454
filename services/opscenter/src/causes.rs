//! What follows when something fires behind an item, and when it ends: for all that fires, wherever it is heard of.
//!
//! Whoever calls this for a group has that group's messages one after the other, so that no item is settled while another
//! cause of it begins to fire.

use crate::{
    domain::{
        cause::{Cause, Command, Firing, cause_id},
        item::{Command as ItemCommand, OpsItem},
    },
    opening::{Opened, newest, open},
    projections::causes::{ACTIVE, COUNTS, Counts},
};
use reeve_contracts::opscenter::{CauseEnded, CauseEvent, CauseFired, OpsItemCreated};
use reeve_eventsourcing::{Context, Event};
use reeve_runtime::{Delivery, Handle, HandlerError};

/// The handle, and the contexts of what follows from one delivery.
pub(crate) struct Following<'a> {
    pub handle: &'a Handle,
    context: Box<dyn Fn(&str) -> Context + Send + Sync + 'a>,
}

impl<'a> Following<'a> {
    /// What fires and which items are open is looked at as it is by now: another replica may have changed it a moment ago.
    pub async fn of<E: Event>(delivery: &'a Delivery<E>) -> Result<Self, HandlerError> {
        delivery.handle.catch_up_with::<CauseEvent>().await?;
        Ok(Self { handle: &delivery.handle, context: Box::new(|n| delivery.context(n)) })
    }

    pub fn firing(&self, group: &str, fingerprint: &str) -> Firing {
        self.handle.state::<Cause>(&cause_id(group, fingerprint))
    }

    /// The item with a deduplication key that is Open or InProgress.
    pub fn open_item(&self, key: &str) -> Option<String> {
        newest(self.handle, key).filter(|id| self.handle.state::<OpsItem>(id).is_open())
    }

    /// The item with this one's deduplication key that is open; it is opened when there is none, related to the one
    /// before it.
    pub async fn item(&self, mut item: OpsItemCreated) -> Result<String, HandlerError> {
        let key = item.deduplication_key.clone();
        if let Some(id) = self.open_item(&key) {
            return Ok(id);
        }
        let before = newest(self.handle, &key).filter(|id| self.handle.state::<OpsItem>(id).exists());
        item.related_ops_items.extend(before);
        let context = (self.context)(&format!("open/{key}"));
        match open(self.handle, &context, item).await? {
            Opened::New { id, .. } | Opened::Duplicate { id } => Ok(id),
        }
    }

    /// Says that something fires behind an item.
    pub async fn fire(&self, fired: CauseFired) -> Result<(), HandlerError> {
        let id = cause_id(&fired.group, &fired.fingerprint);
        let context = (self.context)(&format!("fire/{id}"));
        self.handle.execute::<Cause>(&id, Command::Fire(fired), &context).await?;
        Ok(())
    }

    /// Says that a firing has ended.
    pub async fn end(&self, ended: CauseEnded) -> Result<(), HandlerError> {
        let id = cause_id(&ended.group, &ended.fingerprint);
        let context = (self.context)(&format!("end/{id}"));
        self.handle.execute::<Cause>(&id, Command::End(ended), &context).await?;
        Ok(())
    }

    /// Ends what fires of a group, if it does, and resolves its item when nothing else fires behind that.
    pub async fn end_firing(
        &self,
        group: String,
        fingerprint: &str,
        end_ms: i64,
        reason: String,
    ) -> Result<(), HandlerError> {
        let firing = self.firing(&group, fingerprint);
        let Some(start_ms) = firing.start_ms.filter(|_| firing.is_active()) else { return Ok(()) };
        let (fingerprint, ops_item_id) = (fingerprint.to_owned(), firing.ops_item_id.clone());
        self.end(CauseEnded { group, fingerprint, start_ms, ops_item_id, end_ms, reason }).await?;
        self.settle(&firing.ops_item_id).await
    }

    /// Says how bad what fires behind an item is.
    pub async fn worsen(&self, item: &str, severity: &str) -> Result<(), HandlerError> {
        let context = (self.context)(&format!("worsen/{item}"));
        let command = ItemCommand::Worsen { severity: severity.to_owned() };
        self.handle.execute::<OpsItem>(item, command, &context).await?;
        Ok(())
    }

    /// Resolves an item when nothing fires behind it any more.
    pub async fn settle(&self, item: &str) -> Result<(), HandlerError> {
        let views = self.handle.views();
        let fires = !views.scan::<i64>(ACTIVE, &format!("{item}/"), None, 1).rows.is_empty();
        let firings = views.get::<Counts>(COUNTS, item).unwrap_or_default().begun;
        if fires || firings == 0 {
            return Ok(());
        }
        let context = (self.context)(&format!("settle/{item}"));
        self.handle.execute::<OpsItem>(item, ItemCommand::EndCauses { firings }, &context).await?;
        Ok(())
    }
}
