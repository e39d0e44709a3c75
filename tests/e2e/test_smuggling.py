"""What callers do with HTTP who mean harm: hosts and pages that may not ask, two requests in one, headers
that only the gateway may set, HTTP/2 out of order. And what one caller does must not be another's loss.
"""

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Iterable, Iterator

import hpack
import pytest

import frames
from actors import said
from attacks import (
    FORMS,
    MIB,
    Attack,
    Bytes,
    Outcome,
    Want,
    attacked,
    closed,
    either,
    passes,
    refused,
    status,
)
from client import CHAT, ask, chat_body, sent
from exchange import Exchange
from gateway import BOUND
from scenario import as_params, chosen, target_of
from upstream import replies
from world import key_of

# === who may ask at all ===

FORBIDDEN = refused(403)


def body(model: str) -> bytes:
    return json.dumps(chat_body(model)).encode()


def asks(*lines: str, method: str = "POST", path: str = CHAT, host: str | None = "localhost") -> Callable:
    """A good request with these header lines; a content type only where one of them says so."""

    def data(model: str) -> bytes:
        content = body(model) if method == "POST" else b""
        own = [f"{method} {path} HTTP/1.1", *([f"host: {host}"] if host is not None else []), *lines]
        own.append(f"content-length: {len(content)}")
        return "\r\n".join([*own, "", ""]).encode() + content

    return data


JSON = "content-type: application/json"
HOSTS_THAT_MAY = [
    "localhost", "localhost:8080", "LOCALHOST", "Localhost:1", "127.0.0.1", "127.0.0.1:65535", "127.1.2.3",
    "127.255.255.254:80", "[::1]", "[::1]:8080",
]  # fmt: skip
HOSTS_THAT_MAY_NOT = [
    "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example",
    "evil.localhost.example", "127.0.0.1.nip.io", "203.0.113.7", "203.0.113.7:8080", "10.0.0.1",
    "192.168.1.1:80", "0.0.0.0", "[::]", "[2001:db8::1]", "[fe80::1]", "128.0.0.1", "1127.0.0.1",
    "127.0.0.256", "127.0.0", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1@evil.example",
    "evil.example@127.0.0.1", "localhost@evil.example", "localhost:80@evil.example", "localhost.",
    "localhost..", ".localhost", "xlocalhost", "localhostx", "localhost:80:evil.example", "localhost:x",
    "127.0.0.1:8080.evil.example", "[::1].evil.example", "[::1]evil.example", "[::ffff:203.0.113.7]",
    "local\x00host", "localhost evil.example", "localhost,evil.example", "localhost/evil.example", "", " ",
    ":8080", "*", "169.254.169.254", "metadata.google.internal", "xn--localhost-.example",
    "127.0.0.1%00.evil.example",
]  # fmt: skip
UNREADABLE = either(FORBIDDEN, status(400), closed)


def hosts() -> Iterator[Attack]:
    for number, host in enumerate(HOSTS_THAT_MAY):
        yield Attack(f"host that may {number}", asks(JSON, host=host), passes)
    for number, host in enumerate(HOSTS_THAT_MAY_NOT):
        wellformed = host.isascii() and set(host).isdisjoint("\0 ,/@%*") and host not in ("", ":8080")
        want = FORBIDDEN if wellformed else UNREADABLE
        yield Attack(f"host that may not {number}", asks(JSON, host=host), want)
    for path in ("/v1/models", "/v1/models/gpt-4o", "/healthz", "/readyz", "/admin/targets"):
        data = asks(method="GET", path=path, host="evil.example")
        want = FORBIDDEN if "health" not in path and "ready" not in path else either(FORBIDDEN, status(200))
        yield Attack(f"host that may not {path}", data, want)
    yield Attack("no host", asks(JSON, host=None), UNREADABLE)
    yield Attack("two hosts", asks(JSON, "host: evil.example"), UNREADABLE)
    yield Attack("two hosts, the other first", asks(JSON, "host: localhost", host="evil.example"), UNREADABLE)
    absolute = "http://evil.example" + CHAT
    yield Attack("a target that is absolute", asks(JSON, path=absolute), UNREADABLE)
    harmless = "http://localhost" + CHAT
    may = either(UNREADABLE, passes)
    yield Attack(
        "a target that is absolute, the host is not", asks(JSON, path=harmless, host="evil.example"), may
    )
    yield Attack("a forwarded host", asks(JSON, "x-forwarded-host: evil.example"), passes)


PAGES = {
    "cross-site": (["sec-fetch-site: cross-site", "origin: https://evil.example", JSON], FORBIDDEN),
    "cross-site without an origin": (["sec-fetch-site: cross-site", JSON], FORBIDDEN),
    "cross-site as a text": (
        ["sec-fetch-site: cross-site", "content-type: text/plain"],
        either(FORBIDDEN, refused(415)),
    ),
    "cross-site as a form": (
        ["sec-fetch-site: cross-site", "content-type: application/x-www-form-urlencoded"],
        either(FORBIDDEN, refused(415)),
    ),
    "cross-site as nothing": (["sec-fetch-site: cross-site", "sec-fetch-mode: no-cors"], FORBIDDEN),
    "no type, an origin": (
        ["origin: https://evil.example"],
        either(FORBIDDEN, refused(415, param="content-type")),
    ),
    "no type, an origin of null": (["origin: null"], either(FORBIDDEN, refused(415, param="content-type"))),
    "no type, a mode": (["sec-fetch-mode: no-cors"], refused(415, param="content-type")),
    "no type, a destination": (["sec-fetch-dest: empty"], refused(415, param="content-type")),
    "no type, same origin": (["sec-fetch-site: same-origin"], refused(415, param="content-type")),
    "no type": ([], passes),
    "none": (["sec-fetch-site: none", JSON], passes),
    "same origin": (["sec-fetch-site: same-origin", "origin: http://localhost:8080", JSON], passes),
}
TYPES_THAT_MAY = [
    "application/json", "application/json; charset=utf-8", "Application/JSON",
    "application/json;charset=UTF-8", "application/json ; charset=utf-8",
]  # fmt: skip
TYPES_THAT_MAY_NOT = [
    "text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x", "multipart/form-data", "text/plain; application/json",
    "application/jsonx", "application/xml", "json", "*/*", "application/*", "text/plain, application/json",
    "application/octet-stream", "text/html", "application/x-json", "x", "application", "application/",
    "text/plain;application/json",
]  # fmt: skip


def pages() -> Iterator[Attack]:
    for name, (lines, want) in PAGES.items():
        yield Attack(f"a page, {name}", asks(*lines), want)
    for number, kind in enumerate(TYPES_THAT_MAY):
        yield Attack(f"type that may {number}", asks(f"content-type: {kind}"), passes)
    for number, kind in enumerate(TYPES_THAT_MAY_NOT):
        want = refused(415, param="content-type")
        yield Attack(f"type that may not {number}", asks(f"content-type: {kind}"), want)
    want = either(refused(415, param="content-type"), status(400))
    yield Attack("two types", asks("content-type: text/plain", JSON), want)
    for path in ("/v1/models", "/v1/models/gpt-4o", "/admin/targets"):
        lines = ["sec-fetch-site: cross-site", "sec-fetch-mode: no-cors"]
        yield Attack(f"a page, cross-site {path}", asks(*lines, method="GET", path=path), FORBIDDEN)
    preflight = ["origin: https://evil.example", "access-control-request-method: POST"]
    yield Attack("a preflight", asks(*preflight, method="OPTIONS"), _allows_nothing)


def _allows_nothing(outcome: Outcome) -> None:
    assert outcome.answer and outcome.answer.status >= 400
    assert not [name for name in outcome.answer.headers if name.startswith("access-control-")]


# === two requests in one ===

HEAD = f"POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
REJECTED = either(status(400, 411, 413, 417, 426, 431, 501, 505), closed)


def second(model: str) -> bytes:
    """A request that hides behind another's body, for a model of its own: it must never arrive."""
    content = body(f"{model}-second").decode()
    return f"{HEAD}content-length: {len(content)}\r\n\r\n{content}".encode()


def framed(*lines: str, content: Callable[[bytes], bytes] = lambda own: own, more: bool = False) -> Callable:
    """A request whose length these lines tell: LENGTH is that of its own body, TOTAL of all that follows.
    With `more`, another request follows."""

    def data(model: str) -> bytes:
        own = body(model)
        following = content(own) + (second(model) if more else b"")
        text = HEAD + "".join(f"{line}\r\n" for line in lines) + "\r\n"
        text = text.replace("LENGTH", str(len(own))).replace("TOTAL", str(len(following)))
        return text.encode("latin-1") + following

    return data


def chunked(own: bytes, size: bytes | None = None, last: bytes = b"0\r\n\r\n") -> bytes:
    return (size or b"%x" % len(own)) + b"\r\n" + own + b"\r\n" + last


CHUNKED = "transfer-encoding: chunked"
FRAMINGS = {
    "a length and chunks": framed("content-length: LENGTH", CHUNKED, content=chunked, more=True),
    "a length of all, and chunks": framed("content-length: TOTAL", CHUNKED, content=chunked, more=True),
    "chunks and a length of nothing": framed(CHUNKED, "content-length: 0", content=chunked, more=True),
    "two lengths": framed("content-length: LENGTH", "content-length: 4"),
    "two lengths in one": framed("content-length: LENGTH, 4"),
    "a length with a sign": framed("content-length: +LENGTH"),
    "a length below zero": framed("content-length: -1"),
    "a length in hexadecimal": framed("content-length: 0xff"),
    "a length with a point": framed("content-length: LENGTH.0"),
    "a length with a blank": framed("content-length: 1 LENGTH"),
    "a length without end": framed("content-length: " + "9" * 40),
    "a length over 64 bits": framed("content-length: 18446744073709551617"),
    "no length at all": framed("content-length:"),
    "a length before a colon and blank": framed("content-length : LENGTH"),
    "chunks twice": framed(CHUNKED, CHUNKED, content=chunked, more=True),
    "chunks and identity": framed("transfer-encoding: chunked, identity", content=chunked, more=True),
    "identity": framed("transfer-encoding: identity", content=chunked, more=True),
    "chunks of gzip": framed("transfer-encoding: gzip, chunked", content=chunked, more=True),
    "chunks with a letter more": framed("transfer-encoding: xchunked", content=chunked, more=True),
    "chunks with a tab": framed("transfer-encoding:\tchunked\x0b", content=chunked, more=True),
    "chunks with a blank before the colon": framed("transfer-encoding : chunked", content=chunked, more=True),
    "chunks in quotes": framed('transfer-encoding: "chunked"', content=chunked, more=True),
    "chunks on a folded line": framed("transfer-encoding:\r\n chunked", content=chunked),
    "a connection that names what is needed": framed(
        "connection: keep-alive, host, content-length", "content-length: LENGTH"
    ),
    "a folded line": framed("x-note: one\r\n two", "content-length: LENGTH"),
    "a line of no colon": framed("x-note", "content-length: LENGTH"),
    "a line of no name": framed(": value", "content-length: LENGTH"),
    "a name with a blank": framed("x note: value", "content-length: LENGTH"),
    "a name with a zero": framed("x-\0note: value", "content-length: LENGTH"),
    "a value with a zero": framed("x-note: va\0lue", "content-length: LENGTH"),
    "a value with a return": framed("x-note: va\rlue", "content-length: LENGTH"),
    "a bare line feed": framed("x-note: value\nx-evil: 1", "content-length: LENGTH"),
    "a chunk size below zero": framed(CHUNKED, content=lambda own: chunked(own, size=b"-1")),
    "a chunk size with a sign": framed(CHUNKED, content=lambda own: chunked(own, size=b"+%x" % len(own))),
    "a chunk size of 0x": framed(CHUNKED, content=lambda own: chunked(own, size=b"0x%x" % len(own))),
    "a chunk size over 64 bits": framed(CHUNKED, content=lambda own: chunked(own, size=b"1" + b"0" * 16)),
    "a chunk size that is no number": framed(CHUNKED, content=lambda own: chunked(own, size=b"size")),
    "a chunk size of nothing": framed(CHUNKED, content=lambda own: b"\r\n" + own + b"\r\n0\r\n\r\n"),
    "a chunk longer than it says": framed(CHUNKED, content=lambda own: chunked(own, size=b"4")),
    "trailers that are no fields": framed(
        CHUNKED, content=lambda own: chunked(own, last=b"0\r\nGET / x\r\n\r\n")
    ),
}
LINES = {
    "http 0.9": f"POST {CHAT}\r\n\r\n",
    "http 0.9 of get": "GET /v1/models\r\n",
    "http 3": f"POST {CHAT} HTTP/3.0\r\nhost: localhost\r\n\r\n",
    "http 1.2": f"GET {CHAT} HTTP/1.2\r\nhost: localhost\r\n\r\n",
    "http in small letters": "GET /v1/models http/1.1\r\nhost: localhost\r\n\r\n",
    "a method in small letters": f"post {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n",
    "a method that nobody knows": f"CRASH {CHAT} HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "no method": f" {CHAT} HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "a long method": f"{'M' * 9000} {CHAT} HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "two blanks": "GET  /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "a tab in the line": "GET\t/v1/models\tHTTP/1.1\r\nhost: localhost\r\n\r\n",
    "a zero in the path": "GET /v1/mo\0dels HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "a blank in the path": "GET /v1/models x HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "connect": "CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n",
    "connect to us": "CONNECT localhost:80 HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "trace": f"TRACE {CHAT} HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "options of all": "OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "upgrade to a socket": f"GET {CHAT} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n"
    "upgrade: websocket\r\n"
    "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n",
    "upgrade to http 2": "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n"
    "connection: upgrade, http2-settings\r\n"
    "upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n",
    "half a preface": "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    "tls": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\xaa" * 500,
    "nothing but zeroes": "\0" * 5000,
    "nothing but new lines": "\r\n" * 100_000,
    "a line without end": "GET /" + "a" * 200_000,
    "a header without end": "GET / HTTP/1.1\r\nx: " + "a" * 200_000,
    "a thousand headers": "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n"
    + "".join(f"x-{n}: v\r\n" for n in range(1000))
    + "\r\n",
    "ten thousand headers of one name": "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n"
    + "x: v\r\n" * 10_000
    + "\r\n",
    "a long header": "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx: " + "v" * 100_000 + "\r\n\r\n",
    "a long path": "GET /v1/models/" + "m" * 100_000 + " HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "a mail": "HELO evil.example\r\nMAIL FROM:<a@evil.example>\r\n\r\n",
    "a command of redis": "*1\r\n$4\r\nPING\r\n\r\n",
}
OWN_ERROR = either(status(200, 400, 403, 404, 405, 408, 413, 426, 431, 501, 505), closed)


def smuggling() -> Iterator[Attack]:
    for name, data in FRAMINGS.items():
        yield Attack(name, data, either(REJECTED, passes))
    for name, text in LINES.items():
        yield Attack(name, lambda model, text=text: text.encode("latin-1"), OWN_ERROR)
    for name, data in CLEAR.items():
        yield Attack(name, data, passes)


def trailing(*lines: str) -> Callable[[str], Bytes]:
    last = b"0\r\n" + "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"
    return framed(CHUNKED, content=lambda own: chunked(own, last=last))


CLEAR = {
    "trailers": trailing("x-note: 1", "content-length: 3"),
    "trailers that forge": trailing("x-ferro-provider: c", "authorization: Bearer x", "host: evil.example"),
    "a promise of trailers": framed("te: trailers", "trailer: x-note", "content-length: LENGTH"),
    "chunk extensions": framed(CHUNKED, content=lambda own: chunked(own, size=b"%x;a=b;c" % len(own))),
    "chunks in capitals": framed("Transfer-Encoding: CHUNKED", content=chunked),
    "chunks of one byte": framed(
        CHUNKED, content=lambda own: b"".join(b"1\r\n%c\r\n" % byte for byte in own) + b"0\r\n\r\n"
    ),
    "the same length twice": framed("content-length: LENGTH", "x-note: 1"),
    "new lines before": lambda model: b"\r\n\r\n" + asks(JSON)(model),
    "to be continued": framed("expect: 100-continue", "content-length: LENGTH"),
    "close": framed("connection: close", "content-length: LENGTH"),
    "a connection that names headers": framed(
        "connection: keep-alive, authorization, x-note", "authorization: x", "content-length: LENGTH"
    ),
    "a proxy's connection": framed(
        "proxy-connection: keep-alive", "keep-alive: 300", "content-length: LENGTH"
    ),
}


# === orders that are not theirs to give ===

ORDERS = [
    "x-envoy-max-retries: 100", "x-envoy-retry-on: 5xx,reset", "x-envoy-upstream-rq-timeout-ms: 1",
    "x-envoy-upstream-rq-per-try-timeout-ms: 1", "x-envoy-upstream-alt-stat-name: evil",
    "x-envoy-force-trace: true", "x-envoy-original-path: /admin", "x-envoy-original-host: evil.example",
    "x-envoy-internal: true", "x-envoy-expected-rq-timeout-ms: 1", "x-envoy-hedge-on-per-try-timeout: true",
    "x-envoy-ip-tags: a", "x-envoy-retriable-status-codes: 200",
    "x-envoy-retriable-header-names: content-type", "x-envoy-decorator-operation: x",
    "x-envoy-downstream-service-cluster: evil", "x-envoy-external-address: 127.0.0.1",
    "x-envoy-attempt-count: 9", "x-envoy-upstream-rq-timeout-alt-response: 1",
    "x-envoy-immediate-health-check-fail: true", "x-ferro-retry: 1", "x-ferro-after: 60",
    "x-ferro-target: c", "x-ferro-request-id: forged", "x-ferro-model: forged", "x-ferro-attempts: 9",
    "x-ferro-dropped: all", "x-ferro-test-panic: gateway", "x-ferro-test-panic: provider",
    "x-ferro-plan: 1", "x-ferro-cluster: c", "x-ferro-credential: 1", "x-forwarded-for: 127.0.0.1",
    "x-forwarded-proto: https", "x-forwarded-client-cert: By=evil", "x-real-ip: 127.0.0.1",
    "forwarded: for=127.0.0.1;host=evil.example", "via: 1.1 evil", "x-http-method-override: DELETE",
    "x-original-url: /admin", "x-rewrite-url: /admin", "authorization: Bearer evil", "x-api-key: evil",
    "x-goog-api-key: evil", "cookie: a=b", "api-key: evil", "openai-organization: org-evil\x7f",
    "anthropic-beta: none", "range: bytes=0-1", "te: trailers", "accept: text/html",
    "accept-encoding: gzip, br", "if-none-match: *", "user-agent: () { :; }; echo", "max-forwards: 0",
    "referer: javascript:alert(1)", "priority: u=0", "idempotency-key: x", "traceparent: 00-0-0-0",
    "x-request-id: mine",
]  # fmt: skip


def orders() -> Iterator[Attack]:
    for number, line in enumerate(ORDERS):
        for form in ("a", "c", "d"):
            want: Want = _obeys_nobody if line.isprintable() else either(_obeys_nobody, REJECTED)
            yield Attack(f"order {number} {form}", asks(JSON, line), want, form)
    for name, line in {
        "gzip": "content-encoding: gzip",
        "brotli": "content-encoding: br",
        "both": "content-encoding: identity, gzip",
        "gzip twice": "content-encoding: gzip, gzip",
        "something": "content-encoding: \x7f",
    }.items():
        yield Attack(f"a body of {name}", asks(JSON, line), either(refused(400), refused(415), REJECTED))


def _obeys_nobody(outcome: Outcome) -> None:
    passes(outcome)
    assert outcome.answer.headers["x-ferro-provider"] == outcome.form[0]
    assert outcome.answer.headers["x-ferro-attempts"] == "1"
    assert "forged" not in str(outcome.answer.headers)
    top = outcome.arrived[0].top.lower()
    assert b"evil" not in top and b"forwarded" not in top and b"forged" not in top, top
    assert key_of(outcome.form[0]).encode() in outcome.arrived[0].top


STEERING = {
    "a route that nobody has": ("x-ferro-route: nobody", refused(400)),
    "a route without a name": ("x-ferro-route:", either(refused(400), passes)),
    "a long route": (f"x-ferro-route: {'r' * 8000}", refused(400)),
    "a provider that nobody has": ("x-ferro-provider: nobody", refused(400)),
    "a long provider": (f"x-ferro-provider: {'p' * 8000}", refused(400)),
    "a provider with a path": ("x-ferro-provider: ../a", refused(400)),
    "a timeout below zero": ("x-ferro-timeout-ms: -1", refused(400)),
    "a timeout of nothing": ("x-ferro-timeout-ms: 0", refused(400)),
    "a timeout that is none": ("x-ferro-timeout-ms: soon", refused(400)),
    "a timeout without end": (f"x-ferro-timeout-ms: {'9' * 50}", either(refused(400), passes)),
    "a timeout in parts": ("x-ferro-timeout-ms: 1.5", refused(400)),
    "a failover of something": ("x-ferro-no-failover: perhaps", refused(400)),
}


def steering() -> Iterator[Attack]:
    for name, (line, want) in STEERING.items():
        yield Attack(name, asks(JSON, line), want)


# === paths ===

STRANGE_PATHS = [
    "/", "/v1", "/v1/", "/v1/chat", "/V1/chat/completions", "/v1/Chat/Completions", "/v1//chat/completions",
    "//v1/chat/completions", "/v1/./chat/completions", "/v1/x/../chat/completions",
    "/../v1/chat/completions", "/v1/chat/completions/..", "/v1/chat/completions;x=1",
    "/v1/chat/completions%20", "/v1%2fchat%2fcompletions", "/%76%31/chat/completions",
    "/v1/chat/completions\\", "\\v1\\chat\\completions", "/v1/chat/completions/%2e%2e",
    "/v1/chat/completions#x",
    "/v1/chat/completions?qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
    "/admin", "/admin/", "/admin/targets/x", "/stats", "/config_dump", "/quitquitquit", "/v1/embeddings",
    "/v1/responses", "/v1/messages", "/v1beta/models/x:generateContent", "/.env", "/.git/config",
    "/metrics", "/debug/pprof", "/server-status", "/cgi-bin/x", "/v1/models/../../etc/passwd",
    "/v1/models/%00", "/v1/models/%ff%fe",
    "/v1/models/%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e",
    "/healthz/../admin/targets", "/healthz%00",
]  # fmt: skip
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]


def paths() -> Iterator[Attack]:
    for number, path in enumerate(STRANGE_PATHS):
        for method in ("GET", "POST"):
            data = asks(JSON, method=method, path=path)
            yield Attack(f"path {number} {method}", data, either(status(400, 403, 404, 405), passes, _own))
    for method in METHODS:
        for path in ("/v1/models", "/healthz", "/admin/targets", "/nowhere"):
            data = asks(JSON, method=method, path=path)
            yield Attack(f"{method} {path}", data, either(status(404, 405), _own))


def _own(outcome: Outcome) -> None:
    """An answer of the gateway's own that anybody may have."""
    assert outcome.answer and outcome.answer.status == 200 and outcome.arrived == [], outcome


# === HTTP/2 ===


def speaks(says: Callable[[str], Iterable[bytes]], *outcomes: str, stream: int = 1) -> dict:
    """A row for HTTP/2: what is said, and what may come of this stream: a number is a status, `reset` of the
    stream, `gone` of the connection, `ignored` if it is not even that."""

    def does(world, attack: Attack) -> None:
        heard = frames.converse(world.gateway.port, says(attack.model), stream, "ignored" in outcomes)
        came = [str(heard.statuses.get(stream, ""))]
        came += ["gone"] * heard.gone + ["reset"] * (stream in heard.reset) + ["ignored"] * heard.alive
        assert set(came) & set(outcomes), f"{came}, not {outcomes}"
        if heard.statuses.get(stream) == 200:
            content = json.loads(heard.bodies[stream])["choices"][0]["message"]["content"]
            assert content == said("a").text, content

    return {"does": does}


def good(*more: tuple[str, str], stream: int = 1, **pseudo) -> Callable[[str], Iterable[bytes]]:
    """A good request but for what is said otherwise."""

    def say(model: str) -> list[bytes]:
        content = body(model)
        block = frames.fields(model, len(content), *more, **pseudo)
        return [frames.headers(stream, block, "END_HEADERS"), frames.data(stream, content, "END_STREAM")]

    return say


def flood(frame: Callable[[int], bytes], count: int, after: Callable = good()) -> Callable:
    """So many frames, and then a good request."""
    return lambda model: itertools.chain(map(frame, range(count)), after(model))


def opened(stream: int, *flags: str, model: str = "a/gpt-4o-never") -> bytes:
    return frames.headers(stream, frames.fields(model, 1000), "END_HEADERS", *flags)


def bomb(model: str) -> list[bytes]:
    """One long field in the table, and thousands of references to it."""
    encoder = hpack.Encoder()
    first = encoder.encode([*frames.fields(model, 2), ("x-bomb", "b" * 3900)], huffman=False)
    return [frames.block_of(1, first + b"\xbe" * 15_000), frames.data(1, b"{}", "END_STREAM")]


TWO = {
    "a good one": speaks(good(), "200"),
    "no path": speaks(good(path=None), "reset", "gone", "400"),
    "an empty path": speaks(good(path=""), "reset", "gone", "400", "404"),
    "a path without a slash": speaks(good(path="v1/models"), "reset", "gone", "400", "404"),
    "a path with a blank": speaks(good(path="/v1/chat/completions HTTP/1.1"), "reset", "gone", "400", "404"),
    "no method": speaks(good(method=None), "reset", "gone", "400"),
    "no scheme": speaks(good(scheme=None), "reset", "gone", "400"),
    "an odd scheme": speaks(good(scheme="ftp"), "reset", "gone", "400", "200"),
    "no authority": speaks(good(authority=None), "reset", "gone", "400", "403"),
    "a foreign authority": speaks(good(authority="evil.example"), "403"),
    "a foreign authority and a host that may": speaks(
        good(("host", "localhost"), authority="evil.example"), "403", "400", "reset", "gone"
    ),
    "an authority that may and a foreign host": speaks(
        good(("host", "evil.example")), "200", "403", "400", "reset", "gone"
    ),
    "an authority with a name before": speaks(
        good(authority="localhost@evil.example"), "403", "400", "reset", "gone"
    ),
    "a status": speaks(good((":status", "200")), "reset", "gone", "400"),
    "a pseudo header at the end": speaks(good((":path", "/v1/models")), "reset", "gone", "400"),
    "an unknown pseudo header": speaks(good((":evil", "1")), "reset", "gone", "400"),
    "a protocol": speaks(
        good((":protocol", "websocket"), method="CONNECT"), "reset", "gone", "400", "403", "404", "405"
    ),
    "connect": speaks(
        good(method="CONNECT", path=None, scheme=None), "reset", "gone", "400", "403", "404", "405"
    ),
    "capitals": speaks(good(("X-Note", "1")), "reset", "gone", "400"),
    "a connection": speaks(good(("connection", "close")), "reset", "gone", "400"),
    "chunks": speaks(good(("transfer-encoding", "chunked")), "reset", "gone", "400"),
    "an upgrade": speaks(good(("upgrade", "h2c")), "reset", "gone", "400"),
    "te gzip": speaks(good(("te", "gzip")), "reset", "gone", "400", "200"),
    "te trailers": speaks(good(("te", "trailers")), "200"),
    "a name with a blank": speaks(good(("x note", "1")), "reset", "gone", "400"),
    "a name of nothing": speaks(good(("", "1")), "reset", "gone", "400"),
    "a name with a colon": speaks(good(("x:note", "1")), "reset", "gone", "400"),
    "a value with a zero": speaks(good(("x-note", "a\0b")), "reset", "gone", "400"),
    "a value with a new line": speaks(good(("x-note", "a\r\nx-evil: 1")), "reset", "gone", "400"),
    "two lengths": speaks(good(("content-length", "3")), "reset", "gone", "400"),
    "a cookie in crumbs": speaks(
        good(*[("cookie", f"a{n}=b") for n in range(200)]), "200", "431", "reset", "gone"
    ),
    "a thousand fields": speaks(good(*[(f"x-{n}", "v") for n in range(1000)]), "431", "reset", "gone", "400"),
    "a long field": speaks(good(("x-long", "v" * 200_000)), "431", "reset", "gone", "400"),
    "a bomb": speaks(bomb, "431", "reset", "gone", "400"),
    "a long path": speaks(
        good(path="/v1/models/" + "m" * 100_000), "431", "reset", "gone", "400", "404", "414"
    ),
    "less than promised": speaks(
        lambda model: [
            frames.headers(1, frames.fields(model, 1000), "END_HEADERS"),
            frames.data(1, b"{}", "END_STREAM"),
        ],
        "reset",
        "gone",
        "400",
    ),
    "more than promised": speaks(
        lambda model: [
            frames.headers(1, frames.fields(model, 2), "END_HEADERS"),
            frames.data(1, b"{} " * 9, "END_STREAM"),
        ],
        "reset",
        "gone",
        "400",
    ),
    "trailers": speaks(
        lambda model: [
            *good()(model)[:1],
            frames.data(1, body(model)),
            frames.headers(1, [("x-note", "1")], "END_HEADERS", "END_STREAM"),
        ],
        "200",
    ),
    "trailers with a path": speaks(
        lambda model: [
            *good()(model)[:1],
            frames.data(1, body(model)),
            frames.headers(1, [(":path", "/x")], "END_HEADERS", "END_STREAM"),
        ],
        "reset",
        "gone",
        "400",
    ),
    "data before headers": speaks(lambda model: [frames.data(1, b"{}", "END_STREAM")], "gone"),
    "data on no stream": speaks(lambda model: [frames.raw_frame(0, 0, 0, b"{}")], "gone"),
    "headers on no stream": speaks(lambda model: [frames.raw_frame(1, 4, 0, b"\x82")], "gone"),
    "a stream of the server's": speaks(good(stream=2), "gone"),
    "streams backwards": speaks(lambda model: [opened(9), *good()(model)], "gone", "reset", "ignored"),
    "a stream used again": speaks(lambda model: [*good(stream=1)(model), opened(1)], "gone", "reset", "200"),
    "a promise": speaks(lambda model: [frames.raw_frame(5, 4, 1, b"\0\0\0\2\x82")], "gone"),
    "a continuation of nothing": speaks(lambda model: [frames.raw_frame(9, 4, 1, b"\x82")], "gone"),
    "a block that something interrupts": speaks(
        lambda model: [frames.raw_frame(1, 0, 1, b"\x82"), frames.raw_frame(6, 0, 0, b"12345678")], "gone"
    ),
    "a frame that is too long": speaks(lambda model: [frames.raw_frame(0, 0, 1, b"x" * MIB)], "gone"),
    "padding longer than the frame": speaks(
        lambda model: [opened(1), frames.raw_frame(0, 8, 1, b"\xff{}")], "gone"
    ),
    "a ping of seven bytes": speaks(lambda model: [frames.raw_frame(6, 0, 0, b"1234567")], "gone"),
    "a ping on a stream": speaks(lambda model: [frames.raw_frame(6, 0, 1, b"12345678")], "gone"),
    "settings on a stream": speaks(lambda model: [frames.raw_frame(4, 0, 1)], "gone"),
    "settings of five bytes": speaks(lambda model: [frames.raw_frame(4, 0, 0, b"\0\0\0\0\0")], "gone"),
    "a window beyond all bounds": speaks(
        lambda model: [frames.raw_frame(8, 0, 0, b"\x7f\xff\xff\xff")] * 2, "gone"
    ),
    "a window of nothing": speaks(lambda model: [frames.raw_frame(8, 0, 0, b"\0\0\0\0")], "gone"),
    "a reset of nobody": speaks(lambda model: [frames.raw_frame(3, 0, 7, b"\0\0\0\0")], "gone"),
    "indexes out of the table": speaks(lambda model: [frames.block_of(1, b"\xff\xff\xff\x7f")], "gone"),
    "integers without end": speaks(lambda model: [frames.block_of(1, b"\xff" + b"\x80" * 1000)], "gone"),
    "rubbish": speaks(lambda model: [bytes(range(256)) * 100], "gone"),
    "unknown frames": speaks(flood(lambda n: frames.raw_frame(200, 0, 0, b"x" * 100), 2_000), "200", "gone"),
    "a flood of pings": speaks(
        flood(lambda n: frames.raw_frame(6, 0, 0, b"12345678"), 50_000), "200", "gone"
    ),
    "a flood of settings": speaks(flood(lambda n: frames.raw_frame(4, 0, 0), 20_000), "200", "gone"),
    "a flood of priorities": speaks(
        flood(lambda n: frames.raw_frame(2, 0, 1, b"\0\0\0\3\1"), 20_000), "200", "gone"
    ),
    "a flood of windows": speaks(
        flood(lambda n: frames.raw_frame(8, 0, 0, b"\0\0\0\1"), 50_000), "200", "gone"
    ),
    "a flood of empty data": speaks(
        lambda model: [opened(1), *[frames.data(1, b"")] * 20_000, frames.data(1, b"{}", "END_STREAM")],
        "gone",
        "reset",
        "400",
    ),
    "a flood of continuations": speaks(
        lambda model: [frames.raw_frame(1, 0, 1, b"\x82"), *[frames.raw_frame(9, 0, 1, b"")] * 50_000], "gone"
    ),
    "continuations without end": speaks(
        lambda model: [
            frames.raw_frame(1, 0, 1, b"\x82"),
            *[frames.raw_frame(9, 0, 1, b"\x40\1x\1y" * 3000)] * 300,
        ],
        "gone",
        "reset",
    ),
    "streams that are reset at once": speaks(
        flood(
            lambda n: opened(2 * n + 3) + frames.raw_frame(3, 0, 2 * n + 3, b"\0\0\0\x08"),
            5_000,
            lambda model: [],
        ),
        "gone",
    ),
    "streams that never end": speaks(
        lambda model: [b"".join(opened(2 * n + 1) for n in range(1_000))], "gone", "reset", stream=1_999
    ),
}


def http2() -> Iterator[Attack]:
    for name, row in TWO.items():
        yield Attack(f"over two, {name}", **row)


# === what one does is not another's loss ===


def routes() -> list[dict]:
    """For each of these a route whose first target is the attacked one; another follows it."""
    return [
        {
            "name": attack.slug,
            "match": {"models": [attack.slug]},
            "targets": [
                {"provider": attack.form, "model": f"{FORMS[attack.form]}-{attack.slug}"},
                {
                    "provider": "c" if attack.form == "a" else "a",
                    "model": f"{FORMS['a']}-{attack.slug}-spare",
                },
            ],
        }
        for attack in neighbours()
    ]


def still_first(world, attack: Attack) -> None:
    """Whoever asks now is served by the first target."""
    for _ in range(8):
        answer = ask(world.gateway, attack.slug).assert_whole()
        assert answer.headers["x-ferro-provider"] == attack.form, answer.headers
    target = target_of(world, attack.form, attack.model[2:])
    assert target["state"] == "closed" and not target["rests"], target


def thinks(world, attack: Attack, heard: threading.Semaphore) -> None:
    """The first target takes its time, and says when it was asked."""
    target = world.up[attack.form]

    async def behave(exchange: Exchange) -> None:
        heard.release()
        await asyncio.sleep(0.3)
        await target.usual(exchange)

    target.does[attack.slug] = behave


ALONE = {"x-ferro-no-failover": "true"}


def hurried(world, attack: Attack) -> None:
    """Somebody who never waits long enough, in a loop, does not open the breaker for others."""
    thinks(world, attack, threading.Semaphore(0))
    for _ in range(12):
        answer = ask(world.gateway, attack.slug, headers=ALONE | {"x-ferro-timeout-ms": "1"})
        answer.assert_error(504, "api_error", "timeout")
    still_first(world, attack)


def leaving(world, attack: Attack) -> None:
    """Nor does somebody who always leaves."""
    heard = threading.Semaphore(0)
    thinks(world, attack, heard)
    for _ in range(12):
        with sent(world.gateway, chat_body(attack.slug)):
            assert heard.acquire(timeout=BOUND)
    still_first(world, attack)


def wrong(world, attack: Attack) -> None:
    """Nor does somebody whose requests are wrong."""
    target = world.up[attack.form]
    target.does[attack.slug] = replies(target.wire.error(400, "No such parameter"), 400)
    for _ in range(12):
        assert ask(world.gateway, attack.slug).status == 400
    del target.does[attack.slug]
    still_first(world, attack)


def refusing(number: int) -> Callable:
    """A provider that refuses one model, which a client named, is asked for all others."""

    def does(world, attack: Attack) -> None:
        target = world.up[attack.form]
        words = target.wire.error(number, "Not this one")
        target.does[f"{attack.slug}-odd"] = replies(words, number, [("retry-after", "300")])
        for _ in range(3):
            ask(world.gateway, f"{attack.model}-odd").assert_error(
                502 if number == 403 else number, "api_error" if number == 403 else "rate_limit_error"
            )
        still_first(world, attack)

    return does


def naming(world, attack: Attack) -> None:
    """Hundreds of models that nobody knows, each asked for once, are not all remembered."""
    before = len(world.gateway.targets())
    for number in range(300):
        ask(world.gateway, f"{attack.model}-{number}").assert_whole()
    assert len(world.gateway.targets()) <= before + 20
    still_first(world, attack)


def neighbours() -> Iterator[Attack]:
    for form in "acd":
        yield Attack(f"somebody in a hurry {form}", does=hurried, form=form)
        yield Attack(f"somebody who always leaves {form}", does=leaving, form=form)
        yield Attack(f"somebody whose requests are wrong {form}", does=wrong, form=form)
        yield Attack(f"somebody who names everything {form}", does=naming, form=form)
        for number in (403, 429):
            yield Attack(f"{number} for one model {form}", does=refusing(number), form=form)


ATTACKS = [
    *hosts(), *pages(), *smuggling(), *orders(), *steering(), *paths(), *http2(), *neighbours(),
]  # fmt: skip


# === the tests ===


@pytest.fixture(scope="module")
def plays(request, tmp_path_factory):
    config = {"retry": {"per_try_timeout": "30s"}, "routes": routes()}
    with attacked(tmp_path_factory.mktemp("gateway"), chosen(request), config) as plays:
        yield plays


@pytest.mark.parametrize("scenario", as_params(ATTACKS))
def test_attack(plays, scenario):
    plays.outcome(scenario)


def test_nothing_was_smuggled(plays):
    """Behind no request was another, and none that was half sent arrived."""
    plays.wait()
    for target in plays.world.up.values():
        assert [slug for slug in target.arrivals if slug.endswith("-second") or slug == "never"] == []
