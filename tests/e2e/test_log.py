"""What the access log says of how a request ended: one line each, from the plan where Envoy does not know."""

import json
import socket
import struct
from collections import Counter
from dataclasses import dataclass, field

import pytest
import trustme

import frames
from client import CHAT, chat_body
from gateway import BOUND, eventually, running
from test_tls import tls_context
from upstream import Behaviour, Upstream, close, silent, streams
from wire import WIRES, Said
from world import THREE, World, provider, world_of

OPENAI = WIRES["openai"]


def route(name: str, *targets: str, **more) -> dict:
    listed = [{"provider": target, "model": f"{target}-model", "retry": {"attempts": 1}} for target in targets]
    return {"name": name, "match": {"models": [name]}, "targets": listed} | more


@pytest.fixture(scope="module")
def world(upstreams, tmp_path_factory):
    with Upstream("untrusted", tls=tls_context(trustme.CA(), "localhost", ["http/1.1"])) as untrusted:
        more = {
            "down": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:9"},
            "nameless": {"kind": "openai-compatible", "endpoint": "http://nobody.invalid"},
            "untrusted": provider(untrusted, "openai", "untrusted"),
        }
        names = ["openai", "anthropic", *more]
        config = {
            "providers": more,
            "retry": {"per_try_timeout": "2s", "idle_timeout": "2s"},
            "routes": [*(route(f"only-{name}", name) for name in names), route("two", "openai", "anthropic")],
        }
        with world_of(tmp_path_factory.mktemp("log"), upstreams, THREE, config) as world:
            yield world


@dataclass
class Case:
    """One request, asked for by a model's name that no other asks for, and what its line says."""

    model: str
    want: dict
    does: dict[str, Behaviour] = field(default_factory=dict)
    stream: bool = False
    # The client takes what comes until it ends, or leaves once somebody was asked and something came, if a stream is.
    leaves: bool = False


BEGINNING = WIRES["anthropic"].events(Said(("one ", "two")))[:4]


def unreached(name: str, cause: str) -> Case:
    want = {"outcome": "failed", "provider": name, "status": 503, "cause": f"{name} could not be reached: {cause}"}
    return Case(f"only-{name}", want)


def unheard(name: str, outcome: str, behaviour: Behaviour, stream: bool, leaves: bool) -> Case:
    want = {"outcome": outcome, "provider": "anthropic", "route": "default"}
    return Case(f"anthropic/{name}", want, {"anthropic": behaviour}, stream, leaves)


CASES = [
    Case(
        "only-openai",
        {
            "outcome": "answered",
            "route": "only-openai",
            "provider": "openai",
            "model": "openai-model",
            "attempts": "1",
            "finish_reason": "stop",
            "cause": None,
            "path": CHAT,
            "status": 200,
        },
    ),
    Case(
        "two",
        {
            "outcome": "answered",
            "provider": "anthropic",
            "attempts": "2",
            "cause": "openai answered with status 500",
            "finish_reason": "stop",
        },
        {"openai": OPENAI.fails(500)},
        stream=True,
    ),
    unreached("down", "connection refused"),
    unreached("nameless", "its name has no address"),
    unreached("untrusted", "its certificate is not trusted"),
    Case("nobody-has-it", {"outcome": "refused", "cause": "model_not_found", "route": None, "attempts": None}),
    # No success: the answer breaks off, or the client leaves with its beginning or with nothing.
    unheard("broken", "broken", streams(BEGINNING, "cut"), stream=True, leaves=False),
    unheard("failed", "failed", close, stream=False, leaves=False),
    unheard("gone-later", "gone", streams(BEGINNING, "hang"), stream=True, leaves=True),
    unheard("gone-early", "gone", silent, stream=False, leaves=True),
]


def play(case: Case, world: World) -> None:
    for name, upstream in world.up.items():
        upstream.script(*([case.does[name]] if name in case.does else []))
    body = json.dumps(chat_body(case.model, stream=case.stream)).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n"
    head += f"content-length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", world.gateway.port), BOUND) as sock:
        sock.sendall(head.encode() + body)
        if case.leaves:
            eventually(world.asked, "somebody is asked")
        if case.stream:
            assert sock.recv(1 << 16)
        while not case.leaves and sock.recv(1 << 16):
            pass


@pytest.fixture(scope="module")
def lines(world) -> dict[str, dict]:
    """All lines, by the model: Envoy writes them a second later."""
    for case in CASES:
        play(case, world)

    def known() -> dict[str, dict]:
        found = {line["requested_model"]: line for line in world.gateway.log()}
        return found if all(case.model in found for case in CASES) else {}

    return eventually(known, "a line for each request")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.model)
def test_how_a_request_ended_is_told(lines, case):
    line = lines[case.model]
    assert {name: line[name] for name in case.want} == case.want, line
    assert len(line["request_id"]) == 32, line


# === what Envoy answers, or not, by itself ===


def one(text: str):
    """Says this over HTTP/1.1, and waits for the answer."""

    def play(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), BOUND) as sock:
            sock.sendall(text.encode())
            assert sock.recv(1 << 16)

    return play


def leaves(text: str, resets: bool):
    """Says this over HTTP/1.1, and goes."""

    def play(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), BOUND) as sock:
            sock.sendall(text.encode())
            if resets:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return play


def two(*said: bytes):
    return lambda port: frames.converse(port, said)


GOOD = frames.fields("any", 2)
# Each with its outcome, its status, and Envoy's word on it.
EARLY = {
    "no request line": (one("what is this\r\n\r\n"), "refused", 400, "http1.codec_error"),
    "no host": (one("GET /v1/models HTTP/1.1\r\n\r\n"), "refused", 400, "missing_host_header"),
    "long headers": (
        one(f"GET / HTTP/1.1\r\nhost: localhost\r\na: {'b' * 100_000}\r\n\r\n"),
        "refused",
        431,
        "http1.headers_too_large",
    ),
    "half a head": (one("GET / HTTP/1.1\r\nhost: localhost\r\n"), "refused", 408, "request_header_timeout"),
    "half a head, and gone": (leaves("GET / HTTP/1.1\r\nhost: loc", False), "gone", 0, "downstream_remote_disconnect"),
    "half a head, and reset": (leaves("GET / HTTP/1.1\r\nhost: local", True), "gone", 0, "downstream_remote_disconnect"),
    "a name in capitals": (
        two(frames.headers(1, [*GOOD, ("Foo", "x")], "END_STREAM")),
        "refused",
        0,
        "http2.invalid.header.field",
    ),
    "no method": (
        two(frames.headers(1, GOOD[1:], "END_STREAM")),
        "refused",
        0,
        "http2.violation.of.messaging.rule",
    ),
    "a body longer than it was to be": (
        two(frames.headers(1, GOOD), frames.data(1, b"{}{}", "END_STREAM")),
        "refused",
        0,
        "http2.remote_reset",
    ),
    "a head that something interrupts": (
        two(frames.raw_frame(1, 0, 1, b"\x82"), frames.raw_frame(6, 0, 0, b"12345678")),
        "refused",
        0,
        "codec_error:The_user_callback_function_failed",
    ),
}


def test_what_never_was_a_request_has_an_outcome(tmp_path):
    """Whether or not the filter saw it. What is not known is null."""
    config = {"providers": {"own": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:9"}}}
    with running(tmp_path, config | {"limits": {"request_timeout": "2s"}}) as gateway:
        for play, *_ in EARLY.values():
            play(gateway.port)
        want = Counter(tuple(row) for _, *row in EARLY.values())

        def told() -> list[dict]:
            lines = gateway.log()
            return lines if len(lines) >= want.total() else []

        lines = eventually(told, "a line for each")
    assert Counter((line["outcome"], line["status"], line["details"]) for line in lines) == want
    for line in lines:
        unknown = ["client_request_id", "trace_id", "route", "provider", "attempts", "cause", "input_tokens"]
        assert all(line[name] is None for name in unknown), line
        assert line["path"] in (None, CHAT) and "" not in line.values(), line
        assert line["client"] == "127.0.0.1" and isinstance(line["duration_ms"], int), line
