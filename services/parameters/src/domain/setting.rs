//! Service settings: how the Parameter Store behaves where a caller does not say it, and what other services look up.

use super::parameter::{ADVANCED, INTELLIGENT, STANDARD};
pub use reeve_contracts::parameters::ServiceSettingEvent;
use reeve_contracts::parameters::{ServiceSettingReset, ServiceSettingUpdated};
use reeve_eventsourcing::{Context, Decider};
use reeve_types::NodeId;
use serde::{Deserialize, Serialize};

/// The tier of a parameter that is created without one.
pub const DEFAULT_TIER: &str = "/ssm/parameter-store/default-parameter-tier";

/// A setting that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: &'static str,
    /// The first one is the default. Without any it is the id of a node, and none by default.
    pub values: &'static [&'static str],
}

impl Known {
    fn takes(&self, value: &str) -> bool {
        match self.values {
            [] => value.parse::<NodeId>().is_ok(),
            values => values.contains(&value),
        }
    }
}

/// Every setting. The second is kept and answered: nothing here is slowed down without it. The others are ours, and automation's: on
/// which node the scripts of aws:executeScript run, and whether a change template must be approved before changes are asked for by it.
pub const SETTINGS: [Known; 4] = [
    Known { id: DEFAULT_TIER, values: &[STANDARD, ADVANCED, INTELLIGENT] },
    Known { id: "/ssm/parameter-store/high-throughput-enabled", values: &["false", "true"] },
    Known { id: "/reeve/automation/script-node", values: &[] },
    Known { id: "/reeve/automation/template-review", values: &["optional", "required"] },
];

/// What may be asked of a setting that is known.
#[derive(Clone, Debug)]
pub enum Command {
    Update { setting: Known, value: String },
    Reset { setting: Known },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("SettingValue is {value:?}. {id} may be {}.", may_be(values))]
    Value { id: &'static str, value: String, values: &'static [&'static str] },
}

fn may_be(values: &[&str]) -> String {
    if values.is_empty() { "the id of a node".to_owned() } else { values.join(", ") }
}

/// The value; empty: the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub value: String,
}

/// The aggregate.
pub struct ServiceSetting;

impl Decider for ServiceSetting {
    type Command = Command;
    type Event = ServiceSettingEvent;
    type State = State;
    type Error = Error;

    fn decide(
        state: &State,
        command: Command,
        context: &Context,
    ) -> Result<Option<ServiceSettingEvent>, Error> {
        match command {
            Command::Update { setting, value } if !setting.takes(&value) => {
                Err(Error::Value { id: setting.id, value, values: setting.values })
            }
            Command::Update { setting, value } => Ok((value != state.value).then(|| {
                ServiceSettingEvent::ServiceSettingUpdated(ServiceSettingUpdated {
                    setting_id: setting.id.to_owned(),
                    value,
                    principal: context.actor.name.clone(),
                })
            })),
            Command::Reset { setting } => Ok((!state.value.is_empty()).then(|| {
                ServiceSettingEvent::ServiceSettingReset(ServiceSettingReset {
                    setting_id: setting.id.to_owned(),
                })
            })),
        }
    }

    fn evolve(_: State, event: &ServiceSettingEvent) -> State {
        match event {
            ServiceSettingEvent::ServiceSettingUpdated(e) => State { value: e.value.clone() },
            ServiceSettingEvent::ServiceSettingReset(_) => State::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::{context, given};

    #[test]
    fn a_setting_takes_its_values_alone_and_is_reset_once() {
        let tier = SETTINGS[0];
        let update = |value: &str| Command::Update { setting: tier, value: value.into() };
        let updated = ServiceSettingEvent::ServiceSettingUpdated(ServiceSettingUpdated {
            setting_id: DEFAULT_TIER.into(),
            value: ADVANCED.into(),
            principal: context().actor.name,
        });
        let reset =
            ServiceSettingEvent::ServiceSettingReset(ServiceSettingReset { setting_id: DEFAULT_TIER.into() });
        given::<ServiceSetting>([]).when(update(ADVANCED)).then(updated.clone());
        given::<ServiceSetting>([updated.clone()]).when(update(ADVANCED)).then_nothing();
        given::<ServiceSetting>([updated.clone()]).when(Command::Reset { setting: tier }).then(reset.clone());
        given::<ServiceSetting>([updated, reset]).when(Command::Reset { setting: tier }).then_nothing();
        let wrong = Error::Value { id: DEFAULT_TIER, value: "Gold".into(), values: tier.values };
        given::<ServiceSetting>([]).when(update("Gold")).then_refused(wrong);
    }
}
