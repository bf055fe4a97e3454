//! Enrolment: an activation for an identity.

use crate::{
    Shared,
    api::activations::code_hash,
    domain::{
        activation::{Activation, ActivationEvent, Command},
        node::{Node, NodeEvent},
    },
    projections::REVOKED_KEYS,
    reactors::{keys::current, presence::registration},
};
use reeve_eventsourcing::{Actor, Context, Event, Position};
use reeve_jetstream::{store, streams};
use reeve_node_protocol::enrol::{Answer, Request};
use reeve_runtime::{ApiError, Call};
use reeve_types::NodeId;
use std::sync::Arc;
use uuid::Uuid;

/// Lets a node in: at most as many as the activation allows, each once.
pub async fn enrol(shared: Arc<Shared>, call: Call<Request>) -> Result<Answer, ApiError> {
    let request = &call.input;
    if !request.proves_possession() {
        return Err(ApiError::new(
            "InvalidActivation",
            "The signature does not prove that the sender holds public_key.",
        ));
    }
    // Derived, so that a node whose first try was cut off gets the same id at the next.
    let seed = format!("{}/{}", request.activation_id, request.public_key);
    let node = NodeId::from_uuid(Uuid::new_v5(&Uuid::NAMESPACE_OID, seed.as_bytes()));
    // The bus would not let it in. Only the key's holder is told.
    if call.handle.views().get::<u64>(REVOKED_KEYS, &request.public_key).is_some() {
        return Err(ApiError::new(
            "InvalidActivation",
            "This key was that of a deregistered node: make another.",
        ));
    }
    let Some(key_set) = current(&shared, &call.handle) else {
        return Err(ApiError::internal("no dispatch keys are published yet"));
    };
    let redeem = Command::Redeem {
        code_hash: code_hash(&request.activation_code),
        node_id: node.to_string(),
        public_key: request.public_key.clone(),
        hostname: request.hostname.chars().filter(|c| !c.is_control()).take(256).collect(),
    };
    let redeemed = call.execute::<Activation>(&request.activation_id, redeem).await?;
    let redeemed_at = redeemed.position;
    if let Some(ActivationEvent::ActivationRedeemed(redeemed)) = redeemed.event {
        let has_tags = !redeemed.tags.is_empty();
        let because = because_of(&call, redeemed_at).await?;
        let registered = call.handle.execute::<Node>(node.as_str(), registration(redeemed), &because).await?;
        call.reached(registered.position);
        if registered.event.is_some() && has_tags {
            call.tags_follow("ManagedInstance", node.as_str()).await;
        }
    }
    let config = &shared.config;
    Ok(Answer {
        jwt: config.enrolment.node_jwt(&node, &request.public_key).map_err(ApiError::internal)?,
        node_id: node.to_string(),
        bus_url: config.bus_url.clone(),
        root_key: config.root_key.clone(),
        key_set: data_encoding::BASE64.encode(&key_set.signed_set),
        account: config.account.clone(),
        region: config.region.clone(),
    })
}

/// The context of what this service does because of an event of its own, whether a call of the same chain led to it or an earlier one.
async fn because_of(call: &Call<Request>, at: Position) -> Result<Context, ApiError> {
    let event = store::at(call.handle.bus(), &streams::of_service(NodeEvent::SERVICE), at).await;
    let event = event.map_err(|error| ApiError::new("ServiceUnavailable", error.to_string()))?;
    Ok(Context { actor: Actor::service(NodeEvent::SERVICE), cause_id: Some(event.id), ..call.context() })
}
