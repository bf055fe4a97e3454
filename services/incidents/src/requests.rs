//! What other services ask for: an incident by a response plan, on behalf of a principal.
//!
//! It is decided on as StartIncident is. A request whose principal may not start one by that plan, or whose plan is not
//! there, is a dead letter, which says why.

use crate::{
    projections::PLANS,
    shape,
    starting::{self, Asked},
};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::{incidents::IncidentRequested, ssm_incidents::GetResponsePlanOutput};
use reeve_runtime::{HandlerError, Request, StripedLock};
use std::sync::Arc;

/// Starts the incident that is asked for, or adds its trigger to the open one.
pub(crate) async fn start(
    authorizer: Arc<dyn Authorizer>,
    turns: Arc<StripedLock>,
    request: Request<IncidentRequested>,
) -> Result<(), HandlerError> {
    let (handle, context, asked) = (&request.handle, &request.context, &request.message);
    authorizer.catch_up(handle.bus()).await?;
    let place = Place { region: &asked.region, account: &asked.account };
    let plan = Resource::new("ResponsePlan", &asked.plan);
    permit(&*authorizer, &context.actor.name, "ssm-incidents:StartIncident", [plan], place)
        .map_err(HandlerError::Permanent)?;
    let Some(plan) = handle.views().get::<GetResponsePlanOutput>(PLANS, &asked.plan) else {
        return Err(HandlerError::Permanent(format!("There is no response plan {:?}.", asked.plan)));
    };
    let details = Asked {
        title: asked.title.clone(),
        impact: Some(asked.impact).filter(|impact| *impact > 0),
        trigger: asked.trigger.clone().unwrap_or_default(),
        region: asked.region.clone(),
    };
    let started = starting::described(shape::plan(plan), details, context);
    match starting::start(handle, &turns, started, &asked.account, context).await {
        Ok(_) => Ok(()),
        Err(refused) if refused.is_ours() => Err(HandlerError::Unavailable(refused.to_string())),
        Err(refused) => Err(HandlerError::Retry(refused.to_string())),
    }
}
