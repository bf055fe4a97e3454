//! Members that AWS sends also when they are empty: `schemas/aws/always-sent.json` names them. Programs read them without
//! asking whether they are there: `r["Comment"]` in Python.

use serde::{Serialize, Serializer};

/// Writes what is there, or what is empty of its kind.
pub(crate) fn or_empty<T: Serialize + Default, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => value.serialize(serializer),
        None => T::default().serialize(serializer),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn what_is_empty_stands_there_and_what_is_not_asked_for_does_not() {
        let command = serde_json::to_value(crate::ssm::Command::default()).unwrap();
        let notification = json!({"NotificationArn": "", "NotificationEvents": [], "NotificationType": ""});
        assert_eq!(
            (&command["OutputS3BucketName"], &command["NotificationConfig"]),
            (&json!(""), &notification)
        );
        assert_eq!((&command["Targets"], command.get("AlarmConfiguration")), (&json!([]), None));
        assert_eq!(command["CloudWatchOutputConfig"]["CloudWatchOutputEnabled"], false);
    }
}
