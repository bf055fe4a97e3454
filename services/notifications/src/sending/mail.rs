//! Giving a message to the mail server.

use super::{ATTEMPT_SECONDS, Content, Outcome};
use lettre::{
    Address, Message, SmtpTransport, Transport,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use reeve_secrets::Zeroizing;
use std::time::Duration;

/// How the connection to the mail server is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    /// By STARTTLS, without which nothing is sent.
    StartTls,
    /// From its first byte on.
    Tls,
    /// Not at all.
    None,
}

impl Security {
    /// # Errors
    /// A sentence that names those that there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "STARTTLS" => Ok(Self::StartTls),
            "TLS" => Ok(Self::Tls),
            "NONE" => Ok(Self::None),
            _ => Err(format!("{text:?} is no security: there are STARTTLS, TLS and NONE.")),
        }
    }
}

/// # Errors
/// Why this cannot be whom mail comes from.
pub(crate) fn check_sender(sender: &str) -> Result<(), String> {
    match sender.parse::<Mailbox>() {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{sender:?} is no address that mail can come from: {error}.")),
    }
}

/// A message for a mail address.
pub(crate) struct Letter {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub sender: String,
    /// A name and a password; `None`: nobody signs in.
    pub credentials: Option<(String, Zeroizing<String>)>,
    /// PEM; empty: the authorities that everybody trusts.
    pub certificate_authority: String,
    pub to: String,
    pub content: Content,
}

impl Letter {
    /// Sends it. It blocks.
    pub fn send(&self) -> Outcome {
        let message = match self.message() {
            Ok(message) => message,
            Err(reason) => return Outcome::Never(reason),
        };
        let transport = match self.transport() {
            Ok(transport) => transport,
            Err(reason) => return Outcome::Never(reason),
        };
        match transport.send(&message) {
            Ok(response) => {
                let lines: Vec<&str> = response.message().collect();
                Outcome::Sent(format!("SMTP {} {}", response.code(), lines.join(" ")))
            }
            Err(error) => self.outcome(&error),
        }
    }

    /// 4xx is tried again, 5xx never; what is no answer is the server's being away.
    fn outcome(&self, error: &Error) -> Outcome {
        let reason = with_sources(error);
        // 421: the server closes the connection, whatever it was about.
        let closes = error.status().is_some_and(|code| code.to_string() == "421");
        match () {
            () if error.is_permanent() => Outcome::Never(reason),
            () if error.is_transient() && !closes => Outcome::refused(reason),
            () => Outcome::away(format!("{}:{}: {reason}", self.host, self.port)),
        }
    }

    fn message(&self) -> Result<Message, String> {
        let to: Address =
            self.to.parse().map_err(|error| format!("{} is no mail address: {error}", self.to))?;
        let sender: Mailbox = self
            .sender
            .parse()
            .map_err(|error| format!("the sender {} is no address: {error}", self.sender))?;
        let domain = sender.email.domain().to_owned();
        let Content { id, subject, text, details_json, .. } = &self.content;
        let body = match (text.as_str(), details_json.as_str()) {
            (text, "") => text.to_owned(),
            ("", details) => details.to_owned(),
            (text, details) => format!("{text}\n\n{details}"),
        };
        Message::builder()
            .from(sender)
            .to(Mailbox::new(None, to))
            // A header has one line.
            .subject(subject.replace(['\r', '\n'], " "))
            // The same in each attempt: who is given two of it sees that they are one.
            .message_id(Some(format!("<{id}@{domain}>")))
            .header(ContentType::TEXT_PLAIN)
            .body(body)
            .map_err(|error| format!("the message cannot be written: {error}"))
    }

    fn transport(&self) -> Result<SmtpTransport, String> {
        let tls = match self.security {
            Security::None => Tls::None,
            Security::StartTls => Tls::Required(self.tls()?),
            Security::Tls => Tls::Wrapper(self.tls()?),
        };
        let mut builder = SmtpTransport::builder_dangerous(&self.host)
            .port(self.port)
            .tls(tls)
            .timeout(Some(Duration::from_secs(ATTEMPT_SECONDS)));
        let domain = self.sender.parse::<Mailbox>().ok().map(|sender| sender.email.domain().to_owned());
        if let Some(domain) = domain {
            builder = builder.hello_name(ClientId::Domain(domain));
        }
        if let Some((name, password)) = &self.credentials {
            builder = builder.credentials(Credentials::new(name.clone(), password.to_string()));
        }
        Ok(builder.build())
    }

    fn tls(&self) -> Result<TlsParameters, String> {
        let wrong = |error: Error| format!("TLS with {}: {}", self.host, with_sources(&error));
        let mut builder = TlsParameters::builder(self.host.clone());
        if !self.certificate_authority.is_empty() {
            builder = builder
                .certificate_store(lettre::transport::smtp::client::CertificateStore::None)
                .add_root_certificate(
                    Certificate::from_pem(self.certificate_authority.as_bytes()).map_err(wrong)?,
                );
        }
        builder.build_rustls().map_err(wrong)
    }
}

/// An error with what is behind it.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = error.source();
    }
    text
}
