//! Contact channels and their activation.

use super::{after, contacts::contact, home, not_found, rows, token};
use crate::{
    codes,
    domain::channel::{Channel, Command},
    names::{CHANNEL, id_of, is_of},
    projections::{CHANNELS, CHANNELS_OF, ChannelRow},
    reactors::{WEBHOOK, code_name},
    shared::Shared,
};
use reeve_authz::{Place, Resource, permit};
use reeve_contracts::{contacts::ChannelCreated, ssm_contacts::*};
use reeve_runtime::{ApiError, Call, Caller, Store, to_answers};
use std::sync::Arc;

const EMAIL: &str = "EMAIL";

/// The channel that a member names.
///
/// # Errors
/// `ValidationException` for what is no ARN of a channel, `ResourceNotFoundException` when there is none.
pub fn channel(views: &Store, arn: Option<&String>) -> Result<Arc<ChannelRow>, ApiError> {
    let id = id_of("ContactChannelId", arn, CHANNEL)?;
    let row = views.look::<ChannelRow>(CHANNELS, id).filter(|row| is_of(arn, &row.contact));
    row.ok_or_else(|| not_found("CONTACT_CHANNEL", id))
}

/// Whether an address is one of its channel's type.
///
/// # Errors
/// `ValidationException` saying what it must be.
fn check_address(kind: &str, address: &str) -> Result<(), ApiError> {
    let refused = |wants: &str| {
        Err(ApiError::invalid(format!("DeliveryAddress.SimpleAddress is {address:?}; {wants}.")))
    };
    let is_word = |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    match kind {
        EMAIL if address.starts_with("https://") || address.starts_with("http://") => refused(
            "webhooks are registered first (reeve notifications put-webhook NAME URL), and then named webhook:NAME",
        ),
        EMAIL => {
            let is_right = match address.strip_prefix(WEBHOOK) {
                Some(name) => is_word(name),
                None => address.split_once('@').is_some_and(|(user, host)| is_word(user) && is_word(host)),
            };
            if is_right { Ok(()) } else { refused("it must be a mail address or webhook:NAME") }
        }
        _ => match address.strip_prefix('+').is_some_and(|number| {
            (1..=15).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
        }) {
            true => Ok(()),
            false => refused("it must be + and a number with its country code"),
        },
    }
}

/// Whether a principal may send to an address.
fn check_sending(shared: &Shared, caller: &Caller, kind: &str, address: &str) -> Result<(), ApiError> {
    if kind != EMAIL {
        return Ok(());
    }
    let id = if address.starts_with(WEBHOOK) { address.to_owned() } else { format!("mail:{address}") };
    let destination = Resource { kind: "Destination".to_owned(), id };
    let place = Place { region: &caller.region, account: &caller.account };
    permit(&*shared.authorizer, &caller.actor.name, "notifications:Send", [destination], place)
        .map_err(|denied| ApiError::new("AccessDeniedException", denied))
}

fn address_of(address: Option<&ContactChannelAddress>) -> Option<String> {
    address.map(|address| address.simple_address.clone().unwrap_or_default())
}

/// An activation code is sent at once, unless that is deferred.
pub async fn create(
    shared: Shared,
    call: Call<CreateContactChannelRequest>,
) -> Result<CreateContactChannelResult, ApiError> {
    let input = &call.input;
    let of = contact(call.handle.views(), "ContactId", input.contact_id.as_ref())?;
    if of.kind != "PERSONAL" {
        return Err(ApiError::invalid(format!(
            "ContactId: {} is {}, which has no channels.",
            of.alias, of.kind
        )));
    }
    let kind = input.r#type.clone().unwrap_or_default();
    let address = address_of(input.delivery_address.as_ref()).unwrap_or_default();
    check_address(&kind, &address)?;
    check_sending(&shared, &call.caller, &kind, &address)?;
    let context = call.context_of_token("CreateContactChannel", input.idempotency_token.as_ref())?;
    let id = context.command_id.to_string();
    if call.handle.state::<Channel>(&id).channel_id.is_empty() {
        let sealed = codes::seal(&shared.vault).await?;
        let created = ChannelCreated {
            channel_id: id.clone(),
            contact: of.alias.clone(),
            name: input.name.clone().unwrap_or_default(),
            r#type: kind,
            address,
            secret_id: sealed.secret_id,
            sealed_key: sealed.value,
            principal: call.caller.actor.name.clone(),
            account: call.caller.account.clone(),
            region: call.caller.region.clone(),
        };
        let command = Command::Create(Box::new(created));
        call.reached(call.handle.execute::<Channel>(&id, command, &context).await?.position);
    }
    if !input.defer_activation.unwrap_or_default() && call.handle.state::<Channel>(&id).codes == 0 {
        let context = context.derived("code");
        call.reached(call.handle.execute::<Channel>(&id, Command::SendCode, &context).await?.position);
    }
    Ok(CreateContactChannelResult { contact_channel_arn: Some(home(&call).channel(&of.alias, &id)) })
}

fn status(row: &ChannelRow) -> Option<String> {
    Some(if row.is_active { "ACTIVATED" } else { "NOT_ACTIVATED" }.to_owned())
}

pub async fn get(call: Call<GetContactChannelRequest>) -> Result<GetContactChannelResult, ApiError> {
    let row = channel(call.handle.views(), call.input.contact_channel_id.as_ref())?;
    let home = home(&call);
    Ok(GetContactChannelResult {
        activation_status: status(&row),
        contact_arn: Some(home.contact(&row.contact)),
        contact_channel_arn: Some(home.channel(&row.contact, &row.channel_id)),
        delivery_address: Some(ContactChannelAddress { simple_address: Some(row.address.clone()) }),
        name: Some(row.name.clone()),
        r#type: Some(row.kind.clone()),
    })
}

pub async fn list(call: Call<ListContactChannelsRequest>) -> Result<ListContactChannelsResult, ApiError> {
    let input = &call.input;
    let of = contact(call.handle.views(), "ContactId", input.contact_id.as_ref())?;
    let (limit, after) = (rows(input.max_results)?, after(input.next_token.as_ref())?);
    let (views, home) = (call.handle.views(), home(&call));
    let page = views.scan::<()>(CHANNELS_OF, &format!("{}/", of.alias), after.as_deref(), limit);
    let found = page.rows.into_iter().filter_map(|(key, ())| {
        let row = views.look::<ChannelRow>(CHANNELS, key.rsplit_once('/')?.1)?;
        Some((key, row))
    });
    let page = reeve_runtime::Page { rows: found.collect(), next: page.next };
    let (channels, next) = to_answers(page, |row: Arc<ChannelRow>| ContactChannel {
        activation_status: status(&row),
        contact_arn: Some(home.contact(&row.contact)),
        contact_channel_arn: Some(home.channel(&row.contact, &row.channel_id)),
        delivery_address: Some(ContactChannelAddress { simple_address: Some(row.address.clone()) }),
        name: Some(row.name.clone()),
        r#type: Some(row.kind.clone()),
    })?;
    Ok(ListContactChannelsResult { contact_channels: Some(channels), next_token: token(next) })
}

/// Another address has to be activated again, and is sent a code at once.
pub async fn update(
    shared: Shared,
    call: Call<UpdateContactChannelRequest>,
) -> Result<UpdateContactChannelResult, ApiError> {
    let row = channel(call.handle.views(), call.input.contact_channel_id.as_ref())?;
    let address = address_of(call.input.delivery_address.as_ref());
    if let Some(address) = &address {
        check_address(&row.kind, address)?;
        check_sending(&shared, &call.caller, &row.kind, address)?;
    }
    let is_moved = address.as_ref().is_some_and(|address| *address != row.address);
    let command = Command::Update { name: call.input.name.clone(), address };
    call.execute::<Channel>(&row.channel_id, command).await?;
    if is_moved {
        let context = call.context().derived("code");
        let sent = call.handle.execute::<Channel>(&row.channel_id, Command::SendCode, &context).await?;
        call.reached(sent.position);
    }
    Ok(UpdateContactChannelResult {})
}

pub async fn delete(call: Call<DeleteContactChannelRequest>) -> Result<DeleteContactChannelResult, ApiError> {
    let row = channel(call.handle.views(), call.input.contact_channel_id.as_ref())?;
    call.execute::<Channel>(&row.channel_id, Command::Delete).await?;
    Ok(DeleteContactChannelResult {})
}

pub async fn send_code(call: Call<SendActivationCodeRequest>) -> Result<SendActivationCodeResult, ApiError> {
    let row = channel(call.handle.views(), call.input.contact_channel_id.as_ref())?;
    call.execute::<Channel>(&row.channel_id, Command::SendCode).await?;
    Ok(SendActivationCodeResult {})
}

pub async fn activate(
    shared: Shared,
    call: Call<ActivateContactChannelRequest>,
) -> Result<ActivateContactChannelResult, ApiError> {
    let row = channel(call.handle.views(), call.input.contact_channel_id.as_ref())?;
    let given = call.input.activation_code.as_deref().unwrap_or_default();
    let state = call.handle.state::<Channel>(&row.channel_id);
    let wrong = |reason: &str| Err(ApiError::invalid(format!("ActivationCode is {given:?}: {reason}.")));
    let Some(number) = state.code() else {
        return match row.is_active {
            true => Ok(ActivateContactChannelResult {}),
            false => wrong("no code was sent that counts; send-activation-code sends one"),
        };
    };
    let name = code_name(&row.channel_id, number);
    let right = codes::code(&shared.vault, &row.secret_id, &row.sealed_key, &name).await?;
    if !codes::is_right(given, &right) {
        return wrong("that is not the code that was sent last");
    }
    call.execute::<Channel>(&row.channel_id, Command::Activate { number }).await?;
    Ok(ActivateContactChannelResult {})
}

pub async fn deactivate(
    call: Call<DeactivateContactChannelRequest>,
) -> Result<DeactivateContactChannelResult, ApiError> {
    let row = channel(call.handle.views(), call.input.contact_channel_id.as_ref())?;
    call.execute::<Channel>(&row.channel_id, Command::Deactivate).await?;
    Ok(DeactivateContactChannelResult {})
}
