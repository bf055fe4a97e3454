//! The streams of the design. Making one that stands already, with the same settings, changes nothing; one with others is changed. Where
//! parts run apart they find their streams made: who may set a stream's settings may have them copy another one.

use crate::{Bus, Error, bus::ACK_TIMEOUT, lost_answers::ask_again};
use async_nats::jetstream::{
    ErrorCode,
    context::CreateStreamErrorKind,
    stream::{Config, DiscardPolicy, Info, Republish},
};
use reeve_types::Timestamp;
use std::time::{Duration, Instant};

/// The stream of a service's events: `run-command` to `RUN_COMMAND`.
pub fn of_service(service: &str) -> String {
    service.to_uppercase().replace('-', "_")
}

/// Each node's inbox: what the control plane wants done there.
pub const NODE_INBOX: &str = "NODE_INBOX";
/// What nodes say of themselves and of their work; untrusted input.
pub const NODE_REPORTS: &str = "NODE_REPORTS";
/// What steps print, in numbered chunks.
pub const NODE_OUTPUT: &str = "NODE_OUTPUT";
/// Messages that a handler gave up on, with the reason, and which of them were handled after all.
pub const DEAD_LETTER_QUEUE: &str = "DEAD_LETTER_QUEUE";

/// The wrapped data keys of secrets: what is destroyed here makes its ciphertext in the log unreadable.
pub const SECRET_KEYS: &str = "SECRET_KEYS";

/// The streams that are no service's own.
pub const SHARED: [&str; 5] = [NODE_INBOX, NODE_REPORTS, NODE_OUTPUT, DEAD_LETTER_QUEUE, SECRET_KEYS];

/// The stream of what is stored only to see whether it is.
pub const PROBE: &str = "PROBE";
/// Where somebody who wants to know whether the bus stores puts something; the stream keeps the last of it.
pub const PROBE_SUBJECT: &str = "reeve.probe";

/// As long the servers of a cluster that starts may take to make a stream, or to answer for one.
pub(crate) const CLUSTER_START_TIME: Duration = Duration::from_secs(30);
/// As long a part waits for a stream that another one makes.
const FIND_TIME: Duration = Duration::from_secs(30);
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(250);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// AWS keeps a command's history for 30 days; the inbox and the output are worth no more.
const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Readers of JSON may be away for so long.
pub const JSON_RETENTION: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Of one service, whatever happens there meanwhile.
const MAX_JSON_BYTES: i64 = 1024 * 1024 * 1024;
/// A report is resent within this window at most once per reconnection; older repeats decide nothing.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

/// The stream of what other services ask of a service: `run-command` to `RUN_COMMAND_REQUESTS`.
pub fn of_requests(service: &str) -> String {
    of_service(service) + REQUESTS_SUFFIX
}

/// The stream of a service's events as JSON: `run-command` to `RUN_COMMAND_JSON`.
pub fn of_json(service: &str) -> String {
    of_service(service) + JSON_SUFFIX
}

/// Whether a stream is a copy, which may be missing where there is no room for it: what it copies is there.
pub fn is_copy(stream: &str) -> bool {
    stream.ends_with(JSON_SUFFIX)
}

/// Where an event lies as JSON; `None` for what lies on no subject of events.
pub fn json_subject(subject: &str) -> Option<String> {
    subject.strip_prefix("reeve.evt.").map(|rest| format!("reeve.json.{rest}"))
}

const REQUESTS_SUFFIX: &str = "_REQUESTS";
const JSON_SUFFIX: &str = "_JSON";

/// The settings of the stream of a name: of one of [`SHARED`], of [`PROBE`], or of a service's events, requests or JSON.
fn settings(name: &str) -> Config {
    let service = |suffix: &str| name.strip_suffix(suffix).map(|name| name.to_lowercase().replace('_', "-"));
    let settings = match name {
        NODE_INBOX => node_inbox(),
        NODE_REPORTS => of_reports(&[
            "reeve.report.*.status",
            "reeve.report.*.hello",
            "reeve.report.*.recalled",
            "reeve.report.*.inventory.*.*",
        ]),
        NODE_OUTPUT => of_reports(&["reeve.report.*.output.*.*"]),
        DEAD_LETTER_QUEUE => Config {
            max_age: 365 * DAY,
            ..of_reports(&["reeve.dead-letter.>", "reeve.dead-letter-resolved.>"])
        },
        SECRET_KEYS => {
            Config { allow_atomic_publish: true, ..directly_read(["reeve.secret-key.*".to_owned()].into()) }
        }
        PROBE => Config { subjects: vec![PROBE_SUBJECT.to_owned()], max_messages: 1, ..Config::default() },
        _ => match (service(REQUESTS_SUFFIX), service(JSON_SUFFIX), service("")) {
            (Some(service), ..) => requests(&service),
            (_, Some(service), _) => json(&service),
            (.., service) => events(&service.unwrap_or_default()),
        },
    };
    Config { name: name.to_owned(), ..settings }
}

fn directly_read(subjects: Vec<String>) -> Config {
    Config { subjects, allow_direct: true, ..Config::default() }
}

/// A service's events are kept for ever.
fn events(service: &str) -> Config {
    Config {
        allow_atomic_publish: true,
        deny_delete: true,
        deny_purge: true,
        ..directly_read(vec![format!("reeve.evt.{service}.*.>")])
    }
}

/// Each subject, `reeve.request.<service>.<from>.<request id>`, holds one request.
fn requests(service: &str) -> Config {
    let subjects = vec![format!("reeve.request.{service}.*.*")];
    Config { max_age: RETENTION, discard: DiscardPolicy::New, ..directly_read(subjects) }
}

/// A service's events as JSON are a copy, which keeps what is newest.
fn json(service: &str) -> Config {
    Config {
        deny_delete: true,
        deny_purge: true,
        max_age: JSON_RETENTION,
        max_bytes: MAX_JSON_BYTES,
        ..directly_read(vec![format!("reeve.json.{service}.*.>")])
    }
}

fn node_inbox() -> Config {
    Config {
        allow_atomic_publish: true,
        max_messages_per_subject: 1,
        max_age: RETENTION,
        republish: Some(Republish {
            source: "reeve.node.*.cmd.*".to_owned(),
            destination: "reeve.live.{{wildcard(1)}}.cmd.{{wildcard(2)}}".to_owned(),
            headers_only: false,
        }),
        ..directly_read(vec!["reeve.node.*.cmd.*".to_owned()])
    }
}

fn of_reports(subjects: &[&str]) -> Config {
    Config {
        max_age: RETENTION,
        duplicate_window: DUPLICATE_WINDOW,
        discard: DiscardPolicy::New,
        ..directly_read(subjects.iter().map(|subject| (*subject).to_owned()).collect())
    }
}

/// Makes (or finds) a stream, with the settings that its name tells. A part that may not make any waits for a while for it to be there.
///
/// # Errors
/// When the bus refuses; [`Error::NoStream`] when it is not there and this part may not make it.
pub async fn ensure(bus: &Bus, name: &str) -> Result<(), Error> {
    ensure_as(bus, settings(name)).await
}

/// Makes (or finds) the stream of a service's events.
///
/// # Errors
/// As [`ensure`].
pub async fn ensure_events(bus: &Bus, service: &str) -> Result<(), Error> {
    ensure(bus, &of_service(service)).await
}

/// Makes (or finds) the streams between the control plane and the nodes, and the one of dead letters.
///
/// # Errors
/// As [`ensure`].
pub async fn ensure_node_streams(bus: &Bus) -> Result<(), Error> {
    for name in [NODE_INBOX, NODE_REPORTS, NODE_OUTPUT, DEAD_LETTER_QUEUE] {
        ensure(bus, name).await?;
    }
    Ok(())
}

/// Makes (or finds) the stream of the requests to a service.
///
/// # Errors
/// As [`ensure`].
pub async fn ensure_requests(bus: &Bus, service: &str) -> Result<(), Error> {
    ensure(bus, &of_requests(service)).await
}

/// Makes (or finds) the stream of a service's events as JSON.
///
/// # Errors
/// As [`ensure`].
pub async fn ensure_json(bus: &Bus, service: &str) -> Result<(), Error> {
    ensure(bus, &of_json(service)).await
}

pub(crate) async fn ensure_as(bus: &Bus, config: Config) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        match ensure_now(bus, &config).await {
            Err(Error::NoStream(name)) if begun.elapsed() < FIND_TIME => {
                tracing::debug!(stream = name, "a stream is not there yet");
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            // Servers of a cluster that start agree on one to lead first; and two who make a stream at once hinder each other.
            Err(error) if bus.is_replicated() && begun.elapsed() < CLUSTER_START_TIME => {
                tracing::debug!(%error, stream = config.name, "a stream is not there yet");
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            ended => return ended,
        }
    }
}

async fn ensure_now(bus: &Bus, config: &Config) -> Result<(), Error> {
    let failed = |e: String| Error::bus("make a stream")(e);
    let is_another = |kind: CreateStreamErrorKind| matches!(kind, CreateStreamErrorKind::JetStream(e) if e.error_code() == ErrorCode::STREAM_NAME_EXIST);
    let known = info(bus, &config.name).await?.map(|info| info.config);
    if !bus.makes_streams {
        return known.map(drop).ok_or_else(|| Error::NoStream(config.name.clone()));
    }
    let replicas = bus.replicas.or(known.as_ref().map(|known| known.num_replicas)).unwrap_or(1);
    let wanted = Config { num_replicas: replicas, ..config.clone() };
    if known.is_none() {
        match bus.context.create_stream(wanted.clone()).await {
            Ok(_) => return Ok(()),
            // It is made in this moment, with other settings.
            Err(e) if is_another(e.kind()) => {}
            Err(e) => return Err(failed(e.to_string())),
        }
    }
    // A change is written to the disk, and agreed on by all servers of a cluster.
    if known.is_some_and(|known| is_as(&known, &wanted)) {
        return Ok(());
    }
    bus.context.update_stream(wanted).await.map(|_| ()).map_err(|e| failed(e.to_string()))
}

/// Whether a stream is as it is wanted, as far as streams are told apart here.
fn is_as(known: &Config, wanted: &Config) -> bool {
    let told = |config: &Config| {
        (
            (
                config.subjects.clone(),
                config.num_replicas,
                config.max_age,
                config.republish.clone(),
                config.discard,
            ),
            (config.allow_direct, config.allow_atomic_publish, config.deny_delete, config.deny_purge),
            // What has no bound is written in two ways.
            [config.max_messages, config.max_messages_per_subject, config.max_bytes]
                .map(|bound| bound.max(0)),
            // Nothing is copied from elsewhere, and nothing stored under another subject.
            (
                config.mirror.is_some(),
                config.sources.as_ref().is_some_and(|sources| !sources.is_empty()),
                config.subject_transform.is_some(),
            ),
            (config.no_ack, config.sealed, config.allow_rollup, config.storage, config.retention),
        )
    };
    let window = wanted.duplicate_window;
    told(known) == told(wanted) && (window.is_zero() || known.duplicate_window == window)
}

/// Whether there is a stream.
///
/// # Errors
/// When the bus does not answer.
pub async fn exists(bus: &Bus, stream: &str) -> Result<bool, Error> {
    Ok(info(bus, stream).await?.is_some())
}

/// The servers of a cluster that should keep a stream and are away, or behind; `None` when there is no such stream.
///
/// # Errors
/// When the bus does not answer: so it is when more than half of those servers are away.
pub async fn servers_away(bus: &Bus, stream: &str) -> Result<Option<Vec<String>>, Error> {
    let Some(info) = info(bus, stream).await? else { return Ok(None) };
    let Some(cluster) = info.cluster else { return Ok(Some(Vec::new())) };
    if info.config.num_replicas > 1 && cluster.leader.is_none() {
        return Err(Error::bus("find a stream's leader")(stream.to_owned()));
    }
    let away = cluster.replicas.into_iter().filter(|peer| peer.offline || !peer.current);
    Ok(Some(away.map(|peer| peer.name).collect()))
}

async fn info(bus: &Bus, stream: &str) -> Result<Option<Info>, Error> {
    use async_nats::jetstream::{
        ErrorCode,
        context::{GetStreamErrorKind, RequestError, RequestErrorKind},
    };
    use std::error::Error as _;
    match bus.context.get_stream(stream).await {
        Ok(found) => Ok(Some(found.cached_info().clone())),
        Err(error) => match error.kind() {
            GetStreamErrorKind::JetStream(answer) if answer.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                Ok(None)
            }
            _ => {
                let request = error.source().and_then(|source| source.downcast_ref::<RequestError>());
                match request.is_some_and(|request| request.kind() == RequestErrorKind::TimedOut) {
                    true => Err(Error::TimedOut { subject: stream.to_owned(), limit: ACK_TIMEOUT }),
                    false => Err(Error::bus("find a stream")(error.to_string())),
                }
            }
        },
    }
}

/// When a stream begins: when it was made or, if that is earlier, with its first message, as in a restored one.
///
/// # Errors
/// When there is no such stream or the bus does not answer.
pub async fn begins(bus: &Bus, stream: &str) -> Result<Timestamp, Error> {
    let found =
        bus.context.get_stream(stream).await.map_err(|e| Error::bus("find a stream")(e.to_string()))?;
    let info = found.cached_info();
    let first = (info.state.messages > 0).then_some(info.state.first_timestamp);
    let begins = first.map_or(info.created, |first| first.min(info.created));
    Ok(Timestamp(i64::try_from(begins.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)))
}

/// The sequence of a stream's last message, 0 when it has none.
///
/// # Errors
/// When there is no such stream or the bus does not answer.
pub async fn last_sequence(bus: &Bus, stream: &str) -> Result<u64, Error> {
    ask_again(bus, async || {
        let found = bus.context.get_stream(stream).await;
        let found = found.map_err(|e| Error::bus("find a stream")(e.to_string()))?;
        Ok(found.cached_info().state.last_sequence)
    })
    .await
}
