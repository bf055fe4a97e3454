//! GetServiceSetting, UpdateServiceSetting, ResetServiceSetting.

use crate::{
    domain::setting::{Command, Error, Known, SETTINGS, ServiceSetting},
    projections::{SETTINGS as ROWS, SettingRow},
};
use reeve_contracts::ssm::{
    GetServiceSettingRequest, GetServiceSettingResult, ResetServiceSettingRequest, ResetServiceSettingResult,
    ServiceSetting as Shown, UpdateServiceSettingRequest, UpdateServiceSettingResult,
};
use reeve_runtime::{ApiError, Call, Caller, Handle};
use reeve_types::arn::Arn;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        ApiError::invalid(error.to_string())
    }
}

/// The setting of an id or an ARN.
fn known(id: Option<&String>) -> Result<Known, ApiError> {
    let id = id.map(String::as_str).unwrap_or_default();
    // An ARN has the id behind the kind, with its slash: servicesetting/ssm/….
    let short = Arn::parse(id).and_then(|arn| arn.resource.strip_prefix("servicesetting")).unwrap_or(id);
    SETTINGS.into_iter().find(|setting| setting.id == short).ok_or_else(|| {
        let ids = SETTINGS.map(|setting| setting.id).join(", ");
        ApiError::new(
            "ServiceSettingNotFound",
            format!("SettingId is {id:?}, which is no setting here: there are {ids}."),
        )
    })
}

fn shown(handle: &Handle, caller: &Caller, setting: Known) -> Shown {
    let row = handle.views().get::<SettingRow>(ROWS, setting.id);
    let resource = format!("servicesetting{}", setting.id);
    let arn = Arn {
        partition: "aws",
        service: "ssm",
        region: &caller.region,
        account: &caller.account,
        resource: &resource,
    };
    let default = setting.values.first().copied().unwrap_or_default();
    Shown {
        arn: Some(arn.to_string()),
        last_modified_date: row.as_ref().map(|row| row.changed.epoch_seconds()),
        last_modified_user: Some(
            row.as_ref().map_or_else(|| "System".to_owned(), |row| row.principal.clone()),
        ),
        setting_id: Some(setting.id.to_owned()),
        setting_value: Some(row.as_ref().map_or_else(|| default.to_owned(), |row| row.value.clone())),
        status: Some(if row.is_some() { "Customized" } else { "Default" }.to_owned()),
    }
}

pub async fn get(call: Call<GetServiceSettingRequest>) -> Result<GetServiceSettingResult, ApiError> {
    let setting = known(call.input.setting_id.as_ref())?;
    Ok(GetServiceSettingResult { service_setting: Some(shown(&call.handle, &call.caller, setting)) })
}

pub async fn update(call: Call<UpdateServiceSettingRequest>) -> Result<UpdateServiceSettingResult, ApiError> {
    let setting = known(call.input.setting_id.as_ref())?;
    let value = call.input.setting_value.clone().unwrap_or_default();
    call.execute::<ServiceSetting>(setting.id, Command::Update { setting, value }).await?;
    Ok(UpdateServiceSettingResult {})
}

/// Answers what the setting is from now on.
pub async fn reset(call: Call<ResetServiceSettingRequest>) -> Result<ResetServiceSettingResult, ApiError> {
    let setting = known(call.input.setting_id.as_ref())?;
    call.execute::<ServiceSetting>(setting.id, Command::Reset { setting }).await?;
    Ok(ResetServiceSettingResult { service_setting: Some(shown(&call.handle, &call.caller, setting)) })
}
