//! Whether a document can be sent with its parameters.

use serde_json::{Map, Value};

use crate::{
    plan::{DEFAULT_TIMEOUT_SECONDS, parse_executable},
    secrets, step_inputs,
};

/// Why a document cannot be sent with these parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An input of a step is not what it may be.
    #[error("The input {input} of the step {step:?} {problem}.")]
    Input {
        /// The name of the step.
        step: String,
        /// The name of the input.
        input: &'static str,
        /// The rest of the sentence.
        problem: String,
    },
    /// A step holds a reference, and those of parameters alone are resolved.
    #[error(
        "The step {step:?} holds the reference {reference}; references to the Parameter Store are resolved in the values \
         and the defaults of parameters alone, and a script would get their text. A secret (ssm-secure) reaches a script by its \
         input environment, or by a parameter with the interpolationType ENV_VAR."
    )]
    Reference {
        /// The name of the step.
        step: String,
        /// As it stands in the document.
        reference: String,
    },
}

/// Checks what only the values decide: time-outs in their range, working directories that a node can find, and no
/// reference to the Parameter Store. `given` are the parameters as [`crate::bind`] gave them. The answer is the time in
/// seconds that all steps may take together. A document that cannot be planned at all is refused by the node, with the
/// reason.
pub fn execution_timeout(document: &Value, given: &Map<String, Value>) -> Result<u32, Error> {
    let Ok(plan) = parse_executable(document, given) else { return Ok(DEFAULT_TIMEOUT_SECONDS) };
    let downloads = plan.steps.iter().any(|step| step_inputs::is_download(&step.action));
    for step in &plan.steps {
        for inputs in &step.runs {
            step_inputs::check(inputs, downloads).map_err(|(input, problem)| Error::Input {
                step: step.name.clone(),
                input,
                problem,
            })?;
            if let Some(reference) = secrets::misplaced(&step.action, inputs) {
                return Err(Error::Reference { step: step.name.clone(), reference });
            }
        }
    }
    Ok(plan.execution_timeout())
}
