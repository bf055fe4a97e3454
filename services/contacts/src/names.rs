//! ARNs of what this service keeps.

use reeve_runtime::ApiError;
use reeve_types::arn::Arn;

pub(crate) const CONTACT: &str = "contact";
pub(crate) const CHANNEL: &str = "contact-channel";
pub(crate) const ENGAGEMENT: &str = "engagement";
pub(crate) const PAGE: &str = "page";
pub(crate) const ROTATION: &str = "rotation";

/// Where something is, as its ARN says.
#[derive(Clone, Copy)]
pub(crate) struct Home<'a> {
    pub account: &'a str,
    pub region: &'a str,
}

impl Home<'_> {
    fn arn(self, kind: &str, id: &str) -> String {
        let Home { account, region } = self;
        let resource = &format!("{kind}/{id}");
        Arn { partition: "aws", service: "ssm-contacts", region, account, resource }.to_string()
    }

    pub fn contact(self, alias: &str) -> String {
        self.arn(CONTACT, alias)
    }

    pub fn contacts(self, aliases: &[String]) -> Vec<String> {
        aliases.iter().map(|alias| self.contact(alias)).collect()
    }

    pub fn channel(self, alias: &str, id: &str) -> String {
        self.arn(CHANNEL, &format!("{alias}/{id}"))
    }

    pub fn engagement(self, alias: &str, id: &str) -> String {
        self.arn(ENGAGEMENT, &format!("{alias}/{id}"))
    }

    pub fn page(self, alias: &str, id: &str) -> String {
        self.arn(PAGE, &format!("{alias}/{id}"))
    }

    pub fn rotation(self, id: &str) -> String {
        self.arn(ROTATION, id)
    }
}

/// The id in an ARN of a kind; of one with an alias before it, what follows that.
pub(crate) fn id_in<'a>(arn: &'a str, kind: &str) -> Option<&'a str> {
    let id = Arn::parse(arn).filter(|arn| arn.service == "ssm-contacts")?.id_of(kind)?;
    Some(id.rsplit_once('/').map_or(id, |(_, id)| id))
}

/// The id that a member of an input names.
///
/// # Errors
/// `ValidationException` naming the member for an ARN of something else.
pub(crate) fn id_of<'a>(member: &str, arn: Option<&'a String>, kind: &str) -> Result<&'a str, ApiError> {
    let given = arn.map(String::as_str).unwrap_or_default();
    id_in(given, kind)
        .ok_or_else(|| ApiError::invalid(format!("{member} is {given:?}, which is no ARN of a {kind}.")))
}

/// Whether an ARN of something that belongs to a contact names that contact: policies decide on both.
pub(crate) fn is_of(arn: Option<&String>, contact: &str) -> bool {
    let id = arn.and_then(|arn| Arn::parse(arn)).and_then(|arn| arn.resource.split_once('/'));
    id.and_then(|(_, id)| id.rsplit_once('/')).is_some_and(|(alias, _)| alias == contact)
}
