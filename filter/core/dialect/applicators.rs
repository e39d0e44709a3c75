//! Where a JSON Schema holds schemas: the keywords that JSON Schema calls applicators, and those of definitions.

/// Where schemas are in the value of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// It is one.
    One,
    /// It is a list of them.
    List,
    /// It is either.
    OneOrList,
    /// It is an object of them.
    Object,
}

/// The members that hold schemas, of those that somebody wants to look into.
pub type Grammar = &'static [(&'static str, Form)];

/// All that JSON Schema has: <https://json-schema.org/draft/2020-12/meta/applicator>.
pub const ALL: Grammar = &[
    ("properties", Form::Object),
    ("items", Form::OneOrList),
    ("prefixItems", Form::OneOrList),
    ("anyOf", Form::List),
    ("oneOf", Form::List),
    ("allOf", Form::List),
    ("$defs", Form::Object),
    ("definitions", Form::Object),
    ("additionalProperties", Form::One),
    ("patternProperties", Form::Object),
    ("dependentSchemas", Form::Object),
    ("propertyNames", Form::One),
    ("contains", Form::One),
    ("additionalItems", Form::One),
    ("unevaluatedItems", Form::One),
    ("unevaluatedProperties", Form::One),
    ("not", Form::One),
    ("if", Form::One),
    ("then", Form::One),
    ("else", Form::One),
];
