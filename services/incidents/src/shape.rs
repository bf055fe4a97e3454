//! Response plans as events have them, and as AWS's API does.

use reeve_contracts::{
    incidents::{IncidentTemplate, NamedText, NamedTexts, PagerDuty, ResponsePlan, Runbook},
    ssm_incidents as aws,
};
use reeve_runtime::text;

/// A plan as GetResponsePlan answers it, without its ARN.
pub fn plan_output(plan: ResponsePlan) -> aws::GetResponsePlanOutput {
    aws::GetResponsePlanOutput {
        actions: Some(plan.runbook.into_iter().map(action).collect()),
        arn: None,
        chat_channel: Some(chat_channel(plan.chat_channel)),
        display_name: text(&plan.display_name),
        engagements: Some(plan.engagements),
        incident_template: Some(template(plan.template.unwrap_or_default())),
        integrations: Some(plan.pager_duty.into_iter().map(integration).collect()),
        name: text(&plan.name),
    }
}

/// A plan as its event has it.
pub fn plan(asked: aws::GetResponsePlanOutput) -> ResponsePlan {
    let actions = asked.actions.into_iter().flatten();
    let integrations = asked.integrations.into_iter().flatten();
    ResponsePlan {
        name: asked.name.unwrap_or_default(),
        display_name: asked.display_name.unwrap_or_default(),
        template: Some(template_of(asked.incident_template.unwrap_or_default())),
        engagements: asked.engagements.unwrap_or_default(),
        chat_channel: chat_channel_of(asked.chat_channel),
        runbook: actions.filter_map(|action| action.ssm_automation).map(runbook_of).next(),
        pager_duty: integrations.filter_map(|i| i.pager_duty_configuration).map(pager_duty_of).next(),
    }
}

pub fn chat_channel(topics: Vec<String>) -> aws::ChatChannel {
    match topics.is_empty() {
        true => aws::ChatChannel { chatbot_sns: None, empty: Some(aws::EmptyChatChannel {}) },
        false => aws::ChatChannel { chatbot_sns: Some(topics), empty: None },
    }
}

pub fn chat_channel_of(channel: Option<aws::ChatChannel>) -> Vec<String> {
    channel.and_then(|channel| channel.chatbot_sns).unwrap_or_default()
}

pub fn targets(arns: Vec<String>) -> Vec<aws::NotificationTargetItem> {
    arns.into_iter().map(|arn| aws::NotificationTargetItem { sns_topic_arn: Some(arn) }).collect()
}

pub fn targets_of(items: Option<Vec<aws::NotificationTargetItem>>) -> Vec<String> {
    items.into_iter().flatten().filter_map(|item| item.sns_topic_arn).collect()
}

fn template(template: IncidentTemplate) -> aws::IncidentTemplate {
    let tags = template.tags.into_iter().map(|tag| (tag.name, tag.value));
    aws::IncidentTemplate {
        dedupe_string: text(&template.dedupe_string),
        impact: Some(template.impact),
        incident_tags: Some(tags.collect()),
        notification_targets: Some(targets(template.notification_targets)),
        summary: text(&template.summary),
        title: Some(template.title),
    }
}

fn template_of(asked: aws::IncidentTemplate) -> IncidentTemplate {
    let tags = asked.incident_tags.into_iter().flatten();
    IncidentTemplate {
        title: asked.title.unwrap_or_default(),
        impact: asked.impact.unwrap_or_default(),
        summary: asked.summary.unwrap_or_default(),
        dedupe_string: asked.dedupe_string.unwrap_or_default(),
        notification_targets: targets_of(asked.notification_targets),
        tags: tags.map(|(name, value)| NamedText { name, value }).collect(),
    }
}

fn action(runbook: Runbook) -> aws::Action {
    let dynamic = runbook
        .dynamic_parameters
        .into_iter()
        .map(|parameter| (parameter.name, aws::DynamicSsmParameterValue { variable: Some(parameter.value) }));
    let parameters = runbook.parameters.into_iter().map(|parameter| (parameter.name, parameter.values));
    let automation = aws::SsmAutomation {
        document_name: Some(runbook.document_name),
        document_version: text(&runbook.document_version),
        dynamic_parameters: Some(dynamic.collect()),
        parameters: Some(parameters.collect()),
        role_arn: Some(runbook.role_arn),
        target_account: text(&runbook.target_account),
    };
    aws::Action { ssm_automation: Some(automation) }
}

fn runbook_of(asked: aws::SsmAutomation) -> Runbook {
    let parameters = asked.parameters.into_iter().flatten();
    let dynamic = asked.dynamic_parameters.into_iter().flatten();
    Runbook {
        document_name: asked.document_name.unwrap_or_default(),
        document_version: asked.document_version.unwrap_or_default(),
        role_arn: asked.role_arn.unwrap_or_default(),
        target_account: asked.target_account.unwrap_or_default(),
        parameters: parameters.map(|(name, values)| NamedTexts { name, values }).collect(),
        dynamic_parameters: dynamic
            .map(|(name, value)| NamedText { name, value: value.variable.unwrap_or_default() })
            .collect(),
    }
}

fn integration(pager_duty: PagerDuty) -> aws::Integration {
    let incident = aws::PagerDutyIncidentConfiguration { service_id: Some(pager_duty.service_id) };
    let configuration = aws::PagerDutyConfiguration {
        name: Some(pager_duty.name),
        pager_duty_incident_configuration: Some(incident),
        secret_id: Some(pager_duty.secret_id),
    };
    aws::Integration { pager_duty_configuration: Some(configuration) }
}

fn pager_duty_of(asked: aws::PagerDutyConfiguration) -> PagerDuty {
    let incident = asked.pager_duty_incident_configuration.unwrap_or_default();
    PagerDuty {
        name: asked.name.unwrap_or_default(),
        secret_id: asked.secret_id.unwrap_or_default(),
        service_id: incident.service_id.unwrap_or_default(),
    }
}
