//! The one path that every operation takes: authenticate, validate, authorize, forward, answer.

use crate::binding::Binding;
use crate::directory::{Route, Unclear};
use crate::errors::Failure;
use crate::incoming::{Incoming, parsed};
use crate::models::{self, INVALID_TOKEN, Model, Operation};
use crate::pages::asked;
use crate::repeats;
use crate::resources::named;
use crate::rest;
use crate::sigv4::{self, Caller};
use crate::validate::validate;
use crate::{Answer, Bus, BusError, Config, Forward, Gateway, Shared, Written};
use axum::http::StatusCode;
use bytes::Bytes;
use reeve_authz::{Place, Resource, permit};
use reeve_jetstream::{calls::ENROLMENT_SUBJECT, serve};
use reeve_telemetry::metrics;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Span;
use uuid::Uuid;

/// What a request comes to, and the model in whose protocol to say it, once that is known.
pub struct Outcome {
    pub model: Option<&'static Model>,
    /// Where the answer's members go, when method and path named the operation.
    pub rest: Option<&'static Binding>,
    pub result: Result<Bytes, Failure>,
}

impl Outcome {
    fn failed(model: Option<&'static Model>, failure: Failure) -> Self {
        Self { model, rest: None, result: Err(failure) }
    }
}

/// On whose behalf a service is asked, and what goes with it.
pub(crate) struct Calling<'a> {
    pub principal: &'a str,
    /// Under which it is remembered what was written, for the next read: an access key, or a name of what calls without one.
    pub positions: &'a str,
    pub source: &'a str,
    pub trace: String,
    pub as_of: Option<&'a str>,
    /// The change rules whose calendars were put aside for what it is a part of.
    pub overridden_rules: &'a [String],
}

impl<'a> Calling<'a> {
    fn by(caller: &'a Caller, request: &'a Incoming<'_>) -> Result<Self, Failure> {
        Ok(Self {
            principal: &caller.principal.name,
            positions: &caller.access_key_id,
            source: &request.source,
            trace: request.trace(),
            as_of: request.as_of()?,
            overridden_rules: &[],
        })
    }
}

/// As long as a call waits for what its caller has changed of who may do what.
const OWN_CHANGES_TIMEOUT: Duration = Duration::from_millis(500);

/// A call that may be carried out.
pub(crate) struct Admitted {
    pub route: Arc<Route>,
    /// What its pages are of.
    pub asked: String,
    /// Whether a page's token in the input was opened.
    opened: bool,
}

impl<B: Bus> Gateway<B> {
    /// Serves a request of one of AWS's JSON protocols.
    pub async fn call(&self, request: Incoming<'_>) -> Outcome {
        let caller = match self.authenticate(&request) {
            Ok(caller) => caller,
            Err(error) => return Outcome::failed(None, Failure::new(error.code(), error.to_string())),
        };
        let Some(model) = models::model(&caller.service) else {
            let known: Vec<_> = models::services().collect();
            let message =
                format!("Credential should be scoped to correct service: '{}'.", known.join("' or '"));
            return Outcome::failed(None, Failure::new("InvalidSignatureException", message));
        };
        let is_targeted = request.is_targeted();
        let operation = match operation(model, &request) {
            Ok(operation) => operation,
            Err(failure) => return Outcome::failed(Some(model), failure),
        };
        let (begun, source, request_id) = (Instant::now(), request.source.clone(), request.request_id);
        let result = self.operate(request, &caller, model, operation).await;
        let result = result.map_err(|failure| match failure.code.as_ref() {
            INVALID_TOKEN => Failure { code: operation.code_of_token().into(), ..failure },
            _ => failure,
        });
        let outcome = result.as_ref().map_or_else(|failure| failure.code.as_ref(), |_| "ok");
        log_call(model, operation, (&caller.principal.name, &source), request_id, outcome, begun.elapsed());
        Outcome { model: Some(model), rest: operation.rest.as_ref().filter(|_| !is_targeted), result }
    }

    /// Whether it is worth reading the body of a request: it claims to be signed, here and now, with a key
    /// that is known. Whether it truly is, only the body can tell.
    pub fn recognise(&self, request: &Incoming<'_>) -> Result<(), Failure> {
        let shared = &*self.shared;
        request
            .signed(|signed| {
                shared.verifier.recognise(signed, &*shared.principals, &shared.config.region, request.now)
            })
            .map_err(|error| Failure::new(error.code(), error.to_string()))
    }

    pub(crate) fn authenticate(&self, request: &Incoming<'_>) -> Result<Caller, sigv4::Error> {
        let shared = &*self.shared;
        request.signed(|signed| {
            shared.verifier.verify(signed, &*shared.principals, &shared.config.region, request.now)
        })
    }

    async fn operate(
        &self,
        request: Incoming<'_>,
        caller: &Caller,
        model: &'static Model,
        operation: &'static Operation,
    ) -> Result<Bytes, Failure> {
        let principal = &caller.principal.name;
        Span::current().record("otel.name", &operation.name).record("principal", principal);
        let rest = operation.rest.as_ref().filter(|_| !request.is_targeted());
        let mut input = match rest {
            Some(rest) => rest::input(model, rest, &request, |header| caller.has_signed(header))?,
            None => parsed(&request.body)?,
        };
        let route = self.find(model, operation).await;
        self.see_own_changes(&caller.access_key_id).await;
        let Admitted { route, asked, opened } =
            self.admit(principal, (model, operation), &mut input, route)?;
        // The bytes that were signed, unless a token in them had to be opened, or they are not all of the input.
        let body = if opened || rest.is_some() {
            Bytes::from(Value::Object(input).to_string())
        } else {
            request.body.clone()
        };
        let calling = Calling::by(caller, &request)?;
        if !route.writes {
            let task = Task { operation, route: &route, id: request.request_id, body, asked: &asked };
            return self.carry_out(&calling, task).await;
        }
        if calling.as_of.is_some() {
            let message = format!("{} writes: it cannot be called as of an instant.", operation.name);
            return Err(Failure::new("ValidationException", message));
        }
        self.open()?;
        let id = repeats::id(caller, request.private, &request.target(), &request.body);
        let task = Task { operation, route: &route, id, body, asked: &asked };
        self.shared.repeats.once(id, request.now, self.carry_out(&calling, task)).await
    }

    /// Where an operation goes, or why nowhere.
    pub(crate) async fn route(&self, model: &Model, operation: &Operation) -> Result<Arc<Route>, Failure> {
        offered(self.find(model, operation).await, &operation.name, &self.missing_services())
    }

    async fn find(&self, model: &Model, operation: &Operation) -> Result<Option<Arc<Route>>, Unclear> {
        let shared = &*self.shared;
        shared.directory.find(&shared.bus, model.service, &operation.name).await
    }

    /// Whether a principal may have an operation carried out, and where that is done: `route`, as far as it was found.
    pub(crate) fn admit(
        &self,
        principal: &str,
        (model, operation): (&'static Model, &'static Operation),
        input: &mut Map<String, Value>,
        route: Result<Option<Arc<Route>>, Unclear>,
    ) -> Result<Admitted, Failure> {
        check(model, operation, input)?;
        let known = route.as_ref().ok().and_then(Option::as_ref);
        let announced = known.map(|route| route.resources.as_slice()).unwrap_or_default();
        self.authorize(principal, &operation.action, named(announced, input))?;
        let asked = operation.pages.as_ref().map(|pages| asked(pages, input)).unwrap_or_default();
        let opened = self.open_token(operation, principal, &asked, input)?;
        let route = offered(route, &operation.name, &self.missing_services())?;
        Ok(Admitted { route, asked, opened })
    }

    /// A read of somebody whose signature was verified, by the operation's input.
    pub(crate) async fn read(
        &self,
        request: &Incoming<'_>,
        caller: &Caller,
        service: &str,
        name: &str,
        input: Map<String, Value>,
    ) -> Result<Bytes, Failure> {
        let model = models::model(service);
        let found = model.and_then(|model| Some((model, model.operation(name)?)));
        let (model, operation) = found.ok_or_else(|| Failure::internal("There is no such operation."))?;
        check(model, operation, &input)?;
        let route = self.route(model, operation).await?;
        self.see_own_changes(&caller.access_key_id).await;
        self.authorize(&caller.principal.name, &operation.action, named(&route.resources, &input))?;
        let body = Bytes::from(Value::Object(input).to_string());
        let task = Task { operation, route: &route, id: request.request_id, body, asked: "" };
        self.carry_out(&Calling::by(caller, request)?, task).await
    }

    /// What a caller has changed of who may do what, through whichever gateway, counts for what it calls next.
    pub(crate) async fn see_own_changes(&self, caller: &str) {
        let positions = self.shared.positions.of(caller);
        let seen = async {
            for position in positions.iter().flat_map(|all| all.split(',')) {
                self.shared.authorizer.reached(position).await;
            }
        };
        if tokio::time::timeout(OWN_CHANGES_TIMEOUT, seen).await.is_err() {
            tracing::warn!(caller, "what the caller has changed of permissions is not in force here yet");
        }
    }

    /// Notes what a caller has written: no gateway answers its next read with what was before.
    async fn note_written(&self, caller: &str, positions: &str) {
        let shared = &*self.shared;
        let positions = positions.split(',').map(str::to_owned).collect();
        let written = Written { caller: caller.to_owned(), positions };
        if shared.positions.remember_all(&written) {
            shared.bus.tell_written(&written).await;
        }
        for position in &written.positions {
            // A principal, policy or tag that was changed counts from the next call on, whoever makes it.
            shared.authorizer.reached(position).await;
        }
    }

    /// Asks the service, and answers what it answers.
    pub(crate) async fn carry_out(&self, calling: &Calling<'_>, task: Task<'_>) -> Result<Bytes, Failure> {
        let Task { operation, route, id, body, asked } = task;
        let (shared, principal) = (&*self.shared, calling.principal);
        let mut headers = origin(calling.source, calling.trace.clone(), id);
        headers.push(("reeve-actor".to_owned(), principal.to_owned()));
        headers.push(("reeve-account".to_owned(), shared.config.account.clone()));
        headers.push(("reeve-region".to_owned(), shared.config.region.clone()));
        if let Some(at) = calling.as_of {
            headers.push((serve::AS_OF.to_owned(), at.to_owned()));
        }
        if !calling.overridden_rules.is_empty() {
            headers.push((serve::OVERRIDDEN_RULES.to_owned(), calling.overridden_rules.join(",")));
        }
        headers.extend(
            shared.positions.of(calling.positions).map(|newest| (serve::MIN_POSITION.to_owned(), newest)),
        );
        let (subject, repeatable) = (route.subject.clone(), !route.writes);
        let answer = self.ask(Forward { subject, headers, body: non_empty(body), repeatable }).await?;
        if let Some(positions) = answer.header("reeve-position") {
            self.note_written(calling.positions, positions).await;
        }
        let body = body_of(answer)?;
        match &operation.pages {
            Some(pages) => self.seal_token(pages, operation, principal, asked, body),
            None => Ok(body),
        }
    }

    /// What writes is let through only while it can be written.
    pub fn open(&self) -> Result<(), Failure> {
        match &*self.shared.config.closed.borrow() {
            Some(reason) => {
                let message = format!("{reason} Nothing of this request was accepted.");
                Err(Failure::new("ServiceUnavailable", message))
            }
            None => Ok(()),
        }
    }

    /// Every resource that a request names must be allowed.
    fn authorize(&self, principal: &str, action: &str, resources: Vec<Resource>) -> Result<(), Failure> {
        let Shared { authorizer, config: Config { account, region, .. }, .. } = &*self.shared;
        permit(&**authorizer, principal, action, resources, Place { region, account })
            .map_err(|denied| Failure::new("AccessDeniedException", denied))
    }

    /// Enrols a node. There is no signature: the one-time code in the body is what authenticates.
    pub async fn enroll(&self, request: Incoming<'_>) -> Result<Bytes, Failure> {
        parsed(&request.body)?;
        self.open()?;
        let headers = self.headers(&request, request.request_id);
        self.ask_of(ENROLMENT_SUBJECT, headers, request.body).await.map_err(|failure| {
            let denied = failure.code == "AccessDeniedException";
            if denied { failure.with_status(StatusCode::FORBIDDEN) } else { failure }
        })
    }

    /// The headers that say where a request is from, whoever sent it.
    pub fn headers(&self, request: &Incoming<'_>, id: Uuid) -> Vec<(String, String)> {
        origin(&request.source, request.trace(), id)
    }

    /// Asks on a subject that is no operation's.
    pub async fn ask_of(
        &self,
        subject: &str,
        headers: Vec<(String, String)>,
        body: Bytes,
    ) -> Result<Bytes, Failure> {
        let subject = subject.to_owned();
        body_of(self.ask(Forward { subject, headers, body, repeatable: false }).await?)
    }

    async fn ask(&self, forward: Forward) -> Result<Answer, Failure> {
        self.shared.bus.request(forward).await.map_err(|error| {
            tracing::warn!(%error, "a request was not answered");
            let message = match error {
                BusError::Away => "The bus is away at the moment. Nothing of this request was accepted.",
                BusError::NoResponders => "The service is not there at the moment.",
                BusError::TimedOut => "The service did not answer in time.",
                BusError::Other(_) => "The service could not be reached.",
            };
            Failure::new("ServiceUnavailable", message)
        })
    }
}

/// The headers that say where a call is from.
fn origin(source: &str, trace: String, id: Uuid) -> Vec<(String, String)> {
    let mut headers = Vec::with_capacity(7);
    headers.push(("reeve-source".to_owned(), source.to_owned()));
    headers.push(("reeve-request-id".to_owned(), id.to_string()));
    headers.push(("traceparent".to_owned(), reeve_telemetry::passed_on(Some(&trace)).unwrap_or(trace)));
    headers
}

/// Says in metrics and in the access log that a call was made.
pub(crate) fn log_call(
    model: &Model,
    operation: &Operation,
    (principal, source): (&str, &str),
    request_id: Uuid,
    outcome: &str,
    took: Duration,
) {
    metrics::call(model.service, &operation.name, outcome, took);
    tracing::info!(
        target: "reeve_gateway::access",
        principal, source, action = operation.action, outcome, %request_id, traceparent = reeve_telemetry::passed_on(None),
        milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX), "call"
    );
}

/// Where an operation goes, or why nowhere.
fn offered(
    found: Result<Option<Arc<Route>>, Unclear>,
    name: &str,
    missing: &[&str],
) -> Result<Arc<Route>, Failure> {
    match found {
        Ok(Some(route)) => Ok(route),
        Ok(None) if !missing.is_empty() => {
            let message = format!(
                "Not all services are there yet ({} missing), and whether one of them offers the operation {name} is \
                 not known. Nothing of this request was accepted.",
                missing.join(", ")
            );
            Err(Failure::new("ServiceUnavailable", message))
        }
        Ok(None) => {
            let message = format!("No service offers the operation {name} here.");
            Err(Failure::new("UnknownOperationException", message))
        }
        Err(Unclear) => {
            let message = format!(
                "The bus is away at the moment, and whether a service offers the operation {name} is not known. Nothing \
                 of this request was accepted."
            );
            Err(Failure::new("ServiceUnavailable", message))
        }
    }
}

/// What a service is asked to do for a caller.
pub(crate) struct Task<'a> {
    pub operation: &'a Operation,
    pub route: &'a Route,
    pub id: Uuid,
    pub body: Bytes,
    /// What its pages are of.
    pub asked: &'a str,
}

fn operation<'m>(model: &'m Model, request: &Incoming<'_>) -> Result<&'m Operation, Failure> {
    if request.is_targeted() {
        return targeted(model, request.header("x-amz-target"));
    }
    rest::find(model, request.method, request.path).ok_or_else(|| {
        let message = format!("{} has no operation at {} {:?}.", model.service, request.method, request.path);
        Failure::new("UnknownOperationException", message).with_status(StatusCode::NOT_FOUND)
    })
}

fn targeted<'m>(model: &'m Model, target: Option<&str>) -> Result<&'m Operation, Failure> {
    let unknown = |message: String| Failure::new("UnknownOperationException", message);
    let target = target.ok_or_else(|| unknown("The header X-Amz-Target is missing.".to_owned()))?;
    let name = target.strip_prefix(&model.target_prefix).and_then(|rest| rest.strip_prefix('.'));
    name.and_then(|name| model.operation(name))
        .ok_or_else(|| unknown(format!("The operation {target:?} is not one of {}.", model.service)))
}

/// Whether a body is a valid input of the operation that a call of a service names, as each call is checked.
///
/// # Errors
/// The code that the caller would be answered with.
pub fn check_input(service: &str, target: &str, body: &[u8]) -> Result<(), String> {
    let model = models::model(service).ok_or("InvalidSignatureException")?;
    let checked = targeted(model, Some(target)).and_then(|operation| check(model, operation, &parsed(body)?));
    checked.map_err(|failure| failure.code.to_string())
}

/// Whether an input is valid by its model.
fn check(model: &Model, operation: &Operation, input: &Map<String, Value>) -> Result<(), Failure> {
    let Some(shape) = operation.input else { return Ok(()) };
    validate(model, shape, input).map_err(|error| Failure::new(error.code(), error.to_string()))
}

fn non_empty(body: Bytes) -> Bytes {
    if body.is_empty() { Bytes::from_static(b"{}") } else { body }
}

/// The members that a service answered. Anything but an object would look like an empty answer to clients.
fn body_of(answer: Answer) -> Result<Bytes, Failure> {
    if let Some(code) = answer.header("reeve-error") {
        return Err(Failure::of_service(code, &answer.body));
    }
    let body = answer.body.trim_ascii();
    if body.first() == Some(&b'{') && body.last() == Some(&b'}') {
        Ok(answer.body)
    } else {
        Err(Failure::malformed())
    }
}
