//! Operations: one typed handler each.

use crate::{
    ApiError, ExecuteError, Executed, Handle,
    as_of::{AsOf, whole},
    caller::{Caller, said_by_node},
    stopping::Stopping,
};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use reeve_contracts::tags::ResourceEvent;
use reeve_eventsourcing::{AggregateRef, Context, Decider, Event, Position, event_name};
use reeve_jetstream::{Headers, Message, Subscription, serve, streams};
use reeve_telemetry::metrics;
use reeve_types::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tracing::Instrument;
use uuid::Uuid;

/// One call of an operation.
pub struct Call<I> {
    pub handle: Handle,
    pub input: I,
    pub caller: Caller,
    /// The subject that the call came in on; a node's question names the node there.
    pub subject: String,
    /// The instant of the call, or the earlier one that it asks about.
    pub now: Timestamp,
    reached: Arc<Reached>,
}

impl<I> Call<I> {
    pub fn context(&self) -> Context {
        Context {
            now: self.now,
            actor: self.caller.actor.clone(),
            command_id: self.caller.command_id,
            correlation_id: self.caller.command_id,
            cause_id: None,
            traceparent: self.caller.traceparent.clone(),
        }
    }

    /// The context of a call that may carry a client's token: the same token with the same content is the same command.
    ///
    /// # Errors
    /// When the input cannot be written out.
    pub fn context_of_token(&self, operation: &str, token: Option<&String>) -> Result<Context, ApiError>
    where
        I: Serialize,
    {
        let context = self.context();
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(context) };
        let content = serde_json::to_string(&self.input).map_err(ApiError::internal)?;
        let identity = format!("{operation} {} {token} {content}", context.actor.name);
        Ok(Context { command_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, identity.as_bytes()), ..context })
    }

    /// Decides a command on behalf of the caller; the answer will carry the position that it reached.
    ///
    /// # Errors
    /// As [`Handle::execute`].
    pub async fn execute<D: Decider>(
        &self,
        id: &str,
        command: D::Command,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Error>> {
        let executed = self.handle.execute::<D>(id, command, &self.context()).await?;
        self.reached(executed.position);
        Ok(executed)
    }

    /// Says which position of the service's stream the caller's next reads must not be behind.
    pub fn reached(&self, position: Position) {
        self.reached.own.fetch_max(position.0, Ordering::Relaxed);
    }

    /// Waits until the tags service has taken over what this call did to the tags of a resource. The caller's next reads
    /// show it, whichever service answers them.
    pub async fn tags_follow(&self, kind: &str, id: &str) {
        let begun = tokio::time::Instant::now();
        let mut wait = Duration::from_millis(1);
        while begun.elapsed() < CONSEQUENCE_WAIT {
            if self.note_tags(&self.last_of_tags(kind, id).await) {
                return;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_millis(50));
        }
        tracing::warn!(kind, id, "an answer did not wait any longer for the tags service");
    }

    /// As [`Call::tags_follow`], for a call that has deleted a resource: one that has no tags keeps nobody waiting.
    pub async fn tags_end(&self, kind: &str, id: &str) {
        let begun = tokio::time::Instant::now();
        let mut wait = Duration::from_millis(1);
        loop {
            let last = self.last_of_tags(kind, id).await;
            // Where some were removed last there may be others, or none, and then nothing follows.
            let patience = match last.as_ref().and_then(|event| event.headers.get("ce-type")) {
                Some(schema) if event_name(schema) == "TagsRemoved" => REMOVAL_WAIT,
                Some(_) => CONSEQUENCE_WAIT,
                None => Duration::ZERO,
            };
            if self.note_tags(&last) || begun.elapsed() >= patience {
                return;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_millis(50));
        }
    }

    /// The last event of a resource's tags.
    async fn last_of_tags(&self, kind: &str, id: &str) -> Option<Message> {
        let subject = AggregateRef::of::<ResourceEvent>(&format!("{kind}/{id}")).subject();
        let stream = streams::of_service(ResourceEvent::SERVICE);
        self.handle.bus().direct_get(&stream, &subject).await.ok().flatten()
    }

    /// Notes where an event of tags stands, if this call is what caused it.
    fn note_tags(&self, event: &Option<Message>) -> bool {
        let cause = self.caller.command_id.to_string();
        let of_this_call =
            event.as_ref().filter(|event| event.headers.get("ce-correlationid") == Some(cause.as_str()));
        let sequence = of_this_call.and_then(|event| event.headers.get("Nats-Sequence")?.parse().ok());
        if let Some(sequence) = sequence {
            self.reached.note(&streams::of_service(ResourceEvent::SERVICE), sequence);
        }
        sequence.is_some()
    }
}

/// How far the streams went with a call: its caller's next reads must not be behind that.
#[derive(Default)]
pub(crate) struct Reached {
    /// In the service's own stream.
    own: AtomicU64,
    others: Mutex<Vec<(String, u64)>>,
}

impl Reached {
    fn note(&self, stream: &str, sequence: u64) {
        self.others.lock().unwrap_or_else(PoisonError::into_inner).push((stream.to_owned(), sequence));
    }

    /// As the answer's header says it; none, when nothing was reached.
    fn header(&self, own: &str) -> Option<String> {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let first = (own, self.own.load(Ordering::Relaxed));
        let all = std::iter::once(first).chain(others.iter().map(|(stream, at)| (stream.as_str(), *at)));
        let texts: Vec<_> =
            all.filter(|(_, at)| *at > 0).map(|(stream, at)| format!("{stream}:{at}")).collect();
        (!texts.is_empty()).then(|| texts.join(","))
    }
}

pub(crate) type Handler =
    Arc<dyn Fn(Handle, Message, Arc<Reached>) -> BoxFuture<'static, Result<Bytes, ApiError>> + Send + Sync>;

/// The declaration of an operation: the API it belongs to, its name, whether it reads or writes, and what it is done to.
#[derive(Clone, Debug)]
pub struct Operation {
    pub(crate) api: &'static str,
    pub(crate) name: &'static str,
    writes: bool,
    live: bool,
    resources: Vec<(&'static str, &'static str)>,
}

impl Operation {
    /// An operation that changes nothing: it may be repeated, and asked as of an earlier instant.
    pub const fn read(api: &'static str, name: &'static str) -> Self {
        Self { api, name, writes: false, live: false, resources: Vec::new() }
    }

    /// An operation that changes something: a repeated call is answered with the first answer.
    pub const fn write(api: &'static str, name: &'static str) -> Self {
        Self { api, name, writes: true, live: false, resources: Vec::new() }
    }

    /// Says that the operation answers from something else than the views: not as of an earlier instant.
    #[must_use]
    pub const fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// Says what the operation is done to, for those who authorize: a kind of resource and the member of the input that
    /// names one, or a list of them, or a path to it (`Entries.Name`). A kind that begins with `@` is read from that member.
    #[must_use]
    pub fn on(mut self, kind: &'static str, member: &'static str) -> Self {
        self.resources.push((kind, member));
        self
    }
}

/// One operation of a service.
pub(crate) struct Endpoint {
    operation: Operation,
    subject: String,
    /// Nodes ask here, through the account of theirs: their name is in the subject, and they have no key of the services.
    by_agents: bool,
    handler: Handler,
}

impl Endpoint {
    pub fn new(operation: Operation, subject: String, handler: Handler) -> Self {
        Self { operation, subject, by_agents: false, handler }
    }

    pub fn asked_by_agents(self) -> Self {
        Self { by_agents: true, ..self }
    }

    pub fn is_asked_by_agents(&self) -> bool {
        self.by_agents
    }

    pub fn announcement(&self) -> serve::Announcement<'_> {
        let Operation { api, name, writes, resources, .. } = &self.operation;
        serve::Announcement { name, api, subject: &self.subject, writes: *writes, resources }
    }
}

pub(crate) fn handler<I, O, F, Fut>(operation: F) -> Handler
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize + 'static,
    F: Fn(Call<I>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
{
    let operation = Arc::new(operation);
    Arc::new(move |handle, message, reached| {
        let operation = operation.clone();
        Box::pin(async move {
            let body: &[u8] = if message.data.is_empty() { b"{}" } else { &message.data };
            let input = serde_json::from_slice::<I>(body).map_err(|e| {
                ApiError::new("SerializationException", format!("The request could not be read: {e}"))
            })?;
            let mut caller = Caller::read(&message.headers);
            caller.traceparent = reeve_telemetry::passed_on(caller.traceparent.as_deref());
            let now = handle.inner.as_of.unwrap_or_else(Timestamp::now);
            let call = Call { handle, input, caller, subject: message.subject, now, reached };
            let output = operation(call).await?;
            serde_json::to_vec(&output).map(Bytes::from).map_err(ApiError::internal)
        })
    })
}

/// As many requests as one endpoint works on at a time; more wait their turn.
const MAX_CONCURRENT_REQUESTS: usize = 256;
/// As long as a read waits for the position that its caller has seen.
const POSITION_TIMEOUT: Duration = Duration::from_secs(5);

/// As long as a write waits for what follows from it in another service.
const CONSEQUENCE_WAIT: Duration = Duration::from_secs(2);
/// The same, where nothing may follow.
const REMOVAL_WAIT: Duration = Duration::from_millis(200);

/// Answers the requests of one endpoint until the service stops and all that had come are answered.
pub(crate) async fn run(
    handle: Handle,
    as_of: Arc<AsOf>,
    endpoint: Endpoint,
    requests: Subscription,
    stopping: Stopping,
) {
    let endpoint = Arc::new(endpoint);
    let work = |request: Message| {
        let (handle, as_of, endpoint) = (handle.clone(), as_of.clone(), endpoint.clone());
        async move {
            let name = endpoint.operation.name;
            let span = tracing::info_span!("operation", "otel.name" = name, service = handle.service());
            reeve_telemetry::child_of(&span, request.headers.get("traceparent"));
            answer(handle, &as_of, &endpoint, request).instrument(span).await;
        }
    };
    stopping.serve(requests, MAX_CONCURRENT_REQUESTS, work).await;
}

async fn answer(handle: Handle, as_of: &AsOf, endpoint: &Endpoint, request: Message) {
    let asked = match endpoint.by_agents {
        true => serve::Asked::by_node(&request),
        false => serve::Asked::by(&request),
    };
    let (request, verified) = match endpoint.by_agents {
        true => (said_by_node(request), Ok(())),
        false => {
            let verified = serve::verify(handle.bus(), &endpoint.subject, &request);
            (request, verified)
        }
    };
    let reached = Arc::new(Reached::default());
    let begun = Instant::now();
    let result = match verified {
        Ok(()) => carry_out(&handle, as_of, endpoint, request, reached.clone()).await,
        Err(error) => {
            tracing::warn!(%error, "a call that the edge did not let through");
            let message = "The call did not come through the gateway.";
            Err(ApiError::new("AccessDeniedException", message))
        }
    };
    let outcome = result.as_ref().map_or_else(|error| error.code.as_str(), |_| "ok");
    metrics::operation(handle.service(), endpoint.operation.name, outcome, begun.elapsed());
    let mut headers = Headers::default();
    if let Some(positions) = reached.header(&handle.inner.stream) {
        headers = headers.with("reeve-position", positions);
    }
    let Err(error) = send(&handle, &asked, headers.clone(), result).await else { return };
    // Most likely it is too large for the bus: its caller learns that now, and not by waiting in vain.
    tracing::error!(%error, subject = asked.subject, "an answer could not be sent");
    let unsent = ApiError::internal(format!(
        "The operation was carried out, but its answer could not be sent: {error}."
    ));
    if let Err(error) = send(&handle, &asked, headers, Err(unsent)).await {
        tracing::warn!(%error, subject = asked.subject, "nor could be said that it was not");
    }
}

async fn send(
    handle: &Handle,
    asked: &serve::Asked,
    mut headers: Headers,
    result: Result<Bytes, ApiError>,
) -> Result<(), reeve_jetstream::Error> {
    let subject = &asked.subject;
    let body = match result {
        Ok(body) => body,
        Err(error) => {
            if error.code == "InternalServerError" {
                tracing::error!(subject, %error, "an operation failed");
            } else if error.code == "ServiceUnavailable" {
                tracing::warn!(subject, %error, "an operation was not carried out");
            }
            headers = headers.with("reeve-error", error.code.as_str());
            let mut body = *error.members;
            body.insert("message".to_owned(), error.message.into());
            Bytes::from(serde_json::Value::Object(body).to_string())
        }
    };
    serve::answer(handle.bus(), asked, headers, body).await
}

async fn carry_out(
    handle: &Handle,
    as_of: &AsOf,
    endpoint: &Endpoint,
    request: Message,
    reached: Arc<Reached>,
) -> Result<Bytes, ApiError> {
    let handle = match request.headers.get(serve::AS_OF) {
        None => {
            if let Some(positions) = request.headers.get(serve::MIN_POSITION) {
                wait_for_positions(handle, positions).await;
            }
            handle.clone()
        }
        Some(_) if endpoint.operation.writes => {
            let message =
                format!("{} writes: it cannot be called as of an instant.", endpoint.operation.name);
            return Err(ApiError::invalid(message));
        }
        Some(_) if endpoint.operation.live => {
            let message = format!("{} answers about now alone.", endpoint.operation.name);
            return Err(ApiError::invalid(message));
        }
        Some(text) => as_of.at(instant(text)?).await?,
    };
    // A panic of one handler is that caller's InternalServerError, and nobody else's.
    let work = AssertUnwindSafe((endpoint.handler)(handle.clone(), request, reached)).catch_unwind();
    let answer = work.await.unwrap_or_else(|_| Err(ApiError::internal("The operation failed.")));
    whole(&handle).and(answer)
}

fn instant(text: &str) -> Result<Timestamp, ApiError> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| {
        let message = format!("{text:?} is not an RFC 3339 instant, such as 2026-01-31T12:00:00Z.");
        ApiError::invalid(message)
    })
}

async fn wait_for_positions(handle: &Handle, positions: &str) {
    let all = async {
        for position in positions.split(',') {
            if let Some((stream, sequence)) = position.rsplit_once(':')
                && handle.inner.followed.contains(stream)
                && let Ok(sequence) = sequence.parse()
            {
                handle.views().wait_for(stream, sequence).await;
            }
        }
    };
    if tokio::time::timeout(POSITION_TIMEOUT, all).await.is_err() {
        tracing::warn!(positions, "a read did not wait any longer for its positions");
    }
}
