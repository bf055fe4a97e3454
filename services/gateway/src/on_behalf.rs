//! What the gateway asks services without a caller at the edge: calls that services want made on behalf of principals, and what it looks
//! at itself for them.

use crate::{
    Bus, Gateway,
    errors::Failure,
    forward::{Calling, Task, log_call},
    models::{self, Model, Operation},
};
use bytes::Bytes;
use reeve_types::ids::new_uuid;
use serde_json::{Map, Value};
use std::time::Instant;
use uuid::Uuid;

impl<B: Bus> Gateway<B> {
    /// A call that a service asks for on behalf of a principal: all of the path but the signature, in whose place the service's own
    /// authentication stands. Its id is the asker's, so that no service decides it twice.
    pub(crate) async fn call_for(
        &self,
        calling: &Calling<'_>,
        (model, operation): (&'static Model, &'static Operation),
        (id, reads_only): (Uuid, bool),
        mut input: Map<String, Value>,
    ) -> Result<Bytes, Failure> {
        let begun = Instant::now();
        let result = async {
            // While its service is away it is not known what the operation is done to: a call that waits is not denied for that.
            let route = self.route(model, operation).await?;
            self.see_own_changes(calling.positions).await;
            let admitted = self.admit(calling.principal, (model, operation), &mut input, Ok(Some(route)))?;
            if admitted.route.writes && reads_only {
                let message =
                    format!("{} writes, and what looks at a property only reads.", operation.action);
                return Err(Failure::new("ValidationException", message));
            }
            if admitted.route.writes {
                self.open()?;
            }
            let body = Bytes::from(Value::Object(input).to_string());
            let task = Task { operation, route: &admitted.route, id, body, asked: &admitted.asked };
            self.carry_out(calling, task).await
        };
        let result = result.await;
        let outcome = result.as_ref().map_or_else(|failure| failure.code.as_ref(), |_| "ok");
        log_call(model, operation, (calling.principal, calling.source), id, outcome, begun.elapsed());
        result
    }

    /// What the gateway itself looks at, for what it was asked for.
    pub(crate) async fn look(
        &self,
        calling: &Calling<'_>,
        service: &str,
        name: &str,
        input: Value,
    ) -> Result<Value, Failure> {
        let model = models::model(service);
        let found = model.and_then(|model| Some((model, model.operation(name)?)));
        let (model, operation) = found.ok_or_else(|| Failure::internal("There is no such operation."))?;
        let route = self.route(model, operation).await?;
        let task = Task {
            operation,
            route: &route,
            id: new_uuid(),
            body: Bytes::from(input.to_string()),
            asked: "",
        };
        let body = self.carry_out(calling, task).await?;
        serde_json::from_slice(&body).map_err(|error| Failure::internal(error.to_string()))
    }
}
