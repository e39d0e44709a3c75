"""What becomes of a request under every fault a provider can have: a table, one row a scenario."""

import asyncio
import random

import pytest

from actors import (
    ACTORS,
    REFUSES,
    answers,
    busy,
    by_turns,
    either,
    events,
    fails,
    later,
    said,
    whole,
)
from client import Answer
from gateway import eventually
from scenario import Scenario, Step, as_params, row
from upstream import (
    Behaviour,
    close,
    half,
    replies,
    reset,
    reset_after_head,
    silent,
    silent_after_head,
    slow,
    stale_after,
    streams,
)
from wire import WIRES, Said
from world import World

# === what upstreams do ===


def late(letter: str, seconds: float, head_first: bool) -> Behaviour:
    """The first byte of the body comes after so many seconds, headers at once or with it."""
    wire = WIRES[ACTORS[letter]]

    async def behave(exchange) -> None:
        if not head_first:
            await asyncio.sleep(seconds)
            await answers(letter)(exchange)
            return
        streaming = wire.wants_stream(exchange.request)
        pieces = events(letter) if streaming else [whole(letter)]
        content_type = "text/event-stream" if streaming else "application/json"
        await exchange.head(200, [("content-type", content_type)])
        await asyncio.sleep(seconds)
        for piece in pieces:
            await exchange.write(piece)
        await exchange.end()

    return behave


def stalls(status: int, body: bytes, content_type: str = "application/json") -> Behaviour:
    """Half a body, and then nothing."""

    async def behave(exchange) -> None:
        await exchange.head(status, [("content-type", content_type)], length=len(body))
        await exchange.write(body[: len(body) // 2])
        await asyncio.Event().wait()

    return behave


def breaks(letter: str, ending: str) -> Behaviour:
    """A stream that gets half way, and what comes of it then: as `upstream.streams` ends."""
    told = events(letter)
    return streams(told[: len(told) // 2], ending, pause=0.02)


def with_event(letter: str, event: bytes) -> Behaviour:
    """A stream that is well but for one event."""
    told = events(letter)
    return streams([*told[:3], event, *told[3:]], pause=0.01)


async def empty_chunks(exchange) -> None:
    """A body of no bytes whose length was not told."""
    await exchange.head(200, [("content-type", "application/json")])
    await asyncio.sleep(0.05)
    await exchange.end()


def error_in_stream(letter: str) -> Behaviour:
    """The first event of a stream is an error."""
    return streams([WIRES[ACTORS[letter]].error_event("Overloaded, sorry")])


TOO_LONG = {
    "a": b'{"error": {"message": "This model\'s maximum context length is 8192 tokens", "param": "messages",'
    b' "type": "invalid_request_error", "code": "context_length_exceeded"}}',
    "c": b'{"type": "error", "error": {"type": "invalid_request_error",'
    b' "message": "prompt is too long: 208310 tokens > 200000 maximum"}}',
    "d": b'{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message":'
    b' "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."}}',
}
POLICY = (
    b'{"error": {"message": "Your request was rejected by our safety system (violence)", "param": "prompt",'
    b' "type": "invalid_request_error", "code": "content_policy_violation"}}'
)
MALFORMED = {
    "half an object": b'data: {"MALFORMED": [{"index"\n\n',
    "no object": b'data: "MALFORMED"\n\n',
    "no text": b"data: \xff\xfe MALFORMED\n\n",
    "types that are wrong": b'data: {"choices": "MALFORMED", "type": 7, "candidates": "MALFORMED"}\n\n',
}

# An answer that is too long to be held.
LONG = WIRES["openai"].whole(Said(("long " * (1 << 20),)))


def breaks_off(answer: Answer) -> None:
    assert answer.broken and LONG.startswith(answer.raw), answer.raw[:500]


# === the table ===

# For upstreams that stay silent.
SOON = {"retry": {"per_try_timeout": "500ms", "idle_timeout": "1s"}}
ALIVE = b": keep-alive\n\n"
REFUSALS = {"retry": {"on": ["429", "5xx", "context_length", "content_filter"]}}


def tries(number: int) -> dict:
    return {"retry": {"attempts": number}}


def too_long(letter: str) -> Behaviour:
    return replies(TOO_LONG[letter], 400)


RATE_LIMITS = [
    *row(
        "429 with Retry-After, once, nobody else",
        ["a"],
        Step("a a", gaps=(1.8,), pace=((2, 1.5),)),
        does={"a": [busy("a", "2"), answers("a")]},
    ),
    # Two minutes would be allowed: a request that waited for them would take too long.
    *row(
        "429 with Retry-After moves on at once",
        ["a", "b"],
        Step("a b"),
        does={"a": busy("a", "90")},
        route={"retry": {"backoff": {"max": "120s"}}},
    ),
    *row(
        "429 with Retry-After in milliseconds",
        ["c"],
        Step("c c", gaps=(1.2,)),
        does={"c": [fails("c", 429, headers=[("retry-after-ms", "1200")]), answers("c")]},
    ),
    *row(
        "429 without a time, once, nobody else",
        ["d"],
        Step("d d", gaps=(1.0,)),
        does={"d": [busy("d"), answers("d")]},
    ),
    *row(
        "429 with Retry-After, attempts left, and another",
        [("a", tries(3)), "b"],
        Step("a b"),
        does={"a": busy("a", "2")},
    ),
    *row(
        "429 for ever, then the next",
        [("a", tries(6)), "b"],
        Step("a a a a a a b", gaps=(1.0,) * 5, pace=((4, 3.0), (6, 100))),
        does={"a": busy("a")},
    ),
    *row(
        "429 for ever, nobody else",
        [("c", tries(6))],
        Step("c c c c c c", status=429, message="Slow down, please", gaps=(1.0,) * 5, pace=((4, 3.0),)),
        does={"c": busy("c")},
        stream=True,
    ),
    *row(
        "429 with a time that is too far away",
        [("a", tries(6))],
        Step("a", status=429, message="Slow down, please"),
        does={"a": busy("a", "33")},
    ),
]

SERVER_ERRORS = [
    *row("500 once", ["a"], Step("a a"), does={"a": [fails("a", 500), answers("a")]}),
    *row(
        "500 once, with attempts left",
        [("a", tries(2)), "b"],
        Step("a a"),
        does={"a": [fails("a", 500), answers("a")]},
    ),
    *row(
        "500 once, without attempts left",
        ["c", "b"],
        Step("c b"),
        does={"c": [fails("c", 500), answers("c")]},
    ),
    *row(
        "503 for ever",
        [("a", tries(6)), "b"],
        Step("a a a a a a b"),
        does={"a": fails("a", 503)},
    ),
    *row(
        "503 for ever, everywhere",
        [("a", tries(6)), ("d", tries(6))],
        Step("a " * 6 + "d " * 6, status=503, message="The first cause", provider="a"),
        does={"a": fails("a", 503, "The first cause"), "d": fails("d", 503, "Another")},
    ),
    *row(
        "503 whose body never ends",
        ["a", "b"],
        Step("a b"),
        does={"a": stalls(503, b'{"error": {"message": "never comes"}}')},
        route=SOON,
    ),
    *row("401 first", ["a", "b"], Step("a b"), does={"a": fails("a", 401, "No such key")}, keys={"a": 1}),
    *row("403 first", [("d", tries(3)), "b"], Step("d b"), does={"d": fails("d", 403)}, keys={"d": 1}),
]

CONNECTIONS = [
    *row("refused first", [REFUSES, "b"], Step("b", attempts=2)),
    *row("refused in the middle", ["a", REFUSES, "c"], Step("a c", attempts=3), does={"a": fails("a", 503)}),
    # Once more at the same target, if the connection was an old one.
    *row("reset before headers", ["a", "b"], Step({"a": range(1, 3), "b": 1}, attempts=0), does={"a": reset}),
    *row("closed before headers", ["c", "b"], Step({"c": range(1, 3), "b": 1}, attempts=0), does={"c": close}),
    *row("reset before headers, late", ["a", "b"], Step("a b"), does={"a": later(1.2, reset)}),
    *row(
        "reset before headers, once",
        ["d", "b"],
        Step({"d": range(1, 3), "b": range(2)}, attempts=0),
        does={"d": [reset, answers("d")]},
    ),
    *row(
        "reset after headers",
        ["a", "b"],
        Step("a b"),
        does={"a": either(reset_after_head("application/json"), reset_after_head())},
    ),
    *row(
        "kept connections are closed",
        ["kept", "b"],
        *[Step(None, provider="kept")] * 8,
        does={"kept": stale_after(answers("kept"), close)},
        stream=False,
    ),
]

SILENCE = [
    *row("silent", [("a", tries(3)), "b"], Step("a b"), does={"a": silent}, route=SOON),
    *row("silent, nobody else", ["a"], Step("a", status=504, code="timeout"), does={"a": silent}, route=SOON),
    *row(
        "silent, all of them",
        [("a", tries(2)), ("c", tries(2))],
        Step("a c", status=504, code="timeout", provider="a"),
        does={"a": silent, "c": silent},
        route=SOON,
    ),
    *row(
        "silent after headers",
        ["a", "b"],
        Step("a b"),
        does={"a": either(silent_after_head("application/json"), silent_after_head())},
        route=SOON,
    ),
    # Whoever may take longer is waited for; nobody else is asked meanwhile.
    *(
        scenario
        for letter, head_first in (("a", False), ("a", True), ("c", True), ("d", True))
        for head in (("after headers" if head_first else "with headers"),)
        for scenario in (
            *row(
                f"late, waited for, {head}, {letter}",
                [letter, "b"],
                Step(letter),
                does={letter: late(letter, 1.2, head_first)},
            ),
            *row(
                f"late, too late, {head}, {letter}",
                [letter, "b"],
                Step(f"{letter} b"),
                does={letter: late(letter, 8, head_first)},
                route=SOON,
            ),
        )
    ),
    *(
        scenario
        for letter in "acd"
        for name, others, comes, step in (
            # Comments are no first byte.
            ("and then nothing", "b", [ALIVE] * 2, Step(f"{letter} b")),
            # Who says that it is alive gets longer, whether somebody else could be asked or not.
            ("and then an answer", "b", [ALIVE] * 12 + events(letter), Step(letter)),
            ("and then an answer, nobody else", "", [ALIVE] * 12 + events(letter), Step(letter)),
            # But not for ever.
            ("and nothing else", "b", [ALIVE] * 100, Step(letter, broken=True)),
        )
        for scenario in row(
            f"comments {name} {letter}",
            [letter, *others],
            step,
            does={letter: streams(comes, "end" if "answer" in name else "hang", 0.1)},
            route=SOON,
            stream=True,
        )
    ),
    # Its first byte comes in time, all of it does not. A whole answer is not begun before it is known to be
    # one, so that is what has to come in time.
    *(
        scenario
        for letter in "acd"
        for stream in (False, True)
        for scenario in row(
            f"slow but not silent, {letter}, {'streamed' if stream else 'whole'}",
            [letter, "b"],
            Step(letter if stream else f"{letter} b"),
            does={letter: either(slow(whole(letter), 12, 0.1), streams(events(letter), pause=0.15), letter)},
            route=SOON,
            stream=stream,
        )
    ),
]

BROKEN_STREAMS = [
    *(
        scenario
        for letter in "acd"
        for ending in ("cut", "reset", "end", "eof", "hang")
        for scenario in row(
            f"a stream breaks, {ending}, {letter}",
            [(letter, tries(3)), "b"],
            Step(letter, broken=True),
            does={letter: breaks(letter, ending)},
            route=SOON,
            stream=True,
        )
    ),
    *(
        scenario
        for letter in "acd"
        for kind, event in MALFORMED.items()
        for scenario in row(
            f"one malformed event, {kind}, {letter}",
            [letter],
            Step(letter, never=b"MALFORMED"),
            does={letter: with_event(letter, event)},
            logged="malformed",
            stream=True,
        )
    ),
    *(
        scenario
        for letter in "acd"
        for scenario in row(
            f"an error as first event, {letter}",
            [letter, "b"],
            Step(f"{letter} b"),
            does={letter: error_in_stream(letter)},
            stream=True,
        )
    ),
    *(
        scenario
        for ending in ("end", "eof")
        for scenario in row(
            f"no [DONE], {ending}",
            ["a"],
            Step("a"),
            does={"a": streams(events("a")[:-1], ending)},
            route=SOON,
            stream=True,
        )
    ),
]

NO_ANSWERS = [
    *row("200 and nothing", ["a", "b"], Step("a b"), does={"a": replies(b"")}),
    *row("200 and nothing, in chunks", ["a", "b"], Step("a b"), does={"a": empty_chunks}),
    *row("200 and nothing, translated", ["d", "b"], Step("d b"), does={"d": replies(b"")}),
    *row(
        "200 and nothing, nobody else",
        [("a", tries(1))],
        Step("a", status=502, code="upstream_invalid"),
        does={"a": replies(b"")},
    ),
    *row(
        "200 that is not JSON",
        ["a", "b"],
        Step("a b"),
        does={"a": replies(b"<html>All is well</html>", content_type="text/html")},
    ),
    *row(
        "200 that is not JSON, translated",
        ["c", "b"],
        Step("c b"),
        does={"c": replies(b"<html>All is well</html>", content_type="text/html")},
    ),
    # A short one is held until all of it is there; of a long one the client has the first bytes by then.
    *row("half a body", ["a", "b"], Step("a b"), does={"a": half(whole("a"))}, stream=False),
    *row(
        "half a body, then silence",
        ["a", "b"],
        Step("a b"),
        does={"a": stalls(200, whole("a"))},
        route=SOON,
        stream=False,
    ),
    *row(
        "half a long body",
        ["a", "b"],
        Step("a", broken=True, judge=breaks_off),
        does={"a": half(LONG)},
        stream=False,
    ),
    *row(
        "half a long body, then silence",
        ["a", "b"],
        Step("a", broken=True, judge=breaks_off),
        does={"a": stalls(200, LONG)},
        route=SOON,
        stream=False,
    ),
    # What is translated is held, however long it is.
    *row("half a body, translated", ["c", "b"], Step("c b"), does={"c": half(whole("c"))}, stream=False),
    *row(
        "half a body, translated, then silence",
        ["d", "b"],
        Step("d b"),
        does={"d": stalls(200, whole("d"))},
        route=SOON,
        stream=False,
    ),
]

CALLERS_FAULTS = [
    *row(
        "too long, the same model elsewhere, then a larger one",
        [("a", {"model": "small"} | tries(3)), ("b", {"model": "small"}), "c"],
        Step("a c"),
        does={"a": too_long("a")},
        route=REFUSALS,
    ),
    *row(
        "too long, no larger one",
        [("c", {"model": "small"} | tries(3)), ("b", {"model": "small"})],
        Step("c", status=400, code="context_length_exceeded", message="prompt is too long"),
        does={"c": too_long("c")},
        route=REFUSALS,
    ),
    *row(
        "too long, a larger one that nobody allowed",
        ["d", "b"],
        Step("d", status=400, code="context_length_exceeded", message="exceeds the maximum"),
        does={"d": too_long("d")},
    ),
    *row(
        "too long everywhere",
        ["a", "c"],
        Step("a c", status=400, code="context_length_exceeded", message="8192 tokens", provider="a"),
        does={"a": too_long("a"), "c": too_long("c")},
        route=REFUSALS,
    ),
    *row(
        "a policy forbids it",
        ["a", "b"],
        Step("a", status=400, code="content_policy_violation", message="our safety system (violence)"),
        does={"a": replies(POLICY, 400)},
    ),
    *row(
        "a policy forbids it, the next does not",
        ["a", "c"],
        Step("a c"),
        does={"a": replies(POLICY, 400)},
        route=REFUSALS,
    ),
    *row(
        "a policy forbids it everywhere",
        ["a", "b"],
        Step("a b", status=400, code="content_policy_violation", message="our safety system", provider="a"),
        does={"a": replies(POLICY, 400), "b": replies(POLICY, 400)},
        route=REFUSALS,
    ),
]


def all_fail(name: str, does: dict[str, Behaviour | None], **want) -> list[Scenario]:
    """Targets that are each asked once, and none of them answers."""
    asked = {letter: behaviour for letter, behaviour in does.items() if behaviour}
    targets = [(letter, tries(1)) for letter in does]
    step = Step(" ".join(asked), attempts=len(does), **want)
    # A refused credential would rest for others as well.
    keys = dict.fromkeys(asked, 1)
    return row(f"all fail, {name}", targets, step, does=asked, keys=keys, route=SOON)


PROVOKED = replies(WIRES["openai"].error(400, "No such parameter here"), 400)
NOBODY_LEFT = [
    *all_fail(
        "429 before a 400",
        {"c": busy("c", "33"), "b": PROVOKED},
        status=429,
        message="Slow down, please",
        provider="c",
    ),
    *all_fail(
        "500 before a 404",
        {"d": fails("d", 500, "The first cause"), "b": fails("b", 404, "No such model")},
        status=500,
        message="The first cause",
        provider="d",
    ),
    *all_fail(
        "silence before a 400",
        {"a": silent, "b": PROVOKED},
        status=504,
        code="timeout",
        provider="a",
    ),
    *all_fail(
        "503, silence, 401",
        {"a": fails("a", 503, "The first cause"), "c": silent, "d": fails("d", 401)},
        status=503,
        message="The first cause",
        provider="a",
    ),
    *all_fail(
        "401 before a 503",
        {"a": fails("a", 401), "b": fails("b", 503, "The first cause")},
        status=503,
        message="The first cause",
        provider="b",
    ),
    *all_fail(
        "silence before a 503",
        {"a": silent, "b": fails("b", 503, "The first words")},
        status=503,
        message="The first words",
        provider="b",
    ),
    *all_fail(
        "reset before a 503",
        {"a": later(1.1, reset), "b": fails("b", 503, "The first words")},
        status=503,
        message="The first words",
        provider="b",
    ),
    *all_fail(
        "an empty answer before a 503",
        {"a": replies(b""), "b": fails("b", 503, "The first words")},
        status=503,
        message="The first words",
        provider="b",
    ),
    *all_fail(
        "refused before a 503",
        {REFUSES: None, "b": fails("b", 503, "The first cause")},
        status=503,
        message="The first cause",
        provider="b",
    ),
    *row(
        "all fail, refused by all",
        [REFUSES],
        Step("", status=503, code="no_target", provider=REFUSES, attempts=2),
    ),
]


def three_in_ten(letter: str) -> Behaviour:
    """Every tenth request finds three failures, of all kinds by turns."""
    failures = [
        fails(letter, 500),
        fails(letter, 503),
        busy(letter, "2"),
        reset,
        either(fails(letter, 502), error_in_stream(letter), letter),
        silent,
    ]
    turns = [*failures * 3, *[answers(letter)] * (7 * 6)]
    random.Random(7).shuffle(turns)
    return by_turns(turns)


CROWDS = [
    *row(
        "a thousand requests and three failures in ten",
        ["a", "c", "b"],
        Step(None, count=500, at_once=True),
        does={"a": three_in_ten("a"), "c": three_in_ten("c")},
        route={"retry": {"per_try_timeout": "1500ms", "idle_timeout": "5s"}},
        alone=True,
    ),
]

SCENARIOS = [
    *RATE_LIMITS,
    *SERVER_ERRORS,
    *CONNECTIONS,
    *SILENCE,
    *BROKEN_STREAMS,
    *NO_ANSWERS,
    *CALLERS_FAULTS,
    *NOBODY_LEFT,
    *CROWDS,
]


# === the tests ===


@pytest.mark.parametrize("scenario", as_params(SCENARIOS))
def test_scenario(plays, scenario):
    plays.outcome(scenario)


def test_the_log_names_who_served(plays):
    """Provider, model, attempts and usage of every answer, as the client was told."""
    told = {
        answer.headers["x-ferro-request-id"]: answer
        for answer in plays.answers()
        if answer.status == 200 and not answer.broken and not answer.errors
    }
    lines = eventually(lambda: _lines(plays.world, told), "every answer is in the log")
    for name, answer in told.items():
        line, words = lines[name], said(answer.headers["x-ferro-provider"].partition("-")[0])
        for key in ("provider", "model", "attempts", "route"):
            assert str(line[key]) == answer.headers[f"x-ferro-{key}"], (key, line)
        counted = (str(line["input_tokens"]), str(line["output_tokens"]))
        assert counted == (str(words.prompt_tokens), str(words.completion_tokens)), line


def _lines(world: World, told: dict[str, Answer]) -> dict[str, dict]:
    lines = {line.get("request_id"): line for line in world.gateway.log()}
    return lines if told.keys() <= lines.keys() else {}
