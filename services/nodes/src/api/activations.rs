//! CreateActivation, DescribeActivations, DeleteActivation.

use crate::{
    domain::activation::{Activation, ActivationEvent, Command},
    projections::{ACTIVATIONS, ActivationRow},
};
use reeve_contracts::{nodes::ActivationCreated, ssm};
use reeve_runtime::{ApiError, Call, check_filter_key, page_size, text, to_answers};
use reeve_types::{Timestamp, ids::random_hex};
use sha2::{Digest, Sha256};

/// AWS: 24 hours unless the caller says otherwise.
const DEFAULT_LIFETIME_SECONDS: i64 = 24 * 60 * 60;
const FILTER_KEYS: [&str; 3] = ["ActivationIds", "DefaultInstanceName", "IamRole"];
const REPEATED: &str = "This call was carried out before, and the code of an activation is shown once.";

/// What is stored of a code.
pub(super) fn code_hash(code: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(code.as_bytes()))
}

pub async fn create(
    call: Call<ssm::CreateActivationRequest>,
) -> Result<ssm::CreateActivationResult, ApiError> {
    let input = &call.input;
    // The call's own id: a call that is delivered again leads to no second activation.
    let (id, code) = (call.caller.command_id.to_string(), random_hex::<20>().map_err(ApiError::internal)?);
    let expires = match input.expiration_date {
        None => call.now.plus_seconds(DEFAULT_LIFETIME_SECONDS),
        Some(seconds) => Timestamp::from_epoch_seconds(seconds)
            .ok_or_else(|| ApiError::invalid("ExpirationDate is not an instant."))?,
    };
    let tags = input.tags.iter().flatten().map(|t| reeve_contracts::nodes::Tag {
        key: t.key.clone().unwrap_or_default(),
        value: t.value.clone().unwrap_or_default(),
    });
    let created = ActivationCreated {
        activation_id: id.clone(),
        code_hash: code_hash(&code),
        description: input.description.clone().unwrap_or_default(),
        default_name: input.default_instance_name.clone().unwrap_or_default(),
        iam_role: input.iam_role.clone().unwrap_or_default(),
        registration_limit: input.registration_limit.map_or(1, |n| u32::try_from(n).unwrap_or(0)),
        expires_ms: expires.0,
        tags: tags.collect(),
    };
    let hash = created.code_hash.clone();
    let executed = call.execute::<Activation>(&id, Command::Create(Box::new(created))).await?;
    match executed.event {
        Some(ActivationEvent::ActivationCreated(created)) if created.code_hash == hash => {}
        _ => return Err(ApiError::new("InvalidParameters", REPEATED)),
    }
    Ok(ssm::CreateActivationResult { activation_code: Some(code), activation_id: Some(id) })
}

pub async fn describe(
    call: Call<ssm::DescribeActivationsRequest>,
) -> Result<ssm::DescribeActivationsResult, ApiError> {
    let input = &call.input;
    for filter in input.filters.iter().flatten() {
        check_filter_key(filter.filter_key.as_deref().unwrap_or_default(), &FILTER_KEYS)?;
    }
    let keep = |row: &ActivationRow| {
        input.filters.iter().flatten().all(|filter| {
            let value = match filter.filter_key.as_deref() {
                Some("ActivationIds") => &row.id,
                Some("DefaultInstanceName") => &row.default_name,
                _ => &row.iam_role,
            };
            filter.filter_values.iter().flatten().any(|wanted| wanted == value)
        })
    };
    let limit = page_size(input.max_results, 50)?;
    let after = input.next_token.as_deref();
    let page = call.handle.views().filter::<ActivationRow>(ACTIVATIONS, "", after, limit, |_, row| keep(row));
    let (activations, next_token) = to_answers(page, |row| answer(row, call.now))?;
    Ok(ssm::DescribeActivationsResult { activation_list: Some(activations), next_token })
}

fn answer(row: ActivationRow, now: Timestamp) -> ssm::Activation {
    let tags = row.tags.into_iter().map(|(key, value)| ssm::Tag { key: Some(key), value: Some(value) });
    ssm::Activation {
        activation_id: Some(row.id),
        created_date: Some(row.created.epoch_seconds()),
        default_instance_name: text(&row.default_name),
        description: text(&row.description),
        expiration_date: Some(row.expires.epoch_seconds()),
        expired: Some(now >= row.expires),
        iam_role: text(&row.iam_role),
        registration_limit: i32::try_from(row.limit).ok(),
        registrations_count: i32::try_from(row.count).ok(),
        tags: Some(tags.collect()),
    }
}

pub async fn delete(
    call: Call<ssm::DeleteActivationRequest>,
) -> Result<ssm::DeleteActivationResult, ApiError> {
    let id = call.input.activation_id.clone().unwrap_or_default();
    call.execute::<Activation>(&id, Command::Delete).await.map_err(|e| match e {
        reeve_runtime::ExecuteError::Refused(_) => {
            ApiError::new("InvalidActivationId", format!("The activation ID {id} does not exist."))
        }
        other => other.into(),
    })?;
    Ok(ssm::DeleteActivationResult::default())
}
