//! Webhooks, the mail server, notifications, the lanes in which they wait, and what limits hold back.

pub(crate) mod held;
pub(crate) mod lanes;
pub(crate) mod notifications;
pub(crate) mod places;
pub(crate) mod queue;

pub(crate) use held::{HELD_TIMER, held, nth_last};
pub(crate) use lanes::{EXPIRY_TIMER, LANE_TIMER, LANES, LaneRow, Lanes, next_of};
pub(crate) use notifications::{NEWEST, NOTIFICATIONS, NotificationRow, Notifications, STATUSES};
pub(crate) use places::{
    MAIL_SERVERS, MailServerRow, MailServers, SecretRow, WEBHOOKS, WebhookRow, Webhooks, limits_of,
};
