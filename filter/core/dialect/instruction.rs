//! The form of an answer in words, for targets that cannot be told it otherwise: as
//! <https://platform.claude.com/docs/en/test-and-evaluate/strengthen-guardrails/increase-consistency> advises.

use crate::hub::ResponseFormat;

/// What the operator says of the form; `None` where any will do.
pub fn form(format: &ResponseFormat<'_>) -> Option<String> {
    const JSON_ONLY: &str = "Answer with one JSON object and nothing else: no explanation before or after it, no code fence around it.";
    match format {
        ResponseFormat::Text => None,
        ResponseFormat::JsonObject | ResponseFormat::JsonSchema { schema: None, .. } => {
            Some(JSON_ONLY.to_owned())
        }
        ResponseFormat::JsonSchema { schema: Some(schema), description, .. } => {
            let description = description.as_deref().map(|text| format!(" The object is: {text}"));
            let description = description.unwrap_or_default();
            let schema = schema.get();
            Some(format!("{JSON_ONLY}{description} It must be valid against this JSON Schema:\n{schema}"))
        }
    }
}
