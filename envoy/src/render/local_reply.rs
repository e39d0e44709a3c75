//! What Envoy answers by itself, in OpenAI's shape: before the filter sees a request, or when the filter cannot answer.
//! All its other answers pass the filter, which gives them their shape.

use serde_json::{Value, json};

use super::typed;

/// An answer of Envoy's.
struct Reply {
    /// When: a condition on the request's attributes,
    /// <https://www.envoyproxy.io/docs/envoy/v1.40.0/intro/arch_overview/advanced/attributes>.
    when: &'static str,
    message: &'static str,
    kind: &'static str,
    code: &'static str,
    /// The status that clients see, where it is another than Envoy's.
    status: Option<u16>,
    /// When to come back, in seconds.
    retry_after: Option<&'static str>,
}

const REPLIES: &[Reply] = &[
    Reply {
        when: "response.code_details.startsWith('http1.') || response.code_details.startsWith('http2.') \
               || response.code_details in ['missing_host_header', 'low_version', 'upgrade_failed', \
               'path_normalization_failed']",
        message: "this request cannot be served: %RESPONSE_CODE_DETAILS%",
        kind: "invalid_request_error",
        code: "invalid_request",
        status: None,
        retry_after: None,
    },
    Reply {
        when: "response.code_details in ['request_header_timeout', 'request_overall_timeout', \
               'max_duration_timeout']",
        message: "the request did not arrive in time",
        kind: "invalid_request_error",
        code: "request_timeout",
        status: None,
        retry_after: None,
    },
    Reply {
        when: "response.code_details in ['overload', 'overload_error_requests']",
        message: "the gateway has more to do than it has memory for; try again",
        kind: "api_error",
        code: "overloaded",
        status: None,
        retry_after: Some("2"),
    },
    Reply {
        when: "response.code_details in ['wasm_fail_stream', 'cluster_not_found']",
        message: "the gateway failed while it served this request; send it again",
        kind: "api_error",
        code: "plan_lost",
        status: None,
        retry_after: None,
    },
    // What a service says that is asked whether a request may pass (`access.ext_authz`), without its words.
    Reply {
        when: "response.code_details == 'ext_authz_denied' && response.code == 401",
        message: "who you are is not known here",
        kind: "authentication_error",
        code: "invalid_api_key",
        status: None,
        retry_after: None,
    },
    Reply {
        when: "response.code_details == 'ext_authz_denied' && response.code == 429",
        message: "too many requests; try again later",
        kind: "rate_limit_error",
        code: "rate_limit_exceeded",
        status: None,
        retry_after: None,
    },
    Reply {
        when: "response.code_details == 'ext_authz_denied' && response.code >= 400 && response.code < 500",
        message: "this request is not allowed",
        kind: "permission_error",
        code: "access_denied",
        status: Some(403),
        retry_after: None,
    },
    Reply {
        when: "response.code_details in ['ext_authz_denied', 'ext_authz_error']",
        message: "nobody can say at this time whether this request is allowed; send it again",
        kind: "api_error",
        code: "access_unavailable",
        status: Some(503),
        retry_after: Some("1"),
    },
];

/// Envoy's table of its own answers.
pub fn config() -> Value {
    let mappers: Vec<_> = REPLIES.iter().map(mapper).collect();
    json!({ "mappers": mappers })
}

fn mapper(reply: &Reply) -> Value {
    let filter = typed(
        "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
        json!({ "expression": reply.when }),
    );
    let Reply { message, kind, code, .. } = reply;
    let error = json!({ "error": { "message": message, "type": kind, "param": null, "code": code } });
    let headers: Vec<_> = reply.retry_after.iter().map(|seconds| header("retry-after", seconds)).collect();
    let mut mapper = json!({
        "filter": { "extension_filter": { "name": "details", "typed_config": filter } },
        "body_format_override": { "json_format": error },
        "headers_to_add": headers,
    });
    if let (Some(status), Some(mapper)) = (reply.status, mapper.as_object_mut()) {
        mapper.insert("status_code".to_owned(), status.into());
    }
    mapper
}

fn header(name: &str, value: &str) -> Value {
    json!({
        "header": { "key": name, "value": value },
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    })
}
