//! Decisions, pure.

pub mod limits;
pub mod mail_server;
pub mod notification;
pub mod webhook;

/// The lane in which a destination's messages wait for each other: each webhook's own, and one for the server that takes mail.
pub(crate) fn lane_of(destination: &str) -> &str {
    if destination.starts_with(MAIL) { MAIL_LANE } else { destination }
}

/// What destinations begin with.
pub(crate) const WEBHOOK: &str = "webhook:";
pub(crate) const MAIL: &str = "mail:";
pub(crate) const MAIL_LANE: &str = "mail";

/// What is at the end of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination<'a> {
    /// The webhook of this name.
    Webhook(&'a str),
    /// The mail address.
    Mail(&'a str),
}

impl<'a> Destination<'a> {
    /// # Errors
    /// A sentence that says what there is.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix(WEBHOOK).filter(|name| webhook::is_name(name)) {
            return Ok(Self::Webhook(name));
        }
        if let Some(address) = text.strip_prefix(MAIL) {
            return match address.parse::<lettre::Address>() {
                Ok(_) => Ok(Self::Mail(address)),
                Err(error) => Err(format!("{address:?} is no mail address: {error}.")),
            };
        }
        Err(format!(
            "{text:?} is no destination: it is webhook:NAME, of a webhook that was put, or mail:ADDRESS."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_webhooks_name_or_a_mail_address() {
        assert_eq!(Destination::parse("webhook:on-call"), Ok(Destination::Webhook("on-call")));
        assert_eq!(Destination::parse("mail:ann@example.org"), Ok(Destination::Mail("ann@example.org")));
        for wrong in [
            "",
            "webhook:",
            "webhook:a b",
            "mail:",
            "mail:ann",
            "mail:Ann <ann@example.org>",
            "https://x.example",
        ] {
            assert!(Destination::parse(wrong).unwrap_err().contains("is no "), "{wrong}");
        }
    }
}
