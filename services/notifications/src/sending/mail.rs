//! Giving a message to the mail server.

use super::{Content, Outcome};
use lettre::{
    Address, Message,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailParameter},
        response::Response,
    },
};
use reeve_secrets::Zeroizing;
use std::time::Duration;
use tokio::time::timeout;

/// As long an attempt may take: it ends before its lease, so that none begins beside it. A server that takes a message and is
/// slower to say so is given the same Message-ID again.
const ATTEMPT_TIME: Duration = Duration::from_secs(45);
const CONNECT_TIME: Duration = Duration::from_secs(20);
const QUIT_TIME: Duration = Duration::from_secs(2);

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
    /// Sends it.
    pub async fn send(&self) -> Outcome {
        let message = match self.message() {
            Ok(message) => message,
            Err(reason) => return Outcome::Never(reason),
        };
        match timeout(ATTEMPT_TIME, self.deliver(&message)).await {
            Ok(Ok((response, mut connection))) => {
                // It has taken the message, whatever it says to this.
                let _ = timeout(QUIT_TIME, connection.quit()).await;
                let lines: Vec<&str> = response.message().collect();
                Outcome::Sent(format!("SMTP {} {}", response.code(), lines.join(" ")))
            }
            Ok(Err(failure)) => self.outcome(&failure),
            // Its connection is closed with it: the server may have taken the message all the same.
            Err(_) => self.away(&format!("no answer within {} s", ATTEMPT_TIME.as_secs())),
        }
    }

    async fn deliver(&self, message: &Message) -> Result<(Response, AsyncSmtpConnection), SendError> {
        let mut connection = self.connect().await.map_err(SendError::OfServer)?;
        let envelope = message.envelope();
        let mut parameters = Vec::new();
        let mut addresses = envelope.from().into_iter().chain(envelope.to());
        if addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let reason = "the server takes no address with such letters (SMTPUTF8)";
                return Err(SendError::Unsendable(reason.to_owned()));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let sender = Mail::new(envelope.from().cloned(), parameters);
        connection.command(sender).await.map_err(SendError::OfServer)?;
        for to in envelope.to() {
            connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(SendError::OfMessage)?;
        }
        connection.command(Data).await.map_err(SendError::OfMessage)?;
        let response = connection.message(&message.formatted()).await.map_err(SendError::OfMessage)?;
        Ok((response, connection))
    }

    /// Connects, secures the connection and signs in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let domain = self.sender.parse::<Mailbox>().ok().map(|sender| sender.email.domain().to_owned());
        let name = domain.map_or_else(ClientId::default, ClientId::Domain);
        let server = (self.host.as_str(), self.port);
        let tls = match self.security {
            Security::Tls => Some(self.tls()?),
            Security::StartTls | Security::None => None,
        };
        let timeout = Some(CONNECT_TIME);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, timeout, &name, tls, None).await?;
        if self.security == Security::StartTls {
            connection.starttls(self.tls()?, &name).await?;
        }
        if let Some((name, password)) = &self.credentials {
            let credentials = Credentials::new(name.clone(), password.to_string());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        Ok(connection)
    }

    /// What the server says to the receiver or the message itself is final when it is 5xx. Whatever it says to us, to our signing
    /// in or to our sender, holds for every message: they wait until that is mended.
    fn outcome(&self, error: &SendError) -> Outcome {
        match error {
            SendError::Unsendable(reason) => Outcome::Never(reason.clone()),
            SendError::OfMessage(error) if error.is_permanent() => Outcome::Never(with_sources(error)),
            SendError::OfMessage(error) if error.is_transient() && !closes(error) => {
                Outcome::refused(with_sources(error))
            }
            SendError::OfServer(error) | SendError::OfMessage(error) => self.away(&with_sources(error)),
        }
    }

    fn away(&self, reason: &str) -> Outcome {
        Outcome::away(format!("{}:{}: {reason}", self.host, self.port))
    }

    fn message(&self) -> Result<Message, String> {
        let to: Address =
            self.to.parse().map_err(|error| format!("{} is no mail address: {error}", self.to))?;
        let sender: Mailbox = self
            .sender
            .parse()
            .map_err(|error| format!("the sender {} is no address: {error}", self.sender))?;
        let domain = sender.email.domain().to_owned();
        let Content { id, subject, details_json, .. } = &self.content;
        let text = self.content.whole_text();
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

    fn tls(&self) -> Result<TlsParameters, Error> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if !self.certificate_authority.is_empty() {
            builder = builder
                .certificate_store(CertificateStore::None)
                .add_root_certificate(Certificate::from_pem(self.certificate_authority.as_bytes())?);
        }
        builder.build_rustls()
    }
}

/// Why a message was not taken.
enum SendError {
    /// The connection, signing in or the sender: it is the same for every message.
    OfServer(Error),
    /// The receiver or the text.
    OfMessage(Error),
    /// It was not tried.
    Unsendable(String),
}

/// 421: the server closes the connection, whatever it was about.
fn closes(error: &Error) -> bool {
    error.status().is_some_and(|code| code.to_string() == "421")
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
