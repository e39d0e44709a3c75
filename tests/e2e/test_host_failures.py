"""A call to Envoy that fails: nothing leaves as it should not, and no event vanishes.

The filter under test is built with the cargo feature `fault-injection`; the request header `x-ferro-test-fail`
names the host call that fails next, which is one on an answer's way.
"""

import re

import httpx
import pytest

from client import Answer, ask
from gateway import FAULT_FILTER, eventually
from upstream import replies, streams
from wire import KINDS, WIRES, Said
from world import THREE, world_of

CALLS = ["read-headers", "write-headers", "read-body", "write-body", "name-target"]
# What shows whose words they are.
FOREIGN = {"anthropic": b"end_turn", "gemini": b"candidates"}

UNAVAILABLE = b'{"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}'


@pytest.fixture(scope="module")
def shared_world(upstreams, tmp_path_factory):
    assert FAULT_FILTER.exists(), f"{FAULT_FILTER} is missing: build the filter with feature fault-injection"
    targets = [{"provider": "gemini", "model": "gemini-2.5-pro"}, {"provider": "openai", "model": "gpt-4o"}]
    config = {
        "retry": {"per_try_timeout": "20s", "backoff": {"base": "10ms", "max": "1s"}},
        "routes": [{"name": "moves", "match": {"models": ["moves"]}, "targets": targets}],
    }
    directory = tmp_path_factory.mktemp("gateway")
    with world_of(directory, upstreams, THREE, config, args=("--filter", str(FAULT_FILTER))) as world:
        yield world


def served_after(world, kind: str, call: str, model: str | None = None, **more) -> Answer | None:
    """What a client gets of which one call fails; `None` if its connection was cut before anything came."""
    try:
        return ask(world.gateway, model or WIRES[kind].model, "Hello", {"x-ferro-test-fail": call}, **more)
    except httpx.TransportError:
        return None
    finally:
        # The failure was used up, or is by this one.
        other = "gpt-4o" if kind != "openai" else "claude-sonnet-4-5"
        eventually(lambda: is_served(world, other), "the next request is served")


def is_served(world, model: str) -> bool:
    try:
        return ask(world.gateway, model).status == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_answer(world, kind, call):
    answer = served_after(world, kind, call)
    if answer is None or answer.broken:
        return
    assert FOREIGN.get(kind, b"\0") not in answer.raw
    if answer.status == 200:
        assert answer.assert_whole().text == "Echo: Hello"
    else:
        assert answer.status >= 500, answer.raw


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream(world, kind, call):
    world.up[kind].script(streams(WIRES[kind].events(Said(texts=("One ", "two ", "three")))))
    answer = served_after(world, kind, call, stream=True)
    if answer is None:
        return
    assert FOREIGN.get(kind, b"\0") not in answer.raw
    if answer.status == 200 and answer.done:
        assert answer.assert_whole().text == "One two three"
    elif answer.status == 200:
        answer.assert_broken()
    else:
        assert answer.status >= 500 or answer.broken, answer.raw


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("call", CALLS)
def test_an_answer_that_leads_to_another_attempt(world, call, stream):
    """If the next target cannot be named, nobody is asked in its place, and nobody gets its request."""
    world.up["gemini"].script(replies(UNAVAILABLE, 503))
    answer = served_after(world, "gemini", call, "moves", stream=stream)
    if answer is None:
        return
    assert b"UNAVAILABLE" not in answer.raw
    if answer.status == 200 and not answer.broken:
        answer.assert_whole()
        assert answer.headers["x-ferro-provider"] == "openai"
    for kind in KINDS:
        for request in world.up[kind].requests:
            assert request.header(WIRES[kind].credential), "a request without its own credential"


@pytest.mark.parametrize("call", CALLS)
def test_the_call_did_fail(world, call):
    """So that the tests above can't pass by a header that nobody reads."""
    world.up["gemini"].script(replies(UNAVAILABLE, 503))
    words = re.compile("host status 10|body could not be read")
    before = len(words.findall(world.gateway.output))
    served_after(world, "gemini", call, "moves")
    eventually(lambda: len(words.findall(world.gateway.output)) > before, "the failure is logged")
