//! AWS's words for statuses.

use crate::outcome::{InvocationStatus, StepStatus};

impl StepStatus {
    /// The word that AWS's agent has for it; empty for an unspecified one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "",
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::TimedOut => "TimedOut",
            Self::Cancelled => "Cancelled",
            Self::Skipped => "Skipped",
        }
    }
}

impl InvocationStatus {
    /// `Status` of the API; empty for an unspecified one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "",
            Self::Success => "Success",
            Self::Failed | Self::Interrupted => "Failed",
            Self::ExecutionTimedOut | Self::DeliveryTimedOut => "TimedOut",
            Self::Cancelled => "Cancelled",
        }
    }

    /// `StatusDetails` of the API; empty for an unspecified one. AWS has no `Interrupted`.
    pub fn details(self) -> &'static str {
        match self {
            Self::ExecutionTimedOut => "ExecutionTimedOut",
            Self::DeliveryTimedOut => "DeliveryTimedOut",
            Self::Interrupted => "Interrupted",
            other => other.name(),
        }
    }
}
