//! Who may do what, for tests.

use reeve_authz::{Authorizer, Decision, Question};

/// Lets everybody but mallory.
pub struct NotMallory;

impl Authorizer for NotMallory {
    fn check(&self, question: Question<'_>) -> Decision {
        if question.principal == "mallory" { Decision::Deny } else { Decision::Allow }
    }
}
