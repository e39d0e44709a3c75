"""Callers whom somebody else vouches for: tokens, certificates, a service that is asked. And callers who
bring a provider's key of their own."""

import base64
import contextlib
import datetime
import hashlib
import ipaddress
import json
import ssl
import time
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from client import Answer, ask, chat_body, get, send
from exchange import Exchange
from gateway import BOUND, eventually
from upstream import Upstream, close, refused, replies, silent
from wire import WIRES
from world import FORGETFUL, THREE, World, key_of, world_of

OURS = "key-of-the-file-0123456789"
OTHER = "another-key-of-the-file-0123456789"
OWN = "sk-own-of-the-caller-0123456789abcdef"
AUDIENCE = "ferro"

# === tokens ===


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, length: int | None = None) -> str:
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8))


class Signer:
    """A key of an issuer: RS256, ES256."""

    def __init__(self, kid: str, algorithm: str) -> None:
        self.kid, self.algorithm = kid, algorithm
        is_rsa = algorithm == "RS256"
        curve = ec.SECP256R1()
        self.key = rsa.generate_private_key(65537, 2048) if is_rsa else ec.generate_private_key(curve)

    @property
    def jwk(self) -> dict:
        known = {"kid": self.kid, "alg": self.algorithm, "use": "sig"}
        numbers = self.key.public_key().public_numbers()
        if self.algorithm == "RS256":
            return known | {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        return known | {"kty": "EC", "crv": "P-256", "x": number(numbers.x, 32), "y": number(numbers.y, 32)}

    def sign(self, data: bytes) -> bytes:
        if self.algorithm == "RS256":
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def token(self, header: dict | None = None, **claims) -> str:
        """A token that is good, but for what `claims` say otherwise; `None` leaves a claim out."""
        usual = {"iss": ISSUERS["file"], "aud": AUDIENCE, "sub": "alice", "exp": int(time.time()) + 600}
        claims = {name: value for name, value in (usual | claims).items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.kid} | (header or {})
        signed = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
        return f"{signed}.{b64(self.sign(signed.encode()))}"


def jwks(*signers: Signer) -> bytes:
    return json.dumps({"keys": [signer.jwk for signer in signers]}).encode()


ISSUERS = {"file": "https://file.example", "url": "https://url.example/tenant"}


def bearer(key: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} | more


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


ROLES = {
    "guest": {"models": ["gpt-4o"]},
    "developer": {"may_route": True},
    "admin": {"admin": True},
}
KEYS = [
    {"id": "ours", "sha256": digest(OURS), "role": "developer"},
    {"id": "other", "sha256": digest(OTHER), "role": "developer"},
]


def only(name: str, *targets: dict, **more) -> dict:
    models = more.pop("models", [name])
    return {"name": name, "match": {"models": models}, "targets": list(targets), "breaker": FORGETFUL} | more


def told(gateway, question: str) -> dict:
    """The line of the log about a request that sent this as its `x-request-id`."""

    def lines() -> list[dict]:
        return [line for line in gateway.log() if line.get("client_request_id") == question]

    return eventually(lines, f"a line about {question}")[0]


class Tokens:
    """A gateway, and who issues tokens for it."""

    def __init__(self, world: World, rs256: Signer, es256: Signer, remote: Signer, keys: Upstream) -> None:
        self.world, self.gateway = world, world.gateway
        self.rs256, self.es256, self.remote, self.keys = rs256, es256, remote, keys
        self.signers = [rs256, es256, remote]

    def ask(self, key: str | None, model: str = "gpt-4o", **headers: str) -> Answer:
        return ask(self.gateway, model, "one", headers=(bearer(key) if key else {}) | headers)

    def told(self, question: str) -> dict:
        return told(self.gateway, question)


@pytest.fixture(scope="module")
def tokens(upstreams, tmp_path_factory):
    rs256, es256, remote = Signer("a", "RS256"), Signer("b", "ES256"), Signer("c", "RS256")
    folder = tmp_path_factory.mktemp("tokens")
    (folder / "jwks.json").write_bytes(jwks(rs256, es256))
    brings = {"credential": "caller"}
    with Upstream("issuer", replies(jwks(remote))) as keys:
        config = {
            "access": {
                "keys": KEYS,
                "roles": ROLES,
                "jwt": [
                    {
                        "issuer": ISSUERS["file"],
                        "audiences": [AUDIENCE, "another"],
                        "jwks": {"file": "jwks.json"},
                        "claim": "realm.roles",
                        "roles": {"boss": "admin", "staff-*": "developer"},
                    },
                    {
                        "issuer": ISSUERS["url"],
                        "audiences": [AUDIENCE],
                        "jwks": {"url": f"{keys.endpoint}/keys"},
                        "claim": "role",
                        "id_claim": "email",
                    },
                ],
            },
            "log": {"requests": "full"},
            "providers": {
                "unkeyed": {
                    "kind": "anthropic",
                    "endpoint": upstreams["anthropic"].endpoint,
                    "auth": "caller",
                },
            },
            "routes": [
                only("admins", {"provider": "anthropic"}, match={"models": ["shared"], "roles": ["admin"]}),
                only("others", {"provider": "openai"}, models=["shared"]),
                *(only(f"own-{kind}", {"provider": kind}, **brings) for kind in THREE),
                only("own-unkeyed", {"provider": "unkeyed"}, **brings),
                only(
                    "own-twice",
                    {"provider": "anthropic", "model": "claude-a"},
                    {"provider": "anthropic", "model": "claude-b"},
                    **brings,
                ),
            ],
        }
        with world_of(folder, upstreams, THREE, config) as world:
            yield Tokens(world, rs256, es256, remote, keys)


@pytest.fixture(autouse=True)
def asked_anew(upstreams):
    for upstream in upstreams.values():
        upstream.script()


STAFF = {"realm": {"roles": ["nobody", "staff-1"]}}


@pytest.mark.parametrize("signer", [0, 1], ids=["RS256", "ES256"])
def test_a_token_is_as_good_as_a_key(tokens, upstreams, signer):
    token = tokens.signers[signer].token(**STAFF)
    assert tokens.ask(token, **{"x-request-id": f"token-{signer}"}).assert_whole().text == "Echo: one"
    request = upstreams["openai"].last
    assert request.header("authorization") == f"Bearer {key_of('openai')}"
    assert token.encode() not in request.raw
    line = tokens.told(f"token-{signer}")
    assert (line["key"], line["role"]) == (f"{ISSUERS['file']}#alice", "developer")
    assert token not in tokens.gateway.output


def test_keys_are_fetched_from_who_issues_tokens(tokens):
    token = tokens.remote.token(iss=ISSUERS["url"], role="guest", email="bob@url.example")
    tokens.ask(token, **{"x-request-id": "fetched"}).assert_whole()
    line = tokens.told("fetched")
    assert (line["key"], line["role"]) == (f"{ISSUERS['url']}#bob@url.example", "guest")
    assert {request.target for request in tokens.keys.requests} == {"/keys"}
    fetched = len(tokens.keys.requests)
    for _ in range(5):
        tokens.ask(token).assert_whole()
    assert len(tokens.keys.requests) == fetched


def test_a_role_is_what_the_token_says(tokens):
    boss = tokens.rs256.token(realm={"roles": ["staff-1", "boss"]})
    assert tokens.ask(boss, "shared").assert_whole().headers["x-ferro-route"] == "admins"
    staff = tokens.rs256.token(realm={"roles": "staff-1"})
    assert tokens.ask(staff, "shared").assert_whole().headers["x-ferro-route"] == "others"
    guest = tokens.remote.token(iss=ISSUERS["url"], role="guest", email="b")
    tokens.ask(guest, "shared").assert_error(403, "permission_error", "model_not_allowed")


@pytest.mark.parametrize(
    "claims", [{}, {"realm": {}}, {"realm": {"roles": []}}, {"realm": {"roles": ["nobody", 7]}}, {"realm": 7}]
)
def test_who_has_no_role_is_refused(tokens, claims):
    answer = tokens.ask(tokens.rs256.token(**claims))
    answer.assert_error(403, "permission_error", "role_not_found")


def unsigned(signer: Signer) -> str:
    head, claims, _ = signer.token(header={"alg": "none"}, **STAFF).split(".")
    return f"{head}.{claims}."


def by_the_public_key(signer: Signer) -> str:
    """As a careless checker takes it: HMAC with what everybody knows."""
    head, claims, _ = signer.token(header={"alg": "HS256"}, **STAFF).split(".")
    public = signer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    code = hmac.HMAC(public, hashes.SHA256())
    code.update(f"{head}.{claims}".encode())
    return f"{head}.{claims}.{b64(code.finalize())}"


def altered(signer: Signer) -> str:
    head, _, signature = signer.token(**STAFF).split(".")
    _, claims, _ = signer.token(realm={"roles": ["boss"]}).split(".")
    return f"{head}.{claims}.{signature}"


WRONG = {
    "another issuer": lambda it: it.token(iss="https://else.example", **STAFF),
    "the other issuer's name": lambda it: it.token(iss=ISSUERS["url"], role="admin", email="e"),
    "another audience": lambda it: it.token(aud="else", **STAFF),
    "no audience": lambda it: it.token(aud=None, **STAFF),
    "no end": lambda it: it.token(exp=None, **STAFF),
    "not yet": lambda it: it.token(nbf=int(time.time()) + 600, **STAFF),
    "another key": lambda it: Signer("a", "RS256").token(**STAFF),
    "unsigned": unsigned,
    "signed by the public key": by_the_public_key,
    "altered": altered,
    "no name": lambda it: it.token(sub=None, **STAFF),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_token_that_is_not_good_is_refused(tokens, upstreams, wrong):
    answer = tokens.ask(WRONG[wrong](tokens.rs256))
    answer.assert_error(401, "authentication_error", "invalid_api_key")
    assert upstreams["openai"].requests == []


def test_a_token_that_has_ended_says_so(tokens):
    for signer, claims in ((tokens.rs256, STAFF), (tokens.remote, {"iss": ISSUERS["url"], "role": "guest"})):
        answer = tokens.ask(signer.token(exp=int(time.time()) - 600, **claims))
        answer.assert_error(401, "authentication_error", "expired_api_key")


def test_keys_are_good_beside_tokens(tokens):
    tokens.ask(OURS).assert_whole()
    tokens.ask(None).assert_error(401, "authentication_error", "missing_api_key")
    tokens.ask("nobody's").assert_error(401, "authentication_error", "invalid_api_key")


def test_a_key_and_a_token_are_two(tokens):
    token = tokens.rs256.token(**STAFF)
    answer = tokens.ask(token, **{"x-api-key": OURS})
    answer.assert_error(400, "invalid_request_error", "invalid_value")


def test_tokens_are_not_asked_for_where_no_key_is(tokens):
    for path in ("/healthz", "/readyz"):
        assert get(tokens.gateway, path).status == 200


# === keys that callers bring ===


@pytest.mark.parametrize("kind", THREE)
def test_a_caller_s_own_key_goes_to_its_provider(tokens, upstreams, kind):
    for place in ({"x-api-key": OWN}, {"x-goog-api-key": OWN}, {"api-key": OWN}):
        tokens.ask(OURS, f"own-{kind}", **place).assert_whole()
        request = upstreams[kind].last
        scheme = "Bearer " if kind == "openai" else ""
        assert request.header(WIRES[kind].credential) == scheme + OWN
        assert OURS.encode() not in request.raw and key_of(kind).encode() not in request.raw
    # Which of them is whose does not hang on where they stand.
    tokens.ask(OWN, f"own-{kind}", **{"x-api-key": OURS}).assert_whole()
    assert OWN.encode() in upstreams[kind].last.raw and OURS.encode() not in upstreams[kind].last.raw
    # Who is known by a token has only that one.
    tokens.ask(tokens.rs256.token(**STAFF), f"own-{kind}", **{"x-api-key": OWN}).assert_whole()
    assert OWN.encode() in upstreams[kind].last.raw
    assert OWN not in tokens.gateway.output and OURS not in tokens.gateway.output


def test_it_travels_as_the_vendor_s_clients_send_it(tokens, upstreams):
    tokens.ask(OURS, "own-unkeyed", **{"x-api-key": OWN}).assert_whole()
    assert upstreams["anthropic"].last.header("x-api-key") == OWN
    assert upstreams["anthropic"].last.header("authorization") is None


def test_without_one_nobody_is_asked(tokens, upstreams):
    tokens.ask(OURS, "own-openai").assert_error(401, "authentication_error", "missing_api_key")
    tokens.ask(OWN, "own-openai").assert_error(401, "authentication_error", "invalid_api_key")
    assert upstreams["openai"].requests == []


@pytest.mark.parametrize("model", ["gpt-4o", "shared", "openai/gpt-4o"])
def test_elsewhere_two_keys_are_refused(tokens, upstreams, model):
    answer = tokens.ask(OURS, model, **{"x-api-key": OWN})
    answer.assert_error(400, "invalid_request_error", "invalid_value")
    token = tokens.rs256.token(**STAFF)
    tokens.ask(token, model, **{"x-api-key": OWN}).assert_error(400, "invalid_request_error", "invalid_value")
    assert not any(upstream.requests for upstream in upstreams.values())


def test_no_header_takes_it_to_another_provider(tokens, upstreams):
    answer = tokens.ask(OURS, "own-anthropic", **{"x-api-key": OWN, "x-ferro-provider": "openai"})
    answer.assert_error(400, "invalid_request_error", "invalid_value")
    route = {"x-ferro-route": "others", "x-api-key": OWN}
    tokens.ask(OURS, "own-anthropic", **route).assert_error(400, "invalid_request_error", "invalid_value")
    assert not any(upstream.requests for upstream in upstreams.values())


def forged(tokens) -> list[str]:
    return [
        "sk-ferro-forged0123456789",
        tokens.rs256.token(exp=1, **STAFF),
        Signer("a", "RS256").token(**STAFF),
        key_of("gemini"),
    ]


def test_what_was_meant_for_us_is_never_brought(tokens, upstreams):
    for key in forged(tokens):
        answer = tokens.ask(OURS, "own-openai", **{"x-api-key": key})
        answer.assert_error(401, "authentication_error", "invalid_api_key")
        tokens.ask(key, "own-openai", **{"x-api-key": OURS})
    tokens.ask(OURS, "own-openai", **{"x-api-key": OTHER}).assert_error(400, "invalid_request_error")
    three = {"x-api-key": OWN, "api-key": OWN + "2"}
    tokens.ask(OURS, "own-openai", **three).assert_error(400, "invalid_request_error")
    assert upstreams["openai"].requests == []


def test_what_is_wrong_with_it_is_its_owner_s_to_mend(tokens, upstreams):
    wire = WIRES["anthropic"]
    said = f"invalid x-api-key: {OWN}"
    upstreams["anthropic"].script(replies(wire.error(401, said), 401))
    for _ in range(3):
        answer = tokens.ask(OURS, "own-twice", **{"x-api-key": OWN})
        assert answer.status == 401, answer.raw
        assert OWN.encode() not in answer.raw
    # The gateway's own credential does not rest for it.
    upstreams["anthropic"].script()
    tokens.ask(OURS, "claude-a").assert_whole()
    assert OWN not in tokens.gateway.output


def test_it_fails_over_to_its_own_provider_alone(tokens, upstreams):
    wire = WIRES["anthropic"]
    upstreams["anthropic"].script(replies(wire.error(503, "busy"), 503), wire.stands_in())
    tokens.ask(OURS, "own-twice", **{"x-api-key": OWN}).assert_whole()
    asked = upstreams["anthropic"].requests
    assert [request.header("x-api-key") for request in asked] == [OWN, OWN]


# === certificates ===


class Authority:
    """Who signs certificates, with URIs and DNS names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"CA of {folder.name}")])
        self.file = folder / "ca.pem"
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = self.builder(self.name, self.key.public_key()).add_extension(constraints, critical=True)
        self.certificate = builder.sign(self.key, hashes.SHA256())
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def builder(self, subject: x509.Name, public) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(public)
        builder = builder.serial_number(x509.random_serial_number())
        day = datetime.timedelta(days=1)
        return builder.not_valid_before(now - day).not_valid_after(now + day)

    def issue(self, name: str, *names: x509.GeneralName) -> tuple[str, str]:
        """The files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self.builder(subject, key.public_key())
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        files = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        pem = serialization.Encoding.PEM
        files[0].write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(pem))
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        files[1].write_bytes(key.private_bytes(pem, *plain))
        return str(files[0]), str(files[1])


URI, DNS = x509.UniformResourceIdentifier, x509.DNSName


@pytest.fixture(scope="module")
def mtls(upstreams, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mtls")
    authority = Authority(folder)
    certificate, key = authority.issue(
        "server", DNS("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    )
    tls = {
        "certificate": certificate,
        "key": key,
        "client_ca": str(authority.file),
        "client_certificate": "optional",
    }
    roles = {"spiffe://example.org/team-a": "developer", "*.lab.example": "guest"}
    config = {
        "listen": lambda address: {"address": address, "tls": tls},
        "access": {"keys": KEYS, "roles": ROLES, "mtls": {"roles": roles}},
        "routes": [only("own", {"provider": "anthropic"}, credential="caller")],
    }
    with world_of(folder, upstreams, THREE, config) as world:
        yield world, authority


@contextlib.contextmanager
def shows(authority: Authority, shown: tuple[str, str] | None):
    context = ssl.create_default_context(cafile=str(authority.file))
    if shown:
        context.load_cert_chain(*shown)
    with httpx.Client(trust_env=False, timeout=BOUND, verify=context) as client:
        yield client


@pytest.mark.parametrize(
    ("names", "who", "role"),
    [
        ([URI("spiffe://example.org/team-a")], "mtls#spiffe://example.org/team-a", "developer"),
        ([DNS("one.lab.example")], "mtls#one.lab.example", "guest"),
        ([DNS("one.lab.example"), URI("spiffe://example.org/b")], "mtls#spiffe://example.org/b", "guest"),
    ],
)
def test_a_certificate_is_as_good_as_a_key(mtls, names, who, role):
    world, authority = mtls
    with shows(authority, authority.issue("client", *names)) as client:
        question = {"x-request-id": who}
        answer = send(world.gateway, chat_body("gpt-4o", "one"), question, client)
        assert answer.assert_whole().text == "Echo: one"
        line = told(world.gateway, who)
        assert (line["key"], line["role"]) == (who, role)


@pytest.mark.parametrize("names", [[], [URI("spiffe://example.org/team-b")], [DNS("lab.example")]])
def test_a_certificate_of_no_role_is_refused(mtls, names):
    world, authority = mtls
    with shows(authority, authority.issue("nobody", *names)) as client:
        answer = send(world.gateway, chat_body("gpt-4o"), {}, client)
        if names:
            answer.assert_error(403, "permission_error", "role_not_found")
        else:
            answer.assert_error(401, "authentication_error", "missing_api_key")
        # A key says more.
        send(world.gateway, chat_body("gpt-4o"), bearer(OURS), client).assert_whole()


def test_who_has_no_certificate_may_have_a_key(mtls, tmp_path):
    world, authority = mtls
    with shows(authority, None) as client:
        send(world.gateway, chat_body("gpt-4o"), bearer(OURS), client).assert_whole()
        answer = send(world.gateway, chat_body("gpt-4o"), {}, client)
        answer.assert_error(401, "authentication_error", "missing_api_key")
    (tmp_path / "strange").mkdir()
    stranger = Authority(tmp_path / "strange").issue("client", URI("spiffe://example.org/team-a"))
    with shows(authority, stranger) as client, pytest.raises(httpx.TransportError):
        send(world.gateway, chat_body("gpt-4o"), bearer(OURS), client)


def test_who_has_a_certificate_brings_one_key(mtls, upstreams):
    world, authority = mtls
    with shows(authority, authority.issue("client", URI("spiffe://example.org/team-a"))) as client:
        send(world.gateway, chat_body("own"), bearer(OWN), client).assert_whole()
        assert upstreams["anthropic"].last.header("x-api-key") == OWN
        answer = send(world.gateway, chat_body("gpt-4o"), bearer(OWN), client)
        answer.assert_error(400, "invalid_request_error", "invalid_value")
        answer = send(world.gateway, chat_body("own"), {}, client)
        answer.assert_error(401, "authentication_error", "missing_api_key")
        assert upstreams["openai"].requests == [] and OWN not in world.gateway.output


# === a service that is asked ===


class Service:
    """A service that allows what a header of the request tells it to."""

    def __init__(self, world: World, up: Upstream) -> None:
        self.world, self.gateway, self.up = world, world.gateway, up

    def ask(self, model: str = "gpt-4o", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(self.gateway, model, "one", headers=named)


async def allows(exchange: Exchange) -> None:
    """Who is `x-team` has that for a role; who sends this key is its owner."""
    team = exchange.request.header("x-team")
    known = exchange.request.header("authorization") == "Bearer key-of-the-service"
    said = [("x-ferro-role", team or "developer"), ("x-ferro-id", "carol")] if team or known else []
    await exchange.head(200, said, length=0)
    await exchange.end()


def denies(status: int):
    return replies(b'{"secret": "of the service"}', status, [("x-why", "secret of the service")])


@pytest.fixture(scope="module")
def shared_service(upstreams, tmp_path_factory):
    with Upstream("authorization", allows) as up:
        asked = {
            "url": f"{up.endpoint}/check/",
            "timeout": "2s",
            "headers": ["X-Team"],
        }
        config = {
            "access": {"keys": KEYS, "roles": ROLES, "ext_authz": asked},
            "routes": [only("own", {"provider": "anthropic"}, credential="caller")],
        }
        with world_of(tmp_path_factory.mktemp("service"), upstreams, THREE, config) as world:
            yield Service(world, up)


@pytest.fixture
def service(shared_service):
    shared_service.up.script()
    return shared_service


def test_a_service_says_who_asks(service, upstreams):
    assert service.ask(x_team="developer", x_request_id="asked").assert_whole().text == "Echo: one"
    request = service.up.last
    assert (request.method, request.target) == ("POST", "/check/v1/chat/completions")
    line = told(service.gateway, "asked")
    assert (line["key"], line["role"]) == ("ext_authz#carol", "developer")
    assert "x-team" not in upstreams["openai"].last.names()
    answer = service.ask("claude-sonnet-4-5", x_team="guest")
    answer.assert_error(403, "permission_error", "model_not_allowed")
    service.ask(x_team="unheard-of").assert_error(403, "permission_error", "role_not_found")


def test_a_key_that_the_service_knows_is_its_own(service, upstreams):
    theirs = "Bearer key-of-the-service"
    service.ask(authorization=theirs).assert_whole()
    assert b"key-of-the-service" not in upstreams["openai"].last.raw
    service.ask("own", authorization=theirs).assert_error(401, "authentication_error", "missing_api_key")
    service.ask("own", authorization=theirs, x_api_key=OWN).assert_whole()
    request = upstreams["anthropic"].last
    assert request.header("x-api-key") == OWN and b"key-of-the-service" not in request.raw


def test_a_key_of_ours_says_more(service):
    service.ask(authorization=f"Bearer {OURS}", x_team="unheard-of").assert_whole()
    service.ask(authorization=f"Bearer {OURS}").assert_whole()


def test_clients_do_not_say_who_they_are(service):
    forged = {"x_ferro_role": "admin", "x_ferro_id": "root"}
    service.ask(**forged).assert_error(401, "authentication_error", "missing_api_key")
    service.ask(x_team="guest", **forged).assert_whole()
    service.ask("claude-sonnet-4-5", x_team="guest", **forged).assert_error(403, "permission_error")


@pytest.mark.parametrize(
    ("status", "gets", "kind", "code"),
    [
        (401, 401, "authentication_error", "invalid_api_key"),
        (403, 403, "permission_error", "access_denied"),
        (404, 403, "permission_error", "access_denied"),
        (429, 429, "rate_limit_error", "rate_limit_exceeded"),
        (302, 503, "api_error", "access_unavailable"),
        (500, 503, "api_error", "access_unavailable"),
    ],
)
def test_what_the_service_denies_is_refused(service, upstreams, status, gets, kind, code):
    service.up.script(denies(status))
    for headers in ({"x_team": "developer"}, {"authorization": f"Bearer {OURS}"}):
        answer = service.ask(**headers)
        answer.assert_error(gets, kind, code)
        assert b"secret" not in answer.raw and "x-why" not in answer.headers
    assert upstreams["openai"].requests == []


@pytest.mark.parametrize("how", [silent, close], ids=["slow", "broken"])
def test_a_service_that_says_nothing_lets_nobody_in(service, upstreams, how):
    service.up.script(how)
    answer = service.ask(authorization=f"Bearer {OURS}")
    answer.assert_error(503, "api_error", "access_unavailable")
    assert upstreams["openai"].requests == []


def test_signs_of_life_need_no_service(service):
    service.up.script(denies(403))
    for path in ("/healthz", "/readyz"):
        assert get(service.gateway, path).status == 200
    assert service.up.requests == []
    assert get(service.gateway, "/v1/models", headers=bearer(OURS)).status == 403


def test_a_service_that_is_down_lets_nobody_in(upstreams, tmp_path):
    config = {"access": {"keys": KEYS, "roles": ROLES, "ext_authz": {"url": refused()}}}
    with world_of(tmp_path, upstreams, THREE, config) as world:
        answer = ask(world.gateway, "gpt-4o", headers=bearer(OURS))
        answer.assert_error(503, "api_error", "access_unavailable")
        assert upstreams["openai"].requests == []
