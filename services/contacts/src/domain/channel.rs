//! A channel of a contact: where it is reached, once it was activated by a code that was sent there.

pub use reeve_contracts::contacts::ChannelEvent;
use reeve_contracts::contacts::{
    ActivationCodeFailed, ActivationCodeOrdered, ActivationCodeSent, ChannelActivated, ChannelCreated,
    ChannelDeactivated, ChannelDeleted, ChannelUpdated,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What may be asked of a channel.
#[derive(Clone, Debug)]
pub enum Command {
    Create(Box<ChannelCreated>),
    Update {
        name: Option<String>,
        address: Option<String>,
    },
    /// Another code is sent; the one before counts no more.
    SendCode,
    /// The code with this number was right.
    Activate {
        number: u32,
    },
    Deactivate,
    Delete,
    /// What became of a code that was to be sent.
    TakeSent {
        number: u32,
        receipt: String,
    },
    TakeFailed {
        number: u32,
        reason: String,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such contact channel")]
    Unknown,
    #[error("this activation code counts no more: another one was sent, or the address is another one")]
    Outdated,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none.
    pub channel_id: String,
    pub contact: String,
    name: String,
    address: String,
    pub is_active: bool,
    /// How many codes were ordered; the last one counts.
    pub codes: u32,
    /// Whether the last code is of no use any more.
    is_used: bool,
    is_deleted: bool,
}

impl State {
    /// The number of the code that counts, if one does.
    pub fn code(&self) -> Option<u32> {
        (self.codes > 0 && !self.is_used).then_some(self.codes)
    }
}

/// The aggregate.
pub struct Channel;

/// The id of the notification with a code: it follows from the code's, so that a repeat sends nothing twice.
pub fn notification_id(channel_id: &str, number: u32) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("activation-code/{channel_id}/{number}").as_bytes())
}

impl Decider for Channel {
    type Command = Command;
    type Event = ChannelEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<ChannelEvent>, Error> {
        let channel_id = state.channel_id.clone();
        let exists = !channel_id.is_empty() && !state.is_deleted;
        Ok(match command {
            // Its id is that of the call: whoever says it again made it.
            Command::Create(_) if !channel_id.is_empty() => None,
            Command::Create(new) => Some(ChannelEvent::ChannelCreated(*new)),
            Command::TakeSent { .. } | Command::TakeFailed { .. } if state.is_deleted => None,
            _ if !exists => return Err(Error::Unknown),
            Command::Update { name, address } => {
                let name = name.unwrap_or_else(|| state.name.clone());
                let address = address.unwrap_or_else(|| state.address.clone());
                let is_deactivated = address != state.address;
                let is_same = name == state.name && !is_deactivated;
                let principal = cx.actor.name.clone();
                let updated = ChannelUpdated { channel_id, name, address, is_deactivated, principal };
                (!is_same).then_some(ChannelEvent::ChannelUpdated(updated))
            }
            Command::SendCode => {
                let number = state.codes + 1;
                let notification_id = notification_id(&channel_id, number).to_string();
                let ordered = ActivationCodeOrdered { channel_id, number, notification_id };
                Some(ChannelEvent::ActivationCodeOrdered(ordered))
            }
            Command::Activate { number } if state.code() != Some(number) => match state.is_active {
                true => None,
                false => return Err(Error::Outdated),
            },
            Command::Activate { .. } => Some(ChannelEvent::ChannelActivated(ChannelActivated { channel_id })),
            Command::Deactivate => {
                state.is_active.then_some(ChannelEvent::ChannelDeactivated(ChannelDeactivated { channel_id }))
            }
            Command::Delete => {
                let contact = state.contact.clone();
                Some(ChannelEvent::ChannelDeleted(ChannelDeleted { channel_id, contact }))
            }
            Command::TakeSent { number, receipt } => {
                let sent = ActivationCodeSent { channel_id, number, receipt };
                Some(ChannelEvent::ActivationCodeSent(sent))
            }
            Command::TakeFailed { number, reason } => {
                let failed = ActivationCodeFailed { channel_id, number, reason };
                Some(ChannelEvent::ActivationCodeFailed(failed))
            }
        })
    }

    fn evolve(mut state: State, event: &ChannelEvent) -> State {
        match event {
            ChannelEvent::ChannelCreated(e) => {
                state = State {
                    channel_id: e.channel_id.clone(),
                    contact: e.contact.clone(),
                    name: e.name.clone(),
                    address: e.address.clone(),
                    ..State::default()
                };
            }
            ChannelEvent::ChannelUpdated(e) => {
                state.name.clone_from(&e.name);
                state.address.clone_from(&e.address);
                if e.is_deactivated {
                    (state.is_active, state.is_used) = (false, true);
                }
            }
            ChannelEvent::ActivationCodeOrdered(e) => (state.codes, state.is_used) = (e.number, false),
            ChannelEvent::ActivationCodeSent(_) | ChannelEvent::ActivationCodeFailed(_) => {}
            ChannelEvent::ChannelActivated(_) => (state.is_active, state.is_used) = (true, true),
            ChannelEvent::ChannelDeactivated(_) => state.is_active = false,
            ChannelEvent::ChannelDeleted(_) => (state.is_deleted, state.is_active) = (true, false),
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn created() -> ChannelEvent {
        ChannelEvent::ChannelCreated(ChannelCreated {
            channel_id: "c".into(),
            contact: "ann".into(),
            name: "mail".into(),
            address: "a@example.org".into(),
            ..ChannelCreated::default()
        })
    }

    fn ordered(number: u32) -> ChannelEvent {
        ChannelEvent::ActivationCodeOrdered(ActivationCodeOrdered {
            channel_id: "c".into(),
            number,
            notification_id: notification_id("c", number).to_string(),
        })
    }

    fn activated() -> ChannelEvent {
        ChannelEvent::ChannelActivated(ChannelActivated { channel_id: "c".into() })
    }

    #[test]
    fn the_last_code_activates_once() {
        let activate = |number| Command::Activate { number };
        given::<Channel>([created()]).when(Command::SendCode).then(ordered(1));
        given::<Channel>([created()]).when(activate(0)).then_refused(Error::Outdated);
        given::<Channel>([created(), ordered(1)]).when(activate(1)).then(activated());
        given::<Channel>([created(), ordered(1), ordered(2)]).when(activate(1)).then_refused(Error::Outdated);
        given::<Channel>([created(), ordered(1), activated()]).when(activate(1)).then_nothing();
        let off = ChannelEvent::ChannelDeactivated(ChannelDeactivated { channel_id: "c".into() });
        given::<Channel>([created(), ordered(1), activated()]).when(Command::Deactivate).then(off.clone());
        let used = [created(), ordered(1), activated(), off];
        given::<Channel>(used).when(activate(1)).then_refused(Error::Outdated);
    }

    #[test]
    fn another_address_has_to_be_activated() {
        let update = |name: &str, address: &str| Command::Update {
            name: Some(name.to_owned()),
            address: Some(address.to_owned()),
        };
        let updated = |name: &str, address: &str, is_deactivated| {
            ChannelEvent::ChannelUpdated(ChannelUpdated {
                channel_id: "c".into(),
                name: name.into(),
                address: address.into(),
                is_deactivated,
                principal: "tester".into(),
            })
        };
        let active = || [created(), ordered(1), activated()];
        given::<Channel>(active()).when(update("mail", "a@example.org")).then_nothing();
        given::<Channel>(active()).when(update("m", "a@example.org")).then(updated(
            "m",
            "a@example.org",
            false,
        ));
        let moved = updated("mail", "b@example.org", true);
        given::<Channel>(active()).when(update("mail", "b@example.org")).then(moved.clone());
        let given_moved = given::<Channel>([created(), ordered(1), moved]);
        given_moved.when(Command::Activate { number: 1 }).then_refused(Error::Outdated);
    }
}
