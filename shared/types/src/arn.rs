//! Amazon Resource Names: `arn:<partition>:<service>:<region>:<account>:<resource>`.

use std::fmt;

/// An ARN, read or to be written. Its resource may hold `:` and `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Reads one; `None` for what is none.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        let (partition, service) = (parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = !partition.is_empty() && !service.is_empty() && !resource.is_empty();
        whole.then_some(Self { partition, service, region, account, resource })
    }

    /// The resource's id, if it is of a kind: of `document/deploy` and `document` that is `deploy`.
    pub fn id_of(&self, kind: &str) -> Option<&'a str> {
        self.resource.strip_prefix(kind)?.strip_prefix('/').filter(|id| !id.is_empty())
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The id of a resource that callers name by its id or by its ARN; whatever is no ARN of that kind is taken as it is.
pub fn id_or_arn<'a>(kind: &str, text: &'a str) -> &'a str {
    Arn::parse(text).and_then(|arn| arn.id_of(kind)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_found_in_its_arn_and_in_no_other() {
        let arn = "arn:aws:ssm:eu-west-1:123456789012:document/deploy";
        assert_eq!(id_or_arn("document", arn), "deploy");
        assert_eq!(id_or_arn("document", "deploy"), "deploy");
        assert_eq!(id_or_arn("document", "arn:aws:ssm:eu-west-1::document/AWS-Noop"), "AWS-Noop");
        assert_eq!(id_or_arn("document", "arn:aws-cn:ssm:x:1:document/a:b/c"), "a:b/c");
        for other in ["arn:aws:ssm:x:1:parameter/a", "arn:odd", "arn:aws:ssm:x:1:document/", "arn:::::x"] {
            assert_eq!(id_or_arn("document", other), other);
        }
    }

    proptest! {
        #[test]
        fn it_reads_back(parts in "[a-z0-9-]{1,9}(:[a-z0-9-]{0,9}){0,1}", resource in "[a-z:/.]{1,20}") {
            let text = format!("arn:aws:ssm:{}:1:{resource}", parts.replace(':', ""));
            prop_assert_eq!(Arn::parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Arn::parse(&text);
        }
    }
}
