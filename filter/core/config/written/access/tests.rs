//! What those who vouch are written as, and what is wrong with that.

use serde_json::{Value, json};

use super::Access;
use crate::config::{Config, JwksSource};

fn with(access: &Value, tls: &Value) -> Value {
    json!({
        "providers": {"openai": {}, "anthropic": {}, "local": {"kind": "openai-compatible", "endpoint": "http://a", "auth": "none"}},
        "listen": {"address": "127.0.0.1:8080", "tls": tls},
        "access": access,
    })
}

fn complaints(config: &Value) -> Vec<String> {
    let errors = Config::parse(config).err().unwrap_or_default();
    errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect()
}

#[test]
fn who_vouches_is_read_as_it_is_written() {
    let jwks = json!({"url": "https://login.example.com/keys"});
    let access = json!({
        "roles": {"developer": {}, "admin": {"admin": true}},
        "jwt": [
            {"issuer": "https://a", "audiences": ["ferro"], "jwks": jwks, "claim": "realm.roles",
             "roles": {"boss": "admin", "*": "developer"}},
            {"issuer": "https://b", "audiences": ["ferro"], "jwks": {"file": "keys.json"}, "id_claim": "email"},
        ],
        "mtls": {"roles": {"spiffe://a/*": "developer"}},
        "ext_authz": {"url": "http://authz:9000/check/", "headers": ["X-Team"], "role": "X-Role"},
        "default_role": "developer",
    });
    let tls = json!({"certificate": "c", "key": "k", "client_ca": "a", "client_certificate": "optional"});
    let config = Config::parse(&with(&access, &tls)).unwrap();
    assert!(config.listen[0].tls.as_ref().unwrap().without_certificate);
    let Access::Keyed(access) = config.access else { panic!("{:?}", config.access) };
    let [first, second] = access.jwt.as_slice() else { panic!("{:?}", access.jwt) };
    assert_eq!((&*first.issuer.name, first.issuer.claim.join("/").as_str()), ("https://a", "realm/roles"));
    assert_eq!(
        (&first.issuer.id_claim[..], &second.issuer.id_claim[..]),
        (&["sub".into()][..], &["email".into()][..])
    );
    let roles = |roles: &crate::access::Roles| {
        roles.0.iter().map(|(glob, role)| format!("{} {}", glob.as_str(), role.name)).collect::<Vec<_>>()
    };
    assert_eq!(roles(&first.issuer.roles), ["boss admin", "* developer"]);
    assert_eq!(roles(&second.issuer.roles), ["developer developer", "admin admin"]);
    assert_eq!(second.jwks, JwksSource::File("keys.json".to_owned()));
    assert_eq!(roles(access.mtls.as_ref().unwrap()), ["spiffe://a/* developer"]);
    let asked = access.ext_authz.as_ref().unwrap();
    assert_eq!((asked.endpoint.path.as_str(), asked.timeout.as_secs()), ("/check", 1));
    assert_eq!(asked.service.sees, ["x-team", "authorization"]);
    assert_eq!((&*asked.service.role, &*asked.service.id), ("x-role", "x-ferro-id"));
    assert!(access.vouchers().default_role.is_some_and(|role| role.name == "developer"));
}

#[test]
fn what_is_wrong_with_who_vouches_is_said() {
    let jwt = |more: Value| {
        let mut jwt = json!({"issuer": "i", "audiences": ["a"], "jwks": {"file": "f"}, "claim": "c"});
        jwt.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"jwt": jwt})
    };
    let tls = json!({"certificate": "c", "key": "k"});
    for (access, want) in [
        (json!({}), "access: no key would be good"),
        (json!({"jwt": {}}), "access.jwt: missing key \"issuer\""),
        (json!({"jwt": []}), "access.jwt: expected 1 to 16 issuers, found 0"),
        (json!({"jwt": "x"}), "access.jwt: expected an object with"),
        (jwt(json!({"audiences": []})), "access.jwt.audiences: expected 1 to 1000, found 0"),
        (jwt(json!({"jwks": {}})), "access.jwt.jwks: expected one of `url` and `file`"),
        (jwt(json!({"jwks": {"url": "keys"}})), "access.jwt.jwks.url: "),
        (jwt(json!({"claim": null})), "access.jwt: nobody would have a role: add `claim`"),
        (
            jwt(json!({"claim": null, "roles": {"a": "admin"}})),
            "access.jwt: `roles` is of no use without `claim`",
        ),
        (jwt(json!({"claim": "a..b"})), "access.jwt.claim: expected 1 to 8 names"),
        (jwt(json!({"roles": {"a": "boss"}})), "access.jwt.roles.a: unknown value \"boss\""),
        (jwt(json!({"forward": true})), "access.jwt.forward: unknown key"),
        (json!({"mtls": {"roles": {"*": "developer"}}}), "access.mtls: no client is asked for a certificate"),
        (json!({"mtls": {}}), "access.mtls: nobody would have a role: add `roles`"),
        (
            json!({"ext_authz": {"url": "http://a/", "timeout": "2h"}}),
            "access.ext_authz.timeout: every request waits",
        ),
        (json!({"ext_authz": {"url": "http://a/", "role": "a b"}}), "access.ext_authz.role: this cannot be"),
        (json!({"ext_authz": {"timeout": "1s"}}), "access.ext_authz: missing key \"url\""),
    ] {
        let said = complaints(&with(&access, &tls));
        assert!(said.iter().any(|it| it.starts_with(want)), "{access}: {said:?}");
    }
    let one = jwt(json!({}))["jwt"].clone();
    let said = complaints(&with(&json!({"jwt": [one, one]}), &tls));
    assert_eq!(said, ["access.jwt[1]: the issuer \"i\" is there already"]);
    let optional = json!({"certificate": "c", "key": "k", "client_certificate": "optional"});
    let said = complaints(&with(&json!({"signing_key": "${A}"}), &optional));
    assert_eq!(said, ["listen.tls: `client_certificate` is of no use without `client_ca`"]);
}

#[test]
fn a_caller_s_key_is_for_one_provider() {
    let keyed = json!({"signing_key": "${A}"});
    let target = |provider: &str| json!({"provider": provider, "model": "m"});
    for (targets, access, want) in [
        (json!([target("openai")]), &keyed, None),
        (json!([target("openai"), {"provider": "openai", "model": "n"}]), &keyed, None),
        (json!([target("openai"), target("anthropic")]), &keyed, Some("a caller's key is for one provider")),
        (json!([]), &keyed, Some("a caller's key is for one provider")),
        (json!([target("local")]), &keyed, Some("this provider is not called with a key")),
        (json!([target("openai")]), &json!("none"), Some("this needs `access`")),
        (json!([target("openai")]), &Value::Null, Some("this needs `access`")),
    ] {
        let mut config = with(access, &json!({"certificate": "c", "key": "k"}));
        config["routes"] = json!([{"name": "own", "credential": "caller", "targets": targets}]);
        let said = complaints(&config);
        let about = |want: &str| format!("routes[0].credential: {want}");
        match want {
            None => assert_eq!(said, Vec::<String>::new(), "{targets}"),
            Some(want) => assert!(said.iter().any(|it| it.starts_with(&about(want))), "{targets}: {said:?}"),
        }
    }
}

#[test]
fn routes_are_for_roles_that_there_are() {
    let mut config = with(&json!({"signing_key": "${A}"}), &json!({"certificate": "c", "key": "k"}));
    config["routes"] = json!([{"name": "a", "match": {"roles": ["developer", "admins"]}}]);
    let want = "routes[0].match.roles[1]: unknown value \"admins\", expected one of admin, developer, did you mean \"admin\"?";
    assert_eq!(complaints(&config), [want]);
}
