"""TLS and HTTP/2 to the provider: names, trailers, resets."""

import contextlib
import ssl

import httpx
import pytest
import trustme

from client import ask, chat_body, send
from gateway import BOUND
from upstream import Upstream, streams
from wire import KINDS, WIRES, Said
from world import THREE, World, world_of


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture
def http2():
    with httpx.Client(http1=False, http2=True, trust_env=False, timeout=BOUND) as client:
        yield client


def tls_context(ca: trustme.CA, name: str, protocols: list[str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    context.set_alpn_protocols(protocols)
    return context


@pytest.fixture(scope="module")
def shared_tls_world(authority, tmp_path_factory):
    """Three providers over TLS with HTTP/2, one without, one whose certificate is for another name,
    one whose certificate nobody vouches for, and a plain one to fail over to."""
    ca, ca_file = authority
    http2, http1 = ["h2", "http/1.1"], ["http/1.1"]
    contexts = {kind: tls_context(ca, "localhost", http2) for kind in KINDS}
    contexts["old"] = tls_context(ca, "localhost", http1)
    contexts["impostor"] = tls_context(ca, "elsewhere.example", http2)
    contexts["unknown"] = tls_context(trustme.CA(), "localhost", http2)
    kinds = THREE | dict.fromkeys(["old", "impostor", "unknown", "backup"], "openai")
    targets = [{"provider": name, "model": "gpt-4o"} for name in ("impostor", "unknown", "backup")]
    routes = [{"name": "doubtful", "match": {"models": ["doubtful"]}, "targets": targets}]
    with contextlib.ExitStack() as stack:
        up = {
            name: stack.enter_context(Upstream(name, WIRES[kind].stands_in(), contexts.get(name)))
            for name, kind in kinds.items()
        }
        directory = tmp_path_factory.mktemp("tls")
        env = {"SSL_CERT_FILE": ca_file}
        yield stack.enter_context(world_of(directory, up, kinds, {"routes": routes}, env=env))


@pytest.fixture
def tls_world(shared_tls_world) -> World:
    shared_tls_world.reset()
    return shared_tls_world


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_http2_to_the_provider(tls_world, kind, streaming, http2):
    body = chat_body(WIRES[kind].model, "two and two", stream=streaming)
    assert send(tls_world.gateway, body, client=http2).assert_whole().text == "Echo: two and two"
    request = tls_world.up[kind].last
    assert request.protocol == "h2"
    assert request.authority == f"localhost:{tls_world.up[kind].port}"
    allowed = {"content-type", "content-length", "accept", "accept-encoding", "user-agent"}
    assert sorted(request.names()) == sorted(allowed | {WIRES[kind].credential, *WIRES[kind].versions})


def test_tls_without_http2(tls_world):
    assert ask(tls_world.gateway, "old/gpt-4o", "one").assert_whole().text == "Echo: one"
    assert tls_world.up["old"].last.protocol == "http/1.1"


@pytest.mark.parametrize("name", ["impostor", "unknown"])
def test_a_certificate_that_does_not_fit_is_refused(tls_world, name):
    ask(tls_world.gateway, f"{name}/gpt-4o").assert_error(503, "api_error")
    assert tls_world.up[name].requests == []


def test_a_certificate_that_does_not_fit_fails_over(tls_world):
    answer = ask(tls_world.gateway, "doubtful", "who are you")
    assert answer.assert_whole().text == "Echo: who are you"
    assert answer.headers["x-ferro-provider"] == "backup"
    assert tls_world.asked() == ["backup"]


TRAILERS = [("x-checksum", "1234"), ("x-ferro-retry", "1")]


def test_a_stream_with_trailers_is_translated(tls_world, kind):
    wire = WIRES[kind]
    tls_world.up[kind].script(streams(wire.events(Said()), trailers=TRAILERS))
    answer = ask(tls_world.gateway, wire.model, stream=True).assert_whole()
    assert answer.text == Said().text
    assert len(tls_world.up[kind].requests) == 1


def with_trailers(body: bytes, status: int = 200):
    async def behave(exchange):
        await exchange.head(status, [("content-type", "application/json")])
        await exchange.write(body)
        await exchange.end(TRAILERS)

    return behave


def test_a_whole_answer_with_trailers_is_translated(tls_world, kind):
    tls_world.up[kind].script(with_trailers(WIRES[kind].whole(Said())))
    assert ask(tls_world.gateway, WIRES[kind].model).assert_whole().text == Said().text
    assert len(tls_world.up[kind].requests) == 1


def test_an_error_with_trailers_is_judged(tls_world, kind):
    wire = WIRES[kind]
    tls_world.up[kind].script(with_trailers(wire.error(503, "busy"), 503), wire.says(Said(("Better",))))
    assert ask(tls_world.gateway, wire.model).assert_whole().text == "Better"
    tls_world.up[kind].script(with_trailers(wire.error(400, "You must not ask that"), 400))
    error = ask(tls_world.gateway, wire.model).assert_error(400, "invalid_request_error")
    assert "You must not ask that" in error["message"]


def test_a_broken_http2_stream_never_looks_whole(tls_world, kind):
    tls_world.up[kind].script(WIRES[kind].breaks("reset"))
    answer = ask(tls_world.gateway, WIRES[kind].model, stream=True).assert_broken()
    assert answer.text == Said().text
