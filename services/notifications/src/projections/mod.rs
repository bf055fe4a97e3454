//! Webhooks, the mail server, notifications, and the lanes in which they wait.

pub(crate) mod lanes;
pub(crate) mod notifications;
pub(crate) mod places;

pub(crate) use lanes::{EXPIRY_TIMER, LANE_TIMER, LANES, LaneRow, Lanes, next_of};
pub(crate) use notifications::{NEWEST, NOTIFICATIONS, NotificationRow, Notifications};
pub(crate) use places::{
    MAIL_SERVERS, MailServerRow, MailServers, SecretRow, WEBHOOKS, WebhookRow, Webhooks,
};
