"""What a gateway with keys stands on in the tests: providers that answer whatever they are asked, callers of
many roles with keys of every state, and requests for every surface, as bytes.

What is to come of a request is worked out here from the order of checks in `docs/access.md`, and from nothing
else.
"""

import asyncio
import base64
import contextlib
import hmac
import itertools
import json
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from exchange import Request
from keys import Issued, Wanted, hmac_signer, listed, pair_signer
from upstream import Upstream, _read_request
from wire import WIRES, Said

# === providers ===

MODELS = "/v1/models"
HELD = b'{"id": "held-1", "object": "held"}'


class Provider(Upstream):
    """Answers everything, changes the protocol where that is asked for, and remembers every byte."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.status = 200

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            for nth in itertools.count():
                request = await _read_request(reader, b"", 0, nth)
                if request is None:
                    break
                if request.target == MODELS:
                    # The gateway itself asks now and then which models there are.
                    writer.write(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n")
                    continue
                self.requests.append(request)
                if request.header("upgrade"):
                    lines = ["HTTP/1.1 101 Switching", "connection: Upgrade", "upgrade: websocket", "", ""]
                    writer.write("\r\n".join(lines).encode())
                    await reader.read()
                    break
                body = b'{"error": {"message": "no"}}' if self.status != 200 else answer_to(request)
                head = f"HTTP/1.1 {self.status} Said\r\ncontent-type: application/json\r\n"
                writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()


def answer_to(request: Request) -> bytes:
    if request.target.startswith("/v1/chat/"):
        return WIRES["openai"].whole(Said())
    if request.target.startswith("/v1/completions"):
        choice = {"index": 0, "text": "Hello", "finish_reason": "stop", "logprobs": None}
        return json.dumps(
            {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "choices": [choice]}
        ).encode()
    return HELD


# === surfaces ===


@dataclass(frozen=True)
class Surface:
    """One thing to ask for."""

    name: str
    family: str
    method: str
    path: str
    # Its body, of a model.
    body: Callable[[str], bytes] | None = None
    kind: str = "application/json"
    headers: tuple[str, ...] = ()
    # Whether the model stands in the query; one that stands nowhere is no model.
    in_query: bool = False
    own: bool = False
    admin: bool = False
    ok: int = 200

    @property
    def names_model(self) -> bool:
        return self.body is not None or self.in_query


def body(**more) -> Callable[[str], bytes]:
    return lambda model: json.dumps({"model": model} | more).encode()


def form(model: str) -> bytes:
    part = '--b\r\ncontent-disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    return "".join(
        [part.format("model", "", model), part.format("file", '; filename="a.wav"', "RIFF"), "--b--\r\n"]
    ).encode()


UPGRADE = (
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
)
MESSAGES = [{"role": "user", "content": "Hi"}]
FORM = "multipart/form-data; boundary=b"
SURFACES = [
    Surface("chat", "chat", "POST", "/v1/chat/completions", body(messages=MESSAGES)),
    Surface("completions", "completions", "POST", "/v1/completions", body(prompt="Hi")),
    Surface("embeddings", "embeddings", "POST", "/v1/embeddings", body(input="Hi")),
    Surface("images", "images", "POST", "/v1/images/generations", body(prompt="Hi")),
    Surface("speech", "audio", "POST", "/v1/audio/speech", body(input="Hi", voice="alloy")),
    Surface("transcriptions", "audio", "POST", "/v1/audio/transcriptions", form, FORM),
    Surface("moderations", "moderations", "POST", "/v1/moderations", body(input="Hi")),
    Surface("rerank", "rerank", "POST", "/v1/rerank", body(query="Hi", documents=["a"])),
    Surface("responses", "responses", "POST", "/v1/responses", body(input="Hi")),
    Surface("files", "files", "GET", "/v1/files/file-1"),
    Surface("realtime", "realtime", "GET", "/v1/realtime", headers=UPGRADE, in_query=True, ok=101),
    Surface("other", "other", "POST", "/v1/some/thing", body(a="b")),
    Surface("models", "models", "GET", "/v1/models", own=True),
    Surface("models by HEAD", "models", "HEAD", "/v1/models", own=True),
    Surface("capabilities", "capabilities", "GET", "/v1/capabilities", own=True),
    Surface("admin", "targets", "GET", "/admin/targets", own=True, admin=True),
]  # fmt: skip
BY_NAME = {surface.name: surface for surface in SURFACES}

# === places of a key ===


@dataclass(frozen=True)
class Shown:
    """What of a request holds a key: lines of its head, or of its query."""

    lines: tuple[str, ...] = ()
    query: tuple[str, ...] = ()


PLACES: dict[str, Callable[[str], Shown]] = {
    "authorization": lambda key: Shown((f"authorization: Bearer {key}",)),
    "x-api-key": lambda key: Shown((f"x-api-key: {key}",)),
    "x-goog-api-key": lambda key: Shown((f"x-goog-api-key: {key}",)),
    "api-key": lambda key: Shown((f"api-key: {key}",)),
    "query": lambda key: Shown(query=(f"key={urllib.parse.quote(key, safe='')}",)),
    "protocol": lambda key: Shown((f"sec-websocket-protocol: realtime, openai-insecure-api-key.{key}",)),
}


def request(surface: Surface, model: str, shown: Shown = Shown(), *lines: str) -> bytes:
    """A request for a surface, in full."""
    query = [*shown.query, *([f"model={urllib.parse.quote(model, safe='')}"] if surface.in_query else [])]
    path = surface.path + ("?" + "&".join(query) if query else "")
    content = surface.body(model) if surface.body else b""
    head = [f"{surface.method} {path} HTTP/1.1", "host: localhost", *surface.headers, *shown.lines, *lines]
    if surface.body:
        head += [f"content-type: {surface.kind}", f"content-length: {len(content)}"]
    return "\r\n".join([*head, "", ""]).encode() + content


# === who serves what ===

# For each model that clients name: by which route who serves it and as what, in the order of asking.
SERVED = {
    "gpt-4o": [("default", "openai", "gpt-4o")],
    "gpt-5-pro": [("default", "openai", "gpt-5-pro")],
    "claude-sonnet-4-5": [("default", "second", "claude-sonnet-4-5")],
    "openai/gpt-4o": [("default", "openai", "gpt-4o")],
    "second/gpt-4o": [("default", "second", "gpt-4o")],
    "fast": [("default", "openai", "gpt-4o-mini")],
    "pool": [("pool", "second", "claude-sonnet-4-5"), ("pool", "openai", "gpt-4o")],
    "nobody-has-this": [],
}
ALIASES = {"fast": "openai/gpt-4o-mini"}
PROVIDERS = {"openai": ["gpt-*"], "second": ["claude-*"]}


@dataclass(frozen=True)
class Role:
    """As `access.roles` has it."""

    name: str
    written: dict = field(default_factory=dict)

    def __getattr__(self, name: str):
        return self.written.get(name)

    @property
    def knows_all(self) -> bool:
        return not any(
            self.written.get(name) is not None for name in ("models", "deny_models", "providers", "routes")
        )


ROLES = [
    Role("admin", {"admin": True}),
    Role("developer"),
    Role("gpt", {"models": ["gpt-*", "pool", "fast"]}),
    Role("alias", {"models": ["fast"]}),
    Role("exact", {"models": ["gpt-4o"], "surfaces": ["chat", "embeddings", "models"]}),
    Role("denied", {"deny_models": ["*-pro", "openai/gpt-4o-mini", "claude-*"]}),
    Role("second", {"providers": ["second"]}),
    Role("pool", {"routes": ["pool"]}),
    Role("listing", {"surfaces": ["models", "capabilities"]}),
    Role("audio", {"surfaces": ["audio", "realtime", "files", "other"], "models": ["*"]}),
    Role("operator", {"admin": True, "surfaces": ["chat"], "models": ["none"]}),
    Role("strict", {"not_before": "2026-01-01T00:00:00Z"}),
    Role("aged", {"not_before": "2100-01-01T00:00:00Z"}),
    Role("near", {"addresses": ["10.0.0.0/8", "2001:db8::/32"]}),
    Role("router", {"may_route": True, "providers": ["openai"]}),
    Role("confined", {"may_route": True, "models": ["gpt-4o"]}),
]  # fmt: skip
ROLE = {role.name: role for role in ROLES}


@dataclass(frozen=True)
class Told:
    """What is to come of a request: a status and a code, or who serves it."""

    status: int
    code: str | None = None
    provider: str | None = None


def matches(globs: list[str] | None, *names: str) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs or () for name in names)


def may_use(role: Role, *names: str) -> bool:
    return (role.models is None or matches(role.models, *names)) and not matches(role.deny_models, *names)


def names_of(model: str) -> list[str]:
    """How a model is called: a provider in front of it is no part of its name."""
    provider, _, rest = model.partition("/")
    return [model, rest] if provider in PROVIDERS else [model]


def servers(role: Role, model: str) -> list[str]:
    """The providers that may serve a model to callers of a role, in the order of asking."""
    return [
        provider
        for route, provider, served in SERVED[model]
        if (role.routes is None or route in role.routes)
        and (role.providers is None or provider in role.providers)
        and may_use(role, served, f"{provider}/{served}")
    ]


def told(role: Role, surface: Surface, model: str) -> Told:
    """What a caller of a role is told who has a good key."""
    if role.addresses:
        return Told(403, "address_not_allowed")
    if not role.admin if surface.admin else role.surfaces is not None and surface.family not in role.surfaces:
        return Told(403, "surface_not_allowed")
    if surface.own:
        return Told(surface.ok)
    if not surface.names_model:
        # `defaults` says who keeps it; it is of the default route.
        may = role.routes is None and (role.providers is None or "openai" in role.providers)
        return Told(surface.ok, provider="openai") if may else Told(403, "model_not_allowed")
    if not may_use(role, *names_of(model)):
        return Told(403, "model_not_allowed")
    left = servers(role, model)
    if left:
        return Told(surface.ok, provider=left[0])
    return (
        Told(404, "model_not_found")
        if not SERVED[model] and role.knows_all
        else Told(403, "model_not_allowed")
    )


# === keys ===

NEWER, OLDER, OTHER = hmac_signer("k2"), hmac_signer("k1"), hmac_signer("k1")
PAIR, HALF, RETIRED = pair_signer("ed"), pair_signer("half"), hmac_signer("k0")
SIGNERS = {"newer": NEWER, "verify only": OLDER, "pair": PAIR, "public half": HALF}
VARIABLES = {"E2E_NEWER": NEWER.secret, "E2E_OLDER": OLDER.secret, "E2E_PAIR": PAIR.secret}
STATIC, STATIC_EXPIRED, STATIC_REVOKED = (
    "my-own-key/+of 1",
    "my-own-key-that-has-ended",
    "my-own-key-taken-back",
)
REVOKED = {name: Wanted("developer").key(signer) for name, signer in SIGNERS.items()}


def good(role: str, signer: str = "newer", **more) -> Issued:
    return Wanted(role, **more).key(SIGNERS[signer])


def other(text: str, place: int) -> str:
    """Another letter in one place."""
    letter = "B" if text[place] == "A" else "A"
    return text[:place] + letter + text[place:][1:]


def states() -> Iterator[tuple[str, str, Told]]:
    """Keys that are not good, and some that are, by what is to come of them for one who may all."""
    invalid, expired, revoked = (
        Told(401, "invalid_api_key"),
        Told(401, "expired_api_key"),
        Told(401, "revoked_api_key"),
    )
    for name, signer in SIGNERS.items():
        key = Wanted("developer").key(signer).text
        yield f"good, {name}", key, Told(0)
        yield f"expired, {name}", Wanted("developer", -7200, -1).key(signer).text, expired
        yield f"of a clock ahead, {name}", Wanted("developer", 30).key(signer).text, Told(0)
        yield f"not yet issued, {name}", Wanted("developer", 600, 7200).key(signer).text, invalid
        yield f"revoked, {name}", REVOKED[name].text, revoked
        yield f"too old, {name}", Wanted("aged").key(signer).text, expired
        yield f"new enough, {name}", Wanted("strict").key(signer).text, Told(0)
        yield f"wrong signature, {name}", other(key, -3), invalid
        yield f"wrong claims, {name}", other(key, 30), invalid
        yield f"cut, {name}", key[:-1], invalid
        yield f"half, {name}", key[: len(key) // 2], invalid
        yield f"no signature, {name}", key[: -(86 if signer.pair else 22)], invalid
        yield f"longer, {name}", key + "A", invalid
        yield f"without its beginning, {name}", key.removeprefix("sk-ferro-"), invalid
        yield f"role that is not there, {name}", Wanted("nobody").key(signer).text, invalid
        yield f"by another's name, {name}", Wanted("developer").key(RETIRED, by=signer.id).text, invalid
        yield f"unknown member, {name}", Wanted("developer", more={99: b"a"}).key(signer).text, invalid
    long = Wanted("developer", more={1: b"x" * 90}).key(NEWER).text
    assert len(long) > 160
    yield "too long", long, invalid
    yield "other signer of the same name", Wanted("developer").key(OTHER).text, invalid
    yield "retired signer", Wanted("developer").key(RETIRED).text, invalid
    yield "HMAC with the public half", "sk-ferro-" + forged(), invalid
    yield "static", STATIC, Told(0)
    yield "static, in another case", STATIC.upper(), invalid
    yield "static, expired", STATIC_EXPIRED, expired
    yield "static, revoked", STATIC_REVOKED, revoked
    yield "a signing key", NEWER.secret, invalid
    yield "the hash of a static key", listed("a", STATIC, "a")["sha256"], invalid
    yield "nothing", "", Told(401, "missing_api_key")


def forged() -> str:
    """Claims of who checks by a public half, signed by HMAC with that half: what others have fallen for."""
    key = Wanted("developer").key(HALF).text.removeprefix("sk-ferro-")
    claims = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))[:-64]
    return (
        base64.urlsafe_b64encode(
            claims + hmac.digest(HALF.public.encode(), b"ferro issued key\0" + claims, "sha256")[:16]
        )
        .decode()
        .rstrip("=")
    )


# === configuration ===


def config(**more) -> dict:
    """All of it, but for the providers."""
    keys = [
        listed("mine", STATIC, "developer"),
        listed("ended", STATIC_EXPIRED, "developer", expires="2026-01-01T00:00:00Z"),
        listed("back", STATIC_REVOKED, "developer"),
    ]
    target = [
        {"provider": provider, "model": served, "retry": {"attempts": 1}}
        for _, provider, served in SERVED["pool"]
    ]
    return {
        "access": {
            "signing_keys": [
                {"id": "k2", "secret": "${E2E_NEWER}"},
                {"id": "k1", "secret": "${E2E_OLDER}", "verify_only": True},
                {"id": "ed", "secret": "${E2E_PAIR}", "verify_only": True},
                {"id": "half", "public_key": HALF.public},
            ],
            "roles": {role.name: role.written for role in ROLES},
            "keys": keys,
            "revoked": [*(key.id for key in REVOKED.values()), "back"],
        },
        "aliases": ALIASES,
        "defaults": {"files": "openai", "other": "openai"},
        "routes": [{"name": "pool", "match": {"models": ["pool"]}, "targets": target}],
        "retry": {"backoff": {"base": "1ms", "max": "2ms"}},
    } | more
