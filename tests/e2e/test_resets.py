"""Providers' connections that break, at every moment of an answer, over both versions of HTTP; and what
HTTP/2 may say after an answer.
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from test_tls import tls_context

import frames
from actors import ACTORS, events, said, whole
from attacks import FORMS, Steady
from client import Answer, chat_body
from leaks import sees
from scenario import Plays, Scenario, Step, as_params, chosen, row, stage
from upstream import Behaviour, streams
from wire import WIRES
from world import key_of

# A bound for what stays silent, long enough for a busy machine.
SOON = {"retry": {"per_try_timeout": "15s", "idle_timeout": "15s"}}


def breaks_after(letter: str, count: int, way: str) -> Behaviour:
    """A stream that breaks after so many events, which have left by then."""
    return streams(events(letter)[:count], way, pause=0.03)


def half_answers(letter: str) -> dict[str, Behaviour]:
    body = whole(letter)

    def part(share: float, way: str, length: bool) -> Behaviour:
        async def behave(exchange) -> None:
            await exchange.head(
                200, [("content-type", "application/json")], length=len(body) if length else None
            )
            await exchange.write(body[: int(len(body) * share)])
            await (exchange.reset() if way == "reset" else exchange.close())

        return behave

    return {
        f"{name}, {way}, {'of a length' if length else 'of no length'}": part(share, way, length)
        for name, share in {"headers": 0, "a byte": 0.003, "half": 0.5, "all but a byte": 0.997}.items()
        for way in ("reset", "close")
        for length in (True, False)
    }


def whole_or_broken(answer: Answer) -> None:
    if answer.done and not answer.broken:
        answer.assert_whole()
    else:
        assert answer.broken or answer.errors, answer.raw


def scenarios() -> Iterator[Scenario]:
    for letter in "acd":
        for way in ("reset", "cut"):
            for count in range(len(events(letter)) + 1):
                step = Step(None, judge=whole_or_broken, attempts=0) if count else moved_on(letter)
                does = {letter: breaks_after(letter, count, way)}
                name = f"{way} after {count} events {letter}"
                yield from row(name, [letter, "b"], step, does=does, route=SOON, stream=True)
        for name, does in half_answers(letter).items():
            certain = letter != "a" or name.startswith("headers")
            step = moved_on(letter) if certain else Step(None, honest=True, attempts=0)
            yield from row(
                f"{name} {letter}", [letter, "b"], step, does={letter: does}, route=SOON, stream=False
            )


def moved_on(letter: str) -> Step:
    """The next one serves. What broke soon may have been an old connection, and is asked once more."""
    return Step({letter: range(1, 3), "b": 1}, attempts=0)


SCENARIOS = [*scenarios()]
# A connection of HTTP/2 that is closed takes others' streams along: a provider can do no better for them.
OF_A_STREAM = [scenario for scenario in SCENARIOS if "reset" in scenario.name]


# === the tests ===


@contextlib.contextmanager
def playing(request, authority: tuple[trustme.CA, str], directory: Path, protocol: str) -> Iterator[Plays]:
    ca, path = authority
    contexts = {letter: tls_context(ca, "localhost", [protocol]) for letter in "acd"}
    rows = {scenario.slug: scenario for scenario in chosen(request)}.values()
    rows = [scenario for scenario in rows if protocol == "http/1.1" or scenario in OF_A_STREAM]
    with (
        stage(directory, rows, contexts, env={"SSL_CERT_FILE": path}) as world,
        Steady(world.gateway) as steady,
    ):
        with Plays(rows, world) as plays:
            yield plays
            plays.wait()
        steady.check()


@pytest.fixture(scope="module")
def plays(request, authority, tmp_path_factory):
    with playing(request, authority, tmp_path_factory.mktemp("gateway"), "http/1.1") as plays:
        yield plays


@pytest.fixture(scope="module")
def plays_over_two(request, authority, tmp_path_factory):
    with playing(request, authority, tmp_path_factory.mktemp("gateway"), "h2") as plays:
        yield plays


@pytest.mark.parametrize("scenario", as_params(SCENARIOS))
def test_scenario(plays, scenario):
    plays.outcome(scenario)


@pytest.mark.parametrize("scenario", as_params(OF_A_STREAM))
def test_over_two(plays_over_two, scenario):
    plays_over_two.outcome(scenario)


@pytest.mark.parametrize("letter", "acd")
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_no_trailer_of_a_provider_reaches_a_client(plays_over_two, letter, streaming):
    """Over HTTP/2 on both sides trailers would pass as they are."""
    key, wire = key_of(letter), WIRES[ACTORS[letter]]
    trailers = [("x-echo", key), ("x-request-id", key), ("x-ferro-note", key), ("grpc-status", "0")]

    async def behave(exchange) -> None:
        kind = "text/event-stream" if streaming else "application/json"
        await exchange.head(200, [("content-type", kind)])
        for piece in wire.events(said(letter)) if streaming else [whole(letter)]:
            await exchange.write(piece)
        await exchange.end(trailers)

    model = f"{letter}/{FORMS[letter]}-trailers"
    world = plays_over_two.world
    world.up[letter].learn(model.partition("/")[2], [behave])
    body = json.dumps(chat_body(model, stream=streaming)).encode()
    opened = frames.headers(1, frames.fields(model, len(body)), "END_HEADERS")
    heard = frames.converse(world.gateway.port, [opened, frames.data(1, body, "END_STREAM")])
    assert heard.statuses == {1: 200} and said(letter).texts[0].strip().encode() in heard.bodies[1]
    names = {name for name, _ in heard.fields}
    assert names.isdisjoint(name for name, _ in trailers), names
    assert not sees(repr(heard.fields).encode()) and not sees(heard.bodies[1])
