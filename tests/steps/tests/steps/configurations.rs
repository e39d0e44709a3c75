//! What operators may write.

use crate::kind::Kind;
use crate::shapes::{Shape, nested, pieces};

const REFUSED: &[Kind] = &[Kind::Config];

pub const SHAPES: &[Shape] = &[
    Shape::new("models of a provider", 80, |n| {
        config(&format!(
            r#""providers":{{"openai":{{"models":[{}]}}}}"#,
            pieces(n, |at| format!(r#""m{at}""#))
        ))
    }),
    Shape::new("aliases", 80, |n| {
        config(&format!(r#""aliases":{{{}}}"#, pieces(n, |at| format!(r#""a{at}":"b""#))))
    }),
    Shape::new("prices", 50, |n| {
        config(&format!(
            r#""prices":{{{}}}"#,
            pieces(n, |at| format!(r#""openai/m{at}":{{"input":1,"output":2}}"#))
        ))
    }),
    Shape::new("models of a route", 80, |n| {
        route(&format!(r#""models":[{}]"#, pieces(n, |at| format!(r#""m{at}*""#))))
    }),
    Shape::new("words of a route", 80, |n| {
        route(&format!(r#""prompt":{{"contains":[{}]}}"#, pieces(n, |at| format!(r#""w{at}""#))))
    }),
    Shape::new("unknown keys", 50, |n| config(&pieces(n, |at| format!(r#""key{at}":1"#)))).refused(REFUSED),
    Shape::new("a long key", 1000, |n| config(&format!(r#""{}":1"#, "a".repeat(n)))).refused(REFUSED),
    Shape::new("depth", 1000, |n| config(&format!(r#""routes":{}"#, nested(n)))).refused(REFUSED),
];

fn config(members: &str) -> String {
    format!(r#"{{{members}}}"#)
}

fn route(conditions: &str) -> String {
    config(&format!(
        r#""providers":{{"openai":{{}}}},"routes":[{{"name":"a","match":{{{conditions}}},"targets":[{{"provider":"openai"}}]}}]"#
    ))
}
