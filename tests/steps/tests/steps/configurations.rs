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
    Shape::new("models of two routes", 80, |n| {
        let models = pieces(n, |at| format!(r#""m{at}","p{at}*""#));
        routes(2, |at| format!(r#""name":"r{at}","match":{{"models":[{models}]}}"#))
    }),
    Shape::new("routes", 40, |n| {
        routes(n, |at| format!(r#""name":"r{at}","match":{{"models":["m{at}","p{at}*"]}}"#))
    }),
    Shape::new("targets of a route", 80, |n| {
        let targets = pieces(n, |at| format!(r#"{{"provider":"openai","model":"m{at}"}}"#));
        config(&format!(r#""providers":{{"openai":{{}}}},"routes":[{{"name":"a","targets":[{targets}]}}]"#))
    }),
    Shape::new("labels", 80, |n| {
        let targets = pieces(n, |at| format!(r#"{{"provider":"openai","label":"l{at}"}}"#));
        config(&format!(
            r#""providers":{{"openai":{{}}}},"routes":[{{"name":"a","strategy":"ab-test","targets":[{targets}]}}]"#
        ))
    }),
    Shape::new("targets and prices", 40, |n| {
        let targets = pieces(n, |at| format!(r#"{{"provider":"openai","model":"m{at}"}}"#));
        let prices = pieces(n, |at| format!(r#""openai/p{at}":{{"input":1,"output":2}}"#));
        config(&format!(
            r#""providers":{{"openai":{{}}}},"prices":{{{prices},"openai/m0":{{"input":1,"output":2}}}},
            "routes":[{{"name":"a","strategy":"cost","unpriced":"skip","targets":[{targets}]}}]"#
        ))
    }),
    Shape::new("providers", 40, |n| config(&format!(r#""providers":{{{}}}"#, providers(n)))),
    Shape::new("providers, routes, aliases and prices", 30, |n| {
        let routes = pieces(n, |at| {
            format!(
                r#"{{"name":"r{at}","match":{{"models":["a{at}","x{at}*"]}},"targets":[{{"provider":"p{at}"}}]}}"#
            )
        });
        config(&format!(
            r#""providers":{{{}}},"routes":[{routes}],"aliases":{{{}}},"prices":{{{}}}"#,
            providers(n),
            pieces(n, |at| format!(r#""a{at}":"p{at}/m""#)),
            pieces(n, |at| format!(r#""p{at}/m":{{"input":1,"output":2}}"#))
        ))
    }),
    Shape::new("credentials", 80, |n| {
        let keys = pieces(n, |at| format!(r#""${{K{at}}}""#));
        config(&format!(r#""providers":{{"openai":{{"api_keys":[{keys}]}}}}"#))
    }),
    Shape::new("headers of a provider", 80, |n| {
        let headers = pieces(n, |at| format!(r#""x{at}":"a""#));
        config(&format!(r#""providers":{{"openai":{{"headers":{{{headers}}}}}}}"#))
    }),
    Shape::new("headers that a provider sees", 80, |n| {
        let names = pieces(n, |at| format!(r#""y-{at}""#));
        config(&format!(r#""providers":{{"openai":{{"forwards":[{names}]}}}}"#))
    }),
    Shape::new("variables of a provider", 80, |n| {
        let variables = pieces(n, |at| format!(r#""x{at}":"a""#));
        let path = pieces(n, |at| format!("/{{x{at}}}")).replace(',', "");
        config(&format!(
            r#""providers":{{"openai":{{"variables":{{{variables}}},"operations":{{"chat":{{"path":"{path}"}}}}}}}}"#
        ))
    }),
    Shape::new("brackets in an endpoint", 400, |n| {
        config(&format!(r#""providers":{{"openai":{{"endpoint":"https://a.example/{}"}}}}"#, "{".repeat(n)))
    }),
    Shape::new("headers of two routes", 80, |n| {
        let headers = pieces(n, |at| format!(r#""x-{at}":["v","w{at}*"]"#));
        routes(2, |at| format!(r#""name":"r{at}","match":{{"headers":{{{headers}}}}}"#))
    }),
    Shape::new("conditions of a retry", 80, |n| {
        let on = pieces(n, |at| (400 + at % 200).to_string());
        let routes = pieces(n, |at| format!(r#"{{"name":"r{at}"}}"#));
        config(&format!(r#""retry":{{"on":[{on}]}},"routes":[{routes}]"#))
    }),
    Shape::new("unknown providers", 400, |n| {
        let routes =
            pieces(n, |at| format!(r#"{{"name":"r{at}","targets":[{{"provider":"provder{at}"}}]}}"#));
        config(&format!(r#""providers":{{{}}},"routes":[{routes}]"#, providers(n)))
    })
    .refused(REFUSED),
    Shape::new("prices of unknown providers", 400, |n| {
        let prices = pieces(n, |at| format!(r#""p-{at}/m":{{"input":1,"output":2}}"#));
        config(&format!(r#""providers":{{{}}},"prices":{{{prices}}}"#, providers(n)))
    })
    .refused(REFUSED),
    Shape::new("what is wrong below a long key", 500, |n| {
        config(&format!(
            r#""providers":{{"{}":{{{}}}}}"#,
            "a".repeat(n),
            pieces(n, |at| format!(r#""k{at}":1"#))
        ))
    })
    .refused(REFUSED),
    Shape::new("unknown keys", 50, |n| config(&pieces(n, |at| format!(r#""key{at}":1"#)))).refused(REFUSED),
    Shape::new("a long key", 1000, |n| config(&format!(r#""{}":1"#, "a".repeat(n)))).refused(REFUSED),
    Shape::new("depth", 1000, |n| config(&format!(r#""routes":{}"#, nested(n)))).refused(REFUSED),
];

fn providers(count: usize) -> String {
    pieces(count, |at| {
        format!(
            r#""p{at}":{{"kind":"openai-compatible","endpoint":"http://h:1","models":["m{at}","n{at}*"]}}"#
        )
    })
}

fn routes(count: usize, of: impl Fn(usize) -> String) -> String {
    let targets = r#""targets":[{"provider":"openai"}]"#;
    let routes = pieces(count, |at| format!("{{{},{targets}}}", of(at)));
    config(&format!(r#""providers":{{"openai":{{}}}},"routes":[{routes}]"#))
}

fn config(members: &str) -> String {
    format!(r#"{{{members}}}"#)
}

fn route(conditions: &str) -> String {
    config(&format!(
        r#""providers":{{"openai":{{}}}},"routes":[{{"name":"a","match":{{{conditions}}},"targets":[{{"provider":"openai"}}]}}]"#
    ))
}
