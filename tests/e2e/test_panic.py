"""A panic of the filter costs the request that caused it; the next one is served.

The filter under test is built with the cargo feature `fault-injection` and panics, in the position it is told
to, on the request header `x-ferro-test-panic`.
"""

import contextlib
import threading

import httpx
import pytest

from client import CHAT, Answer, ask, chat_body
from gateway import BOUND, FAULT_FILTER, eventually
from upstream import streams, until
from wire import KINDS, WIRES, Said
from world import THREE, World, world_of


@pytest.fixture(scope="module")
def shared_world(upstreams, tmp_path_factory):
    assert FAULT_FILTER.exists(), f"{FAULT_FILTER} is missing: build the filter with feature fault-injection"
    directory = tmp_path_factory.mktemp("gateway")
    args = ("--filter", str(FAULT_FILTER))
    config = {"retry": {"per_try_timeout": "20s", "backoff": {"base": "10ms", "max": "1s"}}}
    with world_of(directory, upstreams, THREE, config, args=args, may_crash=True) as world:
        yield world


@pytest.fixture(params=["gateway", "provider"])
def position(request) -> str:
    return request.param


def served_again(world: World, kind: str = "openai") -> Answer:
    """The first good answer. Until then every answer is whole and says what it is."""

    def answered():
        answer = ask(world.gateway, WIRES[kind].model, "Still here?")
        if answer.status == 200:
            return answer
        answer_of_a_crash(answer)
        return None

    return eventually(answered, "a request is served after the panic")


def answer_of_a_crash(answer: Answer) -> None:
    assert answer.status in (500, 502, 503), (answer.status, answer.raw)
    assert not answer.broken


@pytest.mark.parametrize("kind", KINDS)
def test_a_panic_costs_one_request(world, position, kind):
    for _ in range(3):
        headers = {"x-ferro-test-panic": position}
        answer_of_a_crash(ask(world.gateway, WIRES[kind].model, headers=headers))
        assert served_again(world, kind).assert_whole().text == "Echo: Still here?"
    # Envoy itself has lived through it.
    assert world.gateway.process.poll() is None


def test_the_filter_did_panic(world, position):
    """So that the tests above can't pass by a header that nobody reads."""
    before = world.gateway.output.count("panicked at")

    def panicked():  # a worker that is still recovering from the last panic can't do it
        ask(world.gateway, "gpt-4o", headers={"x-ferro-test-panic": position})
        return world.gateway.output.count("panicked at") > before

    eventually(panicked, "the panic's message")
    served_again(world)


def test_all_workers_recover(world, position):
    """Panics on all workers; then everything is served, wherever it lands."""
    clients = [httpx.Client(trust_env=False, timeout=BOUND) for _ in range(8)]
    url, body = world.gateway.url + CHAT, chat_body("gpt-4o")
    with contextlib.ExitStack() as stack:
        for client in clients:
            stack.enter_context(client)
        for client in clients:
            with contextlib.suppress(httpx.RemoteProtocolError):
                client.post(url, json=body, headers={"x-ferro-test-panic": position})

        def all_served():
            return all(client.post(url, json=body).status_code == 200 for client in clients)

        eventually(all_served, "all connections are served again")


def test_nothing_goes_upstream_untranslated(world, position):
    """A crash must not open the gate: nothing reaches a provider untranslated or without its credential."""
    for kind in KINDS:
        ask(world.gateway, WIRES[kind].model, "in a crash", headers={"x-ferro-test-panic": position})
        served_again(world, kind)
        for request in world.up[kind].requests:
            assert request.target == WIRES[kind].path(WIRES[kind].model, False)
            assert request.header(WIRES[kind].credential)
            assert "x-ferro-test-panic" not in request.names()


def test_a_stream_in_flight_ends_broken_or_goes_on(world, position):
    """What runs on the other worker goes on; what runs on the same one may end, but never looks whole."""
    go_on = threading.Event()

    events = WIRES["anthropic"].events(Said())
    world.up["anthropic"].script(streams(events, on_event=until(go_on, before=2)))
    eventually(
        lambda: all(ask(world.gateway, "gpt-4o").status == 200 for _ in range(16)), "all workers serve"
    )
    world.up["anthropic"].requests.clear()
    results: list[Answer] = []
    readers = [
        threading.Thread(
            target=lambda: results.append(ask(world.gateway, "claude-sonnet-4-5", stream=True)), daemon=True
        )
        for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    eventually(lambda: len(world.up["anthropic"].requests) == 4, "four streams are open")
    answer_of_a_crash(ask(world.gateway, "gpt-4o", headers={"x-ferro-test-panic": position}))
    go_on.set()
    for reader in readers:
        reader.join(30)
    assert len(results) == 4
    for result in results:
        if result.status == 200 and result.done:
            assert result.assert_whole().text == Said().text
        elif result.status == 200:
            result.assert_broken()
        else:
            answer_of_a_crash(result)
    served_again(world)


def test_how_a_request_ended_is_told_also_of_one_that_was_lost(world, position):
    """Nobody knows it any more but Envoy."""
    lost = answer = ask(world.gateway, "gpt-4o", headers={"x-ferro-test-panic": position})
    answer_of_a_crash(lost)
    served_again(world)
    words = {"answered": (200, 300), "refused": (400, 500), "failed": (500, 600), "broken": (200, 300)}

    def told() -> list[dict]:
        lines = world.gateway.log()
        return lines if any(line["request_id"] is None and line["status"] == answer.status for line in lines) else []

    for line in eventually(told, "a line of a request that was lost"):
        lowest, above = words[line["outcome"]]
        assert lowest <= line["status"] < above, line
